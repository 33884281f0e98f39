#!/usr/bin/env bash
# Builds the engine's guest and checks it in: its id and hash in engine/ENGINE_ID, its bytes in engine/guest.wasm.zst. To be run with the
# compiler that scripts/setup.sh names, whenever the guest's sources have changed.
set -euo pipefail
# shellcheck source=scripts/env.sh
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"

command -v zstd >/dev/null || die "zstd is not installed: install the package zstd, then run this again"
guest_is_made_here || die "this is $(rustc --version); the guest is made with $GUEST_RUST"
cd "$ASSAY_ROOT"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Places in the sources are part of the guest's bytes.
cargo fmt --all --check || die "format the sources first: cargo fmt --all"
say "building the engine"
# All of the workspace's features: with those of the engine alone, hundreds of crates would be compiled once more.
logged build-id env ASSAY_GUEST= cargo build --locked --example id || die "the engine does not build, see above"
"$CARGO_TARGET_DIR/debug/examples/id" "$work/guest.wasm" >engine/ENGINE_ID
zstd --quiet -19 --force "$work/guest.wasm" -o engine/guest.wasm.zst
cat engine/ENGINE_ID
