//! Spaces of memory on the chain.

use crate::{
	calls::Call,
	client::{constant, value, Client, Watcher},
	records::{Space, SpaceConfig},
	Account, Error,
};
use assay_primitives::Hash32;
use subxt::{dynamic, ext::scale_decode::DecodeAsType};

impl Client {
	/// A space, as the last finalized block has it. Over RPC this is the word of the node: see [`Client::state`].
	pub async fn space(&self, space: u64) -> Result<Option<Space>, Error> {
		value(&self.at().await?, "Memory", "Spaces", (space,)).await
	}

	/// Ids of the blobs that the network keeps for a space, its manifest among them.
	pub async fn space_blobs(&self, space: u64) -> Result<Vec<Hash32>, Error> {
		#[derive(DecodeAsType)]
		#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
		struct Blob {
			#[allow(dead_code)]
			size: u64,
		}
		Ok(self.of_space::<Blob>("SpaceBlobs", space).await?.into_iter().map(|(id, _)| id).collect())
	}

	/// Rights of accounts beside the owner in a space.
	pub async fn space_grants(&self, space: u64) -> Result<Vec<(Hash32, u8)>, Error> {
		#[derive(DecodeAsType)]
		#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
		struct Grant {
			rights: u8,
		}
		Ok(self.of_space::<Grant>("Grants", space).await?.into_iter().map(|(who, grant)| (who, grant.rights)).collect())
	}

	/// All entries of a space in a map whose keys are a space and a hash.
	async fn of_space<V: DecodeAsType>(&self, map: &str, space: u64) -> Result<Vec<(Hash32, V)>, Error> {
		let at = self.at().await?;
		let values = dynamic::storage::<(u64, Hash32), V>("Memory", map);
		let mut entries = at.storage().iter(values, (space,)).await?;
		let mut found = Vec::new();
		while let Some(entry) = entries.next().await {
			let entry = entry?;
			let (_, key): (u64, Hash32) = entry.key().and_then(|key| key.decode()).map_err(Error::unknown_chain)?;
			found.push((key, entry.value().decode().map_err(Error::unknown_chain)?));
		}
		Ok(found)
	}

	/// Plancks on hold for so many KiB that the network keeps for a space.
	pub async fn memory_deposit(&self, kib: u64) -> Result<u128, Error> {
		let price: u128 = constant(&self.at().await?, "Memory", "DepositPerKib")?;
		Ok(price.saturating_mul(kib.into()))
	}

	/// Makes a space, and gives its number.
	pub async fn create_space(
		&self,
		config: &SpaceConfig,
		account: &Account,
		watcher: Watcher<'_>,
	) -> Result<u64, Error> {
		#[derive(DecodeAsType)]
		#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
		struct SpaceCreated {
			space: u64,
		}
		let prepared = self.prepare(&Call::create_space(config), account).await?;
		let included = self.send(&prepared, watcher).await?;
		Ok(included.event::<SpaceCreated>("SpaceCreated")?.space)
	}
}
