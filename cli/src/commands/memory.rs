//! `assay memory anchor`, `sync`, `serve --anchor`, `grant` and `revoke` of accounts, `attest` and `verify`: what of memory needs the chain.

use super::{
	receipts::from_trusted,
	screen::Screen,
	session::{confirm, Network, Session},
};
use crate::{error::Error, run::Report};
use assay_client::{
	address, amount, hex0x,
	records::{Availability, BlobRef, Space as OnChain, SpaceConfig, SpaceHead},
	Account, Call, Client, Commit, Error as ClientError,
};
use assay_memory::{
	anchoring::Chain,
	chain::{self, Anchored},
	command::{ChainCommand, Memory, Word},
	constants::PADDING,
	head::{self, Config, Head, Signed, SignedHead},
	page::{Export, SealedManifest},
	recall::Receipt,
	store::{Anchor, Committed, Fetched, Rights, Space},
};
use assay_primitives::{ContentId, Hash32};
use assay_receipts::{grant_key, space_key, verify_state};
use serde_json::json;
use std::{collections::BTreeSet, path::Path};

/// Blobs that one commit adds and drops. The chain takes twice as many.
const BLOBS: usize = 32;
/// Commits that travel in one transaction.
const BATCH: usize = 32;
/// So often a commit is made again because somebody else's came first.
const MOVES: usize = 16;

/// Runs a command.
pub async fn memory(
	command: ChainCommand,
	words: &Memory,
	network: &Network,
	screen: &Screen,
) -> Result<Report, Error> {
	match command {
		ChainCommand::Anchor { space, network: kept, over, yes } => {
			let session = Session::open(network, screen).await?;
			if over {
				go_over(&space, &session).await?;
			}
			anchor(&space, kept, yes, &session).await
		}
		ChainCommand::Sync { space, number } => sync(&space, number, &Session::open(network, screen).await?).await,
		ChainCommand::Share { space, who, rights, yes } => {
			share(&space, &who, rights, yes, words, &Session::open(network, screen).await?).await
		}
		ChainCommand::Attest { space, receipt, output } => attest(&space, *receipt, &output, network, screen).await,
		ChainCommand::Verify(_) | ChainCommand::Serve { .. } => {
			Err(Error::usage("this takes no connection of its own"))
		}
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

/// The space on the chain. Makes it if it is not there, where the space here has an owner to pay for it.
async fn placed(space: &Space, kept: bool, yes: bool, session: &Session<'_>) -> Result<Anchor, Error> {
	let client = &session.client;
	match space.anchor()? {
		Some(known) if known.genesis != client.genesis() => {
			Err(Error::usage("the space is on another chain: name that one with --url and --chain"))
		}
		Some(known) => Ok(known),
		None => {
			let own = space.config()?.ok_or_else(|| {
				Error::usage("this is a place for a space of somebody else: `assay memory sync --number N` takes it from the chain first")
			})?;
			let account = payer(space)?;
			let what = format!("{} makes a space on the chain, with 0.01 ASY on hold", account.address());
			confirm(yes, session.screen, &what)?;
			let config = config(&own, kept)?;
			let number = client.create_space(&config, &account, &session.watcher()).await.map_err(funded(&account))?;
			let known = Anchor { genesis: client.genesis(), space: number, seq: 0 };
			space.set_anchor(&known)?;
			Ok(known)
		}
	}
}

fn payer(space: &Space) -> Result<Account, Error> {
	Ok(Account::from_uri(&hex0x(space.seed()?))?)
}

async fn on_chain(number: u64, client: &Client) -> Result<OnChain, Error> {
	let found = client.space(number).await?;
	found.ok_or_else(|| Error::usage(format!("the chain has no space {number}: it was closed, or never made")))
}

/// True if a commit of the chain is one that this machine has.
fn is_here(space: &Space, last: &SpaceHead) -> Result<bool, Error> {
	let own = space.head_of(last.seq)?;
	let same = |own: Head| {
		(own.root, own.manifest.id.0, own.previous, own.by) == (last.root, last.manifest.id, last.previous, last.by)
	};
	Ok(own.is_some_and(same))
}

/// Takes in what others have committed, until the last commit on the chain is one that this machine has. Gives the chain's record, and how many
/// commits were taken.
async fn follow(space: &Space, number: u64, session: &Session<'_>) -> Result<(OnChain, u64), Error> {
	let mut taken = 0;
	loop {
		let found = on_chain(number, &session.client).await?;
		match &found.head {
			Some(last) if !is_here(space, last)? => take(space, number, session).await?,
			_ => return Ok((found, taken)),
		}
		taken += 1;
	}
}

/// The space and its last commit, as a finalized block has them by a proof.
async fn proven(number: u64, client: &Client) -> Result<(chain::OnChain, Head), Error> {
	let (_, proven) = client.state(&space_key(number)).await?;
	let value = proven.value.ok_or_else(|| Error::usage(format!("the chain has no space {number}: it was closed")))?;
	let found = chain::OnChain::decode(&value)?;
	let head = found.head.clone().ok_or_else(|| Error::usage("the space has no commit on the chain yet"))?;
	Ok((found, head))
}

/// Has the next commit follow the last one on the chain, whatever is in that.
async fn go_over(space: &Space, session: &Session<'_>) -> Result<(), Error> {
	let known = space.anchor()?.ok_or_else(|| Error::usage("the space is on no chain: `assay memory anchor` first"))?;
	let (found, head) = proven(known.space, &session.client).await?;
	let own = space.head_of(head.seq)?;
	if own.as_ref() == Some(&head) {
		return Ok(());
	}
	let by = address(&head.by);
	space.take_over(&Anchor { seq: head.seq, ..known }, &head, found.epoch)?;
	session.screen.note(&format!("space {}: what commit {} by {by} has is left out", space.name(), head.seq));
	Ok(())
}

/// Takes in the last commit on the chain, as it is proven, with its pages.
async fn take(space: &Space, number: u64, session: &Session<'_>) -> Result<(), Error> {
	let client = &session.client;
	let (found, head) = proven(number, client).await?;
	let by = address(&head.by);
	session.screen.step(format!("takes commit {} of space {number}, by {by}", head.seq));
	if found.availability == chain::Availability::Local {
		return Err(Error::usage(format!(
			"commit {} on the chain is by {by}, and its pages stay with who wrote them: `assay memory import` takes an export of theirs",
			head.seq
		)));
	}
	let missing = |error: ClientError| match error {
		ClientError::Network(why) => {
			ClientError::Network(format!("the pages of commit {} by {by} are not there yet: {why}", head.seq))
		}
		other => other,
	};
	let fetch = |blob: head::BlobRef| async move {
		client.download(&blob.id, blob.size, &session.watcher()).await.map_err(missing)
	};
	let manifest = fetch(head.manifest).await?;
	let (_, own_number) = SealedManifest::read(&manifest)?;
	let config = Config {
		space: own_number.ok_or_else(|| {
			Error::usage("the last commit is of an earlier version: its owner commits once more with this one")
		})?,
		owner: found.owner,
		public: found.public,
		embedding: found.embedding.map(|embedding| (embedding.model, embedding.dimensions)),
		ranking: found.ranking,
	};
	let mut pages = Vec::new();
	for (blob, bytes) in space.pages_of(&config, &head, &manifest)? {
		pages.push(match bytes {
			Some(bytes) => bytes,
			None => fetch(blob).await?,
		});
	}
	let grants = client.space_grants(number).await?;
	let fetched = Fetched {
		anchor: Anchor { genesis: client.genesis(), space: number, seq: head.seq },
		by_editor: head.by == found.owner || edits(number, &head.by, client).await?,
		granted: granted(&grants, &space.account()?.0),
		readers: grants.into_iter().map(|(who, _)| who).collect(),
		epoch: found.epoch,
		state: Export {
			magic: Export::MAGIC,
			head: SignedHead { config, head, signature: Signed::NONE },
			earlier: vec![],
			manifest,
			pages,
		},
	};
	let taken = space.take(&fetched)?;
	let seq = fetched.anchor.seq;
	if let Some(undone) = taken.undone {
		session.screen.note(&format!(
			"space {}: commit {seq} by {by} {undone}: the next commit of this machine is without it. `assay memory revoke {}` has it end",
			space.name(),
			hex0x(fetched.state.head.head.by)
		));
	}
	Ok(())
}

fn granted(grants: &[(Hash32, u8)], who: &Hash32) -> Rights {
	Rights(grants.iter().find(|(account, _)| account == who).map_or(0, |(_, rights)| *rights))
}

/// True if an account may change records of others, by a proof of its grant.
async fn edits(number: u64, who: &Hash32, client: &Client) -> Result<bool, Error> {
	let (_, proven) = client.state(&grant_key(number, who)).await?;
	// The rights are the first byte of a grant.
	Ok(proven.value.and_then(|value| value.first().copied()).is_some_and(|rights| Rights(rights).has(Rights::EDIT)))
}

/// Puts on the chain what it has not, on top of what others have committed. Gives how many commits that were.
async fn push(space: &Space, kept: bool, yes: bool, session: &Session<'_>) -> Result<(Anchor, usize), Error> {
	let client = &session.client;
	let known = placed(space, kept, yes, session).await?;
	let account = payer(space)?;
	let mut new = 0;
	for _ in 0..MOVES {
		let (found, _) = follow(space, known.space, session).await?;
		let granted = granted(&client.space_grants(known.space).await?, &account.id());
		space.set_granted(granted)?;
		let edits = found.owner == account.id() || granted.has(Rights::EDIT);
		space.raise_epoch(found.epoch)?;
		let mut committed = space.committed()?;
		let mut plan = Plan::new(&found, &committed, known.space, edits, client).await?;
		// More pages than the commits have room for.
		while plan.heads.len() < plan.rounds() && !plan.heads.is_empty() {
			space.commit_again()?;
			committed = space.committed()?;
			plan = Plan::new(&found, &committed, known.space, edits, client).await?;
		}
		if plan.heads.is_empty() {
			let seq = committed.last.head.seq;
			let anchored = Anchor { seq, ..known.clone() };
			if space.anchor()?.is_none_or(|anchor| anchor.seq < seq) {
				if found.config.availability == Availability::Network {
					for bytes in committed.pages.iter().map(|(_, bytes)| bytes).chain([&committed.manifest]) {
						client.upload(bytes, &session.watcher()).await?;
					}
				}
				space.set_anchor(&anchored)?;
			}
			return Ok((anchored, new));
		}
		match pay(&plan, space, known.space, &account, yes, session).await {
			Ok(sent) => new += sent,
			// Somebody else's commit came first: this one is made again on top of it.
			Err(Error::Client(ClientError::Refused(why))) => {
				let moved = on_chain(known.space, client).await?.head.is_some_and(|last| Some(last) != found.head);
				if !moved {
					return Err(ClientError::Refused(why).into());
				}
			}
			Err(error) => return Err(error),
		}
	}
	Err(ClientError::Network(format!("{MOVES} times somebody else's commit came first: it is tried again")).into())
}

/// Sends the commits of a plan. Gives how many.
async fn pay(
	plan: &Plan<'_>,
	space: &Space,
	number: u64,
	account: &Account,
	yes: bool,
	session: &Session<'_>,
) -> Result<usize, Error> {
	let calls = plan.commits(number);
	for (batch, heads) in calls.chunks(BATCH).zip(plan.heads.chunks(BATCH)) {
		let prepared = session.client.prepare(&Call::batch_all(batch), account).await?;
		let what = format!(
			"{} puts {} of space {} on the chain, for {} of fees and {} on hold",
			account.address(),
			match heads {
				[only] => format!("commit {}", only.seq),
				_ => format!("commits {} to {}", heads[0].seq, heads[heads.len() - 1].seq),
			},
			space.name(),
			amount(prepared.fee),
			amount(plan.deposit)
		);
		match yes {
			true => session.screen.note(&what),
			false => confirm(yes, session.screen, &what)?,
		}
		session.client.send(&prepared, &session.watcher()).await.map_err(funded(account))?;
	}
	Ok(calls.len())
}

async fn anchor(space: &Space, kept: bool, yes: bool, session: &Session<'_>) -> Result<Report, Error> {
	let (anchor, new) = push(space, kept, yes, session).await?;
	let account = payer(space)?;
	let root = space.head()?.map(|head| hex0x(head.head.root));
	let text = format!(
		"space {} on the chain: final up to commit {}, {new} of them new\npaid by {}",
		anchor.space,
		anchor.seq,
		account.address()
	);
	let json = json!({
		"space": anchor.space, "seq": anchor.seq, "new": new, "account": account.address(), "root": root,
	});
	Ok(Report { text, json })
}

/// Takes in what others have committed.
async fn sync(space: &Space, number: Option<u64>, session: &Session<'_>) -> Result<Report, Error> {
	let number = match (space.anchor()?, number) {
		(Some(known), _) if known.genesis != session.client.genesis() => {
			return Err(Error::usage("the space is on another chain: name that one with --url and --chain"));
		}
		(Some(known), Some(number)) if known.space != number => {
			return Err(Error::usage(format!(
				"this is space {} of the chain: take {number} into another place",
				known.space
			)));
		}
		(Some(known), _) => known.space,
		(None, Some(number)) => number,
		(None, None) => {
			return Err(Error::usage("give the space's number on the chain with --number, which its owner knows"))
		}
	};
	let (found, taken) = follow(space, number, session).await?;
	let seq = found.head.map_or(0, |head| head.seq);
	let (memories, local) = space.view(|view| Ok((view.index.present(), view.index.len() - view.committed)))?;
	let text = match seq {
		0 => format!("space {number} has no commit on the chain yet"),
		_ => format!("space {number}: commit {seq}, {memories} memories, {local} of them not committed"),
	};
	let json = json!({ "space": number, "seq": seq, "taken": taken, "memories": memories, "local": local });
	Ok(Report { text, json })
}

/// Lets an account write to a space, or no more, and puts a manifest on the chain that is sealed accordingly.
async fn share(
	space: &Space,
	who: &Hash32,
	rights: Option<(Rights, Option<u32>)>,
	yes: bool,
	command: &Memory,
	session: &Session<'_>,
) -> Result<Report, Error> {
	// Earlier commits are not to wait for a manifest under other keys.
	let (anchor, _) = push(space, false, yes, session).await?;
	let account = payer(space)?;
	let (call, what) = match rights {
		Some((rights, until)) => (
			Call::grant(anchor.space, who, rights.0, until),
			format!("grants {} {}, with 0.01 ASY on hold", address(who), rights.names().join(" and ")),
		),
		None => (Call::revoke(anchor.space, who), format!("revokes the grant of {}", address(who))),
	};
	let prepared = session.client.prepare(&call, &account).await?;
	confirm(yes, session.screen, &format!("{} {what}, for {} of fees", account.address(), amount(prepared.fee)))?;
	session.client.send(&prepared, &session.watcher()).await.map_err(funded(&account))?;
	let done = assay_memory::command::execute(command.clone())?;
	let (anchor, _) = push(space, false, yes, session).await?;
	let mut json = done.value;
	json["space"] = anchor.space.into();
	json["seq"] = anchor.seq.into();
	json["rights"] = rights.map(|(rights, _)| rights.names()).into();
	let how = match rights {
		Some(_) => format!("It takes the space with `assay memory sync --number {}`", anchor.space),
		None => "The pages of before stay readable to it, where it has them".into(),
	};
	let text = format!("{} {what}: in a finalized block\n{how}", account.address());
	Ok(Report { text, json })
}

/// The daemon's way to the chain, over a connection that is made again when it is lost.
struct Payer<'a> {
	network: &'a Network,
	screen: &'a Screen,
	kept: bool,
	session: tokio::sync::Mutex<Option<Session<'a>>>,
}

impl Chain for Payer<'_> {
	async fn pass(&self, space: &Space) -> Result<(), String> {
		let empty =
			|| Ok::<_, assay_memory::Error>(space.anchor()?.is_none() && space.view(|view| Ok(view.index.is_empty()))?);
		if empty().map_err(|error| error.to_string())? {
			return Ok(());
		}
		let mut session = self.session.lock().await;
		let connected = match session.take() {
			Some(session) => session,
			None => Session::open(self.network, self.screen).await.map_err(|error| error.to_string())?,
		};
		// After an error the next one connects again.
		push(space, self.kept, true, &connected).await.map_err(|error| error.to_string())?;
		*session = Some(connected);
		Ok(())
	}
}

/// Serves spaces, and puts on the chain what is written to them.
pub fn serve(command: &Memory, kept: bool, network: &Network, screen: &Screen) -> Result<Report, Error> {
	let chain = Payer { network, screen, kept, session: Default::default() };
	let done = assay_memory::command::serve_on_chain(command, &chain)?;
	Ok(Report { text: done.text, json: done.value })
}

/// The payer is the space's own account, which is new if the space is.
fn funded(account: &Account) -> impl Fn(ClientError) -> Error + '_ {
	|error| match error {
		ClientError::Refused(text) => {
			ClientError::Refused(format!("{text}; the space's own account pays: send it ASY, to {}", account.address()))
				.into()
		}
		other => other.into(),
	}
}

fn config(own: &Config, kept: bool) -> Result<SpaceConfig, Error> {
	if own.embedding.is_some() {
		return Err(Error::usage(
			"a space with an embedding cannot be put on a chain yet: its model is not registered there",
		));
	}
	let availability = if kept { Availability::Network } else { Availability::Local };
	Ok(SpaceConfig { public: own.public, availability, embedding: None, ranking: own.ranking })
}

/// The blobs and heads that are to be committed.
struct Plan<'a> {
	/// Heads that the chain has not.
	heads: Vec<&'a Head>,
	add: Vec<BlobRef>,
	drop: Vec<Hash32>,
	/// Plancks that go on hold, before those return that are on hold for what is dropped.
	deposit: u128,
}

impl<'a> Plan<'a> {
	async fn new(
		on_chain: &OnChain,
		committed: &'a Committed,
		space: u64,
		may_drop: bool,
		client: &Client,
	) -> Result<Plan<'a>, Error> {
		let last = on_chain.head.as_ref();
		let seq = last.map_or(0, |head| head.seq);
		let heads: Vec<&Head> = committed.heads.iter().filter(|head| head.seq > seq).collect();
		if on_chain.config.availability == Availability::Local || heads.is_empty() {
			return Ok(Plan { heads, add: vec![], drop: vec![], deposit: 0 });
		}
		let kept: BTreeSet<Hash32> = client.space_blobs(space).await?.into_iter().collect();
		let own: BTreeSet<Hash32> = committed.pages.iter().map(|(id, _)| id.0).collect();
		let page = |(id, bytes): &(ContentId, Vec<u8>)| BlobRef { id: id.0, size: bytes.len() as u64 };
		let add: Vec<BlobRef> = committed.pages.iter().map(page).filter(|page| !kept.contains(&page.id)).collect();
		let manifest = last.map(|head| head.manifest.id);
		let drop = match may_drop {
			true => kept.into_iter().filter(|id| !own.contains(id) && Some(*id) != manifest).collect(),
			false => vec![],
		};
		let sizes = add.iter().map(|page| page.size).chain(heads.last().map(|head| head.manifest.size));
		let kib = sizes.map(|size| size.max(PADDING as u64).div_ceil(1024)).sum();
		let deposit = client.memory_deposit(kib).await?;
		Ok(Plan { heads, add, drop, deposit })
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
