#!/usr/bin/env bash
# Runs the zoo of tests/zoo: small models by operator, attribute, type and opset, in the engine and in onnxruntime, or in onnx's
# reference where onnxruntime has no kernel. A different answer is an error.
#
# --long runs all of them; without it a selection of less than a minute.
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

onnx=$("$ASSAY_ROOT/scripts/onnx-wheel.sh")
cd "$ASSAY_ROOT"
say "building the engine"
logged build-runner cargo build --locked --example runner || die "the engine does not build, see above"
export ASSAY_RUNNER="$CARGO_TARGET_DIR/debug/examples/runner $ASSAY_CACHE/engine"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
found=$ASSAY_LOGS/zoo.tsv
mkdir -p "$ASSAY_LOGS"
PYTHONPATH=$onnx "$ASSAY_VENV/bin/python" -W ignore tests/zoo/compare.py "$work" "${selection[@]}" --list "$found" ||
	die "the engine answers otherwise, or refuses too much, see above and $found"
say "what became of each model is in $found"
