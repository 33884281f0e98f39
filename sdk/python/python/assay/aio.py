"""The functions of `assay`, as coroutines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from ._local import Inspected, LocalResult, inspecting, local_engine, running
from ._network import ASK, READ, Account, JobCore, ModelCore, NetworkCore, connecting
from ._results import PathLike, Receipt, Result
from ._tensors import Port
from ._wait import Steps, wait_async

__all__ = ["Job", "Model", "Network", "connect", "inspect", "run", "selftest"]


def _one(task: Any) -> Steps[Any]:
    return (yield task)


class Job(JobCore):
    """A request that goes on by itself: `await job`, or `await job.result(timeout=...)`."""

    @property
    def request(self) -> int | None:
        """Number of the request, once it has one."""
        return self._task.request

    async def result(self, timeout: float | None = ASK) -> Result:
        """The verified output. When the time is over, the job goes on, and may be asked again."""
        return await wait_async(self._result(), timeout, abort=False)


class Model(ModelCore):
    """A model, pinned: whatever becomes of its name, this is the file of one id."""

    async def inputs(self, timeout: float | None = READ) -> list[Port]:
        """What it takes, as onnxruntime describes it. Over RPC the word of the node, which costs nothing if it is false."""
        return await wait_async(self._find_inputs(), timeout)

    async def __call__(
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
        """Asks the network, as `assay.Model` does."""
        options = {"account": account, "units": units, "max_fee": max_fee, "k": k, "audits": audits, "window": window, "fast": fast}
        return await wait_async(self._call({**(inputs or {}), **named}, options), timeout)

    async def submit(
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
        """Asks the network, and does not wait for the answer."""
        options = {"account": account, "units": units, "max_fee": max_fee, "k": k, "audits": audits, "window": window, "fast": fast}
        return await wait_async(self._submit(Job, {**(inputs or {}), **named}, options), timeout)

    async def map(
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
        """Asks for several inputs at the same time, and returns the outputs in their order."""
        options = {"account": account, "units": units, "max_fee": max_fee, "k": k, "audits": audits, "window": window, "fast": fast}
        return await wait_async(self._map(items, options, concurrency, return_exceptions), timeout)

    async def price(
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
        """ASY that a request costs at most."""
        return await wait_async(self._price({**(inputs or {}), **named}, units, k, audits), timeout)

    async def download(self, timeout: float | None = ASK) -> bytes:
        """The ONNX file. It is the one of the id, whoever gave it."""
        return await wait_async(_one(self._net._native.download(self._native)), timeout)


class Network(NetworkCore):
    """A connection to a chain."""

    async def model(self, name: str, *, file: PathLike | None = None, timeout: float | None = READ) -> Model:
        """A model by its name, `name@version` or id."""
        return Model(self, await wait_async(_one(self._native.model(name)), timeout), file)

    async def models(
        self,
        name: str = "",
        *,
        owner: str | None = None,
        task: str | None = None,
        tag: str | None = None,
        active: bool = False,
        timeout: float | None = READ,
    ) -> list[Model]:
        """Models of which everything holds that is given."""
        found = await wait_async(_one(self._native.models(name, owner, task, tag, active)), timeout)
        return [Model(self, model) for model in found]

    async def publish(
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
        """Publishes an ONNX file, and waits until it takes requests."""
        words = {"licence": licence, "task": task, "tags": tags, "description": description}
        steps = self._publish(file, name, account, shapes, royalty, max_cost, words)
        return Model(self, await wait_async(steps, timeout))

    async def resume(self, request: int, *, fast: bool = False, timeout: float | None = ASK) -> Result:
        """The answer of a request that was made before, verified."""
        return await wait_async(self._resume(request, fast), timeout)

    async def receipt(self, request: int, *, timeout: float | None = READ) -> Receipt:
        """The receipt of a final request from the genesis block on, verified."""
        return await wait_async(self._receipt(request), timeout)

    async def requests(self, owner: Account | str | None = None, *, limit: int = 100, timeout: float | None = READ) -> dict[int, str]:
        """Numbers and status of an account's requests, the open ones first."""
        return await wait_async(self._requests(owner, limit), timeout)

    async def balance(self, who: Account | str | None = None, *, timeout: float | None = READ) -> Decimal:
        """ASY that an account may spend."""
        return await wait_async(self._balance(who), timeout)

    async def finalized(self, *, timeout: float | None = READ) -> int:
        """Number of the last finalized block."""
        return await wait_async(_one(self._native.finalized()), timeout)


async def connect(
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
    """Connects, as `assay.connect` does."""
    steps = connecting(url, light, bootnodes, chain, genesis, checkpoint, accept_old_checkpoint)
    return Network(await wait_async(steps, timeout), account)


async def run(
    file: PathLike,
    inputs: Mapping[str, Any] | None = None,
    /,
    *,
    units: int | None = None,
    timeout: float | None = ASK,
    **named: Any,
) -> LocalResult:
    """Runs an ONNX file on this machine, as `assay.run` does."""
    return await wait_async(running(file, {**(inputs or {}), **named}, units), timeout)


async def inspect(file: PathLike, *, shapes: Mapping[str, list[int]] | None = None, timeout: float | None = ASK) -> Inspected:
    """Says what an ONNX file is, as `assay.inspect` does."""
    return await wait_async(inspecting(file, shapes), timeout)


async def selftest(*, timeout: float | None = ASK) -> None:
    """Compares this machine's bits with the network's, as `assay.selftest` does."""
    await wait_async(_one(local_engine().self_test()), timeout)
