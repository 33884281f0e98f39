#!/usr/bin/env bash
# Runs ONNX's own node cases in the engine and in native tract, and compares what they say with the list that is checked in,
# `engine/conformance.tsv`. It is an error if a case passes natively and fails in the engine, or if anything is not as the list says.
# With `--update` the list is written anew. scripts/determinism.sh compares the bits of the cases.
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

cd "$ASSAY_ROOT"
conformance_cases
build_compared
say "running $(find "$CASES" -name '*.onnx' | wc -l) cases in the engine and natively"
found=$ASSAY_CACHE/conformance/found.tsv
worse=false
"$ASSAY_VENV/bin/python" scripts/compare.py conformance "$CASES" "$found" || worse=true
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
	die "cases fail in the engine alone, see above"
fi
