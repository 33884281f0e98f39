#!/usr/bin/env bash
# Checks the attack tests of docs/security.md: takes each check away from the pallets, one at a time, and expects the tests that are named
# for it to fail. It works on a copy. All mutants are compiled at once, and a variable of the environment chooses the check that is gone.
#
#   scripts/mutants.sh [WORD]    only the mutants whose name contains WORD
set -euo pipefail
# shellcheck source=scripts/env.sh
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"

cd "$ASSAY_ROOT"
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents -t "$copy"
python3 scripts/mutants.py apply "$copy"
say "building the mutants"
(
	cd "$copy"
	# The node has no library: it is named for the features of dependencies, so that those that are compiled already are taken.
	logged mutants cargo test --locked --no-run --lib -p pallet-inference -p pallet-validators -p pallet-council -p assay-node
)
mapfile -t programs < <(sed -n 's/^ *Executable .*(\(.*\))$/\1/p' "$ASSAY_LOGS/mutants.log")
((${#programs[@]} == 3)) || die "expected three test programs, see $ASSAY_LOGS/mutants.log"
python3 scripts/mutants.py run "${1:-}" "${programs[@]}"
