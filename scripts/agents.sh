#!/usr/bin/env bash
# Agents: `assay mcp`, asked over JSON-RPC and by MCP's own client on a development chain, with nodes that lie.
set -euo pipefail
# shellcheck source=scripts/env.sh
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"

cd "$ASSAY_ROOT"
[[ -x $ASSAY_NODE && -x $CARGO_TARGET_DIR/debug/assay ]] || die "there is no node, or no command line: run cargo build --locked"
[[ -x $ASSAY_VENV/bin/python ]] || die "there is no Python environment: run scripts/setup.sh"
python_clients
say "testing assay mcp"
export ASSAY_CLIENTS_PYTHON=$ASSAY_CLIENTS/bin/python
node --test --test-reporter=spec tests/agents/*.test.js
