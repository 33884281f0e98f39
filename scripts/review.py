#!/usr/bin/env python3
"""The house's numbers: how long functions and files are, how sentences begin, circles, missing documents, constants that stand twice.

    scripts/review.py             the table
    scripts/review.py --list      the table, and every place that it counts
    scripts/review.py --check     the table, and an error if a number is above its limit

A limit may only go down. A row whose limit is above its goal is work that is left.
"""

import ast
import collections
import pathlib
import re
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
ROOMS = {
    "blobs": ["blobs"],
    "clients": ["api", "cli", "client", "sdk"],
    "docs": ["README.md", "CONTRIBUTING.md", "SECURITY.md", "docs"],
    "engine": ["engine"],
    "memory": ["memory"],
    "node": ["node"],
    "pallets": ["pallets", "examples"],
    "primitives": ["primitives"],
    "receipts": ["receipts"],
    "runtime": ["runtime"],
    "scripts": ["scripts", ".ci", "docker"],
    "tests": ["tests"],
}
LONG_FUNCTION = 60
LONG_FILE = 1_000
# Per cent of the sentences in comments.
QUESTION_SENTENCES = 3.0
QUESTION = re.compile(r"(What|Who|Whether|Where|How)\b")
# row: (limit, goal)
LIMITS = {
    "functions above 60 lines, per cent": (1.1, 1.0),
    "files above 1,000 lines": (3, 0),
    "files in circles": (27, 0),
    "crates in circles": (0, 0),
    "places that the lint missing_docs leaves out": (7, 0),
    "calls without documented errors": (0, 0),
    "constants that stand twice": (19, 0),
}
for room in ROOMS:
    LIMITS[f"sentences that begin with a question word, {room}, per cent"] = (QUESTION_SENTENCES, QUESTION_SENTENCES)


def tracked():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout.split("\n")
    return [pathlib.PurePath(name) for name in listed if name and (ROOT / name).is_file()]


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def is_test(name):
    return bool({"tests", "mock"} & set(name.parts)) or name.stem in ("tests", "mock", "benchmarking")


# Comments, strings and characters of Rust. `bare` removes them and keeps the lines.
LITERALS = re.compile(r"""//[^\n]*|/\*.*?\*/|r(#*)".*?"\1|b?"(?:\\.|[^"\\])*"|b?'(?:\\[^\n]+?|[^'\\\n])'""", re.S)


def bare(text):
    return LITERALS.sub(lambda found: "\n" * found[0].count("\n"), text)


def without_tests(text):
    """Rust up to its module of tests, which stands last."""
    return re.split(r"#\[cfg\(test\)\]\s*(?:pub )?mod \w+ \{", text)[0]


def functions(text):
    """(name, line, lines) for every function with a body."""
    text = bare(text)
    for found in re.finditer(r"\bfn (\w+)(?=[<(])", text):
        depth, at = 0, found.end()
        while at < len(text) and not (depth == 0 and text[at] in "{;"):
            depth += (text[at] in "([") - (text[at] in ")]")
            at += 1
        if at == len(text) or text[at] == ";":
            continue
        start, depth = at, 0
        for at in range(start, len(text)):
            depth += (text[at] == "{") - (text[at] == "}")
            if depth == 0:
                break
        yield found[1], text.count("\n", 0, found.start()) + 1, text.count("\n", found.start(), at) + 1


PROSE = re.compile(r"^(?!#|\||    |<)[>\-*\d. ]*(.*)$")
HASH = re.compile(r"^\s*#(?!!)\s?(.*)$")
SLASHES = re.compile(r"^\s*(?://[/!]?|/\*\*|\*(?!/))\s?(.*?)(?:\*/)?$")
ITEM = re.compile(r"^(-|\*|\d+\.) ")


def comments(name, text):
    """(line, text) for every paragraph of a comment, or of a document. Headings, tables and examples are left out."""
    marker = PROSE if name.suffix == ".md" else HASH if name.suffix in (".sh", ".py", ".toml") else SLASHES
    if name.suffix == ".py":
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(node):
                yield node.body[0].lineno, ast.get_docstring(node)
    block, start, fenced = [], 0, False
    for number, line in enumerate([*text.split("\n"), ""], 1):
        match = marker.match(line)
        found = match[1].strip() if match else ""
        if found.startswith("```"):
            fenced, found = not fenced, ""
        if fenced or found.startswith(("#", "|")):
            found = ""
        if block and (not found or ITEM.match(line if name.suffix == ".md" else found)):
            yield start, " ".join(block)
            block = []
        if found:
            start = start if block else number
            block.append(found.lstrip("-* "))


def sentences(text):
    return [part for part in re.split(r"(?<=[.!?:])\s+(?=[A-Z`\"(])", text) if re.search(r"[a-z]{2}", part)]


def rust_modules(files):
    """file: (crate folder, module path) of everything below a src folder."""
    modules = {}
    for name in files:
        if "src" in name.parts and name.suffix == ".rs" and not is_test(name) and "bin" not in name.parts:
            at = name.parts.index("src")
            path = [part.removesuffix(".rs") for part in name.parts[at + 1 :]]
            if path[-1] in ("mod", "lib", "main"):
                path.pop()
            modules[name] = (name.parts[:at], tuple(path))
    return modules


def use_paths(text):
    """Paths that begin with crate or super, groups opened."""
    text = bare(text)
    for start in re.finditer(r"\b(?:crate|super)::", text):
        yield from opened(text, start.start(), [])


def opened(text, at, before):
    path = list(before)
    while True:
        word = re.compile(r"\s*(\w+|\*)\s*").match(text, at)
        if word:
            path.append(word[1])
            at = word.end()
            if text[at : at + 2] == "::":
                at += 2
                continue
            yield path
            return
        if text[at : at + 1] == "{":
            depth, at = 1, at + 1
            yield from opened(text, at, path)
            while at < len(text) and depth:
                depth += (text[at] == "{") - (text[at] == "}")
                if depth == 1 and text[at] == ",":
                    yield from opened(text, at + 1, path)
                at += 1
        else:
            yield path
        return


def rust_edges(files):
    modules = rust_modules(files)
    known = {place: name for name, place in modules.items() if name.name != "main.rs"}
    edges = collections.defaultdict(set)
    for name, (crate, module) in modules.items():
        for path in use_paths(without_tests(read(name))):
            here = list(module)
            while path and path[0] == "super":
                path, here = path[1:], here[:-1]
            if path and path[0] == "crate":
                path, here = path[1:], []
            target = here + path
            while target and (crate, tuple(target)) not in known:
                target.pop()
            # A module and the modules inside it are one room.
            if target and tuple(target) != module and tuple(target) != module[: len(target)] and module != tuple(target[: len(module)]):
                edges[name].add(known[crate, tuple(target)])
    return edges


def script_edges(files):
    edges = collections.defaultdict(set)
    for name in files:
        if name.suffix in (".js", ".mjs"):
            for found in re.findall(r"(?:from|import\()\s*'(\.[^']+)'", read(name)):
                edges[name].add(pathlib.PurePath((ROOT / name.parent / found).resolve().relative_to(ROOT)))
    return edges


def crate_edges(files):
    """Dependencies between crates of the workspace, those of tests left out, which cargo lets go in circles."""
    manifests = {}
    for name in files:
        found = re.search(r'^name = "(.+)"', read(name), re.M) if name.name == "Cargo.toml" else None
        if found:
            manifests[found[1]] = read(name)
    edges = collections.defaultdict(set)
    for crate, text in manifests.items():
        for section in re.findall(r"^\[(?:target\..*\.)?(?:build-)?dependencies\]\n(.*?)(?=^\[|\Z)", text, re.M | re.S):
            edges[crate] |= {other for other in re.findall(r"^([\w-]+)", section, re.M) if other in manifests}
    return edges


def circles(edges):
    """Groups of nodes that reach each other."""

    def reached(start):
        seen, ahead = set(), [start]
        while ahead:
            for node in edges.get(ahead.pop(), ()):
                if node not in seen:
                    seen.add(node)
                    ahead.append(node)
        return seen

    reach = {node: reached(node) for node in list(edges)}
    groups = {frozenset(other for other in reach[node] if node in reach.get(other, ())) for node in edges if node in reach[node]}
    return sorted(sorted(map(str, group)) for group in groups)


def calls(text):
    """(line, name, documented) for every call of a pallet."""
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if "#[pallet::call_index(" not in line:
            continue
        name = next(re.search(r"pub fn (\w+)", later)[1] for later in lines[number:] if "pub fn " in later)
        above = number - 1
        documents = []
        while above >= 0 and re.match(r"^\s*(///|#\[|\)\])", lines[above]):
            documents.append(lines[above])
            above -= 1
        yield number + 1, name, bool(re.search(r"Error::|# Errors", "\n".join(documents)))


CONSTANTS = {
    ".rs": r"^\s*(?:pub(?:\([a-z]+\))? )?(?:const|static) ([A-Z][A-Z0-9_]+): [^=\n]+= ([^\n]+);$",
    ".js": r"^\s*(?:export )?const ([A-Z][A-Z0-9_]+) = ([^\n]+);$",
    ".py": r"^([A-Z][A-Z0-9_]+) = ([^\n]+)$",
    ".sh": r"^readonly ([A-Z][A-Z0-9_]+)=([^\n]+)$",
}
CONSTANTS[".mjs"] = CONSTANTS[".js"]
# Each pallet has its own version of storage, and each crate its own target of logs.
OWN = ("STORAGE_VERSION", "LOG_TARGET")


def constants(files):
    """(name, value): places, of constants of Rust crates that stand with the same number or text in another file."""
    places = collections.defaultdict(list)
    for name in files:
        if name.suffix in CONSTANTS and (name.suffix != ".rs" or not is_test(name)):
            text = without_tests(read(name)) if name.suffix == ".rs" else read(name)
            for found in re.finditer(CONSTANTS[name.suffix], text, re.M):
                # `1_000`, `1_000n` and `1000` are one value.
                value = re.sub(r"(?<=\d)_|(?<=\d)n\b|[\s]", "", found[2]).replace("'", '"')
                if found[1] not in OWN and re.search(r"\d|\"", value):
                    places[found[1], value].append((name, text.count("\n", 0, found.start(1)) + 1))
    twice = {key: found for key, found in places.items() if len({name for name, _ in found}) > 1}
    return {key: found for key, found in twice.items() if any(name.suffix == ".rs" for name, _ in found)}


def measured(files):
    """row: (number, how it is printed, places)"""
    rust = [name for name in files if name.suffix == ".rs" and not is_test(name)]
    found = [(lines, f"{name}:{line} {function}") for name in rust for function, line, lines in functions(without_tests(read(name)))]
    long = sorted((one for one in found if one[0] > LONG_FUNCTION), reverse=True)
    sources = [name for name in files if name.suffix in (".rs", ".js", ".mjs", ".py", ".sh")]
    sizes = sorted(((read(name).count("\n"), str(name)) for name in sources), reverse=True)
    rows = {}
    rows["functions above 60 lines, per cent"] = (
        100 * len(long) / len(found),
        f"{len(long)} of {len(found)}, median {statistics.median(lines for lines, _ in found):.0f} lines, longest {long[0][1]} with {long[0][0]}" if long else f"0 of {len(found)}",
        [f"{place}: {lines} lines" for lines, place in long],
    )
    rows["files above 1,000 lines"] = (
        sum(lines > LONG_FILE for lines, _ in sizes),
        f"of {len(sizes)}, longest {sizes[0][1]} with {sizes[0][0]}",
        [f"{name}: {lines} lines" for lines, name in sizes if lines > LONG_FILE],
    )
    for room, folders in ROOMS.items():
        total, questions = 0, []
        for name in files:
            if str(name) in folders or name.parts[0] in folders:
                if name.suffix not in (".rs", ".js", ".mjs", ".py", ".sh", ".md", ".toml") or "results" in name.parts or name.name == "operators.md":
                    continue
                for line, text in comments(name, read(name)):
                    for sentence in sentences(text):
                        total += 1
                        if QUESTION.match(sentence):
                            questions.append(f"{name}:{line} {sentence[:140]}")
        if total:
            rows[f"sentences that begin with a question word, {room}, per cent"] = (100 * len(questions) / total, f"{len(questions)} of {total}", questions)
    files_in_circles = circles(rust_edges(files)) + circles(script_edges(files))
    rows["files in circles"] = (sum(map(len, files_in_circles)), f"{len(files_in_circles)} circles", [" <-> ".join(circle) for circle in files_in_circles])
    crates = circles(crate_edges(files))
    rows["crates in circles"] = (sum(map(len, crates)), "", [" <-> ".join(circle) for circle in crates])
    # The lint `missing_docs` sees the rest. Files of weights are generated.
    exempt = [str(name) for name in rust if name.stem != "weights" for _ in re.findall(r"(?:allow|expect)\([^)]*missing_docs", read(name))]
    rows["places that the lint missing_docs leaves out"] = (len(exempt), "", exempt)
    every = [(f"{name}:{line} {call}", documented) for name in rust if name.parts[0] == "pallets" for line, call, documented in calls(read(name))]
    without = [place for place, documented in every if not documented]
    rows["calls without documented errors"] = (len(without), f"of {len(every)}", without)
    twice = constants(files)
    rows["constants that stand twice"] = (len(twice), "", [f"{constant} = {value[:40]}: {', '.join(f'{name}:{line}' for name, line in found)}" for (constant, value), found in sorted(twice.items())])
    return rows


def main(arguments):
    if len(arguments) > 1 or arguments and arguments[0] not in ("--check", "--list"):
        sys.exit(__doc__)
    above = []
    print(f"{'number':>8} {'limit':>8} {'goal':>6}  row")
    for row, (number, note, places) in measured(tracked()).items():
        limit, goal = LIMITS[row]
        print(f"{number:8.1f} {limit:8.1f} {goal:6.1f}  {row}{f' ({note})' if note else ''}")
        if number > limit:
            above.append((row, places))
        if arguments == ["--list"]:
            print("".join(f"{'':26}{place}\n" for place in places), end="")
    if arguments == ["--check"] and above:
        for row, places in above:
            print(f"\nabove its limit: {row}\n  " + "\n  ".join(places))
        sys.exit("review: error: mend the places above; a limit in scripts/review.py may only go down")


if __name__ == "__main__":
    main(sys.argv[1:])
