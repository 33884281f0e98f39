"""Text models: texts become the tokens that a model takes, and its output a vector for each of them, as `assay serve` does it.

A model's file has its tokenizer, as the JSON of the package tokenizers, under `assay.tokenizer` of its `metadata_props`. So the model's id
pins it, and pooling and normalisation are in the graph: a receipt and a text that is tokenized again prove an embedding.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from ._errors import UsageError
from ._tensors import Port

KEY = "assay.tokenizer"
OUTPUT = "sentence_embedding"
"""The output that is taken of a model with several."""
METADATA_PROPS = 14
"""Number of the field in a `ModelProto`."""

# An encoding's part for each input.
_PARTS = {"input_ids": "ids", "attention_mask": "attention_mask", "token_type_ids": "type_ids"}


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 64, 7):
        if at >= len(message):
            break
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at += 1
        if byte < 0x80:
            return value & (2**64 - 1), at
    raise ValueError("no protobuf message")


def _fields(message: memoryview) -> Iterator[tuple[int, memoryview | None]]:
    """Number of each field of a protobuf message, and content of those that have a length. Raises ValueError where it is none."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        content = None
        if tag & 7 == 0:
            _, at = _varint(message, at)
        elif tag & 7 == 2:
            length, at = _varint(message, at)
            content = message[at : at + length]
            at += length
        elif tag & 7 in (1, 5):
            at += 8 if tag & 7 == 1 else 4
        else:
            raise ValueError("no protobuf message")
        if at > len(message):
            raise ValueError("no protobuf message")
        yield tag >> 3, content


def _entry(message: memoryview) -> tuple[str, str] | None:
    """Key and value of a `StringStringEntryProto`."""
    texts = {1: "", 2: ""}
    try:
        for number, content in _fields(message):
            if content is None:
                return None
            texts[number] = bytes(content).decode()
    except ValueError:
        return None
    return texts[1], texts[2]


def model_property(model: bytes, key: str) -> str | None:
    """The first value under a key of an ONNX file's `metadata_props`, as the client library in Rust finds it. The package onnx would find it,
    too, and is larger than this one."""
    try:
        for number, content in _fields(memoryview(model)):
            entry = _entry(content) if number == METADATA_PROPS and content is not None else None
            if entry is not None and entry[0] == key:
                return entry[1]
    except ValueError:
        pass
    return None


class Encoder:
    """A text model's tokenizer, and the inputs that it fills."""

    def __init__(self, file: bytes, title: str, ports: Sequence[Port]) -> None:
        json = model_property(file, KEY)
        if json is None:
            raise UsageError(
                f"{title} has no tokenizer in its file, so it is asked with tensors and not with texts; scripts/text_model.py puts one under "
                f"`{KEY}`, which makes it another model"
            )
        try:
            self._tokenizer = Tokenizer.from_str(json)
        except Exception as error:
            raise UsageError(f"the tokenizer in the file of {title} cannot be used: {error}") from error
        padding: Mapping[str, Any] = self._tokenizer.padding or {}
        self._pad, self._left = padding.get("pad_id", 0), padding.get("direction") == "left"
        self._tokenizer.no_padding()
        self._ports = {port.name: port for port in ports}
        ids = self._ports.get("input_ids")
        if ids is None:
            raise UsageError(f"{title} has no input `input_ids`: it takes no texts")
        if ids.shape is None or len(ids.shape) != 2:
            raise UsageError(f"`input_ids` of {title} is no matrix of texts and tokens")
        self.texts, self._length = ids.shape
        """Texts that the model takes at a time; None for any number of them."""

    def batch(self, texts: Sequence[str]) -> dict[str, np.ndarray]:
        """The tensors of several texts, padded to the length that the model declares, or to that of the longest."""
        try:
            encodings = self._tokenizer.encode_batch(list(texts))
        except Exception as error:
            raise UsageError(f"a text cannot be tokenized: {error}") from error
        lengths = [len(encoding.ids) for encoding in encodings]
        if 0 in lengths:
            raise UsageError(f"text {lengths.index(0)} has no tokens")
        if self.texts not in (None, len(texts)):
            raise UsageError(f"the model takes {self.texts} texts at a time, and not {len(texts)}")
        padded = self._length or max(lengths)
        if max(lengths) > padded:
            raise UsageError(f"a text has {max(lengths)} tokens, and the model takes {padded}: give shorter ones")
        if "attention_mask" not in self._ports and any(length != padded for length in lengths):
            raise UsageError(
                f"the model has no input `attention_mask`, so padding would change its answer: give texts of {padded} tokens only"
            )
        return {name: self._tensor(port, encodings, padded) for name, port in self._ports.items()}

    def _tensor(self, port: Port, encodings: Sequence[Any], padded: int) -> np.ndarray:
        part = _PARTS.get(port.name)
        if part is None:
            raise UsageError(f"the model takes `{port.name}`, which no tokenizer gives")
        if port.dtype not in ("int64", "int32"):
            raise UsageError(f"the model's `{port.name}` is {port.dtype}, and tokens are int64 or int32")
        tensor = np.full((len(encodings), padded), self._pad if port.name == "input_ids" else 0, port.dtype)
        for row, encoding in zip(tensor, encodings):
            own = getattr(encoding, part)
            if self._left:
                row[padded - len(own) :] = own
            else:
                row[: len(own)] = own
        return tensor


def vectors(outputs: Mapping[str, np.ndarray], texts: int) -> list[list[float]]:
    """A vector for each text, from the output of a model."""
    if OUTPUT not in outputs and len(outputs) != 1:
        raise UsageError(f"none of the model's outputs is `{OUTPUT}`: {', '.join(outputs)}")
    name = OUTPUT if OUTPUT in outputs else next(iter(outputs))
    array = outputs[name]
    if array.dtype != np.float32 or array.ndim != 2 or len(array) != texts or array.shape[1] == 0:
        raise UsageError(
            f"the model's output `{name}` is {array.dtype.name} {list(array.shape)}, and not a float32 vector for each of {texts} texts: its "
            "pooling has to be in its graph"
        )
    rows: list[list[float]] = array.tolist()
    return rows
