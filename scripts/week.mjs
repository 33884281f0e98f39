// Asks a development chain so many times a minute, for so many minutes, measures the growth of blocks, state, database and blobs, and
// extrapolates it to a week. Prints a table in Markdown.

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { Chain } from '../tests/lib/chain.js';
import { engineReady, inline, publish, quote } from '../tests/lib/inference.js';
import { SLOT_MS, Sender, finalized, percentile, time, weight } from '../tests/lib/load.js';
import { Node, removeFolder, temporaryFolder } from '../tests/lib/node.js';
import { doubling } from '../tests/lib/onnx.js';
import { encodeBundle, tensor } from '../tests/lib/tensors.js';

const [minutes, perMinute] = process.argv.slice(2).map(Number);
const WEEK = 7 * 24 * 60;
/** One in so many requests has an output that is a blob, of so many numbers. */
const [BLOBS, NUMBERS] = [50, 5_000];
const SENDERS = ['Bob', 'Dave', 'Eve', 'Ferdie'];
const ENDS = { InferenceFinalized: 'final', InferenceExpired: 'expired', InferenceUnresolved: 'unresolved' };
const ASY = 10n ** 12n;
/** Keys of one page. */
const PAGE = 1_000;
/** Blocks after which a transaction that its account waits for is submitted again. */
const LOST_AFTER = 20;

const say = (text) => console.error(`week: ${text}`);
const bytesOf = (folder) => (fs.existsSync(folder) ? Number(execFileSync('du', ['-sb', folder], { encoding: 'utf8' }).split('\t')[0]) : 0);
const mib = (bytes) => (bytes / 2 ** 20).toFixed(1);
const gib = (bytes) => (bytes / 2 ** 30).toFixed(1);

/** Entries of the state at a block, and the bytes of their keys and values. */
async function state(chain, block) {
	const sum = { entries: 0, bytes: 0 };
	for (let last = null; ; ) {
		const keys = await chain.rpc('state_getKeysPaged', '0x', PAGE, last, block);
		if (keys.length === 0) {
			return sum;
		}
		const [{ changes }] = await chain.rpc('state_queryStorageAt', keys, block);
		sum.entries += changes.length;
		sum.bytes += changes.reduce((bytes, [key, value]) => bytes + (key.length + (value?.length ?? 2)) / 2 - 2, 0);
		last = keys.at(-1);
	}
}

/** Submits again what the node has taken and lost: all later transactions of the account wait for it. */
class Resender {
	#sender;
	#waiting = new Map();
	#stands = { nonce: 0, since: 0 };
	again = 0;

	constructor(sender) {
		this.#sender = sender;
	}

	async send(call) {
		const { nonce } = this.#sender;
		const transaction = await this.#sender.sign(call);
		this.#waiting.set(nonce, transaction);
		await this.#sender.chain.rpc('author_submitExtrinsic', transaction);
	}

	/** Looks at where the account stands at the best block. */
	async look() {
		const { chain, pair } = this.#sender;
		const nonce = (await chain.api.query.system.account(pair.address)).nonce.toNumber();
		if (nonce !== this.#stands.nonce) {
			for (let done = this.#stands.nonce; done < nonce; done++) {
				this.#waiting.delete(done);
			}
			this.#stands = { nonce, since: chain.best };
		} else if (this.#waiting.has(nonce) && chain.best >= this.#stands.since + LOST_AFTER) {
			this.again++;
			this.#stands.since = chain.best;
			say(`block ${chain.best}: ${pair.meta.name ?? pair.address} waits for ${nonce}, submitted again`);
			await chain.rpc('author_submitExtrinsic', this.#waiting.get(nonce)).catch((error) => say(error.message));
		}
	}
}

const dir = temporaryFolder();
const node = await Node.start(dir, ['--engine-runs', '1', '--state-pruning', '256']);
const chain = await Chain.connect(node);
try {
	await engineReady(chain);
	const model = await publish(chain, chain.account('Charlie'), doubling({ name: 'week' }), { name: 'tests/week' });
	const kinds = [];
	for (const numbers of [1, NUMBERS]) {
		const sample = (number) => inline(encodeBundle([tensor('x', 'float32', [numbers], new Array(numbers).fill(number % 1_000))]));
		const { units, price } = await quote(chain, model, 64 + 4 * numbers, { shapes: [[numbers]] });
		kinds.push((number) => chain.api.tx.inference.requestInference(model, sample(number), units, price, null, null, null, null));
	}
	const senders = [];
	for (const name of SENDERS) {
		senders.push(new Resender(await Sender.of(chain, chain.account(name))));
	}
	const [chains] = fs.readdirSync(path.join(dir, 'chains')).map((name) => path.join(dir, 'chains', name));
	const measure = async () => ({
		...(await state(chain, await chain.rpc('chain_getFinalizedHead'))),
		database: bytesOf(path.join(chains, 'paritydb')) + bytesOf(path.join(chains, 'db')),
		blobs: bytesOf(path.join(chains, 'blobs')),
	});
	const before = await measure();
	const limit = chain.api.consts.system.blockWeights.maxBlock.refTime.toNumber();
	const asked = new Map();
	const counts = { asked: 0, final: 0, expired: 0, unresolved: 0, refused: 0 };
	const refusals = new Map();
	const took = [];
	const used = [];
	const sizes = [];
	let [paid, read] = [0n, await finalized(chain)];
	const first = read;
	// Its state is gone when the hour is over.
	const began = await time(chain, first);

	/** Looks at the blocks that have become final. */
	async function look() {
		for (const last = await finalized(chain); read < last; ) {
			read++;
			for (const { section, method, data } of await chain.events(read)) {
				if (method === 'InferenceRequested') {
					asked.set(data.request.toNumber(), read);
					counts.asked++;
				} else if (section === 'inference' && ENDS[method]) {
					counts[ENDS[method]]++;
					took.push(read - asked.get(data.request.toNumber()));
					asked.delete(data.request.toNumber());
					paid += data.paid?.toBigInt() ?? 0n;
				} else if (method === 'ExtrinsicFailed') {
					counts.refused++;
					const error = data.dispatchError.isModule ? chain.api.registry.findMetaError(data.dispatchError.asModule).name : data.dispatchError.type;
					refusals.set(error, (refusals.get(error) ?? 0) + 1);
				}
			}
			const { transactions, hooks } = await weight(chain, read);
			used.push((transactions + hooks) / limit);
			const { block } = await chain.rpc('chain_getBlock', await chain.blockHash(read));
			sizes.push(block.extrinsics.reduce((bytes, extrinsic) => bytes + extrinsic.length / 2 - 1, 0));
		}
	}

	const started = performance.now();
	let sent = 0;
	for (let said = 0; performance.now() - started < minutes * 60_000; ) {
		const due = Math.floor(((performance.now() - started) / 60_000) * perMinute);
		for (; sent < due; sent++) {
			await senders[sent % senders.length].send(kinds[Number(sent % BLOBS === BLOBS - 1)](sent));
		}
		await look();
		for (const sender of senders) {
			await sender.look();
		}
		if (performance.now() - started > (said + 5) * 60_000) {
			said += 5;
			say(`${said} of ${minutes} minutes: ${sent} sent, ${JSON.stringify(counts)}`);
		}
		await new Promise((resolve) => setTimeout(resolve, 200));
	}
	await chain.until('all have ended', 300, async () => {
		await look();
		for (const sender of senders) {
			await sender.look();
		}
		return asked.size === 0 && (await chain.rpc('author_pendingExtrinsics')).length === 0;
	});
	const after = await measure();
	const slots = Math.round(((await time(chain, read)) - began) / SLOT_MS);
	const each = (what) => (after[what] - before[what]) / counts.asked;
	const week = perMinute * WEEK;
	const row = (...cells) => console.log(`| ${cells.join(' | ')} |`);
	const part = (value) => `${(100 * value).toFixed(1)} %`;

	console.log(`\n${perMinute} requests a minute for ${minutes} minutes, one in ${BLOBS} with an output of ${4 * NUMBERS} bytes; one validator.\n`);
	row('what', 'measured', 'in a week');
	row('---', '---', '---');
	row('requests sent, taken, final', `${sent}, ${counts.asked}, ${counts.final}`, `${week} sent`);
	row('expired, unresolved, refused', `${counts.expired}, ${counts.unresolved}, ${counts.refused} ${[...refusals].join(' ')}`, '');
	row('lost by the pool, submitted again', senders.reduce((sum, { again }) => sum + again, 0), '');
	row('blocks to final: p50, p97, most', [0.5, 0.97, 1].map((p) => percentile(took, p)).join(', '), '');
	row('slots with a block', `${read - first} of ${slots}`, '');
	row('weight of a block: mean, most', `${part(used.reduce((sum, value) => sum + value, 0) / used.length)}, ${part(Math.max(...used))}`, 'the same');
	row('transactions of a block, bytes: mean', Math.round(sizes.reduce((sum, value) => sum + value, 0) / sizes.length), '');
	row('paid for a request, mean', `${Number((paid * 10_000n) / BigInt(counts.final) / (ASY / 10_000n)) / 10 ** 8} ASY`, `${(paid * BigInt(week)) / BigInt(counts.final) / ASY} ASY`);
	row('state: entries for a request', each('entries').toFixed(2), `${Math.round(each('entries') * week)}`);
	row('state: keys and values for a request', `${Math.round(each('bytes'))} bytes`, `${gib(each('bytes') * week)} GiB, and no more: results go after a week`);
	row('database for a request', `${Math.round(each('database'))} bytes (${mib(after.database)} MiB in all)`, `${gib(each('database') * week)} GiB`);
	row('blobs for a request', `${Math.round(each('blobs'))} bytes`, `${gib((each('blobs') * week) / 7)} GiB: they go after a day`);
} finally {
	await chain.close();
	await node.stop();
	removeFolder(dir);
}
