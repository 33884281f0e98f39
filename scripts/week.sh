#!/usr/bin/env bash
# `week.sh [MINUTES] [PER_MINUTE]` asks a development chain, by default 1,000 times a minute for an hour, and extrapolates the growth of
# blocks, state, database and blobs to a week.
set -euo pipefail
# shellcheck source=scripts/env.sh
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"

minutes=${1:-60}
rate=${2:-1000}
[[ $minutes =~ ^[1-9][0-9]*$ && $rate =~ ^[1-9][0-9]*$ ]] || die "MINUTES and PER_MINUTE have to be numbers from 1"
cd "$ASSAY_ROOT"
[[ -x $ASSAY_NODE ]] || die "no node at $ASSAY_NODE: run scripts/setup.sh and cargo build --locked, or set ASSAY_NODE"
printf 'Commit %s, %s\n' "$(git rev-parse --short HEAD)" "$(date -u +%Y-%m-%d)"
exec node scripts/week.mjs "$minutes" "$rate"
