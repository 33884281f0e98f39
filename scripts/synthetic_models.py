"""Writes models with the shapes of known networks and random weights, and in OUT/operators one for each operator that networks spend
their time in: `synthetic_models.py OUT`. `synthetic_models.py OUT encoder` writes only a small encoder of texts and its tokenizer, of which
scripts/text_model.py makes a model.

For times, and for tests of what is around models: their answers mean nothing.
"""

import json
import pathlib
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 17


class Graph:
    """A graph that grows by its end."""

    def __init__(self, name, shape, data_type=TensorProto.FLOAT, opset=OPSET):
        self.name, self.opset, self.nodes, self.weights, self.count = name, opset, [], [], 0
        self.input = helper.make_tensor_value_info("input", data_type, shape)
        self.random = np.random.default_rng(1)

    def weight(self, *shape):
        """A random weight, small enough that deep networks stay finite."""
        fan = np.prod(shape[1:]) if len(shape) > 1 else 1
        return self.constant(self.random.standard_normal(shape, np.float32) / np.sqrt(fan, dtype=np.float32))

    def constant(self, array):
        self.count += 1
        self.weights.append(numpy_helper.from_array(np.asarray(array), f"w{self.count}"))
        return f"w{self.count}"

    def add(self, operator, *inputs, outputs=1, **attributes):
        self.count += 1
        names = [f"{operator}{self.count}_{index}" for index in range(outputs)]
        self.nodes.append(helper.make_node(operator, list(inputs), names, **attributes))
        return names[0] if outputs == 1 else names

    def save(self, folder, output):
        result = helper.make_tensor_value_info(output, TensorProto.FLOAT, None)
        graph = helper.make_graph(self.nodes, self.name, [self.input], [result], self.weights)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", self.opset)], ir_version=8)
        onnx.save(model, folder / f"{self.name}.onnx")


def mobilenet_v2(folder):
    """MobileNetV2 1.0 at 224 by 224, batch normalization folded."""
    graph = Graph("mobilenet_v2", [1, 3, 224, 224])

    def convolution(x, inputs, outputs, size=1, stride=1, group=1, clip=True):
        pad = size // 2
        x = graph.add(
            "Conv", x, graph.weight(outputs, inputs // group, size, size), graph.weight(outputs),
            pads=[pad] * 4, strides=[stride] * 2, group=group,
        )  # fmt: skip
        return graph.add("Clip", x, zero, six) if clip else x

    zero, six = graph.constant(np.float32(0)), graph.constant(np.float32(6))
    x = convolution("input", 3, 32, 3, 2)
    inputs = 32
    for factor, outputs, repeats, first in (
        (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1),
    ):  # fmt: skip
        for index in range(repeats):
            stride, hidden, y = first if index == 0 else 1, inputs * factor, x
            if factor > 1:
                y = convolution(y, inputs, hidden)
            y = convolution(y, hidden, hidden, 3, stride, hidden)
            y = convolution(y, hidden, outputs, clip=False)
            x = graph.add("Add", x, y) if stride == 1 and inputs == outputs else y
            inputs = outputs
    x = graph.add("GlobalAveragePool", convolution(x, 320, 1280))
    graph.save(folder, graph.add("Gemm", graph.add("Flatten", x), graph.weight(1280, 1000), graph.weight(1000)))


def layer_norm(graph, x, width):
    return graph.add("LayerNormalization", x, graph.weight(width), graph.weight(width), axis=-1)


def minilm(folder, length=128, width=384, heads=12, layers=6):
    """MiniLM-L6: a transformer encoder over 128 embedded tokens."""
    graph = Graph("minilm", [1, length, width])

    def linear(x, inputs, outputs):
        return graph.add("Add", graph.add("MatMul", x, graph.weight(inputs, outputs)), graph.weight(outputs))

    split = graph.constant(np.array([1, length, heads, width // heads], np.int64))
    joined = graph.constant(np.array([1, length, width], np.int64))
    scale = graph.constant(np.float32(1 / np.sqrt(width // heads)))
    root = graph.constant(np.float32(np.sqrt(2)))
    half, one = graph.constant(np.float32(0.5)), graph.constant(np.float32(1))
    x = layer_norm(graph, "input", width)
    for _ in range(layers):
        q, k, v = (graph.add("Reshape", linear(x, width, width), split) for _ in range(3))
        q, v = (graph.add("Transpose", part, perm=[0, 2, 1, 3]) for part in (q, v))
        scores = graph.add("Mul", graph.add("MatMul", q, graph.add("Transpose", k, perm=[0, 2, 3, 1])), scale)
        heard = graph.add("MatMul", graph.add("Softmax", scores, axis=-1), v)
        heard = graph.add("Reshape", graph.add("Transpose", heard, perm=[0, 2, 1, 3]), joined)
        x = layer_norm(graph, graph.add("Add", x, linear(heard, width, width)), width)
        hidden = linear(x, width, 4 * width)
        gate = graph.add("Add", graph.add("Erf", graph.add("Div", hidden, root)), one)
        hidden = graph.add("Mul", graph.add("Mul", hidden, gate), half)
        x = layer_norm(graph, graph.add("Add", x, linear(hidden, 4 * width, width)), width)
    graph.save(folder, graph.add("ReduceMean", x, axes=[1], keepdims=0))


def lstm(folder, steps=100, inputs=64, hidden=256):
    """Two layers of LSTM over 100 steps."""
    graph = Graph("lstm", [steps, 1, inputs])
    x = "input"
    for _ in range(2):
        weights = graph.weight(1, 4 * hidden, inputs), graph.weight(1, 4 * hidden, hidden), graph.weight(1, 8 * hidden)
        x = graph.add("LSTM", x, *weights, hidden_size=hidden)
        x = graph.add("Squeeze", x, graph.constant(np.array([1], np.int64)))
        inputs = hidden
    graph.save(folder, x)


def mlp(folder):
    """A perceptron with two hidden layers of 1,024."""
    graph = Graph("mlp", [1, 784])
    x, inputs = "input", 784
    for outputs in 1024, 1024, 10:
        x = graph.add("Gemm", x, graph.weight(inputs, outputs), graph.weight(outputs))
        x, inputs = graph.add("Relu", x), outputs
    graph.save(folder, graph.add("Softmax", x, axis=-1))


def table(folder):
    """One row of a table of 100 MiB: nothing but the start of a run of a large model."""
    graph = Graph("table_100_mib", [1], TensorProto.INT64)
    graph.save(folder, graph.add("Gather", graph.weight(102_400, 256), "input"))


# A tokenizer of a few words is enough: it is the tokenizer of the file that is tested.
WORDS = ["[PAD]", "[UNK]", *"a agent and answer budget cat chain dog has is model no of pays proof the two validator verified votes".split()]


def encoder(folder, width=32):
    """An encoder: a row of a table for each token, and a layer. Its output is a state for each token; padding has states, too."""
    graph = Graph("encoder", ["texts", "tokens"], TensorProto.INT64)
    graph.input.name = "input_ids"
    mask = helper.make_tensor_value_info("attention_mask", TensorProto.INT64, ["texts", "tokens"])
    x = graph.add("Gather", graph.weight(len(WORDS), width), "input_ids")
    x = graph.add("Tanh", graph.add("Add", graph.add("MatMul", x, graph.weight(width, width)), graph.weight(width)))
    output = helper.make_tensor_value_info(x, TensorProto.FLOAT, ["texts", "tokens", width])
    made = helper.make_graph(graph.nodes, graph.name, [graph.input, mask], [output], graph.weights)
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
    onnx.save(model, folder / "encoder.onnx")
    tokenizer = {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": [], "normalizer": {"type": "Lowercase"},
        "pre_tokenizer": {"type": "Whitespace"}, "post_processor": None, "decoder": None,
        "model": {"type": "WordLevel", "vocab": {word: index for index, word in enumerate(WORDS)}, "unk_token": "[UNK]"},
    }  # fmt: skip
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer), encoding="utf-8")


def operators(folder):
    """One operator each, over and over: where the time of a network goes that is made of it."""

    def chain(name, shape, times, step):
        graph, x = Graph(name, shape), "input"
        for _ in range(times):
            x = step(graph, x)
        graph.save(folder, x)

    def convolution(channels, group, size):
        def step(graph, x):
            weights = graph.weight(channels, channels // group, size, size)
            return graph.add("Conv", x, weights, pads=[size // 2] * 4, group=group)

        return step

    image, wide = [1, 64, 56, 56], [1, 256, 1024]
    chain("matrix_by_matrix", [256, 512], 8, lambda graph, x: graph.add("MatMul", x, graph.weight(512, 512)))
    chain("vector_by_matrix", [1, 1024], 16, lambda graph, x: graph.add("MatMul", x, graph.weight(1024, 1024)))
    chain("conv_1x1", image, 8, convolution(64, 1, 1))
    chain("conv_3x3", image, 4, convolution(64, 1, 3))
    chain("conv_depthwise_3x3", image, 8, convolution(64, 64, 3))
    chain("add", wide, 16, lambda graph, x: graph.add("Add", x, graph.weight(1, 256, 1024)))
    chain("sigmoid", wide, 16, lambda graph, x: graph.add("Sigmoid", x))
    chain("erf", wide, 16, lambda graph, x: graph.add("Erf", x))
    chain("softmax", wide, 16, lambda graph, x: graph.add("Softmax", x, axis=-1))
    chain("layer_norm", wide, 16, lambda graph, x: layer_norm(graph, x, 1024))
    chain("transpose", [1024, 1024], 15, lambda graph, x: graph.add("Relu", graph.add("Transpose", x, perm=[1, 0])))
    chain("max_pool", image, 16, lambda graph, x: graph.add("MaxPool", x, kernel_shape=[3, 3], pads=[1, 1, 1, 1]))


def main():
    folder = pathlib.Path(sys.argv[1])
    if sys.argv[2:] == ["encoder"]:
        folder.mkdir(parents=True, exist_ok=True)
        encoder(folder)
        return
    (folder / "operators").mkdir(parents=True, exist_ok=True)
    for write in mobilenet_v2, minilm, lstm, mlp, table:
        write(folder)
    operators(folder / "operators")


if __name__ == "__main__":
    main()
