#!/usr/bin/env bash
# Measures how fast a model gets from its uploader to four validators, against a plain HTTP copy of the same file on the same machine.
#
#   scripts/bench-blobs.sh [MiB]    the size of the model, 128 by default
set -euo pipefail
# shellcheck source=scripts/env.sh
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"

cd "$ASSAY_ROOT"
[[ -x $ASSAY_NODE ]] || die "no node at $ASSAY_NODE: run scripts/setup.sh and cargo build --locked, or set ASSAY_NODE"
exec node scripts/bench-blobs.mjs "${1:-128}"
