//! The daemon.

use super::Answer;
use crate::{
	anchoring::{anchor_in_time, Anchoring, Chain},
	api::{Access, Daemon},
	constants::BATCH_SECONDS,
	mcp,
	record::Scope,
	rest,
	store::{Home, KeyEntry, Rights, Space},
	Error, Result,
};
use serde_json::json;
use std::{
	future::{Future, IntoFuture},
	net::SocketAddr,
	sync::Arc,
	time::Duration,
};

fn runtime<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
	let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
	runtime.map_err(|error| Error::storage("the daemon's threads", error))?.block_on(work)
}

/// Signs heads over what was added, every [`BATCH_SECONDS`].
async fn commit_in_time(spaces: Vec<Arc<Space>>) {
	let mut ticks = tokio::time::interval(Duration::from_secs(BATCH_SECONDS));
	loop {
		ticks.tick().await;
		commit(spaces.clone()).await;
	}
}

async fn commit(spaces: Vec<Arc<Space>>) {
	let work = move || {
		for space in spaces {
			// Writes that are not committed stay in the log, and are tried again.
			if let Err(error) = space.commit() {
				eprintln!("assay: space {}: no commit: {error}", space.name());
			}
		}
	};
	if let Err(error) = tokio::task::spawn_blocking(work).await {
		eprintln!("assay: no commit: {error}");
	}
}

async fn stopped() {
	let mut terminate = match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
		Ok(terminate) => terminate,
		Err(error) => {
			eprintln!("assay: SIGTERM cannot be waited for: {error}");
			return std::future::pending().await;
		}
	};
	tokio::select! {
		_ = tokio::signal::ctrl_c() => {}
		_ = terminate.recv() => {}
	}
}

/// Serves all spaces. `chain` puts the one of this name on the chain, and the commits of those that are there already.
pub(super) fn serve(
	home: &Home,
	listen: SocketAddr,
	hosts: &[String],
	chain: Option<(&str, &impl Chain)>,
) -> Result<Answer> {
	let spaces = home.names()?.iter().map(|name| home.open(name).map(Arc::new)).collect::<Result<Vec<_>>>()?;
	let names: Vec<String> = spaces.iter().map(|space| space.name().to_string()).collect();
	let mut anchored = Vec::new();
	if let Some((name, _)) = chain {
		for space in &spaces {
			if space.name() == name || space.anchor()?.is_some() {
				anchored.push(Arc::new(Anchoring::new(space.clone())));
			}
		}
	}
	let daemon = Arc::new(Daemon::new(spaces.clone(), None)?.anchored(anchored.clone()));
	// A commit that the chain is to have is made when it goes there: others may have come before it.
	let spaces: Vec<_> = spaces
		.into_iter()
		.filter(|space| !anchored.iter().any(|anchored| Arc::ptr_eq(anchored.space(), space)))
		.collect();
	runtime(async {
		let taken = |error| Error::Usage(format!("{listen}: {error}: give another address with `--listen`"));
		let listener = tokio::net::TcpListener::bind(listen).await.map_err(taken)?;
		let address = listener.local_addr().map_err(|error| Error::storage(listen, error))?;
		println!("serves {} on http://{address}, MCP on http://{address}/mcp", names.join(", "));
		if !address.ip().is_loopback() {
			eprintln!(
				"assay: {address} is open to other machines, and HTTP does not hide what is said: put TLS before it"
			);
		}
		let committing = tokio::spawn(commit_in_time(spaces.clone()));
		let served = axum::serve(listener, rest::router(daemon, address, hosts)).with_graceful_shutdown(stopped());
		let anchoring = async {
			match chain {
				Some((_, chain)) => anchor_in_time(&anchored, chain).await,
				None => std::future::pending().await,
			}
		};
		let served = tokio::select! {
			served = served.into_future() => served,
			() = anchoring => Ok(()),
		};
		committing.abort();
		commit(spaces).await;
		served.map_err(|error| Error::storage("the daemon", error))
	})?;
	Ok(Answer::new(json!({ "stopped": true }), "stopped"))
}

/// A space that an agent uses over MCP.
pub struct AgentSpace {
	space: Arc<Space>,
	/// The agent's access to it.
	pub access: Access,
}

impl AgentSpace {
	/// An agent's access to a space.
	pub(super) fn new(space: Space, scope: Scope, rights: Rights) -> Self {
		let space = Arc::new(space);
		let key = KeyEntry { name: "mcp".into(), rights, scope, created_at: 0 };
		AgentSpace { access: Access::new(space.clone(), key, None), space }
	}

	/// Signs heads over what is added as long as the work goes on, and once it is done.
	pub async fn during<T>(&self, work: impl Future<Output = T>) -> T {
		let committing = tokio::spawn(commit_in_time(vec![self.space.clone()]));
		let done = work.await;
		committing.abort();
		commit(vec![self.space.clone()]).await;
		done
	}
}

pub(super) fn mcp(agent: &AgentSpace) -> Result<Answer> {
	runtime(agent.during(mcp::Server::new(agent.access.clone()).serve_stdio()))?;
	// Standard output belongs to the protocol.
	std::process::exit(0)
}
