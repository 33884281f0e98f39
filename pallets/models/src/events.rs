//! Events of the pallet.

use frame_support::pallet_macros::*;

/// Events of the pallet.
#[pallet_section]
mod events {
	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A model was registered and waits for its bytes and its activation.
		ModelRegistered {
			/// Its id.
			model: ModelId,
			/// The account that registered it.
			owner: AccountIdOf<T>,
			/// Name.
			name: ModelName,
			/// Version under that name.
			version: u32,
			/// Length in bytes.
			size: u64,
		},
		/// A name has its first version.
		NameRegistered {
			/// The name.
			name: ModelName,
			/// The account that registers versions under it.
			owner: AccountIdOf<T>,
			/// Plancks on hold for it.
			deposit: BalanceOf<T>,
		},
		/// A name was given to another account, with its deposit.
		NameTransferred {
			/// The name.
			name: ModelName,
			/// The owner before.
			from: AccountIdOf<T>,
			/// The account that registers versions under it now.
			to: AccountIdOf<T>,
		},
		/// A model was given to another account, with its deposit.
		ModelTransferred {
			/// The model.
			model: ModelId,
			/// The owner before.
			from: AccountIdOf<T>,
			/// The account that earns its royalty now.
			to: AccountIdOf<T>,
		},
		/// The metadata of a model was replaced.
		MetadataSet {
			/// The model.
			model: ModelId,
			/// Plancks on hold for it now.
			deposit: BalanceOf<T>,
		},
		/// The publisher stated where a model comes from.
		ProvenanceSet {
			/// The model.
			model: ModelId,
			/// The key that signed the statement.
			key: sp_core::ed25519::Public,
		},
		/// The record of a rejected model left the state: its time was over, or another registration took its place.
		ModelPruned {
			/// The model.
			model: ModelId,
		},
		/// Two thirds attested the model's sample run under an engine: it takes requests, which run under that engine.
		ModelActivated {
			/// Its id.
			model: ModelId,
			/// Result hash of the sample run.
			result_hash: Hash32,
			/// Compute units of loading it.
			load_units: u64,
			/// Compute units of the sample run, load included.
			sample_units: u64,
			/// The engine.
			engine: EngineId,
		},
		/// A model's sample is run under another engine. The model takes requests as before.
		TrialBegan {
			/// The model.
			model: ModelId,
			/// The other engine.
			engine: EngineId,
		},
		/// A model did not pass under another engine. Its requests go on under the engine before, as long as nodes hold that one.
		TrialFailed {
			/// The model.
			model: ModelId,
			/// The other engine.
			engine: EngineId,
			/// The reason.
			reason: RejectReason,
		},
		/// Every model that was active when the engine was taken over has been tried under it, or is being tried.
		CatalogueTried {
			/// The engine.
			engine: EngineId,
		},
		/// The model did not pass its activation.
		ModelRejected {
			/// Its id.
			model: ModelId,
			/// The reason.
			reason: RejectReason,
		},
		/// The model takes no new requests.
		ModelRetired {
			/// Its id.
			model: ModelId,
		},
		/// The royalty of later requests was set.
		RoyaltySet {
			/// The model.
			model: ModelId,
			/// Plancks for each request that ends with an output.
			royalty: BalanceOf<T>,
		},
		/// A model's deposit returned, or a part of it.
		DepositReturned {
			/// The model.
			model: ModelId,
			/// The account that it returned to.
			owner: AccountIdOf<T>,
			/// Plancks.
			amount: BalanceOf<T>,
		},
		/// The validators that activated a model were paid.
		ActivationPaid {
			/// The model.
			model: ModelId,
			/// Validators paid.
			voters: u32,
			/// Plancks to each.
			each: BalanceOf<T>,
		},
		/// Governance proposes an engine. It is taken over at the first change of session at which two thirds hold it.
		EngineProposed {
			/// The engine.
			engine: EngineId,
			/// The blob that it comes in, if nodes fetch it.
			package: Option<BlobRef>,
		},
		/// The proposal of an engine was withdrawn.
		EngineWithdrawn {
			/// The engine.
			engine: EngineId,
		},
		/// A validator attests that it holds the proposed engine and that the engine passes its vectors.
		EngineHeld {
			/// The engine.
			engine: EngineId,
			/// The validator.
			validator: AccountIdOf<T>,
		},
		/// New models use this engine, and active ones are tried under it. Until they have passed, their requests run under the one before.
		EngineSet {
			/// The engine.
			engine: EngineId,
		},
		/// All models may take so many bytes of every validator's disk.
		CatalogueLimitSet {
			/// Bytes.
			bytes: u64,
		},
		/// A model is activated again, because more than a third of the validators cannot get its bytes. It takes no requests until it is.
		ReactivationStarted {
			/// The model.
			model: ModelId,
			/// The engine.
			engine: EngineId,
		},
	}
}
