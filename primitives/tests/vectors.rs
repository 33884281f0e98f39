//! The vectors in `vectors.json` pin every hash and encoding for all languages. `UPDATE_VECTORS=1 cargo test` writes the file anew; a
//! changed line is a break of the protocol.

use assay_primitives::{
	constants::CHUNK_BYTES,
	hash::{commitment, duty_id, h, result_hash, trace_key},
	Claim, ContentId, DataType, Decision, EngineId, EngineProfile, FailReason, Tensor, TensorBundle, Verdict,
	Verification, Vote, Window,
};
use codec::Encode;
use serde_json::{json, Value};

fn hex(bytes: impl AsRef<[u8]>) -> String {
	let digits: String = bytes.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
	format!("0x{digits}")
}

/// Bytes that differ from place to place: `i * 31 + i / 256`, modulo 256.
fn pattern(length: u64) -> Vec<u8> {
	(0..length).map(|i| (i * 31 + i / 256) as u8).collect()
}

fn content_ids() -> Value {
	let chunk = CHUNK_BYTES;
	let lengths = [0, 1, 31, chunk - 1, chunk, chunk + 1, 2 * chunk, 3 * chunk, 5 * chunk + 17];
	lengths.iter().map(|length| json!({ "length": length, "id": hex(ContentId::of(&pattern(*length))) })).collect()
}

fn bundles() -> Value {
	let tensor = |name: &str, data_type, shape: &[u64], data: Vec<u8>| Tensor {
		name: name.into(),
		data_type,
		shape: shape.to_vec(),
		data,
	};
	let cases = [
		("empty", vec![]),
		("scalar int64", vec![tensor("n", DataType::I64, &[], (-2i64).to_le_bytes().to_vec())]),
		(
			"float32 with the canonical NaN",
			vec![tensor("x", DataType::F32, &[1, 2], [1.5f32.to_le_bytes(), f32::NAN.to_le_bytes()].concat())],
		),
		(
			"two tensors",
			vec![
				tensor("mask", DataType::Bool, &[3], vec![1, 0, 1]),
				tensor("half", DataType::F16, &[2], vec![0x00, 0x3c, 0x00, 0x7e]),
			],
		),
		(
			"text",
			vec![tensor(
				"city",
				DataType::String,
				&[2, 1],
				[&[0, 0, 0, 0, 5, 0, 0, 0][..], "caf\u{e9}".as_bytes()].concat(),
			)],
		),
		("no elements", vec![tensor("none", DataType::U8, &[0, 7], vec![])]),
	];
	cases
		.into_iter()
		.map(|(name, tensors)| {
			let bytes = TensorBundle(tensors).to_bytes().unwrap();
			assert!(TensorBundle::from_bytes(&bytes).is_ok());
			json!({ "name": name, "bytes": hex(&bytes), "id": hex(ContentId::of(&bytes)) })
		})
		.collect()
}

fn refused_bundles() -> Value {
	let base = |data_type: u8, shape: &[u64], data: &[u8]| {
		("x", data_type, shape.to_vec(), data.to_vec()).encode().into_iter().fold(vec![4], |mut all, byte| {
			all.push(byte);
			all
		})
	};
	let mut trailing = base(2, &[1], &[9]);
	trailing.push(0);
	let cases = [
		("a byte follows", trailing),
		("an unknown data type", base(15, &[1], &[9])),
		("text that is not UTF-8", base(8, &[1], &[1, 0, 0, 0, 0xff])),
		("text that ends before its length", base(8, &[1], &[2, 0, 0, 0, b'a'])),
		("more texts than the shape's", base(8, &[1], &[0; 8])),
		("a length that is not the shape's", base(2, &[2], &[9])),
		("a shape that overflows", base(2, &[u64::MAX, 2], &[9])),
		("a bool of 2", base(9, &[1], &[2])),
		("a negative NaN", base(1, &[1], &0xffc0_0000u32.to_le_bytes())),
		("a long form of a short length", vec![0x05, 0x00]),
		("nothing", vec![]),
	];
	cases
		.into_iter()
		.map(|(name, bytes)| {
			assert!(TensorBundle::from_bytes(&bytes).is_err(), "{name}");
			json!({ "name": name, "bytes": hex(&bytes) })
		})
		.collect()
}

fn hashes() -> Value {
	let (genesis, seed, guest) = ([1u8; 32], [2u8; 32], [3u8; 32]);
	let profile =
		EngineProfile { memory_pages: 65_536, deterministic: true, encoding_version: 1, cost_table_version: 1 };
	let engine = EngineId::new(&guest, &profile);
	let (model, input, output) = (ContentId([4; 32]), ContentId([5; 32]), ContentId([6; 32]));
	let result = result_hash(&genesis, &engine, &model, &input, &output);
	let attester = [7u8; 32];
	let subject = (1u8, 9u64);
	let key = trace_key(&genesis, &subject, 11, &seed);
	let vote = Vote {
		verdict: Verdict::Output { result_hash: result, load_units: 100, units: 1_000 },
		trace_digest: [8; 32],
		contested_digest: None,
	};
	let failed = Vote {
		verdict: Verdict::Failed { reason: FailReason::ComputeLimit, units: 77 },
		trace_digest: [9; 32],
		contested_digest: Some([10; 32]),
	};
	let decision = Decision {
		round: 11,
		verdict: vote.verdict,
		votes: 4,
		k: 5,
		q: 4,
		v: 7,
		escalated: false,
		audits: 8,
		auditors: 7,
		power: 11_000,
		total: 12_000,
		window: Window::Assured,
	};
	let verification = Verification::ReExecution;
	let claim = Claim { request: 9, model, engine, verification, input, output: Some(output), decision };
	json!({
		"h": hex(h("assay/test", (1u32, b"abc".to_vec()))),
		"profile": hex(profile.encode()),
		"engine": hex(engine.0),
		"result": hex(result),
		"trace_key": hex(key),
		"duty": hex(duty_id(&genesis, 11, &seed, &[14; 32], &attester)),
		"vote": hex(vote.encode()),
		"commitment": hex(commitment(&genesis, 11, &attester, &vote, &[12; 16])),
		"failed_vote": hex(failed.encode()),
		"failed_commitment": hex(commitment(&genesis, 11, &attester, &failed, &[12; 16])),
		"claim": hex(claim.encode()),
		"claim_leaf": hex(claim.leaf()),
	})
}

#[test]
fn hashes_and_encodings_are_those_of_the_vectors() {
	let made = json!({
		"content_ids": content_ids(),
		"bundles": bundles(),
		"refused_bundles": refused_bundles(),
		"hashes": hashes(),
	});
	let path = concat!(env!("CARGO_MANIFEST_DIR"), "/vectors.json");
	if std::env::var_os("UPDATE_VECTORS").is_some() {
		std::fs::write(path, serde_json::to_string_pretty(&made).unwrap() + "\n").unwrap();
	}
	let kept: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
	assert_eq!(kept, made);
}

/// docs/protocol.md has the codec for whoever has no code of ours.
#[test]
fn the_codec_is_documented() {
	use DataType::*;
	let page = include_str!("../../docs/protocol.md");
	for data_type in [F32, U8, I8, U16, I16, I32, I64, String, Bool, F16, F64, U32, U64, BF16] {
		let bytes = data_type.size().map_or("its own".into(), |bytes| bytes.to_string());
		let cell = format!("| {} | {} | {bytes} |", data_type.encode()[0], data_type.name());
		assert!(page.contains(&cell), "{cell}");
	}
	let (_, example) = page.split_once("one tensor\n").expect("the page has an example");
	let lines = example.split("```").next().unwrap_or_default().lines();
	let digits = lines.flat_map(|line| line.split("   ").next()).collect::<Vec<_>>().join("").replace(' ', "");
	let bundle = TensorBundle(vec![Tensor {
		name: "x".into(),
		data_type: F32,
		shape: vec![3],
		data: [1f32, 2.0, 3.0].iter().flat_map(|value| value.to_le_bytes()).collect(),
	}]);
	assert_eq!(format!("0x04{digits}"), hex(bundle.to_bytes().expect("it is canonical")));
}
