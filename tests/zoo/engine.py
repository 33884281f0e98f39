"""The engine as the zoo drives it: its example `runner`, whose command line is ASSAY_RUNNER."""

import os
import shlex
import subprocess

import numpy as np
from build import tensor_type
from bundles import decode, encode


class Failed(Exception):
    """The engine's answer when it cannot do as asked."""


class Engine:
    def __init__(self, work):
        self.work = work
        self.command = shlex.split(os.environ["ASSAY_RUNNER"])
        self.process = None

    def ask(self, *parts):
        if self.process is None or self.process.poll() is not None:
            self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.process.stdin.write("\t".join(map(str, parts)) + "\n")
        self.process.stdin.flush()
        word, _, rest = self.process.stdout.readline().rstrip("\n").partition("\t")
        if word != "ok":
            raise Failed(rest or "the engine died")

    def run(self, model, inputs):
        """The outputs by name, in the model's order, of an ONNX file's bytes and of arrays by name."""
        path, given, found = (self.work / name for name in ("model.onnx", "in", "found"))
        path.write_bytes(model)
        given.write_bytes(encode([(key, tensor_type(value), np.asarray(value)) for key, value in inputs.items()]))
        self.ask("load", path, given)
        self.ask("run", found)
        return decode(found.read_bytes())
