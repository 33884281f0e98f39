//! `assay memory anchor`, `attest` and `verify`: what of memory needs the chain.

use super::{
	receipts::from_trusted,
	screen::Screen,
	session::{confirm, Network, Session},
};
use crate::{error::Error, run::Report};
use assay_client::{
	address, amount, hex0x,
	records::{Availability, BlobRef, Space as OnChain, SpaceConfig},
	Account, Call, Client, Commit, Error as ClientError,
};
use assay_memory::{
	chain::Anchored,
	command::{ChainCommand, Memory, Word},
	head::Head,
	recall::Receipt,
	store::{Anchor, Committed, Space},
};
use assay_primitives::{ContentId, Hash32};
use assay_receipts::{space_key, verify_state};
use serde_json::json;
use std::{collections::BTreeSet, path::Path};

/// Blobs that one commit adds and drops. The chain takes twice as many.
const BLOBS: usize = 32;
/// Commits that travel in one transaction.
const BATCH: usize = 32;

/// Runs a command.
pub async fn memory(command: ChainCommand, network: &Network, screen: &Screen) -> Result<Report, Error> {
	match command {
		ChainCommand::Anchor { space, network: kept, yes } => {
			let session = Session::open(network, screen).await?;
			anchor(&space, kept, yes, &session, screen).await
		}
		ChainCommand::Attest { space, receipt, output } => attest(&space, *receipt, &output, network, screen).await,
		ChainCommand::Verify(_) => Err(Error::usage("a receipt is verified without the network")),
	}
}

/// Verifies the chain's word in a receipt, and then the receipt. Needs no network.
pub fn verify(anchored: Anchored, command: Memory, network: &Network) -> Result<Report, Error> {
	let settings = network.settings();
	let trust = settings.trust(&settings.profile()?)?;
	let genesis = trust.genesis.ok_or_else(|| {
		Error::usage(
			"no chain is trusted here yet, so its word cannot be verified: give the hash of its genesis block with --genesis",
		)
	})?;
	let statement = |checkpoint: &_| Ok(verify_state(&anchored.statement, checkpoint, trust.age(0))?);
	let proven = from_trusted(&trust, genesis, statement)?;
	anchored.check(&space_key(anchored.space), (&proven.key, proven.value.as_deref()))?;
	let word =
		Word { receipt: anchored.receipt, genesis: proven.genesis, space: anchored.space, block: proven.block.number };
	let done = assay_memory::command::execute_with(command, Some(&word))?;
	Ok(Report { text: done.text, json: done.value })
}

/// Puts the chain's word beside a receipt.
async fn attest(
	space: &Space,
	receipt: Receipt,
	output: &Path,
	network: &Network,
	screen: &Screen,
) -> Result<Report, Error> {
	let known = space.anchor()?.ok_or_else(|| Error::usage("the space is on no chain: `assay memory anchor` first"))?;
	let session = Session::open(network, screen).await?;
	let key = space_key(known.space);
	let (statement, proven) = session.client.state_for_others(&key).await?;
	let anchored = Anchored::new(receipt, known.space, statement);
	anchored.check(&key, (&proven.key, proven.value.as_deref()))?;
	ChainCommand::keep(output, &anchored)?;
	let seq = anchored.receipt.head.head.seq;
	let text = format!(
		"{}: commit {seq} was the last one of space {} at the finalized block {}",
		output.display(),
		known.space,
		proven.block.number
	);
	let json = json!({ "file": output, "space": known.space, "seq": seq, "block": proven.block.number });
	Ok(Report { text, json })
}

/// Makes the space on the chain if it is not there, commits what the chain has not, and uploads the pages that the network keeps.
async fn anchor(space: &Space, kept: bool, yes: bool, session: &Session<'_>, screen: &Screen) -> Result<Report, Error> {
	let client = &session.client;
	let account = Account::from_uri(&hex0x(space.seed()?))?;
	let mut committed = space.committed()?;
	let known = match space.anchor()? {
		Some(known) if known.genesis != client.genesis() => {
			return Err(Error::usage("the space is on another chain: name that one with --url and --chain"));
		}
		Some(known) => known,
		None => {
			let what = format!("{} makes a space on the chain, with 0.01 ASY on hold", account.address());
			confirm(yes, screen, &what)?;
			let config = config(&committed, kept)?;
			let number = client.create_space(&config, &account, &session.watcher()).await.map_err(funded(&account))?;
			let known = Anchor { genesis: client.genesis(), space: number, seq: 0 };
			space.set_anchor(&known)?;
			known
		}
	};
	let on_chain = client.space(known.space).await?;
	let on_chain = on_chain.ok_or_else(|| Error::usage(format!("the chain has no space {}", known.space)))?;
	let mut plan = Plan::new(&on_chain, &committed, known.space, client).await?;
	// More pages than the commits have room for.
	while plan.heads.len() < plan.rounds() && !plan.heads.is_empty() {
		space.commit_again()?;
		committed = space.committed()?;
		plan = Plan::new(&on_chain, &committed, known.space, client).await?;
	}
	let calls = plan.commits(known.space);
	for batch in calls.chunks(BATCH) {
		let prepared = client.prepare(&Call::batch_all(batch), &account).await?;
		let what = format!(
			"{} puts {} commits on the chain, for {} of fees, and what the network keeps on hold",
			account.address(),
			batch.len(),
			amount(prepared.fee)
		);
		confirm(yes, screen, &what)?;
		client.send(&prepared, &session.watcher()).await.map_err(funded(&account))?;
	}
	if on_chain.config.availability == Availability::Network {
		for bytes in committed.pages.iter().map(|(_, bytes)| bytes).chain([&committed.manifest]) {
			client.upload(bytes, &session.watcher()).await?;
		}
	}
	let seq = committed.last.head.seq;
	space.set_anchor(&Anchor { seq, ..known.clone() })?;
	let text = format!(
		"space {} on the chain: final up to commit {seq}, {} of them new\npaid by {}",
		known.space,
		calls.len(),
		account.address()
	);
	let json = json!({
		"space": known.space, "seq": seq, "new": calls.len(), "account": account.address(),
		"root": hex0x(committed.last.head.root),
	});
	Ok(Report { text, json })
}

/// Who pays is the space's own account, which is new where the space is.
fn funded(account: &Account) -> impl Fn(ClientError) -> Error + '_ {
	|error| match error {
		ClientError::Refused(text) => {
			ClientError::Refused(format!("{text}; the space's own account pays: send it ASY, to {}", account.address()))
				.into()
		}
		other => other.into(),
	}
}

fn config(committed: &Committed, kept: bool) -> Result<SpaceConfig, Error> {
	let own = &committed.last.config;
	if own.embedding.is_some() {
		return Err(Error::usage(
			"a space with an embedding cannot be put on a chain yet: its model is not registered there",
		));
	}
	let availability = if kept { Availability::Network } else { Availability::Local };
	Ok(SpaceConfig { public: own.public, availability, embedding: None, ranking: own.ranking })
}

/// What is to be committed.
struct Plan<'a> {
	/// Heads that the chain has not.
	heads: Vec<&'a Head>,
	add: Vec<BlobRef>,
	drop: Vec<Hash32>,
}

impl<'a> Plan<'a> {
	async fn new(on_chain: &OnChain, committed: &'a Committed, space: u64, client: &Client) -> Result<Plan<'a>, Error> {
		let last = on_chain.head.as_ref();
		let seq = last.map_or(0, |head| head.seq);
		if let Some(last) = last {
			let own = committed.heads.iter().find(|head| head.seq == last.seq);
			if own.is_none_or(|own| (own.root, own.manifest.id.0) != (last.root, last.manifest.id)) {
				return Err(Error::usage(format!(
					"commit {} on the chain is by {}, and not one of this machine's: import the space from who made it",
					last.seq,
					address(&last.by)
				)));
			}
		}
		let heads: Vec<&Head> = committed.heads.iter().filter(|head| head.seq > seq).collect();
		if on_chain.config.availability == Availability::Local || heads.is_empty() {
			return Ok(Plan { heads, add: vec![], drop: vec![] });
		}
		let kept: BTreeSet<Hash32> = client.space_blobs(space).await?.into_iter().collect();
		let own: BTreeSet<Hash32> = committed.pages.iter().map(|(id, _)| id.0).collect();
		let page = |(id, bytes): &(ContentId, Vec<u8>)| BlobRef { id: id.0, size: bytes.len() as u64 };
		let add = committed.pages.iter().map(page).filter(|page| !kept.contains(&page.id)).collect();
		let manifest = last.map(|head| head.manifest.id);
		let drop = kept.into_iter().filter(|id| !own.contains(id) && Some(*id) != manifest).collect();
		Ok(Plan { heads, add, drop })
	}

	/// Commits that its pages take.
	fn rounds(&self) -> usize {
		self.add.len().max(self.drop.len()).div_ceil(BLOBS)
	}

	fn commits(&self, space: u64) -> Vec<Call> {
		let part = |place: usize, length: usize| place.min(length)..(place + BLOBS).min(length);
		let commit = |(index, head): (usize, &&Head)| {
			let place = index * BLOBS;
			Call::commit(&Commit {
				space,
				seq: head.seq,
				root: head.root,
				records: head.records,
				manifest: BlobRef { id: head.manifest.id.0, size: head.manifest.size },
				epoch: head.epoch,
				add: self.add[part(place, self.add.len())].to_vec(),
				drop: self.drop[part(place, self.drop.len())].to_vec(),
			})
		};
		self.heads.iter().enumerate().map(commit).collect()
	}
}
