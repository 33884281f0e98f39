"""One class for each kind of the library's table."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import assay
from assay import _errors, _native, _results


def test_every_kind_is_a_class_with_its_code() -> None:
    kinds = {name: code for name, code, _ in _native.KINDS}
    assert {kind: cls.code for kind, cls in _errors.CLASSES.items()} == kinds
    for kind, cls in _errors.CLASSES.items():
        error = _errors.of_kind(kind, "text", 7, "ComputeLimit")
        assert type(error) is cls and str(error) == "text" and error.request == 7  # type: ignore[attr-defined]
        assert isinstance(error, assay.AssayError) != (kind == "interrupted")
        assert cls.__name__ in assay.__all__


def test_options_of_the_command_line_are_arguments() -> None:
    text = "raise it with --max-fee, or --accept-old-checkpoint, or --units"
    assert _errors._in_python(text) == "raise it with `max_fee=`, or `accept_old_checkpoint=True`, or `units=`"


@pytest.mark.parametrize("url", ["ws://127.0.0.1:1", "http://127.0.0.1:1", "nonsense"])
def test_a_node_that_is_not_there_is_a_network_error(url: str) -> None:
    with pytest.raises(assay.NetworkError, match=f"no node answers at {url}.*`url=`") as raised:
        assay.connect(url, chain="nowhere")
    assert raised.value.code == 6


def test_accounts_are_those_of_the_command_line() -> None:
    bob = "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty"
    keys = Path(os.environ["XDG_DATA_HOME"]) / "assay/keys"
    keys.mkdir(parents=True)
    with pytest.raises(assay.UsageError, match="there is no account"):
        assay.Account.open()
    file = keys / "bob.json"
    file.write_text(json.dumps({"address": bob, "secret": "//Bob"}))
    file.chmod(0o644)
    with pytest.raises(assay.UsageError, match="others may read it .*: chmod 600 it"):
        assay.Account.open("bob")
    file.chmod(0o600)
    assert assay.Account.names() == {"bob": bob}
    assert assay.Account.open("bob").address == assay.Account.open().address == bob
    with pytest.raises(assay.UsageError, match="there is no account `eve`"):
        assay.Account.open("eve")
    with pytest.raises(assay.UsageError, match="this is no secret"):
        assay.Account.from_uri("twelve words that are none")
    (keys / "bob.json").unlink()


@pytest.mark.parametrize("package", ["langchain_core", "tokenizers"])
def test_without_langchain_it_says_how_to_install_it(package: str) -> None:
    code = f"import sys; sys.modules['{package}'] = None\nimport assay.langchain"
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert done.returncode == 1 and "ImportError: assay.langchain needs" in done.stderr, done.stderr
    assert "pip install 'assay-network[langchain]'" in done.stderr


@pytest.mark.parametrize(("amount", "plancks"), [(2, 2 * 10**12), ("0.25", 25 * 10**10), (1e-12, 1), (0, 0)])
def test_amounts_are_asy(amount: object, plancks: int) -> None:
    assert _results.plancks(amount) == plancks
    assert _results.plancks(_results.asy(plancks)) == plancks


@pytest.mark.parametrize("amount", ["many", -1, float("nan"), float("inf"), None])
def test_what_is_no_amount_is_refused(amount: object) -> None:
    with pytest.raises(assay.UsageError, match="is no amount"):
        _results.plancks(amount)
