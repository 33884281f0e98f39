#!/usr/bin/env bash
# Writes down what this version of the runtime is, for the versions that come after it: runtime/released/VERSION, what clients see of it,
# and runtime/released/state.zst, the state of a network of it. `cargo test -p assay-runtime --test versions` compares every later version
# with both: versions have to be raised, and a chain of this one has to be upgraded by migrations.
#
# Commit both, and tag the commit `runtime-<spec_version>`.
set -euo pipefail
# shellcheck source=scripts/env.sh
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"

command -v zstd >/dev/null || die "zstd is not installed: install the package zstd, then run this again"
cd "$ASSAY_ROOT"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
build_node
say "running a network"
logged released-state node scripts/released-state.mjs "$work/state" || die "the network failed, see above"
zstd --quiet -19 --force "$work/state" -o runtime/released/state.zst
ASSAY_RELEASE=1 logged release cargo test --locked -p assay-runtime --test versions || die "the tests of versions failed, see above"
cat runtime/released/VERSION
