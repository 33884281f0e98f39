//! History of requests: who asked, who sealed and opened which vote and when, and how the request ended. The chain's state forgets it when a
//! request ends. A node that keeps it takes the steps of each finalized block from the runtime of that block.

use crate::full::{FullBackend, FullClient};
use assay_api::{
	history::{Dispute, Ended, Filter, History, How, Kind, Outcome, Page, Part, Round, Verdict, Vote},
	H256,
};
use assay_primitives::{ModelId, RequestId, RoundId};
use assay_runtime::{AccountId, BlockNumber};
use codec::Encode;
use futures::StreamExt;
use pallet_inference::history::{HistoryApi, Outcome as End, Step};
use sc_client_api::{AuxStore, Backend, BlockchainEvents};
use serde::{de::DeserializeOwned, Serialize};
use sp_api::{ApiExt, ProvideRuntimeApi};
use sp_blockchain::HeaderBackend;
use sp_core::crypto::Ss58Codec;
use std::{collections::BTreeMap, sync::Arc};

/// Key of the first block that is not taken over, among the client's auxiliary data.
const NEXT: &[u8] = b"assay/history/next";
/// Requests on a page of a list.
pub const LONGEST_PAGE: u32 = 100;

/// Why there is no history.
#[derive(Debug, thiserror::Error)]
pub enum Error {
	#[error("a list is of all requests, of those for a model, or of those of an account: give one of `model` and `requester`, or none")]
	TwoFilters,
	#[error("{0} is not the address of an account")]
	Address(String),
	#[error("a page has at most {LONGEST_PAGE} requests")]
	Limit,
	#[error("the runtime did not answer: {0}")]
	Runtime(#[from] sp_api::ApiError),
	#[error("{0}")]
	Database(#[from] sp_blockchain::Error),
	#[error("the history cannot be read: {0}")]
	Record(#[from] serde_json::Error),
}

/// The history that a node keeps.
pub struct Histories {
	client: Arc<FullClient>,
}

/// A list of requests.
#[derive(Encode)]
enum List {
	All,
	Model(ModelId),
	Requester(AccountId),
}

/// Takes over finalized blocks as they come. Ends with the node.
pub async fn follow(client: Arc<FullClient>, backend: Arc<FullBackend>) {
	let mut finality = client.finality_notification_stream();
	loop {
		if let Err(error) = catch_up(&client, &backend) {
			log::error!("the history of requests is late: {error}");
		}
		if finality.next().await.is_none() {
			return;
		}
	}
}

/// Brings the history to the last finalized block.
fn catch_up(client: &FullClient, backend: &FullBackend) -> Result<(), Error> {
	let finalized = client.info().finalized_number;
	let next = read::<BlockNumber>(client, NEXT)?.unwrap_or(1);
	if next > finalized {
		return Ok(());
	}
	let first = first_with_state(client, backend, next, finalized)?;
	if first > next {
		log::warn!(
			"the history of requests has nothing of blocks {next} to {}: their state has gone. A node that keeps it all the time, or \
			 every state (--state-pruning archive), has them",
			first - 1,
		);
	}
	for block in first..=finalized {
		let Some(hash) = client.hash(block)? else { continue };
		let api = client.runtime_api();
		let mut changes = Changes { client, written: BTreeMap::new() };
		// A runtime of before tells nothing.
		if api.has_api::<dyn HistoryApi<assay_runtime::opaque::Block, AccountId>>(hash)? {
			for step in api.steps(hash)? {
				changes.take(block, step)?;
			}
		}
		changes.write(NEXT.to_vec(), &(block + 1))?;
		let entries: Vec<_> = changes.written.iter().map(|(key, value)| (key.as_slice(), value.as_slice())).collect();
		client.insert_aux(&entries, &[])?;
	}
	Ok(())
}

/// The first block from `next` on whose state is here: states go in the order of their blocks.
fn first_with_state(
	client: &FullClient,
	backend: &FullBackend,
	next: BlockNumber,
	finalized: BlockNumber,
) -> Result<BlockNumber, Error> {
	let (mut low, mut high) = (next, finalized);
	while low < high {
		let middle = low + (high - low) / 2;
		match client.hash(middle)?.is_some_and(|hash| backend.have_state_at(hash, middle)) {
			true => high = middle,
			false => low = middle + 1,
		}
	}
	Ok(low)
}

fn read<T: DeserializeOwned>(client: &FullClient, key: &[u8]) -> Result<Option<T>, Error> {
	Ok(client.get_aux(key)?.map(|bytes| serde_json::from_slice(&bytes)).transpose()?)
}

fn request_key(request: RequestId) -> Vec<u8> {
	("assay/history/request", request).encode()
}

fn round_key(round: RoundId) -> Vec<u8> {
	("assay/history/round", round).encode()
}

fn length_key(list: &List) -> Vec<u8> {
	("assay/history/length", list).encode()
}

fn place_key(list: &List, place: u64) -> Vec<u8> {
	("assay/history/place", list, place).encode()
}

fn address(account: &AccountId) -> String {
	account.to_ss58check()
}

fn verdict(verdict: assay_primitives::Verdict) -> Verdict {
	match verdict {
		assay_primitives::Verdict::Output { result_hash, .. } => Verdict::Result(H256(result_hash)),
		assay_primitives::Verdict::Failed { reason, .. } => Verdict::Failed(format!("{reason:?}")),
	}
}

/// Additions of a block, before it is written.
struct Changes<'a> {
	client: &'a FullClient,
	written: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl Changes<'_> {
	fn read<T: DeserializeOwned>(&self, key: &[u8]) -> Result<Option<T>, Error> {
		match self.written.get(key) {
			Some(bytes) => Ok(Some(serde_json::from_slice(bytes)?)),
			None => read(self.client, key),
		}
	}

	fn write(&mut self, key: Vec<u8>, value: &impl Serialize) -> Result<(), Error> {
		self.written.insert(key, serde_json::to_vec(value)?);
		Ok(())
	}

	/// Puts a new request at the end of a list.
	fn list(&mut self, list: &List, request: RequestId) -> Result<(), Error> {
		let place = self.read::<u64>(&length_key(list))?.unwrap_or(0);
		self.write(place_key(list, place), &request)?;
		self.write(length_key(list), &(place + 1))
	}

	/// Changes what is known of a request. Requests of before the first block that was taken over are not known.
	fn change(&mut self, request: RequestId, change: impl FnOnce(&mut History)) -> Result<(), Error> {
		let Some(mut history) = self.read::<History>(&request_key(request))? else { return Ok(()) };
		change(&mut history);
		self.write(request_key(request), &history)
	}

	/// The same of a validator's part in a round.
	fn change_vote(
		&mut self,
		round: RoundId,
		validator: &AccountId,
		change: impl FnOnce(&mut Vote),
	) -> Result<(), Error> {
		let Some(request) = self.read::<RequestId>(&round_key(round))? else { return Ok(()) };
		self.change(request, |history| {
			if let Some(round) = history.rounds.iter_mut().find(|known| known.round == round) {
				change(vote_of(round, address(validator)));
			}
		})
	}

	fn end_round(&mut self, request: RequestId, block: BlockNumber, how: How, votes: Option<u32>) -> Result<(), Error> {
		self.change(request, |history| end_last_round(history, Ended { block, how, votes }))
	}

	fn take(&mut self, block: BlockNumber, step: Step<AccountId>) -> Result<(), Error> {
		match step {
			Step::Requested { request, requester, model, input } => {
				for list in [List::All, List::Model(model), List::Requester(requester.clone())] {
					self.list(&list, request)?;
				}
				self.write(request_key(request), &new_history(request, &requester, model, input, block))
			}
			Step::Drawn { request, round, everybody, members } => {
				self.write(round_key(round), &request)?;
				let kind = if everybody { Kind::Everybody } else { Kind::Committee };
				let drawn = Round { round, kind, members, drawn_at: block, ended: None, votes: Vec::new() };
				self.change(request, |history| history.rounds.push(drawn))
			}
			Step::Sealed { round, validator, late } => self.change_vote(round, &validator, |vote| {
				vote.sealed_at = Some(block);
				vote.late |= late;
			}),
			Step::Admitted { round, validator } => {
				self.change_vote(round, &validator, |vote| vote.part = Part::Auditor)
			}
			Step::Revealed { round, validator, late, verdict } => self.change_vote(round, &validator, |vote| {
				vote.revealed_at = Some(block);
				vote.late |= late;
				vote.verdict = Some(self::verdict(verdict));
			}),
			Step::Signalled { round, validator, kind } => {
				self.change_vote(round, &validator, |vote| vote.signalled = Some(format!("{kind:?}")))
			}
			Step::Redrawn { request } => self.end_round(request, block, How::Redrawn, None),
			Step::Agreed { request, votes } => self.end_round(request, block, How::Agreed, Some(votes)),
			Step::Escalated { request } => self.end_round(request, block, How::Escalated, None),
			Step::Disputed { request, validator, objection } => {
				let validator = address(&validator);
				let dispute = Dispute { validator, block, objection: objection.is_some(), upheld: None };
				self.change(request, |history| history.disputes.push(dispute))
			}
			Step::Settled { request, validator, upheld } => self.change(request, |history| {
				let validator = address(&validator);
				let open = |dispute: &&mut Dispute| dispute.upheld.is_none() && dispute.validator == validator;
				if let Some(dispute) = history.disputes.iter_mut().find(open) {
					dispute.upheld = Some(upheld);
				}
			}),
			Step::Ended { request, outcome } => self.change(request, |history| end(history, block, outcome)),
			Step::Overturned { request } => self.change(request, |history| history.overturned_at = Some(block)),
		}
	}
}

fn new_history(
	request: RequestId,
	requester: &AccountId,
	model: ModelId,
	input: assay_primitives::ContentId,
	requested_at: BlockNumber,
) -> History {
	History {
		request,
		requester: address(requester),
		model: H256(model.0),
		input: H256(input.0),
		requested_at,
		ended_at: None,
		outcome: None,
		verdict: None,
		overturned_at: None,
		rounds: Vec::new(),
		disputes: Vec::new(),
	}
}

fn vote_of(round: &mut Round, validator: String) -> &mut Vote {
	let place = match round.votes.iter().position(|vote| vote.validator == validator) {
		Some(place) => place,
		None => {
			round.votes.push(Vote {
				validator,
				part: Part::Member,
				sealed_at: None,
				revealed_at: None,
				late: false,
				verdict: None,
				signalled: None,
			});
			round.votes.len() - 1
		}
	};
	&mut round.votes[place]
}

/// A round that has ended stays as it is: an agreement that is escalated later was an agreement.
fn end_last_round(history: &mut History, end: Ended) {
	if let Some(round) = history.rounds.last_mut().filter(|round| round.ended.is_none()) {
		round.ended = Some(end);
	}
}

fn end(history: &mut History, block: BlockNumber, outcome: End) {
	end_last_round(history, Ended { block, how: How::Undecided, votes: None });
	history.ended_at = Some(block);
	history.outcome = Some(match &outcome {
		End::Final(_) => Outcome::Final,
		End::Expired => Outcome::Expired,
		End::Unresolved => Outcome::Unresolved,
	});
	if let End::Final(found) = outcome {
		history.verdict = Some(verdict(found));
	}
}

impl Histories {
	pub fn new(client: Arc<FullClient>) -> Self {
		Histories { client }
	}

	/// The history of a request; none if this node does not know it.
	pub fn history(&self, request: RequestId) -> Result<Option<History>, Error> {
		read(&self.client, &request_key(request))
	}

	/// A page of a list, the newest request first, from before a place on.
	pub fn list(&self, filter: Filter, before: Option<u64>, limit: u32) -> Result<Page, Error> {
		if limit > LONGEST_PAGE {
			return Err(Error::Limit);
		}
		let list = match filter {
			Filter { model: None, requester: None } => List::All,
			Filter { model: Some(model), requester: None } => List::Model(assay_primitives::ContentId(model.0)),
			Filter { model: None, requester: Some(address) } => {
				List::Requester(AccountId::from_ss58check(&address).map_err(|_| Error::Address(address))?)
			}
			Filter { .. } => return Err(Error::TwoFilters),
		};
		let length = read::<u64>(&self.client, &length_key(&list))?.unwrap_or(0);
		let end = before.unwrap_or(length).min(length);
		let begin = end.saturating_sub(limit.into());
		let mut requests = Vec::new();
		for place in (begin..end).rev() {
			requests.extend(read::<RequestId>(&self.client, &place_key(&list, place))?);
		}
		Ok(Page { requests, before: (begin > 0).then_some(begin) })
	}
}
