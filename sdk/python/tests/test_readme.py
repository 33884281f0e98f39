"""The programs of the README do what it says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from conftest import Chain

README = Path(__file__).resolve().parents[1] / "README.md"
PROGRAMS = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)


def run(program: str, folder: Path) -> str:
    done = subprocess.run([sys.executable, "-c", program], cwd=folder, env=os.environ, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def here(program: str, chain: Chain, **models: str) -> str:
    """A program for the tests' chain."""
    for written, replaced in {
        "ws://127.0.0.1:9944": chain.url,
        "0x" + "0" * 64: chain.genesis,
        "dave/double": "tests/doubling",
        "//Eve": chain.uri(),
        **models,
    }.items():
        assert written in program
        program = program.replace(written, replaced)
    return program


def test_a_wheel_a_url_and_a_genesis_hash_give_a_verified_array(chain: Chain, tmp_path: Path) -> None:
    assert len(PROGRAMS[0].strip().splitlines()) <= 15
    found = run(here(PROGRAMS[0], chain), tmp_path)
    assert found.startswith("[2. 4. 6.] 1 1 0.0") and "by a receipt from the genesis block" in found


def test_a_file_runs_on_this_machine(onnx: str) -> None:
    run(PROGRAMS[1], Path(onnx).parent)
