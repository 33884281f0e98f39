"""Sequences and optionals, as exporters write them: their lengths are known when the model is loaded."""

import numpy as np
from build import F32, I32, I64
from onnx import TensorProto, helper, numpy_helper

make = helper.make_node


def sequences(zoo):
    x, z = np.arange(12, dtype=F32).reshape(3, 4), np.array([[9.0, -1.0, 2.0, 0.5]], F32)
    number = lambda value: np.array(value, I64)

    def add(name, nodes, constants=None, inputs=None, **more):
        zoo.add(f"sequence.{name}", nodes, {"x": x, "z": z} if inputs is None else inputs, constants, **more)

    pair = make("SequenceConstruct", ["x", "z"], ["s"])
    for place in (0, 1, -1, -2):
        add(f"at{place}", [pair, make("SequenceAt", ["s", "i"], ["y"])], {"i": number(place)})
    add("at_int32", [pair, make("SequenceAt", ["s", "i"], ["y"])], {"i": np.array(1, I32)})
    add("at_computed", [pair, make("Shape", ["z"], ["n"]), make("Squeeze", ["n"], ["q"]), make("ReduceMin", ["n"], ["i"], keepdims=0), make("SequenceAt", ["s", "i"], ["y"])])
    add("length", [pair, make("SequenceLength", ["s"], ["y"])])
    add("given", [pair], outputs=("s",))
    add("given_beside", [pair, make("Neg", ["x"], ["y"])], outputs=("y", "s"))
    for version in (11, 13, 18):
        add(f"concat_{version}", [pair, make("ConcatFromSequence", ["s"], ["y"], axis=0)], opset=version)
        add(f"concat_back_{version}", [make("SequenceConstruct", ["x", "x"], ["s"]), make("ConcatFromSequence", ["s"], ["y"], axis=-1)], opset=version)
        for axis in (0, 1, 2, -1):
            add(f"stack{axis}_{version}", [make("SequenceConstruct", ["x", "x"], ["s"]), make("ConcatFromSequence", ["s"], ["y"], axis=axis, new_axis=1)], opset=version)
    built = [make("SequenceEmpty", [], ["s0"]), make("SequenceInsert", ["s0", "x"], ["s1"]), make("SequenceInsert", ["s1", "z"], ["s2"])]
    add("inserted", [*built, make("ConcatFromSequence", ["s2"], ["y"], axis=0)])
    add("front", [*built, make("SequenceInsert", ["s2", "z", "i"], ["s"]), make("ConcatFromSequence", ["s"], ["y"], axis=0)], {"i": number(0)})
    add("behind", [*built, make("SequenceInsert", ["s2", "z", "i"], ["s"])], {"i": number(2)}, outputs=("s",))
    add("erased", [*built, make("SequenceErase", ["s2"], ["s"]), make("SequenceLength", ["s"], ["n"])], outputs=("s", "n"))
    add("erased_first", [*built, make("SequenceErase", ["s2", "i"], ["s"])], {"i": number(-2)}, outputs=("s",))
    add("empty_length", [make("SequenceEmpty", [], ["s"]), make("SequenceLength", ["s"], ["y"])], inputs={}, outputs=("y",))
    add("alias", [pair, make("Identity", ["s"], ["t"]), make("SequenceAt", ["t", "i"], ["y"])], {"i": number(1)})
    for version in (11, 13, 18):
        for name, split, attributes in (
            ("ones", None, {}), ("ones_flat", None, {"keepdims": 0}), ("ones_columns", None, {"axis": 1, "keepdims": 0}), ("ones_last", None, {"axis": -1}),
            ("chunks", number(2), {}), ("chunks_columns", number(3), {"axis": 1}), ("lengths", np.array([1, 2], I64), {}), ("lengths_columns", np.array([3, 0, 1], I64), {"axis": -1}),
            ("int32", np.array([2, 1], I32), {}),
        ):  # fmt: skip
            constants = {} if split is None else {"n": split}
            cut = make("SplitToSequence", ["x", *constants], ["s"], **attributes)
            add(f"{name}_{version}", [cut], constants, outputs=("s",), opset=version)
            if name not in ("lengths_columns", "chunks_columns"):
                axis = attributes.get("axis", 0)
                again = make("ConcatFromSequence", ["s"], ["y"], axis=axis, new_axis=1 - attributes.get("keepdims", 1)) if split is None else make("ConcatFromSequence", ["s"], ["y"], axis=axis)
                add(f"{name}_again_{version}", [cut, again], constants, opset=version)
    # The parts of something computed, as an unpacked tuple becomes.
    halves = [make("Abs", ["x"], ["a"]), make("SplitToSequence", ["a", "n"], ["s"], axis=1)]
    parts = [make("SequenceAt", ["s", "i"], ["b"]), make("SequenceAt", ["s", "j"], ["c"]), make("Mul", ["b", "c"], ["y"])]
    add("parts", [*halves, *parts], {"n": number(2), "i": number(0), "j": number(1)})
    # Read by a loop and by a branch.
    rows = [make("Gather", ["x", "n"], ["r"]), make("SequenceAt", ["s", "i"], ["t"]), make("ReduceSum", ["t"], ["w"], keepdims=0), make("Add", ["r", "w"], ["o"]), make("Identity", ["go"], ["go1"])]
    own = [helper.make_tensor_value_info("n", TensorProto.INT64, []), helper.make_tensor_value_info("go", TensorProto.BOOL, [])]
    body = helper.make_graph(rows, "body", own, [helper.make_tensor_value_info("go1", TensorProto.BOOL, []), helper.make_empty_tensor_value_info("o")])
    add("loop", [pair, make("Loop", ["m", "c"], ["y"], body=body)], {"m": number(3), "c": np.array(True), "i": number(1)})
    then = helper.make_graph([make("SequenceAt", ["s", "i"], ["u"])], "t", [], [helper.make_empty_tensor_value_info("u")])
    other = helper.make_graph([make("SequenceAt", ["s", "j"], ["v"])], "e", [], [helper.make_empty_tensor_value_info("v")])
    for flag in (True, False):
        add(f"branch{flag}", [pair, make("If", ["c"], ["y"], then_branch=then, else_branch=other)], {"i": number(0), "j": number(1)}, {"x": x, "z": z, "c": np.array(flag)})
        add(f"branch_known{flag}", [pair, make("If", ["c"], ["y"], then_branch=then, else_branch=other)], {"i": number(0), "j": number(1), "c": np.array(flag)})
    # In a function of the model's own, of another operator set.
    for version in (11, 18):
        nodes = [make("SequenceConstruct", ["a", "b"], ["s"]), make("ConcatFromSequence", ["s"], ["c"], axis=0)]
        joined = helper.make_function("local", "Join", ["a", "b"], ["c"], nodes, [helper.make_opsetid("", version)])
        add(f"function_{version}", [make("Join", ["x", "z"], ["y"], domain="local")], functions=[joined])


def optionals(zoo):
    x = np.array([[1.0, -2.0, 3.0]], F32)
    type_ = helper.make_tensor_type_proto(TensorProto.FLOAT, None)

    def add(name, nodes, constants=None, **more):
        zoo.add(f"optional.{name}", nodes, {"x": x}, constants, opset=18, **more)

    full, none = make("Optional", ["x"], ["o"]), make("Optional", [], ["o"], type=type_)
    for name, first in (("full", full), ("none", none)):
        add(f"has_{name}", [first, make("OptionalHasElement", ["o"], ["h"]), make("Neg", ["x"], ["y"])], outputs=("h", "y"))
    add("get", [full, make("OptionalGetElement", ["o"], ["g"]), make("Neg", ["g"], ["y"])])
    add("has_tensor", [make("OptionalHasElement", ["x"], ["h"]), make("Neg", ["x"], ["y"])], outputs=("h", "y"))
    add("get_tensor", [make("OptionalGetElement", ["x"], ["y"])])
    # The form in which exporters read an argument that may be missing.
    graph = lambda name, nodes, constants=(): helper.make_graph(nodes, name, [], [helper.make_tensor_value_info("u", TensorProto.FLOAT, None)], [numpy_helper.from_array(value, key) for key, value in constants])
    present = graph("t", [make("OptionalGetElement", ["o"], ["g"]), make("Add", ["g", "x"], ["u"])])
    absent = graph("e", [make("Mul", ["x", "k"], ["u"])], [("k", np.full(1, 3, F32))])
    for name, first in (("full", full), ("none", none)):
        branches = [first, make("OptionalHasElement", ["o"], ["h"]), make("If", ["h"], ["y"], then_branch=present, else_branch=absent)]
        add(f"if_{name}", branches)
        negated = [first, make("OptionalHasElement", ["o"], ["h"]), make("Not", ["h"], ["n"]), make("If", ["n"], ["y"], then_branch=absent, else_branch=present)]
        add(f"if_not_{name}", negated)
    pair = [make("SequenceConstruct", ["x", "x"], ["s"]), make("Optional", ["s"], ["o"]), make("OptionalGetElement", ["o"], ["t"])]
    add("sequence", [*pair, make("ConcatFromSequence", ["t"], ["y"], axis=0)])
