#!/usr/bin/env bash
# Everything that is checked without compiling: scripts, Python, JavaScript, spelling, the rules for dependencies, and the house's numbers.
#
# scripts/setup.sh installs the linters. Their settings are in ruff.toml, biome.jsonc, _typos.toml and deny.toml.
set -euo pipefail
# shellcheck source=scripts/env.sh
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"

cd "$ASSAY_ROOT"
[[ -x $ASSAY_LINT/bin/ruff && -x tests/node_modules/.bin/biome ]] || die "the linters are not installed: run scripts/setup.sh"
shellcheck=$ASSAY_LINT/bin/shellcheck
[[ -x $shellcheck ]] || shellcheck=$(command -v shellcheck) || die "PyPI has no shellcheck for this machine: install the system's package shellcheck"
mapfile -t scripts < <(git ls-files '*.sh' .ci/run)
"$shellcheck" --external-sources "${scripts[@]}" || die "shellcheck has the findings above: mend them, or disable one with a reason"
"$ASSAY_LINT/bin/ruff" check --quiet --no-cache || die "ruff has the findings above: mend them, or ignore one in ruff.toml with a reason"
tests/node_modules/.bin/biome lint --error-on-warnings || die "biome has the findings above: mend them, or turn a rule off in biome.jsonc with a reason"
"$ASSAY_LINT/bin/typos" --format brief || die "typos has the findings above: mend them, or add a word to _typos.toml with a reason"
scripts/deny.sh || die "a dependency breaks deny.toml, see above"
scripts/review.py --check
say "shellcheck, ruff, biome and typos find nothing; the dependencies keep deny.toml, and the numbers of scripts/review.py their limits"
