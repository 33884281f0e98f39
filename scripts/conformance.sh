#!/usr/bin/env bash
# Runs ONNX's own node cases in the engine and in native tract, and compares what they say with the list that is checked in,
# `engine/conformance.tsv`. It is an error if a case passes natively and fails in the engine, if its bits change with the way in which
# the guest is compiled, or if anything is not as the list says. With `--update` the list is written anew.
set -euo pipefail
# shellcheck source=scripts/env.sh
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"

readonly LIST=$ASSAY_ROOT/engine/conformance.tsv
update=false
for argument in "$@"; do
	case $argument in
	--update) update=true ;;
	*) die "unknown argument \`$argument\`: the only one is --update" ;;
	esac
done

onnx=$("$ASSAY_ROOT/scripts/onnx-wheel.sh")
cd "$ASSAY_ROOT"
cases=$ASSAY_CACHE/conformance/cases
rm -rf "$cases"
PYTHONPATH=$onnx "$ASSAY_VENV/bin/python" scripts/conformance_cases.py "$onnx/onnx/backend/test/data/node" "$cases"
build_compared
say "running $(find "$cases" -name '*.onnx' | wc -l) cases in the engine and natively"
found=$ASSAY_CACHE/conformance/found.tsv
worse=false
"$ASSAY_VENV/bin/python" scripts/compare.py conformance "$cases" "$found" || worse=true
"$ASSAY_VENV/bin/python" scripts/compare.py bits "$cases" native canonical-nans || worse=true
if $update; then
	cp "$found" "$LIST"
	say "written: $LIST"
elif [[ ! -f $LIST ]]; then
	die "there is no list to compare with: run this with --update"
elif ! diff -u "$LIST" "$found"; then
	die "not what the list says; if it is meant, run this with --update"
else
	say "as the list says"
fi
if $worse; then
	die "cases fail in the engine alone, or differ between back ends, see above"
fi
