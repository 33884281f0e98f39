"""Models of the network for LangChain: a tool for agents, and embeddings. `pip install 'assay-network[langchain]'`.

    tool = AssayTool(net.model("dave/double"), account=me, max_fee="0.2")
    embeddings = AssayEmbeddings(net.model("agents/text"), account=me)

Everything that they return is verified, as elsewhere in this package. Budgets of the network hold for them.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Literal

import numpy as np

from ._errors import AssayError, UsageError
from ._network import ASK, Account
from ._results import Result
from ._sync import Model
from ._tensors import Port
from ._wait import Steps, wait, wait_async

try:
    from langchain_core.embeddings import Embeddings
    from langchain_core.tools import BaseTool, ToolException

    from ._texts import Encoder, vectors
except ImportError as _missing:
    raise ImportError(f"assay.langchain needs langchain-core and tokenizers: pip install 'assay-network[langchain]' ({_missing})") from _missing

__all__ = ["AssayEmbeddings", "AssayTool"]

INLINE = 16_000
"""Most characters of outputs that a language model is told, which are a thousand numbers and more. The artifact has all of them."""
BATCH = 64
"""Texts of a request."""
CONCURRENCY = 16
"""Requests at a time."""


class AssayTool(BaseTool):
    """A model of the network as a tool: its arguments are the model's inputs, and its answer is verified, or a `ToolException` with the words
    of the package's own exception, which is its cause.

    The content is JSON for the language model: the outputs, as far as they have at most 16,000 characters, the request, its votes, and what
    verified it. The artifact is the `Result`. Each call is a request that `account` pays, of at most `max_fee` ASY. The owner's description
    of the model is a stranger's text. A language model is not given it, but the names of the inputs alone, and `description=`.
    """

    model: Model
    account: Account | None = None
    max_fee: Any = None
    units: int | None = None
    timeout: float | None = ASK
    response_format: Literal["content", "content_and_artifact"] = "content_and_artifact"

    def __init__(
        self,
        model: Model,
        *,
        account: Account | None = None,
        max_fee: Any = None,
        units: int | None = None,
        timeout: float | None = ASK,
        **options: Any,
    ) -> None:
        ports = model.inputs
        options.setdefault("name", re.sub("[^A-Za-z0-9_-]", "_", model.name))
        options.setdefault("args_schema", _schema(ports))
        options.setdefault(
            "description",
            f"Runs the model {model.title} on the Assay network and returns its verified outputs. Inputs: {', '.join(map(str, ports))}.",
        )
        given = {"model": model, "account": account, "max_fee": max_fee, "units": units, "timeout": timeout}
        super().__init__(**given, **options)

    def _asked(self, inputs: Mapping[str, Any]) -> Steps[tuple[str, Result]]:
        result = yield from self.model._call(inputs, _options(self.account, self.max_fee, self.units))
        return _content(result), result

    def _run(self, /, **inputs: Any) -> tuple[str, Result]:
        with _told():
            return wait(self._asked(inputs), self.timeout)

    async def _arun(self, /, **inputs: Any) -> tuple[str, Result]:
        with _told():
            return await wait_async(self._asked(inputs), self.timeout)


class AssayEmbeddings(Embeddings):
    """A text model of the network as embeddings: one whose file has its tokenizer, as docs/guides/agents.md makes it.

    Up to `batch_size` texts are one request, which `account` pays, of at most `max_fee` ASY; texts beyond that are further requests. The
    tokenizer is read from the model's file, which is downloaded once, or from the one that `net.model(..., file=)` was given.
    """

    def __init__(
        self,
        model: Model,
        *,
        account: Account | None = None,
        max_fee: Any = None,
        units: int | None = None,
        batch_size: int = BATCH,
        timeout: float | None = ASK,
    ) -> None:
        if batch_size < 1:
            raise UsageError(f"`batch_size` is {batch_size}, and has to be 1 or more")
        self._model, self._batch_size, self._timeout = model, batch_size, timeout
        self._options = _options(account, max_fee, units)
        self._encoder: Encoder | None = None
        self.results: list[Result] = []
        """Answers of the last call, one for each request."""

    def tensors(self, texts: Sequence[str]) -> dict[str, np.ndarray]:
        """The input of a request for these texts, with which `assay.verify(receipt, input=...)` compares."""
        return wait(self._find_encoder(), self._timeout).batch(texts)

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """A vector for each text."""
        return wait(self._embedded(texts), self._timeout)

    def embed_query(self, text: str) -> list[float]:
        """The vector of a text."""
        return self.embed_documents([text])[0]

    async def aembed_documents(self, texts: list[str]) -> list[list[float]]:
        """A vector for each text."""
        return await wait_async(self._embedded(texts), self._timeout)

    async def aembed_query(self, text: str) -> list[float]:
        """The vector of a text."""
        return (await self.aembed_documents([text]))[0]

    def _find_encoder(self) -> Steps[Encoder]:
        if self._encoder is None:
            ports = yield from self._model._find_inputs()
            self._encoder = Encoder((yield from self._model._find_file()), self._model.title, ports)
        return self._encoder

    def _embedded(self, texts: Sequence[str]) -> Steps[list[list[float]]]:
        self.results = []
        encoder = yield from self._find_encoder()
        size = encoder.texts or self._batch_size
        parts = [texts[at : at + size] for at in range(0, len(texts), size)]
        # All of them, before the first is paid for.
        inputs = [encoder.batch(part) for part in parts]
        self.results = yield from self._model._map(inputs, self._options, CONCURRENCY, False)
        found: list[list[float]] = []
        for part, result in zip(parts, self.results):
            try:
                found += vectors(result, len(part))
            except UsageError as error:
                error.request = result.request
                raise
        return found


def _options(account: Account | None, max_fee: Any, units: int | None) -> dict[str, Any]:
    return {"account": account, "units": units, "max_fee": max_fee, "k": None, "audits": None, "window": None, "fast": False}


def _schema(ports: Sequence[Port]) -> dict[str, Any]:
    """JSON schema of arguments. Names of inputs need not be names of Python, so it is not a pydantic model."""
    names = [port.name for port in ports]
    return {"type": "object", "properties": {port.name: _argument(port) for port in ports}, "required": names, "additionalProperties": False}


def _argument(port: Port) -> dict[str, Any]:
    if port.shape is None:
        return {"description": str(port)}
    whole = re.fullmatch("u?int[0-9]+", port.dtype)
    schema: dict[str, Any] = {"type": {"string": "string", "bool": "boolean"}.get(port.dtype, "integer" if whole else "number")}
    for dim in reversed(port.shape):
        schema = {"type": "array", "items": schema, **({} if dim is None else {"minItems": dim, "maxItems": dim})}
    return {**schema, "description": str(port)}


@contextmanager
def _told() -> Iterator[None]:
    """Errors as LangChain expects them: `handle_tool_error` hands this exception to the language model, and no other."""
    try:
        yield
    except AssayError as error:
        raise ToolException(str(error)) from error


def _content(result: Result) -> str:
    proof = {"request": result.request, "votes": result.votes, "committee": result.committee, "verified": result.verified}
    return json.dumps({"outputs": _outputs(result), **proof, "paid": f"{result.paid} ASY"}, ensure_ascii=False)


def _outputs(arrays: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """The outputs by name, without the data of those that are too long."""
    left = INLINE
    outputs = {}
    for name, array in arrays.items():
        output: dict[str, Any] = {"dtype": "string" if array.dtype == object else array.dtype.name, "shape": list(array.shape)}
        # An element has a character at least.
        elements = _elements(array) if array.size <= left else None
        length = len(json.dumps(elements, ensure_ascii=False))
        if elements is not None and length <= left:
            left -= length
            output["data"] = elements
        outputs[name] = output
    return outputs


def _elements(array: np.ndarray) -> list[Any]:
    """Elements in row-major order, floats with as few digits as tell them apart. JSON has no infinities, so they are texts."""
    flat = array.ravel()
    if array.dtype.kind != "f":
        return flat.tolist()
    names = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}
    floats = [float(text) for text in flat.astype(str)]
    return [value if math.isfinite(value) else names[str(value)] for value in floats]
