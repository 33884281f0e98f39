//! Asks a model many times at once with one account: `many URL GENESIS SECRET MODEL INPUT COUNT`.
//!
//! Prints the number of each request once its answer is verified.

use assay_client::{Account, Client, Endpoint, Error, Given, ModelRef, Options, Trust};
use futures::future::try_join_all;
use std::path::Path;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
	let arguments: Vec<String> = std::env::args().skip(1).collect();
	let [url, genesis, secret, model, input, count] = arguments.as_slice() else {
		return Err(Error::Usage("many URL GENESIS SECRET MODEL INPUT COUNT".into()));
	};
	let genesis = hex::decode(genesis.trim_start_matches("0x")).ok().and_then(|bytes| bytes.try_into().ok());
	let genesis = genesis.ok_or_else(|| Error::Usage("GENESIS is not the hash of a block".into()))?;
	let count: usize = count.parse().map_err(|_| Error::Usage("COUNT is not a number".into()))?;
	let model = model.parse::<ModelRef>().map_err(Error::Usage)?;
	let input = Given::read(Path::new(input))?;
	let account = Account::from_uri(secret)?;
	let client = Client::connect(&Endpoint::Rpc(url.clone()), Trust::in_genesis(genesis), &|_| ()).await?;

	let options = Options::default();
	let one = || async {
		let ticket = client.submit(&model, input.clone(), &options, &account, &|_| ()).await?;
		eprintln!("request {}", ticket.request);
		client.wait(&ticket, &|_| ()).await
	};
	for answer in try_join_all((0..count).map(|_| one())).await? {
		println!("{}", answer.claim.request);
	}
	Ok(())
}
