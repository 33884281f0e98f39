#!/usr/bin/env bash
# From nothing to verified results: sets the machine up, builds the node, starts a development chain, registers a real model on it
# and asks it about three files. Stops the chain at the end. A second run builds and downloads nothing.
set -euo pipefail
# shellcheck source=scripts/env.sh
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"

cd "$ASSAY_ROOT"
scripts/setup.sh
use_toolchain
scripts/models.sh
say "node: building; the first time takes half an hour on two cores"
build_node
exec node scripts/demo.mjs "$@"
