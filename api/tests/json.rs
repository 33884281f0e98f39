//! The types as JSON has them: what programs in other languages read.

use assay_api::{
	blobs::{Fetch, Status, Wanted},
	engine::{Dim, Engine, Port, Readiness, Report},
	receipts::Review,
	Bytes, H256,
};
use serde::{de::DeserializeOwned, Serialize};
use serde_json::{json, Value};
use std::fmt::Debug;

fn both_ways<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: T, json: Value) {
	assert_eq!(serde_json::to_value(&value).unwrap(), json);
	assert_eq!(serde_json::from_value::<T>(json).unwrap(), value);
}

#[test]
fn types_are_what_the_documents_say() {
	let id = H256([0x11; 32]);
	let hex = format!("0x{}", "11".repeat(32));
	both_ways(Bytes(vec![0, 255]), json!("0x00ff"));
	both_ways(Bytes(vec![]), json!("0x"));
	both_ways(Status::Held { size: 7 }, json!({ "status": "held", "size": 7 }));
	both_ways(Status::Partial { size: 7, missing: vec![1] }, json!({ "status": "partial", "size": 7, "missing": [1] }));
	both_ways(Status::Unknown, json!({ "status": "unknown" }));
	both_ways(
		Wanted { id, state: Fetch::Fetching, urgent: true, holders: 2 },
		json!({ "id": hex, "state": "fetching", "urgent": true, "holders": 2 }),
	);
	let shape = Some(vec![Dim::Fixed(3), Dim::Symbol("n".into()), Dim::Unknown]);
	both_ways(
		Port { name: "x".into(), data_type: "float32".into(), shape },
		json!({ "name": "x", "dataType": "float32", "shape": [3, "n", null] }),
	);
	both_ways(
		Port { name: "x".into(), data_type: "float32".into(), shape: None },
		json!({ "name": "x", "dataType": "float32" }),
	);
	let own = Engine { engine: id, state: Readiness::Unavailable, reason: Some("why".into()) };
	both_ways(
		Report { own, others: vec![], queued: 1, waiting_for_blobs: 2, running: 3 },
		json!({
			"engine": hex, "state": "unavailable", "reason": "why", "others": [], "queued": 1, "waitingForBlobs": 2, "running": 3,
		}),
	);
	both_ways(
		Review { overturned: true, block: 5, result: Some(id), failed: None },
		json!({ "overturned": true, "block": 5, "result": hex, "failed": null }),
	);
}
