//! Records of the pallet.

use crate::{AccountIdOf, BalanceOf, BlockNumberFor, Config};
use assay_primitives::{
	constants::{MAX_BLOB_OUTPUT, MAX_INLINE_OUTPUT},
	ContentId, EngineId, ModelId, Output, Verdict,
};
pub use assay_primitives::{Claim, Decision, Verification, Window};
use codec::{Decode, Encode, MaxEncodedLen};
use frame_support::pallet_prelude::*;
use pallet_rounds::math::Prices;
use scale_info::TypeInfo;
use sp_runtime::{
	traits::{ConstU32, One},
	FixedU128,
};

/// Bytes of a callback.
pub const MAX_CALLBACK_BYTES: u32 = 4 * 1024;

/// A call to make once a request is final.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Callback {
	/// The call, as it was encoded when it was weighed.
	pub call: BoundedVec<u8, ConstU32<MAX_CALLBACK_BYTES>>,
	/// Its weight, at most.
	pub weight: Weight,
	/// Plancks of the request's escrow that pay for it.
	pub price: u128,
}

/// Prices of a request in plancks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct RequestPrices {
	/// For the run, and for what a request weighs whoever votes.
	pub run: Prices,
	/// For the weight of a voter, to the chain.
	pub voter: u128,
	/// For a byte of an output that travels with a vote, to the chain: for each voter, and once more for the week in the state.
	pub output: u128,
	/// For a byte of an output that is a blob, to the chain: for the copies that all validators keep.
	pub stored: u128,
}

impl RequestPrices {
	/// Plancks that the chain gets if so many have voted for an output of so many bytes.
	pub fn chain(&self, voters: u32, bytes: u32) -> u128 {
		let copies = u128::from(voters).saturating_add(1);
		let output = self.output.saturating_mul(bytes.into()).saturating_mul(copies);
		self.run.base.saturating_add(self.voter.saturating_mul(voters.into())).saturating_add(output)
	}

	/// Plancks that the chain gets for an output that is a blob of so many bytes, in a run that may take so many units:
	/// a byte takes at least one.
	pub fn stored(&self, bytes: u64, units: u64) -> u128 {
		self.stored.saturating_mul(bytes.min(units).min(MAX_BLOB_OUTPUT).into())
	}

	/// Plancks that are due if nobody has the input: the work of all voters but for the bytes. `None` if the sum does
	/// not fit.
	pub fn withheld(&self, units: u64, members: u32, auditors: u32) -> Option<u128> {
		self.chain(members.checked_add(auditors)?, 0).checked_add(self.work(units, 0, members, auditors)?)
	}

	/// Plancks that voters get at most.
	fn work(&self, units: u64, bytes: u64, members: u32, auditors: u32) -> Option<u128> {
		let members = self.run.per_voter(units, bytes)?.checked_mul(members.into())?;
		match auditors {
			0 => Some(members),
			_ => self.run.per_auditor(units, bytes)?.checked_mul(auditors.into())?.checked_add(members),
		}
	}

	/// Plancks that a request costs at most. `None` if the sum does not fit.
	pub fn most(&self, units: u64, bytes: u64, members: u32, auditors: u32) -> Option<u128> {
		let voters = members.checked_add(auditors)?;
		let chain =
			self.chain(voters, MAX_INLINE_OUTPUT).max(self.chain(voters, 0).checked_add(self.stored(units, units))?);
		chain.checked_add(self.work(units, bytes, members, auditors)?)
	}
}

/// The price of a compute unit, in parts of the price of a network that has room. It rises while more than half of what
/// can be reserved is, and falls while less is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Demand {
	/// For requests of at most [`SHORT_UNITS`](assay_primitives::constants::SHORT_UNITS).
	pub short: FixedU128,
	/// For the others.
	pub long: FixedU128,
}

impl Default for Demand {
	fn default() -> Self {
		Self { short: FixedU128::one(), long: FixedU128::one() }
	}
}

/// An open request.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
#[scale_info(skip_type_params(T))]
pub struct Request<T: Config> {
	/// The account that asked and pays.
	pub owner: AccountIdOf<T>,
	/// The model.
	pub model: ModelId,
	/// The engine that gives the run its meaning.
	pub engine: EngineId,
	/// The way in which the result is verified.
	pub verification: Verification,
	/// Id of the input bundle.
	pub input: ContentId,
	/// Its length in bytes.
	pub input_size: u64,
	/// True if the input is in the blob store.
	pub input_is_blob: bool,
	/// Committee size.
	pub k: u32,
	/// Compute budget, load included.
	pub unit_limit: u64,
	/// Royalty at the time of the request.
	pub royalty: BalanceOf<T>,
	/// Plancks on hold.
	pub escrow: BalanceOf<T>,
	/// Blocks by which each of its windows is longer.
	pub growth: u32,
	/// Block of its inclusion.
	pub requested_at: BlockNumberFor<T>,
	/// Auditors that are expected beside the committee.
	pub audits: u32,
	/// Blocks in which the committee's agreement may be disputed.
	pub window: Window,
	/// The prices that it pays, as they were at the time of the request.
	pub prices: RequestPrices,
	/// Members that the escrow pays for.
	pub paid_members: u32,
	/// Auditors that it pays for.
	pub paid_auditors: u32,
	/// Units of [`OpenUnits`] that are its own: none once a round has agreed.
	pub reserved: u64,
}

/// Compute units that validators may have to do for open requests on which no round has agreed: the limit of each request, for each voter
/// that it pays for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct OpenUnits {
	/// For requests whose windows do not grow: at most [`SHORT_UNITS`](assay_primitives::constants::SHORT_UNITS), which every node has a worker
	/// for, and an input that travelled in the call, which nobody can withhold.
	pub short: u64,
	/// For all others.
	pub long: u64,
}

impl OpenUnits {
	/// The sum that a request counts for whose windows grow by so many blocks.
	pub fn of(&mut self, growth: u32) -> &mut u64 {
		if growth == 0 {
			&mut self.short
		} else {
			&mut self.long
		}
	}
}

/// The end of a request.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub enum Ended {
	/// With a verdict.
	#[codec(index = 0)]
	Final(Claim),
	/// Without an answer in time.
	#[codec(index = 1)]
	Expired,
	/// In a disagreement that no two thirds decided.
	#[codec(index = 2)]
	Unresolved,
}

/// Result of a request.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
#[scale_info(skip_type_params(T))]
pub struct ResultRecord<T: Config> {
	/// The account that asked.
	pub owner: AccountIdOf<T>,
	/// Block in which it ended.
	pub ended_at: BlockNumberFor<T>,
	/// The way in which it ended.
	pub ended: Ended,
	/// The output: the bundle's bytes, or where they are.
	pub output: Option<Output>,
	/// Plancks that the requester paid.
	pub paid: BalanceOf<T>,
	/// Of these, what went to validators and for the base price: the most that returns if the result is overturned.
	pub price: BalanceOf<T>,
	/// Compute budget of the request.
	pub unit_limit: u64,
	/// Length of its input in bytes.
	pub input_size: u64,
	/// Blocks by which each window of its rounds is longer.
	pub growth: u32,
	/// The decision of all validators on a dispute of the final result, if they have made one.
	pub review: Option<Review<BlockNumberFor<T>>>,
}

/// The decision of all validators on a dispute of a final result. The result itself stays as it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub enum Review<BlockNumber> {
	/// The same verdict.
	#[codec(index = 0)]
	Confirmed {
		/// Block in which that was decided.
		at: BlockNumber,
	},
	/// Another verdict: the result is false.
	#[codec(index = 1)]
	Overturned {
		/// Block in which that was decided.
		at: BlockNumber,
		/// The verdict that they have decided on.
		verdict: Verdict,
	},
}
