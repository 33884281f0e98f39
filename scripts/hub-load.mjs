// Registers models on a network of four validators, has each one run once, and writes down what came of it, for
// scripts/hub_models.py to check and to print.
//
//   node hub-load.mjs N OUT RUN     OUT is what hub_models.py prepared, RUN a folder for outputs and run.json
//
// Everything is counted in finalized blocks, so that a fork changes nothing.

import fs from 'node:fs';
import path from 'node:path';
import { spawnSync } from 'node:child_process';
import { xxhashAsHex } from '../tests/node_modules/@polkadot/util-crypto/index.js';
import { contentId } from '../tests/lib/hash.js';
import { blob, inline, put, read } from '../tests/lib/inference.js';
import { Localnet } from '../tests/lib/localnet.js';

const VALIDATORS = 4;
/**
 * Models that wait for their activation at a time, and requests that are open. A node seals at most 48 votes before it opens some; a model's are
 * sealed until the slowest node has run it, a request's for half of the time that it is open.
 */
const PENDING = Number(process.env.HUB_PENDING ?? 24);
const OPEN = Number(process.env.HUB_OPEN ?? 40);
/** Time limit in minutes. Models that are not done by then are left out, and the report says so. */
const MINUTES = Number(process.env.HUB_MINUTES ?? Infinity);
/** Limits of one batch in calls and bytes, well below those of a block. */
const BATCH = 24;
const BATCH_BYTES = 1024 * 1024;
/** A node takes two uploads of one address at a time. */
const UPLOADS = 2;
/** Times that a model is registered, or its request made, before it counts as failed. */
const TRIES = 5;
const MAX_INLINE = 64 * 1024;
/** Blocks without anything getting done after which it is not coming any more: an activation window and its repetition. */
const PATIENCE = 1_300;

const say = (text) => process.stderr.write(`    ${text}\n`);

/** A model, from its preparation to its answer. */
class Entry {
	state = 'new';
	tries = 0;
	redrawn = 0;
	/** Registrations that ended without a decision. */
	registrations = 0;

	constructor(record, out, index) {
		Object.assign(this, record, { index });
		this.bytes = new Uint8Array(fs.readFileSync(path.join(out, `${record.file}.onnx`)));
		this.input = new Uint8Array(fs.readFileSync(path.join(out, `${record.file}.in`)));
		this.id = contentId(this.bytes);
	}

	/** The input as a call carries it. */
	get argument() {
		return this.input.length > MAX_INLINE ? blob(this.input) : inline(this.input);
	}

	/** Bytes that it adds to a batch. */
	get carried() {
		return 400 + (this.input.length > MAX_INLINE ? 0 : this.input.length);
	}

	/** The name that it is registered under: names have 64 characters of a small alphabet. */
	get title() {
		const group = this.group === 'conformance' ? 'onnx' : this.group === 'real' ? 'real' : 'sklearn';
		const name = `${group}/${this.name}`.toLowerCase().replace(/[^a-z0-9\-_./]/g, '-');
		return name.length <= 64 ? name : `${name.slice(0, 55)}.${this.id.slice(2, 10)}`;
	}

	get metadata() {
		const [kind, estimator] = this.kind.split('\t');
		const task = { conformance: 'conformance', real: 'real', classifier: 'tabular-classification', regressor: 'tabular-regression', cluster: 'clustering' }[kind];
		return { task, licence: 'Apache-2.0', tags: [this.group, ...(estimator ? [estimator] : [])], description: this.name, card: null };
	}
}

class Load {
	constructor(net, entries, run) {
		Object.assign(this, { net, entries, run });
		[this.chain] = net.chains;
		this.api = this.chain.api;
		this.byId = new Map(entries.map((entry) => [entry.id, entry]));
		this.byRequest = new Map();
		this.publisher = this.chain.account('Charlie');
		this.requester = this.chain.account('Dave');
		this.uploading = net.chains.map(() => 0);
		this.queue = [];
		this.moved = 0;
		this.calls = { bytes: 0, batches: 0 };
		this.times = {};
		/** Batches that are in no block yet, by signer. */
		this.waiting = new Map();
	}

	count(...states) {
		return this.entries.filter((entry) => states.includes(entry.state)).length;
	}

	/** Takes what fits into a batch from those in a state, and sends it. */
	async batch(signer, from, to, room, call) {
		if (this.waiting.get(signer.address)) {
			return;
		}
		const chosen = [];
		let bytes = 0;
		for (const entry of this.entries) {
			if (chosen.length >= Math.min(Math.max(room, 0), BATCH) || bytes > BATCH_BYTES) {
				break;
			}
			if (entry.state === from) {
				chosen.push(entry);
				bytes += entry.carried;
			}
		}
		if (chosen.length === 0) {
			return;
		}
		chosen.forEach((entry) => (entry.state = to));
		const batch = this.api.tx.utility.forceBatch(chosen.map(call));
		this.calls.batches += 1;
		this.waiting.set(signer.address, true);
		const back = (why) => {
			say(`a batch is sent again: ${why}`);
			chosen.filter((entry) => entry.state === to).forEach((entry) => (entry.state = from));
			this.waiting.delete(signer.address);
		};
		const done = await batch.signAndSend(signer, { nonce: -1 }, ({ status, events, isError }) => {
			if (isError) {
				back(status.type);
				done?.();
			} else if (status.isInBlock) {
				this.waiting.delete(signer.address);
				this.enqueue(chosen, to);
			} else if (status.isFinalized) {
				this.settleBatch(chosen, from, events);
				done?.();
			}
		}).catch((error) => back(error.message));
	}

	/** Queues the uploads for calls that a block holds. If another block takes its place, an upload is tried until that one holds the call. */
	enqueue(chosen, to) {
		for (const entry of chosen) {
			const large = entry.input.length > MAX_INLINE ? [entry.input] : [];
			const blobs = to === 'registering' ? [entry.bytes, ...large] : large;
			this.queue.push(...blobs.map((bytes) => ({ entry, bytes })));
		}
		this.upload();
	}

	/** Settles the calls of a batch by their events, which come in the calls' order. Calls that the block had no room for are sent again. */
	settleBatch(chosen, from, events) {
		const outcomes = events.filter(({ event }) => event.section === 'utility' && /^Item(Completed|Failed)$/.test(event.method));
		outcomes.forEach(({ event }, index) => {
			if (event.method !== 'ItemFailed' || !chosen[index]) {
				return;
			}
			const error = event.data[0];
			const name = error.isModule ? this.api.registry.findMetaError(error.asModule).name : error.type;
			if (['BlockFull', 'TooManyOpen', 'TooManyUnits'].includes(name)) {
				chosen[index].state = from;
			} else {
				this.fail(chosen[index], `the chain refuses it: ${name}`);
			}
		});
	}

	fail(entry, why) {
		entry.state = 'failed';
		entry.why = why;
		this.moved = this.final;
		say(`${entry.name}: ${why}`);
	}

	register(room) {
		return this.batch(this.publisher, 'new', 'registering', room, (entry) =>
			this.api.tx.models.registerModel(entry.id, entry.bytes.length, entry.title, 1, entry.metadata, 0n, entry.argument, null)
		);
	}

	ask(room) {
		return this.batch(this.requester, 'active', 'asking', room, (entry) =>
			this.api.tx.inference.requestInference(entry.id, entry.argument, entry.unitLimit, 10n ** 15n, null, null, null, null)
		);
	}

	/** Uploads registered models, each to one node, two at a time to each node. */
	upload() {
		for (const [index, chain] of this.net.chains.entries()) {
			while (this.uploading[index] < UPLOADS) {
				const at = this.queue.findIndex((item) => item.entry.index % VALIDATORS === index);
				if (at < 0) {
					break;
				}
				const [item] = this.queue.splice(at, 1);
				this.uploading[index] += 1;
				put(chain, item.bytes)
					// The node may be a block behind the one that told of the registration. A registration that failed needs no bytes.
					.catch(() => setTimeout(() => item.entry.state !== 'failed' && this.queue.push(item), 1_000))
					.finally(() => {
						this.uploading[index] -= 1;
						this.upload();
					});
			}
		}
	}

	/** Reads the events of a finalized block. */
	async follow(number) {
		const hash = await this.api.rpc.chain.getBlockHash(number);
		const at = await this.api.at(hash);
		const ended = [];
		for (const { event } of await at.query.system.events()) {
			if (!['rounds', 'models', 'inference'].includes(event.section)) {
				continue;
			}
			const { data, method } = event;
			const entry = data.model ? this.byId.get(data.model.toHex()) : data.request && this.byRequest.get(data.request.toNumber());
			if (method === 'RoundRedrawn' && data.subject.isRequest) {
				const redrawn = this.byRequest.get(data.subject.asRequest.toNumber());
				redrawn.redrawn += 1;
			}
			if (!entry) {
				continue;
			}
			if (method === 'ModelRegistered') {
				entry.state = 'pending';
			} else if (method === 'ModelActivated') {
				entry.state = 'active';
				entry.unitLimit = data.sampleUnits.toBigInt();
				entry.sampleUnits = data.sampleUnits.toString();
				this.times.active = Date.now();
				this.moved = number;
			} else if (method === 'ModelRejected') {
				entry.registrations += 1;
				// Too few have said anything about the model in time. Its publisher registers it again.
				if (data.reason.isDeadline && entry.registrations < TRIES) {
					entry.state = 'new';
				} else {
					this.fail(entry, `rejected: ${data.reason.toString()}`);
				}
			} else if (method === 'InferenceRequested') {
				entry.state = 'asked';
				this.byRequest.set(data.request.toNumber(), entry);
				this.times.asked ??= Date.now();
			} else if (method === 'InferenceFinalized') {
				this.times.answered = Date.now();
				ended.push([entry, data.request.toNumber()]);
			} else if (method === 'InferenceExpired' || method === 'InferenceUnresolved') {
				entry.tries += 1;
				if (entry.tries < TRIES) {
					entry.state = 'active';
				} else {
					this.fail(entry, method);
				}
			}
		}
		await this.keep(at, ended);
		this.upload();
	}

	/** Keeps the answers that became final in a block. */
	async keep(at, ended) {
		const found = await at.query.inference.results.multi(ended.map(([, request]) => request));
		for (const [index, [entry, request]] of ended.entries()) {
			const record = found[index].unwrap();
			const { verdict, votes, k, v } = record.ended.asFinal.decision;
			if (verdict.isFailed) {
				this.fail(entry, `its verdict is ${verdict.asFailed.reason.type}`);
				continue;
			}
			const output = record.output.unwrap();
			// polkadot.js makes records from Maps, and calls a field `size` that would hide the Map's own `size_`.
			const bytes = output.isInline
				? output.asInline.toU8a(true)
				: await read(this.chain, record.ended.asFinal.output.unwrap().toHex(), output.asBlob.size_.toNumber());
			fs.writeFileSync(path.join(this.run, `${entry.file}.out`), bytes);
			Object.assign(entry, { state: 'done', request, votes: `${votes} of ${k}, ${v} validators` });
			this.moved = this.final;
		}
	}

	/** One look at the chain: follows the finalized blocks, and sends calls as long as there is room. */
	async step() {
		const final = (await this.api.rpc.chain.getHeader(await this.api.rpc.chain.getFinalizedHead())).number.toNumber();
		while (this.final < final) {
			this.final += 1;
			await this.follow(this.final);
		}
		// In the best block: what becomes final later does not hold up what comes next.
		const open = (await this.api.query.rounds.counterForStandings()).toNumber();
		const prefix = this.api.query.inference.requests.keyPrefix();
		const requests = (await this.chain.rpc('state_getKeysPaged', prefix, 1_000)).length;
		await this.ask(OPEN - requests);
		await this.register(PENDING - (open - requests));
	}

	async go() {
		this.final = (await this.api.rpc.chain.getHeader(await this.api.rpc.chain.getFinalizedHead())).number.toNumber();
		this.first = this.moved = this.final;
		this.times.start = Date.now();
		let told = 0;
		while (this.count('done', 'failed') < this.entries.length) {
			if (Date.now() - this.times.start > MINUTES * 60_000) {
				say(`${MINUTES} minutes are over`);
				break;
			}
			await this.step();
			if (this.final - this.moved > PATIENCE) {
				throw new Error(`nothing got done in ${PATIENCE} blocks`);
			}
			if (Date.now() - told > 20_000) {
				told = Date.now();
				const of = (...states) => this.count(...states);
				say(
					`block ${this.final}: ${of('pending')} pending, ${of('active', 'asking', 'asked')} active, ${of('done')} answered, ` +
						`${of('failed')} failed, ${of('new')} to come, ${Math.round((Date.now() - this.times.start) / 1_000)} s`
				);
			}
			await this.chain.nextBlock();
		}
		this.times.end = Date.now();
	}

	/** Waits until every validator holds every blob of the models, and says how many each one holds. */
	async spread() {
		const wanted = this.entries.filter((entry) => entry.state === 'done').map((entry) => entry.id);
		const held = [];
		for (const [index, chain] of this.net.chains.entries()) {
			held[index] = await chain.until(`node ${index} holds every model`, 600, async () => {
				const statuses = await Promise.all(wanted.map((id) => chain.rpc('blob_status', id)));
				return statuses.every(({ status }) => status === 'held') ? wanted.length : null;
			});
		}
		return held;
	}

	/** Bytes of keys and values of the registry in the state, by storage item. */
	async state() {
		const { models } = this.api.query;
		const items = Object.entries(models).filter(([, item]) => item.creator);
		const names = new Map(items.map(([, item]) => [xxhashAsHex(item.creator.meta.name.toString(), 128), item.creator.meta.name.toString()]));
		const prefix = xxhashAsHex('Models', 128);
		const found = {};
		let last = prefix;
		for (;;) {
			const keys = (await this.chain.rpc('state_getKeysPaged', prefix, 500, last)).filter(Boolean);
			if (keys.length === 0) {
				return found;
			}
			const [{ changes }] = await this.chain.rpc('state_queryStorageAt', keys);
			for (const [key, value] of changes) {
				const name = names.get(`0x${key.slice(34, 66)}`) ?? 'other';
				const bytes = (key.length + (value?.length ?? 2)) / 2 - 2;
				const sum = (found[name] ??= { entries: 0, bytes: 0 });
				sum.entries += 1;
				sum.bytes += bytes;
			}
			last = keys.at(-1);
		}
	}

	/** Bytes of the blocks, headers left out. */
	async blocks() {
		let bytes = 0;
		for (let number = this.first + 1; number <= this.final; number++) {
			const { block } = await this.api.rpc.chain.getBlock(await this.api.rpc.chain.getBlockHash(number));
			bytes += block.extrinsics.reduce((sum, extrinsic) => sum + extrinsic.encodedLength, 0);
		}
		return bytes;
	}

	/** Lists and searches, by pages of 100: what is found, in how many pages, and the longest that one took. */
	async search() {
		const owner = this.publisher.address;
		const questions = [
			['everything', {}],
			['an owner', { owner }],
			['a prefix', { namePrefix: 'sklearn/iris/' }],
			['a task', { task: 'tabular-classification' }],
			['a tag', { tag: 'conformance' }],
			['a tag under a prefix', { tag: 'scikit-learn', namePrefix: 'sklearn/digits/' }],
			['an owner with a tag that nothing has', { owner, tag: 'nothing' }],
		];
		const answers = [];
		for (const [what, filter] of questions) {
			const whole = { owner: null, namePrefix: '', task: null, tag: null, active: true, ...filter };
			let [found, pages, ms, after] = [0, 0, 0, null];
			do {
				const start = performance.now();
				const page = await this.api.call.modelsApi.models(whole, after, 100);
				ms = Math.max(ms, performance.now() - start);
				found += page.models.length;
				pages += 1;
				after = page.next.unwrapOr(null);
			} while (after);
			answers.push({ what, found, pages, ms: Math.round(ms) });
		}
		return answers;
	}

	disk() {
		// A node writes some files under another name first: one may be gone when it is counted.
		const size = (folder) => Number(spawnSync('du', ['-sb', folder], { encoding: 'utf8' }).stdout.split('\t')[0]);
		return this.net.chains.map((_, index) => {
			const data = path.join(this.net.dir, `node-${index}`, 'data', 'chains');
			const [chain] = fs.readdirSync(data);
			const sizes = fs.readdirSync(path.join(data, chain)).map((name) => [name, size(path.join(data, chain, name))]);
			return Object.fromEntries(sizes);
		});
	}
}

async function main() {
	const [count, out, run] = process.argv.slice(2);
	const { models } = JSON.parse(fs.readFileSync(path.join(out, `models-${count}.json`)));
	fs.mkdirSync(run, { recursive: true });
	const entries = models.map((record, index) => new Entry(record, out, index));
	const ids = new Set(entries.map((entry) => entry.id));
	if (ids.size !== entries.length) {
		throw new Error(`${entries.length} models have ${ids.size} content ids`);
	}
	say(`starting ${VALIDATORS} validators for ${entries.length} models`);
	const net = await Localnet.start(VALIDATORS);
	const load = new Load(net, entries, run);
	try {
		const before = await load.state();
		await load.go();
		const report = {
			before,
			state: await load.state(),
			blockBytes: await load.blocks(),
			blocks: load.final - load.first,
			times: load.times,
			batches: load.calls.batches,
			pages: await load.search(),
			held: await load.spread(),
			disk: load.disk(),
			models: load.entries.map(({ file, id, state, why, request, votes, redrawn, tries, registrations, sampleUnits, title }) => {
				return { file, id, state, why, request, votes, redrawn, tries, registrations, sampleUnits, title };
			}),
		};
		fs.writeFileSync(path.join(run, 'run.json'), JSON.stringify(report));
	} finally {
		await net.end();
	}
}

await main();
process.exit(0);
