"""The operators of ai.onnx.ml, in the forms in which exporters write them and in those that the standard allows."""

import numpy as np
from build import F16, F32, F64, I32, I64, ML
from onnx import TensorProto, helper

LABEL = {"y": TensorProto.INT64}
MODES = ("BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ")
TRANSFORMS = ("NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO", "PROBIT")


# Why onnxruntime's labels do not count.
TWO = "where both of two classes have weights, onnxruntime says 1, which need not be a label, whenever the second's is above 0"


def stump(mode="BRANCH_LEQ", at=1.0, missing=None):
    tree = dict(
        nodes_treeids=[0] * 3, nodes_nodeids=[0, 1, 2], nodes_featureids=[0] * 3, nodes_values=[at, 0.0, 0.0], nodes_truenodeids=[1, 0, 0],
        nodes_falsenodeids=[2, 0, 0], nodes_modes=[mode, "LEAF", "LEAF"],
    )  # fmt: skip
    if missing is not None:
        tree["nodes_missing_value_tracks_true"] = [missing, 0, 0]
    return tree


def forest(random, trees, features, depth=3, modes=("BRANCH_LEQ",)):
    """Random trees, and (tree, node) of each leaf."""
    out = {key: [] for key in ("nodes_treeids", "nodes_nodeids", "nodes_featureids", "nodes_values", "nodes_truenodeids", "nodes_falsenodeids", "nodes_modes")}
    leaves = []
    for tree in range(trees):
        count = 2 ** (depth + 1) - 1
        for node in range(count):
            leaf = node >= 2**depth - 1 or (node > 2 and random.rand() < 0.2)
            out["nodes_treeids"].append(tree)
            out["nodes_nodeids"].append(node)
            out["nodes_featureids"].append(0 if leaf else int(random.randint(features)))
            out["nodes_values"].append(0.0 if leaf else float(np.float32(random.randn())))
            out["nodes_truenodeids"].append(0 if leaf else 2 * node + 1)
            out["nodes_falsenodeids"].append(0 if leaf else 2 * node + 2)
            out["nodes_modes"].append("LEAF" if leaf else modes[random.randint(len(modes))])
            if leaf:
                leaves.append((tree, node))
    return out, leaves


def classifier_weights(random, leaves, ids, low=-1.0):
    out = {key: [] for key in ("class_treeids", "class_nodeids", "class_ids", "class_weights")}
    for tree, node in leaves:
        for ident in ids:
            out["class_treeids"].append(tree)
            out["class_nodeids"].append(node)
            out["class_ids"].append(ident)
            out["class_weights"].append(float(np.float32(random.uniform(low, 1))))
    return out


def regressor_weights(random, leaves, targets):
    weights = classifier_weights(random, leaves, range(targets))
    return {key.replace("class_", "target_"): value for key, value in weights.items()} | {"n_targets": targets}


def trees(zoo):
    def classify(name, x, types=LABEL, ml=3, **attributes):
        zoo.op(name, "TreeEnsembleClassifier", {"x": x}, outputs=("y", "p"), ml=ml, types=types, **attributes)

    two = np.array([[0.0], [2.0]], F32)
    ids = lambda ident: dict(class_treeids=[0, 0], class_nodeids=[1, 2], class_ids=[ident] * 2)
    for transform in TRANSFORMS:
        for ident in (0, 1):
            for name, weights in (("signs", [2.0, -1.0]), ("probabilities", [0.8, 0.2]), ("tie", [0.5, 0.25])):
                if transform == "PROBIT" and name == "signs":
                    continue
                classify(f"binary_{transform}_{ident}_{name}", two, **stump(), **ids(ident), class_weights=weights, classlabels_int64s=[0, 1], post_transform=transform)
    classify("binary_labels", two, **stump(), **ids(0), class_weights=[2.0, -1.0], classlabels_int64s=[-1, 7], post_transform="LOGISTIC")
    classify("binary_base", two, **stump(), **ids(0), class_weights=[2.0, -1.0], classlabels_int64s=[0, 1], post_transform="LOGISTIC", base_values=[0.5])
    classify("binary_base_none", two, **stump(), **ids(0), class_weights=[0.3, 0.4], classlabels_int64s=[0, 1], post_transform="NONE", base_values=[0.15])
    classify("text", two, {"y": TensorProto.STRING}, **stump(), **ids(0), class_weights=[2.0, -1.0], classlabels_strings=["sell", "buy"], post_transform="LOGISTIC")
    for transform in TRANSFORMS[:4]:
        for ident in (0, 1):
            classify(f"text_{transform}_{ident}", two, {"y": TensorProto.STRING}, **stump(), **ids(ident), class_weights=[0.8, 0.2], classlabels_strings=["no", "yes"], post_transform=transform)
    both = dict(class_treeids=[0] * 4, class_nodeids=[1, 1, 2, 2], class_ids=[0, 1, 0, 1], class_weights=[0.3, 0.7, 0.9, 0.1])
    for transform in TRANSFORMS:
        classify(f"two_{transform}", two, **stump(), **both, classlabels_int64s=[0, 1], post_transform=transform, contested=TWO)
        three = dict(class_treeids=[0] * 6, class_nodeids=[1] * 3 + [2] * 3, class_ids=[0, 1, 2] * 2, class_weights=[0.1, 0.2, 0.7, 0.6, 0.3, 0.1])
        classify(f"three_{transform}", two, **stump(), **three, classlabels_int64s=[10, 20, 30], post_transform=transform)
    classify("three_ties", two, **stump(), **{**three, "class_weights": [0.5, 0.5, 0.1, 0.2, 0.4, 0.4]}, classlabels_int64s=[10, 20, 30])
    classify("three_negative", two, **stump(), **{**three, "class_weights": [-0.5, -0.3, -0.1, -0.2, -0.4, -0.4]}, classlabels_int64s=[10, 20, 30])
    classify("three_text", two, {"y": TensorProto.STRING}, **stump(), **three, classlabels_strings=["buy", "hold", "sell"], post_transform="NONE")
    edge = np.array([[0.0], [1.0], [2.0], [np.nan], [np.inf], [-np.inf]], F32)
    for mode in MODES:
        for missing in (None, 0, 1):
            classify(f"{mode}_{missing}", edge, **stump(mode, missing=missing), **three, classlabels_int64s=[10, 20, 30], post_transform="NONE")
    wide = np.array([[16777216.0], [16777217.0]])
    classify("double", wide, **stump(at=16777216.0), **three, classlabels_int64s=[10, 20, 30])
    classify("int64", np.array([[0], [16777217]], I64), **stump(at=16777216.0), **three, classlabels_int64s=[10, 20, 30])
    classify("int32", np.array([[0], [5]], I32), **stump(), **three, classlabels_int64s=[10, 20, 30])
    for classes in (2, 3, 5):
        random = zoo.random(f"forest{classes}")
        nodes, leaves = forest(random, 7, 4)
        x = random.randn(20, 4).astype(F32)
        for transform in ("NONE", "SOFTMAX", "LOGISTIC"):
            weights = classifier_weights(random, leaves, range(classes))
            classify(f"forest{classes}_{transform}", x, **nodes, **weights, classlabels_int64s=list(range(classes)), post_transform=transform, base_values=[0.1] * classes, contested=TWO if classes == 2 else "")
            if classes == 2:
                weights = classifier_weights(random, leaves, [0])
                classify(f"forest_one_{transform}", x, **nodes, **weights, classlabels_int64s=[0, 1], post_transform=transform)
    random = zoo.random("mixed")
    nodes, leaves = forest(random, 5, 3, modes=MODES[:4])
    x = random.randn(16, 3).astype(F32)
    classify("mixed", x, **nodes, **classifier_weights(random, leaves, range(3)), classlabels_int64s=[1, 2, 3])

    def regress(name, x, ml=3, **attributes):
        zoo.op(name, "TreeEnsembleRegressor", {"x": x}, ml=ml, **attributes)

    for aggregate in ("SUM", "AVERAGE", "MIN", "MAX"):
        for targets in (1, 3):
            nodes, leaves = forest(random, 6, 3)
            regress(f"{aggregate}{targets}", x, **nodes, **regressor_weights(random, leaves, targets), aggregate_function=aggregate)
            regress(f"{aggregate}{targets}_base", x, **nodes, **regressor_weights(random, leaves, targets), aggregate_function=aggregate, base_values=[0.5] * targets)
    for transform in TRANSFORMS[1:4]:
        regress(f"{transform}", x, **nodes, **regressor_weights(random, leaves, 3), post_transform=transform)
        regress(f"{transform}_one", x, **nodes, **regressor_weights(random, leaves, 1), post_transform=transform)
    for mode in MODES:
        regress(mode, edge, **stump(mode), target_treeids=[0, 0], target_nodeids=[1, 2], target_ids=[0, 0], target_weights=[1.0, 2.0], n_targets=1)
    regress("double", wide, **stump(at=16777216.0), target_treeids=[0, 0], target_nodeids=[1, 2], target_ids=[0, 0], target_weights=[1.0, 2.0], n_targets=1)
    regress("none", np.zeros((0, 1), F32), **stump(), target_treeids=[0, 0], target_nodeids=[1, 2], target_ids=[0, 0], target_weights=[1.0, 2.0], n_targets=1)
    regress("single", two, nodes_treeids=[0], nodes_nodeids=[0], nodes_featureids=[0], nodes_values=[0.0], nodes_truenodeids=[0], nodes_falsenodeids=[0], nodes_modes=["LEAF"], target_treeids=[0], target_nodeids=[0], target_ids=[0], target_weights=[4.0], n_targets=1)


def ensembles(zoo):
    """`TreeEnsemble`, which takes the place of the others since version 5 of ai.onnx.ml."""

    def grow(random, trees, features, targets, type_, modes=(0,), depth=3, missing=False, sets=()):
        nodes = {key: [] for key in ("modes", "splits", "featureids", "truenodeids", "falsenodeids", "trueleafs", "falseleafs", "missing")}
        leaves, members, roots = {"targetids": [], "weights": []}, [], []

        def leaf():
            leaves["targetids"].append(int(random.randint(targets)))
            leaves["weights"].append(random.uniform(-1, 1))
            return len(leaves["weights"]) - 1, 1

        def branch(level):
            if level == depth or (level > 1 and random.rand() < 0.2):
                return leaf()
            at = len(nodes["modes"])
            mode = int(modes[random.randint(len(modes))])
            for key, value in (("modes", mode), ("splits", random.randn()), ("featureids", int(random.randint(features))), ("missing", int(random.rand() < 0.5))):
                nodes[key].append(value)
            if mode == 6:
                members.extend([*sets[random.randint(len(sets))], np.nan])
            for key in ("truenodeids", "falsenodeids", "trueleafs", "falseleafs"):
                nodes[key].append(0)
            for side in ("true", "false"):
                nodes[side + "nodeids"][at], nodes[side + "leafs"][at] = branch(level + 1)
            return at, 0

        for _ in range(trees):
            roots.append(branch(0)[0])
        number = helper.np_dtype_to_tensor_dtype(np.dtype(type_))
        tensor = lambda name, values, kind=number: helper.make_tensor(name, kind, [len(values)], np.asarray(values, type_ if kind == number else np.uint8))
        out = {f"nodes_{key}": nodes[key] for key in ("featureids", "truenodeids", "falsenodeids", "trueleafs", "falseleafs")}
        out |= {"nodes_modes": tensor("m", nodes["modes"], TensorProto.UINT8), "nodes_splits": tensor("s", nodes["splits"]), "tree_roots": roots}
        out |= {"leaf_targetids": leaves["targetids"], "leaf_weights": tensor("w", leaves["weights"]), "n_targets": targets}
        if missing:
            out["nodes_missing_value_tracks_true"] = nodes["missing"]
        if members:
            out["membership_values"] = tensor("v", members)
        return out

    def add(name, x, contested="", **attributes):
        zoo.op(name, "TreeEnsemble", {"x": x}, ml=5, opset=21, contested=contested, **attributes)

    types = (("float", F32), ("double", F64), ("half", F16))
    for label, type_ in types:
        random = zoo.random(f"ensemble_{label}")
        x = random.randn(12, 4).astype(type_)
        for mode in range(6):
            # Whole numbers, so that features meet their splits.
            whole = grow(random, 3, 4, 1, type_, modes=(mode,))
            whole["nodes_splits"] = helper.make_tensor("s", whole["nodes_splits"].data_type, whole["nodes_splits"].dims, np.asarray(random.randint(-1, 2, whole["nodes_splits"].dims[0]), type_))
            add(f"{label}_mode{mode}", np.round(x), **whole)
        for aggregate in range(4):
            # The least and the largest of no leaf is another number in the reference, which alone runs float16.
            for targets in (1,) if label == "half" and aggregate > 1 else (1, 3):
                add(f"{label}_aggregate{aggregate}_{targets}", x, **grow(random, 5, 4, targets, type_), aggregate_function=aggregate)
        for transform in range(1, 4):
            if label == "half":
                continue
            for targets in (1, 3):
                add(f"{label}_transform{transform}_{targets}", x, **grow(random, 5, 4, targets, type_), post_transform=transform)
        holes = np.where(random.rand(*x.shape) < 0.3, np.nan, x).astype(type_)
        add(f"{label}_missing", holes, **grow(random, 5, 4, 2, type_, modes=range(6), missing=True))
        add(f"{label}_not_missing", holes, **grow(random, 5, 4, 2, type_, modes=range(6)))
        whole = random.randint(-2, 9, (20, 3)).astype(type_)
        # The reference ends a set at 0.
        few, many, odd = [1, 3, 4], [-1, *([] if label == "half" else [0]), *range(1, 6), 40, 35, 50], [2.5, -2, 7]
        for name, sets in (("few", [few]), ("many", [many]), ("all", [few, [number for number in many if number], odd]), ("one", [[3]])):
            add(f"{label}_member_{name}", whole, **grow(random, 4, 3, 2, type_, modes=(6, 6, 0), sets=sets))
        holes = np.where(random.rand(*whole.shape) < 0.2, np.nan, whole).astype(type_)
        add(f"{label}_member_missing", holes, **grow(random, 4, 3, 2, type_, modes=(6, 0), sets=[few, many], missing=True))
    random = zoo.random("ensemble")
    one = grow(random, 1, 2, 1, F32, depth=1)
    one |= {"nodes_truenodeids": [0], "nodes_falsenodeids": [0], "nodes_trueleafs": [1], "nodes_falseleafs": [1]}
    add("one_leaf", random.randn(3, 2).astype(F32), **one)
    add("precise", np.array([[16777216.0], [16777217.0]]), **grow(random, 1, 1, 1, F64, depth=1) | {"nodes_splits": helper.make_tensor("s", TensorProto.DOUBLE, [1], [16777216.0])})


def linear(zoo):
    random = zoo.random("linear")
    x = random.randn(6, 3).astype(F32)
    for transform in TRANSFORMS[:4]:
        for classes in (2, 3):
            weights = random.randn(classes, 3).astype(F32)
            zoo.op(f"{transform}{classes}", "LinearClassifier", {"x": x}, outputs=("y", "p"), ml=1, types=LABEL, coefficients=weights.ravel().tolist(), intercepts=[0.1] * classes, classlabels_ints=list(range(5, 5 + classes)), post_transform=transform)
            names = [f"class {index}" for index in range(classes)]
            zoo.op(f"{transform}{classes}_text", "LinearClassifier", {"x": x}, outputs=("y", "p"), ml=1, types={"y": TensorProto.STRING}, coefficients=weights.ravel().tolist(), intercepts=[0.1] * classes, classlabels_strings=names, post_transform=transform)
        one = random.randn(3).astype(F32)
        zoo.op(f"{transform}_one", "LinearClassifier", {"x": x}, outputs=("y", "p"), ml=1, types=LABEL, coefficients=one.tolist(), intercepts=[0.1], classlabels_ints=[0, 1], post_transform=transform)
        pair = np.concatenate([-one, one])
        zoo.op(f"{transform}_pair", "LinearClassifier", {"x": x}, outputs=("y", "p"), ml=1, types=LABEL, coefficients=pair.tolist(), intercepts=[-0.1, 0.1], classlabels_ints=[0, 1], post_transform=transform, multi_class=1)
    zoo.op("no_intercepts", "LinearClassifier", {"x": x}, outputs=("y", "p"), ml=1, types=LABEL, coefficients=random.randn(9).astype(F32).tolist(), classlabels_ints=[0, 1, 2])
    zoo.op("double", "LinearClassifier", {"x": x.astype(F64)}, outputs=("y", "p"), ml=1, types=LABEL, coefficients=random.randn(9).astype(F32).tolist(), intercepts=[0.0] * 3, classlabels_ints=[0, 1, 2], post_transform="SOFTMAX")
    zoo.op("int64", "LinearClassifier", {"x": np.array([[1, 2, 3]], I64)}, outputs=("y", "p"), ml=1, types=LABEL, coefficients=random.randn(9).astype(F32).tolist(), intercepts=[0.0] * 3, classlabels_ints=[0, 1, 2])
    for targets in (1, 2):
        for transform in TRANSFORMS[:4]:
            zoo.op(f"{targets}{transform}", "LinearRegressor", {"x": x}, ml=1, coefficients=random.randn(3 * targets).astype(F32).tolist(), intercepts=[0.5] * targets, targets=targets, post_transform=transform)
    zoo.op("no_intercepts", "LinearRegressor", {"x": x}, ml=1, coefficients=[1.0, 2.0, 3.0])


def vectors(zoo):
    random = zoo.random("vectors")
    x = random.randn(6, 3).astype(F32)
    for kernel, parameters in (("LINEAR", [0.0, 0.0, 0.0]), ("RBF", [0.3, 0.0, 3.0]), ("POLY", [0.5, 1.0, 3.0]), ("SIGMOID", [0.2, 0.1, 3.0])):
        support = random.randn(4, 3).astype(F32)
        common = dict(kernel_type=kernel, kernel_params=parameters, support_vectors=support.ravel().tolist(), ml=1)
        zoo.op(kernel, "SVMRegressor", {"x": x}, n_supports=4, coefficients=random.randn(4).astype(F32).tolist(), rho=[0.2], **common)
        zoo.op(kernel + "_one_class", "SVMRegressor", {"x": x}, n_supports=4, coefficients=random.randn(4).astype(F32).tolist(), rho=[0.2], one_class=1, **common)
        zoo.op(kernel + "_two", "SVMClassifier", {"x": x}, outputs=("y", "p"), types=LABEL, coefficients=random.randn(4).astype(F32).tolist(), rho=[0.2], vectors_per_class=[2, 2], classlabels_ints=[0, 1], **common)
        zoo.op(kernel + "_three", "SVMClassifier", {"x": x}, outputs=("y", "p"), types=LABEL, coefficients=random.randn(8).astype(F32).tolist(), rho=[0.2, 0.1, -0.3], vectors_per_class=[2, 1, 1], classlabels_ints=[3, 4, 5], **common)
        zoo.op(kernel + "_probability", "SVMClassifier", {"x": x}, outputs=("y", "p"), types=LABEL, coefficients=random.randn(4).astype(F32).tolist(), rho=[0.2], vectors_per_class=[2, 2], prob_a=[-1.2], prob_b=[0.1], classlabels_ints=[0, 1], **common)
        zoo.op(kernel + "_probability3", "SVMClassifier", {"x": x}, outputs=("y", "p"), types=LABEL, coefficients=random.randn(8).astype(F32).tolist(), rho=[0.2, 0.1, -0.3], vectors_per_class=[2, 1, 1], prob_a=[-1.2, -0.9, -1.0], prob_b=[0.1, 0.0, -0.2], classlabels_ints=[3, 4, 5], **common)
    zoo.op("linear", "SVMClassifier", {"x": x}, outputs=("y", "p"), types=LABEL, ml=1, coefficients=random.randn(9).astype(F32).tolist(), rho=[0.1], classlabels_ints=[0, 1, 2], kernel_type="LINEAR", kernel_params=[0.0, 0.0, 0.0])
    zoo.op("linear", "SVMRegressor", {"x": x}, ml=1, coefficients=[1.0, -2.0, 0.5], rho=[0.1], n_supports=0, kernel_type="LINEAR", kernel_params=[0.0, 0.0, 0.0])


def preparation(zoo):
    x = np.array([[1, np.nan, 4], [2, 3, -1]], F32)
    z = np.nan_to_num(x)
    zoo.op("three", "Scaler", {"x": z}, ml=1, offset=[1.0, 2.0, 3.0], scale=[2.0, 0.5, 1.0])
    zoo.op("one", "Scaler", {"x": z}, ml=1, offset=[1.0], scale=[2.0])
    zoo.op("double", "Scaler", {"x": z.astype(F64)}, ml=1, offset=[1.0, 2.0, 3.0], scale=[2.0, 0.5, 1.0])
    zoo.op("int64", "Scaler", {"x": z.astype(I64)}, ml=1, offset=[1.0, 2.0, 3.0], scale=[2.0, 0.5, 1.0])
    zoo.op("int32", "Scaler", {"x": z.astype(I32)}, ml=1, offset=[1.0], scale=[0.5])
    zoo.op("nan", "Imputer", {"x": x}, ml=1, imputed_value_floats=[9.0, 8.0, 7.0], replaced_value_float=float("nan"))
    zoo.op("value", "Imputer", {"x": z}, ml=1, imputed_value_floats=[9.0], replaced_value_float=4.0)
    zoo.op("int64", "Imputer", {"x": z.astype(I64)}, ml=1, imputed_value_int64s=[9, 8, 7], replaced_value_int64=2)
    zoo.op("double", "Imputer", {"x": x.astype(F64)}, ml=1, imputed_value_floats=[9.0, 8.0, 7.0], replaced_value_float=float("nan"))
    zoo.op("plain", "Binarizer", {"x": z}, ml=1, threshold=1.5)
    zoo.op("default", "Binarizer", {"x": z}, ml=1)
    zoo.op("nan", "Binarizer", {"x": x}, ml=1, threshold=1.5)
    for norm in ("MAX", "L1", "L2"):
        zoo.op(norm, "Normalizer", {"x": z}, ml=1, norm=norm)
        zoo.op(norm + "_zero", "Normalizer", {"x": np.array([[0, 0], [-3, 4]], F32)}, ml=1, norm=norm)
        zoo.op(norm + "_row", "Normalizer", {"x": z[0]}, ml=1, norm=norm)
        zoo.op(norm + "_int64", "Normalizer", {"x": np.array([[3, 4]], I64)}, ml=1, norm=norm)
        zoo.op(norm + "_double", "Normalizer", {"x": z.astype(F64)}, ml=1, norm=norm)
    keys = np.array([1, 3, 5, 2**40], I64)
    zoo.op("int_float", "LabelEncoder", {"x": keys}, ml=2, keys_int64s=[1, 3], values_floats=[0.5, 1.5], default_float=-1.0)
    zoo.op("int_int", "LabelEncoder", {"x": keys}, ml=2, keys_int64s=[1, 2**40], values_int64s=[7, 2**41], default_int64=-9)
    zoo.op("int_int_default", "LabelEncoder", {"x": keys}, ml=2, keys_int64s=[1, 3], values_int64s=[7, 8])
    zoo.op("float_int", "LabelEncoder", {"x": np.array([[0.5, np.nan], [2, 3]], F32)}, ml=2, keys_floats=[0.5, float("nan")], values_int64s=[7, 8], default_int64=0)
    zoo.op("nan", "LabelEncoder", {"x": np.array([[0.5, np.nan], [2, 3]], F32)}, ml=4, keys_floats=[0.5, float("nan")], values_int64s=[7, 8], default_int64=0)
    zoo.op("float_float", "LabelEncoder", {"x": np.array([0.5, -0.0], F32)}, ml=2, keys_floats=[0.5, 0.0], values_floats=[7.0, 8.0])
    zoo.op("double", "LabelEncoder", {"x": np.array([0.1, 2.0])}, ml=4, keys_tensor=helper.make_tensor("k", TensorProto.DOUBLE, [1], [0.1]), values_tensor=helper.make_tensor("v", TensorProto.DOUBLE, [1], [5.0]), default_tensor=helper.make_tensor("d", TensorProto.DOUBLE, [1], [-1.0]))
    words = np.array([["a", "b"], ["caf\u00e9", ""]], object)
    text = {"y": TensorProto.STRING}
    zoo.op("text_int", "LabelEncoder", {"x": words}, ml=2, keys_strings=["a", "caf\u00e9", "a"], values_int64s=[7, 8, 9], default_int64=0)
    zoo.op("text_float", "LabelEncoder", {"x": words}, ml=2, keys_strings=["a", ""], values_floats=[0.5, 1.5])
    zoo.op("text_text", "LabelEncoder", {"x": words}, ml=2, types=text, keys_strings=["a", ""], values_strings=["A", "caf\u00e9"], default_string="?")
    zoo.op("int_text", "LabelEncoder", {"x": keys}, ml=2, types=text, keys_int64s=[1, 3], values_strings=["one", "three"])
    zoo.op("float_text", "LabelEncoder", {"x": np.array([0.5, 2], F32)}, ml=2, types=text, keys_floats=[0.5], values_strings=["half"])
    tensor = lambda kind, values: helper.make_tensor("t", kind, [len(values)], [value.encode() if isinstance(value, str) else value for value in values])
    zoo.op("text_double", "LabelEncoder", {"x": words}, ml=4, keys_tensor=tensor(TensorProto.STRING, ["b"]), values_tensor=tensor(TensorProto.DOUBLE, [0.25]), default_tensor=tensor(TensorProto.DOUBLE, [-1.0]))
    zoo.op("classes_text", "LabelEncoder", {"x": words}, ml=1, classes_strings=["", "b", "a"], default_int64=9)
    zoo.op("classes_int", "LabelEncoder", {"x": np.array([2, 0, 5], I64)}, ml=1, types=text, classes_strings=["", "b", "a"], default_string="z")
    zoo.op("text_zeros", "OneHotEncoder", {"x": words}, ml=1, cats_strings=["a", "", "c"], zeros=1)
    zoo.op("text_vector", "OneHotEncoder", {"x": words[0]}, ml=1, cats_strings=["b", "a"])
    zoo.op("text", "ArrayFeatureExtractor", {"x": words}, {"i": np.array([1, 0, 1], I64)}, ml=1, types=text)
    zoo.op("text_labels", "ArrayFeatureExtractor", {"i": np.array([1, 0, 1], I64)}, {"x": words[:, 0]}, ml=1, order=["x", "i"], types=text)
    zoo.op("text", "CategoryMapper", {"x": words}, ml=1, cats_int64s=[1, 2], cats_strings=["a", "b"], default_int64=5)
    row = np.array([2], I64)
    for name, operator, constants, more in (
        ("text", "Identity", {}, {}), ("text", "Reshape", {"s": np.array([-1], I64)}, {}), ("text", "Flatten", {}, {"axis": 0}), ("text", "Unsqueeze", {"s": row}, {}),
        ("text", "Transpose", {}, {"perm": [1, 0]}), ("text", "Gather", {"i": np.array([1, 1, 0], I64)}, {"axis": 1}),
        ("text", "Concat", {"w": words}, {"axis": 1}), ("text", "Slice", {"b": np.array([1], I64), "e": np.array([2], I64)}, {}), ("text", "Cast", {}, {"to": TensorProto.STRING}),
    ):  # fmt: skip
        zoo.op(name, operator, {"x": words}, constants, types=text, **more)
    zoo.op("text_rows", "Gather", {"x": words}, {"i": np.array([[1], [0]], I64)}, types=text, contested="onnxruntime loses every text of a row but the first")
    zoo.op("text", "Squeeze", {"x": words[:, :, None]}, {"s": row}, types=text)
    zoo.op("text", "Equal", {"x": words}, {"w": np.array(["a", ""], object)}, opset=19)
    zoo.op("text", "Where", {"c": np.array([[True, False]]), "x": words}, {"w": words[:1]}, types=text)
    zoo.op("zeros", "OneHotEncoder", {"x": np.array([[1], [4]], I64)}, ml=1, cats_int64s=[1, 2], zeros=1)
    zoo.op("vector", "OneHotEncoder", {"x": np.array([2, 1], I64)}, ml=1, cats_int64s=[1, 2])
    zoo.op("float", "OneHotEncoder", {"x": np.array([[1.0], [2.0]], F32)}, ml=1, cats_int64s=[1, 2])
    zoo.op("columns", "ArrayFeatureExtractor", {"x": z}, {"i": np.array([2, 0], I64)}, ml=1)
    zoo.op("vector", "ArrayFeatureExtractor", {"x": z[0]}, {"i": np.array([1], I64)}, ml=1)
    zoo.op("given", "ArrayFeatureExtractor", {"x": z, "i": np.array([[1]], I64)}, ml=1)
    zoo.op("int64", "ArrayFeatureExtractor", {"x": z.astype(I64) + 2**40}, {"i": np.array([1], I64)}, ml=1)
    zoo.op("two", "FeatureVectorizer", {"x": z, "w": z[:, :1]}, ml=1, inputdimensions=[3, 1])
    zoo.op("int64", "FeatureVectorizer", {"x": np.array([[1, 2]], I64)}, ml=1, inputdimensions=[2])
    zoo.op("float", "CategoryMapper", {"x": np.array([1, 2], I64)}, ml=1, types={"y": TensorProto.STRING}, cats_int64s=[1, 2], cats_strings=["a", "b"], default_string="z")


def pipelines(zoo):
    """Several nodes, as skl2onnx writes them."""
    random = zoo.random("pipelines")
    x = random.randn(8, 4).astype(F32)
    nodes, leaves = forest(random, 5, 4)
    tree = helper.make_node("TreeEnsembleClassifier", ["s"], ["l", "p"], domain=ML, name="trees", classlabels_int64s=[0, 1], post_transform="NONE", **nodes, **classifier_weights(random, leaves, [0, 1], 0.0))
    scale = helper.make_node("Scaler", ["x"], ["s"], domain=ML, offset=[0.1] * 4, scale=[1.5] * 4)
    cast = helper.make_node("Cast", ["l"], ["y"], to=TensorProto.INT64)
    zoo.add("pipeline.scaled_forest", [scale, tree, cast], {"x": x}, outputs=("y", "p"), ml=3, types={"y": TensorProto.INT64}, contested=TWO)
    argmax = helper.make_node("ArgMax", ["p"], ["a"], axis=1)
    extract = helper.make_node("ArrayFeatureExtractor", ["c", "a"], ["e"], domain=ML)
    shape = helper.make_node("Reshape", ["e", "n"], ["y"])
    zoo.add("pipeline.labels", [scale, tree, argmax, extract, shape], {"x": x}, {"c": np.array([5, 9], I64), "n": np.array([-1], I64)}, ml=3)
    linear = helper.make_node("LinearClassifier", ["s"], ["l", "q"], domain=ML, coefficients=random.randn(12).astype(F32).tolist(), intercepts=[0.1, 0.2, 0.3], classlabels_ints=[0, 1, 2], post_transform="SOFTMAX", multi_class=1)
    norm = helper.make_node("Normalizer", ["q"], ["p"], domain=ML, norm="L1")
    zoo.add("pipeline.linear", [scale, linear, norm, cast], {"x": x}, outputs=("y", "p"), ml=1, types={"y": TensorProto.INT64})


def words(zoo):
    """What counts words, in the forms of scikit-learn's exporter and of onnx's own cases."""
    texts = np.array(["The caf\u00e9, the market", "GAIN_7 and x2!", "", "\u00c5land A\u00c4\u00d6 \u0130"])
    text = {"y": TensorProto.STRING}
    for case in ("NONE", "LOWER", "UPPER"):
        zoo.op(case, "StringNormalizer", {"x": texts}, types=text, case_change_action=case, is_case_sensitive=0, locale="C.UTF-8")
    zoo.op("row", "StringNormalizer", {"x": texts.reshape(1, 4)}, types=text, case_change_action="LOWER", locale="C.UTF-8")
    for name, attributes in (
        ("words", {"tokenexp": "[a-zA-Z0-9_]+"}), ("letters", {"tokenexp": "."}), ("named", {"tokenexp": r"\w+"}), ("digits", {"tokenexp": r"\d"}), ("not", {"tokenexp": "[^a-z ]+"}),
        ("longer", {"tokenexp": "[a-z]+", "mincharnum": 3}), ("marks", {"tokenexp": "[a-z]+", "mark": 1}), ("pad", {"tokenexp": r"[\w-]+", "pad_value": "<none>"}), ("none", {"tokenexp": "[0]+"}),
        ("one_by_one", {"separators": [""]}), ("one_by_one_marks", {"separators": [""], "mark": 1}), ("none_marks", {"tokenexp": "[#]+", "mark": 1}), ("escaped", {"tokenexp": r"[\.\s,]"}),
    ):  # fmt: skip
        attributes = {"mark": 0, "mincharnum": 1, "pad_value": "#"} | attributes
        zoo.op(name, "Tokenizer", {"x": texts}, types=text, domain="com.microsoft", **attributes)
        zoo.op(name + "_table", "Tokenizer", {"x": texts.reshape(2, 2)}, types=text, domain="com.microsoft", **attributes)
    random = zoo.random("words")
    pool = {"ngram_counts": [0, 3], "ngram_indexes": [0, 1, 2, 3, 4, 5], "pool_int64s": [2, 3, 5, 5, 4, 5, 6, 7, 8]}
    names = pool | {"pool_strings": [f"w{number}" for number in pool["pool_int64s"]]}
    del names["pool_int64s"]
    weights = [float(np.float32(weight)) for weight in random.rand(6)]
    for mode in ("TF", "IDF", "TFIDF"):
        for lengths in ((1, 1), (1, 2), (2, 2)):
            for skips in (0, 1, 5):
                attributes = dict(mode=mode, min_gram_length=lengths[0], max_gram_length=lengths[1], max_skip_count=skips, weights=weights)
                label = f"{mode}_{lengths[0]}{lengths[1]}_{skips}"
                numbers = random.randint(2, 9, (3, 12))
                zoo.op(label, "TfIdfVectorizer", {"x": numbers.astype(I64)}, **pool, **attributes)
                zoo.op(label + "_list", "TfIdfVectorizer", {"x": numbers[0].astype(I32)}, **pool, **attributes)
                zoo.op(label + "_text", "TfIdfVectorizer", {"x": np.array([[f"w{number}" for number in row] for row in numbers])}, **names, **attributes)
    node = lambda operator, *rest, **more: helper.make_node(operator, *rest, **more)
    chain = [
        node("StringNormalizer", ["x"], ["a"], case_change_action="LOWER", locale="C.UTF-8"), node("Tokenizer", ["a"], ["b"], domain="com.microsoft", tokenexp="[a-z0-9_]+", mark=0, mincharnum=1, pad_value="#"),
        node("Flatten", ["b"], ["c"]), node("TfIdfVectorizer", ["c"], ["d"], mode="TF", min_gram_length=1, max_gram_length=1, max_skip_count=0, ngram_counts=[0], ngram_indexes=[0, 1, 2], pool_strings=["the", "market", "x2"]),
        node("Mul", ["d", "w"], ["y"]),
    ]  # fmt: skip
    zoo.add("pipeline.words", chain, {"x": texts}, {"w": np.array([0.5, 2, 3], F32)}, ms=True)
