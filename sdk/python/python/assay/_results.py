"""Proven answers, and their display."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Union

from . import _native
from ._errors import UsageError
from ._tensors import Raw, Tensors, given

if TYPE_CHECKING:
    import numpy as np

PLANCKS = 10**12
"""Plancks of an ASY."""

PathLike = Union[str, "os.PathLike[str]"]


def asy(plancks: int) -> Decimal:
    """Plancks in ASY."""
    return Decimal(plancks).scaleb(-12).normalize() + 0


def plancks(amount: Any) -> int:
    """ASY in plancks, rounded down: from a number, a text or a Decimal."""
    try:
        whole = int(Decimal(str(amount)) * PLANCKS)
    except (ArithmeticError, ValueError) as error:
        raise UsageError(f"`{amount}` is no amount: give ASY, like 2 or 0.25") from error
    if whole < 0:
        raise UsageError(f"`{amount}` is no amount: it is negative")
    return whole


def card(title: str, proven: bool, rows: list[tuple[str, str]], words: Sequence[tuple[str, str]] = ()) -> str:
    """A table for a notebook, without script: what is proven, and apart from it what is only the node's word."""
    badge = "&#10003; verified" if proven else "not proven"
    colour = "#1a7f37" if proven else "#9a6700"
    lines = [f"<tr><th style='text-align:left'>{escape(name)}</th><td style='text-align:left'>{escape(text)}</td></tr>" for name, text in rows]
    if words:
        lines.append("<tr><td colspan='2' style='text-align:left'><em>the node's word:</em></td></tr>")
        lines.extend(
            f"<tr><th style='text-align:left'>{escape(name)}</th><td style='text-align:left'><em>{escape(text)}</em></td></tr>"
            for name, text in words
        )
    return (
        f"<table><caption style='text-align:left'><b>{escape(title)}</b> "
        f"<span style='color:{colour}'>{badge}</span></caption>{''.join(lines)}</table>"
    )


@dataclass(frozen=True)
class Claim:
    """The chain's final claim about a request."""

    request: int
    model: str
    engine: str
    input: str
    output: str | None
    """Id of the output; None if the run failed."""
    result_hash: str | None
    failed: str | None
    """Why there is no output."""
    units: int
    votes: int
    committee: int
    """Validators that were asked."""
    validators: int
    auditors: int
    power: tuple[int, int]
    """Voting power of those who voted for it, and of all."""
    window: int | None
    """Blocks within which it could be disputed; None if that lasted until more than a third of the validators had made blocks."""
    block: int | None
    """The block in which it became final; None if a light client has proven it."""
    head: int
    """The finalized block that proves it."""
    start: int | None
    """The block that the proof starts from, 0 for the genesis block; None if a light client has proven it."""
    genesis: str
    age: str | None
    """How old the block that a receipt starts from was taken to be. None for an answer of a connection, which knows how far the chain is."""

    @classmethod
    def _of(cls, claim: _native.Claim) -> Claim:
        return cls(**{name: getattr(claim, name) for name in cls.__dataclass_fields__})

    @property
    def verified(self) -> str:
        """The proof of the claim, in words."""
        if self.start is None:
            return f"by the light client here, in the state of block {self.head}"
        start = "the genesis block" if self.start == 0 else f"block {self.start}"
        return f"by a receipt from {start} to block {self.head}"

    def _rows(self) -> list[tuple[str, str]]:
        power, total = self.power
        result = ("output", self.output or "") if self.failed is None else ("failed", self.failed)
        age = [] if self.age is None else [("age", self.age)]
        return [
            ("request", str(self.request)),
            ("model", self.model),
            ("input", self.input),
            result,
            ("votes", f"{self.votes} of {self.committee}, {power / max(total, 1):.1%} of the voting power"),
            ("proven", f"{self.verified}, of the chain {self.genesis}"),
            *age,
        ]

    def _repr_html_(self) -> str:
        return card(f"Request {self.request}", True, self._rows())


class Receipt:
    """The proof of an answer, for others."""

    def __init__(self, data: bytes, request: int, start: int, client: _native.Client) -> None:
        self._data, self._client = data, client
        self.request = request
        self.start = start
        """The block that it starts from, 0 for the genesis block."""

    def __bytes__(self) -> bytes:
        return self._data

    def __len__(self) -> int:
        return len(self._data)

    def __repr__(self) -> str:
        return f"<Receipt of request {self.request}: {len(self)} bytes from block {self.start}>"

    def save(self, path: PathLike, timeout: float | None = 120) -> None:
        """Writes it as a file that convinces whoever knows the genesis block. One that starts from a later block, for this machine knew
        that one already, is built anew from the genesis block."""
        if self.start != 0:
            self._data, self.start = self._client.receipt(self.request).wait(timeout), 0
        Path(path).write_bytes(self._data)

    def _repr_html_(self) -> str:
        start = "the genesis block" if self.start == 0 else f"block {self.start}"
        return card(f"Receipt of request {self.request}", True, [("bytes", str(len(self))), ("starts from", start)])


class Result(Tensors):
    """A verified output: arrays by name, and what they rest on."""

    def __init__(self, answer: _native.Answer, title: str, client: _native.Client) -> None:
        super().__init__(answer.outputs)
        self.claim = Claim._of(answer.claim)
        self.paid = asy(answer.paid)
        """ASY that were paid. Over RPC the word of the node."""
        self.title = title
        data = answer.receipt
        self.receipt = None if data is None else Receipt(data, self.claim.request, self.claim.start or 0, client)
        """The proof for others; None from a light client."""

    @property
    def request(self) -> int:
        return self.claim.request

    @property
    def model(self) -> str:
        """Id of the model."""
        return self.claim.model

    @property
    def votes(self) -> int:
        """Validators that found this output."""
        return self.claim.votes

    @property
    def committee(self) -> int:
        """Validators that were asked."""
        return self.claim.committee

    @property
    def units(self) -> int:
        return self.claim.units

    @property
    def verified(self) -> str:
        """The proof of the claim, in words."""
        return self.claim.verified

    def __repr__(self) -> str:
        arrays = ", ".join(f"{name}: {array.dtype.name}{list(array.shape)}" for name, array in self.items())
        return f"<Result of request {self.request}: {arrays}; {self.votes} of {self.committee} votes, verified {self.verified}>"

    def _repr_html_(self) -> str:
        arrays = [(name, f"{array.dtype.name}{list(array.shape)} {_short(array)}") for name, array in self.items()]
        # A light client has the price from a state that it has proven, too.
        word = [("paid", f"{self.paid} ASY")]
        light = self.receipt is None
        return card(self.title, True, arrays + self.claim._rows() + (word if light else []), [] if light else word)


def _short(array: np.ndarray) -> str:
    import numpy

    return numpy.array2string(array, threshold=8, edgeitems=3).replace("\n", "")


def verify(
    receipt: Receipt | bytes | PathLike,
    *,
    genesis: str | None = None,
    output: Mapping[str, Any] | None = None,
    input: Mapping[str, Any] | None = None,
    chain: str | None = None,
    checkpoint: PathLike | None = None,
    now: int | None = None,
    accept_old_checkpoint: bool = False,
    fast: bool = False,
) -> Claim:
    """Verifies a receipt without any connection: returns what the chain made final, or raises `NotVerified`.

    `genesis` is the hash of the chain's genesis block; without it, the chain counts that this machine knows by the name `chain`. `output`
    and `input` are tensors that have to be those of the request. `now` is a number that the chain's best block has reached, as far as you
    know: a receipt from a block that is older than validators' bonds stay proves nothing, and `accept_old_checkpoint` takes it all the
    same. The claim's `age` says what was assumed. `fast` takes a result that rests on less than the network's defaults.
    """
    if isinstance(receipt, (bytes, Receipt)):
        data = bytes(receipt)
    else:
        data = read(receipt)
    claim = _native.verify(
        data,
        genesis,
        chain,
        None if checkpoint is None else os.fspath(checkpoint),
        now,
        accept_old_checkpoint,
        fast,
        None if input is None else _given(input),
        None if output is None else _given(output),
    )
    return Claim._of(claim)


def _given(tensors: Mapping[str, Any]) -> list[Raw]:
    # The arrays of a result may have been changed since, and its texts and bfloat16 are other arrays than they were.
    if isinstance(tensors, Tensors):
        raw = []
        for (name, dtype, shape, data), array in zip(tensors._raw, tensors.values()):
            unchanged = _same(Tensors([(name, dtype, shape, data)])[name], array)
            raw.append((name, dtype, shape, data) if unchanged else given({name: array})[0])
        return raw
    return given(tensors)


def _same(first: np.ndarray, second: np.ndarray) -> bool:
    if first.dtype != second.dtype or first.shape != second.shape:
        return False
    return bool((first == second).all()) if first.dtype.kind == "O" else first.tobytes() == second.tobytes()


def read(path: PathLike) -> bytes:
    """The bytes of a file."""
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise UsageError(f"{os.fspath(path)}: {error.strerror or error}") from error
