"""The engine on this machine."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import assay
import assay.aio


def test_a_model_runs_here(onnx: str) -> None:
    result = assay.run(onnx, x=[1, 2, 3])
    assert result["y"].tolist() == [2, 4, 6] and result["y"].dtype == np.float32
    assert list(result) == ["y"] and len(result) == 1 and result.units > 0
    again = assay.run(onnx, {"x": np.array([1, 2, 3], "f4")})
    assert again.output == result.output and again.input == result.input
    assert assay.run(onnx)["y"].shape == (1,), "the sample that the network makes"
    assert "not proven" in result._repr_html_()


def test_this_machine_finds_the_bits_of_the_network() -> None:
    assay.selftest()


def test_a_model_is_described(onnx: str) -> None:
    found = assay.inspect(onnx, shapes={"x": [5]})
    assert [(port.name, port.type, port.shape) for port in found.inputs] == [("x", "tensor(float)", [None])]
    assert [(port.name, port.shape) for port in found.outputs] == [("y", [5])] and (found.units or 0) > 0
    with pytest.raises(assay.UsageError, match="the model has no input `z`; its inputs are x"):
        assay.inspect(onnx, shapes={"z": [5]})


def test_it_is_asked_as_onnxruntime_is(onnx: str) -> None:
    session = assay.InferenceSession(onnx, providers=["CPUExecutionProvider"])
    assert [port.name for port in session.get_inputs()] == ["x"]
    assert [port.name for port in session.get_outputs()] == ["y"]
    (array,) = session.run(None, {"x": np.array([4], "f4")})
    assert array.tolist() == [8] and session.run(["y"], {"x": [4]})[0].tolist() == [8]
    with pytest.raises(assay.UsageError, match="the model has no output `z`; its outputs are y"):
        session.run(["z"], {"x": [4]})
    with pytest.raises(assay.UsageError, match="there is no file missing.onnx"):
        assay.InferenceSession("missing.onnx")


def test_what_does_not_run_says_why(onnx: str, endless: str, tmp_path: Path) -> None:
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"no model")
    with pytest.raises(assay.RunFailed) as raised:
        assay.run(broken)
    assert raised.value.reason == "ModelInvalid" and raised.value.code == 3
    with pytest.raises(assay.RunFailed) as raised:
        assay.run(onnx, x=[1], units=1)
    assert raised.value.reason == "ComputeLimit"
    with pytest.raises(assay.UsageError, match="No such file"):
        assay.run(tmp_path / "none.onnx")
    with pytest.raises(assay.UsageError, match="`x` is float64, and the model takes float32"):
        assay.run(onnx, x=np.zeros(2))
    with pytest.raises(assay.Timeout, match="nothing was submitted"):
        assay.run(endless, x=np.full((1, 2000), 0.02, "f4"), timeout=1)
    assert assay.run(onnx, x=[1])["y"].tolist() == [2], "the engine goes on"


def test_coroutines_do_the_same(onnx: str, endless: str) -> None:
    async def several() -> list[float]:
        found = await asyncio.gather(*(assay.aio.run(onnx, x=[value]) for value in range(5)))
        with pytest.raises(assay.UsageError):
            await assay.aio.run(onnx, z=[1])
        with pytest.raises(assay.Timeout):
            await assay.aio.run(endless, x=np.full((1, 2000), 0.02, "f4"), timeout=1)
        assert (await assay.aio.inspect(onnx)).inputs[0].name == "x"
        return [float(result["y"][0]) for result in found]

    assert asyncio.run(several()) == [0, 2, 4, 6, 8]


def test_a_forked_process_is_told_to_be_spawned(onnx: str) -> None:
    code = (
        "import os, sys, assay\n"
        "assay.run(sys.argv[1], x=[1])\n"
        "if os.fork() == 0:\n"
        "    try:\n"
        "        assay.run(sys.argv[1], x=[1])\n"
        "    except assay.UsageError as error:\n"
        "        os._exit(7 if 'spawn' in str(error) else 8)\n"
        "    os._exit(9)\n"
        "print(os.waitstatus_to_exitcode(os.wait()[1]))\n"
    )
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code, onnx], check=False, capture_output=True, text=True, env=os.environ)
    assert done.stdout.strip() == "7", done.stderr
