#!/usr/bin/env bash
# Builds the engine with another Rust than the one that scripts/setup.sh chose, where one is installed, and compares the engine's id: builders
# with different compilers start the same chain.
set -euo pipefail
# shellcheck source=scripts/env.sh
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"

cd "$ASSAY_ROOT"
chosen=$(rustc --version)
others=()
for cargo in "$HOME"/.rustup/toolchains/*/bin/cargo /usr/bin/cargo; do
	[[ -x $cargo && $("$(dirname "$cargo")/rustc" --version 2>/dev/null) != "$chosen" ]] && others+=("$cargo")
done
if ((${#others[@]} == 0)); then
	say "not run: there is no other toolchain than $chosen; rustup toolchain install VERSION gets one"
	exit
fi
for cargo in "${others[@]}"; do
	rust=$("$(dirname "$cargo")/rustc" --version)
	say "building the engine with $rust"
	(
		PATH=$(dirname "$cargo"):$PATH
		unset RUSTUP_TOOLCHAIN
		export CARGO_TARGET_DIR=$ASSAY_CACHE/other-toolchain ASSAY_GUEST=checked-in
		logged other-toolchain "$cargo" build --locked -p assay-engine --example id
	) || die "the engine does not build with $rust, see above"
	found=$("$ASSAY_CACHE/other-toolchain/debug/examples/id" /dev/null)
	[[ $found == "$(<engine/ENGINE_ID)" ]] || die "with $rust the engine is another: $found"
	say "the same engine with $rust"
done
