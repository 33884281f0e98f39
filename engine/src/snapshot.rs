//! Loaded models: made once, run many times, each time from the same memory.

use crate::{
	abi::{Description, LoadError, Loaded, Signature},
	compiled::Compiled,
	instance::{Image, Instance, MemoryBudget, Stop},
	Abstain, Model,
};
use assay_primitives::FailReason;
use codec::{Decode, Encode};
use parking_lot::Mutex;
use std::{collections::HashMap, sync::Arc};

/// Units of one instruction of a load: under fuel, and in code that branches, one takes as long as two units of a run.
const UNITS_PER_FUEL: u64 = 2;

/// Fuel beyond the limit, so that a load which ends just over it is told from one that ends on it: more than the guest burns
/// between two checks.
const FUEL_SLACK: u64 = 10_000_000;

/// A model as `load` left it.
pub struct Snapshot {
	pub image: Image,
	pub loaded: Loaded,
}

/// The result of a load, the same in every honest engine.
#[derive(Clone)]
pub struct Outcome<T> {
	pub result: Result<T, Failure>,
	/// Units that the load cost.
	pub units: u64,
}

/// A verdict without an output, and why, for people.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
	pub reason: FailReason,
	pub text: String,
}

impl Failure {
	pub fn new(reason: FailReason, text: impl Into<String>) -> Self {
		Failure { reason, text: text.into() }
	}
}

/// Parses a model for what it declares.
pub fn describe(
	compiled: &Compiled,
	budget: &Arc<MemoryBudget>,
	model: &[u8],
	unit_limit: u64,
	ticks: u64,
) -> Result<Outcome<Description>, Abstain> {
	let work = |instance: &mut Instance| {
		let (pointer, length) = instance.give(model)?;
		instance.call("describe", (pointer, length, unit_limit))
	};
	fuelled(compiled, budget, unit_limit, ticks, work, |_, description| Ok(description))
}

/// Loads a model for inputs of these names, types and shapes.
pub fn load(
	compiled: &Compiled,
	budget: &Arc<MemoryBudget>,
	model: &[u8],
	inputs: &[Signature],
	unit_limit: u64,
	ticks: u64,
) -> Result<Outcome<Arc<Snapshot>>, Abstain> {
	let work = |instance: &mut Instance| {
		let (model, model_length) = instance.give(model)?;
		let (inputs, inputs_length) = instance.give(&inputs.encode())?;
		instance.call("load", (model, model_length, inputs, inputs_length, unit_limit))
	};
	fuelled(compiled, budget, unit_limit, ticks, work, |instance, loaded| {
		Ok(Arc::new(Snapshot { image: instance.image()?, loaded }))
	})
}

/// Runs `work` on hostile data under fuel and says what it cost: two units for each instruction and one for each byte allocated.
fn fuelled<A: Decode, T>(
	compiled: &Compiled,
	budget: &Arc<MemoryBudget>,
	unit_limit: u64,
	ticks: u64,
	work: impl FnOnce(&mut Instance) -> Result<u64, Stop>,
	keep: impl FnOnce(&Instance, A) -> Result<T, Stop>,
) -> Result<Outcome<T>, Abstain> {
	let tank = (unit_limit / UNITS_PER_FUEL).saturating_add(FUEL_SLACK);
	let mut instance = match Instance::new(compiled, budget, Some(tank), ticks) {
		Ok(instance) => instance,
		Err(stop) => return Err(abstained(stop)),
	};
	let answered = instance
		.call::<(), ()>("init", ())
		.and_then(|()| work(&mut instance))
		.and_then(|place| instance.answer::<Result<A, LoadError>>(place));
	let fuel = tank.saturating_sub(instance.fuel());
	let result = match answered {
		Ok(Ok(answer)) => keep(&instance, answer).map_err(abstained).map(Ok)?,
		Ok(Err(LoadError::Invalid(text))) => Err(Failure::new(FailReason::ModelInvalid, text)),
		Ok(Err(LoadError::InputMismatch(text))) => Err(Failure::new(FailReason::InputMismatch, text)),
		Err(Stop::Trap(text)) => Err(Failure::new(FailReason::ModelInvalid, text)),
		Err(Stop::MemoryLimit) => {
			Err(Failure::new(FailReason::MemoryLimit, "loading asks for more memory than the engine has"))
		}
		Err(Stop::OutOfFuel) => Err(over_limit()),
		Err(Stop::Abstain(abstain)) => return Err(abstain),
	};
	let (allocated, stopped_for_it) = instance.allocations().map_err(abstained)?;
	let units = fuel.saturating_mul(UNITS_PER_FUEL).saturating_add(allocated);
	if stopped_for_it || units > unit_limit || result.as_ref().is_err_and(|failure| failure == &over_limit()) {
		return Ok(Outcome { result: Err(over_limit()), units: unit_limit });
	}
	Ok(Outcome { result, units })
}

fn over_limit() -> Failure {
	Failure::new(FailReason::ComputeLimit, "the unit limit does not cover loading the model")
}

fn abstained(stop: Stop) -> Abstain {
	match stop {
		Stop::Abstain(abstain) => abstain,
		other => Abstain::Host(format!("{other:?}")),
	}
}

/// BLAKE3 of a model's name, or of its bytes if it has none, and of the inputs it is loaded for.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Key([u8; 32]);

impl Key {
	fn new(model: &Model, inputs: &[Signature]) -> Self {
		let (named, model) = match model {
			Model::Bytes(bytes) => (false, *blake3::hash(bytes).as_bytes()),
			Model::Named { id, .. } => (true, *id),
		};
		Key(*blake3::hash(&(named, model, inputs).encode()).as_bytes())
	}
}

struct Entry {
	outcome: Outcome<Arc<Snapshot>>,
	used: u64,
}

#[derive(Default)]
struct Entries {
	by_key: HashMap<Key, Entry>,
	clock: u64,
}

/// Snapshots by model and input shapes, within a number of bytes; the least recently used leave first.
pub struct Cache {
	limit: u64,
	entries: Mutex<Entries>,
}

impl Cache {
	/// A cache of at most `limit` bytes.
	pub fn new(limit: u64) -> Self {
		Cache { limit, entries: Mutex::default() }
	}

	/// The snapshot for a model and its inputs, loaded if it is not there. The result is the same in both cases.
	pub fn get(
		&self,
		compiled: &Compiled,
		budget: &Arc<MemoryBudget>,
		model: &Model,
		inputs: &[Signature],
		unit_limit: u64,
		ticks: u64,
	) -> Result<Outcome<Arc<Snapshot>>, Abstain> {
		let key = Key::new(model, inputs);
		if let Some(outcome) = self.find(&key) {
			if outcome.units > unit_limit {
				return Ok(Outcome { result: Err(over_limit()), units: unit_limit });
			}
			return Ok(outcome);
		}
		let model = model.bytes()?;
		let mut outcome = load(compiled, budget, &model, inputs, unit_limit, ticks);
		if outcome.as_ref().is_err_and(|abstain| *abstain == Abstain::Memory) && self.clear() {
			outcome = load(compiled, budget, &model, inputs, unit_limit, ticks);
		}
		let outcome = outcome?;
		// A limit that was hit says nothing about a request that has a higher one.
		if !outcome.result.as_ref().is_err_and(|failure| failure.reason == FailReason::ComputeLimit) {
			self.keep(key, outcome.clone());
		}
		Ok(outcome)
	}

	fn find(&self, key: &Key) -> Option<Outcome<Arc<Snapshot>>> {
		let mut entries = self.entries.lock();
		entries.clock += 1;
		let now = entries.clock;
		let entry = entries.by_key.get_mut(key)?;
		entry.used = now;
		Some(entry.outcome.clone())
	}

	fn keep(&self, key: Key, outcome: Outcome<Arc<Snapshot>>) {
		let mut entries = self.entries.lock();
		entries.clock += 1;
		let used = entries.clock;
		entries.by_key.insert(key, Entry { outcome, used });
		while entries.by_key.values().map(Entry::bytes).sum::<u64>() > self.limit {
			let Some(oldest) = entries.by_key.iter().min_by_key(|(_, entry)| entry.used).map(|(key, _)| *key) else {
				return;
			};
			entries.by_key.remove(&oldest);
		}
	}

	/// Drops everything; says whether there was something.
	pub fn clear(&self) -> bool {
		let mut entries = self.entries.lock();
		let some = !entries.by_key.is_empty();
		entries.by_key.clear();
		some
	}
}

impl Entry {
	/// A failure is small, and still counts for something.
	fn bytes(&self) -> u64 {
		const FAILURE_BYTES: u64 = 4096;
		self.outcome.result.as_ref().map_or(FAILURE_BYTES, |snapshot| snapshot.image.len())
	}
}
