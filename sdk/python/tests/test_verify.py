"""Receipts without any connection: what Rust says of them is what is said here."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

import assay

ROOT = Path(__file__).resolve().parents[3]
VECTORS = json.loads((ROOT / "receipts/vectors.json").read_text())
# Receipts that were tampered with, as many as in the other languages.
MUTATED = 10_000 if os.environ.get("ASSAY_LONG") else 1_000


def from_hex(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


def said(receipt: bytes, checkpoint: Path, now: int | None) -> dict[str, Any]:
    """The verdict on a receipt, in the words of the vectors."""
    try:
        claim = assay.verify(
            receipt, chain="vectors", checkpoint=checkpoint, now=now, accept_old_checkpoint=now is None, fast=True
        )
    except assay.NotVerified as error:
        return {"error": str(error).removeprefix("not verified: ")}
    return {"request": claim.request, "model": claim.model, "output": claim.output, "block": claim.block}


def expected(verdict: dict[str, Any]) -> dict[str, Any]:
    return {name: verdict[name] for name in ("error", "request", "model", "output", "block") if name in verdict}


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_the_vectors_are_taken_and_refused_as_they_are_in_rust(vector: dict[str, Any], tmp_path: Path) -> None:
    checkpoint = tmp_path / "checkpoint"
    checkpoint.write_bytes(from_hex(vector["checkpoint"]))
    found = said(from_hex(vector["receipt"]), checkpoint, vector["now"])
    assert found == expected(vector["verdict"])


def test_mutated_receipts_are_said_the_same_of_as_in_rust(tmp_path: Path) -> None:
    program = os.environ.get("ASSAY_MUTATED")
    assert program, "set ASSAY_MUTATED to the example `mutated` of assay-receipts, as scripts/python.sh does"
    lines = subprocess.run([program, str(MUTATED)], check=True, capture_output=True, text=True).stdout.splitlines()
    assert len(lines) == MUTATED
    refused = 0
    for line in lines:
        case = json.loads(line)
        checkpoint = tmp_path / case["checkpoint"][2:66]
        checkpoint.write_bytes(from_hex(case["checkpoint"]))
        found = said(from_hex(case["receipt"]), checkpoint, None)
        assert found == expected(case["verdict"])
        refused += "error" in found
    assert refused > MUTATED // 2


def test_a_genesis_hash_is_all_that_it_takes() -> None:
    vector = VECTORS[0]
    genesis, receipt = vector["verdict"]["checkpoint"], from_hex(vector["receipt"])
    claim = assay.verify(receipt, genesis=genesis, fast=True)
    assert claim.request == vector["verdict"]["request"] and claim.genesis == genesis
    assert claim.age is not None and claim.age.startswith("unknown")
    assert "by `now=`" in str(assay.verify(receipt, genesis=genesis, fast=True, now=10).age)
    assert "not checked" in str(assay.verify(receipt, genesis=genesis, fast=True, accept_old_checkpoint=True).age)
    assert "from the genesis block" in claim.verified and "verified" in claim._repr_html_()
    with pytest.raises(assay.NotVerified, match="this is not the output of request"):
        assay.verify(receipt, genesis=genesis, fast=True, output={"y": [1.0]})
    with pytest.raises(assay.NotVerified, match="this is not the input of request"):
        assay.verify(receipt, genesis=genesis, fast=True, input={"x": [1.0]})
    with pytest.raises(assay.NotVerified, match="does not start from this checkpoint"):
        assay.verify(receipt, genesis="0x" + "11" * 32, fast=True)


def test_what_cannot_be_read_says_why(tmp_path: Path) -> None:
    with pytest.raises(assay.UsageError, match="No such file"):
        assay.verify(tmp_path / "none", genesis="0x" + "11" * 32)
    with pytest.raises(assay.UsageError, match="a hash has 32 bytes in hex"):
        assay.verify(b"", genesis="0x11")
    with pytest.raises(assay.UsageError, match="nothing is trusted here yet.*`genesis=`"):
        assay.verify(b"", chain="unknown")
    with pytest.raises(assay.NotVerified):
        assay.verify(b"", genesis="0x" + "11" * 32)
