//! Calls that a requester has made once its request is final.

use crate::{pallet::*, types::*, WeightInfo};
use assay_primitives::RequestId;
use codec::{DecodeLimit, Encode};
use frame_support::{
	dispatch::{extract_actual_weight, GetDispatchInfo},
	pallet_prelude::*,
	traits::{Contains, EnsureOrigin},
	weights::WeightMeter,
	MAX_EXTRINSIC_DEPTH,
};
use sp_runtime::traits::{BadOrigin, Convert, Dispatchable};

/// Lets the callback of a final request through, and gives the request. Its result is in [`Results`].
pub struct EnsureInferenceResult;

impl<O: Into<Result<Origin, O>> + From<Origin>> EnsureOrigin<O> for EnsureInferenceResult {
	type Success = RequestId;

	fn try_origin(origin: O) -> Result<Self::Success, O> {
		origin.into().map(|Origin::InferenceResult(request)| request)
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn try_successful_origin() -> Result<O, ()> {
		Ok(Origin::InferenceResult(0).into())
	}
}

/// The request, if this is the origin of its callback.
pub fn ensure_inference_result<O: Into<Result<Origin, O>>>(origin: O) -> Result<RequestId, BadOrigin> {
	origin.into().map(|Origin::InferenceResult(request)| request).map_err(|_| BadOrigin)
}

impl<T: Config> Pallet<T> {
	/// Checks a callback and weighs it.
	pub(crate) fn take_callback(call: <T as frame_system::Config>::RuntimeCall) -> Result<Callback, DispatchError> {
		ensure!(T::CallbackFilter::contains(&call), Error::<T>::CallbackNotAllowed);
		let weight = call.get_dispatch_info().call_weight.saturating_add(<T as Config>::WeightInfo::callback());
		ensure!(weight.all_lte(T::MaxCallbackWeight::get()), Error::<T>::CallbackTooLarge);
		ensure!(Callbacks::<T>::count() < T::MaxCallbacks::get(), Error::<T>::TooManyCallbacks);
		let call = call.encode().try_into().map_err(|_| Error::<T>::CallbackTooLarge)?;
		Ok(Callback { call, weight, price: T::WeightPrice::convert(weight) })
	}

	/// Puts the callback of a request that has become final into the queue.
	pub(crate) fn queue_callback(id: RequestId) {
		if Callbacks::<T>::contains_key(id) && CallbackQueue::<T>::try_append(id).is_err() {
			frame_support::defensive!("more callbacks are queued than there are");
		}
	}

	/// Makes the callbacks that come next, as long as the block has room for the weight that was paid for.
	pub(crate) fn make_callbacks(meter: &mut WeightMeter) {
		if meter.try_consume(<T as Config>::WeightInfo::callback_queue()).is_err() {
			return;
		}
		let mut queue = CallbackQueue::<T>::get().into_inner();
		let mut made = 0usize;
		for id in &queue {
			if let Some(callback) = Callbacks::<T>::get(id) {
				if !meter.can_consume(callback.weight) {
					break;
				}
				Callbacks::<T>::remove(id);
				meter.consume(Self::make_callback(*id, callback));
			}
			made = made.saturating_add(1);
		}
		if made > 0 {
			queue.drain(..made.min(queue.len()));
			CallbackQueue::<T>::put(BoundedVec::truncate_from(queue));
		}
	}

	/// Makes a callback. Returns what it weighed.
	fn make_callback(request: RequestId, callback: Callback) -> Weight {
		let Callback { call, weight, .. } = callback;
		type CallOf<T> = <T as frame_system::Config>::RuntimeCall;
		// A call that an earlier runtime let through may mean something else to this one.
		let decoded = CallOf::<T>::decode_all_with_depth_limit(MAX_EXTRINSIC_DEPTH, &mut &call[..]);
		let call = decoded.ok().filter(T::CallbackFilter::contains);
		let (result, used) = match call {
			Some(call) => {
				let info = call.get_dispatch_info();
				let answer = call.dispatch(Origin::InferenceResult(request).into());
				let used = extract_actual_weight(&answer, &info).saturating_add(<T as Config>::WeightInfo::callback());
				(answer.map(|_| ()).map_err(|error| error.error), used.min(weight))
			}
			None => {
				(Err(frame_system::Error::<T>::CallFiltered.into()), <T as Config>::WeightInfo::callback().min(weight))
			}
		};
		Self::deposit_event(Event::CallbackDispatched { request, result });
		used
	}
}
