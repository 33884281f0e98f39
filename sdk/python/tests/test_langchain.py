"""LangChain's tool and embeddings: LangChain's own tests, and what they do not ask."""

from __future__ import annotations

import asyncio
import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from langchain_core.messages import ToolMessage
from langchain_core.tools import BaseTool, ToolException
from langchain_core.utils.function_calling import convert_to_openai_tool
from langchain_tests.integration_tests import EmbeddingsIntegrationTests, ToolsIntegrationTests
from langchain_tests.unit_tests import EmbeddingsUnitTests, ToolsUnitTests

import assay
from assay import _texts, langchain
from assay._tensors import Port
from assay.langchain import AssayEmbeddings, AssayTool

from conftest import Chain, written
from test_readme import PROGRAMS, here, run

TOKENIZER: dict[str, Any] = {
    "version": "1.0",
    "truncation": None,
    "padding": None,
    "added_tokens": [],
    "normalizer": {"type": "Lowercase"},
    "pre_tokenizer": {"type": "Whitespace"},
    "post_processor": None,
    "decoder": None,
    "model": {"type": "WordLevel", "vocab": {"[PAD]": 0, "[UNK]": 1, "a": 2, "cat": 3}, "unk_token": "[UNK]"},
}
LEFT = {"strategy": "BatchLongest", "direction": "Left", "pad_to_multiple_of": None, "pad_id": 9, "pad_type_id": 0, "pad_token": "[PAD]"}


class OfTool:
    """A tool for LangChain's tests, with an account of its own."""

    @pytest.fixture(autouse=True)
    def _asks(self, chain: Chain, double: assay.Model) -> None:
        self.params = {"model": double, "account": chain.account(), "max_fee": "0.5"}

    @property
    def tool_constructor(self) -> type[BaseTool]:
        return AssayTool

    @property
    def tool_constructor_params(self) -> dict[str, Any]:
        return self.params

    @property
    def tool_invoke_params_example(self) -> dict[str, Any]:
        return {"x": [1, 2.5]}


class TestToolUnit(OfTool, ToolsUnitTests):
    pass


class TestToolIntegration(OfTool, ToolsIntegrationTests):
    pass


class OfEmbeddings:
    """Embeddings for LangChain's tests, with an account of their own."""

    @pytest.fixture(autouse=True)
    def _asks(self, chain: Chain, words: assay.Model) -> None:
        self.params = {"model": words, "account": chain.account()}

    @property
    def embeddings_class(self) -> type[AssayEmbeddings]:
        return AssayEmbeddings

    @property
    def embedding_model_params(self) -> dict[str, Any]:
        return self.params


class TestEmbeddingsUnit(OfEmbeddings, EmbeddingsUnitTests):
    pass


class TestEmbeddingsIntegration(OfEmbeddings, EmbeddingsIntegrationTests):
    pass


def called(tool: BaseTool, **args: Any) -> ToolMessage:
    message = tool.invoke({"name": tool.name, "args": args, "id": "1", "type": "tool_call"})
    assert isinstance(message, ToolMessage)
    return message


def test_a_tool_tells_a_language_model_what_was_verified(chain: Chain, double: assay.Model, tmp_path: Path) -> None:
    tool = AssayTool(double, account=chain.account())
    assert tool.name == "tests_doubling"
    function = convert_to_openai_tool(tool)["function"]
    assert "tests/doubling@1" in function["description"]
    x = {"type": "array", "items": {"type": "number"}, "description": "x: float32[?]"}
    assert function["parameters"]["properties"] == {"x": x} and function["parameters"]["required"] == ["x"]
    message = called(tool, x=[1, 0.1])
    assert isinstance(message.content, str)
    said, result = json.loads(message.content), message.artifact
    assert said["outputs"] == {"y": {"dtype": "float32", "shape": [2], "data": [2, 0.2]}}
    assert (said["request"], said["votes"], said["committee"]) == (result.request, 1, 1)
    assert said["verified"] == result.verified and "by a receipt from" in said["verified"] and said["paid"].endswith(" ASY")
    assert isinstance(result, assay.Result) and result.receipt is not None
    result.receipt.save(tmp_path / "receipt")
    assert assay.verify(tmp_path / "receipt", genesis=chain.genesis, output=result).request == result.request


def test_a_tool_refuses_in_the_words_of_the_package(chain: Chain, net: assay.Network, double: assay.Model) -> None:
    account = chain.account()
    before = net.balance(account)
    tool = AssayTool(double, account=account, max_fee="0.000001", name="doubled", description="Doubles numbers.")
    assert (tool.name, tool.description) == ("doubled", "Doubles numbers.")
    with pytest.raises(ToolException, match="above `max_fee=`") as raised:
        called(tool, x=[1])
    assert isinstance(raised.value.__cause__, assay.Refused)
    told = AssayTool(double, account=account, handle_tool_error=True)
    for args, says in [({"x": [[1]]}, "`x` has the shape [1, 1], and the model takes [?]"), ({"z": [1]}, "there is no tensor `x`")]:
        message = called(told, **args)
        assert message.status == "error" and says in str(message.content) and message.artifact is None
    with net.budget(asy="0.000001") as budget:
        assert "of the budget of" in called(told, x=[1]).content
        with pytest.raises(ToolException, match="of the budget of"):
            asyncio.run(AssayTool(double, account=account).ainvoke({"x": [1]}))
        assert budget.spent == 0
    with pytest.raises(ToolException, match="nothing was submitted") as raised:
        AssayTool(double, account=account, timeout=0).invoke({"x": [1]})
    assert isinstance(raised.value.__cause__, assay.Timeout)
    assert net.balance(account) == before


def test_a_node_that_lies_gives_an_agent_nothing(chain: Chain, words: assay.Model) -> None:
    def deceived(what: str, value: int) -> assay.Network:
        return assay.connect(chain.lie(what, value), genesis=chain.genesis, chain=f"langchain-{value}", account=chain.account())

    told = AssayTool(deceived("the output", 300).model("tests/doubling"), handle_tool_error=True)
    embeddings = AssayEmbeddings(deceived("the claim", 301).model("tests/words"))
    with ThreadPoolExecutor() as threads:
        asked = threads.submit(called, told, x=[300, 1])
        with pytest.raises(assay.NotVerified, match="not among the results"):
            embeddings.embed_query("a cat")
        message = asked.result()
    assert embeddings.results == []
    assert message.status == "error" and "the output has the result hash" in str(message.content) and message.artifact is None


def test_a_receipt_and_a_text_prove_an_embedding(chain: Chain, net: assay.Network, words: assay.Model, tmp_path: Path) -> None:
    embeddings = AssayEmbeddings(words, account=chain.account(), batch_size=2)
    texts = ["the agent pays", "A cat has votes", "the agent pays the validator"]
    first, second, third = embeddings.embed_documents(texts)
    assert np.dot(first, third) > 0.7 and np.dot(first, second) == 0 and np.isclose(np.linalg.norm(second), 1)
    # Two texts are a request, and the third another.
    one, two = embeddings.results
    assert one.request != two.request and one["sentence_embedding"].tolist() == [first, second]
    assert one.receipt is not None
    one.receipt.save(tmp_path / "receipt")
    options = {"genesis": chain.genesis, "output": one}
    assert assay.verify(tmp_path / "receipt", input=embeddings.tensors(texts[:2]), **options).request == one.request
    with pytest.raises(assay.NotVerified, match="this is not the input"):
        assay.verify(tmp_path / "receipt", input=embeddings.tensors(["the agent pays", "a dog has votes"]), **options)
    with net.budget(asy="0.000001"), pytest.raises(assay.Refused, match="of the budget of"):
        embeddings.embed_query("a cat")
    assert embeddings.embed_documents([]) == [] and embeddings.results == []


def test_a_file_that_was_given_has_the_tokenizer(chain: Chain, net: assay.Network, words: assay.Model, onnx: str, tmp_path: Path) -> None:
    file = written("wordCounts()", tmp_path / "words.onnx")
    given = AssayEmbeddings(net.model("tests/words", file=file)).tensors(["a cat"])
    downloaded = AssayEmbeddings(words).tensors(["a cat"])
    assert {name: tensor.tolist() for name, tensor in given.items()} == {name: tensor.tolist() for name, tensor in downloaded.items()}
    assert given["input_ids"].tolist() == [[2, 7]] and given["attention_mask"].tolist() == [[1, 1]]
    with pytest.raises(assay.UsageError, match="`file=` is not tests/words@1"):
        AssayEmbeddings(net.model("tests/words", file=onnx)).embed_query("a cat")
    with pytest.raises(assay.UsageError, match="tests/doubling@1 has no tokenizer in its file"):
        AssayEmbeddings(net.model("tests/doubling")).embed_query("a cat")
    with pytest.raises(assay.UsageError, match="`batch_size` is 0"):
        AssayEmbeddings(words, batch_size=0)


def test_the_readme_has_a_tool_and_embeddings(chain: Chain, words: assay.Model, tmp_path: Path) -> None:
    found = run(here(PROGRAMS[2], chain, **{"agents/text": words.name}), tmp_path)
    assert re.fullmatch(r'\{"outputs": \{"y": .*"data": \[2.0, 4.0\]\}\}, "request": \d+, .*\} 1\n20 \[\d+\]\n', found), found


def field(number: int, content: bytes) -> bytes:
    """A field of a protobuf message, with a length of two bytes."""
    return bytes([number << 3 | 2, len(content) & 0x7F | 0x80, len(content) >> 7]) + content


def file_of(key: str, value: str) -> bytes:
    """A model's file with a property after its graph, and nothing else."""
    return field(7, field(2, b"graph")) + field(14, field(1, key.encode()) + field(2, value.encode()))


def test_a_property_is_found_as_the_client_in_rust_finds_it() -> None:
    author = file_of("author", "a")
    both = author + file_of("assay.tokenizer", "{}") + file_of("assay.tokenizer", "second")
    assert _texts.model_property(both, "assay.tokenizer") == "{}"
    assert _texts.model_property(both, "graph") is None
    for damaged in [b"\x3a\xff", b"\x3a\x7f" + author, b"\x0b" + author, b"\xff" * 11, author[:-1], field(14, b"\x08\x01"), field(14, b"\x0a\x01\xff")]:
        assert _texts.model_property(damaged, "author") is None
    number, fixed = b"\x08\x96\x01", b"\x0d" + b"\x00" * 4 + b"\x09" + b"\x00" * 8
    assert _texts.model_property(number + fixed + author, "author") == "a"


def encoder(names: list[str], shape: list[int | None], **changed: Any) -> _texts.Encoder:
    ports = [Port((name, "int64", shape)) for name in names]
    return _texts.Encoder(file_of("assay.tokenizer", json.dumps({**TOKENIZER, **changed})), "a/b@1", ports)


def test_texts_become_a_padded_batch_as_in_rust() -> None:
    both = encoder(["input_ids", "attention_mask", "token_type_ids"], [None, None])
    batch = both.batch(["A cat", "cat", "a dog cat"])
    assert batch["input_ids"].tolist() == [[2, 3, 0], [3, 0, 0], [2, 1, 3]] and batch["input_ids"].dtype == np.int64
    assert batch["attention_mask"].tolist() == [[1, 1, 0], [1, 0, 0], [1, 1, 1]]
    assert not batch["token_type_ids"].any() and batch["token_type_ids"].shape == (3, 3)
    left = encoder(["input_ids", "attention_mask"], [None, None], padding=LEFT).batch(["a cat", "cat"])
    assert left["input_ids"].tolist() == [[2, 3], [9, 3]] and left["attention_mask"].tolist() == [[1, 1], [0, 1]]
    fixed = encoder(["input_ids", "attention_mask"], [1, 4])
    assert fixed.batch(["a cat"])["input_ids"].tolist() == [[2, 3, 0, 0]]
    assert encoder(["input_ids"], [None, None]).batch(["a cat", "a dog"])["input_ids"].shape == (2, 2)


@pytest.mark.parametrize(
    ("names", "shape", "texts", "says"),
    [
        (["input_ids", "attention_mask"], [1, 4], ["a a a a a"], "5 tokens, and the model takes 4"),
        (["input_ids", "attention_mask"], [1, 4], ["a", "a"], "1 texts at a time, and not 2"),
        (["input_ids", "attention_mask"], [None, None], ["a", " "], "text 1 has no tokens"),
        (["input_ids"], [None, None], ["a cat", "a"], "no input `attention_mask`"),
        (["input_ids", "x"], [None, None], ["a"], "takes `x`, which no tokenizer gives"),
        (["x"], [None, None], ["a"], "no input `input_ids`"),
        (["input_ids"], [None], ["a"], "no matrix of texts and tokens"),
    ],
)
def test_texts_that_do_not_fit_are_refused(names: list[str], shape: list[int | None], texts: list[str], says: str) -> None:
    with pytest.raises(assay.UsageError, match=says):
        encoder(names, shape).batch(texts)


def test_a_vector_for_each_text() -> None:
    two = np.array([[3, 4], [0, 1]], "f4")
    assert _texts.vectors({"x": two}, 2) == [[3, 4], [0, 1]]
    assert _texts.vectors({"h": np.zeros(1), "sentence_embedding": two}, 2) == [[3, 4], [0, 1]]
    for outputs, says in [
        ({"x": two, "z": two}, "none of the model's outputs is `sentence_embedding`: x, z"),
        ({"x": two[:1]}, r"float32 \[1, 2\], and not a float32 vector for each of 2 texts"),
        ({"x": two.astype("f8")}, "float64"),
        ({"x": two[:, :0]}, r"\[2, 0\]"),
    ]:
        with pytest.raises(assay.UsageError, match=says):
            _texts.vectors(outputs, 2)
    with pytest.raises(assay.UsageError, match="the tokenizer in the file of a/b@1 cannot be used"):
        _texts.Encoder(file_of("assay.tokenizer", "{}"), "a/b@1", [])


def test_arguments_are_the_inputs_of_the_model() -> None:
    ports = [Port(("in.1", "float32", [None, 3])), Port(("n", "uint8", [])), Port(("t", "string", [None])), Port(("b", "bool", [])), Port(("any", "float16", None))]
    schema = langchain._schema(ports)
    properties = schema["properties"]
    assert schema["required"] == ["in.1", "n", "t", "b", "any"]
    row = {"type": "array", "items": {"type": "number"}, "minItems": 3, "maxItems": 3}
    assert properties["in.1"] == {"type": "array", "items": row, "description": "in.1: float32[?, 3]"}
    assert [properties[name].get("type") for name in ("n", "t", "b", "any")] == ["integer", "array", "boolean", None]
    assert properties["t"]["items"] == {"type": "string"}


def test_a_language_model_is_told_numbers_in_few_digits_and_not_too_many() -> None:
    found = langchain._elements(np.array([[0.1, np.nan], [np.inf, -np.inf]], "f4"))
    assert found == [0.1, "NaN", "Infinity", "-Infinity"]
    assert langchain._elements(np.array([1, 2], "i8")) == [1, 2]
    # `0.0, ` and `0, ` for each number: 5,000 and 15,000 characters, then 10,000 that remain.
    arrays = {"few": np.zeros(1_000, "f4"), "many": np.zeros(3_000, "f4"), "text": np.array(["x" * 12_000], object), "rest": np.zeros(3_600, "i4")}
    outputs = langchain._outputs({**arrays, "millions": np.zeros(2_000_000, "i4")})
    assert [name for name, output in outputs.items() if "data" in output] == ["few", "rest"]
    assert outputs["text"]["dtype"] == "string" and outputs["many"]["shape"] == [3_000]
    assert outputs["rest"]["data"] == [0] * 3_600
