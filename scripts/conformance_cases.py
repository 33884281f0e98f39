"""Turns ONNX's own node cases into what the engine takes: models, and bundles of inputs and expected outputs.

`conformance_cases.py DATA OUT`, where DATA is `onnx/backend/test/data/node` of the onnx wheel. Each case becomes two: `NAME.variable`
with every input given at the run, and `NAME.constant` with all but the first written into the model, as real models have their
axes, shapes and scales. A case that cannot be said in bundles is listed in OUT/skipped with the reason.
"""

import pathlib
import sys

import onnx
from bundles import TYPES, encode
from onnx import numpy_helper

class Skipped(Exception):
    pass


def read(path, name):
    tensor = onnx.TensorProto()
    tensor.ParseFromString(path.read_bytes())
    if tensor.data_type not in TYPES:
        raise Skipped(f"{name} has type {onnx.TensorProto.DataType.Name(tensor.data_type)}")
    array = numpy_helper.to_array(tensor)
    return name, tensor.data_type, array, tensor


def write(case, out):
    model = onnx.load(case / "model.onnx")
    for value in list(model.graph.input) + list(model.graph.output):
        if not value.type.HasField("tensor_type"):
            raise Skipped(f"{value.name} is no tensor")
    data = case / "test_data_set_0"
    initial = {initializer.name for initializer in model.graph.initializer}
    names = [value.name for value in model.graph.input if value.name not in initial]
    inputs = [read(data / f"input_{index}.pb", name) for index, name in enumerate(names)]
    outputs = [read(data / f"output_{index}.pb", value.name) for index, value in enumerate(model.graph.output)]
    expected = encode([output[:3] for output in outputs])
    variants = {"variable": (model, inputs)}
    if len(inputs) > 1:
        constant = onnx.ModelProto()
        constant.CopyFrom(model)
        for name, _, _, tensor in inputs[1:]:
            tensor.name = name
            constant.graph.initializer.append(tensor)
            for index, value in enumerate(constant.graph.input):
                if value.name == name:
                    del constant.graph.input[index]
                    break
        variants["constant"] = (constant, inputs[:1])
    else:
        variants["constant"] = (model, inputs)
    for variant, (model, given) in variants.items():
        stem = out / f"{case.name}.{variant}"
        stem.with_name(stem.name + ".onnx").write_bytes(model.SerializeToString())
        stem.with_name(stem.name + ".in").write_bytes(encode([tensor[:3] for tensor in given]))
        stem.with_name(stem.name + ".out").write_bytes(expected)


def main():
    data, out = (pathlib.Path(argument) for argument in sys.argv[1:])
    out.mkdir(parents=True, exist_ok=True)
    skipped = []
    for case in sorted(data.iterdir()):
        try:
            write(case, out)
        except (Skipped, FileNotFoundError) as why:
            skipped.append(f"{case.name}\t{why}, which bundles have not\n")
    (out / "skipped").write_text("".join(skipped))


main()
