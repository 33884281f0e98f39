//! Gets the receipt of a request, forgets the node, and verifies the receipt: `receipt URL GENESIS REQUEST`.

use assay_client::{verify_receipt, Client, Endpoint, Error, Trust};
use assay_receipts::{Age, Checkpoint};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
	let arguments: Vec<String> = std::env::args().skip(1).collect();
	let [url, genesis, request] = arguments.as_slice() else {
		return Err(Error::Usage("receipt URL GENESIS REQUEST".into()));
	};
	let genesis = hex::decode(genesis.trim_start_matches("0x")).ok().and_then(|bytes| bytes.try_into().ok());
	let genesis = genesis.ok_or_else(|| Error::Usage("GENESIS is not the hash of a block".into()))?;
	let request = request.parse().map_err(|_| Error::Usage("REQUEST is not a number".into()))?;
	let checkpoint = Checkpoint::Genesis(genesis);

	let client = Client::connect(&Endpoint::Rpc(url.clone()), Trust::in_genesis(genesis), &|_| ()).await?;
	let best = client.finalized().await?;
	let bytes = client.receipt(request, &checkpoint).await?.bytes;
	drop(client);

	let proven = verify_receipt(&bytes, &checkpoint, Age::Bonded { now: best })?;
	let claim = &proven.verified.claim;
	let output = claim.output.map(|output| hex::encode(output.0));
	println!("request {}: {} votes for output {}", claim.request, claim.decision.votes, output.unwrap_or_default());
	Ok(())
}
