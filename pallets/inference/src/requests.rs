//! Requests: how they begin, and what their rounds run.

use crate::{pallet::*, types::*, AccountIdOf, BalanceOf, WeightInfo};
use assay_primitives::{
	constants::{self, MAX_INLINE_INPUT, MAX_UNIT_LIMIT, SHORT_UNITS, UNITS_PER_BLOCK},
	JobInput, ModelId, RequestId, Subject,
};
use frame_support::{pallet_prelude::*, traits::fungible::MutateHold};
use pallet_models::{Error as ModelsError, Input, ModelStatus, Pallet as Registry};
use pallet_rounds::{math, Pallet as Rounds, Terms};
use sp_runtime::{
	traits::{Convert, One, Saturating},
	FixedPointNumber, FixedU128,
};

/// Committees that are drawn again after silence, before a request expires.
const MAX_REDRAWS: u8 = 2;

/// Blocks of work of all validators that open requests may reserve: the members of the largest request have as long to seal, so that none of
/// them waits longer for those before it. Two requests of the largest limit fit, whoever votes.
const OPEN_BLOCKS: u64 = 128;

/// The same for short requests, which are done beside the others: a request takes six blocks from its inclusion to an agreement, so that
/// six blocks of work are open where validators are busy all the time.
const OPEN_BLOCKS_SHORT: u64 = 6;

/// Part of itself by which the price of a unit moves in a block where all that can be reserved is, or nothing: half of a hundredth, so that it
/// doubles in five minutes.
const DEMAND_SPEED: FixedU128 = FixedU128::from_rational(1, 100);
/// Most that the price of a unit rises to, in parts of the price of a network that has room.
const MOST_DEMAND: FixedU128 = FixedU128::from_u32(1_000);
/// Bytes of a voter's seal and of its attestation in blocks, the output apart.
const VOTER_BYTES: u128 = 768;

// No request pays for more voters than there are.
const _: () = assert!(MAX_UNIT_LIMIT <= OPEN_BLOCKS * UNITS_PER_BLOCK, "the largest request finds room");
const _: () = assert!(SHORT_UNITS <= OPEN_BLOCKS_SHORT * UNITS_PER_BLOCK, "the largest short request finds room");

impl<T: Config> Pallet<T> {
	pub(crate) fn do_request_inference(
		owner: AccountIdOf<T>,
		model_id: ModelId,
		input: Input,
		unit_limit: u64,
		max_fee: BalanceOf<T>,
		k: Option<u32>,
		audits: Option<u32>,
		window: Option<Window>,
		callback: Option<Callback>,
	) -> DispatchResult {
		let mut model = pallet_models::Models::<T>::get(model_id).ok_or(ModelsError::<T>::ModelUnknown)?;
		ensure!(matches!(model.status, ModelStatus::Active { .. }), ModelsError::<T>::ModelNotActive);
		ensure!(Registry::<T>::is_served(&model.engine), ModelsError::<T>::ModelOutdated);
		let engine = model.engine;
		let validators = Rounds::<T>::validators();
		ensure!(validators > 0, ModelsError::<T>::NoValidators);
		let (low, high) = math::committee_bounds(validators, T::MaxCommittee::get());
		let k = k.unwrap_or(T::DefaultCommittee::get().min(high));
		ensure!(k >= low && k <= high, Error::<T>::CommitteeOutOfRange);

		let audits = audits.unwrap_or(T::DefaultAudits::get());
		ensure!(audits <= T::MaxAudits::get(), Error::<T>::TooManyAudits);
		let window = window.unwrap_or(T::DefaultWindow::get());
		if let Window::Blocks(blocks) = window {
			ensure!((T::MinWindow::get()..=T::MaxWindow::get()).contains(&blocks), Error::<T>::WindowOutOfRange);
		}

		let input_size = input.size();
		let (paid_members, paid_auditors) = math::paid_voters(validators, k, audits);
		let blob = input.blob();
		let growth = constants::window_growth(unit_limit, blob.map_or(0, |blob| blob.size));
		let prices = Self::prices(growth);
		let escrow = prices
			.most(unit_limit, input_size, paid_members, paid_auditors)
			.and_then(|price| price.checked_add(model.royalty))
			.and_then(|price| price.checked_add(callback.as_ref().map_or(0, |callback| callback.price)))
			.ok_or(ModelsError::<T>::Overflow)?;
		ensure!(escrow <= max_fee, Error::<T>::FeeAboveMax);
		let reserved = Self::reserve(unit_limit, growth, paid_members.saturating_add(paid_auditors), validators)?;
		T::Currency::hold(&HoldReason::Escrow.into(), &owner, escrow)?;

		let request = NextRequest::<T>::get();
		NextRequest::<T>::put(request.checked_add(1).ok_or(ModelsError::<T>::Overflow)?);
		Rounds::<T>::open(Subject::Request(request))?;
		Registry::<T>::enter_model(model_id, &mut model)?;
		Registry::<T>::use_engine(&engine);
		let royalty = model.royalty;
		if let Some(blob) = blob {
			Registry::<T>::reference_blob(blob);
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
				growth,
				requested_at: frame_system::Pallet::<T>::block_number(),
				audits,
				window,
				prices,
				paid_members,
				paid_auditors,
				reserved,
			},
		);
		Self::deposit_event(Event::InferenceRequested { request, owner, model: model_id, input: input_id, escrow });
		Ok(())
	}

	/// Reserves what a request may have its voters do, if the validators can do it in time. Returns how many units.
	fn reserve(unit_limit: u64, growth: u32, voters: u32, validators: u32) -> Result<u64, DispatchError> {
		let most = Self::room(growth, validators);
		Reserved::<T>::try_mutate(|open| {
			let sum = open.of(growth);
			let units = unit_limit.checked_mul(voters.into()).ok_or(ModelsError::<T>::Overflow)?;
			let with = sum.checked_add(units).ok_or(ModelsError::<T>::Overflow)?;
			ensure!(with <= most, Error::<T>::TooManyUnits);
			*sum = with;
			Ok(units)
		})
	}

	/// Units that requests of this growth may reserve.
	fn room(growth: u32, validators: u32) -> u64 {
		let blocks = if growth == 0 { OPEN_BLOCKS_SHORT } else { OPEN_BLOCKS };
		UNITS_PER_BLOCK.saturating_mul(blocks).saturating_mul(validators.into())
	}

	/// Has the price of a unit follow what is reserved, block by block.
	pub(crate) fn follow_demand() {
		let validators = Rounds::<T>::validators();
		let mut open = Reserved::<T>::get();
		let next = |factor: FixedU128, reserved: u64, room: u64| {
			let fullness = FixedU128::saturating_from_rational(reserved, room.max(1));
			let target = FixedU128::saturating_from_rational(1, 2);
			let step = |part: FixedU128| factor.saturating_mul(part).saturating_mul(DEMAND_SPEED);
			let next = match fullness > target {
				true => factor.saturating_add(step(fullness.saturating_sub(target))),
				false => factor.saturating_sub(step(target.saturating_sub(fullness))),
			};
			next.clamp(FixedU128::one(), MOST_DEMAND)
		};
		let known = CurrentDemand::<T>::get();
		let demand = Demand {
			short: next(known.short, *open.of(0), Self::room(0, validators)),
			long: next(known.long, *open.of(1), Self::room(1, validators)),
		};
		if demand != known {
			CurrentDemand::<T>::put(demand);
		}
	}

	/// Prices of a request of this growth that is made now.
	pub fn prices(growth: u32) -> RequestPrices {
		let run = Registry::<T>::prices();
		let demand = CurrentDemand::<T>::get();
		let factor = if growth == 0 { demand.short } else { demand.long };
		let weight = |weight| T::WeightPrice::convert(weight);
		let fixed = Rounds::<T>::round_weight()
			.saturating_add(<T as Config>::WeightInfo::finalize(0, 0))
			.saturating_add(<T as Config>::WeightInfo::prune(1));
		let paid = Self::weight_of_payments(1, 0).saturating_sub(Self::weight_of_payments(0, 0));
		let voter = Rounds::<T>::voter_weight().saturating_add(paid);
		let length = T::LengthPrice::get();
		RequestPrices {
			run: math::Prices {
				base: run.base.saturating_add(weight(fixed)),
				unit: factor.saturating_mul_int(run.unit),
				..run
			},
			voter: weight(voter).saturating_add(length.saturating_mul(VOTER_BYTES)),
			output: length,
			stored: T::StoredBytePrice::get().saturating_mul(Rounds::<T>::validators().into()),
		}
	}

	/// Frees what a request has reserved, if it is still.
	pub(crate) fn free(request: &mut Request<T>) {
		let units = core::mem::take(&mut request.reserved);
		if units > 0 {
			Reserved::<T>::mutate(|open| {
				let sum = open.of(request.growth);
				*sum = sum.saturating_sub(units);
			});
		}
	}

	/// Plancks that a request holds, royalty and callback apart, where an input of more than [`MAX_INLINE_INPUT`] bytes is a blob. `None` if
	/// the sum does not fit.
	pub fn price(units: u64, bytes: u64, k: u32, audits: u32) -> Option<BalanceOf<T>> {
		let (members, auditors) = math::paid_voters(Rounds::<T>::validators(), k, audits);
		let blob = if bytes > MAX_INLINE_INPUT.into() { bytes } else { 0 };
		Self::prices(constants::window_growth(units, blob)).most(units, bytes, members, auditors)
	}

	/// Terms of an open request, or of one that is open again.
	pub fn terms(id: RequestId) -> Option<Terms> {
		let Some(request) = Requests::<T>::get(id) else { return Self::terms_again(id) };
		Some(Terms {
			engine: request.engine,
			model: request.model,
			model_size: pallet_models::Models::<T>::get(request.model)?.size,
			input: Some(request.input),
			fetched: request.input_is_blob,
			unit_limit: request.unit_limit,
			members: request.k,
			audits: request.audits,
			growth: request.growth,
			patience: None,
			redraws: MAX_REDRAWS,
			window: match request.window {
				Window::Blocks(blocks) => blocks,
				Window::Assured => T::AssuredWindow::get(),
			},
			assured: request.window == Window::Assured,
			run_price: request.prices.run.per_voter(request.unit_limit, request.input_size).unwrap_or(u128::MAX),
		})
	}

	/// Input of an open request, or of one that is open again.
	pub fn input(id: RequestId) -> Option<JobInput> {
		Inputs::<T>::get(id).map(Into::into)
	}

	/// The request, if it is open.
	pub fn request(id: RequestId) -> Option<Request<T>> {
		Requests::<T>::get(id)
	}
}
