"""Makes a model of texts out of an encoder and its tokenizer, which `assay serve` asks with texts:

    text_model.py MODEL.onnx tokenizer.json OUT.onnx [--pool mean|cls|none] [--no-normalize]

The tokenizer goes into the file, under `assay.tokenizer` of `metadata_props`, so that the model's id pins it. Pooling and normalisation go
into the graph: the encoder's states for each token, [texts, tokens, width], become a vector for each text, the only output
`sentence_embedding`. `--pool none` is for models whose output is [texts, width] already. Needs the packages `onnx` and `numpy`.
"""

import argparse
import json
import pathlib
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

KEY = "assay.tokenizer"
OUTPUT = "sentence_embedding"
# The first operator set in which ReduceSum and Unsqueeze take their axes as an input.
OLDEST_OPSET = 13
# A text of nothing but padding has a vector of zeros, and no division by zero.
LEAST = np.float32(1e-9)


class Refused(Exception):
    """The model cannot be made into one of texts."""


def states(graph):
    """Name and rank of the output that is taken: the named one, or the first of floats."""
    floats = [output for output in graph.output if output.type.tensor_type.elem_type == TensorProto.FLOAT]
    named = [output for output in floats if output.name in (OUTPUT, "last_hidden_state")]
    if not floats:
        raise Refused("the model has no float32 output: export it in float32")
    output = (named or floats)[0]
    return output.name, len(output.type.tensor_type.shape.dim)


def append(model, pool, normalize):
    """Appends pooling and normalisation to a model's graph."""
    graph = model.graph
    opset = next(one.version for one in model.opset_import if one.domain in ("", "ai.onnx"))
    if opset < OLDEST_OPSET:
        raise Refused(f"the model has operator set {opset}: export it with {OLDEST_OPSET} or later")
    x, rank = states(graph)
    if rank != (2 if pool == "none" else 3):
        hint = "`--pool none` takes [texts, width]" if rank == 2 else "`--pool mean` and `--pool cls` take [texts, tokens, width]"
        raise Refused(f"the output `{x}` has {rank} dimensions: {hint}")
    names = {name for node in graph.node for name in [*node.input, *node.output]}

    def fresh(name):
        name = f"assay_{name}"
        while name in names:
            name += "_"
        names.add(name)
        return name

    def constant(name, array):
        tensor = numpy_helper.from_array(np.asarray(array), fresh(name))
        graph.initializer.append(tensor)
        return tensor.name

    def add(operator, *inputs, **attributes):
        output = fresh(operator.lower())
        graph.node.append(helper.make_node(operator, list(inputs), [output], **attributes))
        return output

    first, last = constant("axis_1", np.array([1], np.int64)), constant("axis_last", np.array([-1], np.int64))
    least = constant("least", LEAST)
    if pool == "mean":
        if "attention_mask" not in [value.name for value in graph.input]:
            raise Refused("the model has no input `attention_mask`, so a mean would count the padding: use `--pool cls`")
        mask = add("Unsqueeze", add("Cast", "attention_mask", to=TensorProto.FLOAT), last)
        x = add("Div", add("ReduceSum", add("Mul", x, mask), first, keepdims=0), add("Max", add("ReduceSum", mask, first, keepdims=0), least))
    elif pool == "cls":
        x = add("Gather", x, constant("zero", np.array(0, np.int64)), axis=1)
    if normalize:
        length = add("Sqrt", add("ReduceSum", add("Mul", x, x), last, keepdims=1))
        x = add("Div", x, add("Max", length, least))
    graph.node.append(helper.make_node("Identity", [x], [OUTPUT if OUTPUT not in names else fresh(OUTPUT)]))
    del graph.output[:]
    graph.output.append(helper.make_tensor_value_info(graph.node[-1].output[0], TensorProto.FLOAT, ["texts", None]))


def pack(model, tokenizer):
    """Puts a tokenizer's JSON into a model's file."""
    kept = [entry for entry in model.metadata_props if entry.key != KEY]
    del model.metadata_props[:]
    model.metadata_props.extend(kept)
    model.metadata_props.add(key=KEY, value=json.dumps(tokenizer, ensure_ascii=False, separators=(",", ":")))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("tokenizer", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--pool", choices=["mean", "cls", "none"], default="mean")
    parser.add_argument("--no-normalize", action="store_true")
    arguments = parser.parse_args()
    try:
        tokenizer = json.loads(arguments.tokenizer.read_text(encoding="utf-8"))
        if not isinstance(tokenizer, dict) or "model" not in tokenizer:
            raise Refused(f"{arguments.tokenizer} is no tokenizer: give the tokenizer.json of the package tokenizers")
        model = onnx.load(arguments.model)
        append(model, arguments.pool, not arguments.no_normalize)
        pack(model, tokenizer)
        onnx.checker.check_model(model)
        onnx.save(model, arguments.out)
    except (Refused, OSError, json.JSONDecodeError, onnx.checker.ValidationError) as error:
        sys.exit(f"text_model: error: {error}")


if __name__ == "__main__":
    main()
