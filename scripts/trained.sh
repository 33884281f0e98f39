#!/usr/bin/env bash
# Trains scikit-learn's estimators, LightGBM, XGBoost and CatBoost on small tables, exports them with their exporters' defaults, and
# compares the engine's answers on 100 rows with onnxruntime's. A different answer is an error.
#
# --long asks all of them; without it a selection of a few seconds.
set -euo pipefail
# shellcheck source=scripts/env.sh
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"

selection=(--short)
for argument in "$@"; do
	case $argument in
	--long) selection=() ;;
	*) die "unknown argument \`$argument\`: the only one is --long" ;;
	esac
done

readonly VENV=$ASSAY_CACHE/trained-venv
requirements=("$ASSAY_ROOT/scripts/hub-requirements.txt" "$ASSAY_ROOT/scripts/trained-requirements.txt")
stamp="$(hash_of "${requirements[@]}") $(python3 --version)"
if [[ ! -f $VENV/.assay-stamp || $(<"$VENV/.assay-stamp") != "$stamp" ]]; then
	say "fetching scikit-learn, LightGBM, XGBoost, CatBoost and their converters"
	rm -rf "$VENV"
	logged trained-venv python3 -m venv "$VENV" || die "python3 makes no virtual environment, see above: install python3-venv"
	logged trained-pip "$VENV/bin/pip" install --disable-pip-version-check --require-hashes --no-deps --only-binary=:all: \
		-r "${requirements[0]}" -r "${requirements[1]}" ||
		die "pip could not fetch scripts/trained-requirements.txt: it needs CPython 3.11 to 3.14 and PyPI; then run this again"
	echo "$stamp" >"$VENV/.assay-stamp"
fi

cd "$ASSAY_ROOT"
say "building the engine"
logged build-runner cargo build --locked --example runner || die "the engine does not build, see above"
export ASSAY_RUNNER="$CARGO_TARGET_DIR/debug/examples/runner $ASSAY_CACHE/engine"
export OMP_NUM_THREADS=1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
found=$ASSAY_LOGS/trained.tsv
mkdir -p "$ASSAY_LOGS"
"$VENV/bin/python" -W ignore tests/zoo/trained.py "$work" "${selection[@]}" --list "$found" ||
	die "the engine answers otherwise, or refuses too much, see above and $found"
say "what became of each model is in $found"
