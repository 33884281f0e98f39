"""Models for scripts/hub-load.sh, each with an input and with what onnxruntime answers.

    hub_models.py prepare N OUT CASES LIST REAL    makes models until N are good, and lists them in
                                                   OUT/models-N.json
    hub_models.py report N OUT RUN                 checks what the network answered, and prints the tables

CASES is what scripts/conformance_cases.py wrote, LIST is engine/conformance.tsv, REAL the output of scripts/real-models.sh.
ASSAY_RUNNER is the command line of the engine's example `runner`: a candidate that the engine does not run, or on which it and
onnxruntime differ, is not registered, and is listed with the reason.
"""

import collections
import hashlib
import json
import multiprocessing
import os
import pathlib
import re
import sys
import time

import numpy as np
import onnx
import onnxruntime
from bundles import TYPES, decode, encode
from compare import CASE_TOLERANCE, MODEL_TOLERANCE, Failed, Program, difference

# Limits of a run on a machine that runs four validators: the largest input that travels in a call, in bytes, and compute units.
MAX_INLINE = 64 * 1024
# More units than this take several seconds in each of the eight runs that a model gets.
MAX_UNITS = 8 * 10**9
# Candidates of scikit-learn that are placed beside all the others; what comes after them is there to fill up.
MOST_FITTED = 2_200


def element_type(array):
    return next(number for number, kind in TYPES.items() if np.dtype(kind) == array.dtype)


def ask_onnxruntime(path, inputs):
    """The reference's outputs, in the model's order."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        names = [output.name for output in session.get_outputs()]
        return dict(zip(names, session.run(names, inputs)))
    except Exception as why:
        raise Failed(f"onnxruntime: {' '.join(str(why).split())[:100]}") from why


def operator_graph(model):
    """A hash over operators, their attributes and how they are joined, without names and without what was learned."""
    numbers, parts = {}, []

    def number(name):
        return numbers.setdefault(name, len(numbers)) if name else -1

    def attribute(entry):
        if entry.type == onnx.AttributeProto.GRAPH:
            return operator_graph_parts(entry.g)
        # Lists hold trees, coefficients and shapes; single values say what an operator does.
        single = {onnx.AttributeProto.INT: entry.i, onnx.AttributeProto.STRING: entry.s, onnx.AttributeProto.FLOAT: None}
        return str(single.get(entry.type))

    def operator_graph_parts(graph):
        given = [(number(value.name), value.type.tensor_type.elem_type) for value in graph.input]
        nodes = [
            (
                node.domain,
                node.op_type,
                [number(name) for name in node.input],
                [number(name) for name in node.output],
                sorted((entry.name, attribute(entry)) for entry in node.attribute),
            )
            for node in graph.node
        ]
        return given, nodes, [number(value.name) for value in graph.output]

    parts.append(operator_graph_parts(model.graph))
    return hashlib.blake2b(repr(parts).encode(), digest_size=16).hexdigest()


class Candidate:
    """A candidate for a model: a group, a name, and functions that make its file and its input."""

    def __init__(self, group, name, kind, source):
        self.group, self.name, self.kind, self.source = group, name, kind, source

    def rank(self):
        return hashlib.blake2b(f"{self.group} {self.name}".encode(), digest_size=8).hexdigest()

    def make(self, stem, runner):
        """Writes the model and its input."""
        model, given = stem.with_suffix(".onnx"), stem.with_suffix(".in")
        if self.group == "conformance":
            source = pathlib.Path(self.source)
            model.write_bytes(source.with_name(source.name + ".onnx").read_bytes())
            given.write_bytes(source.with_name(source.name + ".in").read_bytes())
        elif self.group == "real":
            path, _, shapes = self.source.partition("@")
            model.write_bytes(pathlib.Path(path).read_bytes())
            runner.ask("sample", model, shapes or "-", given)
        else:
            import hub_zoo

            try:
                built = hub_zoo.build(*self.source)
            except Exception as why:
                raise Failed(f"scikit-learn or skl2onnx: {type(why).__name__}") from why
            if built is None:
                raise Failed("not a combination")
            model.write_bytes(built[0])
            given.write_bytes(encode([("X", 1, built[1])]))


def agree(group, found, right):
    """Why what the engine or the network found is not what onnxruntime did, or None."""
    tolerance = CASE_TOLERANCE if group == "conformance" else MODEL_TOLERANCE
    return difference(decode(found), decode(right), tolerance)


def screen(candidate, out, runner):
    """Makes a candidate and has the engine and onnxruntime run it. A record, with `excluded` if it is not to be registered."""
    stem = out / candidate.rank()
    record = {"group": candidate.group, "name": candidate.name, "kind": candidate.kind, "file": stem.name}
    try:
        candidate.make(stem, runner)
        model, given = stem.with_suffix(".onnx"), stem.with_suffix(".in")
        inputs = decode(given.read_bytes())
        if given.stat().st_size > MAX_INLINE and candidate.group != "real":
            raise Failed("its input does not fit into a call")
        right = ask_onnxruntime(model, inputs)
        if not all(isinstance(array, np.ndarray) and array.dtype in map(np.dtype, TYPES.values()) for array in right.values()):
            raise Failed("an output that bundles have not")
        reference = stem.with_suffix(".ref")
        reference.write_bytes(encode([(name, element_type(array), array) for name, array in right.items()]))
        load = runner.ask("load", model, given)
        found = stem.with_suffix(".found")
        runner.ask("run", found)
        why = agree(candidate.group, found.read_bytes(), reference.read_bytes())
        found.unlink()
        if why:
            raise Failed(f"engine and onnxruntime differ: {why}")
        units = int(load[1]) + int(load[2]) if load[2] != "-" else None
        if units is not None and units > MAX_UNITS:
            raise Failed(f"more than {MAX_UNITS} compute units")
        record |= {
            "bytes": model.stat().st_size,
            "sha": hashlib.sha256(model.read_bytes()).hexdigest(),
            "graph": operator_graph(onnx.load(model)),
            "operators": sorted({node.op_type for node in onnx.load(model).graph.node}),
            "units": units,
        }
    except Failed as why:
        record["excluded"] = str(why)
    except Exception as why:
        record["excluded"] = f"{type(why).__name__}: {' '.join(str(why).split())[:100]}"
    return record


def all_candidates(cases, listed, real):
    for line in pathlib.Path(listed).read_text().splitlines():
        name, engine = line.split("\t")[:2]
        if engine == "pass":
            yield Candidate("conformance", name, "conformance", str(pathlib.Path(cases) / name))
    for line in pathlib.Path(real).read_text().splitlines():
        name, _, source = line.partition("=")
        yield Candidate("real", name, "real", source)
    import hub_zoo

    for kind, estimator, before, data in hub_zoo.candidates():
        name = "/".join(part for part in (data, estimator, before.replace("+", "-")) if part)
        yield Candidate("scikit-learn", name, f"{kind}\t{estimator}\t{data}", (kind, estimator, before, data))


def mixed(candidates):
    """The groups side by side, each in an order that has nothing to do with its content, so that the first hundred are like all."""
    groups = collections.defaultdict(list)
    for candidate in sorted(candidates, key=Candidate.rank):
        groups[candidate.group].append(candidate)
    # scikit-learn has more than are asked for: of the others none is to be left out.
    length = {name: min(len(group), MOST_FITTED) for name, group in groups.items()}
    placed = [((index + 0.5) / length[name], candidate) for name, group in groups.items() for index, candidate in enumerate(group)]
    return [candidate for _, candidate in sorted(placed, key=lambda entry: entry[0])]


state = {}


def start_worker(out):
    state["out"] = pathlib.Path(out)
    state["runner"] = Program("ASSAY_RUNNER")


def work(candidate):
    # A record that an earlier run left is right as long as the cache is.
    kept = state["out"] / f"{candidate.rank()}.json"
    if kept.exists():
        return json.loads(kept.read_text())
    record = screen(candidate, state["out"], state["runner"])
    kept.write_text(json.dumps(record))
    return record


def prepare(count, out, cases, listed, real):
    count, target = int(count), pathlib.Path(out)
    target.mkdir(parents=True, exist_ok=True)
    if "ASSAY_RUNNER" not in os.environ:
        sys.exit("ASSAY_RUNNER is not set: run scripts/hub-load.sh, which sets it")
    ordered = mixed(all_candidates(cases, listed, real))
    good, excluded, seen, started, last = [], [], {}, time.monotonic(), 0
    with multiprocessing.Pool(int(os.environ.get("HUB_JOBS", "2")), start_worker, [str(target)]) as pool:
        for record in pool.imap(work, ordered, chunksize=4):
            if len(good) == count:
                break
            if record.get("excluded") == "not a combination":
                continue
            if "excluded" not in record and record["sha"] in seen:
                record = record | {"excluded": "the same bytes as another"}
            if "excluded" in record:
                excluded.append(record)
            else:
                seen[record["sha"]] = record["name"]
                good.append(record)
            if time.monotonic() - last > 20:
                last = time.monotonic()
                print(f"    {len(good)} of {count} models, {len(excluded)} excluded, {last - started:.0f} s", file=sys.stderr)
        pool.terminate()
    (target / f"models-{count}.json").write_text(json.dumps({"models": good, "excluded": excluded}))
    print(f"{len(good)} models, {len(excluded)} candidates excluded")
    return len(good) == count


def table(head, rows):
    print(f"| {' | '.join(head)} |\n|{'---|' * len(head)}")
    for row in rows:
        print(f"| {' | '.join(str(cell) for cell in row)} |")
    print()


def reason(record):
    """Why a candidate is left out, without what is particular to it."""
    text = record["excluded"]
    if text.startswith("engine and onnxruntime differ"):
        return "engine and onnxruntime differ: " + ("shape" if "shape" in text else "values")
    if text.startswith("ModelInvalid"):
        unknown = re.search(r"Unimplemented\((\w+)\)", text)
        if unknown:
            return f"engine: no operator {unknown[1]}"
        for sign in "Concat", "CumSum", "STFT", "Squeeze", "base_values", "If", "Scan", "Pad", "Normalizer", "TopK":
            if sign in text:
                return f"engine: {sign} cannot be analysed"
        return "engine: " + text.split(":")[1].strip().split(" ")[0]
    return text.split("[")[0].strip(" :")


def group_of(record):
    if record["group"] != "scikit-learn":
        return record["group"]
    return "scikit-learn, " + record["kind"].split("\t")[0]


def check(models, out, run):
    """Faults of the network's answers, by file."""
    wrong = {}
    for record in models:
        answer = run / f"{record['file']}.out"
        if not answer.exists():
            continue
        why = agree(record["group"], answer.read_bytes(), (out / f"{record['file']}.ref").read_bytes())
        if why:
            wrong[record["file"]] = why
    return wrong


def groups_table(models, excluded, found, wrong):
    rows = []
    for group in sorted({group_of(record) for record in models + excluded}):
        good = [record for record in models if group_of(record) == group]
        left = [record for record in excluded if group_of(record) == group]
        states = [found[record["file"]] for record in good]
        answered = [record for record in good if found[record["file"]]["state"] == "done"]
        rows.append(
            [
                group,
                len(good) + len(left),
                len(left),
                len(good),
                sum(state["state"] != "new" for state in states),
                sum(state.get("sampleUnits") is not None for state in states),
                len(answered),
                sum(record["file"] not in wrong for record in answered),
                len({record["graph"] for record in answered}),
            ]
        )
    graphs = len({record["graph"] for record in models if found[record["file"]]["state"] == "done"})
    rows.append(["**all**", *(sum(row[column] for row in rows) for column in range(1, 8)), graphs])
    head = ["group", "tried", "excluded", "prepared", "registered", "active", "run", "right", "distinct operator graphs of those"]
    table(head, rows)


def fitted_table(models):
    """Estimators by data sets: how many preprocessings each."""
    fitted = [record["kind"].split("\t") for record in models if record["group"] == "scikit-learn"]
    counts = collections.Counter((kind, estimator, data) for kind, estimator, data in fitted)
    sets = sorted({data for _, _, data in counts})
    rows = [
        [kind, estimator, *(counts[kind, estimator, data] or "" for data in sets)]
        for kind, estimator in sorted({(kind, estimator) for kind, estimator, _ in counts})
    ]
    table(["kind", "estimator", *sets], rows)


def report(count, out, run):
    out, run = pathlib.Path(out), pathlib.Path(run)
    prepared = json.loads((out / f"models-{count}.json").read_text())
    models, excluded = prepared["models"], prepared["excluded"]
    ran = json.loads((run / "run.json").read_text())
    found = {entry["file"]: entry for entry in ran["models"]}
    wrong = check(models, out, run)
    groups_table(models, excluded, found, wrong)
    ids = len({entry["id"] for entry in ran["models"]})
    print(f"{ids} distinct content ids prepared, {sum(record['bytes'] for record in models)} bytes of models.\n")

    seconds = {name: (time - ran["times"]["start"]) / 1000 for name, time in ran["times"].items()}
    active = sum(entry.get("sampleUnits") is not None for entry in ran["models"])
    done = sum(entry["state"] == "done" for entry in ran["models"])
    answering = seconds["answered"] - seconds["asked"]
    before = {name: sums["bytes"] for name, sums in ran["before"].items()}
    state = {name: sums["bytes"] - before.get(name, 0) for name, sums in ran["state"].items()}
    kept = [name for name in ("Models", "Samples", "Names", "Listing", "Blobs", "Provenances") if name in state]
    registry = sum(state[name] for name in kept)
    blobs = [sizes.get("blobs", 0) for sizes in ran["disk"]]
    chain = [sum(size for name, size in sizes.items() if name not in ("blobs", "engine")) for sizes in ran["disk"]]
    requests_again = sum(entry["redrawn"] + entry["tries"] for entry in ran["models"])
    table(
        ["what", "figure"],
        [
            ["seconds, all", f"{seconds['end']:.0f}"],
            ["blocks", ran["blocks"]],
            ["registrations with activation, per minute", f"{60 * active / seconds['active']:.1f}"],
            ["inferences that became final, per minute, beside that", f"{60 * done / answering:.1f}"],
            ["committees drawn again, and requests made again", requests_again],
            ["models registered again, no two thirds having spoken in time", sum(entry["registrations"] for entry in ran["models"])],
            ["bytes of the registry in the state, per model", f"{registry / active:.0f}"],
            *([f"of these in `{name}`", f"{state[name] / active:.0f}"] for name in kept),
            ["bytes of extrinsics, votes among them, per model", f"{ran['blockBytes'] / active:.0f}"],
            ["models that each validator holds", ", ".join(str(held) for held in ran["held"])],
            ["MB of blobs on disk, by validator", ", ".join(f"{size / 1e6:.1f}" for size in blobs)],
            ["MB of chain on disk (all states kept), by validator", ", ".join(f"{size / 1e6:.1f}" for size in chain)],
        ],
    )
    if "pages" in ran:
        table(["question", "models found", "pages", "longest page, ms"], [[p["what"], p["found"], p["pages"], p["ms"]] for p in ran["pages"]])
    reasons = collections.Counter((group_of(record), reason(record)) for record in excluded)
    table(["group", "excluded because", "candidates"], [[group, why, number] for (group, why), number in sorted(reasons.items())])
    fitted_table(models)
    for record in models:
        entry = found[record["file"]]
        why = wrong.get(record["file"]) or entry.get("why")
        if why:
            print(f"wrong: {record['name']}: {why}", file=sys.stderr)
    if done < len(models):
        print(f"{len(models) - done} models are not answered", file=sys.stderr)
    return not wrong and active == done == len(models)


COMMANDS = {"prepare": prepare, "report": report}

if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in COMMANDS:
        sys.exit(__doc__)
    sys.exit(0 if COMMANDS[sys.argv[1]](*sys.argv[2:]) else 1)
