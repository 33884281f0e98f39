//! Searches of clients: the models that they find, their order, and the cost for a node.

use super::*;
use assay_primitives::ModelId;
use frame_support::assert_ok;

/// Any model.
fn any() -> ModelFilter<u64> {
	ModelFilter { owner: None, name_prefix: Default::default(), task: None, tag: None, active: false }
}

fn prefix(text: &str) -> ModelFilter<u64> {
	ModelFilter { name_prefix: text.as_bytes().to_vec().try_into().unwrap(), ..any() }
}

fn task(text: &str) -> ModelFilter<u64> {
	ModelFilter { task: Some(text.as_bytes().to_vec().try_into().unwrap()), ..any() }
}

fn tag(text: &str) -> ModelFilter<u64> {
	ModelFilter { tag: Some(text.as_bytes().to_vec().try_into().unwrap()), ..any() }
}

fn owner(owner: u64) -> ModelFilter<u64> {
	ModelFilter { owner: Some(owner), ..any() }
}

/// All that a filter finds, by pages of so many, as `name@version`; and the number of pages.
fn found_by(filter: ModelFilter<u64>, limit: u32) -> (Vec<String>, u32) {
	let (mut found, mut after, mut pages) = (vec![], None, 0);
	loop {
		let page = Registry::models(filter.clone(), after, limit);
		pages += 1;
		assert!(page.models.len() <= limit.max(1) as usize);
		found.extend(page.models.iter().map(|model| {
			assert_eq!(Registry::model(model.id).as_ref(), Some(model));
			format!("{}@{}", String::from_utf8(model.name.to_vec()).unwrap(), model.version)
		}));
		match page.next {
			Some(next) => after = Some(next),
			None => return (found, pages),
		}
	}
}

fn found(filter: ModelFilter<u64>) -> Vec<String> {
	found_by(filter, 100).0
}

/// A registration under a name and version, by somebody, for a task and with tags.
fn put(n: u64, who: u64, name: &str, version: u32, task: &str, tags: &[&str]) -> ModelId {
	let metadata = metadata(task, tags);
	activate(Registration { owner: who, name: name.into(), version, metadata, ..Registration::new(n) })
}

/// Six models of two owners.
fn shelf() {
	put(1, PUBLISHER, "vision/resnet", 1, "image", &["small", "int8"]);
	put(2, PUBLISHER, "vision/resnet", 2, "image", &["small"]);
	put(3, PUBLISHER, "vision/resnet", 300, "image", &["large"]);
	put(4, PUBLISHER, "vision", 1, "image", &[]);
	put(5, RIVAL, "text/bert", 1, "text", &["large"]);
	put(6, RIVAL, "vision.old", 1, "", &["small"]);
}

#[test]
fn models_are_listed_by_name_and_from_the_newest_version_on() {
	run(4, || {
		assert_eq!(found(any()), Vec::<String>::new());
		shelf();
		let all =
			["text/bert@1", "vision@1", "vision.old@1", "vision/resnet@300", "vision/resnet@2", "vision/resnet@1"];
		for limit in [0, 1, 2, 3, 5, 6, 7, 100, u32::MAX] {
			let (listed, pages) = found_by(any(), limit);
			assert_eq!(listed, all);
			assert_eq!(pages, 6u32.div_ceil(limit.clamp(1, 100)), "a page has what fits and the last one says so");
		}
	});
}

#[test]
fn models_are_found_by_prefix_owner_task_and_tag_and_by_all_together() {
	run(4, || {
		shelf();
		let resnets = ["vision/resnet@300", "vision/resnet@2", "vision/resnet@1"];
		assert_eq!(found(prefix("vision/")), resnets);
		assert_eq!(found(prefix("vision")).len(), 5);
		assert_eq!(found(prefix("vision/resnet")), resnets);
		assert_eq!(found(prefix("vision/resnet0")), [""; 0]);
		assert_eq!(found(prefix("w")), [""; 0]);
		assert_eq!(found(owner(RIVAL)), ["text/bert@1", "vision.old@1"]);
		assert_eq!(found(owner(REQUESTER)), [""; 0]);
		assert_eq!(found(task("text")), ["text/bert@1"]);
		assert_eq!(found(task("")), [""; 0], "no task is no task to look for");
		assert_eq!(found(tag("small")), ["vision.old@1", "vision/resnet@2", "vision/resnet@1"]);
		assert_eq!(found(tag("smal")), [""; 0]);
		let both = ModelFilter { tag: tag("small").tag, ..owner(PUBLISHER) };
		assert_eq!(found(both.clone()), ["vision/resnet@2", "vision/resnet@1"]);
		let all = ModelFilter { name_prefix: prefix("vision/r").name_prefix, task: task("image").task, ..both };
		assert_eq!(found_by(all, 1), (vec!["vision/resnet@2".into(), "vision/resnet@1".into()], 2));
	});
}

#[test]
fn retired_and_rejected_models_are_found_by_name_and_owner_alone() {
	run(4, || {
		shelf();
		assert_ok!(call(PUBLISHER, ModelsCall::retire_model { model: model_id(2) }));
		assert_ok!(Registration {
			expected: Some([1; 32]),
			metadata: metadata("image", &["small"]),
			..Registration::new(9)
		}
		.submit());
		assert_eq!(
			found(tag("small")),
			["model-9@1", "vision.old@1", "vision/resnet@1"],
			"pending ones are on their way"
		);
		run_for(5);
		assert_eq!(found(tag("small")), ["vision.old@1", "vision/resnet@1"]);
		assert_eq!(found(task("image")), ["vision@1", "vision/resnet@300", "vision/resnet@1"]);
		assert_eq!(found(owner(PUBLISHER)).len(), 5);
		let active = ModelFilter { active: true, ..owner(PUBLISHER) };
		assert_eq!(found(active), ["vision@1", "vision/resnet@300", "vision/resnet@1"]);
		// The same through another facet.
		let both = ModelFilter { tag: tag("small").tag, ..owner(PUBLISHER) };
		assert_eq!(found(both), ["vision/resnet@1"]);
	});
}

#[test]
fn what_is_found_follows_every_change() {
	run(4, || {
		shelf();
		assert_ok!(call(
			PUBLISHER,
			ModelsCall::set_metadata { model: model_id(4), metadata: metadata("text", &["new"]) }
		));
		assert_eq!((found(task("text")).len(), found(tag("new"))), (2, vec!["vision@1".into()]));
		assert_eq!(found(task("image")).len(), 3);
		assert_ok!(call(PUBLISHER, ModelsCall::transfer_model { model: model_id(4), to: RIVAL }));
		assert_eq!(found(owner(RIVAL)), ["text/bert@1", "vision@1", "vision.old@1"]);
		assert_eq!(found(owner(PUBLISHER)).len(), 3);
	});
}

#[test]
fn a_cursor_that_nobody_gave_leads_nowhere_else() {
	run(4, || {
		shelf();
		let at =
			|name: &str, version| Some(ModelCursor { name: name.as_bytes().to_vec().try_into().unwrap(), version });
		let names = |filter, after| -> Vec<u32> {
			Registry::models(filter, after, 9).models.iter().map(|model| model.version).collect()
		};
		assert_eq!(names(prefix("vision/"), at("a", 1)), [300, 2, 1], "before the prefix is its beginning");
		assert_eq!(names(prefix("vision/"), at("z", 1)), [0; 0]);
		assert_eq!(names(prefix("vision/"), at("vision/resnet", 3)), [2, 1]);
		assert_eq!(names(any(), at(&"z".repeat(64), 0)), [0; 0]);
		assert_eq!(names(tag("large"), at("vision/resnet", u32::MAX)), [300]);
	});
}

#[test]
fn a_name_gives_its_newest_active_version_or_the_one_that_is_asked_for() {
	run(4, || {
		shelf();
		let named = |name: &str, version| {
			Registry::model_named(name.as_bytes().to_vec().try_into().unwrap(), version).map(|model| model.id)
		};
		assert_eq!(named("vision/resnet", None), Some(model_id(3)));
		assert_eq!(named("vision/resnet", Some(2)), Some(model_id(2)));
		assert_eq!(named("vision/resnet", Some(3)), None);
		assert_eq!(named("vision", None), Some(model_id(4)));
		assert_eq!(named("visio", None), None);
		assert_ok!(call(PUBLISHER, ModelsCall::retire_model { model: model_id(3) }));
		assert_eq!(named("vision/resnet", None), Some(model_id(2)));
		assert_eq!(named("vision/resnet", Some(300)), Some(model_id(3)));
	});
}

#[test]
fn the_order_of_keys_is_that_of_names_and_of_versions_from_the_newest_on() {
	let names = ["a", "a-", "a.b", "a/b", "a0", "aa", "b", &"z".repeat(63), &"z".repeat(64)];
	let versions = [u32::MAX, 65_536, 256, 255, 2, 1];
	let places: Vec<_> = names.iter().flat_map(|name| versions.map(|version| (*name, version))).collect();
	let keys: Vec<_> = places.iter().map(|(name, version)| ListKey::new(name.as_bytes(), *version)).collect();
	assert!(keys.is_sorted_by(|a, b| a < b));
	for (key, (name, version)) in keys.iter().zip(places) {
		assert_eq!(key.cursor(), ModelCursor { name: name.as_bytes().to_vec().try_into().unwrap(), version });
	}
}

/// Puts models into the state as registrations would, the largest that there can be.
fn stock(count: u64) {
	let template = {
		let tags: Vec<String> = (0..8).map(|n| format!("{n}{}", "t".repeat(23))).collect();
		let tags: Vec<&str> = tags.iter().map(String::as_str).collect();
		let mut metadata = metadata(&"k".repeat(32), &tags);
		metadata.description = vec![b'd'; 512].try_into().unwrap();
		let id = activate(Registration { metadata, ..Registration::new(u64::MAX) });
		let mut model = model(id);
		if let ModelStatus::Active { output, .. } = &mut model.status {
			*output = assay_primitives::Output::Inline(vec![1; 16 * 1024].try_into().unwrap());
		}
		model
	};
	for n in 0..count {
		let mut model = template.clone();
		model.name = format!("{:0>58}{n:06}", "").into_bytes().try_into().unwrap();
		Registry::list(model_id(n), &model);
		Provenances::<Test>::insert(model_id(n), statement(model_id(n), &model.name, 1));
		Models::<Test>::insert(model_id(n), model);
	}
}

/// The result of a question, the nodes of the state's trie that it reads, with the values that lie beside them, and
/// their bytes.
fn cost(ext: &mut sp_io::TestExternalities, ask: impl FnOnce() -> u32) -> (u32, usize, usize) {
	let (answer, proof) = ext.execute_and_prove(ask);
	let nodes: Vec<Vec<u8>> = proof.into_iter_nodes().collect();
	(answer, nodes.len(), nodes.iter().map(Vec::len).sum())
}

/// The costliest questions: a full page; a walk along a facet of which the filter lets nothing through; the newest active version of a
/// name.
fn questions() -> Vec<(&'static str, Box<dyn Fn() -> u32>)> {
	let count = |filter: ModelFilter<u64>| Registry::models(filter, None, u32::MAX).models.len() as u32;
	let last =
		|| Some(ModelCursor { name: format!("{:0>58}{:06}", "", 2).into_bytes().try_into().unwrap(), version: 1 });
	vec![
		("a page of everything", Box::new(move || count(any()))),
		("a page of an owner", Box::new(move || count(owner(PUBLISHER)))),
		("a page of a task", Box::new(move || count(task(&"k".repeat(32))))),
		("a page of a tag", Box::new(move || count(tag(&format!("7{}", "t".repeat(23)))))),
		("a page of a prefix", Box::new(move || count(prefix("0000")))),
		(
			"an owner's with a tag that none of them has",
			Box::new(move || count(ModelFilter { tag: tag("other").tag, ..owner(PUBLISHER) })),
		),
		(
			"the same, further on",
			Box::new(move || {
				let filter = ModelFilter { tag: tag("other").tag, ..owner(PUBLISHER) };
				Registry::models(filter, last(), u32::MAX).models.len() as u32
			}),
		),
		(
			"one by its name",
			Box::new(|| Registry::model_named(vec![b'0'; 64].try_into().unwrap(), None).is_some() as u32),
		),
	]
}

/// Most nodes that a question may read: for each entry that is looked at its own leaf, its model's and its statement's, with the
/// branches above them that it does not share with its neighbours.
const MOST_NODES: usize = MAX_LOOKED as usize * 10;

#[test]
fn a_search_reads_a_bounded_part_of_the_state_however_many_models_there_are() {
	println!("| models | question | found | trie nodes | bytes |\n|---|---|---|---|---|");
	let mut costs = vec![];
	for models in [250, 2_500] {
		let mut ext = ext(4);
		ext.execute_with(|| stock(models));
		ext.commit_all().unwrap();
		let of: Vec<_> = questions()
			.into_iter()
			.map(|(name, ask)| {
				let (found, nodes, bytes) = cost(&mut ext, ask);
				println!("| {models} | {name} | {found} | {nodes} | {bytes} |");
				assert!(nodes <= MOST_NODES, "{name} reads {nodes} nodes");
				nodes
			})
			.collect();
		costs.push(of);
	}
	for (few, many) in costs[0].iter().zip(&costs[1]) {
		assert!(*many <= few * 2 + 16, "ten times the models cost {many} nodes instead of {few}");
	}
}
