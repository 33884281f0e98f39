#!/usr/bin/env bash
# Measures what the calls and hooks of our pallets weigh, with frame-omni-bencher on the WASM runtime, and writes pallets/*/src/weights.rs.
# Close everything else first: the times go into the weights. Compiling the tool needs a libclang.so; LIBCLANG_PATH names its folder where it
# is not found, and BINDGEN_EXTRA_CLANG_ARGS=-I... that of stddef.h.
#
#   scripts/weights.sh [--check]    with --check each benchmark runs once and nothing is written
set -euo pipefail
# shellcheck source=scripts/env.sh
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"

case ${1:-} in
--check) steps=2 repeat=1 ;;
'') steps=10 repeat=10 ;;
*) die "unknown argument \`$1\`: the only one is --check" ;;
esac

cd "$ASSAY_ROOT"
tool frame-omni-bencher 0.28.0 frame-omni-bencher
build_checked_runtime
for pallet in pallet_rounds pallet_models pallet_inference pallet_validators; do
	say "measuring $pallet"
	output=()
	[[ -n ${1:-} ]] || output=(--template scripts/weights.hbs --output "pallets/${pallet#pallet_}/src/weights.rs")
	# The runtime asks for the engine's host functions, which only nodes have; no benchmark calls them.
	logged "weights-$pallet" "$TOOL" v1 benchmark pallet --runtime "$RUNTIME" --genesis-builder-preset development \
		--allow-missing-host-functions --pallet "$pallet" --extrinsic '*' --steps "$steps" --repeat "$repeat" "${output[@]}" ||
		die "a benchmark of $pallet failed, see above"
done
[[ -n ${1:-} ]] || cargo fmt
say "done"
