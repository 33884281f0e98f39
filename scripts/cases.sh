#!/usr/bin/env bash
# Runs tests/cases: the smallest input of each kind of wrong answer that was ever found, each right or refused in words.
set -euo pipefail
# shellcheck source=scripts/env.sh
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"

onnx=$("$ASSAY_ROOT/scripts/onnx-wheel.sh")
cd "$ASSAY_ROOT"
say "building the command line"
logged build-assay cargo build --locked --bin assay || die "the command line does not build, see above"
for file in tests/cases/k*.py; do
	PYTHONPATH=$onnx "$ASSAY_VENV/bin/python" -W ignore "$file" "$CARGO_TARGET_DIR/debug/assay" >"$ASSAY_LOGS/case.log" ||
		{ cat "$ASSAY_LOGS/case.log" && die "$file has failed, see above"; }
	say "$(basename "$file" .py): $(grep -c ': right' "$ASSAY_LOGS/case.log") right, $(grep -c ': refused' "$ASSAY_LOGS/case.log" || true) refused"
done
