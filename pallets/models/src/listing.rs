//! The listing of models: by owner, task and tag, and everybody's names in their order.
//!
//! An entry is under what it is found by, its **facet**, and there in the order of names, and of a name's versions from the newest on. So
//! a page of any search is one walk over neighbours in the state, whatever the number of models, and a name's prefix is a
//! stretch of that walk.

use crate::{pallet::*, types::*, AccountIdOf, BalanceOf};
use alloc::vec::Vec;
use assay_primitives::{ContentId, EngineId, Hash32, ModelId};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::pallet_prelude::*;
use scale_info::TypeInfo;

/// Bytes of the longest name.
const NAME_BYTES: usize = 64;
/// Models of one page.
pub const MAX_PAGE: u32 = 100;
/// Entries that are looked at for one page. Anybody may ask a node, and a filter may let nothing through.
pub const MAX_LOOKED: u32 = 256;

/// A property that a model is found by.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub enum Facet<AccountId> {
	/// Nothing but its name.
	#[codec(index = 0)]
	All,
	/// Its owner.
	#[codec(index = 1)]
	Owner(AccountId),
	/// Its task.
	#[codec(index = 2)]
	Task(ModelTask),
	/// One of its tags.
	#[codec(index = 3)]
	Tag(ModelTag),
}

/// A name and a version as bytes whose order is that of names, and of versions from the newest on: the name, filled up with zeros, and
/// the version's complement, the largest byte first.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct ListKey([u8; NAME_BYTES + 4]);

impl ListKey {
	/// The key of a version.
	pub fn new(name: &[u8], version: u32) -> Self {
		let mut key = [0; NAME_BYTES + 4];
		let filled = name.iter().copied().chain(core::iter::repeat(0)).take(NAME_BYTES);
		key.iter_mut().zip(filled.chain((!version).to_be_bytes())).for_each(|(to, from)| *to = from);
		ListKey(key)
	}

	/// The name and the version.
	pub fn cursor(&self) -> ModelCursor {
		let (name, version) = self.0.split_last_chunk::<4>().unwrap_or((&[], &[0; 4]));
		let name = name.iter().copied().take_while(|byte| *byte != 0).collect::<Vec<u8>>();
		ModelCursor { name: BoundedVec::truncate_from(name), version: !u32::from_be_bytes(*version) }
	}
}

/// A place in a list of models.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct ModelCursor {
	/// Name.
	pub name: ModelName,
	/// Version under it.
	pub version: u32,
}

/// The models that are wanted: those of which everything holds that is given.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct ModelFilter<AccountId> {
	/// They have this owner.
	pub owner: Option<AccountId>,
	/// Their names begin like this; empty for any name.
	pub name_prefix: ModelName,
	/// They have this task.
	pub task: Option<ModelTask>,
	/// They have this tag.
	pub tag: Option<ModelTag>,
	/// They take requests.
	pub active: bool,
}

impl<AccountId: Clone + PartialEq> ModelFilter<AccountId> {
	/// The facet to walk along: the one that the fewest models share, as a rule.
	fn facet(&self) -> Facet<AccountId> {
		let owner = self.owner.clone().map(Facet::Owner);
		let tag = || self.tag.clone().map(Facet::Tag);
		let task = || self.task.clone().map(Facet::Task);
		owner.or_else(tag).or_else(task).unwrap_or(Facet::All)
	}

	fn lets_through<T: Config<AccountId = AccountId>>(&self, model: &Model<T>) -> bool {
		// Task and tags are for those that can be asked, or soon: see `Pallet::facets`.
		let found = matches!(model.status, ModelStatus::Active { .. } | ModelStatus::Pending);
		self.owner.as_ref().is_none_or(|owner| *owner == model.owner)
			&& self.task.as_ref().is_none_or(|task| found && *task == model.metadata.task)
			&& self.tag.as_ref().is_none_or(|tag| found && model.metadata.tags.contains(tag))
			&& (!self.active || matches!(model.status, ModelStatus::Active { .. }))
	}
}

/// The state of a model, without its sample's output.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub enum ModelState {
	/// Waits for its bytes and the attestation of its sample run.
	#[codec(index = 0)]
	Pending,
	/// Takes requests.
	#[codec(index = 1)]
	Active {
		/// Input of the sample run.
		input: ContentId,
		/// Result hash of the sample run.
		result_hash: Hash32,
		/// Compute units of loading the model; part of every run.
		load_units: u64,
		/// Compute units of the sample run, load included.
		sample_units: u64,
	},
	/// Did not pass its activation.
	#[codec(index = 2)]
	Rejected(RejectReason),
	/// Takes no new requests.
	#[codec(index = 3)]
	Retired,
}

impl From<ModelStatus> for ModelState {
	fn from(status: ModelStatus) -> Self {
		match status {
			ModelStatus::Pending => ModelState::Pending,
			ModelStatus::Active { input, result_hash, load_units, sample_units, .. } => {
				ModelState::Active { input, result_hash, load_units, sample_units }
			}
			ModelStatus::Rejected(reason) => ModelState::Rejected(reason),
			ModelStatus::Retired => ModelState::Retired,
		}
	}
}

/// The description of a model for clients.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct ModelInfo<AccountId, Balance> {
	/// Id: the content id of the ONNX file.
	pub id: ModelId,
	/// The account that owns it and earns its royalty.
	pub owner: AccountId,
	/// Name.
	pub name: ModelName,
	/// Version under that name.
	pub version: u32,
	/// Length of the ONNX file in bytes.
	pub size: u64,
	/// The publisher's description of it.
	pub metadata: ModelMetadata,
	/// The publisher's statement about its origin.
	pub provenance: Option<Provenance>,
	/// Plancks paid to the owner for each request that ends with an output.
	pub royalty: Balance,
	/// The engine that it is active under, or to be.
	pub engine: EngineId,
	/// Its state.
	pub state: ModelState,
	/// Plancks on hold for the record and the bytes.
	pub deposit: Balance,
	/// Open requests.
	pub open: u32,
}

/// Part of a list of models.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct ModelPage<AccountId, Balance> {
	/// Models, in the order of their names, and of a name's versions from the newest on. May be fewer than asked for.
	pub models: Vec<ModelInfo<AccountId, Balance>>,
	/// The place to go on from. None at the end of the list.
	pub next: Option<ModelCursor>,
}

impl<T: Config> Pallet<T> {
	/// The facets that a model is found by. A search for a task or a tag is for models to ask: retired and rejected
	/// models are under their names and owners alone.
	pub(crate) fn facets(model: &Model<T>) -> Vec<Facet<AccountIdOf<T>>> {
		let mut facets = Vec::from([Facet::All, Facet::Owner(model.owner.clone())]);
		if matches!(model.status, ModelStatus::Pending | ModelStatus::Active { .. }) {
			let task = Some(model.metadata.task.clone()).filter(|task| !task.is_empty());
			facets.extend(task.map(Facet::Task));
			facets.extend(model.metadata.tags.iter().cloned().map(Facet::Tag));
		}
		facets
	}

	/// Puts a model where it is found.
	pub fn list(id: ModelId, model: &Model<T>) {
		let key = ListKey::new(&model.name, model.version);
		Self::facets(model).into_iter().for_each(|facet| Listing::<T>::insert(facet, &key, id));
	}

	/// Takes a model from where it is found. To be called with the record as it was listed.
	pub(crate) fn unlist(model: &Model<T>) {
		let key = ListKey::new(&model.name, model.version);
		Self::facets(model).into_iter().for_each(|facet| Listing::<T>::remove(facet, &key));
	}

	/// Changes what a model is found by.
	pub(crate) fn relist(id: ModelId, model: &mut Model<T>, change: impl FnOnce(&mut Model<T>)) {
		Self::unlist(model);
		change(model);
		Self::list(id, model);
	}

	/// The model that is registered under a name and version.
	pub fn version(name: &[u8], version: u32) -> Option<ModelId> {
		Listing::<T>::get(Facet::All, ListKey::new(name, version))
	}

	/// Entries of a facet whose names begin with `prefix`, after a place.
	fn walk<'a>(
		facet: &Facet<AccountIdOf<T>>,
		prefix: &'a [u8],
		after: Option<&ModelCursor>,
	) -> impl Iterator<Item = (ListKey, ModelId)> + 'a {
		let key_of = |key: ListKey| Listing::<T>::hashed_key_for(facet, key);
		// The keys behind a facet are the bytes of `ListKey` as they are, so that what they begin with stands for them.
		let mut start = key_of(ListKey::new(&[], 0));
		start.truncate(start.len().saturating_sub(NAME_BYTES.saturating_add(4)));
		start.extend(prefix);
		let after = after.map(|cursor| key_of(ListKey::new(&cursor.name, cursor.version)));
		let start = after.map_or(start.clone(), |after| after.max(start));
		Listing::<T>::iter_prefix_from(facet, start).take_while(move |(key, _)| key.0.starts_with(prefix))
	}

	/// See [`crate::ModelsApi`]. Never called in a block.
	pub fn models(
		filter: ModelFilter<AccountIdOf<T>>,
		after: Option<ModelCursor>,
		limit: u32,
	) -> ModelPage<AccountIdOf<T>, BalanceOf<T>> {
		let limit = limit.clamp(1, MAX_PAGE) as usize;
		let mut page = ModelPage { models: Vec::new(), next: None };
		let (mut looked, mut last) = (0u32, None);
		for (key, id) in Self::walk(&filter.facet(), &filter.name_prefix, after.as_ref()) {
			if looked == MAX_LOOKED || page.models.len() == limit {
				page.next = last;
				break;
			}
			looked = looked.saturating_add(1);
			last = Some(key.cursor());
			if let Some(model) = Models::<T>::get(id).filter(|model| filter.lets_through(model)) {
				page.models.push(Self::info(id, model));
			}
		}
		page
	}

	/// See [`crate::ModelsApi`]. Never called in a block.
	pub fn model(id: ModelId) -> Option<ModelInfo<AccountIdOf<T>, BalanceOf<T>>> {
		Models::<T>::get(id).map(|model| Self::info(id, model))
	}

	/// See [`crate::ModelsApi`]. Never called in a block.
	pub fn model_named(name: ModelName, version: Option<u32>) -> Option<ModelInfo<AccountIdOf<T>, BalanceOf<T>>> {
		if let Some(version) = version {
			return Self::model(Self::version(&name, version)?);
		}
		// All of the 64 bytes, so that no longer name begins like this one.
		let ListKey(exact) = ListKey::new(&name, 0);
		let versions = Self::walk(&Facet::All, exact.get(..NAME_BYTES)?, None).take(MAX_LOOKED as usize);
		let mut models = versions.filter_map(|(_, id)| Some((id, Models::<T>::get(id)?)));
		let (id, model) = models.find(|(_, model)| matches!(model.status, ModelStatus::Active { .. }))?;
		Some(Self::info(id, model))
	}

	fn info(id: ModelId, model: Model<T>) -> ModelInfo<AccountIdOf<T>, BalanceOf<T>> {
		ModelInfo {
			id,
			owner: model.owner,
			name: model.name,
			version: model.version,
			size: model.size,
			metadata: model.metadata,
			provenance: Provenances::<T>::get(id),
			royalty: model.royalty,
			engine: model.engine,
			state: model.status.into(),
			deposit: model.deposit,
			open: model.open,
		}
	}
}
