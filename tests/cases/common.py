"""Writes the smallest model of each kind of wrong answer that was ever found, and compares what `assay run` answers.

`python kXX.py ASSAY`: each case is right, or refused with an error that says what its case asks for; anything else ends the program with
an error.
"""

import atexit
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
from onnx import TensorProto, helper, numpy_helper

OUT = pathlib.Path(tempfile.mkdtemp())
# Words that an error has to hold, by case.
REFUSED = {
    "external": ("external.onnx.data", "onnx.save_model"),
    "same_symbol": ("`b`", "dimension 0", "not 3"),
    "index_out_of_range": ("Gather", "the index 9"),
    # Still refused, though it ought to answer with nothing.
    "slice_empty_backwards": ("Slice",),
}
bad = []


def finish():
    if bad:
        sys.stdout.flush()
        os._exit(1)


atexit.register(finish)


def value(name, type_, shape):
    return helper.make_tensor_value_info(name, type_, shape)


def constant(name, array):
    return numpy_helper.from_array(np.array(array), name)


def case(name, nodes, inputs, outputs, constants=(), opset=17, ml=None, given=None, expected=None, refused=None):
    """`expected` is name -> array; `refused` says what an error has to make clear instead."""
    imports = [helper.make_opsetid("", opset)] + ([helper.make_opsetid("ai.onnx.ml", ml)] if ml else [])
    graph = helper.make_graph(nodes, "g", inputs, outputs, list(constants))
    model = helper.make_model(graph, opset_imports=imports, ir_version=8 if opset < 21 else 11)
    path = OUT / f"{name}.onnx"
    path.write_bytes(model.SerializeToString())
    np.savez(OUT / f"{name}.in.npz", **given)
    check(name, path, OUT, sys.argv[1], expected, refused)


def check(name, path, here, assay, expected, refused):
    out = here / f"{name}.out.npz"
    out.unlink(missing_ok=True)
    command = [assay, "run", str(path), "--input", str(here / f"{name}.in.npz"), "--output", str(out)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    said = (ran.stdout + ran.stderr).strip()
    if ran.returncode:
        fails(name, f"exit {ran.returncode}: {said[:300]}") if not all(word in said for word in REFUSED.get(name, ("has to answer",))) else print(f"{name}: refused")
        return
    got = dict(np.load(out))
    for key, want in (expected or {}).items():
        have = got.get(key)
        if have is None or have.shape != want.shape or have.dtype != want.dtype or not np.allclose(have.astype(float), want.astype(float), 1e-4, 1e-6, equal_nan=True):
            return fails(name, f"{key} is {None if have is None else (have.dtype.name, have.tolist())} and has to be {(want.dtype.name, want.tolist())}")
    print(f"{name}: right")


def fails(name, why):
    bad.append(name)
    print(f"{name}: WRONG: {why}")
