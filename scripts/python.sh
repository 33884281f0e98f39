#!/usr/bin/env bash
# Builds the wheel of the Python package, installs it into a bare virtual environment of each CPython from 3.10 on that this machine has, and
# tests it there: on the newest with the lies of a node and the README's programs on a chain, on the others without a chain. The tests of the
# extras `langchain` and `langgraph` and of the notebooks run on the newest, with a chain of their own beside the rest. Ends with the package's
# types. The newest environment stays, for scripts/explorer.sh.
#
# --long runs all other tests on each, with ten times as many receipts that were tampered with. --wheel DIR builds the wheel of a release into a
# folder, and tests nothing: half an hour on two cores.
set -euo pipefail
# shellcheck source=scripts/env.sh
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"

long=false release=''
while (($# > 0)); do
	case $1 in
	--long)
		long=true
		export ASSAY_LONG=1
		;;
	--wheel)
		[[ -n ${2:-} ]] || die "--wheel wants a folder"
		mkdir -p "$2"
		release=$(cd "$2" && pwd)
		shift
		;;
	*) die "unknown argument \`$1\`: there are --long and --wheel DIR" ;;
	esac
	shift
done

readonly PACKAGE=$ASSAY_ROOT/sdk/python
readonly PLACE=$ASSAY_CACHE/python
readonly VERSIONS=(3.14 3.13 3.12 3.11 3.10)
readonly IMPORTS=5
# Files that need extra-requirements.txt.
readonly EXTRA=(test_langchain.py test_langgraph.py test_notebooks.py)

# python_of VERSION: an interpreter of this version that can make virtual environments, from the PATH or from pyenv.
python_of() {
	local candidate
	for candidate in "python$1" "${PYENV_ROOT:-$HOME/.pyenv}/versions/$1"*/bin/python python3; do
		if "$candidate" -c "import ensurepip, sys, venv; sys.exit('%d.%d' % sys.version_info[:2] != '$1')" 2>/dev/null; then
			"$candidate" -c 'import sys; print(sys.executable)'
			return
		fi
	done
	return 1
}

# bare VERSION PYTHON: a new virtual environment with what tests need, and without the package. Sets VENV.
bare() {
	VENV=$PLACE/$1
	logged "python-$1" "$2" -m venv --clear "$VENV" || die "$2 makes no virtual environment, see above"
	logged "python-$1" "$VENV/bin/pip" install --disable-pip-version-check --require-hashes --only-binary=:all: \
		-r "$PACKAGE/tests/requirements.txt" || die "pip could not fetch sdk/python/tests/requirements.txt, see above: it needs PyPI"
}

# tests NAME ARGUMENT...: what pytest says, outside of the sources, so that it is the wheel that is tested.
tests() {
	local name=$1 log=$ASSAY_LOGS/python-tests-${1// /-}.log
	shift
	if ! (cd "$PLACE" && "$VENV/bin/python" -m pytest -q -p no:cacheprovider -c "$PACKAGE/pyproject.toml" "$@") >"$log" 2>&1; then
		cat "$log"
		die "the tests fail on CPython $name, see above (all of it: $log)"
	fi
	say "CPython $name: $(tail -n 1 "$log")"
}

# with_extra WHEEL: puts what the extra and the notebooks need beside the wheel, which goes without until here.
with_extra() {
	logged python-extra "$VENV/bin/pip" install --disable-pip-version-check --require-hashes --no-deps --only-binary=:all: \
		-r "$PACKAGE/tests/extra-requirements.txt" || die "pip could not fetch sdk/python/tests/extra-requirements.txt, see above: it needs PyPI"
	logged python-extra "$VENV/bin/pip" install --disable-pip-version-check --no-index "$1[langchain,langgraph]" ||
		die "the extras \`langchain\` and \`langgraph\` take other versions than sdk/python/tests/extra-requirements.txt has, see above"
	logged python-extra "$VENV/bin/pip" check || die "sdk/python/tests/extra-requirements.txt lacks something, see above"
}

# sizes DIR: how large the wheels of a folder are.
sizes() {
	local wheel
	for wheel in "$1"/*.whl; do
		say "$(basename "$wheel"): $(stat -c %s "$wheel" | awk '{ printf "%.1f MB", $1 / 1e6 }')"
	done
}

cd "$ASSAY_ROOT"
mkdir -p "$PLACE" "$ASSAY_LOGS"

found=()
for version in "${VERSIONS[@]}"; do
	if python=$(python_of "$version"); then
		found+=("$version $python")
	fi
done
((${#found[@]} > 0)) || die "there is no CPython from 3.10 on with venv: install python3 and python3-venv"

if [[ -n $release ]]; then
	read -r version python <<<"${found[0]}"
	bare "$version" "$python"
	say "building the wheel of a release"
	CARGO_PROFILE_RELEASE_LTO=thin logged python-release "$VENV/bin/maturin" build --locked --release --strip \
		--manifest-path "$PACKAGE/Cargo.toml" --interpreter "$VENV/bin/python" --out "$release" || die "the wheel does not build, see above"
	sizes "$release"
	exit 0
fi

[[ -x $ASSAY_NODE ]] || die "there is no node at $ASSAY_NODE: run \`cargo build --locked\` first"
logged python-clippy cargo clippy --locked -p assay-python -- -D warnings || die "clippy has something to say, see above"
logged python-mutated cargo build --locked -p assay-receipts --example mutated || die "the example \`mutated\` does not build, see above"
export ASSAY_MUTATED=$CARGO_TARGET_DIR/debug/examples/mutated
# What nodes and the command line have compiled in the tests.
export ASSAY_ENGINE_CACHE=$ASSAY_CACHE/engine

# Nothing goes on when this has ended.
trap wait EXIT
wheel='' beside=''
for entry in "${found[@]}"; do
	read -r version python <<<"$entry"
	bare "$version" "$python"
	if [[ -z $wheel ]]; then
		rm -rf "$PLACE/wheels"
		logged python-wheel "$VENV/bin/maturin" build --locked --profile dev --manifest-path "$PACKAGE/Cargo.toml" \
			--interpreter "$VENV/bin/python" --out "$PLACE/wheels" || die "the wheel does not build, see above"
		wheel=$(echo "$PLACE"/wheels/*.whl)
		sizes "$PLACE/wheels"
		newest=$VENV
		chosen=(-k 'not test_network')
	fi
	if $long; then
		chosen=()
	elif [[ $VENV != "$newest" ]]; then
		chosen=(-m 'not network')
	fi
	logged "python-$version" "$VENV/bin/pip" install --disable-pip-version-check --no-index "$wheel" ||
		die "the wheel does not install on CPython $version, see above"
	logged "python-$version" "$VENV/bin/pip" check || die "the wheel lacks something on CPython $version, see above"
	if [[ $VENV == "$newest" ]]; then
		say "import assay: $(for ((i = 0; i < IMPORTS; i++)); do
			(cd "$PLACE" && "$VENV/bin/python" -c 'import time; t = time.perf_counter(); import numpy; n = time.perf_counter(); import assay; e = time.perf_counter()
print("%.0f ms, %.0f of them for numpy" % ((e - t) * 1000, (n - t) * 1000))')
		done | sort -n | head -n 1)"
		with_extra "$wheel"
		ln -sfn "$VENV" "$PLACE/newest"
		if $long; then
			tests "$version with its extra" "${EXTRA[@]/#/$PACKAGE/tests/}"
		else
			tests "$version with its extra" "${EXTRA[@]/#/$PACKAGE/tests/}" &
			beside=$!
		fi
	fi
	tests "$version" "${chosen[@]}" "${EXTRA[@]/#/--ignore=$PACKAGE/tests/}" "$PACKAGE/tests"
done

say "types"
(
	cd "$PACKAGE"
	logged python-mypy "$newest/bin/mypy" --cache-dir "$PLACE/mypy" python/assay || exit 1
	cd "$PLACE"
	logged python-stubtest "$newest/bin/python" -m mypy.stubtest --mypy-config-file "$PACKAGE/pyproject.toml" assay
) || die "the types do not fit, see above"
[[ -z $beside ]] || wait "$beside" || exit 1
say "passed"
