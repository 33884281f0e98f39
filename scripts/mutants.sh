#!/usr/bin/env bash
# Checks the attack tests of docs/security.md and the digests of kernels: takes each check away from the pallets, and each rule of arithmetic
# from the kernels, one at a time, and expects the tests that are named for it to fail. It works on a copy. All mutants are compiled at
# once, and a variable of the environment chooses what is gone.
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
# The engine that the node holds is no mutant.
export ASSAY_GUEST=checked-in
programs=()
while read -ra arguments; do
	(cd "$copy" && logged mutants cargo test --locked --no-run "${arguments[@]}" </dev/null)
	mapfile -t -O "${#programs[@]}" programs < <(sed -n 's/^ *Executable .*(\(.*\))$/\1/p' "$ASSAY_LOGS/mutants.log")
done < <(python3 scripts/mutants.py build "${1:-}")
((${#programs[@]} > 0)) || die "there is no mutant whose name contains \`${1:-}\`"
python3 scripts/mutants.py run "${1:-}" "${programs[@]}"
