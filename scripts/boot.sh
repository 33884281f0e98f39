#!/usr/bin/env bash
# Boots the runtime in the SDK's own tools: each works with it as with any other.
#
# frame-omni-bencher runs every benchmark once, the chain-spec builder makes and checks a specification of each preset, and try-runtime
# runs migrations and every try_state over the state of a chain that has run a model.
set -euo pipefail
# shellcheck source=scripts/env.sh
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"

cd "$ASSAY_ROOT"
[[ -x $ASSAY_NODE ]] || die "there is no node at $ASSAY_NODE: run cargo build"
scripts/weights.sh --check
RUNTIME=$ASSAY_CACHE/runtime-checked.wasm
work=$(mktemp -d)
node_pid=
cleanup() {
	[[ -z $node_pid ]] || kill "$node_pid" 2>/dev/null || true
	rm -rf "$work"
}
trap cleanup EXIT

tool staging-chain-spec-builder 22.0.0 chain-spec-builder
for preset in development local_testnet; do
	logged chain-spec "$TOOL" --chain-spec-path "$work/$preset.json" create --runtime "$RUNTIME" --relay-chain none named-preset "$preset" ||
		die "the chain-spec builder does not take the preset $preset, see above"
	logged chain-spec "$TOOL" verify "$work/$preset.json" || die "the genesis of $preset does not verify, see above"
	say "chain-spec-builder: $preset is made and verified"
done

tool try-runtime-cli 0.42.0 try-runtime
port=$((20000 + RANDOM % 10000))
"$ASSAY_NODE" --dev --tmp --no-telemetry --rpc-port "$port" --state-pruning archive >"$work/node.log" 2>&1 &
node_pid=$!
for _ in $(seq 600); do
	grep -q 'finalized #[3-9]' "$work/node.log" && break
	kill -0 "$node_pid" 2>/dev/null || die "the node has ended: $(tail -n 3 "$work/node.log")"
	sleep 1
done
logged try-runtime "$TOOL" --runtime "$RUNTIME" --disable-spec-name-check on-runtime-upgrade --disable-spec-version-check \
	--disable-mbm-checks --blocktime 2000 --checks all live --uri "ws://127.0.0.1:$port" ||
	die "try-runtime does not take the runtime, see above"
say "try-runtime: migrations and every try_state pass over the state of a chain"
