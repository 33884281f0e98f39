#!/usr/bin/env bash
# Brings this machine to where everything builds: system packages, a Rust toolchain with both WASM targets, the tests'
# JavaScript packages, onnxruntime, and the linters. Says what it does; what is there already is left alone.
#
# --build brings only what cargo needs, without the packages of the tests.
#
# ASSAY_TOOLCHAIN=rustup or ASSAY_TOOLCHAIN=debian forces one of the two toolchains.
set -euo pipefail
# shellcheck source=scripts/env.sh
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"

tests=true
for argument in "$@"; do
	case $argument in
	--build) tests=false ;;
	*) die "unknown argument \`$argument\`: the only one is --build" ;;
	esac
done

# tract, the model runtime in the engine, needs this one.
readonly MIN_RUST=1.91
readonly MIN_NODE=20.3
readonly WASM_TARGETS=(wasm32v1-none wasm32-unknown-unknown)
readonly DEBIAN_TOOLS=(cargo rustc rustdoc rustfmt cargo-fmt cargo-clippy clippy-driver)
readonly DEBIAN_RUST=(rustc-web cargo-web rust-web-src rust-web-llvm rust-web-clippy rustfmt-web lld-22)
readonly MANUAL="https://rustup.rs, then \`rustup target add ${WASM_TARGETS[*]}\`"

have() {
	command -v "$1" >/dev/null 2>&1
}

# at_least VERSION MINIMUM
at_least() {
	[[ $(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1) == "$2" ]]
}

on_debian() {
	have apt-get && have dpkg-query
}

on_debian_12() {
	on_debian && (
		. /etc/os-release
		[[ ${ID:-} == debian && ${VERSION_ID:-} == 12 ]]
	)
}

### System packages

installed() {
	[[ $(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

# provided PACKAGE: succeeds if the programs or files of a package are there, from whatever source.
provided() {
	case $1 in
	protobuf-compiler) have protoc ;;
	build-essential) have cc && have c++ && have make ;;
	clang | cmake | git | curl | python3) have "$1" ;;
	pkg-config) have pkg-config || have pkgconf ;;
	ca-certificates) [[ -s /etc/ssl/certs/ca-certificates.crt || -s /etc/pki/tls/certs/ca-bundle.crt || $OSTYPE == darwin* ]] ;;
	python3-venv) have python3 && python3 -c 'import ensurepip, venv' 2>/dev/null ;;
	nodejs) have node ;;
	npm) have npm ;;
	libclang-dev) compgen -G '/usr/lib*/llvm*/lib*/libclang*.so*' >/dev/null || compgen -G '/usr/lib*/libclang.so*' >/dev/null || [[ -n ${LIBCLANG_PATH:-} || $OSTYPE == darwin* ]] ;;
	libssl-dev) have pkg-config && pkg-config --exists openssl ;;
	*) installed "$1" ;;
	esac
}

# apt_install PACKAGE...: as root, or with sudo.
apt_install() {
	local sudo=() quick=()
	# A container or a chroot can be made again: no need to flush every file to the disk.
	[[ -d /run/systemd/system ]] || quick=(-o Dpkg::Options::=--force-unsafe-io)
	if [[ $EUID -ne 0 ]]; then
		have sudo || die "packages are missing and this is not root: run \`apt-get install $*\` as root, then this again"
		sudo=(sudo)
	fi
	say "packages: installing $*"
	# A package source that has nothing to do with us may be out of reach; whether ours are shows in the next step.
	logged apt-update "${sudo[@]}" apt-get update || say "packages: not every source could be read"
	if [[ " $* " == *" rustc-web "* ]]; then
		add_security_source "${sudo[@]}"
	fi
	logged apt-install "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive \
		apt-get install --yes --no-install-recommends "${quick[@]}" "$@" ||
		die "apt-get could not install $*: mend the package sources, then run this again"
}

rust_candidate() {
	LC_ALL=C apt-cache policy rustc-web | sed -n 's/^ *Candidate: //p'
}

# Debian keeps the newest rustc among its security updates, which a bare system does not have among its sources.
add_security_source() {
	local list=/etc/apt/sources.list.d/assay.list
	at_least "$(rust_candidate)" "$MIN_RUST" && return
	say "packages: adding bookworm-security and bookworm-updates in $list"
	printf 'deb http://deb.debian.org/%s main\n' \
		'debian-security bookworm-security' 'debian bookworm-updates' | "$@" tee "$list" >/dev/null
	logged apt-update "$@" apt-get update || die "apt-get update failed: mend the package sources, then run this again"
	at_least "$(rust_candidate)" "$MIN_RUST" ||
		die "Debian's rustc-web is $(rust_candidate), $MIN_RUST is needed: install Rust from $MANUAL"
}

packages() {
	local package missing=()
	local wanted=(ca-certificates curl git build-essential clang libclang-dev cmake pkg-config libssl-dev protobuf-compiler)
	! $tests || wanted+=(python3 python3-venv nodejs npm)
	for package in "${wanted[@]}"; do
		provided "$package" || missing+=("$package")
	done
	if ((${#missing[@]} == 0)); then
		say "packages: reused, all there"
	elif on_debian; then
		apt_install "${missing[@]}"
	else
		die "missing here (names are Debian's): ${missing[*]}. Install them with the system's package manager, then run this again"
	fi
}

### Rust

# rustup_ready TOOLCHAIN: whether it is new enough and has all that is needed.
rustup_ready() {
	have rustup || return 1
	local version targets target
	version=$(rustup run "$1" rustc --version 2>/dev/null | cut -d' ' -f2) || return 1
	at_least "$version" "$MIN_RUST" || return 1
	targets=$(rustup target list --installed --toolchain "$1" 2>/dev/null) || return 1
	for target in "${WASM_TARGETS[@]}"; do
		grep -qx "$target" <<<"$targets" || return 1
	done
	rustup run "$1" cargo-clippy --version >/dev/null 2>&1 && rustup run "$1" rustfmt --version >/dev/null 2>&1
}

rustup_active() {
	{ cd "$ASSAY_ROOT" && rustup show active-toolchain 2>/dev/null || true; } | cut -d' ' -f1
}

# Fetches what the active toolchain lacks, or a stable one if it is too old. Prints nothing; the caller asks for the result.
rustup_fetch() {
	have rustup || return 1
	local toolchain version
	toolchain=$(rustup_active)
	version=$(rustup run "${toolchain:-stable}" rustc --version 2>/dev/null | cut -d' ' -f2 || true)
	if [[ -n $version ]] && at_least "$version" "$MIN_RUST"; then
		timeout 600 rustup target add --toolchain "$toolchain" "${WASM_TARGETS[@]}" &&
			timeout 600 rustup component add --toolchain "$toolchain" clippy rustfmt
	else
		timeout 1200 rustup toolchain install stable --profile minimal --component clippy,rustfmt \
			--target "$(IFS=,; echo "${WASM_TARGETS[*]}")"
	fi
}

debian_version() {
	/usr/bin/rustc --version 2>/dev/null | cut -d' ' -f2
}

debian_tools() {
	local tool
	for tool in "${DEBIAN_TOOLS[@]}"; do
		[[ -x /usr/bin/$tool ]] || return 1
	done
	# A /usr/bin/rustc may be a link to rustup.
	[[ $(readlink -f /usr/bin/rustc) != *rustup* ]] && at_least "$(debian_version)" "$MIN_RUST"
}

# Identifies the compiler that a standard library belongs to.
std_stamp() {
	/usr/bin/rustc --version --verbose
	dpkg-query -W -f='${Version}\n' rustc-web 2>/dev/null || true
}

std_dir() {
	echo "$(/usr/bin/rustc --print sysroot)/lib/rustlib/$1/lib"
}

# std_ready TARGET: succeeds if the standard library of a target is there and belongs to this compiler. The stamp answers at once. Without
# a stamp, a small module is linked with the same link-time optimisation as the runtime's.
std_ready() {
	local target=$1 dir work
	dir=$(std_dir "$target")
	[[ -f $dir/.assay-std ]] && diff -q <(std_stamp) "$dir/.assay-std" >/dev/null && return
	compgen -G "$dir/libcore-*.rlib" >/dev/null || return 1
	work=$(mktemp -d)
	if [[ $target == wasm32v1-none ]]; then
		cat >"$work/probe.rs" <<-'RUST'
			#![no_std]
			extern crate alloc;
			struct None;
			unsafe impl core::alloc::GlobalAlloc for None {
				unsafe fn alloc(&self, _: core::alloc::Layout) -> *mut u8 { core::ptr::null_mut() }
				unsafe fn dealloc(&self, _: *mut u8, _: core::alloc::Layout) {}
			}
			#[global_allocator]
			static ALLOCATOR: None = None;
			#[panic_handler]
			fn panic(_: &core::panic::PanicInfo) -> ! { loop {} }
			#[unsafe(no_mangle)]
			pub extern "C" fn probe(n: usize) -> usize { alloc::vec![1u8; n].len() }
		RUST
	else
		cat >"$work/probe.rs" <<-'RUST'
			#[unsafe(no_mangle)]
			pub extern "C" fn probe(n: usize) -> usize { std::vec![1u8; n].len() }
		RUST
	fi
	if /usr/bin/rustc --edition 2024 --crate-type cdylib --target "$target" -C opt-level=1 -C lto=fat -C panic=abort \
		-o "$work/probe.wasm" "$work/probe.rs" >"$work/log" 2>&1; then
		rm -rf "$work"
		std_stamp >"$dir/.assay-std" 2>/dev/null || true
		return 0
	fi
	rm -rf "$work"
	return 1
}

# Debian ships the sources of the standard library and no WASM build of it.
build_std() {
	local target=$1 crates=$2 dir work
	dir=$(std_dir "$target")
	mkdir -p "$dir" 2>/dev/null || true
	[[ -w $dir ]] || die "$dir cannot be written: run this as root, or install Rust from $MANUAL"
	say "rust: building the standard library for $target"
	work=$(mktemp -d)
	mkdir "$work/src"
	printf '[package]\nname = "std-for-wasm"\nversion = "0.0.0"\nedition = "2021"\n[workspace]\n' >"$work/Cargo.toml"
	echo '#![no_std]' >"$work/src/lib.rs"
	# Without its bitcode the runtime's link-time optimisation fails.
	(cd "$work" && RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Cembed-bitcode=yes CARGO_TARGET_DIR=$work/target \
		logged "std-$target" cargo build --release "-Zbuild-std=$crates" --target "$target") || {
		rm -rf "$work"
		die "the standard library for $target does not build, see above: install Rust from $MANUAL"
	}
	rm -f "$dir"/*.rlib "$dir/.assay-std"
	rm -f "$work/target/$target/release/deps"/libstd_for_wasm-*
	cp "$work/target/$target/release/deps"/*.rlib "$dir/"
	rm -rf "$work"
	std_stamp >"$dir/.assay-std"
	# Code that was compiled against the former library is of no use.
	rm -rf "$CARGO_TARGET_DIR"/*/wbuild "$CARGO_TARGET_DIR"/engine-guest
}

link_debian_tools() {
	local tool
	mkdir -p "$ASSAY_DEBIAN_BIN"
	for tool in "${DEBIAN_TOOLS[@]}"; do
		ln -sfn "/usr/bin/$tool" "$ASSAY_DEBIAN_BIN/$tool"
	done
}

debian_ready() {
	local target
	debian_tools || return 1
	for target in "${WASM_TARGETS[@]}"; do
		std_ready "$target" || return 1
	done
}

debian_install() {
	local package missing=()
	for package in "${DEBIAN_RUST[@]}"; do
		installed "$package" || missing+=("$package")
	done
	((${#missing[@]} == 0)) || apt_install "${missing[@]}"
	debian_tools || die "Debian's Rust is incomplete: \`apt-get install --reinstall ${DEBIAN_RUST[*]}\`"
	link_debian_tools
	PATH=$ASSAY_DEBIAN_BIN:$PATH
	std_ready wasm32v1-none || build_std wasm32v1-none core,alloc
	std_ready wasm32-unknown-unknown || build_std wasm32-unknown-unknown std,panic_abort
	debian_ready || die "the WASM targets of Debian's Rust do not link: install Rust from $MANUAL"
}

choose_debian() {
	link_debian_tools
	echo debian >"$ASSAY_TOOLCHAIN_FILE"
}

choose_rustup() {
	echo "rustup $1" >"$ASSAY_TOOLCHAIN_FILE"
}

rust() {
	local asked=${ASSAY_TOOLCHAIN:-any} choice='' active=''
	mkdir -p "$ASSAY_CACHE"
	[[ $asked == any || $asked == rustup || $asked == debian ]] ||
		die "ASSAY_TOOLCHAIN is \`$asked\`: set it to rustup or debian, or not at all"
	[[ -r $ASSAY_TOOLCHAIN_FILE ]] && choice=$(<"$ASSAY_TOOLCHAIN_FILE")
	if [[ $asked == any || $choice == "$asked"* ]]; then
		if [[ $choice == debian ]] && debian_ready; then
			link_debian_tools
			say "rust: reused, Debian's $(debian_version)"
			return
		elif [[ $choice == rustup\ * ]] && rustup_ready "${choice#rustup }"; then
			say "rust: reused, rustup's ${choice#rustup }"
			return
		fi
	fi

	# A toolchain that is complete comes first. Debian's packages come second: one compiler gives everybody the same guest, and so the same
	# engine. A toolchain that rustup can fetch comes last.
	if [[ $asked != debian ]] && have rustup; then
		active=$(rustup_active)
		if [[ -n $active ]] && rustup_ready "$active"; then
			choose_rustup "$active"
			say "rust: rustup's $active has everything"
			return
		fi
	fi
	if [[ $asked != rustup ]] && debian_ready; then
		choose_debian
		say "rust: Debian's $(debian_version) has everything"
		return
	fi
	if [[ $asked != rustup ]] && on_debian_12 && { [[ $EUID -eq 0 || $asked == debian ]] || have sudo || ! have rustup; }; then
		say "rust: using Debian's packages"
		debian_install
		choose_debian
		say "rust: Debian's $(debian_version)"
		return
	fi
	if [[ $asked != debian ]] && have rustup; then
		say "rust: asking rustup for ${WASM_TARGETS[*]}"
		if logged rustup rustup_fetch 2>/dev/null; then
			for active in "$(rustup_active)" stable; do
				if [[ -n $active ]] && rustup_ready "$active"; then
					choose_rustup "$active"
					say "rust: rustup's $active"
					return
				fi
			done
		fi
		say "rust: rustup cannot fetch them here"
	fi
	die "no Rust $MIN_RUST with the targets ${WASM_TARGETS[*]}: install it from $MANUAL, then run this again"
}

### Packages of the tests

# Debian 12 has 18.
node_js() {
	at_least "$(node --version | tr -d v)" "$MIN_NODE" && return
	[[ $OSTYPE == linux* ]] || die "Node.js $MIN_NODE or later is needed, this is $(node --version): install it from https://nodejs.org"
	mkdir -p "$ASSAY_NODE_JS"
	cp "$ASSAY_ROOT"/scripts/node/package*.json "$ASSAY_NODE_JS"
	npm_packages "$ASSAY_NODE_JS"
	use_toolchain
	at_least "$(node --version | tr -d v)" "$MIN_NODE" || die "Node.js $MIN_NODE or later is needed, this is $(node --version): install it from https://nodejs.org"
}

python() {
	local requirements=$ASSAY_ROOT/tests/requirements.txt stamp
	stamp="$(hash_of "$requirements") $(python3 --version)"
	if [[ -x $ASSAY_VENV/bin/python && -f $ASSAY_VENV/.assay-stamp && $(<"$ASSAY_VENV/.assay-stamp") == "$stamp" ]]; then
		say "python: reused"
		return
	fi
	say "python: fetching onnxruntime into $ASSAY_VENV"
	rm -rf "$ASSAY_VENV"
	logged venv python3 -m venv "$ASSAY_VENV" || die "python3 makes no virtual environment, see above: install python3-venv"
	logged pip "$ASSAY_VENV/bin/pip" install --disable-pip-version-check --require-hashes --only-binary=:all: -r "$requirements" ||
		die "pip could not fetch tests/requirements.txt: it needs CPython 3.11 to 3.14 and PyPI; then run this again"
	echo "$stamp" >"$ASSAY_VENV/.assay-stamp"
}

linters() {
	local requirements=$ASSAY_ROOT/scripts/lint-requirements.txt stamp
	stamp="$(hash_of "$requirements") $(python3 --version)"
	if [[ -x $ASSAY_LINT/bin/python && -f $ASSAY_LINT/.assay-stamp && $(<"$ASSAY_LINT/.assay-stamp") == "$stamp" ]]; then
		say "linters: reused"
		return
	fi
	say "linters: fetching shellcheck, ruff and typos into $ASSAY_LINT"
	rm -rf "$ASSAY_LINT"
	logged lint-venv python3 -m venv "$ASSAY_LINT" || die "python3 makes no virtual environment, see above: install python3-venv"
	logged lint-pip "$ASSAY_LINT/bin/pip" install --disable-pip-version-check --require-hashes --only-binary=:all: -r "$requirements" ||
		die "pip could not fetch scripts/lint-requirements.txt: see that PyPI can be reached, then run this again"
	echo "$stamp" >"$ASSAY_LINT/.assay-stamp"
}

### Compiled dependencies

# Names of the workspace's own packages.
own_packages() {
	sed -n '/^\[package\]/,/^\[/s/^name = "\(.*\)"/\1/p' "$ASSAY_ROOT"/*/Cargo.toml "$ASSAY_ROOT"/*/*/Cargo.toml
}

# link_compiled FROM TO: hard links to what is compiled, real copies of what cargo or a build script rewrites in place, and then nothing by
# which cargo would know one of the workspace's own crates.
link_compiled() {
	local from=$1 to=$2 part package
	[[ -d $from/.fingerprint ]] || return 0
	mkdir -p "$to"
	for part in .fingerprint build; do
		[[ ! -d $from/$part ]] || cp -a "$from/$part" "$to/"
	done
	cp -al "$from/deps" "$to/"
	for package in $(own_packages); do
		rm -rf "$to/.fingerprint/$package"-* "$to/build/$package"-* "$to/deps/lib${package//-/_}"-*
	done
}

# The target folder of this clone. A new one begins with the dependencies of the clone that built last.
seed_target() {
	local other others newest='' started=$SECONDS new=$CARGO_TARGET_DIR.new
	mapfile -t others < <(ls -dt "$ASSAY_TARGETS"/*/ 2>/dev/null)
	if [[ $CARGO_TARGET_DIR == "$ASSAY_TARGETS"/* && ! -d $CARGO_TARGET_DIR ]]; then
		for other in "${others[@]%/}"; do
			[[ -z $newest && -f $other/assay-clone ]] && newest=$other
		done
		mkdir -p "$ASSAY_TARGETS"
		rm -rf "$new"
		mkdir "$new"
		if [[ -n $newest ]]; then
			local part wasm=debug/wbuild/assay-runtime/target
			for part in debug release engine-guest/release engine-guest/guest engine-guest/wasm32-unknown-unknown/guest \
				$wasm/release $wasm/wasm32v1-none/release; do
				link_compiled "$newest/$part" "$new/$part"
			done
			# The tests' programs, whose names are not those of packages.
			cargo clean --quiet --locked --offline --workspace --target-dir "$new"
		fi
		printf '%s\n' "$ASSAY_ROOT" >"$new/assay-clone"
		mv -T "$new" "$CARGO_TARGET_DIR"
		say "dependencies: ${newest:+linked from $newest into }$CARGO_TARGET_DIR in $((SECONDS - started)) s"
	fi
	# Target folders of clones that are gone.
	for other in "${others[@]%/}"; do
		if [[ -f $other/assay-clone && ! -d $(<"$other/assay-clone") ]]; then
			say "dependencies: removing $other, whose clone is gone"
			rm -rf "$other"
		fi
	done
	# Earlier versions had one folder for all clones.
	rm -rf "$ASSAY_CACHE/target"
}

# Prometheus and promtool, out of Debian's package and without installing it: a machine gets no service that it did not ask for.
prometheus() {
	local dir=$ASSAY_CACHE/prometheus work
	if [[ -x $dir/promtool ]]; then
		say "prometheus: reused"
		return
	fi
	on_debian || {
		say "prometheus: this is no Debian: the tests of alerts are skipped, unless prometheus and promtool are in $dir"
		return
	}
	work=$(mktemp -d)
	chmod 755 "$work"
	if (cd "$work" && logged prometheus apt-get download prometheus && dpkg-deb -x prometheus_*.deb .); then
		mkdir -p "$dir"
		cp "$work"/usr/bin/prometheus "$work"/usr/bin/promtool "$dir"
		say "prometheus: $("$dir/promtool" --version 2>&1 | head -n 1)"
	else
		say "prometheus: apt-get has none: the tests of alerts are skipped"
	fi
	rm -rf "$work"
}

packages
rust
use_toolchain
seed_target
say "rust: $(rustc --version), target folder $CARGO_TARGET_DIR"
if guest_is_made_here; then
	say "engine: the guest is made here, as $GUEST_RUST makes it"
else
	say "engine: the guest is taken as it is checked in, for it is made with $GUEST_RUST"
fi
if $tests; then
	node_js
	npm_packages "$ASSAY_ROOT/tests"
	say "javascript: $(node --version)"
	python
	prometheus
	linters
fi
say "done"
