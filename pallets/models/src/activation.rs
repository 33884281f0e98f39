//! Activation of models, and reactivation of those whose bytes can no longer be had.

use crate::{pallet::*, types::*, AccountIdOf, BalanceOf, WeightInfo as _};
use alloc::vec::Vec;
use assay_primitives::{constants, EngineId, Hash32, JobInput, ModelId, RoundId, Subject, Verdict};
use frame_support::{
	pallet_prelude::*,
	storage::with_storage_layer,
	traits::{fungible::MutateHold, tokens::Precision},
};
use pallet_rounds::{agenda, math, pay, Conclusion, Earnings, NextRound, Pallet as Rounds, Terms};

/// Activation rounds that are drawn again after silence, before a model is rejected.
const MAX_REDRAWS: u8 = 1;

impl<T: Config> Pallet<T> {
	pub(crate) fn do_register_model(
		owner: AccountIdOf<T>,
		model: ModelId,
		size: u64,
		name: ModelName,
		version: u32,
		metadata: ModelMetadata,
		royalty: BalanceOf<T>,
		sample: Option<Input>,
		expected: Option<Hash32>,
	) -> DispatchResult {
		let engine = CurrentEngine::<T>::get().ok_or(Error::<T>::NoEngine)?;
		let activation_fee = Self::activation_fee(size)?;
		Self::ensure_free(&owner, model, &name, version)?;

		Rounds::<T>::open(Subject::Model(model))?;
		Self::use_engine(&engine);
		let kept = size.saturating_add(sample.as_ref().map_or(0, Input::size));
		let kept = kept.saturating_add(metadata.card.map_or(0, |card| card.size));
		Self::ensure_room(kept)?;
		let deposit = Self::model_deposit(size, sample.as_ref(), &metadata)?;
		// Records of rejected models whose place this one takes.
		Self::prune_model(model);
		Self::version(&name, version).into_iter().for_each(Self::prune_model);
		T::Currency::hold(&HoldReason::ModelDeposit.into(), &owner, deposit)?;
		T::Currency::hold(&HoldReason::Activation.into(), &owner, activation_fee)?;

		Self::reference_blob(BlobRef { id: model, size });
		metadata.card.into_iter().for_each(Self::reference_blob);
		if let Some(sample) = sample {
			if let Some(blob) = sample.blob() {
				Self::reference_blob(blob);
			}
			Samples::<T>::insert(model, sample);
		}
		Self::name_version(&owner, &name, version)?;
		let mut record = Model {
			owner: owner.clone(),
			size,
			name: name.clone(),
			version,
			metadata,
			royalty,
			engine,
			tried: engine,
			rounds: (NextRound::<T>::get(), RoundId::MAX),
			verification: Verification::ReExecution,
			expected,
			status: ModelStatus::Pending,
			deposit,
			kept: 0,
			activation_fee,
			open: 0,
			prunable_at: None,
		};
		Self::keep_bytes(&mut record, kept);
		Self::list(model, &record);
		Models::<T>::insert(model, record);
		Self::deposit_event(Event::ModelRegistered { model, owner, name, version, size });
		Ok(())
	}

	/// Plancks for the activation of a model of so many bytes by the validators that there are.
	pub(crate) fn activation_fee(size: u64) -> Result<BalanceOf<T>, DispatchError> {
		let validators = Rounds::<T>::validators();
		ensure!(validators > 0, Error::<T>::NoValidators);
		let electorate = validators.min(T::MaxActivation::get());
		let fee = Self::prices().total(T::ActivationUnits::get(), size, electorate);
		fee.ok_or(Error::<T>::Overflow.into())
	}

	/// Prices of a run: the base price, and those of a compute unit and of a byte, in plancks.
	pub fn prices() -> math::Prices {
		math::Prices { base: T::BasePrice::get(), unit: T::UnitPrice::get(), byte: T::BytePrice::get() }
	}

	/// Terms of a model's activation, or of its trial under another engine. `None` if it is neither pending nor tried.
	pub fn terms(id: ModelId) -> Option<Terms> {
		let model = Models::<T>::get(id)?;
		let engine = match model.status {
			ModelStatus::Pending => model.engine,
			_ => Trials::<T>::get(id)?.engine,
		};
		let units = T::ActivationUnits::get();
		Some(Terms {
			engine,
			model: id,
			model_size: model.size,
			input: Samples::<T>::get(id).map(|sample| sample.content_id()),
			fetched: Samples::<T>::get(id).is_some_and(|sample| sample.blob().is_some()),
			unit_limit: units,
			members: T::MaxActivation::get(),
			audits: 0,
			growth: constants::window_growth(units, model.size),
			patience: Some(T::ActivationWindow::get()),
			redraws: MAX_REDRAWS,
			window: 0,
			assured: false,
			run_price: Self::prices().per_voter(units, model.size).unwrap_or(u128::MAX),
		})
	}

	/// Input of a model's activation.
	pub fn sample_input(id: ModelId) -> JobInput {
		Samples::<T>::get(id).map_or(JobInput::Generated, Into::into)
	}

	/// True if the decision on a model's sample is another than this verdict, of a vote in this round. Decisions of
	/// rounds before the last activation, or of a trial that failed, are not known any more; nor are the units of a run
	/// that did not activate the model.
	pub fn contradicts_sample(id: ModelId, round: RoundId, verdict: &Verdict) -> bool {
		let Some(model) = Models::<T>::get(id) else { return false };
		let (first, end) = model.rounds;
		if round < first || round >= end {
			return false;
		}
		match (model.status, verdict) {
			(ModelStatus::Active { result_hash, load_units, sample_units, .. }, verdict) => {
				*verdict != Verdict::Output { result_hash, load_units, units: sample_units }
			}
			(ModelStatus::Rejected(RejectReason::Failed(reason)), Verdict::Failed { reason: said, .. }) => {
				*said != reason
			}
			(ModelStatus::Rejected(RejectReason::Failed(_)), Verdict::Output { .. }) => true,
			(
				ModelStatus::Rejected(RejectReason::UnexpectedResult { attested }),
				Verdict::Output { result_hash, .. },
			) => *result_hash != attested,
			(ModelStatus::Rejected(RejectReason::UnexpectedResult { .. }), Verdict::Failed { .. }) => true,
			_ => false,
		}
	}

	/// The activation of a model, or its trial under another engine, is over.
	pub fn activation_concluded(id: ModelId, conclusion: Conclusion<AccountIdOf<T>>) -> Weight {
		let Some(mut model) = Models::<T>::get(id) else { return Weight::zero() };
		let trial = Trials::<T>::take(id);
		let engine = trial.map_or(model.engine, |trial| trial.engine);
		Self::free_engine(&engine);
		let mut voted = 0u32;
		let fault = match conclusion {
			Conclusion::Silent { .. } => Some(RejectReason::Deadline),
			Conclusion::Unresolved => Some(RejectReason::Unresolved),
			Conclusion::Agreed { vote, voters, product, .. } => {
				voted = voters.len() as u32;
				Self::pay_activation(id, &mut model, &voters);
				match (vote.verdict, product) {
					(Verdict::Output { result_hash, load_units, units }, Some(product)) => {
						if model.expected.is_some_and(|expected| expected != result_hash) {
							Some(RejectReason::UnexpectedResult { attested: result_hash })
						} else {
							// It may have been retired while it was tried.
							if trial.is_none() || matches!(model.status, ModelStatus::Active { .. }) {
								model.status = ModelStatus::Active {
									input: product.input,
									output: product.output,
									result_hash,
									load_units,
									sample_units: units,
								};
								model.engine = engine;
								model.rounds = (trial.map_or(model.rounds.0, |trial| trial.from), RoundId::MAX);
								model.expected = None;
								Self::deposit_event(Event::ModelActivated {
									model: id,
									result_hash,
									load_units,
									sample_units: units,
									engine,
								});
							}
							None
						}
					}
					(Verdict::Failed { reason, .. }, _) => Some(RejectReason::Failed(reason)),
					// A revealed output always left its product.
					(Verdict::Output { .. }, None) => Some(RejectReason::Unresolved),
				}
			}
		};
		let is_trial = trial.is_some();
		if let Some(reason) = fault {
			Self::pay_activation(id, &mut model, &[]);
			if is_trial {
				Self::deposit_event(Event::TrialFailed { model: id, engine, reason });
			} else {
				Self::relist(id, &mut model, |model| model.status = ModelStatus::Rejected(reason));
				Self::deposit_event(Event::ModelRejected { model: id, reason });
			}
		}
		if is_trial {
			model.open = model.open.saturating_sub(1);
		}
		if matches!(model.status, ModelStatus::Active { .. }) {
			Self::try_again(&engine);
		}
		Self::close_model_if_idle(id, &mut model);
		Models::<T>::insert(id, model);
		Self::weight_of_activation(voted)
	}

	/// Weight of the end of an activation with so many payments to validators.
	pub fn weight_of_activation(payments: u32) -> Weight {
		let shared = T::Earnings::weight().saturating_mul(payments.into());
		<T as Config>::WeightInfo::conclude_model(payments).saturating_add(shared)
	}

	/// Pays the validators whose votes decided an activation; what is left of the fee goes to the treasury.
	pub(crate) fn pay_activation(id: ModelId, model: &mut Model<T>, voters: &[AccountIdOf<T>]) {
		let fee = core::mem::take(&mut model.activation_fee);
		if fee == 0 {
			return;
		}
		let each = fee.checked_div(voters.len() as u128).unwrap_or(0);
		let mut paid = 0u128;
		for voter in voters {
			let moved =
				T::Earnings::pay(voter, each, |to, amount| pay::<T>(HoldReason::Activation, &model.owner, to, amount));
			paid = paid.saturating_add(moved);
		}
		let rest = fee.saturating_sub(paid);
		let rest = rest.saturating_sub(pay::<T>(HoldReason::Activation, &model.owner, &T::Treasury::get(), rest));
		if rest > 0 {
			// A treasury without an account takes nothing below the existential deposit: no planck stays on hold without a record.
			let _ = T::Currency::release(&HoldReason::Activation.into(), &model.owner, rest, Precision::BestEffort);
		}
		if !voters.is_empty() {
			Self::deposit_event(Event::ActivationPaid { model: id, voters: voters.len() as u32, each });
		}
	}

	/// A round of a request has ended: notes who could not get the model's bytes. When those have more than a third of the voting power, fewer
	/// than two thirds hold them, and the model is activated again.
	pub fn round_ended(id: ModelId, agreed: bool, lacking: Vec<AccountIdOf<T>>) {
		if agreed {
			return Unavailable::<T>::remove(id);
		}
		let Some(model) = Models::<T>::get(id).filter(|model| matches!(model.status, ModelStatus::Active { .. }))
		else {
			return;
		};
		// A trial tells whether the bytes can be had.
		if lacking.is_empty() || Trials::<T>::contains_key(id) {
			return;
		}
		let mut known = Unavailable::<T>::get(id);
		for who in lacking {
			if !known.contains(&who) && known.try_push(who).is_err() {
				break;
			}
		}
		let engine = CurrentEngine::<T>::get().unwrap_or(model.engine);
		let gone = pallet_rounds::Pallet::<T>::are_a_third(&known);
		// If the chain has no place for another activation now, the next signal asks again.
		if gone && with_storage_layer(|| Self::reactivate(id, model, engine)).is_ok() {
			Unavailable::<T>::remove(id);
		} else {
			Unavailable::<T>::insert(id, known);
		}
	}

	pub(crate) fn do_reactivate_model(who: AccountIdOf<T>, id: ModelId) -> DispatchResult {
		let engine = CurrentEngine::<T>::get().ok_or(Error::<T>::NoEngine)?;
		let mut model = Models::<T>::get(id).ok_or(Error::<T>::ModelUnknown)?;
		ensure!(model.owner == who, Error::<T>::NotOwner);
		ensure!(matches!(model.status, ModelStatus::Active { .. }), Error::<T>::ModelNotActive);
		ensure!(model.engine != engine, Error::<T>::EngineNotNewer);
		let fee = Self::activation_fee(model.size)?;
		T::Currency::hold(&HoldReason::Activation.into(), &who, fee)?;
		model.activation_fee = fee;
		Self::begin_trial(id, model, engine)
	}

	/// Has an active model's sample attested once more.
	fn reactivate(id: ModelId, mut model: Model<T>, engine: EngineId) -> DispatchResult {
		Rounds::<T>::open(Subject::Model(id))?;
		Self::use_engine(&engine);
		Unavailable::<T>::remove(id);
		model.rounds = (NextRound::<T>::get(), RoundId::MAX);
		(model.engine, model.tried) = (engine, engine);
		model.status = ModelStatus::Pending;
		Models::<T>::insert(id, model);
		Self::deposit_event(Event::ReactivationStarted { model: id, engine });
		Ok(())
	}

	/// A request is open on a model.
	pub fn enter_model(id: ModelId, model: &mut Model<T>) -> DispatchResult {
		model.open = model.open.checked_add(1).ok_or(Error::<T>::Overflow)?;
		Models::<T>::insert(id, &*model);
		Ok(())
	}

	/// A request on a model is open again. Nobody has to hold the bytes of a model that is over: they are needed from now on, without a
	/// deposit, until the request has ended once more.
	pub fn enter_model_again(id: ModelId) -> DispatchResult {
		let mut model = Models::<T>::get(id).ok_or(Error::<T>::ModelUnknown)?;
		let over = matches!(model.status, ModelStatus::Retired | ModelStatus::Rejected(_));
		if over && model.open == 0 {
			Self::reference_blob(BlobRef { id, size: model.size });
			model.metadata.card.into_iter().for_each(Self::reference_blob);
			let kept = model.size.saturating_add(model.metadata.card.map_or(0, |card| card.size));
			Self::keep_bytes(&mut model, kept);
			if let Some(at) = model.prunable_at.take() {
				agenda::unschedule::<Prunable<T>, _, _, _>(at, &id);
			}
		}
		Self::enter_model(id, &mut model)
	}

	/// A request has ended: its model has one less to wait for.
	pub fn leave_model(id: ModelId) {
		Models::<T>::mutate(id, |record| {
			if let Some(model) = record {
				model.open = model.open.saturating_sub(1);
				Self::close_model_if_idle(id, model);
			}
		});
	}

	pub(crate) fn do_retire_model(who: AccountIdOf<T>, id: ModelId) -> DispatchResult {
		let mut model = Models::<T>::get(id).ok_or(Error::<T>::ModelUnknown)?;
		ensure!(model.owner == who, Error::<T>::NotOwner);
		ensure!(matches!(model.status, ModelStatus::Active { .. }), Error::<T>::ModelNotActive);
		Self::relist(id, &mut model, |model| model.status = ModelStatus::Retired);
		Unavailable::<T>::remove(id);
		Self::deposit_event(Event::ModelRetired { model: id });
		Self::close_model_if_idle(id, &mut model);
		Models::<T>::insert(id, model);
		Ok(())
	}
}
