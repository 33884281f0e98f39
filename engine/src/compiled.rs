//! The guest compiled twice: for loading under fuel, for running without.

use crate::{
	guest,
	instance::Guest,
	kernels::{self, Kernels, Native, Threads},
	memory::{Creator, Pool},
	EngineError,
};
use std::{
	fs,
	hash::{Hash, Hasher},
	io::{Read, Write},
	os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt},
	path::{Path, PathBuf},
	sync::Arc,
	time::{Instant, SystemTime},
};
use wasmtime::{Config, Engine, InstancePre, Linker, Module, OptLevel};

/// Bytes of the native stack that the guest may use. Its frames differ from CPU to CPU, so hitting this limit is never a
/// verdict; the guest's own limits on recursion stop long before.
pub const WASM_STACK_BYTES: usize = 64 << 20;

/// One compilation of the guest.
pub struct Compiled {
	pub engine: Engine,
	pub module: InstancePre<Guest>,
	/// The initial contents of the guest's memory, where the module does not write them itself.
	pub data: Vec<guest::Segment>,
	/// Kernels that this machine does itself. None for loads: their fuel is that of the guest's own.
	pub native: Native,
	/// Memories of runs that are over.
	pub pool: Arc<Pool>,
}

/// The machine that the guest is compiled for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purpose {
	/// Parse, type, fold, optimise: under fuel, and with canonical NaNs, so that what is folded has the same bits everywhere.
	Load,
	/// Run: as fast as determinism allows. The guest itself makes NaNs canonical, between operators.
	Run,
}

/// The kind of code that the guest is compiled to. It must not change a bit of any run; the determinism tests compare them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Backend {
	/// Target to compile for, its baseline features only; none for this CPU and all it can do.
	pub target: Option<String>,
	/// Leave the x86-64 CPU's fused multiply-adds and AVX unused.
	pub no_fma_no_avx: bool,
	/// Let Cranelift make every NaN canonical, also in runs.
	pub canonical_nans: bool,
	/// The kind of kernels.
	pub kernels: Kernels,
	/// The threads that do them.
	pub threads: Threads,
}

impl std::str::FromStr for Backend {
	type Err = String;

	/// By the names that the determinism table has for them.
	fn from_str(name: &str) -> Result<Self, String> {
		let target = |triple: &str, kernels| Backend { target: Some(triple.into()), kernels, ..Backend::default() };
		Ok(match name {
			"native" => Backend::default(),
			"avx512" => Backend { kernels: Kernels::Avx512, ..Backend::default() },
			"avx2" => Backend { kernels: Kernels::Avx2, ..Backend::default() },
			"reference" => Backend { kernels: Kernels::Reference, ..Backend::default() },
			"threads" => Backend { threads: Threads::beside(1), ..Backend::default() },
			// Work is divided that is far too little for it.
			"parts" => Backend { threads: Threads { extra: 2, least: 16 }, ..Backend::default() },
			"no-fma" => Backend { no_fma_no_avx: true, kernels: Kernels::Reference, ..Backend::default() },
			"canonical-nans" => Backend { canonical_nans: true, kernels: Kernels::Reference, ..Backend::default() },
			"pulley" => target("pulley64", Kernels::Reference),
			"aarch64" => target("aarch64-unknown-linux-gnu", Kernels::Neon),
			other => return Err(format!("no back end is named `{other}`")),
		})
	}
}

/// Features of x86-64 beyond what WASM's vectors need.
const AVX_AND_FMA: [&str; 9] = [
	"has_fma",
	"has_avx",
	"has_avx2",
	"has_avx512bitalg",
	"has_avx512dq",
	"has_avx512vl",
	"has_avx512vbmi",
	"has_avx512f",
	"has_bmi2",
];

fn config(purpose: Purpose, backend: &Backend, pool: Option<Arc<Pool>>) -> Result<Config, EngineError> {
	let mut config = Config::new();
	if let Some(target) = &backend.target {
		config.target(target).map_err(EngineError::compile)?;
	}
	if backend.no_fma_no_avx {
		for feature in AVX_AND_FMA {
			// SAFETY: fewer instructions than the CPU has.
			unsafe { config.cranelift_flag_set(feature, "false") };
		}
	}
	config.wasm_simd(true);
	config.wasm_relaxed_simd(true);
	config.relaxed_simd_deterministic(true);
	config.cranelift_opt_level(OptLevel::Speed);
	config.cranelift_nan_canonicalization(purpose == Purpose::Load || backend.canonical_nans);
	config.consume_fuel(purpose == Purpose::Load);
	config.epoch_interruption(true);
	config.max_wasm_stack(WASM_STACK_BYTES);
	config.with_host_memory(Arc::new(Creator(pool)));
	// wasmtime's own copy-on-write is for memories that it makes itself.
	config.memory_init_cow(false);
	Ok(config)
}

impl Compiled {
	/// Takes the compilation from the cache, or compiles and caches it. `runs` are how many there may be at the same time.
	pub fn new(
		source: &guest::Guest,
		purpose: Purpose,
		backend: &Backend,
		cache_dir: &Path,
		runs: usize,
	) -> Result<Self, EngineError> {
		let pool = Pool::new(runs);
		let engine = Engine::new(&config(purpose, backend, Some(pool.clone()))?).map_err(EngineError::compile)?;
		let module = Self::module(source, purpose, &engine, cache_dir)?;
		let mut linker = Linker::new(&engine);
		kernels::link(&mut linker).map_err(EngineError::compile)?;
		let module = linker.instantiate_pre(&module).map_err(EngineError::compile)?;
		let (native, data) = match purpose {
			Purpose::Load => (Native::none(), vec![]),
			Purpose::Run => (backend.kernels.native().with(backend.threads), guest::without_data(source.bytes())?.1),
		};
		Ok(Compiled { engine, module, data, native, pool })
	}

	fn module(
		source: &guest::Guest,
		purpose: Purpose,
		engine: &Engine,
		cache_dir: &Path,
	) -> Result<Module, EngineError> {
		let path = cache_dir.join(file_name(source, purpose, engine));
		if let Some(module) = read_cached(engine, &path) {
			return Ok(module);
		}
		// One process compiles; the others that start meanwhile wait for what it leaves.
		let _lock = lock(&path).inspect_err(|error| log::warn!("{} is not locked: {error}", path.display()));
		if let Some(module) = read_cached(engine, &path) {
			return Ok(module);
		}
		let native = compile(source, purpose, engine)?;
		if let Err(error) = write_cached(&path, &native).and_then(|()| remove_stale(cache_dir)) {
			log::warn!("the compiled engine is not cached in {}: {error}", path.display());
		}
		// SAFETY: the bytes come from `precompile_module` of the same engine.
		unsafe { Module::deserialize(engine, &native) }.map_err(EngineError::compile)
	}

	/// Compiles for a machine that need not be this one and cannot compile itself in reasonable time: an emulated one.
	pub fn precompile(
		source: &guest::Guest,
		purpose: Purpose,
		backend: &Backend,
		cache_dir: &Path,
	) -> Result<(), EngineError> {
		let engine = Engine::new(&config(purpose, backend, None)?).map_err(EngineError::compile)?;
		let native = compile(source, purpose, &engine)?;
		let written = write_cached(&cache_dir.join(file_name(source, purpose, &engine)), &native);
		written.map_err(|error| EngineError::Compile(error.to_string()))
	}
}

fn compile(source: &guest::Guest, purpose: Purpose, engine: &Engine) -> Result<Vec<u8>, EngineError> {
	let start = Instant::now();
	let native = match purpose {
		Purpose::Load => engine.precompile_module(source.bytes()),
		Purpose::Run => engine.precompile_module(&guest::without_data(source.bytes())?.0),
	};
	let native = native.map_err(EngineError::compile)?;
	log::info!("engine compiled for {purpose:?} in {:.1} s", start.elapsed().as_secs_f32());
	Ok(native)
}

/// Names guest, wasmtime's version, target and every setting that changes the code.
fn file_name(source: &guest::Guest, purpose: Purpose, engine: &Engine) -> String {
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
	source.id().0.hash(&mut hasher);
	engine.precompile_compatibility_hash().hash(&mut hasher);
	let purpose = match purpose {
		Purpose::Load => "load",
		// Without data: earlier builds had it in a file of another name.
		Purpose::Run => "code",
	};
	format!("engine-{purpose}-{}.cwasm", &hasher.0.finalize().to_hex()[..32])
}

/// The file is native code: it is used only if it is a file of ours that nobody else can write, and whole.
fn read_cached(engine: &Engine, path: &Path) -> Option<Module> {
	let bytes = match read_own(path) {
		Ok(bytes) => bytes,
		Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
		Err(error) => {
			log::warn!("{}: {error}; compiling the engine again", path.display());
			return None;
		}
	};
	let (native, digest) = bytes.split_at_checked(bytes.len().checked_sub(32)?)?;
	if blake3::hash(native).as_bytes() != digest {
		log::warn!("{} is damaged; compiling the engine again", path.display());
		return None;
	}
	// SAFETY: the file belongs to this user, nobody else can write it, and it is what `write_cached` wrote. wasmtime checks its own version,
	// target and settings.
	match unsafe { Module::deserialize(engine, native) } {
		Ok(module) => Some(module),
		Err(error) => {
			log::warn!("{} does not fit this build ({error}); compiling the engine again", path.display());
			None
		}
	}
}

/// The bytes of a file that is this user's alone. The file that is looked at is the one that is read.
fn read_own(path: &Path) -> std::io::Result<Vec<u8>> {
	let mut file = fs::OpenOptions::new().read(true).custom_flags(libc::O_NOFOLLOW).open(path)?;
	let metadata = file.metadata()?;
	let is_own = metadata.is_file() && metadata.uid() == rustix::process::geteuid().as_raw();
	if !is_own || metadata.permissions().mode() & 0o077 != 0 {
		return Err(std::io::Error::other("this is no private file of this user"));
	}
	// The date of use, by which stale files are told. Not to know it costs a compilation later, no more.
	let _ = file.set_modified(SystemTime::now());
	let mut bytes = Vec::new();
	file.read_to_end(&mut bytes)?;
	Ok(bytes)
}

/// A lock on a file of the cache that is not there yet; the end of the process, too, gives it back.
fn lock(path: &Path) -> std::io::Result<fs::File> {
	fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
	let mut options = fs::OpenOptions::new();
	options.write(true).create(true).truncate(false).mode(0o600).custom_flags(libc::O_NOFOLLOW);
	let file = options.open(path.with_extension("lock"))?;
	file.lock()?;
	Ok(file)
}

fn write_cached(path: &Path, native: &[u8]) -> std::io::Result<()> {
	let folder = path.parent().map(Path::to_path_buf).unwrap_or_else(|| PathBuf::from("."));
	fs::create_dir_all(&folder)?;
	// Written aside and moved: a reader sees the whole file or none.
	let aside = path.with_extension(format!("{}.part", std::process::id()));
	// A new file: what is there already may lead anywhere.
	match fs::remove_file(&aside) {
		Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
		_ => (),
	}
	let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&aside)?;
	file.write_all(native)?;
	file.write_all(blake3::hash(native).as_bytes())?;
	file.sync_all()?;
	fs::rename(&aside, path)
}

/// Compilations that stay in a cache folder: two of each engine that a node holds, and those of versions and settings used lately.
const KEPT_FILES: usize = 12;

/// Removes all but the compilations used last: each new version of the engine leaves two behind.
fn remove_stale(folder: &Path) -> std::io::Result<()> {
	let mut files = Vec::new();
	for entry in fs::read_dir(folder)? {
		let entry = entry?;
		let name = entry.file_name();
		if name.to_string_lossy().starts_with("engine-") && name.to_string_lossy().ends_with(".cwasm") {
			files.push((entry.metadata()?.modified()?, entry.path()));
		}
	}
	files.sort();
	let stale = files.len().saturating_sub(KEPT_FILES);
	files.into_iter().take(stale).try_for_each(|(_, path)| fs::remove_file(path))
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn native_code_is_read_only_from_a_private_file_of_this_user() {
		let folder = tempfile::tempdir().unwrap();
		let [path, link] = ["engine-run-1.cwasm", "engine-run-2.cwasm"].map(|name| folder.path().join(name));
		write_cached(&path, b"native").unwrap();
		assert!(read_own(&path).unwrap().starts_with(b"native"));
		std::os::unix::fs::symlink(&path, &link).unwrap();
		assert!(read_own(&link).is_err(), "a link is no file of ours");
		fs::set_permissions(&path, fs::Permissions::from_mode(0o620)).unwrap();
		assert!(read_own(&path).unwrap_err().to_string().contains("private file"));
		fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
		// Only root can give a file away.
		if std::os::unix::fs::chown(&path, Some(65_534), None).is_ok() {
			assert!(read_own(&path).unwrap_err().to_string().contains("private file"));
		}
	}

	#[test]
	fn a_compilation_is_not_written_where_a_link_leads() {
		let folder = tempfile::tempdir().unwrap();
		let path = folder.path().join("engine-run-1.cwasm");
		let [aside, victim] =
			[path.with_extension(format!("{}.part", std::process::id())), folder.path().join("victim")];
		fs::write(&victim, "precious").unwrap();
		std::os::unix::fs::symlink(&victim, &aside).unwrap();
		write_cached(&path, b"native").unwrap();
		assert_eq!(fs::read(&victim).unwrap(), b"precious");
		assert!(read_own(&path).is_ok());
	}

	#[test]
	fn the_compilations_used_last_stay() {
		let folder = tempfile::tempdir().unwrap();
		let path = |index: usize| folder.path().join(format!("engine-run-{index}.cwasm"));
		for index in 0..KEPT_FILES + 3 {
			let file = fs::File::create(path(index)).unwrap();
			file.set_modified(SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(index as u64)).unwrap();
		}
		fs::write(folder.path().join("something-else"), "").unwrap();
		remove_stale(folder.path()).unwrap();
		let left: Vec<bool> = (0..KEPT_FILES + 3).map(|index| path(index).exists()).collect();
		assert_eq!(left.iter().filter(|there| **there).count(), KEPT_FILES);
		assert!(!left[2] && left[3]);
		assert!(folder.path().join("something-else").exists());
	}
}
