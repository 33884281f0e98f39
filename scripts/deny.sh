#!/usr/bin/env bash
# The rules for dependencies in deny.toml: bans, licences and sources, or, with a folder, advisories from a local copy of the RustSec database.
#
# deny.sh [ADVISORY_DB]
set -euo pipefail
# shellcheck source=scripts/env.sh
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"

[[ -x $ASSAY_LINT/bin/python ]] || die "the linters are not installed: run scripts/setup.sh"
exec "$ASSAY_LINT/bin/python" "$ASSAY_ROOT/scripts/deny.py" "$@"
