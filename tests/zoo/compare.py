"""Small models by operator, attribute, type and opset, in the engine and in onnxruntime; where that has no kernel, in onnx's reference.

    compare.py WORK [--short] [--only TEXT] [--list FILE]

An answer that differs is wrong and an error. A model that the engine refuses is counted; more than the share that is allowed is an
error too. ASSAY_RUNNER is the command line of the engine's example `runner`. `--list` writes what became of each case.
"""

import argparse
import collections
import pathlib
import sys

import numpy as np
import onnx
import onnxruntime
from onnx.reference import ReferenceEvaluator

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent.parent / "scripts")]

import arithmetic  # noqa: E402
import layers  # noqa: E402
import sequences  # noqa: E402
import tabular  # noqa: E402
import tensors  # noqa: E402
from build import Zoo  # noqa: E402
from engine import Engine, Failed  # noqa: E402

TOLERANCE = {"rtol": 1e-3, "atol": 1e-5}
# Most of the models, in percent, that the engine may refuse.
MOST_REFUSED = 5
# The short selection takes one case in so many, and every one of these operators.
SHORT = 6
ALWAYS = ("TreeEnsemble", "Linear", "SVM", "pipeline")
PARTS = (
    arithmetic.unary, arithmetic.clip, arithmetic.binary, arithmetic.casts, arithmetic.reductions, tensors.shapes, tensors.indices, layers.products,
    layers.convolutions, layers.recurrent, layers.quantised, layers.followed, layers.control, layers.loops, layers.functions,
    sequences.sequences, sequences.optionals, tabular.trees, tabular.ensembles, tabular.linear, tabular.vectors, tabular.preparation, tabular.pipelines, tabular.words,
)  # fmt: skip


def of_onnxruntime(case):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    return onnxruntime.InferenceSession(case.model, options, providers=["CPUExecutionProvider"]).run(None, case.inputs)


def of_reference(case):
    return ReferenceEvaluator(onnx.load_from_string(case.model)).run(None, case.inputs)


def expected(case):
    """The first side that answers, and its answer; neither if no side takes the model."""
    sides = (of_reference, of_onnxruntime) if case.contested else (of_onnxruntime, of_reference)
    for side in sides:
        try:
            # The engine gives the tensors of a sequence as outputs of their own.
            answer = [value for output in side(case) for value in (output if isinstance(output, list) else [output])]
            if all(isinstance(value, np.ndarray) or np.isscalar(value) for value in answer):
                return side.__name__[3:], [np.asarray(value) for value in answer]
        except Exception:
            continue
    return None, None


def difference(found, right):
    if len(found) != len(right):
        return f"{len(found)} outputs, not {len(right)}"
    for index, (have, want) in enumerate(zip(found, right)):
        if have.dtype != want.dtype or have.shape != want.shape:
            return f"output {index} is {have.dtype}{list(have.shape)}, not {want.dtype}{list(want.shape)}"
        if want.dtype.kind == "f":
            tolerance = TOLERANCE if want.dtype != np.float16 else {"rtol": 4e-3, "atol": 1e-3}
            same = np.isclose(have.astype(np.float64), want.astype(np.float64), equal_nan=True, **tolerance)
        else:
            same = have == want
        if not same.all():
            at = tuple(np.argwhere(~same)[0])
            return f"output {index} at {[int(i) for i in at]} is {have[at]}, not {want[at]}; {int((~same).sum())} of {same.size} differ"
    return None


def judge(engine, case):
    """`right`, `refused` or `wrong`, by whose word, and why."""
    side, right = expected(case)
    if side is None:
        return "nobody", "", "neither onnxruntime nor the reference runs it"
    try:
        found = list(engine.run(case.model, case.inputs).values())
    except Failed as why:
        return "refused", side, str(why)
    why = difference(found, right)
    return ("wrong", side, why) if why else ("right", side, "")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("work", type=pathlib.Path)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--only", default="")
    parser.add_argument("--list", type=pathlib.Path)
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    zoo = Zoo()
    for part in PARTS:
        part(zoo)
    cases = [case for case in zoo.cases if arguments.only in case.name]
    if arguments.short:
        cases = [case for index, case in enumerate(cases) if index % SHORT == 0 or (case.name.startswith(ALWAYS) and index % 2 == 0)]
    engine = Engine(arguments.work)
    counts, lines = collections.Counter(), []
    for case in cases:
        verdict, side, why = judge(engine, case)
        counts[verdict] += 1
        lines.append(f"{case.name}\t{verdict}\t{side}\t{why}\n")
        if verdict == "wrong":
            print(f"{case.name}: by {side}: {why}", file=sys.stderr)
    if arguments.list:
        arguments.list.write_text("".join(lines))
    total = counts["right"] + counts["wrong"] + counts["refused"]
    refused = 100 * counts["refused"] / max(1, total)
    print(f"{total} models: {counts['right']} right, {counts['refused']} refused ({refused:.1f} %), {counts['wrong']} wrong; {counts['nobody']} that nobody else runs")
    if counts["wrong"]:
        sys.exit("an answer is wrong, see above")
    if refused > MOST_REFUSED and not arguments.only:
        sys.exit(f"more than {MOST_REFUSED} % of the models are refused")


if __name__ == "__main__":
    main()
