//! Listing requests.

use crate::{
	client::{value, At, Client},
	records::{Agreement, OpenRequest, ResultRecord, Stage, Standing, Subject},
	Error,
};
use assay_primitives::{Hash32, RequestId};
use subxt::dynamic;

/// A request, open or ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Entry {
	/// It is open, and waits for this.
	Open(OpenRequest, Stage),
	/// It has ended, and its result is still in the state.
	Ended(ResultRecord),
}

impl Entry {
	/// Who asked.
	pub fn owner(&self) -> &Hash32 {
		match self {
			Entry::Open(request, _) => &request.owner,
			Entry::Ended(result) => &result.owner,
		}
	}
}

impl Client {
	/// A request, if the state has it.
	pub async fn entry(&self, request: RequestId) -> Result<Option<Entry>, Error> {
		let at = self.at().await?;
		if let Some(open) = value(&at, "Inference", "Requests", (request,)).await? {
			return Ok(Some(open_entry(&at, request, open).await?));
		}
		Ok(value(&at, "Inference", "Results", (request,)).await?.map(Entry::Ended))
	}

	/// Block in which an open request becomes final, once the validators have agreed and if nobody disputes that.
	pub async fn final_at(&self, request: RequestId) -> Result<Option<u32>, Error> {
		let key = (Subject::Request(request),);
		let agreement: Option<Agreement> = value(&self.at().await?, "Rounds", "Agreements", key).await?;
		Ok(agreement.map(|agreement| agreement.final_at))
	}

	/// Requests of an account, or of all, at most `limit`: the open ones first, then those that have ended, each in the order of the
	/// chain's storage. The second value says whether there are more.
	pub async fn requests(
		&self,
		owner: Option<&Hash32>,
		limit: usize,
	) -> Result<(Vec<(RequestId, Entry)>, bool), Error> {
		let at = self.at().await?;
		let mut found = Vec::new();
		let open = dynamic::storage::<(RequestId,), OpenRequest>("Inference", "Requests");
		let mut entries = at.storage().iter(open, ()).await?;
		while let Some(entry) = entries.next().await {
			let entry = entry?;
			let (id,) = entry.key().and_then(|key| key.decode()).map_err(Error::unknown_chain)?;
			let open: OpenRequest = entry.value().decode()?;
			if owner.is_none_or(|owner| open.owner == *owner) {
				found.push((id, open_entry(&at, id, open).await?));
			}
			if found.len() > limit {
				break;
			}
		}
		let ended = dynamic::storage::<(RequestId,), ResultRecord>("Inference", "Results");
		let mut entries = at.storage().iter(ended, ()).await?;
		while found.len() <= limit {
			let Some(entry) = entries.next().await else { break };
			let entry = entry?;
			let (id,) = entry.key().and_then(|key| key.decode()).map_err(Error::unknown_chain)?;
			let entry = Entry::Ended(entry.value().decode()?);
			if owner.is_none_or(|owner| entry.owner() == owner) {
				found.push((id, entry));
			}
		}
		let more = found.len() > limit;
		found.truncate(limit);
		Ok((found, more))
	}
}

async fn open_entry(at: &At, request: RequestId, open: OpenRequest) -> Result<Entry, Error> {
	let stage = stage(at, request).await?;
	let stage = stage.ok_or_else(|| Error::unknown_chain(format!("request {request} is open and has no standing")))?;
	Ok(Entry::Open(open, stage))
}

/// What an open request waits for.
pub(crate) async fn stage(at: &At, request: RequestId) -> Result<Option<Stage>, Error> {
	let standing: Option<Standing> = value(at, "Rounds", "Standings", (Subject::Request(request),)).await?;
	Ok(standing.map(|standing| standing.stage))
}
