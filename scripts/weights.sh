#!/usr/bin/env bash
# Measures the weights of the pallets' calls and hooks with frame-omni-bencher on the WASM runtime, and writes pallets/*/src/weights.rs.
# Close everything else first: the times go into the weights. Compiling the tool needs a libclang.so; LIBCLANG_PATH names its folder where it
# is not found, and BINDGEN_EXTRA_CLANG_ARGS=-I... that of stddef.h.
#
#   scripts/weights.sh [--check] [PALLET...]    of these pallets, or of all; with --check each benchmark runs once and nothing is written
set -euo pipefail
# shellcheck source=scripts/env.sh
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"

steps=10 repeat=10 check=false
if [[ ${1:-} = --check ]]; then
	steps=2 repeat=1 check=true
	shift
fi
pallets=("$@")
[[ -n ${1:-} ]] || pallets=(rounds models inference validators council memory)

cd "$ASSAY_ROOT"
tool frame-omni-bencher 0.28.0 frame-omni-bencher
build_checked_runtime
for pallet in "${pallets[@]}"; do
	[[ -f pallets/$pallet/src/weights.rs ]] || die "there is no pallet \`$pallet\`: they are rounds, models, inference, validators, council and memory"
	say "measuring $pallet"
	output=()
	$check || output=(--template scripts/weights.hbs --output "pallets/$pallet/src/weights.rs")
	# The runtime asks for the engine's host functions, which only nodes have; no benchmark calls them.
	logged "weights-$pallet" "$TOOL" v1 benchmark pallet --runtime "$RUNTIME" --genesis-builder-preset development \
		--allow-missing-host-functions --pallet "pallet_$pallet" --extrinsic '*' --steps "$steps" --repeat "$repeat" "${output[@]}" ||
		die "a benchmark of $pallet failed, see above"
done
$check || cargo fmt
say "done"
