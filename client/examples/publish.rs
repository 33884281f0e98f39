//! Publishes a model and waits until it takes requests: `publish URL SECRET NAME MODEL.onnx`.
//!
//! Nothing that it prints is proven: it trusts the node with the genesis block, too. To answer requests, models need no more than that.

use assay_client::{records::Metadata, Account, Client, Endpoint, Error, Progress, Registration, Trust};
use assay_primitives::ContentId;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
	let arguments: Vec<String> = std::env::args().skip(1).collect();
	let [url, secret, name, file] = arguments.as_slice() else {
		return Err(Error::Usage("publish URL SECRET NAME MODEL.onnx".into()));
	};
	let bytes = std::fs::read(file).map_err(|error| Error::file(file.as_ref(), error))?;
	let watcher = |progress: Progress| eprintln!("{progress:?}");
	let client = Client::connect(&Endpoint::Rpc(url.clone()), Trust::default(), &watcher).await?;
	let account = Account::from_uri(secret)?;

	let registration = Registration {
		model: ContentId::of(&bytes).0,
		size: bytes.len() as u64,
		name: name.as_bytes().to_vec(),
		version: client.name(name).await?.map_or(1, |taken| taken.last_version + 1),
		metadata: Metadata { licence: b"MIT".to_vec(), ..Metadata::default() },
		royalty: 0,
		sample: None,
		expected: None,
	};
	let price = client.registration_price(&registration).await?;
	let prepared = client.prepare_registration(&registration, &account).await?;
	eprintln!(
		"{} plancks, {} of them for the activation, and {} of fees",
		price.total(),
		price.activation,
		prepared.fee
	);
	let model = client.publish(&bytes, &prepared, &watcher).await?;
	println!("0x{} {} {}", hex::encode(registration.model), model.title(), model.status.name());
	Ok(())
}
