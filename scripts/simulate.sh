#!/usr/bin/env bash
# Prints what an adversary can do to a committee, with the pallet's own arithmetic: the table of docs/security.md.
set -euo pipefail
# shellcheck source=scripts/env.sh
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$ASSAY_ROOT"
exec cargo run --locked --quiet --example simulate
