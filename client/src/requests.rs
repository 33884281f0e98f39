//! Listing requests.

use crate::{
	client::Client,
	records::{OpenRequest, ResultRecord},
	Error,
};
use assay_primitives::{Hash32, RequestId};
use subxt::dynamic;

/// A request, open or ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Entry {
	/// It is open.
	Open(OpenRequest),
	/// It has ended, and its result is still in the state.
	Ended(ResultRecord),
}

impl Entry {
	/// Who asked.
	pub fn owner(&self) -> &Hash32 {
		match self {
			Entry::Open(request) => &request.owner,
			Entry::Ended(result) => &result.owner,
		}
	}
}

impl Client {
	/// A request, if the state has it.
	pub async fn entry(&self, request: RequestId) -> Result<Option<Entry>, Error> {
		if let Some(open) = self.open_request(request).await? {
			return Ok(Some(Entry::Open(open)));
		}
		Ok(self.result(request).await?.map(Entry::Ended))
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
			let entry = Entry::Open(entry.value().decode()?);
			if owner.is_none_or(|owner| entry.owner() == owner) {
				found.push((id, entry));
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
