"""The engine on this machine."""

from __future__ import annotations

import os
import sys
import tempfile
import threading
from collections.abc import Mapping
from typing import Any

from . import _native, _worker
from ._errors import MachineError, UsageError
from ._results import PathLike, card, read
from ._tensors import Port, Tensors, given
from ._wait import Steps

MEMORY = 4096 << 20
"""Bytes that models and runs may take, as the network gives them."""

_lock = threading.Lock()
_engine: _native.Engine | None = None


def _cache() -> str:
    """Folder of the compiled engine, which the command line uses too."""
    given = os.environ.get("ASSAY_ENGINE_CACHE")
    if given:
        return given
    home = os.environ.get("XDG_CACHE_HOME") or (os.path.join(os.environ["HOME"], ".cache") if os.environ.get("HOME") else tempfile.gettempdir())
    return os.path.join(home, "assay", "engine")


def local_engine() -> _native.Engine:
    """The engine of this process. Its models run in a process of their own, which starts with the first run."""
    global _engine
    with _lock:
        if _engine is None:
            if not sys.executable:
                raise MachineError("this program embeds Python, and there is no interpreter to run models apart from it: use the command `assay run`")
            worker = ["-I", "-S", str(_worker.__file__), str(_native.__file__)]
            _engine = _native.Engine(_cache(), MEMORY, sys.executable, worker)
        return _engine


class LocalResult(Tensors):
    """Outputs of a run on this machine: the bits that the network finds, which nobody has attested."""

    def __init__(self, run: _native.Run) -> None:
        super().__init__(run.outputs)
        self.units = run.units
        """Units of load and run together."""
        self.model = run.model
        """Id of the model."""
        self.input = run.input
        """Id of the input."""
        self.output = run.output
        """Id of the output: that of a request on the network for the same model and input."""

    def __repr__(self) -> str:
        arrays = ", ".join(f"{name}: {array.dtype.name}{list(array.shape)}" for name, array in self.items())
        return f"<LocalResult: {arrays}; {self.units} units>"

    def _repr_html_(self) -> str:
        rows = [("model", self.model), ("input", self.input), ("output", self.output), ("units", str(self.units))]
        return card("A run on this machine", False, rows)


class Inspected:
    """A model's inputs, outputs and compute units."""

    def __init__(self, inputs: list[Any], outputs: list[Any], units: int | None) -> None:
        self.inputs = [Port(port) for port in inputs]
        self.outputs = [Port(port) for port in outputs]
        self.units = units
        """Units of load and run together; None if they depend on the values of the input."""

    def __repr__(self) -> str:
        return f"<Inspected: {self.inputs} -> {self.outputs}, {self.units} units>"


def running(file: PathLike, inputs: Mapping[str, Any] | None, units: int | None) -> Steps[LocalResult]:
    """Runs a file."""
    data = read(file)
    engine = local_engine()
    raw = None
    if inputs:
        raw = given(inputs, (yield engine.inputs(data)))
    return LocalResult((yield engine.run(data, raw, units)))


def _in_order(data: bytes, shapes: Mapping[str, list[int]]) -> Steps[list[list[int]]]:
    """The shapes of all inputs; dimensions that are free and not given are 1."""
    ports = yield local_engine().inputs(data)
    names = [name for name, _, _ in ports]
    for name in shapes:
        if name not in names:
            raise UsageError(f"the model has no input `{name}`; its inputs are {', '.join(names)}")
    return [list(shapes[name]) if name in shapes else [1 if dim is None else dim for dim in shape or [1]] for name, _, shape in ports]


def inspecting(file: PathLike, shapes: Mapping[str, list[int]] | None) -> Steps[Inspected]:
    """Says what a file is."""
    data = read(file)
    at = (yield from _in_order(data, shapes)) if shapes else None
    inputs, outputs, units = yield local_engine().inspect(data, at)
    return Inspected(inputs, outputs, units)


def tried(data: bytes, shapes: Mapping[str, list[int]] | None) -> Steps[bytes | None]:
    """Runs the sample of a file as validators will; gives it if it is another one than they make by themselves."""
    engine = local_engine()
    if not shapes:
        yield engine.run(data)
        return None
    at = yield from _in_order(data, shapes)
    sample = yield engine.sample(data, at)
    yield engine.run_bytes(data, sample)
    return sample
