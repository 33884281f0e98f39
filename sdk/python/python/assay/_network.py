"""Networks, models and requests, in steps: what `assay` and `assay.aio` have in common."""

from __future__ import annotations

import threading
import warnings
from collections import deque
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from decimal import Decimal
from typing import Any
from collections.abc import Iterator

from . import _native
from ._errors import Refused, UsageError
from ._local import local_engine, tried
from ._results import PathLike, Receipt, Result, asy, card, plancks, read
from ._tensors import Port, RawPort, given
from ._wait import Steps, wait_async

READ = 60.0
"""Seconds that a look at the chain is given."""
ASK = 600.0
"""Seconds that a request is given."""


class Account:
    """An account that signs and pays."""

    def __init__(self, native: _native.Account) -> None:
        self._native = native

    @classmethod
    def from_uri(cls, uri: str) -> Account:
        """From 12 to 24 words, a seed in hex, or `//Alice` and the like on a development chain."""
        return cls(_native.Account.from_uri(uri))

    @classmethod
    def open(cls, name: str | None = None, password: str | None = None) -> Account:
        """One of the command line's accounts (`assay keys`): by its name, or the one that signs there by default."""
        return cls(_native.Account.open(name, password))

    @staticmethod
    def names() -> dict[str, str]:
        """Addresses of the command line's accounts by their names."""
        return dict(_native.accounts())

    @property
    def address(self) -> str:
        return self._native.address

    def __repr__(self) -> str:
        return f"<Account {self.address}>"


class Budget:
    """The limit of what requests may cost together."""

    def __init__(self, limit: int) -> None:
        self._lock = threading.Lock()
        self._limit = self._left = limit

    @property
    def left(self) -> Decimal:
        """ASY that are neither spent nor set aside for open requests."""
        with self._lock:
            return asy(self._left)

    @property
    def spent(self) -> Decimal:
        """ASY that are spent or set aside."""
        with self._lock:
            return asy(self._limit - self._left)

    def _take(self, least: int, most: int) -> int:
        """Sets aside as much as there is, up to `most`; refuses if that is below `least`."""
        with self._lock:
            if self._left < least:
                raise Refused(
                    f"this costs up to {asy(least)} ASY, and {asy(self._left)} of the budget of {asy(self._limit)} ASY are left: "
                    "nothing was submitted"
                )
            taken = min(self._left, most)
            self._left -= taken
            return taken

    def _give_back(self, amount: int) -> None:
        with self._lock:
            self._left += amount


class _Reservation:
    """Money of the budgets for one request, until it is known what it costs."""

    def __init__(self, budgets: Iterable[Budget], offer: _native.Offer) -> None:
        self.budgets: list[Budget] = []
        self.fee, self.taken = offer.fee, offer.max_fee + offer.fee
        try:
            for budget in budgets:
                taken = budget._take(offer.price + offer.fee, self.taken)
                for earlier in self.budgets:
                    earlier._give_back(self.taken - taken)
                self.taken = taken
                self.budgets.append(budget)
        except BaseException:
            self.settle(0)
            raise

    @property
    def max_fee(self) -> int:
        return self.taken - self.fee

    def settle(self, cost: int) -> None:
        for budget in self.budgets:
            budget._give_back(self.taken - cost)
        self.budgets = []


class JobCore:
    """A request that goes on by itself."""

    def __init__(self, task: _native.Task, offer: _native.Offer, reservation: _Reservation, model: ModelCore) -> None:
        self._task, self._model = task, model
        self.price = asy(offer.price)
        """ASY that it costs at most."""

        def settle() -> None:
            try:
                reservation.settle(task.wait(0).paid + offer.fee)
            except BaseException:
                # A request that may have been handed over may have been paid: it stays set aside.
                if not task.submitted:
                    reservation.settle(0)

        task.on_done(settle)

    def _result(self) -> Steps[Result]:
        answer = yield self._task
        return Result(answer, self._model.title, self._model._net._native)

    @property
    def status(self) -> str:
        """The stage of the request, in a word: `Preparing`, `Submitted`, `Waiting`, `Voting`, `Agreed`, `Escalated`, `Proving`, `Final`."""
        return self._task.status

    @property
    def done(self) -> bool:
        return self._task.done

    def cancel(self) -> None:
        """Waits for it no more. A request that was submitted goes on, and is paid: `net.resume` gets its answer."""
        self._task.cancel()

    def __await__(self) -> Generator[Any, Any, Result]:
        return wait_async(self._result(), None, abort=False).__await__()

    def __repr__(self) -> str:
        number = self._task.request
        return f"<Job: request {'not yet made' if number is None else number}, {self.status}>"


class ModelCore:
    """A model, pinned: whatever becomes of its name, this is the file of one id."""

    def __init__(self, net: NetworkCore, native: _native.Model, file: PathLike | None = None) -> None:
        self._net, self._native = net, native
        self._ports: list[RawPort] | None = None
        self._file = None if file is None else read(file)

    @property
    def id(self) -> str:
        return self._native.id

    @property
    def name(self) -> str:
        return self._native.name

    @property
    def version(self) -> int:
        return self._native.version

    @property
    def title(self) -> str:
        """Name and version."""
        return f"{self.name}@{self.version}"

    @property
    def owner(self) -> str:
        return self._native.owner

    @property
    def status(self) -> str:
        """`Pending`, `Active`, `Rejected` or `Retired`."""
        return self._native.status

    @property
    def engine(self) -> str:
        """Id of the engine that it is active under."""
        return self._native.engine

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return self._native.size

    @property
    def royalty(self) -> Decimal:
        """ASY to the owner for each answer."""
        return asy(self._native.royalty)

    @property
    def task(self) -> str:
        return self._native.task

    @property
    def licence(self) -> str:
        return self._native.licence

    @property
    def description(self) -> str:
        return self._native.description

    @property
    def tags(self) -> list[str]:
        return self._native.tags

    def __repr__(self) -> str:
        return f"<Model {self.title} {self.id[:10]}: {self.status}>"

    def _repr_html_(self) -> str:
        rows = [
            ("id", self.id),
            ("status", self.status),
            ("owner", self.owner),
            ("licence", self.licence),
            ("task", self.task),
            ("tags", ", ".join(self.tags)),
            ("royalty", f"{self.royalty} ASY"),
            ("description", self.description),
        ]
        light = self._net._native.is_light
        return card(self.title, light, rows if light else [], [] if light else rows)

    def _find_ports(self) -> Steps[list[RawPort] | None]:
        if self._ports is None:
            if self._file is not None:
                self._ports = (yield local_engine().inputs(self._file)) if (yield from self._is_local()) else None
            if self._ports is None and self._net._native.has_node:
                self._ports, _ = yield self._net._native.quote(self._native)
        return self._ports

    def _is_local(self) -> Steps[bool]:
        """True if the engine here counts as the network does: it has the file, and is the engine that the model is active under."""
        if False:
            yield
        if self._file is None:
            return False
        if _native.content_id(self._file) != self.id:
            raise UsageError(f"`file=` is not {self.title}: its id is another one")
        return self.engine == _native.Engine.id()

    def _find_file(self) -> Steps[bytes]:
        """The ONNX file: the one that was given here, or the network's."""
        yield from self._is_local()
        if self._file is not None:
            return self._file
        return (yield self._net._native.download(self._native))

    def _find_inputs(self) -> Steps[list[Port]]:
        ports = yield from self._find_ports()
        if ports is None:
            raise UsageError(f"a light client does not have the inputs of {self.title}: give its `file=`, or name a node with `url=`")
        return [Port(port) for port in ports]

    def _price(self, inputs: Mapping[str, Any], units: int | None, k: int | None, audits: int | None) -> Steps[Decimal]:
        size, shapes = 0, None
        if inputs:
            ports = yield from self._find_ports()
            raw = given(inputs, ports)
            size, shapes = _native.fit(raw, ports)
        if units is None:
            units = yield from self._units(shapes)
        if units is None:
            units = self._native.sample_units
        if units is None:
            raise UsageError(f"nobody says how many units {self.title} takes: give `units=`")
        return asy((yield self._net._native.price(self._native, units, size, k, audits)))

    def _units(self, shapes: list[list[int]] | None) -> Steps[int | None]:
        if (yield from self._is_local()):
            assert self._file is not None
            _, _, units = yield local_engine().inspect(self._file, shapes)
            return units
        if self._net._native.has_node:
            _, units = yield self._net._native.quote(self._native, shapes)
            return units
        return None

    def _submit(self, job: type[Any], inputs: Mapping[str, Any], options: Mapping[str, Any]) -> Steps[Any]:
        account = options["account"] or self._net.account or Account.open()
        max_fee = None if options["max_fee"] is None else plancks(options["max_fee"])
        ports = yield from self._find_ports()
        raw = given(inputs, ports)
        known = None
        if ports is not None and (yield from self._is_local()):
            _, shapes = _native.fit(raw, ports)
            known = ports, (yield from self._units(shapes))
        window = None if options["window"] is None else str(options["window"])
        offer = yield self._net._native.offer(
            self._native,
            raw,
            known,
            account._native,
            options["units"],
            max_fee,
            options["k"],
            options["audits"],
            window,
            options["fast"],
        )
        reservation = _Reservation(self._net._budgets, offer)
        try:
            task = self._net._native.ask(offer, account._native, reservation.max_fee)
        except BaseException:
            reservation.settle(0)
            raise
        return job(task, offer, reservation, self)

    def _call(self, inputs: Mapping[str, Any], options: Mapping[str, Any]) -> Steps[Result]:
        job = yield from self._submit(JobCore, inputs, options)
        return (yield from job._result())

    def _map(self, items: Iterable[Mapping[str, Any]], options: Mapping[str, Any], concurrency: int, keep: bool) -> Steps[list[Any]]:
        if concurrency < 1:
            raise UsageError(f"`concurrency` is {concurrency}, and has to be 1 or more")
        asked: deque[JobCore | Exception] = deque()
        results: list[Any] = []

        def ask(inputs: Mapping[str, Any]) -> Steps[None]:
            try:
                asked.append((yield from self._submit(JobCore, inputs, options)))
            except Exception as error:
                if not keep:
                    raise
                asked.append(error)

        def collect() -> Steps[None]:
            first = asked[0]
            try:
                results.append(first if isinstance(first, Exception) else (yield from first._result()))
            except Exception as error:
                if not keep:
                    raise
                results.append(error)
            asked.popleft()

        try:
            for inputs in items:
                if len(asked) == concurrency:
                    yield from collect()
                yield from ask(inputs)
            while asked:
                yield from collect()
            return results
        finally:
            for job in asked:
                if isinstance(job, JobCore):
                    job.cancel()


class NetworkCore:
    """A connection to a chain."""

    def __init__(self, native: _native.Client, account: Account | None) -> None:
        self._native, self.account = native, account
        self._budgets: list[Budget] = []

    @property
    def genesis(self) -> str:
        """Hash of the genesis block: what everything that is proven rests on."""
        return self._native.genesis

    @property
    def is_light(self) -> bool:
        """True if all reads are proven here, and are not the word of a node."""
        return self._native.is_light

    def __repr__(self) -> str:
        return f"<Network {self.genesis}, {'a light client' if self.is_light else 'over RPC'}>"

    @contextmanager
    def budget(self, asy: Any) -> Iterator[Budget]:
        """Bounds what the requests of this network take in the block, from all threads together: one that may cost more than what is left
        is refused before anything is signed."""
        budget = Budget(plancks(asy))
        self._budgets = [*self._budgets, budget]
        try:
            yield budget
        finally:
            self._budgets = [other for other in self._budgets if other is not budget]

    def _resume(self, request: int, fast: bool) -> Steps[Result]:
        answer = yield self._native.resume(request, fast)
        return Result(answer, f"Request {request}", self._native)

    def _receipt(self, request: int) -> Steps[Receipt]:
        data = yield self._native.receipt(request)
        return Receipt(data, request, 0, self._native)

    def _balance(self, who: Account | str | None) -> Steps[Decimal]:
        if who is None:
            who = self.account or Account.open()
        return asy((yield self._native.balance(who.address if isinstance(who, Account) else who)))

    def _requests(self, owner: Account | str | None, limit: int) -> Steps[dict[int, str]]:
        if owner is None:
            owner = self.account or Account.open()
        entries, _ = yield self._native.requests(owner.address if isinstance(owner, Account) else owner, limit)
        return dict(entries)

    def _publish(
        self, file: PathLike, name: str, account: Account | None, shapes: Mapping[str, list[int]] | None, royalty: Any, max_cost: Any, words: Mapping[str, Any]
    ) -> Steps[_native.Model]:
        signer = account or self.account or Account.open()
        data = read(file)
        most = None if max_cost is None else plancks(max_cost)
        # A model that would be rejected is not paid for.
        sample = yield from tried(data, shapes)
        model = yield self._native.publish(
            data,
            _native.Engine.id(),
            name,
            signer._native,
            plancks(royalty),
            words["task"],
            words["licence"],
            list(words["tags"]),
            words["description"],
            sample,
            most,
        )
        return model


def connecting(
    url: str | None,
    light: PathLike | None,
    bootnodes: Iterable[str],
    chain: str | None,
    genesis: str | None,
    checkpoint: PathLike | None,
    accept_old_checkpoint: bool,
) -> Steps[_native.Client]:
    """Connects, and says what was pinned if this is the first use of a chain that nobody has named the genesis block of."""
    import os

    path = None if light is None else os.fspath(light)
    start = None if checkpoint is None else os.fspath(checkpoint)
    native = yield _native.connect(url, path, list(bootnodes), chain, genesis, start, accept_old_checkpoint)
    if native.first_use is not None and genesis is None and light is None:
        warnings.warn(native.first_use, stacklevel=4)
    return native
