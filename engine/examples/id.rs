//! Prints `engine/ENGINE_ID`. With a path, it also writes the guest's bytes there: `scripts/guest.sh` does both. With a second one, it writes
//! the engine's package there.

use assay_engine::Package;

fn hex(bytes: [u8; 32]) -> String {
	bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn main() -> std::io::Result<()> {
	let mut paths = std::env::args().skip(1);
	if let Some(path) = paths.next() {
		std::fs::write(path, assay_engine::guest())?;
	}
	if let Some(path) = paths.next() {
		std::fs::write(path, Package::built_in().to_bytes())?;
	}
	println!("engine 0x{}\nguest 0x{}", hex(assay_engine::engine_id().0), hex(assay_engine::guest_hash()));
	Ok(())
}
