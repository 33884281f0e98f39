"""Networks, models and requests, for threads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from ._local import Inspected, LocalResult, inspecting, local_engine, running
from ._network import ASK, READ, Account, JobCore, ModelCore, NetworkCore, connecting
from ._results import PathLike, Receipt, Result
from ._tensors import Port
from ._wait import wait


class Job(JobCore):
    """A request that goes on by itself. `await job` waits in an event loop."""

    @property
    def request(self) -> int:
        """Number of the request; waits until it has one."""
        return self._task.wait_request(ASK)

    def result(self, timeout: float | None = ASK) -> Result:
        """The verified output. When the time is over, the job goes on, and may be asked again."""
        return wait(self._result(), timeout, abort=False)


class Model(ModelCore):
    """A model, pinned: whatever becomes of its name, this is the file of one id.

    Called with its inputs by name, it asks the network, waits, verifies, and returns the output.
    """

    @property
    def inputs(self) -> list[Port]:
        """The model's inputs, as onnxruntime describes them. Over RPC the word of the node, which costs nothing if it is false."""
        return wait(self._find_inputs(), READ)

    def __call__(
        self,
        inputs: Mapping[str, Any] | None = None,
        /,
        *,
        account: Account | None = None,
        units: int | None = None,
        max_fee: Any = None,
        k: int | None = None,
        audits: int | None = None,
        window: int | str | None = None,
        fast: bool = False,
        timeout: float | None = ASK,
        **named: Any,
    ) -> Result:
        """Asks the network. Inputs are given by name, or in a mapping where a name is that of an option.

        `units` is what the run may use, `max_fee` the most ASY to put on hold. `k`, `audits` and `window` (blocks, "fast" or "assured") say
        what the answer rests on, and `fast` takes one that rests on less than the defaults.
        """
        options = {"account": account, "units": units, "max_fee": max_fee, "k": k, "audits": audits, "window": window, "fast": fast}
        return wait(self._call({**(inputs or {}), **named}, options), timeout)

    def submit(
        self,
        inputs: Mapping[str, Any] | None = None,
        /,
        *,
        account: Account | None = None,
        units: int | None = None,
        max_fee: Any = None,
        k: int | None = None,
        audits: int | None = None,
        window: int | str | None = None,
        fast: bool = False,
        timeout: float | None = READ,
        **named: Any,
    ) -> Job:
        """Asks the network, and does not wait for the answer. A request that would fail is refused here, before it is paid for."""
        options = {"account": account, "units": units, "max_fee": max_fee, "k": k, "audits": audits, "window": window, "fast": fast}
        return wait(self._submit(Job, {**(inputs or {}), **named}, options), timeout)

    def map(
        self,
        items: Iterable[Mapping[str, Any]],
        /,
        *,
        account: Account | None = None,
        units: int | None = None,
        max_fee: Any = None,
        k: int | None = None,
        audits: int | None = None,
        window: int | str | None = None,
        fast: bool = False,
        concurrency: int = 16,
        return_exceptions: bool = False,
        timeout: float | None = None,
    ) -> list[Any]:
        """Asks for several inputs at the same time, and returns the outputs in their order. The first that goes wrong ends it, unless
        exceptions are to be returned in the place of outputs."""
        options = {"account": account, "units": units, "max_fee": max_fee, "k": k, "audits": audits, "window": window, "fast": fast}
        return wait(self._map(items, options, concurrency, return_exceptions), timeout)

    def price(
        self,
        inputs: Mapping[str, Any] | None = None,
        /,
        *,
        units: int | None = None,
        k: int | None = None,
        audits: int | None = None,
        timeout: float | None = READ,
        **named: Any,
    ) -> Decimal:
        """ASY that a request costs at most: for these inputs, or at the shapes that the model declares."""
        return wait(self._price({**(inputs or {}), **named}, units, k, audits), timeout)

    def download(self, timeout: float | None = ASK) -> bytes:
        """The ONNX file. It is the one of the id, whoever gave it."""
        return self._net._native.download(self._native).wait(timeout)


class Network(NetworkCore):
    """A connection to a chain."""

    def model(self, name: str, *, file: PathLike | None = None, timeout: float | None = READ) -> Model:
        """A model by its name, `name@version` or id. With its `file`, inputs are checked and units counted here, and no node is asked."""
        return Model(self, self._native.model(name).wait(timeout), file)

    def models(
        self,
        name: str = "",
        *,
        owner: str | None = None,
        task: str | None = None,
        tag: str | None = None,
        active: bool = False,
        timeout: float | None = READ,
    ) -> list[Model]:
        """Models of which everything holds that is given: `name` is what their names begin with."""
        return [Model(self, model) for model in self._native.models(name, owner, task, tag, active).wait(timeout)]

    def publish(
        self,
        file: PathLike,
        *,
        name: str,
        account: Account | None = None,
        licence: str = "",
        task: str = "",
        tags: Iterable[str] = (),
        description: str = "",
        royalty: Any = 0,
        shapes: Mapping[str, list[int]] | None = None,
        max_cost: Any = None,
        timeout: float | None = ASK,
    ) -> Model:
        """Publishes an ONNX file: runs its sample here, registers and uploads it, and waits until it takes requests. Goes on with what was
        cut off. `shapes` are those of the sample, where free dimensions of 1 do not fit; `max_cost` is the most ASY that it may take."""
        words = {"licence": licence, "task": task, "tags": tags, "description": description}
        return Model(self, wait(self._publish(file, name, account, shapes, royalty, max_cost, words), timeout))

    def resume(self, request: int, *, fast: bool = False, timeout: float | None = ASK) -> Result:
        """The answer of a request that was made before, verified: waits until there is one."""
        return wait(self._resume(request, fast), timeout)

    def receipt(self, request: int, *, timeout: float | None = READ) -> Receipt:
        """The receipt of a final request from the genesis block on, verified."""
        return wait(self._receipt(request), timeout)

    def requests(self, owner: Account | str | None = None, *, limit: int = 100, timeout: float | None = READ) -> dict[int, str]:
        """Numbers and status of an account's requests, the open ones first. Over RPC the word of the node."""
        return wait(self._requests(owner, limit), timeout)

    def balance(self, who: Account | str | None = None, *, timeout: float | None = READ) -> Decimal:
        """ASY that an account may spend. Over RPC the word of the node."""
        return wait(self._balance(who), timeout)

    def finalized(self, *, timeout: float | None = READ) -> int:
        """Number of the last finalized block."""
        return self._native.finalized().wait(timeout)


def connect(
    url: str | None = None,
    *,
    light: PathLike | None = None,
    bootnodes: Iterable[str] = (),
    chain: str | None = None,
    genesis: str | None = None,
    checkpoint: PathLike | None = None,
    accept_old_checkpoint: bool = False,
    account: Account | None = None,
    timeout: float | None = 240,
) -> Network:
    """Connects to a node at `url` (or `$ASSAY_URL`, or the one on this machine), which is trusted with nothing that is proven; or, with the
    raw chain spec `light`, through a light client in this process.

    `genesis` is the hash of the chain's genesis block. Without it, the one counts that this machine knows by the name `chain`; the first
    time, that is what the node says, and a warning says so. `account` signs where a call names no other.
    """
    native = wait(connecting(url, light, bootnodes, chain, genesis, checkpoint, accept_old_checkpoint), timeout)
    return Network(native, account)


def run(
    file: PathLike,
    inputs: Mapping[str, Any] | None = None,
    /,
    *,
    units: int | None = None,
    timeout: float | None = ASK,
    **named: Any,
) -> LocalResult:
    """Runs an ONNX file on this machine, in the engine that the validators run: the same bits. Without inputs, on the sample that the
    network makes. The first run on a machine compiles the engine, which takes up to a minute."""
    return wait(running(file, {**(inputs or {}), **named}, units), timeout)


def inspect(file: PathLike, *, shapes: Mapping[str, list[int]] | None = None, timeout: float | None = ASK) -> Inspected:
    """Says what an ONNX file takes and gives, and how many units a run takes: at these shapes of its inputs, or at those of its sample."""
    return wait(inspecting(file, shapes), timeout)


def selftest(*, timeout: float | None = ASK) -> None:
    """Compares this machine's bits with the network's, on models that every machine finds the same bits of. Raises `OtherBits`."""
    local_engine().self_test().wait(timeout)
