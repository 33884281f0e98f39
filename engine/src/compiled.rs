//! The guest compiled twice: for loading under fuel, for running without.

use crate::{guest, EngineError};
use std::{
	fs,
	hash::{Hash, Hasher},
	io::Write,
	os::unix::fs::{OpenOptionsExt, PermissionsExt},
	path::{Path, PathBuf},
	time::Instant,
};
use wasmtime::{Config, Engine, Module, OptLevel};

/// Bytes of the native stack that the guest may use. Its frames differ from CPU to CPU, so hitting this limit is never a
/// verdict; the guest's own limits on recursion stop long before.
pub const WASM_STACK_BYTES: usize = 64 << 20;

/// One compilation of the guest.
pub struct Compiled {
	pub engine: Engine,
	pub module: Module,
}

/// What the guest is compiled for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purpose {
	/// Parse, type, fold, optimise: under fuel, and with canonical NaNs, so that what is folded has the same bits everywhere.
	Load,
	/// Run: as fast as determinism allows. The guest itself makes NaNs canonical, between operators.
	Run,
}

fn config(purpose: Purpose) -> Config {
	let mut config = Config::new();
	config.wasm_simd(true);
	config.wasm_relaxed_simd(true);
	config.relaxed_simd_deterministic(true);
	config.cranelift_opt_level(OptLevel::Speed);
	config.cranelift_nan_canonicalization(purpose == Purpose::Load);
	config.consume_fuel(purpose == Purpose::Load);
	config.epoch_interruption(true);
	config.max_wasm_stack(WASM_STACK_BYTES);
	config
}

impl Compiled {
	/// Takes the compilation from the cache, or compiles and caches it.
	pub fn new(purpose: Purpose, cache_dir: &Path) -> Result<Self, EngineError> {
		let engine = Engine::new(&config(purpose)).map_err(EngineError::compile)?;
		let path = cache_dir.join(file_name(purpose, &engine));
		if let Some(module) = read_cached(&engine, &path) {
			return Ok(Compiled { engine, module });
		}
		let start = Instant::now();
		let native = engine.precompile_module(guest::GUEST).map_err(EngineError::compile)?;
		log::info!("engine compiled for {purpose:?} in {:.1} s", start.elapsed().as_secs_f32());
		if let Err(error) = write_cached(&path, &native) {
			log::warn!("the compiled engine is not cached in {}: {error}", path.display());
		}
		// SAFETY: the bytes come from `precompile_module` of the same engine.
		let module = unsafe { Module::deserialize(&engine, &native) }.map_err(EngineError::compile)?;
		Ok(Compiled { engine, module })
	}
}

/// Names guest, wasmtime's version, target and every setting that changes the code.
fn file_name(purpose: Purpose, engine: &Engine) -> String {
	struct Blake3(blake3::Hasher);
	impl Hasher for Blake3 {
		fn write(&mut self, bytes: &[u8]) {
			self.0.update(bytes);
		}

		fn finish(&self) -> u64 {
			let bytes = self.0.finalize();
			bytes.as_bytes().iter().take(8).fold(0, |sum, byte| sum << 8 | *byte as u64)
		}
	}
	let mut hasher = Blake3(blake3::Hasher::new());
	guest::engine_id().0.hash(&mut hasher);
	engine.precompile_compatibility_hash().hash(&mut hasher);
	let purpose = match purpose {
		Purpose::Load => "load",
		Purpose::Run => "run",
	};
	format!("engine-{purpose}-{}.cwasm", &hasher.0.finalize().to_hex()[..32])
}

/// The file is native code: it is used only if it is a file of ours that nobody else can write, and whole.
fn read_cached(engine: &Engine, path: &Path) -> Option<Module> {
	let metadata = fs::symlink_metadata(path).ok()?;
	if !metadata.is_file() || metadata.permissions().mode() & 0o077 != 0 {
		log::warn!("{} is not a private file; compiling the engine again", path.display());
		return None;
	}
	let bytes = fs::read(path).ok()?;
	let (native, digest) = bytes.split_at_checked(bytes.len().checked_sub(32)?)?;
	if blake3::hash(native).as_bytes() != digest {
		log::warn!("{} is damaged; compiling the engine again", path.display());
		return None;
	}
	// SAFETY: the file is private to this user and is what `write_cached` wrote. wasmtime checks its own version, target and
	// settings.
	match unsafe { Module::deserialize(engine, native) } {
		Ok(module) => Some(module),
		Err(error) => {
			log::warn!("{} does not fit this build ({error}); compiling the engine again", path.display());
			None
		}
	}
}

fn write_cached(path: &Path, native: &[u8]) -> std::io::Result<()> {
	let folder = path.parent().map(Path::to_path_buf).unwrap_or_else(|| PathBuf::from("."));
	fs::create_dir_all(&folder)?;
	// Written aside and moved: a reader sees the whole file or none.
	let aside = path.with_extension(format!("{}.part", std::process::id()));
	let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&aside)?;
	file.write_all(native)?;
	file.write_all(blake3::hash(native).as_bytes())?;
	file.sync_all()?;
	fs::rename(&aside, path)
}
