//! Changes of models and names after their registration, the deposits of their records, and the end of these.

use crate::{pallet::*, types::*, AccountIdOf, BalanceOf, WeightInfo as _};
use alloc::collections::BTreeSet;
use assay_primitives::{h, Hash32, ModelId};
use frame_support::{
	pallet_prelude::*,
	traits::{
		fungible::MutateHold,
		tokens::{Fortitude, Precision, Restriction},
	},
	weights::WeightMeter,
};
use frame_system::pallet_prelude::BlockNumberFor;
use pallet_rounds::agenda;
use sp_runtime::traits::Saturating;

/// True for the bytes of names, tasks and tags: the same in every file system, address and shell, and nothing that
/// looks like something else.
fn is_plain(byte: &u8) -> bool {
	matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'/')
}

/// Text that people read: UTF-8 without control characters other than line ends.
fn is_text(bytes: &[u8]) -> bool {
	core::str::from_utf8(bytes).is_ok_and(|text| text.chars().all(|c| c == '\n' || !c.is_control()))
}

/// The message that the key of a [`Provenance`] signs. The same on every chain, as the file is: whoever has the
/// statement can check it anywhere.
pub fn provenance_payload(model: &ModelId, name: &[u8], version: u32, statement: &[u8]) -> Hash32 {
	h("assay/provenance", (model, name, version, statement))
}

impl<T: Config> Pallet<T> {
	pub(crate) fn ensure_name(name: &[u8]) -> DispatchResult {
		ensure!(!name.is_empty() && name.iter().all(is_plain), Error::<T>::InvalidName);
		Ok(())
	}

	pub(crate) fn ensure_metadata(metadata: &ModelMetadata) -> DispatchResult {
		ensure!(metadata.task.iter().all(is_plain), Error::<T>::InvalidTask);
		let plain = |tag: &ModelTag| !tag.is_empty() && tag.iter().all(is_plain);
		ensure!(metadata.tags.iter().all(plain), Error::<T>::InvalidTag);
		let different: BTreeSet<_> = metadata.tags.iter().collect();
		ensure!(different.len() == metadata.tags.len(), Error::<T>::InvalidTag);
		ensure!(metadata.licence.iter().all(|byte| matches!(byte, b' '..=b'~')), Error::<T>::InvalidText);
		ensure!(is_text(&metadata.description), Error::<T>::InvalidText);
		if let Some(card) = metadata.card {
			ensure!(
				card.size > 0 && card.size <= assay_primitives::constants::MAX_CARD_BYTES,
				Error::<T>::CardSizeOutOfRange
			);
		}
		Ok(())
	}

	/// Plancks for bytes that every validator keeps.
	fn bytes_deposit(bytes: u64) -> Option<BalanceOf<T>> {
		Self::deposit_per_kib()?.checked_mul(bytes.div_ceil(1024).into())
	}

	/// Plancks for each KiB that every validator keeps. They double with each sixteenth by which the catalogue is more than half full, so that
	/// whoever fills it to keep others out holds hundreds of times what it takes to fill half of it.
	pub fn deposit_per_kib() -> Option<BalanceOf<T>> {
		let (bytes, limit) = (u128::from(CatalogueBytes::<T>::get()), u128::from(CatalogueLimit::<T>::get()));
		let sixteenths = bytes.saturating_mul(16).checked_div(limit).unwrap_or(16).min(16);
		let doublings = sixteenths.saturating_sub(8) as u32;
		T::DepositPerKib::get().checked_mul(1u128.checked_shl(doublings)?)
	}

	/// Counts the bytes that validators keep of a model from now on.
	pub(crate) fn keep_bytes(model: &mut Model<T>, bytes: u64) {
		let before = core::mem::replace(&mut model.kept, bytes);
		CatalogueBytes::<T>::mutate(|sum| *sum = sum.saturating_sub(before).saturating_add(bytes));
	}

	/// Checks that there is room for so many more bytes.
	pub(crate) fn ensure_room(more: u64) -> DispatchResult {
		let sum = CatalogueBytes::<T>::get().checked_add(more).ok_or(Error::<T>::Overflow)?;
		ensure!(more == 0 || sum <= CatalogueLimit::<T>::get(), Error::<T>::CatalogueFull);
		Ok(())
	}

	fn card_deposit(metadata: &ModelMetadata) -> Option<BalanceOf<T>> {
		Self::bytes_deposit(metadata.card.map_or(0, |card| card.size))
	}

	/// Plancks for a model's record, and for the bytes of the file, the sample and the card.
	pub(crate) fn model_deposit(
		size: u64,
		sample: Option<&Input>,
		metadata: &ModelMetadata,
	) -> Result<BalanceOf<T>, DispatchError> {
		let bytes = size.saturating_add(sample.map_or(0, Input::size));
		let sum = || {
			let kept = Self::bytes_deposit(bytes)?.checked_add(Self::card_deposit(metadata)?)?;
			kept.checked_add(T::DepositBase::get())
		};
		sum().ok_or(Error::<T>::Overflow.into())
	}

	/// A model that its owner may change something about.
	fn owned(who: &AccountIdOf<T>, id: ModelId) -> Result<Model<T>, DispatchError> {
		let model = Models::<T>::get(id).ok_or(Error::<T>::ModelUnknown)?;
		ensure!(model.owner == *who, Error::<T>::NotOwner);
		Ok(model)
	}

	pub(crate) fn do_set_metadata(who: AccountIdOf<T>, id: ModelId, metadata: ModelMetadata) -> DispatchResult {
		Self::ensure_metadata(&metadata)?;
		let mut model = Self::owned(&who, id)?;
		ensure!(matches!(model.status, ModelStatus::Active { .. }), Error::<T>::ModelNotActive);
		let (before, after) = (Self::card_deposit(&model.metadata), Self::card_deposit(&metadata));
		let (before, after) = before.zip(after).ok_or(Error::<T>::Overflow)?;
		let reason = HoldReason::ModelDeposit.into();
		if after > before {
			let more = after.saturating_sub(before);
			T::Currency::hold(&reason, &who, more)?;
			model.deposit = model.deposit.saturating_add(more);
		} else {
			// The deposit of a card under another price may be less than it is now.
			let room = model.deposit.saturating_sub(T::DepositBase::get());
			let less = before.saturating_sub(after).min(room);
			model.deposit = model.deposit.saturating_sub(T::Currency::release(&reason, &who, less, Precision::Exact)?);
		}
		let card = |metadata: &ModelMetadata| metadata.card.map_or(0, |card| card.size);
		let (old, new) = (card(&model.metadata), card(&metadata));
		Self::ensure_room(new.saturating_sub(old))?;
		let kept = model.kept.saturating_sub(old).saturating_add(new);
		Self::keep_bytes(&mut model, kept);
		// The new one first: a card that stays is needed all the time.
		metadata.card.into_iter().for_each(Self::reference_blob);
		model.metadata.card.into_iter().for_each(Self::release_blob);
		Self::relist(id, &mut model, |model| model.metadata = metadata);
		Self::deposit_event(Event::MetadataSet { model: id, deposit: model.deposit });
		Models::<T>::insert(id, model);
		Ok(())
	}

	pub(crate) fn do_set_provenance(who: AccountIdOf<T>, id: ModelId, provenance: Provenance) -> DispatchResult {
		let model = Self::owned(&who, id)?;
		let live = matches!(model.status, ModelStatus::Pending | ModelStatus::Active { .. });
		ensure!(live, Error::<T>::ModelNotActive);
		ensure!(!provenance.statement.is_empty() && is_text(&provenance.statement), Error::<T>::InvalidText);
		let payload = provenance_payload(&id, &model.name, model.version, &provenance.statement);
		let signed = sp_io::crypto::ed25519_verify(&provenance.signature, &payload, &provenance.key);
		ensure!(signed, Error::<T>::InvalidSignature);
		Self::deposit_event(Event::ProvenanceSet { model: id, key: provenance.key });
		Provenances::<T>::insert(id, provenance);
		Ok(())
	}

	pub(crate) fn do_transfer_model(who: AccountIdOf<T>, id: ModelId, to: AccountIdOf<T>) -> DispatchResult {
		let mut model = Self::owned(&who, id)?;
		ensure!(matches!(model.status, ModelStatus::Active { .. }), Error::<T>::ModelNotActive);
		ensure!(model.activation_fee == 0, Error::<T>::FeeOnHold);
		Self::give_deposit(HoldReason::ModelDeposit, &who, &to, model.deposit)?;
		Self::relist(id, &mut model, |model| model.owner = to.clone());
		Models::<T>::insert(id, model);
		Self::deposit_event(Event::ModelTransferred { model: id, from: who, to });
		Ok(())
	}

	pub(crate) fn do_transfer_name(who: AccountIdOf<T>, name: ModelName, to: AccountIdOf<T>) -> DispatchResult {
		let mut record = Names::<T>::get(&name).ok_or(Error::<T>::NameUnknown)?;
		ensure!(record.owner == who, Error::<T>::NotOwner);
		Self::give_deposit(HoldReason::NameDeposit, &who, &to, record.deposit)?;
		record.owner = to.clone();
		Names::<T>::insert(&name, record);
		Self::deposit_event(Event::NameTransferred { name, from: who, to });
		Ok(())
	}

	/// A deposit goes with what it is for: nobody is made to pay for what is given to him.
	fn give_deposit(
		reason: HoldReason,
		from: &AccountIdOf<T>,
		to: &AccountIdOf<T>,
		amount: BalanceOf<T>,
	) -> DispatchResult {
		if from == to || amount == 0 {
			return Ok(());
		}
		T::Currency::transfer_on_hold(
			&reason.into(),
			from,
			to,
			amount,
			Precision::Exact,
			Restriction::OnHold,
			Fortitude::Polite,
		)?;
		Ok(())
	}

	/// Takes a name for its first registrant, or has it go on to another version.
	pub(crate) fn name_version(owner: &AccountIdOf<T>, name: &ModelName, version: u32) -> DispatchResult {
		let record = match Names::<T>::get(name) {
			Some(record) => NameRecord { last_version: version, ..record },
			None => {
				let deposit = T::NameDeposit::get();
				T::Currency::hold(&HoldReason::NameDeposit.into(), owner, deposit)?;
				Self::deposit_event(Event::NameRegistered { name: name.clone(), owner: owner.clone(), deposit });
				NameRecord { owner: owner.clone(), last_version: version, deposit }
			}
		};
		Names::<T>::insert(name, record);
		Ok(())
	}

	/// Returns the deposit for the bytes of a model that no request will use any more, and lets them go. The deposit
	/// for the record stays on hold as long as the record: of a retired model for good, of a rejected one until it is
	/// pruned.
	pub(crate) fn close_model_if_idle(id: ModelId, model: &mut Model<T>) {
		let over = matches!(model.status, ModelStatus::Retired | ModelStatus::Rejected(_));
		if !over || model.open > 0 {
			return;
		}
		let bytes = model.deposit.saturating_sub(T::DepositBase::get());
		Self::return_deposit(id, model, bytes);
		Self::keep_bytes(model, 0);
		Unavailable::<T>::remove(id);
		Self::release_blob(BlobRef { id, size: model.size });
		model.metadata.card.into_iter().for_each(Self::release_blob);
		if let Some(blob) = Samples::<T>::take(id).and_then(|sample| sample.blob()) {
			Self::release_blob(blob);
		}
		if matches!(model.status, ModelStatus::Rejected(_)) {
			let at = frame_system::Pallet::<T>::block_number().saturating_add(T::RecordRetention::get().into());
			model.prunable_at = Some(agenda::schedule::<Prunable<T>, _, _, _>(at, id));
		}
	}

	fn return_deposit(id: ModelId, model: &mut Model<T>, amount: BalanceOf<T>) {
		let reason = HoldReason::ModelDeposit.into();
		if amount == 0 {
			return;
		}
		if let Ok(amount) = T::Currency::release(&reason, &model.owner, amount, Precision::BestEffort) {
			model.deposit = model.deposit.saturating_sub(amount);
			Self::deposit_event(Event::DepositReturned { model: id, owner: model.owner.clone(), amount });
		}
	}

	/// Removes the record of a rejected model, when its time is over or another registration takes its place.
	pub(crate) fn prune_model(id: ModelId) {
		let Some(mut model) = Models::<T>::take(id) else { return };
		Self::unlist(&model);
		Provenances::<T>::remove(id);
		if let Some(at) = model.prunable_at {
			agenda::unschedule::<Prunable<T>, _, _, _>(at, &id);
		}
		let deposit = model.deposit;
		Self::return_deposit(id, &mut model, deposit);
		Self::deposit_event(Event::ModelPruned { model: id });
	}

	/// Removes the records of rejected models whose time is over, as long as the block has room.
	pub(crate) fn prune_due(now: BlockNumberFor<T>, meter: &mut WeightMeter) {
		type Weights<T> = <T as Config>::WeightInfo;
		let (list, item) = (Weights::<T>::prune_queue(), Weights::<T>::prune_model());
		let next = agenda::empty::<Prunable<T>, _, _, _>(PrunedTo::<T>::get(), now, meter, list, item, |id| {
			Self::prune_model(*id)
		});
		PrunedTo::<T>::put(next);
	}

	/// A registration takes no other's place but that of a model that was rejected.
	pub(crate) fn ensure_free(
		owner: &AccountIdOf<T>,
		model: ModelId,
		name: &ModelName,
		version: u32,
	) -> DispatchResult {
		// A model that was active may be rejected while requests of its former time are open: its record stays until they have ended.
		let over = |model: Model<T>| matches!(model.status, ModelStatus::Rejected(_)) && model.open == 0;
		let free = |id| Models::<T>::get(id).is_none_or(over);
		ensure!(free(model), Error::<T>::ModelExists);
		match Names::<T>::get(name) {
			Some(record) => {
				ensure!(record.owner == *owner, Error::<T>::NameTaken);
				// A version whose model was rejected never was, and may be tried again.
				let again = version == record.last_version && Self::version(name, version).is_none_or(free);
				ensure!(version > record.last_version || again, Error::<T>::VersionNotNewer);
			}
			None => ensure!(version > 0, Error::<T>::VersionNotNewer),
		}
		Ok(())
	}
}
