//! Prints `engine/ENGINE_ID`. With a path, it also writes the guest's bytes there: `scripts/guest.sh` does both.

fn hex(bytes: [u8; 32]) -> String {
	bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn main() -> std::io::Result<()> {
	if let Some(path) = std::env::args().nth(1) {
		std::fs::write(path, assay_engine::guest())?;
	}
	println!("engine 0x{}\nguest 0x{}", hex(assay_engine::engine_id().0), hex(assay_engine::guest_hash()));
	Ok(())
}
