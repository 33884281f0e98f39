"""Checks every crate that the workspace compiles against deny.toml: bans, licences and sources; with a folder, advisories too.

    scripts/deny.sh                    bans, licences and sources
    scripts/deny.sh ADVISORY_DB        advisories, from a local copy of https://github.com/RustSec/advisory-db

deny.toml is cargo-deny's, and `cargo deny check` reads it where cargo-deny is installed. This script stands in for it: the registries hold
cargo-deny's source, which takes minutes to compile, and one binary, 0.14.2 on PyPI. That one panics on the package ids that cargo has
printed since 1.77, and does not know the licence Unicode-3.0. The keys that this script does not implement are refused.
"""

import json
import pathlib
import subprocess
import sys
import tomllib

from license_expression import get_spdx_licensing
from semantic_version import SimpleSpec, Version

ROOT = pathlib.Path(__file__).resolve().parent.parent
KEYS = {
    "bans": {"deny", "multiple-versions", "wildcards", "allow-wildcard-paths"},
    "licenses": {"allow"},
    "sources": {"unknown-registry", "unknown-git", "allow-registry"},
    "advisories": {"ignore"},
}
SPDX = get_spdx_licensing()


def die(text):
    sys.exit(f"deny: error: {text}")


def read_config():
    with open(ROOT / "deny.toml", "rb") as file:
        config = tomllib.load(file)
    for section, keys in config.items():
        unknown = set(keys) - KEYS.get(section, set())
        if unknown:
            die(f"deny.toml: [{section}] has {', '.join(sorted(unknown))}, which scripts/deny.py does not check: add it there or remove it")
    for section, key, value in (
        ("bans", "multiple-versions", "allow"),
        ("bans", "wildcards", "deny"),
        ("bans", "allow-wildcard-paths", True),
        ("sources", "unknown-registry", "deny"),
        ("sources", "unknown-git", "deny"),
    ):
        if config[section][key] != value:
            die(f"deny.toml: [{section}] {key} has to be {json.dumps(value)}, the only value that scripts/deny.py checks")
    return config


def cargo(*arguments):
    ran = subprocess.run(["cargo", *arguments, "--locked", "--all-features"], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    if ran.returncode:
        die(f"cargo {arguments[0]} failed, see above")
    return ran.stdout


def packages():
    """The crates that some feature of the workspace brings on some system. `cargo metadata` has more: crates of features that nothing turns on."""
    tree = cargo("tree", "--workspace", "--target", "all", "--edges", "all", "--prefix", "none", "--format", "{p}")
    built = {tuple(line.split()[:2]) for line in tree.splitlines() if line.strip()}
    found = json.loads(cargo("metadata", "--format-version", "1"))["packages"]
    return [package for package in found if (package["name"], f"v{package['version']}") in built]


def licence_fault(package, allowed):
    """Why a package's licence is refused, or None."""
    if not package["license"]:
        return "names no licence in its manifest: use another crate"
    expression = package["license"]
    # Cargo once took `MIT/Apache-2.0` for a choice.
    parsed = SPDX.parse(expression.replace("/", " OR "))
    accepted = parsed.subs({symbol: SPDX.TRUE if symbol.render() in allowed else SPDX.FALSE for symbol in parsed.symbols}).simplify()
    if accepted != SPDX.TRUE:
        return f"has the licence {expression}, which deny.toml does not allow: use another crate, or allow the licence with a reason"
    return None


def faults(config, found):
    """One line for each rule that a package breaks."""
    banned = {entry["crate"]: entry["reason"] for entry in config["bans"]["deny"]}
    allowed = set(config["licenses"]["allow"])
    registries = {f"registry+{url}" for url in config["sources"]["allow-registry"]}
    for package in found:
        name = f"{package['name']} {package['version']}"
        if package["name"] in banned:
            yield f"{name} is banned: {banned[package['name']]}"
        if package["source"] is not None and package["source"] not in registries:
            yield f"{name} comes from {package['source']}: take it from crates.io"
        if package["source"] is None:
            for dependency in package["dependencies"]:
                if dependency["req"] == "*" and dependency["path"] is None:
                    yield f"{name} takes any version of {dependency['name']}: name one"
        why = licence_fault(package, allowed)
        if why:
            yield f"{name} {why}"


def requirement(text):
    """A version requirement as cargo reads it: without an operator it is `^`."""
    parts = [part.replace(" ", "") for part in text.split(",")]
    return SimpleSpec(",".join(part if part[0] in "<>=^~" else f"^{part}" for part in parts))


def advisories(database):
    """(package, advisory) for every advisory of a database."""
    files = sorted((database / "crates").glob("*/*.md"))
    if not files:
        die(f"{database} has no crates/*/*.md: give a copy of https://github.com/RustSec/advisory-db")
    for file in files:
        yield tomllib.loads(file.read_text().split("```toml\n", 1)[1].split("\n```", 1)[0])


def check_advisories(config, found, database):
    """Prints what concerns this workspace. Returns the number of faults."""
    used_versions = {}
    for package in found:
        used_versions.setdefault(package["name"], []).append(Version(package["version"]))
    ignored = {entry["id"]: entry["reason"] for entry in config["advisories"]["ignore"]}
    bad, read, used = 0, 0, set()
    for advisory in advisories(database):
        read += 1
        about, versions = advisory["advisory"], advisory.get("versions", {})
        safe = [requirement(text) for text in versions.get("patched", []) + versions.get("unaffected", [])]
        hit = [version for version in used_versions.get(about["package"], []) if not any(version in one for one in safe)]
        if not hit or "withdrawn" in about:
            continue
        kind = about.get("informational", "vulnerability")
        line = f"{about['id']}: {kind}: {about['package']} {', '.join(map(str, hit))}"
        if about["id"] in ignored:
            used.add(about["id"])
            print(f"{line}: ignored: {ignored[about['id']]}")
        elif kind == "vulnerability":
            bad += 1
            print(f"{line}: update it to {', '.join(versions.get('patched', [])) or 'another crate'}, or ignore it in deny.toml with a reason")
        else:
            print(line)
    for stale in sorted(set(ignored) - used):
        bad += 1
        print(f"{stale}: deny.toml ignores it, and it concerns nothing here: remove it")
    print(f"{read} advisories read, {bad} faults")
    return bad


def main(arguments):
    if len(arguments) > 1 or arguments[:1] in (["-h"], ["--help"]):
        sys.exit(__doc__)
    config = read_config()
    found = packages()
    if arguments:
        return 1 if check_advisories(config, found, pathlib.Path(arguments[0])) else 0
    broken = list(faults(config, found))
    print("\n".join([*broken, f"{len(found)} crates, {len(broken)} faults"]))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
