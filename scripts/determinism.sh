#!/usr/bin/env bash
# Runs the golden vectors on every back end that there is and compares their bits: this CPU with its best kernels; with their work in parts, by
# three threads; with those for AVX2; with the guest's own; then, with those, without FMA and AVX; with Cranelift's canonical NaNs; the Pulley
# interpreter. Prints a table, and fails if one hash differs. Then runs some 200 of ONNX's own cases on the same back ends, and fails if an output, a trace, a number of units or
# of bytes of memory, or an error differs.
#
# --long adds real models, all of ONNX's cases, and AArch64 under qemu-user with kernels for NEON; the packages that this needs are fetched.
set -euo pipefail
# shellcheck source=scripts/env.sh
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"

long=false
for argument in "$@"; do
	case $argument in
	--long) long=true ;;
	*) die "unknown argument \`$argument\`: the only one is --long" ;;
	esac
done

readonly ARM=aarch64-unknown-linux-gnu
backends=(native parts avx2 reference no-fma canonical-nans pulley)
[[ $(uname -m) == x86_64 ]] || backends=(native parts reference canonical-nans pulley)
models=()
if $long; then
	mapfile -t models < <("$ASSAY_ROOT/scripts/real-models.sh" golden)
	((${#models[@]} > 0)) || die "there are no real models, see above"
fi

cd "$ASSAY_ROOT"
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
cache=$ASSAY_CACHE/determinism
mkdir -p "$cache"

# The standard library for AArch64, a linker and an emulator, where they are missing.
setup_arm() {
	local rustlib work options
	rustlib=$(rustc --print sysroot)/lib/rustlib
	if ! command -v qemu-aarch64-static aarch64-linux-gnu-gcc >/dev/null; then
		say "installing the emulator and the linker for AArch64"
		logged determinism-apt apt-get install --yes --no-install-recommends qemu-user-static gcc-aarch64-linux-gnu \
			libc6-dev-arm64-cross || die "install qemu-user-static and gcc-aarch64-linux-gnu, then run this again"
	fi
	if [[ ! -d $rustlib/$ARM ]]; then
		if command -v rustup >/dev/null && rustup target add "$ARM"; then
			return
		fi
		say "fetching Rust's standard library for AArch64 from Debian"
		work=$(mktemp -d)
		# Lists of their own: this machine need not know the architecture otherwise.
		options=(-o APT::Architecture=arm64 -o APT::Architectures::=arm64 -o "Dir::State::Lists=$work/lists"
			-o "Dir::Cache=$work/cache" -o Dir::State::status=/dev/null)
		mkdir -p "$work/lists/partial" "$work/cache"
		(cd "$work" && apt-get "${options[@]}" update && apt-get "${options[@]}" download libstd-rust-web-dev) \
			>"$ASSAY_LOGS/determinism-std.log" 2>&1 || die "see $ASSAY_LOGS/determinism-std.log"
		dpkg -x "$work"/libstd-rust-web-dev_*.deb "$work/std"
		cp -a "$work/std/usr/lib/rustlib/$ARM" "$rustlib/"
		rm -rf "$work"
	fi
}

say "building"
if $long; then
	# Another Cranelift, in a folder of its own, so that the node's is not built again.
	logged determinism-build cargo build --locked -p assay-engine --features cross --example determinism --example runner \
		--target-dir "$CARGO_TARGET_DIR/cross" || die "the engine does not build, see above"
	programs=$CARGO_TARGET_DIR/cross/debug/examples
else
	logged determinism-build cargo build --locked --example determinism --example runner || die "the engine does not build, see above"
	programs=$CARGO_TARGET_DIR/debug/examples
fi
program=$programs/determinism
export ASSAY_RUNNER="$programs/runner $cache"
for backend in "${backends[@]}"; do
	say "running on $backend"
	logged "determinism-$backend" "$program" "$backend" "$cache" "${models[@]}" || die "$backend has failed, see above"
	grep -P '\t' "$ASSAY_LOGS/determinism-$backend.log" >"$results/$backend"
done
if $long && [[ $(uname -m) == x86_64 ]]; then
	setup_arm
	export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc
	say "kernels for NEON, under qemu-user"
	CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER="qemu-aarch64-static -L /usr/aarch64-linux-gnu" \
		logged determinism-neon cargo test --locked -p assay-kernels --target "$ARM" --target-dir "$CARGO_TARGET_DIR/cross" ||
		die "kernels for NEON find other bits, see above"
	say "compiling the guest for AArch64"
	logged determinism-precompile "$program" aarch64 "$cache/aarch64" --precompile || die "it does not compile, see above"
	say "building for AArch64"
	logged determinism-build-arm cargo build --locked -p assay-engine --target "$ARM" --example determinism --example runner \
		--target-dir "$CARGO_TARGET_DIR/cross" ||
		die "the engine does not build for AArch64, see above"
	say "running on aarch64, under qemu-user"
	logged determinism-aarch64 qemu-aarch64-static -L /usr/aarch64-linux-gnu \
		"$CARGO_TARGET_DIR/cross/$ARM/debug/examples/determinism" aarch64 "$cache/aarch64" "${models[@]}" ||
		die "aarch64 has failed, see above"
	grep -P '\t' "$ASSAY_LOGS/determinism-aarch64.log" >"$results/aarch64"
	backends+=(aarch64)
	export ASSAY_RUNNER_AARCH64="qemu-aarch64-static -L /usr/aarch64-linux-gnu $CARGO_TARGET_DIR/cross/$ARM/debug/examples/runner $cache/aarch64"
fi

# One line for each vector: the first digits of output and trace on each back end. The units are compared, and not shown.
printf '\n%-24s' vector
printf '%-20s' "${backends[@]}"
printf '\n'
differ=0
while IFS=$'\t' read -r _ vector expected; do
	printf '%-24s' "$vector"
	for backend in "${backends[@]}"; do
		found=$(awk -F'\t' -v vector="$vector" '$2 == vector { print $3 }' "$results/$backend")
		read -r output trace _ <<<"$found"
		mark=' '
		if [[ $found != "$expected" || $found == failed* || -z $found ]]; then
			mark='!'
			differ=$((differ + 1))
		fi
		printf '%-20s' "${output:0:8} ${trace:0:8}$mark"
	done
	printf '\n'
done <"$results/native"
printf '\n'
((differ == 0)) || die "$differ hashes are not those of this CPU"
say "every hash is the same on ${#backends[@]} back ends"

conformance_cases
count=200
! $long || count=all
say "running ONNX's own cases"
"$ASSAY_VENV/bin/python" scripts/compare.py bits "$count" "$CASES" "${backends[@]}" || die "cases differ, see above"
