#!/usr/bin/env bash
# Boots the runtime in the SDK's own tools: frame-omni-bencher runs every benchmark of our pallets once, the chain-spec builder makes and
# checks a specification of each preset, and try-runtime runs the migrations and every pallet's try_state on the state of a network.
# (smoldot boots it in tests/client.test.js.)
#
# try-runtime is in no registry of packages. Install it by `cargo install --git https://github.com/paritytech/try-runtime-cli`, or name it
# with TRY_RUNTIME=PROGRAM; without it that part is skipped.
set -euo pipefail
# shellcheck source=scripts/env.sh
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
readonly OFFSET=700

cd "$ASSAY_ROOT"
scripts/weights.sh --check
RUNTIME=$ASSAY_CACHE/runtime-checked.wasm
work=$(mktemp -d)
finish() {
	[[ ! -d $work/net ]] || scripts/localnet.sh down --base "$work/net" >/dev/null
	rm -rf "$work"
}
trap finish EXIT

tool staging-chain-spec-builder 22.0.0 chain-spec-builder
for preset in development local_testnet; do
	logged chain-spec "$TOOL" --chain-spec-path "$work/$preset.json" create --runtime "$RUNTIME" --relay-chain none named-preset "$preset" ||
		die "the chain-spec builder does not take the preset $preset, see above"
	logged chain-spec "$TOOL" verify "$work/$preset.json" || die "the genesis of $preset does not verify, see above"
	say "chain-spec-builder: $preset is made and verified"
done

program=${TRY_RUNTIME:-$(command -v try-runtime || true)}
if [[ -z $program ]]; then
	say "try-runtime: SKIPPED, for it is not installed: cargo install --git https://github.com/paritytech/try-runtime-cli"
	exit 0
fi
build_node
PORT_OFFSET=$OFFSET scripts/localnet.sh up 2 --base "$work/net"
logged try-runtime "$program" --runtime "$RUNTIME" on-runtime-upgrade --blocktime 2000 --checks=all --disable-mbm-checks \
	--disable-spec-version-check live --uri "ws://127.0.0.1:$((9944 + OFFSET))" || die "try-runtime found something, see above"
for pallet in Rounds Models Inference Validators; do
	grep -q "Running \"$pallet\" try-state checks" "$ASSAY_LOGS/try-runtime.log" || die "try-runtime did not check $pallet"
done
say "try-runtime: migrations and the try_state of all pallets pass on the state of a network"
