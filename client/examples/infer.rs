//! Asks a model and prints the verified output: `infer URL GENESIS SECRET MODEL INPUT`.
//!
//! `GENESIS` is the hash of the genesis block in hex, the one thing that is trusted; `MODEL` a name or an id; `INPUT` a file with tensors.

use assay_client::{fit, tensors, Account, Ask, Client, Endpoint, Error, ModelRef, Progress, Terms, Trust};
use std::path::Path;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
	let arguments: Vec<String> = std::env::args().skip(1).collect();
	let [url, genesis, secret, model, input] = arguments.as_slice() else {
		return Err(Error::Usage("infer URL GENESIS SECRET MODEL INPUT".into()));
	};
	let watcher = |progress: Progress| eprintln!("{progress:?}");
	let client = Client::connect(&Endpoint::Rpc(url.clone()), Trust::in_genesis(hash(genesis)?), &watcher).await?;
	let found = client.find(&model.parse::<ModelRef>().map_err(Error::Usage)?).await?.active()?;

	let declared = client.quote(&found.id, None).await?;
	let only = declared.inputs.first().map(|input| input.name.as_str());
	let bundle = fit(tensors::read(Path::new(input), only)?, &declared.inputs)?;
	let shapes: Vec<Vec<u64>> = bundle.0.iter().map(|tensor| tensor.shape.clone()).collect();
	let unit_limit = client.quote(&found.id, Some(&shapes)).await?.unit_limit;
	let unit_limit = unit_limit.ok_or_else(|| Error::Usage("the units depend on the input's values".into()))?;
	let input = bundle.to_bytes().map_err(|error| Error::Usage(error.to_string()))?;

	let mut ask = Ask { model: found.id, input, unit_limit, max_fee: 0, k: None, audits: None, window: None };
	let Terms { k, audits, .. } = ask.terms();
	ask.max_fee = client.price(unit_limit, ask.input.len() as u64, k, audits).await? + found.model.royalty;
	let answer = client.infer(&found, &ask, &Account::from_uri(secret)?, &watcher).await?;
	println!("{}", tensors::to_json(&answer.output));
	Ok(())
}

fn hash(text: &str) -> Result<[u8; 32], Error> {
	let bytes = hex::decode(text.trim_start_matches("0x")).ok().and_then(|bytes| bytes.try_into().ok());
	bytes.ok_or_else(|| Error::Usage(format!("{text} is not the hash of a block")))
}
