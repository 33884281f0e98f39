//! Events of the pallet.

use frame_support::pallet_macros::*;

/// Events of the pallet.
#[pallet_section]
mod events {
	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// An inference was requested and its fee put on hold.
		InferenceRequested {
			/// The request.
			request: RequestId,
			/// The account that asked.
			owner: AccountIdOf<T>,
			/// The model.
			model: ModelId,
			/// Id of the input bundle.
			input: ContentId,
			/// Plancks on hold.
			escrow: BalanceOf<T>,
		},
		/// The treasury added to what the escrow paid for the votes of all.
		EscalationPaid {
			/// The request.
			request: RequestId,
			/// Plancks to each voter.
			each: BalanceOf<T>,
		},
		/// The result is final and paid.
		InferenceFinalized {
			/// The request.
			request: RequestId,
			/// The account that asked.
			owner: AccountIdOf<T>,
			/// The model.
			model: ModelId,
			/// The verdict.
			verdict: Verdict,
			/// Plancks that the requester paid.
			paid: BalanceOf<T>,
			/// Plancks that returned to the requester.
			refunded: BalanceOf<T>,
		},
		/// Too few validators answered; the fee returned, less what the requester caused.
		InferenceExpired {
			/// The request.
			request: RequestId,
			/// Plancks that the requester paid.
			paid: BalanceOf<T>,
			/// Plancks that returned to the requester.
			refunded: BalanceOf<T>,
		},
		/// The validators disagree and no two thirds found the same; the whole fee returned.
		InferenceUnresolved {
			/// The request.
			request: RequestId,
			/// Plancks that returned to the requester.
			refunded: BalanceOf<T>,
		},
		/// All validators have decided on a disputed result that was final: it is false. It stays in the state as it is, with this verdict
		/// beside it, and its receipt still verifies.
		ResultOverturned {
			/// The request.
			request: RequestId,
			/// The account that asked.
			owner: AccountIdOf<T>,
			/// The verdict that all have decided on.
			verdict: Verdict,
			/// Plancks that the requester got out of the treasury.
			compensation: BalanceOf<T>,
		},
		/// All validators have decided on a disputed result that was final: it is right. Nobody can dispute it any more.
		ResultConfirmed {
			/// The request.
			request: RequestId,
		},
		/// A result left the state. Its receipt still verifies.
		ResultPruned {
			/// The request.
			request: RequestId,
		},
		/// The callback of a final request was made. Its changes are gone if it failed.
		CallbackDispatched {
			/// The request.
			request: RequestId,
			/// The outcome of its dispatch.
			result: DispatchResult,
		},
	}
}
