"""NumPy on the one side, names, types, shapes and bytes on the other."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ._errors import UsageError

# Name, type, shape, and elements as bytes or texts.
Raw = tuple[str, str, list[int], bytes | list[str]]
# Name, type and shape of an input; a dimension that is free is None, and so is a shape that is not declared.
RawPort = tuple[str, str, list[int | None] | None]

# The names that onnxruntime has for the types.
_ONNX = {"float32": "float", "float64": "double", "bool": "bool"}


class Port:
    """An input or an output of a model, as onnxruntime describes it."""

    def __init__(self, raw: RawPort) -> None:
        self.name, self.dtype, shape = raw
        self.shape = shape

    @property
    def type(self) -> str:
        return f"tensor({_ONNX.get(self.dtype, self.dtype)})"

    def __repr__(self) -> str:
        dims = "..." if self.shape is None else ", ".join("?" if dim is None else str(dim) for dim in self.shape)
        return f"{self.name}: {self.dtype}[{dims}]"


def given(inputs: Mapping[str, Any], ports: Sequence[RawPort] | None = None) -> list[Raw]:
    """Tensors for the library. Lists and numbers have no type of their own and take the port's, if it holds them."""
    types = {name: dtype for name, dtype, _ in ports or ()}
    return [_raw(name, value, types.get(name)) for name, value in inputs.items()]


def _raw(name: str, value: Any, wanted: str | None) -> Raw:
    try:
        array = np.asarray(value)
    except Exception as error:
        raise UsageError(f"`{name}` is no array: {error}") from error
    if array.dtype.kind in "USOT":
        return name, "string", list(array.shape), [_text(name, text) for text in array.ravel().tolist()]
    if not hasattr(value, "dtype") and wanted not in (None, "string", array.dtype.name):
        array = _as(array, wanted)
    if array.dtype.byteorder == ">" or (array.dtype.byteorder == "=" and sys.byteorder == "big"):
        array = array.astype(array.dtype.newbyteorder("<"))
    return name, array.dtype.name, list(array.shape), array.tobytes()


def _text(name: str, text: Any) -> str:
    if isinstance(text, bytes):
        return text.decode()
    if isinstance(text, str):
        return text
    raise UsageError(f"`{name}` holds {type(text).__name__}: an array of objects holds texts alone")


def _as(array: np.ndarray, wanted: str | None) -> np.ndarray:
    """The numbers of a list in the type of the port, if it holds them; else as they are, to be refused by name."""
    try:
        dtype = np.dtype(wanted)
    except TypeError:
        return array
    if array.size == 0 or np.can_cast(array.dtype, dtype, "same_kind"):
        if array.dtype.kind not in "iu" or dtype.kind not in "iu":
            return array.astype(dtype)
    if array.dtype.kind in "iu" and dtype.kind in "iu":
        limits = np.iinfo(dtype)
        if limits.min <= int(array.min()) and int(array.max()) <= limits.max:
            return array.astype(dtype)
    return array


def arrays(outputs: Sequence[Raw]) -> dict[str, np.ndarray]:
    """Arrays of the tensors. A bfloat16 becomes a float32 of the same value, for NumPy has none."""
    return {name: _array(dtype, shape, data) for name, dtype, shape, data in outputs}


def _array(dtype: str, shape: list[int], data: bytes | list[str]) -> np.ndarray:
    if isinstance(data, list):
        texts = np.empty(len(data), dtype=object)
        texts[:] = data
        return texts.reshape(shape)
    if dtype == "bfloat16":
        return (np.frombuffer(data, "<u2").astype("<u4") << 16).view("<f4").reshape(shape)
    return np.frombuffer(data, np.dtype(dtype).newbyteorder("<")).astype(dtype, copy=True).reshape(shape)


class Tensors(Mapping[str, np.ndarray]):
    """Output tensors by name."""

    def __init__(self, raw: Sequence[Raw]) -> None:
        self._raw = list(raw)
        self._arrays = arrays(self._raw)

    def __getitem__(self, name: str) -> np.ndarray:
        return self._arrays[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._arrays)

    def __len__(self) -> int:
        return len(self._arrays)

    def to_pandas(self) -> Any:
        """A data frame with a column for each output of one dimension, or for each column of one of two. Needs pandas."""
        import pandas

        columns: dict[str, Any] = {}
        for name, array in self.items():
            if array.ndim == 1:
                columns[name] = array
            elif array.ndim == 2:
                columns.update({f"{name}.{index}": array[:, index] for index in range(array.shape[1])})
            else:
                raise UsageError(f"`{name}` has {array.ndim} dimensions, and a data frame has two")
        return pandas.DataFrame(columns)
