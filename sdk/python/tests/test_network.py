"""A chain of one validator: ask, follow, publish, and what is refused."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

import assay
import assay.aio

from conftest import Chain, written


def test_an_answer_is_verified_and_its_receipt_convinces_others(
    chain: Chain, net: assay.Network, double: assay.Model, tmp_path: Path
) -> None:
    account = chain.account()
    before = net.balance(account)
    for values in ([1, 2, 3], [4, 5, 6]):
        y = double(x=np.array(values, "f4"), account=account)
        assert y["y"].tolist() == [2 * value for value in values] and y.model == chain.model
        assert (y.votes, y.committee) == (1, 1) and 0 < y.paid < 1
        # The second starts from what the first has proven, and is for everybody all the same.
        assert y.receipt is not None
        y.receipt.save(tmp_path / "receipt")
        claim = assay.verify(tmp_path / "receipt", genesis=chain.genesis, output=y, input={"x": np.array(values, "f4")})
        assert claim.request == y.request and claim.start == 0 and y.claim.age is None
        y["y"][0] = 9
        with pytest.raises(assay.NotVerified, match="this is not the output"):
            assay.verify(tmp_path / "receipt", genesis=chain.genesis, output=y)
        assert "verified" in y._repr_html_() and "<script" not in y._repr_html_() and "the node's word" in y._repr_html_()
    assert net.balance(account) < before
    # This machine's output is the network's.
    assert assay.run(chain.file, x=[4, 5, 6]).output == claim.output
    assert net.resume(y.request)["y"].tolist() == [8, 10, 12]
    assert net.requests(account)[y.request] == "Final"


def test_models_are_found_and_described(chain: Chain, net: assay.Network, double: assay.Model) -> None:
    assert {"tests/doubling", "tests/other"} <= {model.name for model in net.models(active=True)}
    assert [model.name for model in net.models("tests/d")] == ["tests/doubling"]
    assert net.models(tag="none") == []
    assert (double.id, double.title, double.status) == (chain.model, "tests/doubling@1", "Active")
    assert [(port.name, port.type, port.shape) for port in double.inputs] == [("x", "tensor(float)", [None])]
    assert 0 < double.price() <= double.price(x=[0] * 1000)
    assert double.download() == Path(chain.file).read_bytes()
    assert net.model(chain.model).title == double.title
    assert "the node's word" in double._repr_html_()
    with pytest.raises(assay.UsageError, match="there is no model tests/none"):
        net.model("tests/none")
    with pytest.raises(assay.UsageError, match="a name has 1 to 64 of"):
        net.model("No Name")


def test_what_would_fail_is_refused_before_it_is_paid_for(chain: Chain, net: assay.Network, double: assay.Model) -> None:
    account = chain.account()
    before = net.balance(account)
    for error, says, inputs, options in [
        (assay.UsageError, "`x` is float64, and the model takes float32", {"x": np.zeros(2)}, {}),
        (assay.UsageError, r"`x` has the shape \[1, 2\], and the model takes \[\?\]", {"x": [[1, 2]]}, {}),
        (assay.UsageError, "there is no tensor `x`", {"z": [1]}, {}),
        (assay.UsageError, "is no amount", {"x": [1]}, {"max_fee": "much"}),
        (assay.UsageError, "give blocks", {"x": [1]}, {"window": "soon"}),
        (assay.Refused, "above `max_fee=`", {"x": [1]}, {"max_fee": "0.000001"}),
    ]:
        with pytest.raises(error, match=says):
            double(inputs, account=account, **options)
    with pytest.raises(assay.Refused, match="has 0 ASY, and this takes"):
        double(x=[1], account=assay.Account.from_uri("//Python//poor"))
    with pytest.raises(assay.Timeout, match="nothing was submitted"):
        double(x=[1], account=account, timeout=0)
    assert net.balance(account) == before


def test_a_run_that_fails_says_why(chain: Chain, net: assay.Network, double: assay.Model, tmp_path: Path) -> None:
    account = chain.account()
    with pytest.raises(assay.UsageError, match="this run takes .* units, and 1 are allowed"):
        double(x=[1], account=account, units=1)
    # Adds vectors, which have to be of one length.
    adding = net.publish(written("adding()", tmp_path / "adding.onnx"), name="python/adding", account=account)
    inputs = {port.name: np.zeros(3 + index, "f4") for index, port in enumerate(adding.inputs)}
    with pytest.raises(assay.RunFailed) as raised:
        adding(inputs, account=account, units=100_000_000)
    assert raised.value.reason == "ModelTrap" and raised.value.code == 3 and raised.value.request is not None


def test_twenty_requests_of_one_account_all_become_final(chain: Chain, net: assay.Network, double: assay.Model) -> None:
    account = chain.account()
    with net.budget(asy=2) as budget:
        results = double.map([{"x": [value]} for value in range(20)], account=account, concurrency=20)
        assert [float(result["y"][0]) for result in results] == [2 * value for value in range(20)]
        assert len({result.request for result in results}) == 20
        spent = sum(result.paid for result in results)
        assert spent < budget.spent < spent + Decimal("0.1") and budget.left + budget.spent == 2


def test_a_budget_refuses_what_it_does_not_hold(chain: Chain, net: assay.Network, double: assay.Model) -> None:
    account = chain.account()
    before = net.balance(account)
    price = double.price(x=[1])
    with net.budget(asy=price / 2) as budget:
        with pytest.raises(assay.Refused, match="of the budget of .* are left: nothing was submitted"):
            double(x=[1], account=account)
        assert budget.spent == 0
    # One of two at once: what is set aside is not there for the other.
    with net.budget(asy=price * 3 / 2) as budget:
        results = double.map([{"x": [1]}, {"x": [2]}], account=account, return_exceptions=True)
        assert isinstance(results[0], assay.Result) and isinstance(results[1], assay.Refused)
    assert net.balance(account) > before - price * 2
    with pytest.raises(assay.UsageError, match="is no amount"):
        with net.budget(asy=-1):
            pass


def test_jobs_go_on_by_themselves(chain: Chain, net: assay.Network, double: assay.Model) -> None:
    job = double.submit(x=[7], account=chain.account())
    with pytest.raises(assay.Timeout):
        job.result(timeout=0)
    assert job.request > 0 and not job.done
    assert job.status in {"Included", "Waiting", "Voting", "Agreed", "Proving", "Submitted"}

    async def awaited() -> assay.Result:
        return await job

    assert asyncio.run(awaited())["y"].tolist() == [14]
    assert job.result()["y"].tolist() == [14] and job.done and job.status == "Final"
    gone = double.submit(x=[8], account=chain.account())
    request = gone.request
    gone.cancel()
    with pytest.raises(assay.UsageError, match="this was cancelled") as raised:
        gone.result()
    assert raised.value.request == request
    assert net.resume(request)["y"].tolist() == [16]


def test_other_threads_go_on_while_one_waits(chain: Chain, double: assay.Model) -> None:
    ticks = 0
    done = threading.Event()

    def wait() -> None:
        double(x=[1], account=chain.account())
        done.set()

    thread = threading.Thread(target=wait)
    thread.start()
    while not done.wait(0.01):
        ticks += 1
        assert thread.is_alive(), "it has failed"
    assert ticks > 20


def test_ctrl_c_ends_a_wait_at_once_and_names_the_request(chain: Chain, net: assay.Network) -> None:
    code = (
        "import sys, time, assay\n"
        "net = assay.connect(sys.argv[1], genesis=sys.argv[2], chain='interrupted')\n"
        "job = net.model('tests/doubling').submit(x=[5], account=assay.Account.from_uri(sys.argv[3]))\n"
        "print(job.request, flush=True)\n"
        "try:\n"
        "    job.result()\n"
        "except KeyboardInterrupt as stopped:\n"
        "    print(time.monotonic(), stopped.request, stopped.code, stopped, flush=True)\n"
    )
    command = [sys.executable, "-c", code, chain.url, chain.genesis, chain.uri()]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ)
    assert process.stdout is not None
    request = int(process.stdout.readline())
    # It waits for the answer by now, which takes blocks.
    time.sleep(1)
    begun = time.monotonic()
    process.send_signal(signal.SIGINT)
    ended, named, exit_code, text = process.stdout.readline().split(" ", 3)
    process.wait()
    taken = float(ended) - begun
    print(f"ended {taken * 1000:.0f} ms after the signal")
    assert taken < 0.3
    assert int(named) == request and exit_code == "130" and f"net.resume({request})" in text
    assert net.resume(request)["y"].tolist() == [10]


def test_coroutines_do_the_same(chain: Chain) -> None:
    async def asked() -> list[float]:
        net = await assay.aio.connect(chain.url, genesis=chain.genesis, chain="tests", account=chain.account())
        assert chain.model in {model.id for model in await net.models(active=True)}
        double = await net.model("tests/doubling")
        assert [port.name for port in await double.inputs()] == ["x"] and await double.price() > 0
        with pytest.raises(assay.UsageError):
            await double(z=[1])
        task = asyncio.ensure_future(double(x=[1]))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        job = await double.submit(x=[3])
        first, others = await asyncio.gather(job, double.map([{"x": [4]}, {"x": [5]}], account=chain.account()))
        assert (await net.resume(first.request)).request == first.request and await net.finalized() > 0
        return [float(result["y"][0]) for result in (first, *others)]

    assert asyncio.run(asked()) == [6, 8, 10]


def test_the_network_is_asked_as_onnxruntime_is(chain: Chain, net: assay.Network) -> None:
    session = assay.InferenceSession("tests/doubling", net=net, account=chain.account())
    assert [port.name for port in session.get_inputs()] == ["x"] and [port.name for port in session.get_outputs()] == ["y"]
    (array,) = session.run(None, {"x": np.array([6], "f4")})
    assert array.tolist() == [12] and isinstance(session.result, assay.Result)


def test_a_model_is_published_and_asked(chain: Chain, net: assay.Network, tmp_path: Path) -> None:
    account = chain.account()
    file = written("doubling({ padding: 300 })", tmp_path / "mine.onnx")
    options = {"name": "python/mine", "licence": "MIT", "tags": ["small"], "description": "<script>", "account": account}
    with pytest.raises(assay.Refused, match="above `max_cost=`"):
        net.publish(file, max_cost="0.001", **options)
    with pytest.raises(assay.UsageError, match="`tags` has at most 24 bytes"):
        net.publish(file, **{**options, "tags": ["x" * 25]})
    with pytest.raises(assay.UsageError, match="the model has no input `z`"):
        net.publish(file, shapes={"z": [1]}, **options)
    mine = net.publish(file, shapes={"x": [4]}, **options)
    assert (mine.title, mine.status, mine.licence, mine.tags) == ("python/mine@1", "Active", "MIT", ["small"])
    assert mine.owner == account.address
    assert "&lt;script&gt;" in mine._repr_html_() and "<script" not in mine._repr_html_()
    assert [model.id for model in net.models(owner=account.address)] == [mine.id]
    with pytest.raises(assay.Refused, match="registered already, as python/mine@1"):
        net.publish(file, **options)
    (tmp_path / "broken.onnx").write_bytes(b"no model")
    with pytest.raises(assay.RunFailed):
        net.publish(tmp_path / "broken.onnx", **options)


def test_a_light_client_asks_without_a_node(chain: Chain) -> None:
    net = assay.connect(light=chain.spec, bootnodes=[chain.bootnode], chain="light", genesis=chain.genesis)
    assert net.is_light and net.genesis == chain.genesis
    bare = net.model("tests/doubling")
    with pytest.raises(assay.UsageError, match="a light client does not have the inputs"):
        _ = bare.inputs
    with pytest.raises(assay.UsageError, match="`file=` is not tests/other@1"):
        _ = net.model("tests/other", file=chain.file).inputs
    double = net.model("tests/doubling", file=chain.file)
    with pytest.raises(assay.UsageError, match="`x` is float64"):
        double(x=np.zeros(2), account=chain.account())
    y = double(x=[2, 3], account=chain.account())
    assert y["y"].tolist() == [4, 6] and y.receipt is None and "by the light client here" in y.verified


def test_the_genesis_block_of_the_first_use_stays(chain: Chain) -> None:
    with pytest.warns(UserWarning, match=f"first use of `first`.*{chain.genesis}.*you trust with that"):
        net = assay.connect(chain.url, chain="first")
    assert net.genesis == chain.genesis
    with pytest.raises(assay.NotVerified, match="give it a name of its own with `chain=`"):
        assay.connect(chain.lie("the genesis block", 1), chain="first")
    with pytest.raises(assay.UsageError, match="`first` is the chain with genesis block"):
        assay.connect(chain.url, chain="first", genesis="0x" + "11" * 32)


def test_what_this_machine_knows_of_a_chain_says_how_old_a_receipt_is(
    chain: Chain, net: assay.Network, double: assay.Model, tmp_path: Path
) -> None:
    y = double(x=[3], account=chain.account())
    assert y.receipt is not None
    y.receipt.save(tmp_path / "receipt")
    known = assay.verify(tmp_path / "receipt", chain="tests", output=y)
    assert "by the clock since this machine knows the chain" in str(known.age)


def test_the_environment_names_the_node(chain: Chain, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAY_URL", chain.url)
    monkeypatch.setenv("ASSAY_CHAIN", "tests")
    assert assay.connect().genesis == chain.genesis
