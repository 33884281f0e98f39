#!/usr/bin/env bash
# Memory, asked by what does not know it: the ranking beside a second implementation of it and as WebAssembly, and the daemon by mem0's
# client, MCP's client and MemSync's calls.
#
# --bench also prints how long things take, beside sqlite-vec; --locomo FILE what the ranking finds of LoCoMo's evidence.
set -euo pipefail
# shellcheck source=scripts/env.sh
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"

bench=false
locomo=
while (($# > 0)); do
	case $1 in
	--bench) bench=true ;;
	--locomo)
		[[ -r ${2:-} ]] || die "--locomo takes locomo10.json, which its authors publish: https://github.com/snap-research/locomo"
		locomo=$(realpath "$2")
		shift
		;;
	*) die "unknown argument \`$1\`: there are --bench and --locomo FILE" ;;
	esac
	shift
done

python_clients
cd "$ASSAY_ROOT"
say "building the daemon and the ranking"
logged memory-build cargo build --locked --bins --example rank || die "the daemon does not build, see above"
logged memory-wasm cargo build --locked -p assay-memory --no-default-features --example rank_wasm --target wasm32-unknown-unknown \
	--profile guest || die "the ranking does not build for browsers, see above"

"$ASSAY_CLIENTS/bin/python" tests/memory/ranking.py compare "$CARGO_TARGET_DIR/debug/examples/rank" ||
	die "the ranking differs from the second implementation, see above"
node tests/memory/wasm.mjs "$CARGO_TARGET_DIR/wasm32-unknown-unknown/guest/examples/rank_wasm.wasm" ||
	die "the ranking differs in WebAssembly, see above"
"$ASSAY_CLIENTS/bin/python" tests/memory/recall.py "$CARGO_TARGET_DIR/debug/examples/rank" ||
	die "the ranking finds less than it has to, see above"
"$ASSAY_CLIENTS/bin/python" tests/memory/clients.py "$CARGO_TARGET_DIR/debug/assay" || die "a client is not answered as it should be, see above"
if [[ -n $locomo ]]; then
	"$ASSAY_CLIENTS/bin/python" tests/memory/recall.py "$CARGO_TARGET_DIR/debug/examples/rank" "$locomo"
fi
if $bench; then
	say "building what is timed"
	logged memory-bench cargo build --locked --release -p assay-memory --no-default-features --features store --example bench ||
		die "the benchmark does not build, see above"
	# Some Pythons are built without loadable extensions of SQLite, and sqlite-vec is one.
	packages=$("$ASSAY_CLIENTS/bin/python" -c 'import pathlib, sqlite_vec; print(pathlib.Path(sqlite_vec.__file__).parent.parent)')
	loads=
	for python in "$ASSAY_CLIENTS/bin/python" /usr/bin/python3; do
		if [[ -z $loads ]] && "$python" -c 'import sqlite3; sqlite3.Connection.enable_load_extension' 2>/dev/null; then
			loads=$python
		fi
	done
	[[ -n $loads ]] || say "sqlite-vec is left out: no Python here loads extensions of SQLite; Debian's python3 does"
	for memories in 100000 1000000; do
		"$CARGO_TARGET_DIR/release/examples/bench" "$memories" 384
		[[ -z $loads ]] || PYTHONPATH=$packages "$loads" tests/memory/sqlite_vec_bench.py "$memories" 384
	done
fi
