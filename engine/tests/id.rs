//! One engine for all builders: what this build has is what is checked in.

use assay_engine::{engine_id, guest_hash};
use assay_primitives::hash::blake2_256;
use std::io::Read;

fn hex(bytes: [u8; 32]) -> String {
	bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn the_engine_is_the_one_that_is_checked_in() {
	let written = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/ENGINE_ID")).unwrap();
	let found = format!("engine 0x{}\nguest 0x{}\n", hex(engine_id().0), hex(guest_hash()));
	assert_eq!(
		found, written,
		"if the guest's sources have changed, run scripts/guest.sh; if not, this compiler makes another guest: build with ASSAY_GUEST=checked-in"
	);
}

#[test]
fn the_checked_in_guest_is_the_one_that_the_id_names() {
	let packed = std::fs::File::open(concat!(env!("CARGO_MANIFEST_DIR"), "/guest.wasm.zst")).unwrap();
	let mut guest = vec![];
	ruzstd::decoding::StreamingDecoder::new(packed).unwrap().read_to_end(&mut guest).unwrap();
	assert_eq!(hex(blake2_256(&guest)), hex(guest_hash()));
}
