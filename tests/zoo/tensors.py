"""Shapes, indices, slices: what moves elements and computes none."""

import numpy as np
from build import F32, I32, I64
from onnx import TensorProto, helper, numpy_helper


def ints(*values):
    return np.array(values, I64)


def shapes(zoo):
    x = np.arange(24, dtype=F32).reshape(2, 3, 4)
    for name, shape in (("flat", [-1]), ("copy", [0, -1]), ("plain", [4, 6]), ("scalarish", [24, 1])):
        zoo.op(name, "Reshape", {"x": x}, {"s": ints(*shape)})
    zoo.op("empty", "Reshape", {"x": np.zeros((0, 3), F32)}, {"s": ints(3, 0)}, allowzero=1)
    zoo.op("int64", "Reshape", {"x": x.astype(I64) + 2**40}, {"s": ints(4, 6)})
    one = x.reshape(1, 2, 1, 12)
    for name, axes in (("one", [0]), ("negative", [-2]), ("two", [0, 2])):
        zoo.op(name, "Squeeze", {"x": one}, {"a": ints(*axes)})
        zoo.op(name + "_11", "Squeeze", {"x": one}, opset=11, axes=axes)
    zoo.op("all", "Squeeze", {"x": one})
    zoo.op("all_11", "Squeeze", {"x": one}, opset=11)
    for name, axes in (("one", [0]), ("negative", [-1]), ("two", [0, 3])):
        zoo.op(name, "Unsqueeze", {"x": x}, {"a": ints(*axes)})
        zoo.op(name + "_11", "Unsqueeze", {"x": x}, opset=11, axes=axes)
    for perm in ([2, 0, 1], [0, 2, 1]):
        zoo.op("".join(map(str, perm)), "Transpose", {"x": x}, perm=perm)
    zoo.op("reversed", "Transpose", {"x": x})
    for axis in (0, 1, 2, 3, -1):
        zoo.op(f"axis{axis}", "Flatten", {"x": x}, axis=axis)
    zoo.op("default", "Flatten", {"x": x})
    for axis in (0, 2, -1):
        zoo.op(f"axis{axis}", "Concat", {"x": x, "z": x + 100}, axis=axis)
    zoo.op("one", "Concat", {"x": x}, axis=0)
    zoo.op("empty", "Concat", {"x": x, "z": np.zeros((0, 3, 4), F32)}, axis=0)
    zoo.op("int64", "Concat", {"x": ints(2**40)}, {"z": ints(7)}, axis=0)
    zoo.op("bool", "Concat", {"x": np.array([True]), "z": np.array([False])}, axis=0)
    zoo.op("equal", "Split", {"x": x}, outputs=("y", "z"), axis=2)
    zoo.op("given", "Split", {"x": x}, {"s": ints(1, 3)}, outputs=("y", "z"), axis=2)
    zoo.op("given_11", "Split", {"x": x}, outputs=("y", "z"), opset=11, axis=-1, split=[1, 3])
    zoo.op("number", "Split", {"x": x}, outputs=("y", "z"), opset=18, axis=2, num_outputs=2)
    zoo.op("uneven", "Split", {"x": x}, outputs=("y", "z"), opset=18, axis=1, num_outputs=2)
    zoo.op("zero", "Split", {"x": x}, {"s": ints(0, 4)}, outputs=("y", "z"), axis=2)
    for name, starts, ends, axes, steps in (
        ("plain", [1], [3], [2], [1]), ("negative", [-3], [-1], [-1], [1]), ("steps", [0], [100], [2], [2]), ("backwards", [3], [-100], [2], [-1]),
        ("backwards2", [-1], [0], [2], [-2]), ("empty", [2], [2], [1], [1]), ("over", [5], [9], [1], [1]), ("two", [0, 1], [1, 2**62], [0, 2], [1, 2]),
        ("empty_backwards", [0], [3], [2], [-1]),
    ):  # fmt: skip
        zoo.op(name, "Slice", {"x": x}, {"a": ints(*starts), "b": ints(*ends), "c": ints(*axes), "d": ints(*steps)})
    zoo.op("no_axes", "Slice", {"x": x}, {"a": ints(0, 1), "b": ints(1, 3)})
    zoo.op("v9", "Slice", {"x": x}, opset=9, starts=[0, 1], ends=[1, -1], axes=[0, 2])
    zoo.op("int32", "Slice", {"x": x}, {"a": np.array([1], I32), "b": np.array([2], I32), "c": np.array([1], I32)})
    zoo.op("given", "Slice", {"x": x, "a": ints(1), "b": ints(3), "c": ints(2)})
    for name, shape in (("more", [2, 2, 3, 4]), ("same", [1, 1]), ("inner", [2, 3, 4])):
        zoo.op(name, "Expand", {"x": x if name != "inner" else x[:, :1]}, {"s": ints(*shape)})
    for name, repeats in (("plain", [1, 2, 3]), ("none", [1, 1, 1]), ("empty", [1, 0, 1])):
        zoo.op(name, "Tile", {"x": x}, {"r": ints(*repeats)})
    zoo.op("int64", "Tile", {"x": ints(2**40, 1)}, {"r": ints(2)})
    pads = {"plain": [0, 1, 2, 1, 0, 0], "none": [0] * 6, "negative": [0, -1, 0, 0, 0, -1], "mixed": [0, 1, -1, 0, 0, 1]}
    for name, given in pads.items():
        zoo.op(name, "Pad", {"x": x}, {"p": ints(*given)})
        zoo.op(name + "_value", "Pad", {"x": x}, {"p": ints(*given), "v": np.array(-7, F32)})
    for mode in ("reflect", "edge"):
        zoo.op(mode, "Pad", {"x": x}, {"p": ints(0, 1, 2, 1, 0, 0)}, mode=mode)
        zoo.op(mode + "_cut", "Pad", {"x": x}, {"p": ints(0, 1, -1, 0, -1, 1)}, mode=mode)
    zoo.op("axes_cut", "Pad", {"x": x}, {"p": ints(1, -1), "a": ints(-1)}, order=["x", "p", "", "a"], opset=18, mode="edge")
    zoo.op("wrap", "Pad", {"x": x}, {"p": ints(0, 1, 2, 1, 0, 0)}, opset=19, mode="wrap")
    zoo.op("axes", "Pad", {"x": x}, {"p": ints(1, 2), "a": ints(-1)}, order=["x", "p", "", "a"], opset=18)
    zoo.op("v2", "Pad", {"x": x}, opset=10, pads=[0, 1, 2, 1, 0, 0], value=3.5)
    zoo.op("int64", "Pad", {"x": ints(2**40, 1)}, {"p": ints(1, 1), "v": np.array(2**41, I64)})
    zoo.op("int32", "Pad", {"x": np.array([1, 2], I32)}, {"p": ints(1, 1), "v": np.array(9, I32)})
    zoo.op("double", "Pad", {"x": np.array([1.0, 2.0])}, {"p": ints(1, 1)})
    zoo.op("plain", "Shape", {"x": x})
    zoo.op("part", "Shape", {"x": x}, start=1, end=-1)
    zoo.op("start", "Shape", {"x": x}, start=-2)
    zoo.op("plain", "Size", {"x": x})
    zoo.op("default", "ConstantOfShape", {}, {"s": ints(2, 3)})
    for value in (np.array([7], I64), np.array([2**40], I64), np.array([1.5], F32), np.array([True]), np.array([3], I32), np.array([0.1])):
        zoo.op(f"{value.dtype.name}{value[0]}", "ConstantOfShape", {}, {"s": ints(2, 3)}, value=numpy_helper.from_array(value))
    zoo.op("scalar", "ConstantOfShape", {}, {"s": np.zeros(0, I64)})
    zoo.add("ConstantOfShape.added", [helper.make_node("ConstantOfShape", ["s"], ["c"]), helper.make_node("Add", ["x", "c"], ["y"])], {"x": np.ones(2, F32)}, {"s": ints(2)})
    zoo.add("Shape.arithmetic", [helper.make_node("Shape", ["x"], ["s"]), helper.make_node("Mul", ["s", "c"], ["y"])], {"x": x}, {"c": ints(2**40)})
    zoo.add("Shape.float", [helper.make_node("Shape", ["x"], ["s"]), helper.make_node("Cast", ["s"], ["y"], to=1)], {"x": x})
    zoo.op("int64", "Range", {"a": np.array(3, I64), "b": np.array(9, I64), "c": np.array(2, I64)})
    zoo.op("constant", "Range", {}, {"a": np.array(9, I64), "b": np.array(3, I64), "c": np.array(-2, I64)})
    zoo.op("big", "Range", {}, {"a": np.array(2**40, I64), "b": np.array(2**40 + 3, I64), "c": np.array(1, I64)})
    zoo.op("float", "Range", {}, {"a": np.array(0, F32), "b": np.array(1, F32), "c": np.array(0.25, F32)})
    zoo.op("empty", "Range", {}, {"a": np.array(5, I64), "b": np.array(3, I64), "c": np.array(1, I64)})
    for upper in (0, 1):
        for k in (-1, 0, 2):
            zoo.op(f"{upper}{k}", "Trilu", {"x": x}, {"k": np.array(k, I64)}, upper=upper)
        zoo.op(f"default{upper}", "Trilu", {"x": x}, upper=upper)
    zoo.op("int64", "Trilu", {"x": np.arange(9).reshape(3, 3) + 2**40})
    for name, attributes in (("plain", {}), ("k", {"k": 1}), ("type", {"dtype": 7}), ("negative", {"k": -1, "dtype": 11})):
        zoo.op(name, "EyeLike", {"x": np.zeros((3, 4), F32)}, **attributes)
    for mode in ("DCR", "CRD"):
        zoo.op(mode, "DepthToSpace", {"x": np.arange(32, dtype=F32).reshape(1, 8, 2, 2)}, blocksize=2, mode=mode)
    zoo.op("default", "DepthToSpace", {"x": np.arange(32, dtype=F32).reshape(1, 8, 2, 2)}, blocksize=2)
    zoo.op("plain", "SpaceToDepth", {"x": np.arange(32, dtype=F32).reshape(1, 2, 4, 4)}, blocksize=2)
    for type_ in (F32, I64, np.bool_):
        zoo.op(np.dtype(type_).name, "Identity", {"x": np.ones((2, 2), type_)})
    zoo.op("plain", "Dropout", {"x": x})
    zoo.op("ratio", "Dropout", {"x": x}, {"r": np.array(0.3, F32)})
    zoo.op("v10", "Dropout", {"x": x}, opset=10, ratio=0.4)
    zoo.op("mask", "Dropout", {"x": x}, outputs=("y", "m"))


def indices(zoo):
    x = np.arange(12, dtype=F32).reshape(3, 4)
    for axis in (0, 1, -1):
        zoo.op(f"axis{axis}", "Gather", {"x": x}, {"i": ints(2, 0)}, axis=axis)
        zoo.op(f"given{axis}", "Gather", {"x": x, "i": np.array([[1, 0]], I64)}, axis=axis)
        zoo.op(f"elements{axis}", "GatherElements", {"x": x, "i": np.array([[0, 2, 1, 0]], I64) if axis == 0 else np.array([[1], [0], [2]], I64)}, axis=axis)
    zoo.op("negative", "Gather", {"x": x}, {"i": ints(-1, -3)})
    zoo.op("scalar", "Gather", {"x": x}, {"i": np.array(1, I64)})
    zoo.op("int32", "Gather", {"x": x, "i": np.array([1], I32)})
    zoo.op("none", "Gather", {"x": x, "i": np.zeros(0, I64)})
    zoo.op("negative", "GatherElements", {"x": x, "i": np.array([[-1, -2]], I64)}, axis=1)
    for name, index, batch in (("rows", [[0], [2]], 0), ("cells", [[0, 1], [2, 3]], 0), ("negative", [[-1, -1]], 0), ("batch", [[1], [0], [3]], 1)):
        zoo.op(name, "GatherND", {"x": x, "i": np.array(index, I64)}, batch_dims=batch)
        zoo.op(name + "_constant", "GatherND", {"x": x}, {"i": np.array(index, I64)}, batch_dims=batch)
    for axis in (0, 1, -1):
        index = np.array([[1, 0, 2, 0]], I64) if axis == 0 else np.array([[1], [0], [3]], I64)
        updates = np.full(index.shape, 50, F32)
        zoo.op(f"axis{axis}", "ScatterElements", {"x": x, "i": index, "u": updates}, axis=axis)
        for reduction in ("add", "mul", "max", "min"):
            zoo.op(f"{reduction}{axis}", "ScatterElements", {"x": x, "i": index, "u": updates}, axis=axis, reduction=reduction, opset=18)
    zoo.op("negative", "ScatterElements", {"x": x, "i": np.array([[-1]], I64), "u": np.array([[9]], F32)}, axis=1)
    for reduction in ("none", "add", "mul", "max", "min"):
        zoo.op(reduction, "ScatterND", {"x": x, "i": np.array([[0], [2]], I64), "u": np.full((2, 4), 5, F32)}, reduction=reduction, opset=18)
    zoo.op("negative", "ScatterND", {"x": x, "i": np.array([[-1, -1]], I64), "u": np.array([9], F32)})
    zoo.op("cells", "ScatterND", {"x": x, "i": np.array([[0, 1], [2, 3]], I64), "u": np.array([9, 8], F32)})
    for axis in (-1, 0, 1):
        zoo.op(f"axis{axis}", "OneHot", {"i": ints(0, 2, 1)}, {"d": np.array(3, I64), "v": np.array([0, 5], F32)}, axis=axis)
    zoo.op("outside", "OneHot", {"i": ints(0, 7, -9)}, {"d": np.array(3, I64), "v": np.array([2, 5], F32)})
    zoo.op("negative", "OneHot", {"i": ints(-1, -3)}, {"d": np.array(3, I64), "v": np.array([0, 1], I64)})
    zoo.op("depth1d", "OneHot", {"i": ints(1)}, {"d": ints(3), "v": np.array([0, 1], F32)})
    zoo.op("float_index", "OneHot", {"i": np.array([1, 2], F32)}, {"d": np.array(3, I64), "v": np.array([0, 1], F32)})
    zoo.op("matrix", "OneHot", {"i": np.array([[0, 1], [2, 0]], I64)}, {"d": np.array(3, I64), "v": np.array([0, 1], I32)}, axis=1)
    zoo.op("float", "NonZero", {"x": np.array([[1, 0], [0, np.nan]], F32)})
    zoo.op("none", "NonZero", {"x": np.zeros(3, F32)})
    zoo.op("bool", "NonZero", {"x": np.array([True, False, True])})
    zoo.op("int64", "NonZero", {"x": ints(2**40, 0, -1)})
    zoo.op("axis", "Compress", {"x": x, "c": np.array([False, True, True])}, axis=0)
    zoo.op("axis1", "Compress", {"x": x}, {"c": np.array([True, False, True])}, axis=1)
    for name, kept in (("some", [True, False, True]), ("none", [False] * 3), ("short", [True])):
        zoo.op(f"given_{name}", "Compress", {"x": x, "c": np.array(kept)}, axis=-1)
        zoo.op(f"given_flat_{name}", "Compress", {"x": x, "c": np.array(kept)})
    value = helper.make_tensor_value_info("u", TensorProto.FLOAT, None)
    then = helper.make_graph([helper.make_node("Add", ["k", "k"], ["u"])], "t", [], [value])
    other = helper.make_graph([helper.make_node("Neg", ["k"], ["u"])], "e", [], [value])
    branch = [helper.make_node("Compress", ["x", "c"], ["k"], axis=1), helper.make_node("If", ["f"], ["y"], then_branch=then, else_branch=other)]
    for flag in (True, False):
        zoo.add(f"Compress.branch{flag}", branch, {"x": x, "c": np.array([True, False, True]), "f": np.array(flag)})
    zoo.op("flat", "Compress", {"x": x}, {"c": np.array([False, True, False, True, True])})
    top = np.array([[3, 1, 4, 1, 5], [2, 7, 1, 8, 2]], F32)
    for largest in (0, 1):
        for axis in (-1, 0):
            zoo.op(f"{largest}{axis}", "TopK", {"x": top}, {"k": ints(2)}, outputs=("y", "i"), largest=largest, axis=axis)
    zoo.op("ties", "TopK", {"x": np.array([[2, 2, 2, 1]], F32)}, {"k": ints(2)}, outputs=("y", "i"))
    zoo.op("nan", "TopK", {"x": np.array([[1, np.nan, 3, 2]], F32)}, {"k": ints(2)}, outputs=("y", "i"))
    zoo.op("int64", "TopK", {"x": ints(2**40, 2**41, -1)}, {"k": ints(2)}, outputs=("y", "i"))
    zoo.op("int32", "TopK", {"x": np.array([5, -1, 7], I32)}, {"k": ints(2)}, outputs=("y", "i"))
    zoo.op("double", "TopK", {"x": np.array([16777216.0, 16777217.0])}, {"k": ints(1)}, outputs=("y", "i"))
    zoo.op("v9", "TopK", {"x": top}, opset=9, outputs=("y", "i"), k=2)
    zoo.op("all", "TopK", {"x": top}, {"k": ints(5)}, outputs=("y", "i"))
    zoo.op("none", "TopK", {"x": top}, {"k": ints(0)}, outputs=("y", "i"))
    zoo.op("unsorted", "TopK", {"x": top}, {"k": ints(5)}, outputs=("y", "i"), sorted=1)
    boxes = np.array([[[0, 0, 1, 1], [0, 0.1, 1, 1.1], [0, 10, 1, 11], [0, 10.1, 1, 11.1]]], F32)
    scores = np.array([[[0.9, 0.75, 0.6, 0.95]]], F32)
    for name, most, overlap, least in (("plain", 3, 0.5, 0.0), ("one", 1, 0.5, 0.0), ("score", 3, 0.5, 0.7), ("all", 9, 0.99, 0.0), ("nothing", 0, 0.5, 0.0)):
        zoo.op(name, "NonMaxSuppression", {"b": boxes, "s": scores}, {"m": ints(most), "o": np.array([overlap], F32), "l": np.array([least], F32)})
    zoo.op("default", "NonMaxSuppression", {"b": boxes, "s": scores})
    zoo.op("most", "NonMaxSuppression", {"b": boxes, "s": scores}, {"m": ints(2)})
    zoo.op("scalar", "NonMaxSuppression", {"b": boxes, "s": scores}, {"m": np.array(2, I64), "o": np.array(0.5, F32)})
    zoo.op("centers", "NonMaxSuppression", {"b": boxes, "s": scores}, {"m": ints(3), "o": np.array([0.5], F32)}, center_point_box=1)
    zoo.op("flipped", "NonMaxSuppression", {"b": boxes[..., [2, 3, 0, 1]], "s": scores}, {"m": ints(3), "o": np.array([0.5], F32)})
    zoo.op("classes", "NonMaxSuppression", {"b": np.concatenate([boxes, boxes]), "s": np.concatenate([np.concatenate([scores, 1 - scores], 1)] * 2)}, {"m": ints(2), "o": np.array([0.5], F32)})
    scores, labels = zoo.random("losses").randn(3, 5, 2).astype(F32), np.array([[0, 4], [2, 2], [1, 3]], I64)
    for operator in ("NegativeLogLikelihoodLoss", "SoftmaxCrossEntropyLoss"):
        for reduction in ("none", "sum", "mean"):
            zoo.op(reduction, operator, {"x": scores}, {"l": labels}, reduction=reduction)
            weights = np.array([0.2, 0.3, 0.6, 0.1, 0.5], F32)
            zoo.op(f"{reduction}_weights", operator, {"x": scores}, {"l": labels, "w": weights}, reduction=reduction, ignore_index=2)
    zoo.op("logarithms", "SoftmaxCrossEntropyLoss", {"x": scores, "l": labels}, outputs=("y", "p"))
    zoo.op("bool_max", "ReduceMax", {"x": np.array([[True, False], [False, False]])}, {"a": ints(1)}, opset=20)
    zoo.op("none_max", "ReduceMax", {"x": np.zeros((2, 0, 3), F32)}, {"a": ints(1)}, opset=20)
    zoo.op("none_min", "ReduceMin", {"x": np.zeros((2, 0, 3), F32)}, {"a": ints(1)}, opset=20)
    signal = zoo.random("stft").randn(2, 64).astype(F32)
    for name, array in (("rows", signal), ("planes", signal[:, :, None])):
        zoo.op(name, "STFT", {"x": array}, {"s": np.array(8, I64), "w": np.hanning(16).astype(F32), "l": np.array(16, I64)})
    wave = zoo.random("dft").randn(2, 12, 2).astype(F32)
    for length in (12, 7, 16):
        zoo.op(f"length{length}", "DFT", {"x": wave[..., :1]}, {"n": np.array(length, I64)}, axis=1)
        zoo.op(f"half{length}", "DFT", {"x": wave[..., :1]}, {"n": np.array(length, I64)}, axis=-2, onesided=1)
        zoo.op(f"v20_{length}", "DFT", {"x": wave[..., :1]}, {"n": np.array(length, I64), "a": np.array(1, I64)}, opset=20)
    zoo.op("inverse", "DFT", {"x": wave}, {"n": np.array(16, I64)}, axis=1, inverse=1)
    texts = np.array([["a", "\u00e9"], ["", "b"]], object)
    zoo.op("rows", "StringConcat", {"x": texts}, {"w": texts[0]}, opset=20, types={"y": TensorProto.STRING})
    zoo.op("batch_first", "ReverseSequence", {"x": x.copy(), "l": ints(1, 4, 2)}, batch_axis=0, time_axis=1)
    zoo.op("plain", "ReverseSequence", {"x": x.T.copy(), "l": ints(1, 4, 2)}, batch_axis=1, time_axis=0)
    zoo.op("sorted", "Unique", {"x": np.array([2, 1, 1, 3], F32)}, outputs=("y", "i", "n", "c"))
    for equation, given in (
        ("ij,jk->ik", [(2, 3), (3, 4)]), ("bij,bjk->bik", [(2, 2, 3), (2, 3, 2)]), ("ij->ji", [(2, 3)]), ("ij->", [(2, 3)]), ("ij->i", [(2, 3)]),
        ("i,i->", [(3,), (3,)]), ("i,j->ij", [(2,), (3,)]), ("bhqd,bhkd->bhqk", [(1, 2, 3, 4), (1, 2, 5, 4)]), ("ii->i", [(3, 3)]), ("ii->", [(3, 3)]),
        ("...ij,...jk->...ik", [(2, 2, 3), (2, 3, 2)]), ("ij,jk", [(2, 3), (3, 4)]), ("ij,j->i", [(2, 3), (3,)]), ("ab,cd->abcd", [(2, 1), (1, 3)]),
    ):  # fmt: skip
        random = zoo.random(equation)
        zoo.op(equation.replace("->", "_"), "Einsum", {key: random.randn(*shape).astype(F32) for key, shape in zip("xz", given)}, equation=equation)
    zoo.op("integers", "Einsum", {"x": ints(2**40, 1), "z": ints(3, 4)}, equation="i,i->")
