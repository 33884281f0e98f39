//! Asks a model and prints the verified output: `infer URL GENESIS SECRET MODEL INPUT`.
//!
//! `GENESIS` is the hash of the genesis block in hex, the one thing that is trusted; `MODEL` a name or an id; `INPUT` a file with tensors by name.

use assay_client::{tensors, Account, Client, Endpoint, Error, Given, ModelRef, Options, Progress, Trust};
use std::path::Path;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
	let arguments: Vec<String> = std::env::args().skip(1).collect();
	let [url, genesis, secret, model, input] = arguments.as_slice() else {
		return Err(Error::Usage("infer URL GENESIS SECRET MODEL INPUT".into()));
	};
	let watcher = |progress: Progress| eprintln!("{progress:?}");
	let client = Client::connect(&Endpoint::Rpc(url.clone()), Trust::in_genesis(hash(genesis)?), &watcher).await?;
	let model = model.parse::<ModelRef>().map_err(Error::Usage)?;
	let input = Given::read(Path::new(input))?;
	let answer = client.run(&model, input, &Options::default(), &Account::from_uri(secret)?, &watcher).await?;
	println!("{}", tensors::to_json(&answer.output));
	Ok(())
}

fn hash(text: &str) -> Result<[u8; 32], Error> {
	let bytes = hex::decode(text.trim_start_matches("0x")).ok().and_then(|bytes| bytes.try_into().ok());
	bytes.ok_or_else(|| Error::Usage(format!("{text} is not the hash of a block")))
}
