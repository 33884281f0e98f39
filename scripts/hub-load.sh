#!/usr/bin/env bash
# Registers N real ONNX models on a network of four validators, has each of them activated and run once, and checks each answer against
# onnxruntime. Models are ONNX's own node cases, scikit-learn's estimators as skl2onnx converts them, and networks from wheels on PyPI.
#
#   scripts/hub-load.sh N [--out FOLDER]   prints the tables; answers and run.json stay in FOLDER
#
# HUB_PENDING and HUB_OPEN bound the models that wait for their activation and the requests that are open; HUB_MINUTES ends the load after
# so many minutes, with what is done by then.
set -euo pipefail
# shellcheck source=scripts/env.sh
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"

count=
run=
while (($#)); do
	case $1 in
	--out)
		run=${2:?--out needs a folder}
		shift
		;;
	*) count=$1 ;;
	esac
	shift
done
[[ $count =~ ^[1-9][0-9]*$ ]] || die "say how many models: scripts/hub-load.sh 100"

readonly ZOO=$ASSAY_CACHE/hub
readonly VENV=$ASSAY_CACHE/hub-venv
readonly PYTHON=$VENV/bin/python
run=${run:-$ZOO/run-$count}
requirements=$ASSAY_ROOT/scripts/hub-requirements.txt

# The packages that make models, apart from those that the tests need.
stamp="$(hash_of "$requirements") $(python3 --version)"
if [[ ! -f $VENV/.assay-stamp || $(<"$VENV/.assay-stamp") != "$stamp" ]]; then
	say "fetching scikit-learn and skl2onnx"
	rm -rf "$VENV"
	logged hub-venv python3 -m venv "$VENV" || die "python3 makes no virtual environment, see above: install python3-venv"
	logged hub-pip "$VENV/bin/pip" install --disable-pip-version-check --require-hashes --only-binary=:all: -r "$requirements" ||
		die "pip could not fetch scripts/hub-requirements.txt: it needs CPython 3.11 to 3.14 and PyPI; then run this again"
	echo "$stamp" >"$VENV/.assay-stamp"
fi

cd "$ASSAY_ROOT"
mkdir -p "$ZOO"
onnx=$(scripts/onnx-wheel.sh)
cases=$ZOO/cases
if [[ ! -d $cases ]]; then
	rm -rf "$cases.new"
	PYTHONPATH=$onnx "$ASSAY_VENV/bin/python" scripts/conformance_cases.py "$onnx/onnx/backend/test/data/node" "$cases.new"
	mv "$cases.new" "$cases"
fi
scripts/real-models.sh >"$ZOO/real"
say "building the engine and the node"
logged build-runner cargo build --locked --example runner || die "the engine does not build, see above"
build_node
export ASSAY_RUNNER="$CARGO_TARGET_DIR/debug/examples/runner $ASSAY_CACHE/engine"
export OMP_NUM_THREADS=1

# Answers of an earlier version of the engine or of the candidates are not used.
code=$(hash_of scripts/hub_models.py scripts/hub_zoo.py scripts/bundles.py engine/conformance.tsv "$requirements" "$CARGO_TARGET_DIR/debug/examples/runner")
zoo=$ZOO/zoo
if [[ ! -f $zoo/.assay-stamp || $(<"$zoo/.assay-stamp") != "$code" ]]; then
	rm -rf "$zoo"
	mkdir -p "$zoo"
	echo "$code" >"$zoo/.assay-stamp"
fi
say "making $count models, each run by the engine and by onnxruntime"
"$PYTHON" scripts/hub_models.py prepare "$count" "$zoo" "$cases" engine/conformance.tsv "$ZOO/real" ||
	die "there are not so many models: ask for fewer"
rm -rf "$run"
say "loading the network"
node scripts/hub-load.mjs "$count" "$zoo" "$run" || die "the network did not take them, see above; what there is of it is in $run"
"$PYTHON" scripts/hub_models.py report "$count" "$zoo" "$run"
