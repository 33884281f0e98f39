//! Motions of the council.

use crate::{
	client::{value, Client},
	records::Motion,
	Error,
};
use assay_primitives::{Hash32, Power};
use subxt::dynamic;

impl Client {
	/// Open motions by their numbers, each with the voting power that supports it, and the power of all.
	pub async fn motions(&self) -> Result<(Vec<(u32, Motion, Power)>, Power), Error> {
		let at = self.at().await?;
		let electors: Vec<(Hash32, Hash32, Power)> = value(&at, "Rounds", "Electors", ()).await?.unwrap_or_default();
		let mut found = Vec::new();
		let motions = dynamic::storage::<(u32,), Motion>("Council", "Motions");
		let mut entries = at.storage().iter(motions, ()).await?;
		while let Some(entry) = entries.next().await {
			let entry = entry?;
			let (index,) = entry.key().and_then(|key| key.decode()).map_err(Error::unknown_chain)?;
			let motion: Motion = entry.value().decode()?;
			let own = electors.iter().filter(|(who, ..)| motion.supporters.contains(who));
			let power = own.fold(0, |sum: Power, (.., power)| sum.saturating_add(*power));
			found.push((index, motion, power));
		}
		found.sort_by_key(|(index, ..)| *index);
		Ok((found, electors.iter().fold(0, |sum: Power, (.., power)| sum.saturating_add(*power))))
	}
}
