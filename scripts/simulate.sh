#!/usr/bin/env bash
# Prints what a false final result costs an adversary by the rules of the code, in its best way in each state: the tables of docs/security.md.
# Ends with 1 where a target is missed; `--check` tests the simulation itself. Takes about a minute.
set -euo pipefail
# shellcheck source=scripts/env.sh
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$ASSAY_ROOT"
mkdir -p "$ASSAY_CACHE"
# It needs nothing but the standard library: no dependency has to be compiled for speed.
rustc -O --edition 2021 -o "$ASSAY_CACHE/simulate" pallets/rounds/examples/simulate.rs
exec "$ASSAY_CACHE/simulate" "$@"
