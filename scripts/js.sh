#!/usr/bin/env bash
# The TypeScript client: builds it from the node's runtime and the verifier, checks its types, and tests it against real nodes, in Node and in
# headless Chromium. Prints how large it is.
#
# Without Chromium at /usr/bin/chromium, or at $ASSAY_CHROMIUM, the tests in a browser are skipped, and say so.
#
# --build builds it, and tests nothing. --long compares ten times as many receipts that were tampered with, and tries a standard client on the runtime of a release.
set -euo pipefail
# shellcheck source=scripts/env.sh
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$ASSAY_ROOT"

tests=true
for argument in "$@"; do
	case $argument in
	--build) tests=false ;;
	--long) export ASSAY_LONG=1 ;;
	*) die "unknown argument \`$argument\`: there are --build and --long" ;;
	esac
done

node -e 'const [major, minor] = process.versions.node.split("."); process.exit(+major > 20 || (+major === 20 && +minor >= 3) ? 0 : 1)' ||
	die "the TypeScript client needs Node.js 20.3 or later, this is $(node --version): install it from https://nodejs.org"

package=$ASSAY_ROOT/sdk/js
verifier=$CARGO_TARGET_DIR/wasm32-unknown-unknown/guest/assay_receipts_wasm.wasm
made=$CARGO_TARGET_DIR/js

# The runtime of the chain that the node begins, as its chain spec has it.
runtime() {
	"$ASSAY_NODE" export-chain-spec --chain dev --raw 2>"$ASSAY_LOGS/js-spec.log" | node -e '
		const code = JSON.parse(require("node:fs").readFileSync(0)).genesis.raw.top["0x3a636f6465"];
		require("node:fs").writeFileSync(process.argv[1], Buffer.from(code.slice(2), "hex"));
	' "$1"
}

[[ -x $ASSAY_NODE ]] || die "there is no node at $ASSAY_NODE: run cargo build --locked"
mkdir -p "$made" "$ASSAY_LOGS"
npm_packages "$package"
scripts/receipts-wasm.sh
runtime "$made/runtime.wasm" || die "the node does not give its chain spec: see $ASSAY_LOGS/js-spec.log"
say "building @assay-network/client"
(cd "$package" && node scripts/build.mjs "$made/runtime.wasm" "$verifier")
$tests || exit 0
files=()
for file in "$package"/tests/*.test.js; do
	[[ $file == *.long.test.js && -z ${ASSAY_LONG:-} ]] || files+=("$file")
done
[[ -z ${ASSAY_LONG:-} ]] || build_released_runtime
logged js-mutated cargo build --locked -p assay-receipts --example mutated || die "the receipts that are tampered with do not build, see above"
logged js-types "$package/node_modules/.bin/tsc" --project "$package/tests" || die "programs in TypeScript do not compile with the package, see above"
say "testing @assay-network/client"
(cd "$package" && node --test --test-reporter=spec "${files[@]}")
