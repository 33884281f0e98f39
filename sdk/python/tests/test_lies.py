"""A node that lies: nothing is returned, and each lie is the error that it is in every client."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import assay
from assay import _errors

from conftest import Chain

# As tests/lib/serve.js names them.
LIES = [
    "the output",
    "the claim",
    "the proof",
    "the header",
    "the votes",
    "the length of the receipt",
    "the chain of the receipt",
    "the request",
    "the model of a name",
    "the genesis block",
    "its calls",
    "what its calls mean",
]
# Those by which another call would be signed than the user means.
CALLS = LIES[-2:]


@pytest.fixture(scope="module")
def deceived(chain: Chain) -> dict[str, Any]:
    """Errors of asking each of the nodes that lie, all at the same time."""
    assert [lie["what"] for lie in chain.lies] == LIES
    victims = [(what, 100 + index, chain.lie(what, 100 + index), chain.account()) for index, what in enumerate(LIES)]

    def ask(victim: tuple[str, int, str, assay.Account]) -> Any:
        what, value, url, account = victim
        try:
            net = assay.connect(url, genesis=chain.genesis, chain=f"lies-{value}")
            return net.model("tests/doubling")(x=[value, 1], account=account)
        except assay.AssayError as error:
            return error

    with ThreadPoolExecutor(len(victims)) as threads:
        return dict(zip(LIES, threads.map(ask, victims)))


@pytest.mark.parametrize("what", LIES)
def test_no_output_is_returned_if_it_lies_about(what: str, chain: Chain, deceived: dict[str, Any]) -> None:
    (lie,) = [lie for lie in chain.lies if lie["what"] == what]
    error = deceived[what]
    assert type(error) is _errors.CLASSES[lie["kind"]], error
    assert re.search(lie["says"], str(error)), error


def test_nothing_is_signed_if_it_lies_about_its_calls(chain: Chain, net: assay.Network) -> None:
    for index, what in enumerate(CALLS):
        account = chain.account()
        before = net.balance(account)
        with pytest.raises(assay.UnknownChain):
            deceived = assay.connect(chain.lie(what, index), genesis=chain.genesis, chain=f"calls-{index}")
            deceived.model("tests/doubling")(x=[index, 1], account=account)
        assert net.balance(account) == before
