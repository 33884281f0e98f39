//! Builds the runtime for WASM.

fn main() {
	#[cfg(feature = "std")]
	{
		// Clippy puts itself between cargo and rustc for this workspace. The runtime that it looks at is the native one.
		std::env::remove_var("RUSTC_WORKSPACE_WRAPPER");
		substrate_wasm_builder::WasmBuilder::build_using_defaults();
	}
}
