//! Listing requests.

use crate::{
	client::{value, At, Client},
	records::{Agreement, OpenRequest, ResultRecord, Stage, Standing, Subject},
	Error,
};
use assay_primitives::{Hash32, RequestId};
use futures::{stream, StreamExt};

/// Last requests that a list looks at.
pub const LOOKED_AT: RequestId = 4_096;

/// Requests of these that are read at once.
const READ_AT_ONCE: usize = 32;

/// A request, open or ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Entry {
	/// It is open, and waits for this.
	Open(OpenRequest, Stage),
	/// It has ended, and its result is still in the state.
	Ended(ResultRecord),
}

impl Entry {
	/// The account that asked.
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
		entry(&self.at().await?, request).await
	}

	/// Block in which an open request becomes final, once the validators have agreed and if nobody disputes that.
	pub async fn final_at(&self, request: RequestId) -> Result<Option<u32>, Error> {
		let key = (Subject::Request(request),);
		let agreement: Option<Agreement> = value(&self.at().await?, "Rounds", "Agreements", key).await?;
		Ok(agreement.map(|agreement| agreement.final_at))
	}

	/// The newest requests of an account, or of all, at most `limit`, newest first. The second value says whether there may be older ones: it
	/// looks at the last [`LOOKED_AT`].
	pub async fn requests(
		&self,
		owner: Option<&Hash32>,
		limit: usize,
	) -> Result<(Vec<(RequestId, Entry)>, bool), Error> {
		let at = &self.at().await?;
		let next: RequestId = value(at, "Inference", "NextRequest", ()).await?.unwrap_or_default();
		let oldest = next.saturating_sub(LOOKED_AT);
		let mut entries = stream::iter((oldest..next).rev())
			.map(|id| async move { Ok::<_, Error>(entry(at, id).await?.map(|entry| (id, entry))) })
			.buffered(READ_AT_ONCE);
		let mut found = Vec::new();
		while let Some(entry) = entries.next().await {
			let Some((id, entry)) = entry? else { continue };
			if owner.is_some_and(|owner| entry.owner() != owner) {
				continue;
			}
			if found.len() == limit {
				return Ok((found, true));
			}
			found.push((id, entry));
		}
		Ok((found, oldest > 0))
	}
}

async fn entry(at: &At, request: RequestId) -> Result<Option<Entry>, Error> {
	if let Some(open) = value(at, "Inference", "Requests", (request,)).await? {
		return Ok(Some(open_entry(at, request, open).await?));
	}
	Ok(value(at, "Inference", "Results", (request,)).await?.map(Entry::Ended))
}

async fn open_entry(at: &At, request: RequestId, open: OpenRequest) -> Result<Entry, Error> {
	let stage = stage(at, request).await?;
	let stage = stage.ok_or_else(|| Error::unknown_chain(format!("request {request} is open and has no standing")))?;
	Ok(Entry::Open(open, stage))
}

/// The event that an open request waits for.
pub(crate) async fn stage(at: &At, request: RequestId) -> Result<Option<Stage>, Error> {
	let standing: Option<Standing> = value(at, "Rounds", "Standings", (Subject::Request(request),)).await?;
	Ok(standing.map(|standing| standing.stage))
}
