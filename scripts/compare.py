"""Compares the engine with tract natively and with onnxruntime.

    compare.py conformance CASES LIST       every case of scripts/conformance_cases.py, in the engine and natively
    compare.py bits COUNT CASES BACKEND...  so many of the same cases, or `all`, in the engine on several back ends: outputs, traces, units, memory
    compare.py answers WORK NAME=PATH[@SHAPES]...       whether models run, and agree with onnxruntime
    compare.py models RUNS WORK NAME=PATH[@SHAPES]...   answers, times and memory of models
    compare.py kernels RUNS WORK NAME=PATH[@SHAPES]...  times with each kind of kernels, over onnxruntime's

ASSAY_RUNNER and ASSAY_NATIVE are the command lines of the two programs that it drives: the example `runner` of the engine and
`assay-native`. ASSAY_UNGUARDED, which `models` needs, is the runner of an engine without guards.
"""

import os
import pathlib
import re
import shlex
import statistics
import subprocess
import sys
import time

import numpy as np
from bundles import decode

# Wide enough for the precision of the conformance suite's own expected values.
CASE_TOLERANCE = {"rtol": 1e-3, "atol": 1e-5}
MODEL_TOLERANCE = {"rtol": 1e-3, "atol": 1e-4}
# No model takes more than this many seconds of runs on each side, whatever RUNS says, once each side had five.
PATIENCE = 20


class Failed(Exception):
    """The answer of a program that cannot do as asked."""


class Program:
    """One of the two programs, started again when it dies."""

    def __init__(self, variable, *arguments):
        self.command = [*shlex.split(os.environ[variable]), *arguments]
        self.process = None

    def ask(self, *parts):
        if self.process is None or self.process.poll() is not None:
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
            )
        try:
            self.process.stdin.write("\t".join(map(str, parts)) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise Failed(f"the program died with {self.process.wait()}")
        word, _, rest = line.rstrip("\n").partition("\t")
        if word != "ok":
            raise Failed(rest)
        return rest.split("\t")

    def peak(self):
        """Most memory that the process has had resident, in MiB."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) / 1024

    def close(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None
# The engine refuses to make text of numbers and numbers of text: runtimes write the same number in several ways.
TEXT_CAST = re.compile(r"test_cast(like)?_.*STRING")


def difference(found, expected, tolerance):
    """Why two bundles differ, or None."""
    if len(found) != len(expected):
        return f"{len(found)} outputs, not {len(expected)}"
    for (name, right), array in zip(expected.items(), found.values()):
        if array.dtype != right.dtype:
            return f"`{name}` is {array.dtype}, not {right.dtype}"
        if array.shape != right.shape:
            return f"`{name}` has shape {list(array.shape)}, not {list(right.shape)}"
        if array.dtype.kind == "f":
            same = np.isclose(array.astype(np.float64), right.astype(np.float64), equal_nan=True, **tolerance)
        else:
            same = array == right
        if not same.all():
            return f"`{name}` differs in {int((~same).sum())} of {same.size} elements"
    return None


def case(program, stem, out):
    try:
        program.ask("load", stem.with_name(stem.name + ".onnx"), stem.with_name(stem.name + ".in"))
        program.ask("run", out)
    except Failed as why:
        return str(why)[:160]
    expected = decode(stem.with_name(stem.name + ".out").read_bytes())
    return difference(decode(out.read_bytes()), expected, CASE_TOLERANCE) or "pass"


def conformance(cases, target):
    """A line for each case: its name, and for engine and native tract `pass` or why not."""
    cases = pathlib.Path(cases)
    engine, native = Program("ASSAY_RUNNER"), Program("ASSAY_NATIVE")
    names = sorted(path.name[: -len(".onnx")] for path in cases.glob("*.onnx"))
    lines, started = [], time.monotonic()
    for index, name in enumerate(names):
        guest = case(engine, cases / name, cases / "found")
        lines.append(f"{name}\t{guest}\t{case(native, cases / name, cases / 'found')}\n")
        if (index + 1) % 200 == 0:
            print(f"    {index + 1} of {len(names)} cases, {time.monotonic() - started:.0f} s", file=sys.stderr)
    pathlib.Path(target).write_text("".join(lines) + (cases / "skipped").read_text())
    rows = [line.rstrip("\n").split("\t") for line in lines]
    worse = [name for name, guest, native in rows if native == "pass" and guest != "pass" and not TEXT_CAST.match(name)]
    print("| inputs | cases | pass in the engine | pass natively | pass natively alone |")
    print("|---|---|---|---|---|")
    for variant, meaning in ("variable", "all given at the run"), ("constant", "all but the first in the model"):
        some = [row for row in rows if row[0].endswith("." + variant)]
        passed = [sum(row[column] == "pass" for row in some) for column in (1, 2)]
        alone = sum(name.endswith("." + variant) for name in worse)
        print(f"| {meaning} | {len(some)} | {passed[0]} | {passed[1]} | {alone} |")
    for name in worse:
        print(f"passes natively and not in the engine: {name}", file=sys.stderr)
    return not worse


def bits(count, cases, *backends):
    """Checks that cases end in the same way, with the same output, trace, units and memory, on each back end."""
    cases = pathlib.Path(cases)
    names = sorted(path.name[: -len(".onnx")] for path in cases.glob("*.onnx"))
    if count != "all":
        names = names[:: max(1, len(names) // int(count))]
    variables = [f"ASSAY_RUNNER_{backend.upper()}" for backend in backends]
    programs = [
        Program(variable if variable in os.environ else "ASSAY_RUNNER", backend)
        for variable, backend in zip(variables, backends)
    ]

    def found(program, stem):
        try:
            loaded = program.ask("load", stem.with_name(stem.name + ".onnx"), stem.with_name(stem.name + ".in"))
            return loaded[1:] + program.ask("run", "-")[1:]
        except Failed as why:
            return str(why)

    answers = {name: [found(program, cases / name) for program in programs] for name in names}
    differ = [name for name, each in answers.items() if any(one != each[0] for one in each)]
    ran = sum(isinstance(each[0], list) for each in answers.values())
    print(f"{len(names)} cases, of which {ran} run, on {', '.join(backends)}: {len(differ)} differ")
    for name in differ:
        print(f"{name}: {answers[name]}", file=sys.stderr)
    return ran > 0 and not differ


class Onnxruntime:
    """The reference, on one thread."""

    def __init__(self, path, inputs):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4
        try:
            self.session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
            self.names = [output.name for output in self.session.get_outputs()]
            self.inputs = inputs
            self.outputs()
        except Exception as why:
            raise Failed(f"onnxruntime: {' '.join(str(why).split())[:120]}") from why

    def outputs(self):
        return dict(zip(self.names, self.session.run(None, self.inputs)))

    def ask(self, *_):
        start = time.perf_counter_ns()
        self.session.run(None, self.inputs)
        return [time.perf_counter_ns() - start]


def is_quantized(path):
    model = pathlib.Path(path).read_bytes()
    return any(operator in model for operator in (b"QuantizeLinear", b"MatMulInteger", b"ConvInteger", b"QLinear"))


def agreement(found, right, quantized):
    why = difference(found, right, MODEL_TOLERANCE)
    if why is None:
        return "yes"
    if quantized:
        pairs = [(a, b) for a, b in zip(found.values(), right.values()) if a.shape == b.shape and a.ndim and a.size]
        same = [(np.argmax(a, -1) == np.argmax(b, -1)).mean() for a, b in pairs if a.shape[-1] > 1]
        if same:
            return f"arg-max {100 * statistics.mean(same):.0f} %"
        worst = max(float(np.abs(a.astype(np.float64) - b).max()) for a, b in pairs)
        return f"within {worst:.2g}"
    return why


def best_times(sides, runs):
    """The best of at least five runs of each side in nanoseconds, the sides in turn."""
    times = {name: [] for name in sides}
    started = time.monotonic()
    while len(min(times.values(), key=len)) < runs:
        done = len(next(iter(times.values())))
        if done >= 5 and time.monotonic() - started > PATIENCE * len(sides):
            break
        for name, ask in sides.items():
            times[name].append(int(ask()[0]))
    return {name: min(found) for name, found in times.items()}


def model_row(name, path, shapes, runs, work):
    """Cells of a model's row, or why it has none."""
    engine, unguarded, native = Program("ASSAY_RUNNER"), Program("ASSAY_UNGUARDED"), Program("ASSAY_NATIVE")
    given, found = work / "in", work / "found"
    sides, notes, row = {}, [], {"model": name, "KiB": f"{os.path.getsize(path) / 1024:.0f}"}
    try:
        try:
            engine.ask("sample", path, shapes or "-", given)
        except Failed as why:
            row["note"] = f"engine: {why}"
            return row
        inputs = decode(given.read_bytes())
        try:
            load = engine.ask("load", path, given)
            row["load ms"] = f"{int(load[0]) / 1e6:.0f}"
            row["image MiB"] = f"{int(load[3]) / 2**20:.0f}"
            engine.ask("run", found)
            sides["engine"] = lambda: engine.ask("run", "-")
            sides["untraced"] = lambda: engine.ask("run", "-", 0)
            unguarded.ask("load", path, given)
            unguarded.ask("run", "-", 0)
            sides["unguarded"] = lambda: unguarded.ask("run", "-", 0)
        except Failed as why:
            notes.append(f"engine: {why}")
        try:
            native.ask("load", path, given)
            native.ask("run", "-")
            sides["native"] = lambda: native.ask("run", "-")
        except Failed as why:
            notes.append(f"native: {why}")
        try:
            reference = Onnxruntime(path, inputs)
            sides["onnxruntime"] = reference.ask
            if "engine" in sides:
                row["agrees"] = agreement(decode(found.read_bytes()), reference.outputs(), is_quantized(path))
        except Failed as why:
            notes.append(str(why))
        if sides:
            times = best_times(sides, runs)
            row |= {f"{side} ms": f"{nanoseconds / 1e6:.2f}" for side, nanoseconds in times.items()}
            row["times"] = times
            row["peak MiB"] = f"{engine.peak():.0f}" if "engine" in sides else ""
            row["native MiB"] = f"{native.peak():.0f}" if "native" in sides else ""
    finally:
        engine.close()
        unguarded.close()
        native.close()
    row["note"] = "; ".join(notes)
    return row


COLUMNS = [
    "model", "KiB", "agrees", "engine ms", "native ms", "onnxruntime ms", "engine / native", "native / onnxruntime",
    "engine / onnxruntime", "trace %", "guards %", "load ms", "image MiB", "peak MiB", "native MiB", "note",
]  # fmt: skip


def share(times, without):
    """Percent of the engine's time that a run without something saves."""
    return 100 * max(0, 1 - times[without] / times["engine"])


def finish_row(row):
    """Adds the ratios."""
    times = row.get("times", {})
    for over, under in ("engine", "native"), ("native", "onnxruntime"), ("engine", "onnxruntime"):
        if over in times and under in times:
            row[f"{over} / {under}"] = f"{times[over] / times[under]:.2f}"
    if "engine" in times:
        for what, without in ("trace", "untraced"), ("guards", "unguarded"):
            row[f"{what} %"] = f"{share(times, without):.0f}"
    return row


def summary(rows):
    """Medians over models whose native run takes a millisecond or more: below, starting the run is what is measured."""
    timed = [row["times"] for row in rows if row.get("times", {}).get("native", 0) >= 1_000_000 and "engine" in row["times"]]
    for over, under in ("engine", "native"), ("native", "onnxruntime"), ("engine", "onnxruntime"):
        ratios = [times[over] / times[under] for times in timed if over in times and under in times]
        if ratios:
            print(f"{over} / {under}: median {statistics.median(ratios):.2f}, worst {max(ratios):.2f}, over {len(ratios)} models of 1 ms and more")
    for what, without in ("trace", "untraced"), ("all guards", "unguarded"):
        shares = [share(times, without) for times in timed]
        if shares:
            print(f"{what}: median {statistics.median(shares):.1f} %, worst {max(shares):.1f} %, over the same models")
    runs = [row for row in rows if "engine" in row.get("times", {})]
    natively = [row for row in rows if "native" in row.get("times", {})]
    alone = [row["model"] for row in natively if row not in runs]
    right = [row for row in runs if row.get("agrees", "").startswith(("yes", "arg-max 100"))]
    print(f"{len(rows)} models: {len(runs)} run in the engine, {len(natively)} natively, {len(right)} of the engine's agree with onnxruntime")
    if alone:
        print(f"natively alone: {', '.join(alone)}")
    return not alone


def models(runs, work, *arguments):
    work = pathlib.Path(work)
    work.mkdir(parents=True, exist_ok=True)
    rows = []
    print(f"| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}")
    for argument in arguments:
        name, _, rest = argument.partition("=")
        path, _, shapes = rest.partition("@")
        rows.append(finish_row(model_row(name, path, shapes, int(runs), work)))
        print(f"| {' | '.join(rows[-1].get(column, '').replace('|', '/') for column in COLUMNS)} |", flush=True)
    print()
    return summary(rows)


def answer(name, path, shapes, work):
    """The engine's agreement with onnxruntime on a model, or why there is none."""
    engine, given, found = Program("ASSAY_RUNNER"), work / "in", work / "found"
    try:
        engine.ask("sample", path, shapes or "-", given)
        engine.ask("load", path, given)
        engine.ask("run", found)
        reference = Onnxruntime(path, decode(given.read_bytes()))
        return agreement(decode(found.read_bytes()), reference.outputs(), is_quantized(path))
    except Failed as why:
        return str(why)
    finally:
        engine.close()


def answers(work, *arguments):
    """A row for each model: its size, and the engine's agreement with onnxruntime."""
    work = pathlib.Path(work)
    work.mkdir(parents=True, exist_ok=True)
    print("| model | KiB | agrees |\n|---|---|---|")
    agree = 0
    for argument in arguments:
        name, _, rest = argument.partition("=")
        path, _, shapes = rest.partition("@")
        found = answer(name, path, shapes, work)
        agree += found == "yes" or found.startswith("arg-max 100 ")
        print(f"| {name} | {os.path.getsize(path) / 1024:.0f} | {found.replace('|', '/')} |", flush=True)
    print(f"\n{agree} of {len(arguments)} agree")
    return True


# Kinds of kernels, as the runner names its back ends. `threads` are the native ones by two threads.
KERNELS = ["native", "threads", "avx2", "reference"]


def kernels_row(name, path, shapes, runs, work):
    """Nanoseconds of a model with each kind of kernels and in onnxruntime, and whether answers agree and bits are equal."""
    programs = {kind: Program("ASSAY_RUNNER", kind) for kind in KERNELS}
    given, found, bits = work / "in", work / "found", set()
    try:
        programs["native"].ask("sample", path, shapes or "-", given)
        for program in programs.values():
            program.ask("load", path, given)
            bits.add(tuple(program.ask("run", found)[1:]))
        reference = Onnxruntime(path, decode(given.read_bytes()))
        agrees = agreement(decode(found.read_bytes()), reference.outputs(), is_quantized(path))
        sides = {kind: (lambda program=program: program.ask("run", "-")) for kind, program in programs.items()}
        return best_times(sides | {"onnxruntime": reference.ask}, runs), agrees, len(bits) == 1
    finally:
        for program in programs.values():
            program.close()


def kernels(runs, work, *arguments):
    """A row for each model: onnxruntime's time, and the engine's over it."""
    work = pathlib.Path(work)
    work.mkdir(parents=True, exist_ok=True)
    ratios, good = {kind: [] for kind in KERNELS}, True
    print(f"| model | agrees | same bits | onnxruntime ms | {' | '.join(KERNELS)} |\n|{'---|' * (4 + len(KERNELS))}")
    for argument in arguments:
        name, _, rest = argument.partition("=")
        path, _, shapes = rest.partition("@")
        try:
            times, agrees, same = kernels_row(name, path, shapes, int(runs), work)
        except Failed as why:
            print(f"| {name} | {why} |", flush=True)
            continue
        good &= same
        over = {kind: times[kind] / times["onnxruntime"] for kind in KERNELS}
        if times["onnxruntime"] >= 1_000_000:
            for kind, ratio in over.items():
                ratios[kind].append(ratio)
        cells = [name, agrees.replace("|", "/"), "yes" if same else "NO", f"{times['onnxruntime'] / 1e6:.2f}"]
        print(f"| {' | '.join(cells + [f'{ratio:.2f}' for ratio in over.values()])} |", flush=True)
    print()
    for kind, found in ratios.items():
        if found:
            print(
                f"engine / onnxruntime with {kind} kernels: median {statistics.median(found):.2f}, worst {max(found):.2f}, "
                f"over {len(found)} models of 1 ms and more"
            )
    return good


COMMANDS = {"answers": answers, "bits": bits, "conformance": conformance, "kernels": kernels, "models": models}

if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in COMMANDS:
        sys.exit(__doc__)
    sys.exit(0 if COMMANDS[sys.argv[1]](*sys.argv[2:]) else 1)
