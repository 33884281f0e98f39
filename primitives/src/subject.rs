//! The subjects that a round may be about.

use crate::{ModelId, RequestId};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// The subject of a round. Anything else that validators are to decide gets an index of its own here.
#[derive(
	Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub enum Subject {
	/// A model, on its sample input.
	#[codec(index = 0)]
	Model(ModelId),
	/// A request.
	#[codec(index = 1)]
	Request(RequestId),
}
