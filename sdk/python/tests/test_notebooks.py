"""The notebooks do what they say, and are kept without what they have shown somebody."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

import assay

from conftest import ROOT, Chain

FOLDER = ROOT / "sdk/python/notebooks"
NAMES = ["embeddings", "first-answer", "receipts"]
TIMEOUT = 600
"""Seconds that a cell is given, as a request is."""


def notebook(name: str) -> Any:
    return nbformat.read(FOLDER / f"{name}.ipynb", as_version=nbformat.NO_CONVERT)


def code(book: Any) -> list[Any]:
    return [cell for cell in book.cells if cell.cell_type == "code"]


@pytest.fixture(scope="module")
def shown(chain: Chain, words: assay.Model, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Future[str]]]:
    """Texts that the notebooks show on the tests' chain, all of them at the same time."""

    def show(name: str, folder: Path, account: str) -> str:
        book = notebook(name)
        here = {"ws://127.0.0.1:9944": chain.url, "dave/double": "tests/doubling", "agents/text": words.name, "//Eve": account}
        for cell in code(book):
            for written, replaced in here.items():
                cell.source = cell.source.replace(written, replaced)
        client = NotebookClient(book, timeout=TIMEOUT, kernel_name="python3", resources={"metadata": {"path": str(folder)}})
        client.execute(env={**os.environ, "XDG_CONFIG_HOME": str(folder)})
        outputs = [output for cell in code(book) for output in cell.outputs]
        return "\n".join(output.get("text", "") + "".join(output.get("data", {}).values()) for output in outputs)

    with ThreadPoolExecutor(len(NAMES)) as threads:
        yield {name: threads.submit(show, name, tmp_path_factory.mktemp(name), chain.uri()) for name in NAMES}


def test_the_notebooks_are_kept_without_outputs() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.ipynb")) == NAMES
    for name in NAMES:
        book = notebook(name)
        nbformat.validate(book)
        assert not any(cell.outputs or cell.execution_count for cell in code(book)), f"{name}: clear its outputs before you commit it"
        assert set(book.metadata) == {"kernelspec", "language_info"} and not any(cell.metadata for cell in book.cells), name


def test_a_first_answer_takes_five_cells(chain: Chain, shown: dict[str, Future[str]]) -> None:
    assert len(code(notebook("first-answer"))) == 5
    text = shown["first-answer"].result()
    assert "[2. 4. 6.] by 1 of 1 validators, for 0.0" in text
    assert "verified" in text and "you trust with that" in text and chain.genesis in text


def test_a_receipt_is_verified_and_one_that_was_tampered_with_is_not(shown: dict[str, Future[str]]) -> None:
    text = shown["receipts"].result()
    assert "by a receipt from the genesis block" in text and "[2. 4. 6.] is what was proven: True" in text
    assert text.count("not verified: ") == 2 and "this is not the output" in text


def test_texts_are_found_by_their_embeddings(shown: dict[str, Future[str]]) -> None:
    text = shown["embeddings"].result()
    assert re.search(r"^3 vectors, and 0\.\d+ ASY$", text, re.MULTILINE), text
    found = [line for line in text.splitlines() if re.match(r"0\.\d\d ", line)]
    assert found == ["0.51 the agent pays the validator", "0.40 two votes and a proof", "0.20 a cat has no budget"]
    assert "by a receipt from the genesis block" in text
