# shellcheck shell=bash
# Sourced by the other scripts: where things are, which toolchain builds, and how to talk to people.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
ASSAY_CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/assay
ASSAY_TARGETS=$ASSAY_CACHE/targets
# This shell has read another clone's env.sh before: what that clone built is not this one's.
if [[ ${ASSAY_ROOT:-$root} != "$root" && ${CARGO_TARGET_DIR:-} == "$ASSAY_TARGETS"/* ]]; then
	unset CARGO_TARGET_DIR ASSAY_NODE
fi
ASSAY_ROOT=$root
unset root
# A target folder for each clone: cargo tells the workspace crates of two clones apart by modification times alone, and would run one
# clone's tests on the other's code. seed_target gives a new one the compiled dependencies of another.
CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$ASSAY_TARGETS/$(basename "$ASSAY_ROOT")-$(printf %s "$ASSAY_ROOT" | sha256sum | cut -c1-8)}
# The WASM builder looks for the lock file above the target folder, where it is not.
WASM_BUILD_WORKSPACE_HINT=$ASSAY_ROOT
ASSAY_VENV=$ASSAY_CACHE/venv
ASSAY_LINT=$ASSAY_CACHE/lint
ASSAY_MODELS=$ASSAY_CACHE/models
ASSAY_LOGS=$ASSAY_CACHE/logs
ASSAY_NODE=${ASSAY_NODE:-$CARGO_TARGET_DIR/debug/assay-node}
export ASSAY_ROOT ASSAY_CACHE ASSAY_TARGETS CARGO_TARGET_DIR WASM_BUILD_WORKSPACE_HINT ASSAY_VENV ASSAY_LINT ASSAY_MODELS ASSAY_LOGS ASSAY_NODE

# The toolchain that setup.sh chose: `debian`, or `rustup` and the name of a toolchain.
ASSAY_TOOLCHAIN_FILE=$ASSAY_CACHE/toolchain
# Links to Debian's cargo and rustc, for a PATH in which rustup's come first.
ASSAY_DEBIAN_BIN=$ASSAY_CACHE/debian-bin

# A Node.js that setup.sh fetches where the machine's own is older than the tests need.
ASSAY_NODE_JS=$ASSAY_CACHE/node

# Puts the toolchain that setup.sh chose first. Does nothing before setup.sh has run.
use_toolchain() {
	local choice='' node
	for node in "$ASSAY_NODE_JS"/node_modules/node-linux-*/bin; do
		[[ ! -x $node/node || $PATH == *"$node"* ]] || PATH=$node:$PATH
	done
	[[ -r $ASSAY_TOOLCHAIN_FILE ]] && choice=$(<"$ASSAY_TOOLCHAIN_FILE")
	case $choice in
	debian)
		unset RUSTUP_TOOLCHAIN
		PATH=$ASSAY_DEBIAN_BIN:$PATH
		;;
	rustup\ *)
		export RUSTUP_TOOLCHAIN=${choice#rustup }
		PATH=$(dirname "$(command -v rustup || echo "$HOME/.cargo/bin/rustup")"):$PATH
		;;
	esac
	export PATH
}
use_toolchain

# The compiler of the guest that is checked in. Another one makes other bytes, and so another engine: builds with it take those.
GUEST_RUST='rustc 1.96.0 (ac68faa20 2026-05-25) (built from a source tarball)'

guest_is_made_here() {
	[[ $(rustc --version 2>/dev/null) == "$GUEST_RUST" ]]
}
if [[ -z ${ASSAY_GUEST+set} ]] && ! guest_is_made_here; then
	export ASSAY_GUEST=checked-in
fi

# say TEXT...: one line of progress.
say() {
	printf '%s: %s\n' "$(basename "$0" .sh)" "$*"
}

# die TEXT...: one line that says what went wrong and what to do next, and the end.
die() {
	printf '%s: error: %s\n' "$(basename "$0" .sh)" "$*" >&2
	exit 1
}

# hash_of FILE...: one hash over the contents of files.
hash_of() {
	cat "$@" | sha256sum | cut -d' ' -f1
}

# logged NAME COMMAND...: runs a command with its output in a log file, and every 20 s prints how it goes. When the command fails, the
# end of the log is printed and its exit status returned.
logged() {
	local log=$ASSAY_LOGS/$1.log ticker status=0
	shift
	mkdir -p "$ASSAY_LOGS"
	: >"$log"
	(
		trap 'kill "$nap" 2>/dev/null; exit 0' TERM
		seconds=0
		while :; do
			# In the background, so that the signal above is not kept waiting.
			sleep 20 &
			nap=$!
			wait "$nap"
			# The script was interrupted.
			kill -0 $$ 2>/dev/null || exit 0
			seconds=$((seconds + 20))
			printf '    %4d s  %.110s\n' "$seconds" "$(tail -n 1 "$log" | tr -d '\r')"
		done
	) &
	ticker=$!
	"$@" >>"$log" 2>&1 || status=$?
	kill "$ticker" 2>/dev/null || true
	wait "$ticker" 2>/dev/null || true
	if ((status != 0)); then
		tail -n 40 "$log" >&2
		printf '    (all of it: %s)\n' "$log" >&2
	fi
	return "$status"
}

# build_node: builds the node as the demo and the tests use it, or says that there is nothing to build.
build_node() {
	local started=$SECONDS crates
	logged build cargo build --locked || die "the node does not build, see above"
	crates=$(grep -c '^ *Compiling ' "$ASSAY_LOGS/build.log" || true)
	if ((crates == 0)); then
		say "node: reused, nothing to build"
	else
		say "node: compiled $crates crates in $((SECONDS - started)) s"
	fi
}

# build_compared: builds the two programs that scripts/compare.py drives, the engine and native tract, and names them to it.
build_compared() {
	say "building the engine and native tract"
	logged build-runner cargo build --locked --example runner || die "the engine does not build, see above"
	logged build-native cargo build --locked --release -p assay-native || die "native tract does not build, see above"
	export ASSAY_RUNNER="$CARGO_TARGET_DIR/debug/examples/runner $ASSAY_CACHE/engine"
	export ASSAY_NATIVE=$CARGO_TARGET_DIR/release/assay-native
}

# conformance_cases: ONNX's own node cases as models and bundles. Sets CASES to their folder.
conformance_cases() {
	local onnx
	onnx=$("$ASSAY_ROOT/scripts/onnx-wheel.sh")
	# shellcheck disable=SC2034 # The caller reads it.
	CASES=$ASSAY_CACHE/conformance/cases
	rm -rf "$CASES"
	PYTHONPATH=$onnx "$ASSAY_VENV/bin/python" "$ASSAY_ROOT/scripts/conformance_cases.py" "$onnx/onnx/backend/test/data/node" "$CASES"
}

# build_unguarded: builds the engine without its guards, so that compare.py can measure their cost.
build_unguarded() {
	local runner=$ASSAY_CACHE/bench/runner-unguarded
	say "building the engine without guards"
	logged build-unguarded env ASSAY_GUEST_FEATURES=unguarded cargo build --locked --example runner ||
		die "the engine does not build without guards, see above"
	mkdir -p "$ASSAY_CACHE/bench"
	cp "$CARGO_TARGET_DIR/debug/examples/runner" "$runner"
	export ASSAY_UNGUARDED="$runner $ASSAY_CACHE/engine"
}

# tool CRATE VERSION PROGRAM: a program of the SDK from crates.io, compiled once. Sets TOOL to its path.
tool() {
	# shellcheck disable=SC2034 # The caller reads it.
	TOOL=$ASSAY_CACHE/tools/bin/$3
	if ! grep -q "^\"$1 $2 " "$ASSAY_CACHE/tools/.crates.toml" 2>/dev/null; then
		say "compiling $1 $2, which takes a while"
		# Some build script reads a date out of the end of what Debian's rustc says of itself, which has other words there.
		mkdir -p "$ASSAY_CACHE/tools"
		printf '#!/bin/sh\n[ "$*" = --version ] || exec "%s" "$@"\n"%s" --version | sed "s/ (built from a source tarball)//"\n' \
			"$(command -v rustc)" "$(command -v rustc)" >"$ASSAY_CACHE/tools/rustc"
		chmod +x "$ASSAY_CACHE/tools/rustc"
		# As fast as a released node, for hashes and signatures go into the weights; but RocksDB, which is not used, and what only makes
		# the last step longer.
		logged "tool-$1" env RUSTC="$ASSAY_CACHE/tools/rustc" SKIP_WASM_BUILD=1 CXXFLAGS=-O0 CARGO_TARGET_DIR="$ASSAY_CACHE/tools/target" \
			CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
			cargo install --locked --root "$ASSAY_CACHE/tools" --version "$2" "$1" || die "$1 $2 does not build, see above"
	fi
}

# build_checked_runtime: the runtime with its benchmarks and checks, which no node is built with. Sets RUNTIME to its file.
build_checked_runtime() {
	RUNTIME=$ASSAY_CACHE/runtime-checked.wasm
	say "building the runtime with benchmarks and try-runtime"
	logged build-runtime-checked cargo build --locked --package assay-runtime --features runtime-benchmarks,try-runtime ||
		die "the runtime does not build, see above"
	cp "$CARGO_TARGET_DIR/debug/wbuild/assay-runtime/target/wasm32v1-none/release/assay_runtime.wasm" "$RUNTIME"
}

# build_released_runtime: the runtime of a release, which knows the hash of its metadata. Sets ASSAY_RELEASED_RUNTIME to its file.
build_released_runtime() {
	export ASSAY_RELEASED_RUNTIME=$ASSAY_CACHE/runtime-released.wasm
	say "building the runtime with the hash of its metadata"
	logged build-runtime-released cargo build --locked --lib --features assay-runtime/metadata-hash ||
		die "the runtime does not build, see above"
	cp "$CARGO_TARGET_DIR/debug/wbuild/assay-runtime/target/wasm32v1-none/release/assay_runtime.wasm" "$ASSAY_RELEASED_RUNTIME"
}

# npm_packages FOLDER: the packages of its lock file, where they are not there yet.
npm_packages() {
	local dir=$1 stamp
	stamp="$(hash_of "$dir/package.json" "$dir/package-lock.json") $(node --version)"
	if [[ -f $dir/node_modules/.assay-stamp && $(<"$dir/node_modules/.assay-stamp") == "$stamp" ]]; then
		return
	fi
	say "fetching the packages of ${dir#"$ASSAY_ROOT"/}/package-lock.json"
	(cd "$dir" && logged "npm-${dir##*/}" npm ci --no-audit --no-fund) ||
		die "npm could not fetch the packages: see that the npm registry can be reached, then run this again"
	echo "$stamp" >"$dir/node_modules/.assay-stamp"
}

# python_clients: a virtual environment with the Python clients of mem0, MCP and OpenAI. Sets ASSAY_CLIENTS to its folder.
python_clients() {
	local requirements=$ASSAY_ROOT/scripts/memory-requirements.txt stamp
	ASSAY_CLIENTS=$ASSAY_CACHE/memory-venv
	stamp="$(hash_of "$requirements") $(python3 --version)"
	if [[ -f $ASSAY_CLIENTS/.assay-stamp && $(<"$ASSAY_CLIENTS/.assay-stamp") == "$stamp" ]]; then
		return
	fi
	say "fetching the clients of mem0, MCP and OpenAI"
	rm -rf "$ASSAY_CLIENTS"
	logged memory-venv python3 -m venv "$ASSAY_CLIENTS" || die "python3 makes no virtual environment, see above: install python3-venv"
	logged memory-pip "$ASSAY_CLIENTS/bin/pip" install --disable-pip-version-check --require-hashes --no-deps --only-binary=:all: -r "$requirements" ||
		die "pip could not fetch scripts/memory-requirements.txt: it needs CPython 3.11 to 3.14 and PyPI; then run this again"
	echo "$stamp" >"$ASSAY_CLIENTS/.assay-stamp"
}
