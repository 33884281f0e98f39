//! Builds the runtime for WASM.

fn main() {
	#[cfg(feature = "std")]
	{
		// Clippy puts itself between cargo and rustc for this workspace. The runtime that it looks at is the native one.
		std::env::remove_var("RUSTC_WORKSPACE_WRAPPER");
		let builder = substrate_wasm_builder::WasmBuilder::init_with_defaults();
		// The hash of the metadata goes into the runtime, which then refuses what was signed over other metadata.
		#[cfg(feature = "metadata-hash")]
		let builder = builder.enable_metadata_hash("ASY", 12);
		builder.build();
	}
}
