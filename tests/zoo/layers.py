"""Layers of networks: products, convolutions, pools, norms, recurrent layers, quantised ones, control flow."""

import numpy as np
from build import F32, F64, I32, I64
from onnx import AttributeProto, TensorProto, helper, numpy_helper
from tensors import ints


def products(zoo):
    random = zoo.random("products")
    r = lambda *shape: np.asarray(random.randn(*shape), F32)
    for name, a, b in (
        ("plain", (3, 4), (4, 5)), ("batch", (2, 3, 4), (2, 4, 5)), ("broadcast", (2, 1, 3, 4), (5, 4, 2)), ("vector", (4,), (4, 3)), ("vector2", (3, 4), (4,)),
        ("dot", (4,), (4,)), ("empty", (0, 4), (4, 5)), ("nothing", (3, 0), (0, 5)),
    ):  # fmt: skip
        zoo.op(name, "MatMul", {"x": r(*a), "w": r(*b)})
        zoo.op(name + "_constant", "MatMul", {"x": r(*a)}, {"w": r(*b)})
    zoo.op("double", "MatMul", {"x": r(3, 4).astype(F64)}, {"w": r(4, 5).astype(F64)})
    zoo.op("int64", "MatMul", {"x": np.array([[1, 2**31]], I64)}, {"w": np.array([[3], [4]], I64)})
    zoo.op("int32", "MatMul", {"x": np.array([[1, 2]], I32)}, {"w": np.array([[3], [4]], I32)})
    zoo.op("nan", "MatMul", {"x": np.array([[np.nan, 1], [1, np.inf]], F32)}, {"w": np.array([[1, 0], [0, 1]], F32)})
    for trans in ((0, 0), (1, 0), (0, 1), (1, 1)):
        x, w = r(3, 4), r(4, 5)
        given = {"x": x.T.copy() if trans[0] else x}
        weights = {"w": w.T.copy() if trans[1] else w}
        zoo.op(f"plain{trans[0]}{trans[1]}", "Gemm", given, weights, transA=trans[0], transB=trans[1])
        zoo.op(f"bias{trans[0]}{trans[1]}", "Gemm", given, weights | {"c": r(5)}, transA=trans[0], transB=trans[1], alpha=0.5, beta=2.0)
    for name, c in (("column", r(3, 1)), ("scalar", r()), ("full", r(3, 5)), ("row", r(1, 5))):
        zoo.op(name, "Gemm", {"x": r(3, 4)}, {"w": r(4, 5), "c": c}, alpha=0.25)
    zoo.op("double", "Gemm", {"x": r(3, 4).astype(F64)}, {"w": r(4, 5).astype(F64), "c": r(5).astype(F64)})
    zoo.op("beta_zero", "Gemm", {"x": r(3, 4)}, {"w": r(4, 5), "c": r(5)}, beta=0.0)
    zoo.add("Gemm.relu", [helper.make_node("Gemm", ["x", "w", "c"], ["g"]), helper.make_node("Relu", ["g"], ["y"])], {"x": np.array([[np.nan, 1, 2, 3], [1, 2, 3, 4]], F32)}, {"w": r(4, 5), "c": r(5)})
    zoo.add("MatMul.clip", [helper.make_node("MatMul", ["x", "w"], ["g"]), helper.make_node("Clip", ["g", "a", "b"], ["y"])], {"x": np.array([[np.nan, 1, 2, 3], [1, 2, 3, 4]], F32)}, {"w": r(4, 5), "a": np.array(-1, F32), "b": np.array(1, F32)})


def convolutions(zoo):
    random = zoo.random("convolutions")
    r = lambda *shape: np.asarray(random.randn(*shape), F32)
    image, weights = r(1, 4, 7, 6), r(6, 4, 3, 3)
    for name, attributes in (
        ("plain", {}), ("pads", {"pads": [1, 1, 1, 1]}), ("uneven", {"pads": [0, 1, 2, 0]}), ("strides", {"strides": [2, 3]}), ("dilations", {"dilations": [2, 1]}),
        ("same_upper", {"auto_pad": "SAME_UPPER", "strides": [2, 2]}), ("same_lower", {"auto_pad": "SAME_LOWER", "strides": [2, 2]}), ("valid", {"auto_pad": "VALID"}),
        ("kernel", {"kernel_shape": [3, 3]}), ("notset", {"auto_pad": "NOTSET", "pads": [1, 0, 1, 0]}), ("all", {"pads": [2, 2, 2, 2], "strides": [2, 1], "dilations": [2, 2]}),
    ):  # fmt: skip
        zoo.op(name, "Conv", {"x": image}, {"w": weights}, **attributes)
        zoo.op(name + "_bias", "Conv", {"x": image}, {"w": weights, "b": r(6)}, **attributes)
    zoo.op("groups", "Conv", {"x": image}, {"w": r(6, 2, 3, 3)}, group=2)
    zoo.op("depthwise", "Conv", {"x": image}, {"w": r(4, 1, 3, 3), "b": r(4)}, group=4, pads=[1, 1, 1, 1])
    zoo.op("multiplier", "Conv", {"x": image}, {"w": r(8, 1, 3, 3)}, group=4)
    zoo.op("point", "Conv", {"x": image}, {"w": r(6, 4, 1, 1)})
    zoo.op("point_padded", "Conv", {"x": image}, {"w": r(6, 4, 1, 1)}, pads=[1, 1, 1, 1])
    zoo.op("point_padded_bias", "Conv", {"x": image}, {"w": r(6, 4, 1, 1), "b": r(6)}, pads=[1, 0, 1, 2])
    zoo.op("point_strided", "Conv", {"x": image}, {"w": r(6, 4, 1, 1)}, strides=[2, 2])
    zoo.op("given", "Conv", {"x": image, "w": weights})
    zoo.op("one", "Conv", {"x": r(2, 3, 9)}, {"w": r(4, 3, 3), "b": r(4)}, pads=[1, 1])
    zoo.op("three", "Conv", {"x": r(1, 2, 4, 4, 4)}, {"w": r(3, 2, 2, 2, 2)})
    zoo.op("double", "Conv", {"x": image.astype(F64)}, {"w": weights.astype(F64)})
    up = r(4, 3, 3, 3)
    for name, attributes in (
        ("plain", {}), ("strides", {"strides": [2, 2]}), ("pads", {"strides": [2, 2], "pads": [1, 1, 1, 1]}), ("output_padding", {"strides": [2, 2], "output_padding": [1, 1]}),
        ("output_shape", {"strides": [2, 2], "output_shape": [14, 12]}), ("dilations", {"dilations": [2, 2]}), ("same_upper", {"strides": [2, 2], "auto_pad": "SAME_UPPER"}),
        ("same_lower", {"strides": [2, 2], "auto_pad": "SAME_LOWER"}), ("uneven", {"strides": [2, 1], "pads": [0, 1, 1, 0]}),
    ):  # fmt: skip
        zoo.op(name, "ConvTranspose", {"x": image}, {"w": up}, **attributes)
    zoo.op("groups", "ConvTranspose", {"x": image}, {"w": r(4, 2, 3, 3), "b": r(4)}, group=2)
    zoo.op("one", "ConvTranspose", {"x": r(1, 3, 5)}, {"w": r(3, 2, 4)}, strides=[2])
    for operator in ("MaxPool", "AveragePool", "LpPool"):
        for name, attributes in (
            ("plain", {}), ("pads", {"pads": [1, 1, 1, 1]}), ("strides", {"strides": [2, 2]}), ("ceil", {"strides": [2, 2], "ceil_mode": 1}), ("same_upper", {"auto_pad": "SAME_UPPER"}),
            ("same_lower", {"auto_pad": "SAME_LOWER", "strides": [2, 2]}), ("valid", {"auto_pad": "VALID"}), ("dilations", {"dilations": [2, 2]}), ("uneven", {"pads": [0, 1, 1, 0], "strides": [3, 2]}),
            ("ceil_pads", {"strides": [2, 2], "ceil_mode": 1, "pads": [1, 1, 1, 1]}),
        ):  # fmt: skip
            zoo.op(name, operator, {"x": image}, kernel_shape=[2, 2] if "pads" not in name else [3, 3], opset=19 if name != "pads" else 11, **attributes)
        zoo.op("one", operator, {"x": r(1, 2, 9)}, kernel_shape=[3])
    zoo.op("nan", "MaxPool", {"x": np.where(image > 1.5, np.nan, image).astype(F32)}, kernel_shape=[2, 2], contested="onnxruntime skips NaN in a window")
    zoo.op("infinite", "MaxPool", {"x": np.array([[[-np.inf, -np.inf, 1.0, np.nan, np.nan, -np.inf]]], F32)}, kernel_shape=[2])
    zoo.op("indices", "MaxPool", {"x": image}, outputs=("y", "i"), kernel_shape=[2, 2], strides=[2, 2])
    zoo.op("indices_columns", "MaxPool", {"x": image}, outputs=("y", "i"), kernel_shape=[2, 2], strides=[2, 2], storage_order=1)
    zoo.op("uint8", "MaxPool", {"x": np.arange(16, dtype=np.uint8).reshape(1, 1, 4, 4)}, kernel_shape=[2, 2])
    zoo.op("double", "MaxPool", {"x": image.astype(F64)}, kernel_shape=[2, 2])
    for include in (0, 1):
        zoo.op(f"include{include}", "AveragePool", {"x": image}, kernel_shape=[3, 3], pads=[1, 1, 1, 1], count_include_pad=include)
        zoo.op(f"include_ceil{include}", "AveragePool", {"x": image}, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1], ceil_mode=1, count_include_pad=include, opset=19)
    for operator in ("GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool"):
        zoo.op("plain", operator, {"x": image})
        zoo.op("one", operator, {"x": r(2, 3, 5)})
    zoo.op("p1", "GlobalLpPool", {"x": image}, p=1)
    zoo.op("p3", "GlobalLpPool", {"x": image}, p=3)
    positive = lambda *shape: np.abs(r(*shape)) + 0.5
    norm = {"s": r(4), "b": r(4), "m": r(4), "v": positive(4)}
    for name, attributes in (("plain", {}), ("epsilon", {"epsilon": 0.1}), ("momentum", {"momentum": 0.5}), ("mode", {"training_mode": 0})):
        zoo.op(name, "BatchNormalization", {"x": image}, norm, **attributes)
    zoo.op("given", "BatchNormalization", {"x": image, **norm})
    zoo.op("flat", "BatchNormalization", {"x": r(3, 4)}, norm)
    zoo.op("v8", "BatchNormalization", {"x": image}, norm, opset=8)
    zoo.op("training", "BatchNormalization", {"x": image}, norm, outputs=("y", "a", "c"), training_mode=1)
    zoo.op("plain", "InstanceNormalization", {"x": image}, {"s": r(4), "b": r(4)})
    zoo.op("epsilon", "InstanceNormalization", {"x": image}, {"s": r(4), "b": r(4)}, epsilon=0.1)
    for axis in (-1, 1, 2):
        shape = image.shape[axis:]
        zoo.op(f"axis{axis}", "LayerNormalization", {"x": image}, {"s": r(*shape), "b": r(*shape)}, axis=axis)
    zoo.op("no_bias", "LayerNormalization", {"x": image}, {"s": r(6)}, epsilon=0.1)
    zoo.op("moments", "LayerNormalization", {"x": image}, {"s": r(6)}, outputs=("y", "m", "d"))
    zoo.op("groups", "GroupNormalization", {"x": image}, {"s": r(4), "b": r(4)}, opset=21, num_groups=2)
    zoo.op("groups18", "GroupNormalization", {"x": image}, {"s": r(2), "b": r(2)}, opset=18, num_groups=2)
    zoo.op("rms", "RMSNormalization", {"x": image}, {"s": r(6)}, opset=23)
    zoo.op("axis", "RMSNormalization", {"x": image}, {"s": r(7, 6)}, opset=23, axis=-2, epsilon=0.1)
    zoo.op("plain", "MeanVarianceNormalization", {"x": image})
    zoo.op("axes", "MeanVarianceNormalization", {"x": image}, axes=[1, 2])
    for p in (1, 2):
        zoo.op(f"p{p}", "LpNormalization", {"x": image}, p=p, axis=1)
    zoo.op("plain", "LRN", {"x": image}, size=3)
    zoo.op("all", "LRN", {"x": image}, size=3, alpha=0.01, beta=0.6, bias=2.0)
    for operator in ("Softmax", "LogSoftmax", "Hardmax"):
        for axis in (-1, 1, 0):
            zoo.op(f"axis{axis}", operator, {"x": r(2, 3, 4)}, axis=axis)
            zoo.op(f"axis{axis}_11", operator, {"x": r(2, 3, 4)}, opset=11, axis=axis)
        zoo.op("default", operator, {"x": r(2, 3, 4)})
        zoo.op("default_11", operator, {"x": r(2, 3, 4)}, opset=11)
        zoo.op("large", operator, {"x": np.array([[1000, 0, -1000], [88, 89, 90]], F32)})
        zoo.op("double", operator, {"x": r(2, 3).astype(F64)})
    zoo.op("infinite", "Softmax", {"x": np.array([[-np.inf, 0, 1], [-np.inf, -np.inf, -np.inf]], F32)})
    small = r(1, 2, 4, 5)
    for mode in ("nearest", "linear", "cubic"):
        for transform in ("half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel"):
            zoo.op(f"{mode}_{transform}", "Resize", {"x": small}, {"r": np.zeros(0, F32), "s": np.array([1, 1, 2, 1.6], F32)}, mode=mode, coordinate_transformation_mode=transform)
        zoo.op(f"{mode}_sizes", "Resize", {"x": small}, {"r": np.zeros(0, F32), "s": np.zeros(0, F32), "t": ints(1, 2, 6, 3)}, mode=mode)
        zoo.op(f"{mode}_down", "Resize", {"x": small}, {"s": np.array([1, 1, 0.5, 0.6], F32)}, order=["x", "", "s"], mode=mode)
    for nearest in ("floor", "ceil", "round_prefer_floor", "round_prefer_ceil"):
        zoo.op(nearest, "Resize", {"x": small}, {"s": np.array([1, 1, 1.5, 2], F32)}, order=["x", "", "s"], mode="nearest", nearest_mode=nearest)
    zoo.op("v10", "Resize", {"x": small}, {"s": np.array([1, 1, 2, 2], F32)}, opset=10, mode="nearest")
    zoo.op("v10_linear", "Resize", {"x": small}, {"s": np.array([1, 1, 2, 2], F32)}, opset=10, mode="linear")
    zoo.op("cubic_a", "Resize", {"x": small}, {"s": np.array([1, 1, 2, 2], F32)}, order=["x", "", "s"], mode="cubic", cubic_coeff_a=-0.5, exclude_outside=1)
    zoo.op("nearest", "Upsample", {"x": small}, {"s": np.array([1, 1, 2, 3], F32)}, opset=9, mode="nearest")
    grid = (random.rand(1, 3, 3, 2) * 2.4 - 1.2).astype(F32)
    for mode in ("bilinear", "nearest", "bicubic"):
        for padding in ("zeros", "border", "reflection"):
            zoo.op(f"{mode}_{padding}", "GridSample", {"x": small, "g": grid}, mode=mode, padding_mode=padding)
    zoo.op("corners", "GridSample", {"x": small, "g": grid}, align_corners=1)


def recurrent(zoo):
    random = zoo.random("recurrent")
    r = lambda *shape: np.asarray(random.randn(*shape) * 0.5, F32)
    steps, batch, width, hidden = 4, 2, 3, 5
    for operator, gates in (("RNN", 1), ("GRU", 3), ("LSTM", 4)):
        outputs = ("y", "h", "c") if operator == "LSTM" else ("y", "h")

        def add(name, directions=1, bias=True, lengths=None, initial=False, peepholes=False, x=None, opset=14, outputs=outputs, layout=0, batch=batch, operator=operator, gates=gates, **attributes):
            x = r(steps, batch, width) if x is None else x
            x = x.transpose(1, 0, 2).copy() if layout else x
            constants = {"w": r(directions, gates * hidden, width), "r": r(directions, gates * hidden, hidden)}
            given = ["x", "w", "r"]
            state = (directions, batch, hidden) if not layout else (batch, directions, hidden)
            for key, wanted, value in (
                ("b", bias, r(directions, 2 * gates * hidden)), ("l", lengths is not None, np.array(lengths or [], I32)), ("h0", initial, r(*state)),
                ("c0", initial and operator == "LSTM", r(*state)), ("p", peepholes, r(directions, 3 * hidden)),
            ):  # fmt: skip
                given.append(key if wanted else "")
                if wanted:
                    constants[key] = value
            while not given[-1]:
                given.pop()
            if layout:
                attributes["layout"] = 1
            zoo.op(name, operator, {"x": x}, constants, outputs=outputs, opset=opset, order=given, hidden_size=hidden, **attributes)

        add("plain")
        add("no_bias", bias=False)
        add("reverse", direction="reverse")
        add("both", directions=2, direction="bidirectional")
        add("initial", initial=True)
        add("initial_reverse", initial=True, direction="reverse")
        add("initial_both", directions=2, initial=True, direction="bidirectional")
        add("one", batch=1)
        add("v7", opset=7)
        add("y_alone", outputs=("y",))
        add("h_alone", outputs=("", "h"))
        add("clip", clip=0.3)
        add("lengths", lengths=[4, 2])
        add("lengths_full", lengths=[4, 4])
        add("lengths_reverse", lengths=[3, 4], direction="reverse")
        add("layout", layout=1)
        add("layout_initial", layout=1, initial=True)
        sets = {
            "RNN": [["Relu"], ["Sigmoid"], ["HardSigmoid"], ["Affine"], ["LeakyRelu"], ["ThresholdedRelu"], ["ScaledTanh"], ["Elu"], ["Softsign"], ["Softplus"]],
            "GRU": [["Sigmoid", "Relu"], ["HardSigmoid", "Tanh"], ["Tanh", "Softsign"]],
            "LSTM": [["Sigmoid", "Relu", "Relu"], ["HardSigmoid", "Tanh", "Tanh"], ["Sigmoid", "Tanh", "Softsign"]],
        }[operator]
        for activations in sets:
            add("activations_" + "_".join(activations), activations=activations)
        add("parameters", activations=["HardSigmoid"] + ["LeakyRelu"] * (len(sets[0]) - 1), activation_alpha=[0.3] + [0.2] * (len(sets[0]) - 1), activation_beta=[0.4])
        add("defaults", activations={"RNN": ["Tanh"], "GRU": ["Sigmoid", "Tanh"], "LSTM": ["Sigmoid", "Tanh", "Tanh"]}[operator])
        if operator == "GRU":
            add("linear", linear_before_reset=1)
            add("linear_reverse", linear_before_reset=1, direction="reverse")
        if operator == "LSTM":
            add("peepholes", peepholes=True)
            add("c_alone", outputs=("", "", "c"))
            add("input_forget", input_forget=1)

    def of_bytes(name, directions=1, type_=np.uint8, columns=False, bias=True, initial=False, peepholes=False, outputs=("y", "h", "c"), batch=batch, hidden=hidden, width=width, **attributes):
        each = (directions, 4 * hidden) if columns else (directions,)
        # Products of larger numbers of int8 saturate in onnxruntime on processors without VNNI.
        low, high = (-64, 64) if type_ == np.int8 else (0, 256)
        constants, given = {}, ["x"]
        weights = lambda *shape: random.randint(low, high, shape).astype(type_)
        scale, zero = lambda: np.asarray(random.rand(*each) * 0.01 + 0.002, F32), np.full(each, 0 if columns and type_ == np.int8 else 7, type_)
        for key, wanted, value in (
            ("w", True, weights(directions, width, 4 * hidden)), ("r", True, weights(directions, hidden, 4 * hidden)), ("b", bias, r(directions, 8 * hidden)), ("l", False, None),
            ("h0", initial, r(directions, batch, hidden)), ("c0", initial, r(directions, batch, hidden)), ("p", peepholes, r(directions, 3 * hidden)),
            ("ws", True, scale()), ("wz", True, zero), ("rs", True, scale()), ("rz", True, zero),
        ):  # fmt: skip
            given.append(key if wanted else "")
            if wanted:
                constants[key] = value
        x = r(steps, batch, width) * 3
        zoo.op(name, "DynamicQuantizeLSTM", {"x": x}, constants, outputs=outputs, order=given, domain="com.microsoft", hidden_size=hidden, **attributes)

    for label, type_ in (("uint8", np.uint8), ("int8", np.int8)):
        of_bytes(label, type_=type_)
        of_bytes(f"{label}_columns", type_=type_, columns=True)
        of_bytes(f"{label}_both", 2, type_, direction="bidirectional")
        of_bytes(f"{label}_both_columns", 2, type_, True, direction="bidirectional", initial=True)
        of_bytes(f"{label}_reverse", type_=type_, direction="reverse", initial=True)
    of_bytes("no_bias", bias=False)
    of_bytes("peepholes", peepholes=True)
    of_bytes("clip", clip=0.4)
    of_bytes("input_forget", input_forget=1)
    of_bytes("activations", activations=["HardSigmoid", "Tanh", "Softsign"])
    of_bytes("y_alone", outputs=("y",), batch=1)
    of_bytes("c_alone", outputs=("", "", "c"))
    of_bytes("wide", hidden=24, width=40, batch=3)


def quantised(zoo):
    random = zoo.random("quantised")
    bytes_ = random.randint(0, 256, (2, 3, 4, 5)).astype(np.uint8)
    steps = {"s": np.array(0.03, F32), "z": np.array(114, np.uint8), "t": np.array(0.004, F32), "w": np.array(3, np.uint8)}
    for operator, attributes in (("Softmax", {"axis": -1}), ("LogSoftmax", {"axis": -1}), ("Tanh", {}), ("Hardmax", {}), ("LpNormalization", {"axis": 1}), ("ReduceMax", {})):
        nodes = [helper.make_node("DequantizeLinear", ["x", "s", "z"], ["a"]), helper.make_node(operator, ["a"], ["b"], **attributes), helper.make_node("QuantizeLinear", ["b", "t", "w"], ["y"])]
        zoo.add(f"quantised.{operator}", nodes, {"x": bytes_}, steps)
    nodes = [helper.make_node("DequantizeLinear", ["x", "s", "z"], ["a"]), helper.make_node("RMSNormalization", ["a", "g"], ["b"]), helper.make_node("QuantizeLinear", ["b", "t", "w"], ["y"])]
    zoo.add("quantised.RMSNormalization", nodes, {"x": bytes_}, {**steps, "g": np.ones(5, F32)}, opset=23)
    x = np.array([[-3.2, 0.0, 1.25, 2.5], [300.0, -300.0, 0.5, 1.5]], F32)
    for type_ in (np.uint8, np.int8):
        name = np.dtype(type_).name
        zero = np.array(3, type_)
        zoo.op(name, "QuantizeLinear", {"x": x}, {"s": np.array(0.5, F32), "z": zero})
        zoo.op(name, "DequantizeLinear", {"x": np.array([[0, 3, 100]], type_)}, {"s": np.array(0.5, F32), "z": zero})
        zoo.op(name + "_axis", "QuantizeLinear", {"x": x}, {"s": np.array([0.5, 2], F32), "z": np.array([1, 2], type_)}, axis=0)
        zoo.op(name + "_axis", "DequantizeLinear", {"x": np.array([[0, 3, 100], [1, 2, 3]], type_)}, {"s": np.array([0.5, 2], F32), "z": np.array([1, 2], type_)}, axis=0)
    zoo.op("no_zero", "QuantizeLinear", {"x": x}, {"s": np.array(0.3, F32)})
    zoo.op("special", "QuantizeLinear", {"x": np.array([np.inf, -np.inf, 1e30], F32)}, {"s": np.array(0.3, F32), "z": np.array(7, np.uint8)})
    zoo.op("no_zero", "DequantizeLinear", {"x": np.array([0, 3, 200], np.uint8)}, {"s": np.array(0.3, F32)})
    zoo.op("int32", "DequantizeLinear", {"x": np.array([-70000, 70000], I32)}, {"s": np.array(0.3, F32)})
    zoo.op("plain", "DynamicQuantizeLinear", {"x": x}, outputs=("y", "s", "z"))
    zoo.op("positive", "DynamicQuantizeLinear", {"x": np.array([1.0, 2.0, 2.5], F32)}, outputs=("y", "s", "z"))
    a, b = random.randint(0, 255, (3, 4)).astype(np.uint8), random.randint(-128, 127, (4, 2)).astype(np.int8)
    zoo.op("plain", "MatMulInteger", {"x": a}, {"w": b})
    zoo.op("zeros", "MatMulInteger", {"x": a}, {"w": b, "z": np.array(12, np.uint8), "v": np.array(-3, np.int8)})
    zoo.op("columns", "MatMulInteger", {"x": a}, {"w": b, "z": np.array(12, np.uint8), "v": np.array([1, -3], np.int8)})
    scale = lambda value: np.array(value, F32)
    zoo.op("plain", "QLinearMatMul", {"x": a}, {"xs": scale(0.1), "xz": np.array(7, np.uint8), "w": b, "ws": scale(0.05), "wz": np.array(0, np.int8), "ys": scale(0.7), "yz": np.array(100, np.uint8)})
    image, kernel = random.randint(0, 255, (1, 2, 5, 5)).astype(np.uint8), random.randint(-20, 20, (3, 2, 3, 3)).astype(np.int8)
    zoo.op("plain", "ConvInteger", {"x": image}, {"w": kernel})
    zoo.op("zeros", "ConvInteger", {"x": image}, {"w": kernel, "z": np.array(9, np.uint8)}, pads=[1, 1, 1, 1])
    q = {"xs": scale(0.1), "xz": np.array(7, np.uint8), "w": kernel, "ws": scale(0.05), "wz": np.array(0, np.int8), "ys": scale(0.7), "yz": np.array(100, np.uint8)}
    zoo.op("plain", "QLinearConv", {"x": image}, q)
    zoo.op("bias", "QLinearConv", {"x": image}, q | {"b": np.array([100, -200, 300], I32)}, pads=[1, 1, 1, 1])
    zoo.op("channels", "QLinearConv", {"x": image}, q | {"ws": np.array([0.05, 0.1, 0.02], F32), "wz": np.zeros(3, np.int8)})

    # Weights with zero points, groups, signed images.
    unsigned = random.randint(0, 255, (4, 1, 3, 2)).astype(np.uint8)
    zoo.op("unsigned", "ConvInteger", {"x": image}, {"w": unsigned, "z": np.array(120, np.uint8), "v": np.array(131, np.uint8)}, group=2, pads=[1, 0, 1, 1], strides=[2, 1])
    zoo.op("one_column", "ConvInteger", {"x": image[..., 0]}, {"w": kernel[..., 0], "z": np.array([9], np.uint8)}, pads=[1, 1])
    # Sums that single precision has exactly, and some that it has not. Weights of seven bits: without VNNI, onnxruntime saturates the sum of two
    # larger products.
    for label, length in (("exact", 1044), ("inexact", 1045), ("long", 4001)):
        a = np.full((2, length), 255, np.uint8)
        a[1, ::3] = 254
        b = np.full((length, 3), 63, np.int8)
        b[::2, 1] = -63
        b[:, 2] = random.randint(-63, 63, length)
        zoo.op(label, "MatMulInteger", {"x": a}, {"w": b})
        zoo.op(label, "ConvInteger", {"x": a.reshape(2, length, 1, 1)}, {"w": b.T.reshape(3, length, 1, 1).copy()})
    zoo.op("batch", "MatMulInteger", {"x": random.randint(0, 255, (2, 3, 4)).astype(np.uint8)}, {"w": random.randint(-63, 63, (2, 4, 5)).astype(np.int8), "z": np.array(3, np.uint8)})
    zoo.op("zeros", "DynamicQuantizeLinear", {"x": np.zeros((3, 5), F32)}, outputs=("y", "s", "z"))
    zoo.op("ties", "DynamicQuantizeLinear", {"x": np.array([-127.0, 128.0, 0.5, 1.5, 2.5], F32)}, outputs=("y", "s", "z"))
    zoo.op("many", "DynamicQuantizeLinear", {"x": random.randn(3, 37).astype(F32)}, outputs=("y", "s", "z"))
    zoo.op("thirds", "QuantizeLinear", {"x": (np.arange(-60, 60) * 0.15).astype(F32)}, {"s": np.array(0.3, F32), "z": np.array(7, np.uint8)})

    # A layer as onnxruntime quantises it dynamically, and one between bytes.
    dynamic = [
        helper.make_node("DynamicQuantizeLinear", ["x"], ["q", "qs", "qz"]),
        helper.make_node("ConvInteger", ["q", "w", "qz", "wz"], ["sums"], pads=[1, 1, 1, 1]),
        helper.make_node("Cast", ["sums"], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["qs", "ws"], ["both"]),
        helper.make_node("Mul", ["floats", "both"], ["y"]),
    ]
    weights = {"w": random.randint(0, 255, (3, 2, 3, 3)).astype(np.uint8), "wz": np.array(127, np.uint8), "ws": np.array(0.02, F32)}
    zoo.add("quantised.dynamic_layer", dynamic, {"x": random.randn(1, 2, 6, 7).astype(F32)}, weights)
    between = [
        helper.make_node("QuantizeLinear", ["x", "s", "z"], ["a"]),
        helper.make_node("DequantizeLinear", ["a", "s", "z"], ["b"]),
        helper.make_node("DequantizeLinear", ["w", "ws", "wz"], ["c"], axis=0),
        helper.make_node("Conv", ["b", "c"], ["d"], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["d"], ["e"]),
        helper.make_node("QuantizeLinear", ["e", "t", "u"], ["f"]),
        helper.make_node("DequantizeLinear", ["f", "t", "u"], ["y"]),
    ]
    zoo.add(
        "quantised.between_bytes",
        between,
        {"x": random.randn(1, 2, 6, 7).astype(F32)},
        {
            "s": np.array(0.02, F32), "z": np.array(120, np.uint8), "w": random.randint(-127, 127, (3, 2, 3, 3)).astype(np.int8),
            "ws": np.array([0.01, 0.02, 0.03], F32), "wz": np.zeros(3, np.int8), "t": np.array(0.05, F32), "u": np.array(0, np.int8),
        },
    )


def followed(zoo):
    """What follows a product element by element, as exporters write it."""
    random = zoo.random("followed")
    numbers = {"three": np.array(3, F32), "six": np.array(6, F32), "zero": np.array(0, F32), "half": np.array(0.5, F32), "one": np.array(1, F32), "root": np.array(2**0.5, F32)}
    node = helper.make_node
    follows = {
        "hard_swish": [node("Add", ["a", "three"], ["b"]), node("Clip", ["b", "zero", "six"], ["c"]), node("Mul", ["a", "c"], ["d"]), node("Div", ["d", "six"], ["y"])],
        "gelu": [node("Div", ["a", "root"], ["b"]), node("Erf", ["b"], ["c"]), node("Add", ["c", "one"], ["d"]), node("Mul", ["a", "d"], ["e"]), node("Mul", ["e", "half"], ["y"])],
        "silu": [node("Sigmoid", ["a"], ["b"]), node("Mul", ["a", "b"], ["y"])],
        "leaky": [node("LeakyRelu", ["a"], ["y"], alpha=0.1)],
        "tanh": [node("Relu", ["a"], ["b"]), node("Tanh", ["b"], ["y"])],
        "twice": [node("Sigmoid", ["a"], ["b"]), node("Tanh", ["a"], ["c"]), node("Add", ["b", "c"], ["d"]), node("Concat", ["d", "a"], ["y"], axis=1)],
        "long": [node("Abs", ["a"], ["b"])] + [node("Sqrt" if step % 2 else "Exp", [f"b{step - 1}" if step else "b"], [f"b{step}"]) for step in range(8)] + [node("Mul", ["b7", "half"], ["y"])],
    }
    products = {
        "conv": (node("Conv", ["x", "w", "v"], ["a"], pads=[1, 1, 1, 1]), (1, 3, 7, 9), (20, 3, 3, 3)),
        "depthwise": (node("Conv", ["x", "w", "v"], ["a"], pads=[1, 1, 1, 1], group=20), (1, 20, 5, 6), (20, 1, 3, 3)),
        "pixel": (node("Conv", ["x", "w", "v"], ["a"]), (2, 5, 4, 3), (20, 5, 1, 1)),
        "line": (node("Conv", ["x", "w", "v"], ["a"], group=4), (1, 8, 30), (20, 2, 4)),
        "matrix": (node("Gemm", ["x", "w", "v"], ["a"], transB=1), (7, 40), (20, 40)),
    }
    for product, (first, image, weights) in products.items():
        for follow, nodes in follows.items():
            constants = {"w": random.randn(*weights).astype(F32) * 0.3, "v": random.randn(20).astype(F32)}
            used = {name for each in nodes for name in each.input}
            constants |= {name: number for name, number in numbers.items() if name in used}
            zoo.add(f"followed.{product}_{follow}", [first, *nodes], {"x": random.randn(*image).astype(F32)}, constants)


def control(zoo):
    tensor = helper.make_tensor_value_info
    value = lambda name, shape=None: tensor(name, TensorProto.FLOAT, shape)

    def graph(name, nodes, inputs, outputs, constants=()):
        return helper.make_graph(nodes, name, inputs, outputs, [numpy_helper.from_array(array, key) for key, array in constants])

    then = graph("t", [helper.make_node("Add", ["x", "x"], ["u"])], [], [value("u")])
    other = graph("e", [helper.make_node("Mul", ["x", "x"], ["v"])], [], [value("v")])
    for flag in (True, False):
        zoo.op(f"given{flag}", "If", {"c": np.array(flag), "x": np.array([3.0, 4.0], F32)}, order=["c"], then_branch=then, else_branch=other)
        zoo.op(f"constant{flag}", "If", {"x": np.array([3.0, 4.0], F32)}, {"c": np.array(flag)}, order=["c"], then_branch=then, else_branch=other)
    narrow = graph("t", [helper.make_node("Reshape", ["x", "row"], ["u"])], [], [value("u")], [("row", np.array([1, 2], I64))])
    column = graph("e", [helper.make_node("Reshape", ["x", "col"], ["v"])], [], [value("v")], [("col", np.array([2, 1], I64))])
    wrong = graph("e", [helper.make_node("Reshape", ["x", "five"], ["v"])], [], [value("v")], [("five", np.array([5], I64))])
    for flag in (True, False):
        branches = helper.make_node("If", ["c"], ["b"], then_branch=narrow, else_branch=column)
        after = helper.make_node("Add", ["b", "b"], ["y"])
        zoo.add(f"If.ranks{flag}", [branches, after], {"c": np.array(flag), "x": np.array([3.0, 4.0], F32)})
    zoo.op("misfit", "If", {"c": np.array(True), "x": np.array([3.0, 4.0], F32)}, order=["c"], then_branch=then, else_branch=wrong)
    longer = graph("e", [helper.make_node("Concat", ["x", "x"], ["v"], axis=0)], [], [value("v")])
    for flag in (True, False):
        zoo.op(f"shapes{flag}", "If", {"c": np.array(flag), "x": np.array([3.0, 4.0], F32)}, order=["c"], then_branch=then, else_branch=longer)
    sums = graph("s", [helper.make_node("Add", ["a", "i"], ["a1"]), helper.make_node("Identity", ["a1"], ["o"])], [value("a", [2]), value("i", [2])], [value("a1", [2]), value("o", [2])])
    x = np.arange(6, dtype=F32).reshape(3, 2)
    zoo.op("sum", "Scan", {"s": np.zeros(2, F32), "x": x}, outputs=("y", "z"), body=sums, num_scan_inputs=1)
    zoo.op("back", "Scan", {"s": np.zeros(2, F32), "x": x}, outputs=("y", "z"), body=sums, num_scan_inputs=1, scan_input_directions=[1])
    zoo.op("back_out", "Scan", {"s": np.zeros(2, F32), "x": x}, outputs=("y", "z"), body=sums, num_scan_inputs=1, scan_output_directions=[1])
    # What an iteration gives is also what it goes on with.
    window = graph("w", [helper.make_node("Concat", ["a", "i"], ["o"], axis=0), helper.make_node("Slice", ["o", "two", "end"], ["a1"])], [value("a", [2]), value("i", [2])], [value("a1", [2]), value("o", [4])], [("two", np.array([2], I64)), ("end", np.array([9], I64))])
    zoo.op("window", "Scan", {"s": np.zeros(2, F32), "x": x}, outputs=("y", "z"), body=window, num_scan_inputs=1)
    zoo.op("axis", "Scan", {"s": np.zeros(2, F32), "x": x.T.copy()}, outputs=("y", "z"), body=sums, num_scan_inputs=1, scan_input_axes=[1], scan_output_axes=[1])


def loops(zoo):
    make, flag = helper.make_node, lambda name: helper.make_tensor_value_info(name, TensorProto.BOOL, [])
    value = lambda name, shape=None: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
    stays = make("Identity", ["go"], ["go1"])

    def body(nodes, states, outputs, constants=None, number=()):
        own = [helper.make_tensor_value_info("n", TensorProto.INT64, number), flag("go")]
        initial = [numpy_helper.from_array(array, key) for key, array in (constants or {}).items()]
        return helper.make_graph(nodes, "body", own + states, [flag("go1"), *outputs], initial)

    def loop(name, graph, inputs, constants=None, order=("m", "c", "a"), outputs=("y",), **more):
        zoo.op(name, "Loop", inputs, constants, order=list(order), outputs=outputs, body=graph, **more)

    a, yes, three = np.array([1.0, -2.0], F32), np.array(True), np.array(3, I64)
    add = body([make("Add", ["a", "k"], ["a1"]), stays], [value("a", [2])], [value("a1", [2])], {"k": np.array([1, 2], F32)})
    loop("count", add, {"a": a}, {"m": three, "c": yes})
    for times in (0, 1, 5):
        loop(f"given{times}", add, {"a": a, "m": np.array(times, I64)}, {"c": yes})
    loop("never", add, {"a": a, "c": np.array(False)}, {"m": three})
    loop("list", add, {"a": a, "m": np.array([4], I64)}, {"c": yes})
    loop("only_limit", add, {"a": a}, {"m": three}, order=("m", "", "a"))
    # Doubles until the sum is large.
    doubling = [make("Add", ["a", "a"], ["a1"]), make("ReduceSum", ["a1"], ["s"], keepdims=0), make("Less", ["s", "top"], ["go1"])]
    until = body(doubling, [value("a", [2])], [value("a1", [2])], {"top": np.array(100, F32)})
    loop("until", until, {"a": np.array([1.0, 2.0], F32)}, {"c": yes}, order=("", "c", "a"))
    loop("until_or_limit", until, {"a": np.array([1.0, 2.0], F32)}, {"m": three, "c": yes})
    # Each iteration gives its number and the state; the last dimension but one is that of the stack.
    giving = [make("Cast", ["n"], ["f"], to=1), make("Add", ["a", "f"], ["a1"]), make("Mul", ["a", "a1"], ["o"]), stays]
    stacking = body(giving, [value("a", [2])], [value("a1", [2]), value("f", []), value("o", [2])])
    for times in (0, 4):
        loop(f"stack{times}", stacking, {"a": a, "m": np.array(times, I64)}, {"c": yes}, outputs=("y", "f", "o"))
    loop("stack_known", stacking, {"a": a}, {"m": three, "c": yes}, outputs=("y", "f", "o"))
    # Grows by what it takes from outside.
    growing = body([make("Concat", ["a", "x"], ["a1"], axis=0), stays], [value("a")], [value("a1")])
    loop("grow", growing, {"a": a, "x": np.array([7, 8, 9], F32)}, {"m": three, "c": yes}, order=("m", "c", "a"))
    grown = make("Loop", ["m", "c", "a"], ["b"], body=growing)
    zoo.add("Loop.grow_sum", [grown, make("Mul", ["b", "b"], ["d"]), make("ReduceSum", ["d"], ["y"], keepdims=0)], {"a": a, "x": a}, {"m": three, "c": yes})
    # Fibonacci: two states that change places.
    swap = body([make("Add", ["a", "b"], ["b1"]), make("Identity", ["b"], ["a1"]), stays], [value("a", [1]), value("b", [1])], [value("a1", [1]), value("b1", [1]), value("a", [1])])
    ones = np.ones(1, F32)
    loop("two", swap, {"a": ones, "b": ones}, {"m": np.array(10, I64), "c": yes}, order=("m", "c", "a", "b"), outputs=("y", "z", "all"))
    # A row of the input for each iteration, as exporters write a loop over a tensor.
    row = body([make("Gather", ["x", "n"], ["r"]), make("ReduceSum", ["r"], ["s"], keepdims=1), make("Add", ["a", "s"], ["a1"]), stays], [value("a", [1])], [value("a1", [1]), value("r", [3])])
    x = np.arange(12, dtype=F32).reshape(4, 3)
    rows = [make("Shape", ["x"], ["shape"]), make("Gather", ["shape", "zero"], ["m"]), make("Loop", ["m", "c", "a"], ["y", "rows"], body=row)]
    zoo.add("Loop.rows", rows, {"x": x, "a": ones}, {"zero": np.array(0, I64), "c": yes}, outputs=("y", "rows"))
    # A loop in a loop, and one whose body branches.
    inner = body([make("Add", ["b", "one"], ["b1"]), make("Identity", ["go"], ["go1"])], [value("b", [2])], [value("b1", [2])], {"one": np.ones(1, F32)})
    outer = body([make("Loop", ["n", "yes", "a"], ["a1"], body=inner), stays], [value("a", [2])], [value("a1", [2])], {"yes": yes})
    loop("nested", outer, {"a": a}, {"m": np.array(5, I64), "c": yes})
    then = helper.make_graph([make("Add", ["a", "a"], ["u"])], "t", [], [value("u")])
    other = helper.make_graph([make("Neg", ["a"], ["v"])], "e", [], [value("v")])
    odd = [make("Mod", ["n", "two"], ["p"]), make("Cast", ["p"], ["odd"], to=TensorProto.BOOL), make("If", ["odd"], ["a1"], then_branch=then, else_branch=other), stays]
    loop("branches", body(odd, [value("a", [2])], [value("a1", [2])], {"two": np.array(2, I64)}), {"a": a}, {"m": np.array(5, I64), "c": yes})


def functions(zoo):
    make = helper.make_node
    opsets = [helper.make_opsetid("", 17)]

    def function(name, inputs, outputs, nodes, attributes=(), imports=opsets, **more):
        return helper.make_function("local", name, inputs, outputs, nodes, imports, attributes, **more)

    x = np.array([[1.0, -2.0, 3.0]], F32)
    square = function("Square", ["a"], ["b"], [make("Mul", ["a", "a"], ["b"], name="product")])
    call = lambda op, inputs, outputs, **attributes: make(op, inputs, outputs, domain="local", **attributes)
    zoo.add("function.plain", [call("Square", ["x"], ["y"])], {"x": x}, functions=[square])
    zoo.add("function.twice", [call("Square", ["x"], ["t"]), call("Square", ["t"], ["y"])], {"x": x}, functions=[square])
    # The names inside are those of the graph around the call, and mean something else.
    shadow = function("Shadow", ["a"], ["y"], [make("Neg", ["a"], ["x"]), make("Add", ["x", "a"], ["t"]), make("Sub", ["t", "x"], ["y"])])
    zoo.add("function.names", [make("Abs", ["x"], ["t"]), call("Shadow", ["t"], ["z"]), make("Add", ["z", "x"], ["y"])], {"x": x}, functions=[shadow])
    alpha = make("LeakyRelu", ["a"], ["b"])
    alpha.attribute.append(AttributeProto(name="alpha", ref_attr_name="slope", type=AttributeProto.FLOAT))
    leaky = function("Leaky", ["a"], ["b"], [alpha], ["slope"])
    zoo.add("function.attribute", [call("Leaky", ["x"], ["y"], slope=0.3)], {"x": x}, functions=[leaky])
    default = function("Leaky", ["a"], ["b"], [alpha], attribute_protos=[helper.make_attribute("slope", 0.7)])
    zoo.add("function.default", [call("Leaky", ["x"], ["y"])], {"x": x}, functions=[default])
    zoo.add("function.default_given", [call("Leaky", ["x"], ["y"], slope=0.2)], {"x": x}, functions=[default])
    fourth = function("Fourth", ["a"], ["b"], [call("Square", ["a"], ["t"]), call("Square", ["t"], ["b"])], imports=[*opsets, helper.make_opsetid("local", 1)])
    zoo.add("function.calls", [call("Fourth", ["x"], ["y"])], {"x": x}, functions=[fourth, square])
    both = function("Both", ["a", "b"], ["s", "d"], [make("Add", ["a", "b"], ["s"]), make("Sub", ["a", "b"], ["d"])])
    zoo.add("function.second", [call("Both", ["x", "x"], ["", "y"])], {"x": x}, functions=[both])
    value = lambda name: helper.make_tensor_value_info(name, TensorProto.FLOAT, None)
    then = helper.make_graph([make("Add", ["a", "k"], ["u"])], "t", [], [value("u")], [numpy_helper.from_array(np.ones(1, F32), "k")])
    other = helper.make_graph([make("Neg", ["a"], ["v"])], "e", [], [value("v")])
    branching = function("Branching", ["c", "a"], ["b"], [make("If", ["c"], ["b"], then_branch=then, else_branch=other)])
    for flag in (True, False):
        zoo.add(f"function.inner{flag}", [call("Branching", ["c", "x"], ["y"])], {"c": np.array(flag), "x": x}, functions=[branching])
    # Operators whose form depends on the operator set, which is not the model's.
    old = function("Old", ["a"], ["b"], [make("Unsqueeze", ["a"], ["u"], axes=[0]), make("ReduceSum", ["u"], ["b"], axes=[1], keepdims=0)], imports=[helper.make_opsetid("", 11)])
    new = function("New", ["a", "k"], ["b"], [make("Unsqueeze", ["a", "k"], ["u"]), make("ReduceMean", ["u", "k"], ["b"])], imports=[helper.make_opsetid("", 18)])
    zoo.add("function.older", [call("Old", ["x"], ["y"])], {"x": x}, functions=[old])
    zoo.add("function.newer", [call("New", ["x", "k"], ["y"])], {"x": x}, {"k": np.array([0], I64)}, functions=[new])
    zoo.add("function.several", [call("Old", ["x"], ["o"]), call("New", ["x", "k"], ["n"]), make("Add", ["o", "n"], ["y"])], {"x": x}, {"k": np.array([0], I64)}, functions=[old, new])
    flat = helper.make_graph([make("Unsqueeze", ["a"], ["u"], axes=[0])], "t", [], [value("u")])
    deep = helper.make_graph([make("Unsqueeze", ["a"], ["v"], axes=[1])], "e", [], [value("v")])
    inside = function("Inside", ["c", "a"], ["b"], [make("If", ["c"], ["b"], then_branch=flat, else_branch=deep)], imports=[helper.make_opsetid("", 11)])
    for flag in (True, False):
        zoo.add(f"function.older_inner{flag}", [call("Inside", ["c", "x"], ["y"])], {"c": np.array(flag), "x": x}, functions=[inside])
