#!/usr/bin/env bash
# Boots the runtime in the SDK's own tools: frame-omni-bencher runs every benchmark of our pallets once, and the chain-spec builder makes and
# checks a specification of each preset. (smoldot boots it in tests/client.test.js; try-runtime's program is in no registry of packages.)
set -euo pipefail
# shellcheck source=scripts/env.sh
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"

cd "$ASSAY_ROOT"
scripts/weights.sh --check
RUNTIME=$ASSAY_CACHE/runtime-checked.wasm
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

tool staging-chain-spec-builder 22.0.0 chain-spec-builder
for preset in development local_testnet; do
	logged chain-spec "$TOOL" --chain-spec-path "$work/$preset.json" create --runtime "$RUNTIME" --relay-chain none named-preset "$preset" ||
		die "the chain-spec builder does not take the preset $preset, see above"
	logged chain-spec "$TOOL" verify "$work/$preset.json" || die "the genesis of $preset does not verify, see above"
	say "chain-spec-builder: $preset is made and verified"
done
