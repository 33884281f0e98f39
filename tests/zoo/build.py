"""Builds the zoo's models: a case is one small model, its inputs and its name."""

import zlib
from dataclasses import dataclass, field

import numpy as np
from onnx import TensorProto, helper, numpy_helper

F32, F64, F16, I64, I32 = np.float32, np.float64, np.float16, np.int64, np.int32
ML = "ai.onnx.ml"
# Every value that arithmetic may trip over, in single precision.
SPECIAL = np.array([-np.inf, -1e30, -3.5, -1.0, -0.5, -0.0, 0.0, 1e-30, 0.3, 0.5, 1.0, 1.5, 2.5, 7.0, 1e30, np.inf, np.nan], F32)


def tensor_type(array):
    dtype = np.asarray(array).dtype
    return TensorProto.STRING if dtype.kind in "UO" else helper.np_dtype_to_tensor_dtype(dtype)


@dataclass
class Case:
    name: str
    model: bytes
    inputs: dict
    # Reason why onnxruntime's answer does not count. The right answer is that of onnx's reference then.
    contested: str = ""


@dataclass
class Zoo:
    """A list of cases that gets names from what is said about them."""

    cases: list = field(default_factory=list)

    def random(self, name):
        return np.random.RandomState(zlib.crc32(name.encode()))

    def add(self, name, nodes, inputs, constants=None, outputs=("y",), opset=17, ml=0, ms=False, types=None, contested="", functions=()):
        """A case of these nodes. `outputs` are names; their types are left to inference except those in `types`."""
        nodes = nodes if isinstance(nodes, list) else [nodes]
        imports = [helper.make_opsetid("", opset)]
        if ml:
            imports.append(helper.make_opsetid(ML, ml))
        if ms:
            imports.append(helper.make_opsetid("com.microsoft", 1))
        imports += [helper.make_opsetid(domain, 1) for domain in sorted({function.domain for function in functions})]
        declared = [helper.make_tensor_value_info(key, tensor_type(value), list(np.shape(value))) for key, value in inputs.items()]
        initial = [numpy_helper.from_array(np.asarray(value), key) for key, value in (constants or {}).items()]
        made = [
            helper.make_tensor_value_info(key, types[key], None) if types and key in types else helper.make_empty_tensor_value_info(key)
            for key in outputs
        ]
        graph = helper.make_graph(nodes, "g", declared, made, initial)
        ir_version = 8 if opset < 20 else 10 if opset < 23 else 11
        model = helper.make_model(graph, opset_imports=imports, ir_version=ir_version, functions=functions)
        inputs = {key: np.asarray(value) for key, value in inputs.items()}
        assert all(case.name != name for case in self.cases), name
        self.cases.append(Case(name, model.SerializeToString(), inputs, contested))

    def op(self, name, operator, inputs, constants=None, outputs=("y",), opset=17, ml=0, domain="", order=None, types=None, contested="", **attributes):
        """A case of one node. Its inputs are the given ones and then the constants, or `order`."""
        order = list(inputs) + list(constants or {}) if order is None else order
        if ml:
            domain = ML
        node = helper.make_node(operator, order, list(outputs), name=f"the_{operator}", domain=domain, **attributes)
        outputs = tuple(output for output in outputs if output)
        self.add(f"{operator}.{name}", node, inputs, constants, outputs, opset, ml, domain == "com.microsoft", types, contested)
