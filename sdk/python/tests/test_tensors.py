"""Arrays on their way to the library and back."""

from __future__ import annotations

import sys
import types

import numpy as np
import pytest

import assay
from assay import _native
from assay._tensors import Tensors, arrays, given

TYPES = ["float32", "float64", "float16", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "bool"]


def back(value: object, wanted: str | None = None) -> np.ndarray:
    return arrays(given({"x": value}, [("x", wanted, None)] if wanted else None))["x"]


@pytest.mark.parametrize("dtype", TYPES)
def test_every_type_comes_back_as_it_was(dtype: str) -> None:
    for array in (np.arange(6).reshape(2, 3).astype(dtype), np.array(1, dtype), np.zeros((0, 4), dtype)):
        again = back(array)
        assert again.dtype == array.dtype and again.shape == array.shape and (again == array).all()
        assert again.flags.writeable
    whole = np.arange(6).reshape(2, 3).astype(dtype)
    assert (back(whole.T) == whole.T).all()
    assert (back(whole.astype(whole.dtype.newbyteorder(">"))) == whole).all()


def test_texts_come_back_as_texts() -> None:
    for texts in (np.array([["a", "bc"], ["", "ä"]]), np.array([["a", "bc"], ["", "ä"]], dtype=object)):
        assert back(texts).tolist() == [["a", "bc"], ["", "ä"]]
    assert back([b"ab"]).tolist() == ["ab"]
    with pytest.raises(assay.UsageError, match="`x` holds int"):
        back(np.array(["a", 1], dtype=object))


def test_a_bfloat16_is_the_float32_of_its_value() -> None:
    bits = np.array([1.5, -2.0, 0.0], "<f4").view("<u4") >> 16
    array = arrays([("x", "bfloat16", [3], bits.astype("<u2").tobytes())])["x"]
    assert array.dtype == np.float32 and array.tolist() == [1.5, -2.0, 0.0]


@pytest.mark.parametrize(
    ("value", "wanted", "found"),
    [
        ([1, 2], "float32", "float32"),
        ([1.5], "float32", "float32"),
        (3, "int32", "int32"),
        ([200], "uint8", "uint8"),
        ([], "int64", "int64"),
        ([True], "bool", "bool"),
        # A value that the type does not hold stays as it is, and is refused by name.
        ([300], "uint8", "int64"),
        ([-1], "uint64", "int64"),
        ([1.5], "int64", "float64"),
        # An array has a type of its own.
        (np.zeros(2), "float32", "float64"),
    ],
)
def test_lists_take_the_type_of_the_input_if_it_holds_them(value: object, wanted: str, found: str) -> None:
    assert back(value, wanted).dtype.name == found


@pytest.mark.parametrize(
    ("inputs", "says"),
    [
        ({"x": np.zeros((7, 3))}, "`x` is float64, and the model takes float32"),
        ({"x": np.zeros((7, 4), "f4")}, r"`x` has the shape \[7, 4\], and the model takes \[\?, 3\]"),
        ({"y": np.zeros((7, 3), "f4")}, "there is no tensor `x`"),
        ({"x": np.zeros((7, 3), "f4"), "z": 1}, "the model has no input `z`"),
        ({"x": np.zeros((7, 3), "c8")}, "`x` is complex64, and tensors are one of float32"),
    ],
)
def test_what_a_model_does_not_take_is_named(inputs: dict[str, object], says: str) -> None:
    ports = [("x", "float32", [None, 3])]
    with pytest.raises(assay.UsageError, match=says) as raised:
        _native.fit(given(inputs, ports), ports)
    assert raised.value.code == 1 and isinstance(raised.value, ValueError)


def test_outputs_are_a_data_frame_where_pandas_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", types.SimpleNamespace(DataFrame=dict))
    one, two = np.array([1, 2], "f4"), np.array([[3, 4], [5, 6]], "f4")
    columns = Tensors(given({"a": one, "b": two})).to_pandas()
    assert {name: column.tolist() for name, column in columns.items()} == {"a": [1, 2], "b.0": [3, 5], "b.1": [4, 6]}
    with pytest.raises(assay.UsageError, match="`c` has 3 dimensions"):
        Tensors(given({"c": np.zeros((1, 1, 1))})).to_pandas()
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError):
        Tensors([]).to_pandas()


def test_what_is_no_array_is_refused() -> None:
    with pytest.raises(assay.UsageError, match="`x` is no array"):
        back([[1], [1, 2]])
