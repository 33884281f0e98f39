//! What the pallet announces.

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
			/// Who registered it.
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
			/// Who registers versions under it.
			owner: AccountIdOf<T>,
			/// Plancks on hold for it.
			deposit: BalanceOf<T>,
		},
		/// A name was given to another account, with its deposit.
		NameTransferred {
			/// The name.
			name: ModelName,
			/// Whose it was.
			from: AccountIdOf<T>,
			/// Who registers versions under it now.
			to: AccountIdOf<T>,
		},
		/// A model was given to another account, with its deposit.
		ModelTransferred {
			/// The model.
			model: ModelId,
			/// Whose it was.
			from: AccountIdOf<T>,
			/// Who earns its royalty now.
			to: AccountIdOf<T>,
		},
		/// What is said about a model was replaced.
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
		/// Two thirds attested the model's sample run: it takes requests.
		ModelActivated {
			/// Its id.
			model: ModelId,
			/// Result hash of the sample run.
			result_hash: Hash32,
			/// Compute units of loading it.
			load_units: u64,
			/// Compute units of the sample run, load included.
			sample_units: u64,
		},
		/// The model did not pass its activation.
		ModelRejected {
			/// Its id.
			model: ModelId,
			/// Why.
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
			/// To whom.
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
		/// New models and requests use this engine. Open requests keep theirs.
		EngineSet {
			/// The engine.
			engine: EngineId,
		},
		/// A model is activated again: by its owner, for the engine of the network, or because more than a third of the validators
		/// cannot get its bytes.
		ReactivationStarted {
			/// The model.
			model: ModelId,
			/// The engine.
			engine: EngineId,
		},
	}
}
