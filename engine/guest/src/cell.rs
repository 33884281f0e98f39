//! State of the only thread there is.

use core::cell::UnsafeCell;

/// A static that one thread uses. The guest has no other.
pub struct Global<T>(UnsafeCell<T>);

// SAFETY: WASM without the threads proposal; natively the guest is compiled for lints only.
unsafe impl<T> Sync for Global<T> {}

impl<T> Global<T> {
	pub const fn new(value: T) -> Self {
		Global(UnsafeCell::new(value))
	}

	/// Gives the value to `f`, which must not come back to the same static.
	pub fn with<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
		// SAFETY: one thread, and no caller nests.
		f(unsafe { &mut *self.0.get() })
	}
}
