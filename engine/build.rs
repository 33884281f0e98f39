//! Compiles the guest to WASM, with the same lock file, into a target folder of its own.
//!
//! The guest's bytes are part of the engine's name, so the build leaves no trace of where it ran: paths are remapped, and
//! nothing of the outer build's environment reaches it. Another compiler makes other bytes all the same: `ASSAY_GUEST=checked-in` takes
//! the guest that is checked in, `engine/guest.wasm.zst`, instead of making it.

use std::{
	env,
	path::{Path, PathBuf},
	process::Command,
};

const TARGET: &str = "wasm32-unknown-unknown";
const PROFILE: &str = "guest";

/// Names features of the guest to build it with, which makes it another engine.
const FEATURES: &str = "ASSAY_GUEST_FEATURES";

/// Says which guest to take: `checked-in`, or unset for the one that is made here.
const CHOICE: &str = "ASSAY_GUEST";

/// Variables of the outer build that change what rustc is, and so must reach the inner one.
const KEPT: [&str; 3] = ["CARGO_HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN"];

fn main() {
	let manifest_dir = PathBuf::from(var("CARGO_MANIFEST_DIR"));
	let workspace = manifest_dir.parent().expect("the crate lies in the workspace").to_path_buf();
	let out = PathBuf::from(var("OUT_DIR")).join("guest.wasm");
	for path in [
		"engine/build.rs",
		"engine/guest",
		"engine/kernels",
		"primitives/src",
		"primitives/Cargo.toml",
		"Cargo.lock",
		"Cargo.toml",
	] {
		println!("cargo:rerun-if-changed={}", workspace.join(path).display());
	}
	println!("cargo:rerun-if-env-changed=SKIP_GUEST_BUILD");
	println!("cargo:rerun-if-env-changed={FEATURES}");
	println!("cargo:rerun-if-env-changed={CHOICE}");
	if env::var_os("SKIP_GUEST_BUILD").is_some_and(|value| value != "0") {
		// Enough for documentation and lints; an engine refuses to start with an empty guest.
		std::fs::write(&out, []).expect("OUT_DIR can be written");
		return;
	}
	match env::var(CHOICE).as_deref() {
		Ok("checked-in") => {
			let packed = manifest_dir.join("guest.wasm.zst");
			println!("cargo:rerun-if-changed={}", packed.display());
			return unpack(&packed, &out);
		}
		Ok(other) if !other.is_empty() => panic!("{CHOICE} is `{other}`: set it to checked-in, or not at all"),
		_ => (),
	}
	let target_dir = guest_target_dir();
	build(&workspace, &target_dir);
	let built = target_dir.join(TARGET).join(PROFILE).join("assay_engine_guest.wasm");
	std::fs::copy(&built, &out).unwrap_or_else(|error| panic!("copying {}: {error}", built.display()));
}

/// A folder that stays the same from build to build, so that a rebuild is incremental: beside `debug` and `release`.
fn guest_target_dir() -> PathBuf {
	let out_dir = PathBuf::from(var("OUT_DIR"));
	// <target>/<profile>/build/<package>/out, or with the triple before the profile when one is asked for.
	let mut target = out_dir.ancestors().nth(4).expect("cargo's OUT_DIR has this depth");
	if target.ends_with(var("TARGET")) {
		target = target.parent().expect("the triple lies in the target folder");
	}
	target.join("engine-guest")
}

fn build(workspace: &Path, target_dir: &Path) {
	let mut cargo = Command::new(var("CARGO"));
	for (name, _) in env::vars_os() {
		let text = name.to_string_lossy();
		let of_cargo = text.starts_with("CARGO") || text.starts_with("RUST") || text.starts_with("DEP_");
		if of_cargo && !KEPT.contains(&text.as_ref()) || text == "TARGET" || text == "PROFILE" || text == "OPT_LEVEL" {
			cargo.env_remove(&name);
		}
	}
	let status = cargo
		.current_dir(workspace)
		.args(["build", "--locked", "--package", "assay-engine-guest", "--profile", PROFILE, "--target", TARGET])
		.args(["--features", &env::var(FEATURES).unwrap_or_default()])
		.arg("--target-dir")
		.arg(target_dir)
		.env("RUSTC", var("RUSTC"))
		.env("CARGO_ENCODED_RUSTFLAGS", rustflags().join("\u{1f}"))
		.status()
		.expect("cargo can be started");
	assert!(status.success(), "the guest does not build; is the std of {TARGET} installed? See scripts/setup.sh");
}

fn unpack(packed: &Path, out: &Path) {
	let file = std::fs::File::open(packed).unwrap_or_else(|error| panic!("{}: {error}", packed.display()));
	let mut guest = ruzstd::decoding::StreamingDecoder::new(file).expect("the checked-in guest is packed with zstd");
	let mut out = std::fs::File::create(out).expect("OUT_DIR can be written");
	std::io::copy(&mut guest, &mut out).expect("the checked-in guest can be unpacked");
}

fn rustflags() -> Vec<String> {
	let cargo_home = env::var_os("CARGO_HOME")
		.map(PathBuf::from)
		.or_else(|| env::var_os("HOME").map(|home| Path::new(&home).join(".cargo")));
	let mut flags: Vec<String> = [
		"-Ctarget-feature=+simd128,+relaxed-simd",
		// A model that asks for randomness gets an error: there is none.
		"--cfg=getrandom_backend=\"unsupported\"",
		// The host puts the stack pointer back when it starts from a snapshot or after a trap.
		"-Clink-arg=--export=__stack_pointer",
		// The stack of the guest's own frames: the importer and the optimiser recurse. It lies below the data, so that its
		// overflow is a trap at an address, not silent damage.
		"-Clink-arg=-zstack-size=8388608",
	]
	.map(String::from)
	.to_vec();
	// Members of the workspace are compiled by relative paths. A flag that named its folder would compile tract anew for each clone.
	if let Some(home) = cargo_home {
		flags.push(format!("--remap-path-prefix={}=/cargo", home.display()));
	}
	flags
}

fn var(name: &str) -> String {
	env::var(name).unwrap_or_else(|_| panic!("cargo sets {name}"))
}
