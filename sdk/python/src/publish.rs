//! Publishing a model.

use crate::errors::Failure;
use assay_client::{
	amount, hex0x,
	records::{Input, Metadata, Model, ModelStatus},
	Account, Client, Error, Registration, Watcher,
};
use assay_primitives::{ContentId, Hash32};

/// A file that the engine here has run, and what is said of it.
pub struct Publication {
	pub file: Vec<u8>,
	/// The engine that has run it.
	pub engine: Hash32,
	pub name: String,
	pub version: Option<u32>,
	pub metadata: Metadata,
	pub royalty: u128,
	pub sample: Option<Vec<u8>>,
	/// Most plancks that it may take.
	pub max_cost: Option<u128>,
}

/// The description of a model, within the lengths that the chain bounds.
pub fn metadata(task: &str, licence: &str, tags: &[String], description: &str) -> Result<Metadata, Failure> {
	let bounded = |what: &str, text: &str, most: usize| {
		if text.len() > most {
			return Err(Failure::usage(format!("`{what}` has at most {most} bytes, not {}", text.len())));
		}
		Ok(text.as_bytes().to_vec())
	};
	if tags.len() > 8 {
		return Err(Failure::usage(format!("there are at most 8 tags, not {}", tags.len())));
	}
	Ok(Metadata {
		task: bounded("task", task, 32)?,
		licence: bounded("licence", licence, 32)?,
		tags: tags.iter().map(|tag| bounded("tags", tag, 24)).collect::<Result<_, _>>()?,
		description: bounded("description", description, 512)?,
		card: None,
	})
}

impl Publication {
	/// Registers, uploads, and waits until the model takes requests. Goes on with what was cut off.
	pub async fn publish(self, client: &Client, account: &Account, watcher: Watcher<'_>) -> Result<Model, Failure> {
		let engine = client.engine().await?.unwrap_or_default();
		if engine != self.engine {
			return Err(Error::UnknownChain(
				format!("it runs the engine {}, and this is {}", hex0x(engine), hex0x(self.engine)).into(),
			)
			.into());
		}
		let id = ContentId::of(&self.file);
		match client.model(&id).await? {
			Some(model) if model.status == ModelStatus::Pending && model.owner == account.id() => {
				client.upload(&self.file, watcher).await?;
				return Ok(client.activation(&id, watcher).await?);
			}
			Some(Model { status: ModelStatus::Rejected(_), .. }) | None => (),
			Some(model) => {
				return Err(Error::Refused(format!(
					"this file is registered already, as {}: use it, or publish another file",
					model.title()
				))
				.into())
			}
		}
		let taken = client.name(&self.name).await?;
		if taken.as_ref().is_some_and(|taken| taken.owner != account.id()) {
			return Err(
				Error::Refused(format!("the name {} belongs to another account: choose another", self.name)).into()
			);
		}
		let next = taken.map_or(1, |taken| taken.last_version.saturating_add(1));
		let registration = Registration {
			model: id.0,
			size: self.file.len() as u64,
			name: self.name.into_bytes(),
			version: self.version.unwrap_or(next),
			metadata: self.metadata,
			royalty: self.royalty,
			sample: self.sample.map(Input::Inline),
			expected: None,
		};
		let price = client.registration_price(&registration).await?.total();
		let prepared = client.prepare_registration(&registration, account).await?;
		let cost = price.saturating_add(prepared.fee);
		if self.max_cost.is_some_and(|most| cost > most) {
			return Err(Error::Refused(format!("this costs {}, which is above `max_cost=`", amount(cost))).into());
		}
		client.afford(account, cost).await?;
		Ok(client.publish(&self.file, &prepared, watcher).await?)
	}
}
