//! `assay memory`: spaces, agents and proofs from the terminal.
//!
//! [`Memory`] is what clap reads, and [`execute`] does it. The program `assay-memory` is nothing else, for the tests of this crate.
//! [`AgentSpace`] is for an MCP server that has other tools, too.

mod chain;
mod proofs;
mod serve;

use chain::Never;
pub use chain::{serve_on_chain, ChainCommand, Word};
pub use serve::AgentSpace;

use crate::{
	api::Access,
	import,
	record::Scope,
	store::{Home, Recovery, Rights, Space},
	Error, Result,
};
use clap::{Args, Subcommand, ValueEnum};
use codec::Encode;
use serde_json::{json, Value};
use std::{
	fs,
	io::{Read, Write},
	os::unix::fs::OpenOptionsExt,
	path::{Path, PathBuf},
	sync::Arc,
};

/// Rights of an agent over MCP, where nobody names others.
const AGENT_RIGHTS: &str = "read,append,edit";

/// Everything about memory.
#[derive(Args, Clone)]
pub struct Memory {
	/// The space that is meant.
	#[arg(long, short, global = true, env = "ASSAY_MEMORY_SPACE", default_value = "default")]
	space: String,
	/// Folder of the spaces. By default `$ASSAY_MEMORY_HOME`, or `$XDG_DATA_HOME/assay/memory`.
	#[arg(long, global = true)]
	home: Option<PathBuf>,
	#[command(subcommand)]
	command: Command,
}

/// The scope of the memories that are meant.
#[derive(Args, Clone, Default)]
struct Whose {
	/// The person.
	#[arg(long)]
	user: Option<String>,
	/// The agent.
	#[arg(long)]
	agent: Option<String>,
	/// The session.
	#[arg(long)]
	run: Option<String>,
	/// The application.
	#[arg(long)]
	app: Option<String>,
}

impl Whose {
	fn scope(&self) -> Scope {
		Scope { user: self.user.clone(), agent: self.agent.clone(), run: self.run.clone(), app: self.app.clone() }
	}

	fn body(&self) -> Value {
		let parts = [("user_id", &self.user), ("agent_id", &self.agent), ("run_id", &self.run), ("app_id", &self.app)];
		parts
			.into_iter()
			.filter_map(|(name, part)| Some((name.to_string(), json!(part.as_ref()?))))
			.collect::<serde_json::Map<_, _>>()
			.into()
	}
}

#[derive(Clone, Copy, ValueEnum)]
enum RecoveryOption {
	/// A kit, exported again after deletions: what is deleted can be closed for ever.
	File,
	/// The seed alone: never lost with the machine, and never closed for ever.
	Seed,
}

#[derive(Clone, Subcommand)]
enum Command {
	/// Make a space.
	Init {
		/// Its name here; `--space`, if none is given.
		name: Option<String>,
		/// Everybody who gets an export may read it.
		#[arg(long)]
		public: bool,
		/// The key that brings the space back when this machine is lost.
		#[arg(long, value_enum, default_value = "file")]
		recovery: RecoveryOption,
		/// A place for a space of somebody else: prints the account and the box key that its owner grants.
		#[arg(long, conflicts_with_all = ["public", "kit"])]
		reader: bool,
		/// A place for the space that this kit is of: import an export of it next.
		#[arg(long, conflicts_with = "public")]
		kit: Option<PathBuf>,
	},
	/// API keys and readers.
	Grants,
	/// Make an API key for an agent on this machine, or let an account read, and write where the space is on the chain.
	Grant {
		/// Name of the key, or the account in hex with `--box-key`.
		who: String,
		/// Rights of the key, or of the account on the chain: read, append, edit, grant or all, with commas.
		#[arg(long, default_value = "read,append")]
		rights: String,
		/// The box key that the account's machine printed.
		#[arg(long)]
		box_key: Option<String>,
		/// The last block in which the account has the rights, if the space is on the chain. None: until it is revoked.
		#[arg(long, requires = "box_key")]
		until: Option<u32>,
		/// Do not ask whether to pay, if the space is on the chain.
		#[arg(long, short)]
		yes: bool,
		#[command(flatten)]
		whose: Whose,
	},
	/// Take an API key away, or seal nothing more to an account and let it write no more.
	Revoke {
		/// Name of the key, or the account in hex.
		who: String,
		/// Do not ask whether to pay, if the space is on the chain.
		#[arg(long, short)]
		yes: bool,
	},
	/// Print the account and the box key of this machine.
	Account,
	/// Another box key for this machine. Manifests that were sealed to the old one are closed to it.
	Rotate,
	/// Remember a text; `-` reads it from standard input.
	Add {
		/// The text to remember.
		text: String,
		/// user, assistant, system or tool.
		#[arg(long, default_value = "user")]
		role: String,
		/// A category; several times for several.
		#[arg(long)]
		category: Vec<String>,
		/// Id of a memory that this one replaces.
		#[arg(long)]
		supersedes: Option<String>,
		/// Last day on which it is recalled, as 2026-11-27.
		#[arg(long)]
		expires: Option<String>,
		#[command(flatten)]
		whose: Whose,
	},
	/// The memories that fit a query best.
	Search {
		/// The text to look for.
		query: String,
		/// The largest number of results.
		#[arg(short, default_value_t = 10)]
		k: u32,
		/// Conditions in JSON, as mem0 has them.
		#[arg(long)]
		filters: Option<String>,
		/// The state after this commit, or at this time.
		#[arg(long)]
		as_of: Option<String>,
		/// Writes a receipt, which `verify` takes.
		#[arg(long)]
		proof: Option<PathBuf>,
		#[command(flatten)]
		whose: Whose,
	},
	/// Verify the receipt of a recall: by itself, and against a state of the space, if there is one here.
	Verify {
		/// The receipt.
		file: PathBuf,
		/// An export of the state that the receipt is of.
		#[arg(long)]
		state: Option<PathBuf>,
		/// The account whose space it has to be, in hex.
		#[arg(long)]
		owner: Option<String>,
		/// Take a receipt of a state that is not the last one any more.
		#[arg(long)]
		accept_older: bool,
	},
	/// Put the commits of the space on the chain that are not there yet, and its pages where it keeps them. The space's own account pays:
	/// `assay memory account` shows it.
	Anchor {
		/// For the first time: have every validator keep the sealed pages, at a deposit.
		#[arg(long)]
		network: bool,
		/// Of the owner: follow a commit that nobody can open, of somebody who has a grant, and leave out what is in it. Revoke that grant first or
		/// next.
		#[arg(long)]
		over: bool,
		/// Do not ask whether to pay.
		#[arg(long, short)]
		yes: bool,
	},
	/// Add to a receipt the proof that its state was the space's last one at a finalized block.
	Attest {
		/// The receipt.
		file: PathBuf,
		/// The file for the receipt with the proof [default: the receipt itself].
		#[arg(long, short)]
		output: Option<PathBuf>,
	},
	/// Take in what others have committed to the space on the chain. Costs nothing.
	Sync {
		/// Number of the space on the chain, for the first time.
		#[arg(long)]
		number: Option<u64>,
	},
	/// Memories, the newest first.
	Ls {
		/// Page, from 1.
		#[arg(long, default_value_t = 1)]
		page: u64,
		/// Memories per page.
		#[arg(long, default_value_t = 100)]
		page_size: u64,
		#[command(flatten)]
		whose: Whose,
	},
	/// All versions of a memory.
	History {
		/// Its id.
		id: String,
	},
	/// Write a new version of a memory.
	Update {
		/// Its id.
		id: String,
		/// The new text.
		text: String,
	},
	/// Delete memories, all their versions, and say what the deletion has reached.
	Rm {
		/// Ids.
		ids: Vec<String>,
		/// Also what was derived from them.
		#[arg(long)]
		cascade: bool,
		/// All of `--user`, `--agent`, `--run` or `--app`, instead of ids.
		#[command(flatten)]
		whose: Whose,
	},
	/// The progress of a memory's deletion.
	Deletion {
		/// Its id.
		id: String,
	},
	/// Sign a head over what was added since the last.
	Commit,
	/// Write all of the space to a file, sealed to its readers.
	Export {
		/// The file.
		file: PathBuf,
		/// In plain JSON, for other systems.
		#[arg(long)]
		plain: bool,
	},
	/// Take over an export of a space, or add the memories of another system.
	Import {
		/// The file.
		file: PathBuf,
		/// The system that the file is of: mem0, memwal, letta, mcp, chatgpt or claude.
		#[arg(long)]
		from: Option<String>,
		#[command(flatten)]
		whose: Whose,
	},
	/// Write the keys that bring the space back, with an export. Keep the file where nobody reads it.
	Kit {
		/// The file.
		file: PathBuf,
	},
	/// The state of the space; with `--check`, everything on disk is checked against the last head.
	Status {
		/// Reads and checks all of it.
		#[arg(long)]
		check: bool,
	},
	/// Serve all spaces: REST as MemSync's and mem0's, and MCP at `/mcp`.
	Serve {
		/// The address to listen on.
		#[arg(long, default_value = "127.0.0.1:9985")]
		listen: std::net::SocketAddr,
		/// A name beside localhost that the daemon goes by; several times for several.
		#[arg(long)]
		host: Vec<String>,
		/// Put commits on the chain by itself, and take in those of others: of the space that `--space` names, and of all that are on the
		/// chain. The spaces' own accounts pay, and nobody is asked.
		#[arg(long)]
		anchor: bool,
		/// Where `--anchor` makes a space on the chain, have every validator keep its sealed pages. The account pays a deposit for it.
		#[arg(long, requires = "anchor")]
		network: bool,
	},
	/// MCP over standard input and output, for one agent.
	Mcp {
		#[command(flatten)]
		whose: Whose,
		/// Rights of the agent: read, append, edit, grant or all, with commas.
		#[arg(long, default_value = AGENT_RIGHTS)]
		rights: String,
	},
}

/// The output of a command.
pub struct Answer {
	/// For programs.
	pub value: Value,
	/// For people.
	pub text: String,
}

impl Answer {
	fn new(value: Value, text: impl Into<String>) -> Self {
		Answer { value, text: text.into() }
	}
}

fn default_home() -> Result<PathBuf> {
	let folder = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
	if let Some(home) = folder("ASSAY_MEMORY_HOME") {
		return Ok(home);
	}
	let data = folder("XDG_DATA_HOME").or_else(|| Some(folder("HOME")?.join(".local/share")));
	let data =
		data.ok_or_else(|| Error::Usage("neither XDG_DATA_HOME nor HOME is set: name a folder with `--home`".into()))?;
	Ok(data.join("assay/memory"))
}

/// An agent's access to a space of this user, as `assay memory mcp` has it.
pub fn agent_space(name: &str, user: Option<&str>) -> Result<AgentSpace> {
	let home = Home::new(default_home()?);
	let scope = Scope { user: user.map(String::from), ..Scope::default() };
	Ok(AgentSpace::new(home.open(name)?, scope, Rights::parse(AGENT_RIGHTS)?))
}

fn hex32(text: &str, what: &str) -> Result<[u8; 32]> {
	let bytes = hex::decode(text.trim_start_matches("0x")).ok().and_then(|bytes| bytes.try_into().ok());
	bytes.ok_or_else(|| Error::Usage(format!("`{text}` is no {what}: it has 64 digits of hex")))
}

fn show_hex(bytes: &[u8]) -> String {
	format!("0x{}", hex::encode(bytes))
}

fn read(path: &Path) -> Result<Vec<u8>> {
	fs::read(path).map_err(|error| Error::Usage(format!("{}: {error}", path.display())))
}

/// Writes a file that nobody else may read.
fn write(path: &Path, bytes: &[u8]) -> Result<()> {
	let at = |error| Error::storage(path.display(), error);
	let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path).map_err(at)?;
	file.write_all(bytes).and_then(|()| file.sync_all()).map_err(at)
}

/// Everything of a space, as its owner has it at the terminal.
fn owner(space: Space, scope: Scope) -> Access {
	Access::owner(Arc::new(space), "terminal", scope, None)
}

fn lines(memories: &Value) -> String {
	let line = |memory: &Value| {
		let text = memory["memory"].as_str().unwrap_or_default().replace('\n', " ");
		let whose = ["user_id", "agent_id", "run_id", "app_id"].into_iter().filter_map(|part| memory[part].as_str());
		let whose = whose.collect::<Vec<_>>().join("/");
		format!(
			"{}  {}{}{text}",
			memory["id"].as_str().unwrap_or_default(),
			whose,
			if whose.is_empty() { "" } else { "  " }
		)
	};
	memories.as_array().into_iter().flatten().map(line).collect::<Vec<_>>().join("\n")
}

/// Does what needs no chain.
pub fn execute(memory: Memory) -> Result<Answer> {
	execute_with(memory, None)
}

/// Does it. `word` is what the chain says of the receipt that is verified.
pub fn execute_with(memory: Memory, word: Option<&Word>) -> Result<Answer> {
	let home = Home::new(memory.home.map_or_else(default_home, Ok)?);
	let open = || home.open(&memory.space);
	match memory.command {
		Command::Init { name, public, recovery, reader, kit } => {
			let name = name.unwrap_or(memory.space);
			init(&home, &name, public, recovery, reader, kit.as_deref())
		}
		Command::Grants => grants(&open()?),
		Command::Grant { who, rights, box_key, whose, .. } => {
			grant(&open()?, &who, &rights, box_key.as_deref(), &whose)
		}
		Command::Revoke { who, .. } => {
			let space = open()?;
			match who.starts_with("0x") {
				true => space.revoke(&hex32(&who, "account")?)?,
				false => space.remove_key(&who)?,
			}
			Ok(Answer::new(json!({ "revoked": who }), format!("{who} is revoked")))
		}
		Command::Account => Ok(account(open()?.account()?)),
		Command::Rotate => {
			let space = open()?;
			space.rotate()?;
			Ok(account(space.account()?))
		}
		Command::Add { text, role, category, supersedes, expires, whose } => {
			let text = if text == "-" { stdin()? } else { text };
			let mut body = whose.body();
			body["messages"] = json!([{ "role": role, "content": text }]);
			body["categories"] = json!(category);
			body["supersedes"] = json!(supersedes);
			body["expiration_date"] = json!(expires);
			body["infer"] = json!(false);
			let value = owner(open()?, Scope::default()).add(&body)?;
			let text = lines(&value["results"]);
			Ok(Answer::new(value, text))
		}
		Command::Search { query, k, filters, as_of, proof, whose } => {
			let mut body = whose.body();
			body["query"] = json!(query);
			body["top_k"] = json!(k);
			body["filters"] = json!(filters);
			body["as_of"] =
				as_of.map_or(Value::Null, |as_of| as_of.parse::<u64>().map_or_else(|_| json!(as_of), |seq| json!(seq)));
			body["proof"] = json!(proof.is_some());
			search(&owner(open()?, Scope::default()), &body, proof.as_deref())
		}
		Command::Verify { file, state, owner, accept_older } => {
			let expected = proofs::Expected { owner: owner.as_deref(), older: accept_older };
			proofs::verify(&home, &memory.space, &file, state.as_deref(), &expected, word)
		}
		Command::Anchor { .. }
		| Command::Attest { .. }
		| Command::Sync { .. }
		| Command::Serve { anchor: true, .. } => {
			Err(Error::NotSupported("this program talks to no chain: use `assay memory`".into()))
		}
		Command::Ls { page, page_size, whose } => {
			let mut body = whose.body();
			body["page"] = json!(page);
			body["page_size"] = json!(page_size);
			let value = owner(open()?, Scope::default()).list(&body)?;
			let text = format!("{}\n{} memories", lines(&value["results"]), value["count"]);
			Ok(Answer::new(value, text.trim_start()))
		}
		Command::History { id } => {
			let value = owner(open()?, Scope::default()).history(&id)?;
			let line = |version: &Value| {
				let text = version["new_memory"].as_str().unwrap_or("(deleted)");
				format!(
					"{}  {}  {text}",
					version["created_at"].as_str().unwrap_or_default(),
					version["event"].as_str().unwrap_or_default()
				)
			};
			let text = value.as_array().into_iter().flatten().map(line).collect::<Vec<_>>().join("\n");
			Ok(Answer::new(value, text))
		}
		Command::Update { id, text } => {
			let value = owner(open()?, Scope::default()).update(&id, &json!({ "text": text }))?;
			let text = lines(&json!([value]));
			Ok(Answer::new(value, text))
		}
		Command::Rm { ids, cascade, whose } => remove(&owner(open()?, Scope::default()), &ids, cascade, whose.body()),
		Command::Deletion { id } => {
			let value = owner(open()?, Scope::default()).deletion(&id)?;
			let text = deletion(&value);
			Ok(Answer::new(value, text))
		}
		Command::Commit => {
			let space = open()?;
			space.commit()?;
			status(&space, false)
		}
		Command::Export { file, plain } => export(open()?, &file, plain),
		Command::Import { file, from, whose } => take_in(open()?, &file, from.as_deref(), whose.scope()),
		Command::Kit { file } => {
			write(&file, &open()?.kit()?.encode())?;
			let text = format!("{}: opens the space and its exports. Keep it where nobody reads it.", file.display());
			Ok(Answer::new(json!({ "file": file }), text))
		}
		Command::Status { check } => status(&open()?, check),
		Command::Serve { listen, host, .. } => serve::serve(&home, listen, &host, None::<(_, &Never)>),
		Command::Mcp { whose, rights } => serve::mcp(&AgentSpace::new(open()?, whose.scope(), Rights::parse(&rights)?)),
	}
}

fn stdin() -> Result<String> {
	let mut text = String::new();
	std::io::stdin().read_to_string(&mut text).map_err(|error| Error::Usage(format!("standard input: {error}")))?;
	Ok(text.trim_end().into())
}

fn init(
	home: &Home,
	name: &str,
	public: bool,
	recovery: RecoveryOption,
	reader: bool,
	kit: Option<&Path>,
) -> Result<Answer> {
	if reader || kit.is_some() {
		let kit = kit.map(|kit| {
			let kit = codec::DecodeAll::decode_all(&mut read(kit)?.as_slice());
			kit.map_err(|_| Error::Usage("this is no kit: `assay memory kit` writes them".into()))
		});
		let mut answer = account(home.create_reader(name, kit.transpose()?.as_ref())?.account()?);
		answer.value["space"] = json!(name);
		return Ok(answer);
	}
	let recovery = match recovery {
		RecoveryOption::File => Recovery::File,
		RecoveryOption::Seed => Recovery::Seed,
	};
	let space = home.create(name, public, None, recovery)?;
	let (account, _) = space.account()?;
	let value = json!({ "space": name, "owner": show_hex(&account), "file": space.path(), "embedding": null });
	let text = format!(
		"space {name}: {}\nowner {}\nIts keys are in this file alone: `assay memory kit FILE` writes them to another one.\nRanked by keywords: no embedding is configured.",
		space.path().display(),
		show_hex(&account)
	);
	Ok(Answer::new(value, text))
}

fn account((account, box_key): ([u8; 32], [u8; 32])) -> Answer {
	let (account, box_key) = (show_hex(&account), show_hex(&box_key));
	let text = format!("account {account}\nbox key {box_key}\nThe owner lets it read: assay memory grant {account} --box-key {box_key}");
	Answer::new(json!({ "account": account, "box_key": box_key }), text)
}

fn grants(space: &Space) -> Result<Answer> {
	let mut text = Vec::new();
	let mut keys = Vec::new();
	for key in space.keys()? {
		let scope = key.scope.parts().into_iter().filter_map(|(name, part)| Some(format!("{name} {}", part.as_ref()?)));
		let scope = scope.collect::<Vec<_>>().join(", ");
		text.push(format!(
			"key {}  {}  {}",
			key.name,
			key.rights.names().join(","),
			if scope.is_empty() { "everything" } else { &scope }
		));
		keys.push(json!({ "name": key.name, "rights": key.rights.names(), "scope": scope }));
	}
	let mut readers = Vec::new();
	for reader in space.readers()? {
		text.push(format!("reader {}{}", show_hex(&reader.account), if reader.revoked { "  revoked" } else { "" }));
		readers.push(
			json!({ "account": show_hex(&reader.account), "box_key": show_hex(&reader.box_key), "revoked": reader.revoked }),
		);
	}
	if text.is_empty() {
		text.push("nobody but the owner: `assay memory grant NAME` makes an API key".into());
	}
	Ok(Answer::new(json!({ "keys": keys, "readers": readers }), text.join("\n")))
}

fn grant(space: &Space, who: &str, rights: &str, box_key: Option<&str>, whose: &Whose) -> Result<Answer> {
	if let Some(box_key) = box_key {
		space.grant(&hex32(who, "account")?, &hex32(box_key, "box key")?)?;
		let text = format!("{who} reads the exports from now on: `assay memory export FILE` writes one");
		return Ok(Answer::new(json!({ "reader": who, "box_key": box_key }), text));
	}
	if who.starts_with("0x") {
		return Err(Error::Usage(
			"an account needs `--box-key`, which `assay memory account` prints on its machine".into(),
		));
	}
	let rights = Rights::parse(rights)?;
	let key = space.add_key(who, rights, &whose.scope())?;
	let text = format!("{key}\nThis is shown once and kept nowhere.");
	Ok(Answer::new(json!({ "name": who, "key": key, "rights": rights.names() }), text))
}

fn search(access: &Access, body: &Value, proof: Option<&Path>) -> Result<Answer> {
	let value = access.search(body)?;
	let mut text = lines(&value["results"]);
	if value["results"] == json!([]) {
		text = "nothing fits".into();
	}
	if let (Some(path), Some(receipt)) = (proof, value["proof"]["receipt"].as_str()) {
		let receipt = hex::decode(receipt.trim_start_matches("0x"))
			.map_err(|_| Error::Damaged("the receipt is no hex".into()))?;
		write(path, &receipt)?;
		text += &format!("\nreceipt: {}, of commit {}", path.display(), value["proof"]["seq"]);
	}
	Ok(Answer::new(value, text))
}

fn remove(access: &Access, ids: &[String], cascade: bool, mut whose: Value) -> Result<Answer> {
	let scoped = whose.as_object().is_some_and(|parts| !parts.is_empty());
	let value = match (ids, scoped) {
		([], true) => {
			whose["cascade"] = json!(cascade);
			access.delete_all(&whose)?
		}
		([_, ..], false) => {
			let memories: Vec<Value> = ids.iter().map(|id| json!({ "memory_id": id })).collect();
			access.delete_batch(&json!({ "memories": memories, "cascade": cascade }))?
		}
		_ => {
			return Err(Error::Usage(
				"name memories by their ids, or all of `--user`, `--agent`, `--run` or `--app`".into(),
			))
		}
	};
	let text = match value["deletion"].is_null() {
		true => "nothing to delete".into(),
		false => format!("{} deleted\n{}", value["deleted"], deletion(&value["deletion"])),
	};
	Ok(Answer::new(value, text))
}

fn deletion(value: &Value) -> String {
	let mut text = format!("reached: {} (commit {})", value["reached"].as_str().unwrap_or_default(), value["seq"]);
	for open in value["open"].as_array().into_iter().flatten().filter_map(Value::as_str) {
		text += &format!("\nopen: {open}");
	}
	for account in value["waits_for"].as_array().into_iter().flatten().filter_map(Value::as_str) {
		text += &format!("\nwaits for {account}");
	}
	text
}

fn export(space: Space, file: &Path, plain: bool) -> Result<Answer> {
	if plain {
		let value = owner(space, Scope::default()).export(&json!({ "show_expired": true, "latest_only": false }))?;
		write(file, format!("{value:#}\n").as_bytes())?;
		let text = format!("{}: {} memories, in the clear", file.display(), value["count"]);
		return Ok(Answer::new(json!({ "file": file, "memories": value["count"], "sealed": false }), text));
	}
	let export = space.export()?;
	let bytes = export.encode();
	write(file, &bytes)?;
	let head = &export.head.head;
	let value = json!({ "file": file, "bytes": bytes.len(), "seq": head.seq, "root": show_hex(&head.root), "sealed": !export.head.config.public });
	let text = format!("{}: commit {}, root {}, {} bytes", file.display(), head.seq, show_hex(&head.root), bytes.len());
	Ok(Answer::new(value, text))
}

fn take_in(space: Space, file: &Path, from: Option<&str>, scope: Scope) -> Result<Answer> {
	let bytes = read(file)?;
	let Some(format) = from else {
		let export = crate::page::Export::decode(&bytes)?;
		let present = space.import(&export)?;
		let head = &export.head.head;
		let value = json!({ "memories": present, "seq": head.seq, "root": show_hex(&head.root) });
		return Ok(Answer::new(
			value,
			format!("{present} memories, commit {}, root {}", head.seq, show_hex(&head.root)),
		));
	};
	let mut drafts = import::parse(format, &bytes)?;
	for draft in &mut drafts {
		draft.source = format.into();
		draft.scope = Scope {
			user: scope.user.clone().or_else(|| draft.scope.user.take()),
			agent: scope.agent.clone().or_else(|| draft.scope.agent.take()),
			run: scope.run.clone().or_else(|| draft.scope.run.take()),
			app: scope.app.clone().or_else(|| draft.scope.app.take()),
		};
	}
	let added = owner(space, Scope::default()).add_all(drafts)?;
	Ok(Answer::new(json!({ "added": added, "inferred": false }), format!("{added} memories added, as they are")))
}

fn status(space: &Space, check: bool) -> Result<Answer> {
	if check {
		space.check()?;
	}
	let (present, pending) = space.view(|view| Ok((view.index.present(), view.index.len() - view.committed)))?;
	let (config, head) = (space.config()?, space.head()?);
	let owner = config.as_ref().map(|config| show_hex(&config.owner));
	let root = head.as_ref().map(|head| show_hex(&head.head.root));
	let seq = head.as_ref().map_or(0, |head| head.head.seq);
	let value = json!({
		"space": space.name(), "file": space.path(), "owner": owner, "public": config.as_ref().map(|config| config.public),
		"memories": present, "local": pending, "seq": seq, "root": root, "checked": check,
		"space_on_chain": space.anchor()?.map(|anchor| anchor.space), "final": space.anchor()?.map(|anchor| anchor.seq),
	});
	let anchored = match space.anchor()? {
		Some(anchor) => format!("space {} on the chain: final up to commit {}", anchor.space, anchor.seq),
		None => "not on a chain: heads carry the owner's signature only".into(),
	};
	let text = format!(
		"space {}: {present} memories, {pending} of them not committed\nowner {}\ncommit {seq}, root {}\n{anchored}{}",
		space.name(),
		owner.as_deref().unwrap_or("none: import an export"),
		root.as_deref().unwrap_or("none"),
		if check { "\neverything on disk is what the last head is over" } else { "" }
	);
	Ok(Answer::new(value, text))
}
