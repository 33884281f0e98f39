//! One instance of the guest: calls, limits, and what a trap means.

use crate::{
	abi::{Tally, MAX_TRACE_KEYS},
	compiled::Compiled,
	guest::MEMORY_BYTES,
	kernels::{Native, REFERENCE},
	memory::{ImageFile, Pool},
	Abstain,
};
use codec::{Decode, DecodeAll};
use std::sync::{
	atomic::{AtomicU64, Ordering},
	Arc,
};
use wasmtime::{
	Global, Instance as WasmInstance, Memory, ResourceLimiter, Store, Trap, TypedFunc, Val, WasmParams, WasmResults,
};

/// Why a call into the guest did not return.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Stop {
	/// The guest trapped in a way that WASM defines; the text is its last panic's.
	Trap(String),
	/// The guest asked for more memory than the canonical maximum.
	MemoryLimit,
	/// The fuel is used up.
	OutOfFuel,
	/// This machine's trouble.
	Abstain(Abstain),
}

impl From<Abstain> for Stop {
	fn from(abstain: Abstain) -> Self {
		Stop::Abstain(abstain)
	}
}

/// Bytes of guest memory on this machine, of all instances together.
#[derive(Debug)]
pub struct MemoryBudget {
	limit: u64,
	used: AtomicU64,
}

impl MemoryBudget {
	/// A budget of `limit` bytes.
	pub fn new(limit: u64) -> Self {
		MemoryBudget { limit, used: AtomicU64::new(0) }
	}

	/// Takes `bytes`, if they are there.
	pub fn take(&self, bytes: u64) -> bool {
		let fits = |used: u64| used.checked_add(bytes).filter(|total| *total <= self.limit);
		self.used.fetch_update(Ordering::AcqRel, Ordering::Acquire, fits).is_ok()
	}

	/// Gives `bytes` back.
	pub fn give_back(&self, bytes: u64) {
		self.used.fetch_sub(bytes, Ordering::AcqRel);
	}
}

/// The host's state of an instance: its account of memory, and what kernels need.
pub struct Guest {
	budget: Arc<MemoryBudget>,
	taken: u64,
	stop: Option<Stop>,
	/// Kernels that are done here and not by the guest.
	pub native: Native,
	exports: Option<Exports>,
}

/// The parts of an instance that kernels need. Looking it up at each call would take longer than a small kernel.
#[derive(Clone)]
pub struct Exports {
	pub memory: Memory,
	pub reference: TypedFunc<u32, u32>,
}

impl Guest {
	/// Notes why the guest stops, and makes the error that stops it.
	pub fn stop(&mut self, stop: Stop) -> wasmtime::Error {
		let error = wasmtime::Error::msg(format!("{stop:?}"));
		self.stop = Some(stop);
		error
	}

	/// The parts that kernels need, once the instance is made.
	pub fn exports(&self) -> Option<Exports> {
		self.exports.clone()
	}
}

impl ResourceLimiter for Guest {
	fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
		if desired as u64 > MEMORY_BYTES {
			return Err(self.stop(Stop::MemoryLimit));
		}
		let more = desired.saturating_sub(current) as u64;
		if !self.budget.take(more) {
			return Err(self.stop(Stop::Abstain(Abstain::Memory)));
		}
		self.taken += more;
		Ok(true)
	}

	/// The system refuses what the canonical maximum allows. The guest must not see that: it would decide something else than
	/// on another machine.
	fn memory_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
		log::warn!("the system refuses memory to the engine: {error}");
		Err(self.stop(Stop::Abstain(Abstain::Memory)))
	}

	fn table_growing(&mut self, _: usize, _: usize, _: Option<usize>) -> wasmtime::Result<bool> {
		Ok(true)
	}
}

impl Drop for Guest {
	fn drop(&mut self) {
		self.budget.give_back(self.taken);
	}
}

/// The memory that a load left: all there is to a loaded model.
pub struct Image {
	file: Arc<ImageFile>,
	budget: Arc<MemoryBudget>,
}

impl Image {
	/// Size in bytes.
	pub fn len(&self) -> u64 {
		self.file.len() as u64
	}
}

impl Drop for Image {
	fn drop(&mut self) {
		self.budget.give_back(self.len());
	}
}

/// A live guest.
pub struct Instance {
	store: Store<Guest>,
	instance: WasmInstance,
	memory: Memory,
	stack_pointer: Global,
	stack_top: i32,
}

impl Instance {
	/// A fresh instance, `ticks` of the engine's epoch before the watchdog.
	pub fn new(compiled: &Compiled, budget: &Arc<MemoryBudget>, fuel: Option<u64>, ticks: u64) -> Result<Self, Stop> {
		let mut instance = Self::bare(compiled, budget, fuel, ticks)?;
		compiled.data.iter().try_for_each(|segment| instance.write(segment.at, &segment.bytes))?;
		Ok(instance)
	}

	/// An instance whose memory may lack what it starts with.
	fn bare(compiled: &Compiled, budget: &Arc<MemoryBudget>, fuel: Option<u64>, ticks: u64) -> Result<Self, Stop> {
		let guest =
			Guest { budget: budget.clone(), taken: 0, stop: None, native: compiled.native.clone(), exports: None };
		let mut store = Store::new(&compiled.engine, guest);
		store.limiter(|guest| guest);
		store.set_epoch_deadline(ticks);
		if let Some(fuel) = fuel {
			store.set_fuel(fuel).map_err(host)?;
		}
		let instance = match compiled.module.instantiate(&mut store) {
			Ok(instance) => instance,
			Err(error) => return Err(store.data_mut().stop.take().unwrap_or_else(|| host(error))),
		};
		let memory = instance.get_memory(&mut store, "memory").ok_or_else(|| missing("memory"))?;
		let stack_pointer =
			instance.get_global(&mut store, "__stack_pointer").ok_or_else(|| missing("__stack_pointer"))?;
		let reference = instance.get_typed_func(&mut store, REFERENCE).map_err(host)?;
		store.data_mut().exports = Some(Exports { memory, reference });
		let stack_top = stack_pointer.get(&mut store).i32().ok_or_else(|| missing("__stack_pointer"))?;
		Ok(Instance { store, instance, memory, stack_pointer, stack_top })
	}

	/// A fresh instance with the memory of an image.
	pub fn from_image(
		compiled: &Compiled,
		budget: &Arc<MemoryBudget>,
		image: &Image,
		ticks: u64,
	) -> Result<Self, Stop> {
		let mut instance = Pool::expecting(&image.file, || Self::bare(compiled, budget, None, ticks))?;
		let pages = (image.len() / 65_536).saturating_sub(instance.memory.size(&instance.store));
		if pages > 0 {
			let grown = instance.memory.grow(&mut instance.store, pages);
			grown.map_err(|error| instance.store.data_mut().stop.take().unwrap_or_else(|| host(error)))?;
		}
		let (base, length) = (instance.memory.data_ptr(&instance.store), instance.memory.data_size(&instance.store));
		if length as u64 != image.len() {
			return Err(Abstain::Host("an image that is not of the guest's size".into()).into());
		}
		// From here on the memory is the image.
		// SAFETY: the store is ours, nothing runs in it, and its memory is one that `memory::Creator` made.
		unsafe { compiled.pool.fill(base, length, &image.file) }
			.map_err(|error| Stop::from(Abstain::Host(format!("the image cannot be mapped: {error}"))))?;
		Ok(instance)
	}

	/// The memory as it is, if the budget has room for a copy.
	pub fn image(&self) -> Result<Image, Stop> {
		let budget = self.store.data().budget.clone();
		let bytes = self.memory.data(&self.store);
		if !budget.take(bytes.len() as u64) {
			return Err(Abstain::Memory.into());
		}
		match ImageFile::new(bytes) {
			Ok(file) => Ok(Image { file: Arc::new(file), budget }),
			Err(error) => {
				budget.give_back(bytes.len() as u64);
				log::warn!("the system refuses memory to the engine: {error}");
				Err(Abstain::Memory.into())
			}
		}
	}

	/// Fuel that is left.
	pub fn fuel(&self) -> u64 {
		self.store.get_fuel().unwrap_or(0)
	}

	/// Calls the guest.
	pub fn call<P: WasmParams, R: WasmResults>(&mut self, name: &str, params: P) -> Result<R, Stop> {
		let function: TypedFunc<P, R> = self.instance.get_typed_func(&mut self.store, name).map_err(host)?;
		match function.call(&mut self.store, params) {
			Ok(result) => Ok(result),
			Err(error) => Err(self.stopped(error)),
		}
	}

	/// Copies bytes into a buffer that the guest allocates; its address and length are what the guest's calls take.
	pub fn give(&mut self, bytes: &[u8]) -> Result<(u32, u32), Stop> {
		let length = u32::try_from(bytes.len()).map_err(|_| Stop::MemoryLimit)?;
		let pointer: u32 = self.call("alloc", length)?;
		self.memory.write(&mut self.store, pointer as usize, bytes).map_err(|error| host(error.into()))?;
		Ok((pointer, length))
	}

	/// Writes bytes to a buffer that the guest has allocated.
	pub fn write(&mut self, at: u32, bytes: &[u8]) -> Result<(), Stop> {
		self.memory.write(&mut self.store, at as usize, bytes).map_err(|error| host(error.into()))
	}

	/// All of the guest's memory.
	pub fn memory(&mut self) -> &mut [u8] {
		self.memory.data_mut(&mut self.store)
	}

	/// The bytes of a buffer that the guest has allocated.
	pub fn read(&self, at: u32, length: usize) -> Result<&[u8], Stop> {
		let bytes = self.memory.data(&self.store).get(at as usize..).and_then(|rest| rest.get(..length));
		bytes.ok_or_else(|| Abstain::Host("a buffer outside of the memory".into()).into())
	}

	/// Writes the trace keys to their place.
	pub fn give_trace_keys(&mut self, keys: &[[u8; 32]]) -> Result<u32, Stop> {
		if keys.len() > MAX_TRACE_KEYS {
			return Err(Abstain::Host(format!("{} trace keys; at most {MAX_TRACE_KEYS}", keys.len())).into());
		}
		let pointer: u32 = self.call("trace_keys", ())?;
		let written = self.memory.write(&mut self.store, pointer as usize, &keys.concat());
		written.map_err(|error| host(error.into()))?;
		Ok(keys.len() as u32)
	}

	/// Decodes what a call answered with.
	pub fn answer<T: Decode>(&self, place: u64) -> Result<T, Stop> {
		let (pointer, length) = ((place >> 32) as usize, (place & 0xffff_ffff) as usize);
		let memory = self.memory.data(&self.store);
		let bytes = pointer.checked_add(length).and_then(|end| memory.get(pointer..end));
		let mut bytes = bytes.ok_or_else(|| Stop::from(Abstain::Host("an answer outside of the memory".into())))?;
		T::decode_all(&mut bytes)
			.map_err(|error| Abstain::Host(format!("an answer that does not decode: {error}")).into())
	}

	/// Units and trace of the run, whether it ended or trapped.
	pub fn finish(&mut self) -> Result<Tally, Stop> {
		self.reset_stack()?;
		let place = self.call("finish", ())?;
		self.answer(place)
	}

	/// Bytes that the guest has allocated in all, and whether it stopped for that.
	pub fn allocations(&mut self) -> Result<(u64, bool), Stop> {
		self.reset_stack()?;
		// Enough for two calls that do next to nothing.
		const FUEL: u64 = 100_000;
		self.store.set_fuel(FUEL).map_err(host)?;
		let allocated: u64 = self.call("allocated", ())?;
		let over: u32 = self.call("over_limit", ())?;
		Ok((allocated, over != 0))
	}

	/// A trap leaves the stack pointer where it was.
	fn reset_stack(&mut self) -> Result<(), Stop> {
		self.stack_pointer.set(&mut self.store, Val::I32(self.stack_top)).map_err(host)
	}

	fn stopped(&mut self, error: wasmtime::Error) -> Stop {
		if let Some(stop) = self.store.data_mut().stop.take() {
			return stop;
		}
		match error.downcast_ref::<Trap>() {
			Some(
				Trap::UnreachableCodeReached
				| Trap::MemoryOutOfBounds
				| Trap::TableOutOfBounds
				| Trap::IndirectCallToNull
				| Trap::BadSignature
				| Trap::IntegerOverflow
				| Trap::IntegerDivisionByZero
				| Trap::BadConversionToInteger,
			) => Stop::Trap(self.message(&error)),
			Some(Trap::OutOfFuel) => Stop::OutOfFuel,
			Some(Trap::StackOverflow) => Stop::Abstain(Abstain::StackOverflow),
			Some(Trap::Interrupt) => Stop::Abstain(Abstain::Watchdog),
			_ => host(error),
		}
	}

	/// The guest's last panic, or the trap itself.
	fn message(&mut self, error: &wasmtime::Error) -> String {
		let trap = error.root_cause().to_string();
		let fuel = self.store.get_fuel().ok();
		let read = |this: &mut Self| -> Result<String, Stop> {
			this.reset_stack()?;
			if fuel.is_some() {
				this.store.set_fuel(100_000).map_err(host)?;
			}
			let place: u64 = this
				.instance
				.get_typed_func::<(), u64>(&mut this.store, "message")
				.and_then(|function| function.call(&mut this.store, ()))
				.map_err(host)?;
			let (pointer, length) = ((place >> 32) as usize, (place & 0xffff_ffff) as usize);
			let memory = this.memory.data(&this.store);
			let bytes = memory.get(pointer..pointer.saturating_add(length)).unwrap_or_default();
			Ok(String::from_utf8_lossy(bytes).into_owned())
		};
		let text = read(self).unwrap_or_default();
		if let Some(fuel) = fuel {
			// The fuel that is left counts: the load's units follow from it.
			let _ = self.store.set_fuel(fuel);
		}
		if text.is_empty() {
			trap
		} else {
			text
		}
	}
}

fn host(error: wasmtime::Error) -> Stop {
	Abstain::Host(format!("{error:#}")).into()
}

fn missing(name: &str) -> Stop {
	Abstain::Host(format!("the guest does not export `{name}`")).into()
}
