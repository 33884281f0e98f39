"""onnxruntime's way of asking."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ._errors import UsageError
from ._network import ASK, Account
from ._results import PathLike
from ._sync import Network, connect, inspect, run
from ._tensors import Port, Tensors


class InferenceSession:
    """Asks a model as `onnxruntime.InferenceSession` does: `session.run(None, {"x": array})` returns a list of arrays.

    A file is run on this machine. Anything else is the name of a model on the network, of which each run is a request that `account` pays.
    `result` is the result of the last run, with its proof. Options and providers of onnxruntime are taken and not used: there is one engine,
    on every machine the same.
    """

    def __init__(
        self,
        model: PathLike,
        sess_options: Any = None,
        providers: Any = None,
        *,
        net: Network | None = None,
        account: Account | None = None,
        timeout: float | None = ASK,
    ) -> None:
        self._timeout, self._account = timeout, account
        self._file = os.fspath(model) if os.path.exists(model) else None
        self._outputs: list[Port] | None = None
        self._inputs: list[Port] | None = None
        self._model = None
        self.result: Tensors | None = None
        if self._file is None:
            if os.fspath(model).endswith(".onnx"):
                raise UsageError(f"there is no file {os.fspath(model)}")
            self._model = (net or connect(timeout=timeout)).model(os.fspath(model), timeout=timeout)

    def get_inputs(self) -> list[Port]:
        """The model's inputs."""
        if self._inputs is None:
            self._inputs = self._inspect()[0] if self._model is None else self._model.inputs
        return self._inputs

    def get_outputs(self) -> list[Port]:
        """The model's outputs. Of one on the network, the file is downloaded and looked at here."""
        if self._outputs is None:
            self._outputs = self._inspect()[1]
        return self._outputs

    def _inspect(self) -> tuple[list[Port], list[Port]]:
        if self._file is not None:
            found = inspect(self._file, timeout=self._timeout)
        else:
            assert self._model is not None
            with tempfile.NamedTemporaryFile(suffix=".onnx") as file:
                file.write(self._model.download(self._timeout))
                file.flush()
                found = inspect(file.name, timeout=self._timeout)
        return found.inputs, found.outputs

    def run(
        self, output_names: Sequence[str] | None, input_feed: Mapping[str, Any], run_options: Any = None
    ) -> list[np.ndarray]:
        """Asks, and returns the outputs of these names, or all in the model's order. Those of the network are verified."""
        if self._model is None:
            assert self._file is not None
            result: Tensors = run(self._file, input_feed, timeout=self._timeout)
        else:
            result = self._model(input_feed, account=self._account, timeout=self._timeout)
        self.result = result
        names = list(result) if output_names is None else output_names
        missing = [name for name in names if name not in result]
        if missing:
            raise UsageError(f"the model has no output `{missing[0]}`; its outputs are {', '.join(result)}")
        return [result[name] for name in names]
