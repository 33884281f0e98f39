//! Publishing a model.

use crate::{
	calls::{Call, Registration},
	client::{value, Client, Prepared, Progress, Watcher},
	records::{Model, ModelStatus, RejectReason},
	trust::hex0x,
	Account, Error,
};
use assay_primitives::{ContentId, ModelId};

/// Finalized blocks within which a model that is uploaded is decided: its two activation rounds and an escalation.
const DECIDED_WITHIN: u32 = 3_000;

impl Client {
	/// Signs a registration, to see its fee or to submit it.
	pub async fn prepare_registration(&self, what: &Registration, account: &Account) -> Result<Prepared, Error> {
		self.prepare(&Call::register_model(what), account).await
	}

	/// Publishes a model: registers it, uploads its bytes, and waits until it takes requests. `prepared` is the registration.
	pub async fn publish(&self, bytes: &[u8], prepared: &Prepared, watcher: Watcher<'_>) -> Result<Model, Error> {
		self.send(prepared, watcher).await?;
		self.upload(bytes, watcher).await?;
		self.activation(&ContentId::of(bytes), watcher).await
	}

	/// Waits until a model takes requests.
	pub async fn activation(&self, id: &ModelId, watcher: Watcher<'_>) -> Result<Model, Error> {
		let mut blocks = self.blocks().await?;
		let mut last = None;
		for _ in 0..DECIDED_WITHIN {
			let at = blocks.next().await?;
			let model: Option<Model> = value(&at, "Models", "Models", (id.0,)).await?;
			let model = model.ok_or_else(|| Error::Usage(format!("no model has the id {}", hex0x(id))))?;
			match &model.status {
				ModelStatus::Active { .. } => return Ok(model),
				ModelStatus::Rejected(reason) => return Err(Error::NoAnswer(rejection(reason))),
				ModelStatus::Retired => return Err(Error::NoAnswer("the model is retired".into())),
				ModelStatus::Pending if last != Some(model.status.name()) => {
					last = Some(model.status.name());
					watcher(Progress::Status(model.status.name()));
				}
				ModelStatus::Pending => (),
			}
		}
		Err(Error::NoAnswer(format!("the model is still pending after {DECIDED_WITHIN} blocks")))
	}
}

fn rejection(reason: &RejectReason) -> String {
	let why = match reason {
		RejectReason::Failed(reason) => {
			format!("its sample run fails ({reason:?}): `assay inspect` and `assay run` say why")
		}
		RejectReason::UnexpectedResult { attested } => {
			format!("its sample gives the result {}, not the one that was expected", hex0x(attested))
		}
		RejectReason::Deadline => "too few validators attested it in time: were its bytes uploaded?".into(),
		RejectReason::Unresolved => "the validators found no two thirds for one result".into(),
	};
	format!("the model is rejected: {why}. Its deposit has returned, and it may be registered anew")
}
