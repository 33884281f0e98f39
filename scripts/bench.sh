#!/usr/bin/env bash
# Benchmarks.
#
# `bench.sh chain`: what inferences cost four validators, against transfers on the same network: weight in blocks, and how many become final
# in a second.
#
# `bench.sh engine [RUNS]`: the engine against native tract and onnxruntime, one thread each, the three in turn, the best of
# RUNS (10, and at least 5), on real models and on synthetic ones. Prints tables in Markdown. Close everything else first: a ratio bears a
# busy machine, a time does not.
#
# `bench.sh kernels [RUNS]`: the engine with each kind of kernels against onnxruntime, in the same way, on the real models. Fails where two
# kinds give other bits.
#
# `bench.sh costs [RUNS]`: how long operators take for each unit that the engine charges, the dearest first: what the cost table is made from.
#
# `bench.sh answers`: no times, and so on a busy machine too: which of the real models run, and agree with onnxruntime.
set -euo pipefail
# shellcheck source=scripts/env.sh
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"

header() {
	printf 'Commit %s, %s, %s\n' "$(git -C "$ASSAY_ROOT" rev-parse --short HEAD)" "$(date -u +%Y-%m-%d)" \
		"$(sed -n 's/^model name\s*: //p' /proc/cpuinfo | head -n 1), $(nproc) cores"
}

case ${1:-} in
chain)
	cd "$ASSAY_ROOT"
	[[ -x $ASSAY_NODE ]] || die "no node at $ASSAY_NODE: run scripts/setup.sh and cargo build --locked, or set ASSAY_NODE"
	header
	exec node scripts/bench-chain.mjs
	;;
answers | costs | engine | kernels) ;;
*) die "say what to measure: bench.sh chain, bench.sh answers, bench.sh costs [RUNS], bench.sh engine [RUNS], or bench.sh kernels [RUNS]" ;;
esac
runs=${2:-10}
[[ $runs =~ ^[0-9]+$ && $runs -ge 5 ]] || die "RUNS has to be a number from 5"

cd "$ASSAY_ROOT"
if [[ $1 == costs ]]; then
	say "building the engine" >&2
	logged build-runner cargo build --locked --example runner >&2 || die "the engine does not build, see above"
	export ASSAY_RUNNER="$CARGO_TARGET_DIR/debug/examples/runner $ASSAY_CACHE/engine"
	onnx=$(scripts/onnx-wheel.sh)
	header
	echo
	PYTHONPATH=$onnx exec "$ASSAY_VENV/bin/python" scripts/costs.py "$runs" "$ASSAY_CACHE/costs"
fi
mapfile -t real < <(scripts/real-models.sh)
((${#real[@]} > 0)) || die "there are no real models, see above"
if [[ $1 != engine ]]; then
	say "building the engine" >&2
	logged build-runner cargo build --locked --example runner >&2 || die "the engine does not build, see above"
	export ASSAY_RUNNER="$CARGO_TARGET_DIR/debug/examples/runner $ASSAY_CACHE/engine"
	header
	echo
	if [[ $1 == answers ]]; then
		exec "$ASSAY_VENV/bin/python" scripts/compare.py answers "$ASSAY_CACHE/bench" "${real[@]}"
	fi
	exec "$ASSAY_VENV/bin/python" scripts/compare.py kernels "$runs" "$ASSAY_CACHE/bench" "${real[@]}"
fi
onnx=$(scripts/onnx-wheel.sh)
made=$ASSAY_CACHE/synthetic
PYTHONPATH=$onnx "$ASSAY_VENV/bin/python" scripts/synthetic_models.py "$made" >&2
mapfile -t synthetic < <(cd "$made" && for file in *.onnx; do echo "${file%.onnx}=$made/$file"; done)
mapfile -t operators < <(cd "$made/operators" && for file in *.onnx; do echo "${file%.onnx}=$made/operators/$file"; done)
build_unguarded >&2
build_compared >&2

header
status=0
printf '\n## Real models\n\n'
"$ASSAY_VENV/bin/python" scripts/compare.py models "$runs" "$ASSAY_CACHE/bench" "${real[@]}" || status=1
printf '\n## Synthetic models\n\n'
"$ASSAY_VENV/bin/python" scripts/compare.py models "$runs" "$ASSAY_CACHE/bench" "${synthetic[@]}" || status=1
printf '\n## Operators\n\n'
"$ASSAY_VENV/bin/python" scripts/compare.py models "$runs" "$ASSAY_CACHE/bench" "${operators[@]}" || status=1
exit "$status"
