#!/usr/bin/env bash
# Agents and endpoints: `assay mcp` and `assay serve`, asked by MCP's and OpenAI's own clients on a development chain, with nodes that lie; and
# the commands and programs of docs/guides/agents.md.
set -euo pipefail
# shellcheck source=scripts/env.sh
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"

cd "$ASSAY_ROOT"
[[ -x $ASSAY_NODE && -x $CARGO_TARGET_DIR/debug/assay ]] || die "there is no node, or no command line: run cargo build --locked"
[[ -x $ASSAY_VENV/bin/python ]] || die "there is no Python environment: run scripts/setup.sh"
python_clients
onnx=$(scripts/onnx-wheel.sh)
made=$ASSAY_CACHE/agents
mkdir -p "$made"
PYTHONPATH=$onnx "$ASSAY_VENV/bin/python" scripts/synthetic_models.py "$made" encoder
PYTHONPATH=$onnx "$ASSAY_VENV/bin/python" scripts/text_model.py "$made/encoder.onnx" "$made/tokenizer.json" "$made/text.onnx"
say "testing assay mcp and assay serve"
export ASSAY_CLIENTS_PYTHON=$ASSAY_CLIENTS/bin/python ASSAY_TEXT_MODEL=$made/text.onnx ASSAY_ONNX=$onnx
node --test --test-reporter=spec tests/agents/*.test.js
