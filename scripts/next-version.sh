#!/usr/bin/env bash
# Builds a next version for tests of upgrades: a runtime with a migration, and an engine that answers some models otherwise. Prints the
# folder with `runtime.wasm`, `engine` and `engine.id`.
set -euo pipefail
# shellcheck source=scripts/env.sh
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"

cd "$ASSAY_ROOT"
next=$ASSAY_CACHE/next
mkdir -p "$next"
say "building the next runtime" >&2
# The folder of the WASM builder has whichever version was built last.
logged build-next-runtime env FORCE_WASM_BUILD="$(date +%s)" cargo build --locked --package assay-runtime --features next-version >&2 ||
	die "the next runtime does not build, see above"
cp "$CARGO_TARGET_DIR/debug/wbuild/assay-runtime/assay_runtime.wasm" "$next/runtime.wasm"
say "building an engine with other bits" >&2
logged build-next-engine env ASSAY_GUEST= ASSAY_GUEST_FEATURES=other-bits cargo build --locked -p assay-engine --example id >&2 ||
	die "the next engine does not build, see above"
"$CARGO_TARGET_DIR/debug/examples/id" "$next/guest.wasm" "$next/engine" | sed -n 's/^engine //p' >"$next/engine.id"
rm "$next/guest.wasm"
echo "$next"
