#!/usr/bin/env bash
# The receipt verifier as WebAssembly: builds it for browsers and for bare machines, and sees to it that it asks nothing of its host.
# Prints the path of the module.
set -euo pipefail
# shellcheck source=scripts/env.sh
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$ASSAY_ROOT"

module=$CARGO_TARGET_DIR/wasm32-unknown-unknown/guest/assay_receipts_wasm.wasm
bare=(--locked -p assay-receipts --no-default-features)

if cargo tree "${bare[@]}" -e normal --prefix none | grep '^sp-io '; then
	die "the receipt verifier depends on sp-io, whose functions no browser has: see who brings it with cargo tree -i sp-io"
fi
logged receipts-bare cargo build "${bare[@]}" --lib --target wasm32v1-none
logged receipts-browser cargo build --locked -p assay-receipts-wasm --lib --target wasm32-unknown-unknown --profile guest
# shellcheck disable=SC2016 # A JavaScript program.
imports=$(node -e '
	const bytes = require("node:fs").readFileSync(process.argv[1]);
	const imports = WebAssembly.Module.imports(new WebAssembly.Module(bytes));
	console.log(imports.map(({ module, name }) => `${module}.${name}`).join(" "));
' "$module")
[[ -z $imports ]] || die "the receipt verifier imports $imports, which a browser does not have: find the dependency that asks for it"
say "$module: $(stat -c %s "$module") bytes, $(gzip -9c "$module" | wc -c) gzipped, no imports"
