"""Element by element: one operand, two operands, casts, and sums over axes."""

import numpy as np
from build import F16, F32, F64, I32, I64, SPECIAL
from onnx import helper

UNARY = "Abs Ceil Floor Round Neg Sign Sqrt Reciprocal Exp Log Erf Sigmoid Tanh Relu Softsign Softplus IsNaN".split()
TRIGONOMETRIC = "Sin Cos Tan Asin Acos Atan Sinh Cosh Asinh Acosh Atanh".split()
# Operator, attributes, first opset.
ACTIVATIONS = [
    ("Elu", {"alpha": 0.7}, 17), ("Elu", {}, 17), ("Celu", {"alpha": 2.0}, 17), ("Celu", {}, 17), ("Selu", {}, 17),
    ("Selu", {"alpha": 1.1, "gamma": 0.9}, 17), ("LeakyRelu", {"alpha": 0.3}, 17), ("LeakyRelu", {}, 17), ("HardSigmoid", {}, 17),
    ("HardSigmoid", {"alpha": 0.5, "beta": 0.1}, 17), ("HardSwish", {}, 17), ("ThresholdedRelu", {}, 17),
    ("ThresholdedRelu", {"alpha": 0.4}, 17), ("Shrink", {}, 17), ("Shrink", {"lambd": 0.4, "bias": 0.2}, 17), ("Mish", {}, 18),
    ("Gelu", {}, 20), ("Gelu", {"approximate": "tanh"}, 20), ("Swish", {}, 24), ("Swish", {"alpha": 1.5}, 24),
    ("IsInf", {"detect_negative": 0}, 20), ("IsInf", {"detect_positive": 0}, 20), ("IsInf", {}, 20),
]  # fmt: skip
BINARY = "Add Sub Mul Div".split()
COMPARE = "Equal Greater Less GreaterOrEqual LessOrEqual".split()
BIG = np.array([[2**31 - 1, 2**40, -(2**53) - 1], [-7, 3, 1764000000000]], I64)
REDUCE = "ReduceSum ReduceMean ReduceMax ReduceMin ReduceProd ReduceL1 ReduceL2 ReduceSumSquare ReduceLogSum ReduceLogSumExp".split()


def unary(zoo):
    moderate = np.array([-2.5, -1.5, -1.0, -0.5, -0.0, 0.0, 0.5, 1.0, 1.5, 2.5], F32)
    for operator in UNARY + TRIGONOMETRIC:
        zoo.op("special", operator, {"x": SPECIAL if operator not in TRIGONOMETRIC else SPECIAL[(abs(SPECIAL) < 1e29) | np.isnan(SPECIAL)]})
        zoo.op("empty", operator, {"x": np.zeros((2, 0, 3), F32)})
        zoo.op("double", operator, {"x": moderate.astype(F64)})
        zoo.op("half", operator, {"x": moderate.astype(F16)[5:]})
        zoo.op("scalar", operator, {"x": np.array(0.5, F32)})
    for operator in ("Abs", "Neg", "Sign"):
        zoo.op("int64", operator, {"x": BIG})
        zoo.op("int32", operator, {"x": np.array([-5, 0, 7], I32)})
        zoo.op("int8", operator, {"x": np.array([-5, 0, 7], np.int8)})
    for index, (operator, attributes, opset) in enumerate(ACTIVATIONS):
        zoo.op(f"special{index}", operator, {"x": SPECIAL}, opset=opset, **attributes)
        zoo.op(f"moderate{index}", operator, {"x": moderate}, opset=opset, **attributes)
        if "Is" not in operator:
            zoo.op(f"double{index}", operator, {"x": moderate.astype(F64)}, opset=opset, **attributes)
    zoo.op("large", "Softplus", {"x": np.array([0, 89, 100, -100], F32)})
    for operator in ("Not",):
        zoo.op("bool", operator, {"x": np.array([True, False])})
    zoo.op("int32", "BitwiseNot", {"x": np.array([-5, 0, 7], I32)}, opset=18)
    zoo.op("int32", "Relu", {"x": np.array([-5, 0, 7], I32)})
    zoo.op("slope", "PRelu", {"x": SPECIAL}, {"s": np.array([0.3], F32)})
    zoo.op("slopes", "PRelu", {"x": np.array([[-1, 2], [-3, np.nan]], F32)}, {"s": np.array([0.3, -0.5], F32)})
    zoo.op("channels", "PRelu", {"x": -np.ones((1, 2, 2, 2), F32)}, {"s": np.array([[[0.3]], [[0.5]]], F32)})


def clip(zoo):
    for name, low, high in (("both", -0.5, 0.5), ("low", 0.0, None), ("high", None, 1.5), ("none", None, None), ("crossed", 1.0, -1.0)):
        constants = {key: np.array(value, F32) for key, value in (("a", low), ("b", high)) if value is not None}
        bounds = "" if low is not None and high is not None else "onnxruntime takes the largest number for a bound that is not given, so that infinity becomes it"
        zoo.op(name, "Clip", {"x": SPECIAL}, constants, order=["x", "a" if low is not None else "", "b" if high is not None else ""], contested=bounds)
        limits = {key: value for key, value in (("min", low), ("max", high)) if value is not None}
        zoo.op(name + "_6", "Clip", {"x": SPECIAL}, opset=10, **limits)
    zoo.op("int64", "Clip", {"x": BIG}, {"a": np.array(-3, I64), "b": np.array(2**45, I64)})
    zoo.op("double", "Clip", {"x": SPECIAL.astype(F64)}, {"a": np.array(0.1, F64), "b": np.array(1e20, F64)})
    zoo.op("int32", "Clip", {"x": np.array([-9, 0, 9], I32)}, {"a": np.array(-3, I32), "b": np.array(5, I32)})
    zoo.op("given", "Clip", {"x": SPECIAL, "a": np.array(-1, F32), "b": np.array(1, F32)})


def binary(zoo):
    a, b = np.array([[1.5, -2.0, np.nan], [0.0, np.inf, -0.5]], F32), np.array([2.0, -0.0, 3.0], F32)
    for operator in BINARY:
        zoo.op("broadcast", operator, {"x": a, "z": b})
        zoo.op("constant", operator, {"x": a}, {"z": b})
        zoo.op("double", operator, {"x": a.astype(F64), "z": b.astype(F64)})
        zoo.op("half", operator, {"x": a.astype(F16), "z": b.astype(F16)})
        zoo.op("int64", operator, {"x": BIG, "z": np.array([3, -2, 5], I64)})
        zoo.op("int64_constant", operator, {"x": BIG}, {"z": np.array([2**33 + 1], I64)})
        zoo.op("int32", operator, {"x": np.array([7, -7, 8], I32), "z": np.array([2, 2, -3], I32)})
        zoo.op("uint8", operator, {"x": np.array([200, 7, 9], np.uint8), "z": np.array([100, 2, 3], np.uint8)})
        zoo.op("int8", operator, {"x": np.array([100, -7, 9], np.int8), "z": np.array([100, 2, 3], np.int8)})
        zoo.op("uint64", operator, {"x": np.array([2**63 + 5, 7], np.uint64), "z": np.array([2, 3], np.uint64)})
        zoo.op("empty", operator, {"x": np.zeros((0, 3), F32), "z": np.ones(3, F32)})
        zoo.op("outer", operator, {"x": a[:, :1, None], "z": b})
        zoo.op("itself", operator, {"x": np.array([3.0, -2.0], F32)}, order=["x", "x"])
    zoo.op("itself_int64", "Mul", {"x": np.array([3, 2**20, -(2**33)], I64)}, order=["x", "x"])
    zoo.op("itself_int32", "Mul", {"x": np.array([3, -5], I32)}, order=["x", "x"])
    for operator in COMPARE:
        zoo.op("float", operator, {"x": SPECIAL, "z": SPECIAL[::-1].copy()})
        zoo.op("constant", operator, {"x": SPECIAL}, {"z": np.array(0.5, F32)})
        zoo.op("int64", operator, {"x": BIG, "z": BIG[::-1].copy() + np.array([0, 1, -1])})
        zoo.op("int64_constant", operator, {"x": BIG}, {"z": np.array(2**40, I64)})
        zoo.op("double", operator, {"x": np.array([16777216.0, 16777217.0])}, {"z": np.array([16777217.0])})
        zoo.op("int32", operator, {"x": np.array([1, 2, 3], I32), "z": np.array([3, 2, 1], I32)})
    for operator in ("And", "Or", "Xor", "Equal"):
        zoo.op("bool", operator, {"x": np.array([[True], [False]]), "z": np.array([True, False])})
    for operator in ("Max", "Min", "Sum", "Mean"):
        zoo.op("two", operator, {"x": SPECIAL, "z": SPECIAL[::-1].copy()})
        zoo.op("constant", operator, {"x": SPECIAL}, {"z": np.array(0, F32)})
        zoo.op("three", operator, {"x": a, "z": b, "w": np.array([[1.0], [2.0]], F32)})
        zoo.op("one", operator, {"x": a})
        zoo.op("double", operator, {"x": SPECIAL.astype(F64), "z": np.array([0.1])})
    for operator in ("Max", "Min"):
        zoo.op("int64", operator, {"x": BIG, "z": np.array(2**35, I64)})
        zoo.op("int32", operator, {"x": np.array([1, -2], I32), "z": np.array([0], I32)})
        zoo.op("half", operator, {"x": np.array([1, np.nan, -2], F16), "z": np.array([0], F16)})
    base = np.array([2.0, -2.0, 0.5, 0.0, 3.0], F32)
    for power in (2.0, 0.5, 3.0, -1.0, 0.0):
        zoo.op(f"float{power}", "Pow", {"x": base}, {"z": np.array(power, F32)})
    zoo.op("tensor", "Pow", {"x": base, "z": np.array([1, 2, 3, 0, 2.5], F32)})
    zoo.op("integer_power", "Pow", {"x": base}, {"z": np.array(2, I64)})
    zoo.op("double", "Pow", {"x": base.astype(F64)}, {"z": np.array(1.5, F64)})
    for power in (0, 1, 2, 3):
        zoo.op(f"int64_{power}", "Pow", {"x": np.array([3, -4, 2**20 + 1], I64)}, {"z": np.array(power, I64)})
        zoo.op(f"int32_{power}", "Pow", {"x": np.array([3, -4], I32)}, {"z": np.array(power, I32)})
    zoo.op("int64_float", "Pow", {"x": np.array([4, 9], I64)}, {"z": np.array(0.5, F32)})
    for type_ in (I32, I64, np.int8, np.uint8, np.uint64):
        x = np.array([7, 7, 9, 8], type_) if np.dtype(type_).kind == "u" else np.array([7, -7, 7, -8], type_)
        z = np.array([3, 3, 4, 4], type_) if np.dtype(type_).kind == "u" else np.array([3, 3, -3, 4], type_)
        zoo.op(f"{np.dtype(type_).name}", "Mod", {"x": x, "z": z})
        if np.dtype(type_).kind == "i":
            zoo.op(f"fmod_{np.dtype(type_).name}", "Mod", {"x": x, "z": z}, fmod=1)
    zoo.op("int64_big", "Mod", {"x": np.array([1764000000000, -1764000000001], I64)}, {"z": np.array(86400000, I64)})
    zoo.op("fmod", "Mod", {"x": np.array([7.5, -7.5], F32), "z": np.array([2.0, 2.0], F32)}, fmod=1)
    for type_ in (np.uint8, np.uint32, np.uint64):
        for direction in ("LEFT", "RIGHT"):
            zoo.op(f"{np.dtype(type_).name}_{direction}", "BitShift", {"x": np.array([16, 4, 1], type_), "z": np.array([1, 2, 3], type_)}, direction=direction)
    for operator in ("BitwiseAnd", "BitwiseOr", "BitwiseXor"):
        zoo.op("int64", operator, {"x": BIG, "z": np.array([7, 2**41 - 1, -1], I64)}, opset=18)
        zoo.op("uint8", operator, {"x": np.array([12, 10], np.uint8), "z": np.array([10, 3], np.uint8)}, opset=18)
    condition = np.array([[True], [False]])
    for type_ in (F32, F64, I64, I32, np.uint8):
        zoo.op(np.dtype(type_).name, "Where", {"c": condition, "x": np.array([1, 2, 3], type_), "z": np.array([[7], [8]], type_)})
    zoo.op("bool", "Where", {"c": condition, "x": np.array([True, True]), "z": np.array([False, True])})


def casts(zoo):
    values = {
        "float32": np.array([3.7, -2.2, 0.0, 1.0, 100.0], F32), "float64": np.array([3.7, -2.2, 0.0, 1.0, 100.0], F64),
        "float16": np.array([3.7, -2.2, 0.0, 1.0, 100.0], F16), "int64": np.array([3, -2, 0, 1, 100], I64),
        "int32": np.array([3, -2, 0, 1, 100], I32), "int8": np.array([3, -2, 0, 1, 100], np.int8),
        "uint8": np.array([3, 0, 1, 100], np.uint8), "uint32": np.array([3, 0, 1, 100], np.uint32),
        "uint64": np.array([3, 0, 1, 100], np.uint64), "int16": np.array([3, -2, 0, 1, 100], np.int16), "bool": np.array([True, False]),
    }  # fmt: skip
    for source, array in values.items():
        for target in values:
            # ONNX does not say how a negative float is cast to an unsigned type.
            given = np.abs(array) if target.startswith("u") and source.startswith("f") else array
            zoo.op(f"{source}_{target}", "Cast", {"x": given}, to=helper.np_dtype_to_tensor_dtype(np.dtype(target)))
    to = helper.np_dtype_to_tensor_dtype
    zoo.op("big_float32_int64", "Cast", {"x": np.array([3e9, -3e9, 1.5], F32)}, to=to(np.dtype("int64")))
    zoo.op("big_float64_int64", "Cast", {"x": np.array([4e12, 2.0**52 + 1, -1.5])}, to=to(np.dtype("int64")))
    zoo.op("big_int64_int64", "Cast", {"x": BIG}, to=to(np.dtype("int64")))
    zoo.op("big_int64_int32", "Cast", {"x": BIG}, to=to(np.dtype("int32")))
    zoo.op("big_int64_float64", "Cast", {"x": BIG}, to=to(np.dtype("float64")))
    zoo.op("big_int64_float32", "Cast", {"x": BIG}, to=to(np.dtype("float32")))
    zoo.op("big_uint32_int64", "Cast", {"x": np.array([4_000_000_000], np.uint32)}, to=to(np.dtype("int64")))
    zoo.op("big_uint64_int64", "Cast", {"x": np.array([2**63 - 1, 2**40], np.uint64)}, to=to(np.dtype("int64")))
    zoo.op("nan_bool", "Cast", {"x": np.array([np.nan, 0, -0.0, 0.1], F32)}, to=to(np.dtype("bool")))
    zoo.op("special_double", "Cast", {"x": SPECIAL}, to=to(np.dtype("float64")))
    zoo.op("int64", "CastLike", {"x": np.array([3e9, 1.5], F32), "l": np.zeros(1, I64)})
    zoo.op("float", "CastLike", {"x": BIG, "l": np.zeros(1, F32)})
    cast = helper.make_node("Cast", ["x"], ["i"], to=to(np.dtype("int64")))
    x = np.array([[2.0, 3e9], [-1.0, 5.0]], F32)
    for name, node, constants in (
        ("add", helper.make_node("Add", ["i", "c"], ["y"]), {"c": np.array(2**33, I64)}),
        ("mul", helper.make_node("Mul", ["i", "c"], ["y"]), {"c": np.array(2**20, I64)}),
        ("div", helper.make_node("Div", ["i", "c"], ["y"]), {"c": np.array(-3, I64)}),
        ("matmul", helper.make_node("MatMul", ["i", "c"], ["y"]), {"c": np.array([[3], [4]], I64)}),
        ("sum", helper.make_node("ReduceSum", ["i"], ["y"]), {}),
        ("where", helper.make_node("Where", ["b", "i", "c"], ["y"]), {"b": np.array([[True], [False]]), "c": np.array(2**40, I64)}),
        ("concat", helper.make_node("Concat", ["i", "c"], ["y"], axis=0), {"c": np.array([[2**40, 1]], I64)}),
        ("float", helper.make_node("Cast", ["i"], ["y"], to=1), {}),
        ("less", helper.make_node("Less", ["i", "c"], ["y"]), {"c": np.array(2**31, I64)}),
        ("max", helper.make_node("Max", ["i", "c"], ["y"]), {"c": np.array(2**31, I64)}),
        ("neg", helper.make_node("Neg", ["i"], ["y"]), {}),
        ("gather", helper.make_node("Gather", ["i", "c"], ["y"]), {"c": np.array([1, 0], I64)}),
        ("one_hot", helper.make_node("OneHot", ["i", "d", "c"], ["y"]), {"d": np.array(4, I64), "c": np.array([0, 1], F32)}),
        ("not_zero", helper.make_node("Cast", ["i"], ["y"], to=9), {}),
        ("squeeze", helper.make_node("Unsqueeze", ["i", "c"], ["y"]), {"c": np.array([0], I64)}),
    ):
        contested = "onnxruntime's Max of int64 and the number 2147483648 is wrong" if name == "max" else ""
        zoo.add(f"Cast.then_{name}", [cast, node], {"x": x}, constants, contested=contested)
    index = np.array([1.0, 0.0], F32)
    zoo.add("Cast.then_index", [helper.make_node("Cast", ["x"], ["i"], to=7), helper.make_node("Gather", ["w", "i"], ["y"])], {"x": index}, {"w": np.array([5.0, 6.0], F32)})


def reductions(zoo):
    random = zoo.random("reductions")
    x = random.randn(2, 3, 4).astype(F32)
    for operator in REDUCE:
        x_ = np.abs(x) + 0.1 if "Log" in operator else x
        inputs = 13 if operator == "ReduceSum" else 18
        for name, axes in (("last", [2]), ("first", [0]), ("two", [0, 2]), ("negative", [-2])):
            zoo.op(name, operator, {"x": x_}, opset=11, axes=axes)
            zoo.op(name + "_input", operator, {"x": x_}, {"a": np.array(axes, I64)}, opset=inputs)
            zoo.op(name + "_squeezed", operator, {"x": x_}, {"a": np.array(axes, I64)}, opset=inputs, keepdims=0)
        zoo.op("all", operator, {"x": x_}, opset=inputs)
        zoo.op("all_11", operator, {"x": x_}, opset=11, keepdims=0)
        zoo.op("noop", operator, {"x": x_}, {"a": np.zeros(0, I64)}, opset=inputs, noop_with_empty_axes=1)
        zoo.op("empty_axes", operator, {"x": x_}, {"a": np.zeros(0, I64)}, opset=inputs)
        zoo.op("double", operator, {"x": x_.astype(F64)}, {"a": np.array([1], I64)}, opset=inputs)
        zoo.op("int32", operator, {"x": np.array([[3, 4], [5, 12]], I32)}, {"a": np.array([1], I64)}, opset=inputs)
        if "Log" not in operator:
            big = np.array([[2**40, -1], [2**31 - 1, 1]], I64) if operator not in ("ReduceL2", "ReduceSumSquare", "ReduceProd") else np.array([[3, 4], [2**20, 0]], I64)
            zoo.op("int64", operator, {"x": big}, {"a": np.array([1], I64)}, opset=inputs)
            zoo.op("int64_all", operator, {"x": big}, opset=inputs, keepdims=0)
        nan = x_.copy()
        nan[0, 0, 0] = np.nan
        zoo.op("nan", operator, {"x": nan}, {"a": np.array([2], I64)}, opset=inputs)
    for operator in ("ArgMax", "ArgMin"):
        ties = np.array([[3, 1, 3, 1], [2, 2, 2, 0]], F32)
        for last in (0, 1):
            for keep in (0, 1):
                zoo.op(f"ties{last}{keep}", operator, {"x": ties}, axis=1, select_last_index=last, keepdims=keep)
        zoo.op("first", operator, {"x": ties})
        zoo.op("negative", operator, {"x": -np.abs(x)}, axis=-1)
        zoo.op("infinite", operator, {"x": np.array([[-np.inf, -np.inf], [np.inf, np.inf]], F32)}, axis=1)
        zoo.op("int32", operator, {"x": np.array([[-5, -2], [7, 3]], I32)}, axis=1)
        zoo.op("int64", operator, {"x": BIG}, axis=1)
        zoo.op("double", operator, {"x": np.array([[16777216.0, 16777217.0]])}, axis=1)
    for operator in ("CumSum",):
        for exclusive in (0, 1):
            for reverse in (0, 1):
                zoo.op(f"float{exclusive}{reverse}", operator, {"x": x}, {"a": np.array(1, I64)}, exclusive=exclusive, reverse=reverse)
        zoo.op("int64", operator, {"x": BIG}, {"a": np.array(-1, I64)})
        zoo.op("axis1d", operator, {"x": x}, {"a": np.array([2], I64)})
        zoo.op("int32_axis", operator, {"x": x}, {"a": np.array(0, I32)})
