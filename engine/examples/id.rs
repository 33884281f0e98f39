//! Prints `engine/ENGINE_ID`. With a path, it also writes the guest's bytes there: `scripts/guest.sh` does both. With a second one, it writes
//! the engine's package there, with the bits that it finds here of its vectors: those of a guest with other features are written nowhere.

use assay_engine::{Config, Package};

fn hex(bytes: [u8; 32]) -> String {
	bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn main() -> std::io::Result<()> {
	let mut paths = std::env::args().skip(1);
	if let Some(path) = paths.next() {
		std::fs::write(path, assay_engine::guest())?;
	}
	if let Some(path) = paths.next() {
		let cache_dir = std::env::temp_dir().join("assay-engine-id");
		let config = Config { cache_dir, memory_budget: 4 << 30, parallel_runs: 1, worker: None };
		let package = Package::built_in();
		let engine = package.engine(config).map_err(std::io::Error::other)?;
		std::fs::write(path, package.as_found(&engine).map_err(std::io::Error::other)?.to_bytes())?;
	}
	println!("engine 0x{}\nguest 0x{}", hex(assay_engine::engine_id().0), hex(assay_engine::guest_hash()));
	Ok(())
}
