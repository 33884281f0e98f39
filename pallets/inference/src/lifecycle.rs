//! Models and requests: how they begin.

use crate::{math, pallet::*, types::*, AccountIdOf, BalanceOf};
use assay_primitives::{constants, Hash32, ModelId, RequestId};
use frame_support::{pallet_prelude::*, traits::fungible::MutateHold};

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

		Self::take_place()?;
		let deposit = Self::model_deposit(size, sample.as_ref(), &metadata)?;
		// Records of rejected models whose place this one takes.
		Self::prune_model(model);
		Self::version(&name, version).into_iter().for_each(Self::prune_model);
		T::Currency::hold(&HoldReason::ModelDeposit.into(), &owner, deposit)?;
		T::Currency::hold(&HoldReason::Activation.into(), &owner, activation_fee)?;

		Self::want_draw(PendingDraw { subject: Subject::Model(model), kind: RoundKind::Activation })?;
		Self::reference_blob(BlobRef { id: model, size });
		metadata.card.into_iter().for_each(Self::reference_blob);
		if let Some(sample) = sample {
			if let Some(blob) = sample.blob() {
				Self::reference_blob(blob);
			}
			Samples::<T>::insert(model, sample);
		}
		Self::name_version(&owner, &name, version)?;
		let record = Model {
			owner: owner.clone(),
			size,
			name: name.clone(),
			version,
			metadata,
			royalty,
			engine,
			verification: Verification::ReExecution,
			expected,
			status: ModelStatus::Pending { silences: 0 },
			deposit,
			activation_fee,
			open: 0,
			prunable_at: None,
		};
		Self::list(model, &record);
		Models::<T>::insert(model, record);
		Self::deposit_event(Event::ModelRegistered { model, owner, name, version, size });
		Ok(())
	}

	pub(crate) fn do_request_inference(
		owner: AccountIdOf<T>,
		model_id: ModelId,
		input: Input,
		unit_limit: u64,
		max_fee: BalanceOf<T>,
		k: Option<u32>,
		callback: Option<Callback>,
	) -> DispatchResult {
		let engine = CurrentEngine::<T>::get().ok_or(Error::<T>::NoEngine)?;
		let mut model = Models::<T>::get(model_id).ok_or(Error::<T>::ModelUnknown)?;
		ensure!(matches!(model.status, ModelStatus::Active { .. }), Error::<T>::ModelNotActive);
		ensure!(model.engine == engine, Error::<T>::ModelNotActive);
		let validators = Electors::<T>::decode_len().unwrap_or(0) as u32;
		ensure!(validators > 0, Error::<T>::NoValidators);
		let (low, high) = math::committee_bounds(validators, T::MaxCommittee::get());
		let k = k.unwrap_or(T::DefaultCommittee::get().min(high));
		ensure!(k >= low && k <= high, Error::<T>::CommitteeOutOfRange);

		Self::take_place()?;
		let input_size = input.size();
		let audits = math::paid_auditors(T::Auditors::get(), validators.saturating_sub(k));
		let escrow = Self::request_price(unit_limit, input_size, k, audits)
			.and_then(|price| price.checked_add(model.royalty))
			.and_then(|price| price.checked_add(callback.as_ref().map_or(0, |callback| callback.price)))
			.ok_or(Error::<T>::Overflow)?;
		ensure!(escrow <= max_fee, Error::<T>::FeeAboveMax);
		T::Currency::hold(&HoldReason::Escrow.into(), &owner, escrow)?;

		let request = NextRequest::<T>::get();
		NextRequest::<T>::put(request.checked_add(1).ok_or(Error::<T>::Overflow)?);
		Self::want_draw(PendingDraw { subject: Subject::Request(request), kind: RoundKind::Committee })?;
		model.open = model.open.checked_add(1).ok_or(Error::<T>::Overflow)?;
		let royalty = model.royalty;
		Models::<T>::insert(model_id, model);
		let blob = input.blob();
		if let Some(blob) = blob {
			Self::reference_blob(blob);
		}
		if let Some(callback) = callback {
			Callbacks::<T>::insert(request, callback);
		}
		let input_id = input.content_id();
		Inputs::<T>::insert(request, input);
		Requests::<T>::insert(
			request,
			Request {
				owner: owner.clone(),
				model: model_id,
				engine,
				verification: Verification::ReExecution,
				input: input_id,
				input_size,
				input_is_blob: blob.is_some(),
				k,
				unit_limit,
				royalty,
				escrow,
				growth: constants::window_growth(unit_limit, blob.map_or(0, |blob| blob.size)),
				requested_at: frame_system::Pallet::<T>::block_number(),
				audits,
				redraws: 0,
				status: RequestStatus::Requested,
			},
		);
		Self::deposit_event(Event::InferenceRequested { request, owner, model: model_id, input: input_id, escrow });
		Ok(())
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

	/// Plancks for the activation of a model of so many bytes by the validators that there are.
	pub(crate) fn activation_fee(size: u64) -> Result<BalanceOf<T>, DispatchError> {
		let validators = Electors::<T>::decode_len().unwrap_or(0) as u32;
		ensure!(validators > 0, Error::<T>::NoValidators);
		let electorate = validators.min(T::MaxActivation::get());
		let fee = Self::prices().total(T::ActivationUnits::get(), size, electorate);
		fee.ok_or(Error::<T>::Overflow.into())
	}

	/// A request has ended: its model has one less to wait for.
	pub(crate) fn leave_model(id: ModelId) {
		Models::<T>::mutate(id, |record| {
			if let Some(model) = record {
				model.open = model.open.saturating_sub(1);
				Self::close_model_if_idle(id, model);
			}
		});
	}

	/// Counts a new model or request against the bounds of this block and of the chain.
	pub(crate) fn take_place() -> DispatchResult {
		let taken = TakenInBlock::<T>::get();
		ensure!(taken < T::MaxPerBlock::get(), Error::<T>::BlockFull);
		let open = Open::<T>::get();
		ensure!(open < T::MaxOpen::get(), Error::<T>::TooManyOpen);
		TakenInBlock::<T>::put(taken.saturating_add(1));
		Open::<T>::put(open.saturating_add(1));
		Ok(())
	}

	/// Gives back the place of a model that is no longer pending or a request that has ended.
	pub(crate) fn leave_place() {
		Open::<T>::mutate(|open| *open = open.saturating_sub(1));
	}

	/// Asks for a draw at the end of the next block.
	pub(crate) fn want_draw(draw: PendingDraw) -> DispatchResult {
		NewDraws::<T>::try_append(draw).map_err(|()| Error::<T>::TooManyOpen.into())
	}

	/// Plancks that a request holds, royalty and callback apart. `None` if the sum does not fit.
	pub fn price(units: u64, bytes: u64, k: u32) -> Option<BalanceOf<T>> {
		let validators = Electors::<T>::decode_len().unwrap_or(0) as u32;
		let audits = math::paid_auditors(T::Auditors::get(), validators.saturating_sub(k));
		Self::request_price(units, bytes, k, audits)
	}

	fn request_price(units: u64, bytes: u64, k: u32, audits: u32) -> Option<BalanceOf<T>> {
		let prices = Self::prices();
		let committee = prices.total(units, bytes, k)?;
		if audits == 0 {
			return Some(committee);
		}
		prices.per_auditor(units, bytes)?.checked_mul(audits.into())?.checked_add(committee)
	}

	pub(crate) fn prices() -> math::Prices {
		math::Prices { base: T::BasePrice::get(), unit: T::UnitPrice::get(), byte: T::BytePrice::get() }
	}

	/// The request, if it is open.
	pub fn request(id: RequestId) -> Option<Request<T>> {
		Requests::<T>::get(id)
	}
}
