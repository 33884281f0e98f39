//! The host interface of the engine: how an off-chain worker hands runs to the node and takes results back.
//!
//! It works in off-chain workers alone. Anywhere else (a block's execution, a runtime API) the node registers no
//! [`EngineExt`], and every call answers [`HostError::NotOffchain`]: consensus cannot depend on the engine.

use crate::{
	audit::{AuditInput, AuditProof},
	infr::AuthorityId,
	job::{DutyId, EngineStatus, Finished, Job},
	seal::{self, SealInput},
};
use alloc::vec::Vec;
use codec::{Decode, Encode};
use sp_runtime_interface::{
	pass_by::{AllocateAndReturnByCodec, PassFatPointerAndDecode},
	runtime_interface,
};

#[cfg(not(substrate_runtime))]
use sp_externalities::ExternalitiesExt;

/// Why the host did not serve a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, scale_info::TypeInfo)]
pub enum HostError {
	/// The caller is not an off-chain worker.
	#[codec(index = 0)]
	NotOffchain,
}

/// The node's side of the interface.
#[cfg(feature = "std")]
pub trait EngineHost: Send + Sync {
	/// Takes the whole list of duties that are open for this node at a block, in the order in which they are to be run: that of their
	/// deadlines. A duty that has a result or is queued already is left alone; queued ones that stay away from the list are dropped,
	/// and running ones are stopped.
	fn enqueue(&self, jobs: Vec<Job>);
	/// Results among these duties; if none is there yet, waits for one, for at most `max_wait_ms` and never longer than the
	/// node's own limit. Results stay until the chain needs them no more, so asking twice is fine.
	fn take_finished(&self, duties: Vec<DutyId>, max_wait_ms: u32) -> Vec<Finished>;
	/// State of the engine.
	fn status(&self) -> EngineStatus;
}

#[cfg(feature = "std")]
sp_externalities::decl_extension! {
	/// Makes the engine reachable. The node registers it for off-chain workers only.
	pub struct EngineExt(alloc::sync::Arc<dyn EngineHost>);
}

/// The last block that is final in the node's view, by number and hash.
#[cfg(feature = "std")]
pub type Finalized = alloc::sync::Arc<dyn Fn() -> (u32, crate::Hash32) + Send + Sync>;

#[cfg(feature = "std")]
sp_externalities::decl_extension! {
	/// Says what is final. The node registers it for off-chain workers only.
	pub struct FinalizedExt(Finalized);
}

/// Calls into the node's engine.
#[runtime_interface]
pub trait Engine {
	/// See `EngineHost::enqueue`.
	fn enqueue(&mut self, jobs: PassFatPointerAndDecode<Vec<Job>>) -> AllocateAndReturnByCodec<Result<(), HostError>> {
		match self.extension::<EngineExt>() {
			Some(engine) => {
				engine.0.enqueue(jobs);
				Ok(())
			}
			None => Err(HostError::NotOffchain),
		}
	}

	/// See `EngineHost::take_finished`.
	fn take_finished(
		&mut self,
		duties: PassFatPointerAndDecode<Vec<DutyId>>,
		max_wait_ms: u32,
	) -> AllocateAndReturnByCodec<Result<Vec<Finished>, HostError>> {
		match self.extension::<EngineExt>() {
			Some(engine) => Ok(engine.0.take_finished(duties, max_wait_ms)),
			None => Err(HostError::NotOffchain),
		}
	}

	/// The draw of an auditor by a key of the node's keystore: the proof and the number. None if the key is not there.
	fn draw_audit(
		&mut self,
		request: PassFatPointerAndDecode<(AuthorityId, AuditInput)>,
	) -> AllocateAndReturnByCodec<Result<Option<(AuditProof, u128)>, HostError>> {
		let (key, input) = request;
		if self.extension::<EngineExt>().is_none() {
			return Err(HostError::NotOffchain);
		}
		match self.extension::<sp_keystore::KeystoreExt>() {
			Some(keystore) => Ok(crate::audit::prove(&*keystore.0, &key, &input)),
			None => Err(HostError::NotOffchain),
		}
	}

	/// The salt of a seal that a key of the node's keystore makes; none if the key is not there.
	fn draw_salt(
		&mut self,
		request: PassFatPointerAndDecode<(AuthorityId, SealInput)>,
	) -> AllocateAndReturnByCodec<Result<Option<[u8; 16]>, HostError>> {
		let (key, input) = request;
		if self.extension::<EngineExt>().is_none() {
			return Err(HostError::NotOffchain);
		}
		match self.extension::<sp_keystore::KeystoreExt>() {
			Some(keystore) => Ok(seal::salt(&*keystore.0, &key, &input)),
			None => Err(HostError::NotOffchain),
		}
	}

	/// Number and hash of the last block that is final in the node's view.
	fn finalized(&mut self) -> AllocateAndReturnByCodec<Result<(u32, crate::Hash32), HostError>> {
		match self.extension::<FinalizedExt>() {
			Some(finalized) => Ok((finalized.0)()),
			None => Err(HostError::NotOffchain),
		}
	}

	/// See `EngineHost::status`.
	fn status(&mut self) -> AllocateAndReturnByCodec<Result<EngineStatus, HostError>> {
		match self.extension::<EngineExt>() {
			Some(engine) => Ok(engine.0.status()),
			None => Err(HostError::NotOffchain),
		}
	}
}
