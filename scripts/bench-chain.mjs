// Measures what inferences cost the chain, against transfers on the same network in the same run.

import fs from 'node:fs';
import { inline, publish, quote } from '../tests/lib/inference.js';
import { SLOT_MS, Sender, finalized, follow, latency, percentile, time, weight } from '../tests/lib/load.js';
import { Localnet } from '../tests/lib/localnet.js';
import * as magika from '../tests/lib/magika.js';
import { doubling } from '../tests/lib/onnx.js';
import { ROOT } from '../tests/lib/paths.js';
import { encodeBundle, tensor } from '../tests/lib/tensors.js';

const VALIDATORS = 4;
/** Limit in blocks for all that was sent to end. */
const WITHIN = 150;
/** Blocks without a transaction, whose weight is not the transactions'. */
const QUIET = 10;
/** Transactions of one kind that are sent together to be weighed: as many as a block takes requests. */
const BATCHES = [1, 64];
/** Transactions of each kind that are sent as fast as the chain takes them. */
const [TRANSFERS, SMALL, MAGIKA] = (process.env.ASSAY_BENCH_COUNTS ?? '3000,240,60').split(',').map(Number);
/** Senders, so that no block waits for one account's next transaction. */
const SENDERS = ['Bob', 'Dave', 'Eve', 'Ferdie'];

const net = await Localnet.start(VALIDATORS, '--engine-runs 1');
const [chain] = net.chains;
const say = (text) => console.error(`bench: ${text}`);
const row = (...cells) => console.log(`| ${cells.join(' | ')} |`);

/** Registers a model and returns a function that asks it. */
async function asker(name, bytes, sample, shapes) {
	const model = await publish(chain, chain.account('Charlie'), bytes, { name: `bench/${name}` });
	const { units, price } = await quote(chain, model, sample(0).length, { shapes });
	let number = 0;
	return () => chain.api.tx.inference.requestInference(model, inline(sample(number++)), units, price, null, null, null, null);
}

/** Sends calls from all senders in turn. Returns the block before the first. */
async function send(senders, count, make) {
	const signed = [];
	for (let index = 0; index < count; index++) {
		signed.push(await senders[index % senders.length].sign(make()));
	}
	const before = chain.best;
	for (const transaction of signed) {
		await chain.rpc('author_submitExtrinsic', transaction);
	}
	return before;
}

const isTransfer = ({ section, method }) => section === 'balances' && method === 'Transfer';

/** Blocks in which transfers were made, from the one after `before` on: `[block, how many]`. */
async function transfers(before, count) {
	const found = [];
	let read = before;
	await chain.until(`${count} transfers are made`, WITHIN, async () => {
		const final = await finalized(chain);
		while (read < final) {
			read++;
			const made = (await chain.events(read)).filter(isTransfer).length;
			made > 0 && found.push([read, made]);
		}
		return found.reduce((sum, [, made]) => sum + made, 0) >= count;
	});
	return found;
}

/** Weight of blocks: their transactions, and what hooks took beyond `idle`. The hooks of a change of session are not counted. */
async function weighed(first, last, idle) {
	const sum = { time: 0, proof: 0 };
	for (let block = first; block <= last; block++) {
		const { transactions, hooks, proof } = await weight(chain, block);
		const turns = (await chain.events(block)).some(({ section, method }) => section === 'session' && method === 'NewSession');
		sum.time += transactions + (turns ? 0 : hooks - idle);
		sum.proof += proof;
	}
	return sum;
}

/** Median time of the hooks in blocks in which nothing happens. */
async function quiet() {
	const first = chain.best + 1;
	await chain.until('some quiet blocks', QUIET + 1, () => chain.best >= first + QUIET);
	const hooks = [];
	for (let block = first; block < first + QUIET; block++) {
		hooks.push((await weight(chain, block)).hooks);
	}
	return percentile(hooks, 0.5);
}

/** Transactions or results of a kind that became final in a second, from the first block that made any final to the last one. */
async function rate(blocks) {
	const [[first, none], [last]] = [blocks[0], blocks.at(-1)];
	const count = blocks.reduce((sum, [, made]) => sum + made, 0);
	if (first === last) {
		return (count * 1_000) / SLOT_MS;
	}
	return ((count - none) * 1_000) / ((await time(chain, last)) - (await time(chain, first)));
}

/** Ends of requests by block. */
function byBlock(requests) {
	const counts = new Map();
	for (const { ended } of requests.filter(({ event }) => event === 'InferenceFinalized')) {
		counts.set(ended, (counts.get(ended) ?? 0) + 1);
	}
	return [...counts].sort(([a], [b]) => a - b);
}

async function weights(sender, transfer, kinds, owner) {
	const idle = await quiet();
	console.log('\n## Block weight\n\nPicoseconds beyond those of an empty block, hooks included, and bytes of proof of transactions alone, for each.\n');
	row('batch', 'transaction', 'time', 'proof', 'time in transfers');
	row('---', '---', '---', '---', '---');
	for (const batch of BATCHES) {
		const before = await send([sender], batch, transfer);
		const made = await transfers(before, batch);
		const base = await weighed(made[0][0], made.at(-1)[0], idle);
		const per = (sum) => [Math.round(sum.time / batch), Math.round(sum.proof / batch)];
		row(batch, 'transfer_keep_alive', ...per(base), 1);
		for (const [name, make] of Object.entries(kinds)) {
			say(`${batch} requests of ${name} to be weighed`);
			const before = await send([sender], batch, make);
			const requests = await follow(chain, owner, before, batch, WITHIN);
			const last = Math.max(...requests.map(({ ended }) => ended));
			const used = await weighed(before + 1, last, idle);
			row(batch, name, ...per(used), (used.time / base.time).toFixed(1));
		}
	}
}

async function rates(senders, transfer, kinds, owner) {
	console.log('\n## Finalized in a second\n');
	row('transaction', 'sent', 'final in a second', 'transfers for each', 'blocks');
	row('---', '---', '---', '---', '---');
	say(`${TRANSFERS} transfers`);
	const before = await send(senders, TRANSFERS, transfer);
	const base = await rate(await transfers(before, TRANSFERS));
	row('transfer_keep_alive', TRANSFERS, base.toFixed(1), 1, '');
	for (const [name, [make, count]] of Object.entries(kinds)) {
		say(`${count} requests of ${name}`);
		// One account asks, so that its requests can be counted apart; a block takes 64 at most.
		const asking = senders.find(({ pair }) => pair.address === owner.address);
		const start = chain.best;
		for (let sent = 0; sent < count; sent += BATCHES.at(-1)) {
			await send([asking], Math.min(BATCHES.at(-1), count - sent), make);
			await chain.nextBlock();
		}
		const requests = await follow(chain, owner, start, count, WITHIN);
		const speed = await rate(byBlock(requests));
		row(name, count, speed.toFixed(2), (base / speed).toFixed(0), latency(requests).text);
	}
}

try {
	const file = magika.features(fs.readFileSync(`${ROOT}/README.md`));
	const small = await asker('doubling', doubling({ name: 'bench' }), (n) => encodeBundle([tensor('x', 'float32', [1], [n])]), [[1]]);
	const large = await asker('magika', magika.model(), () => encodeBundle(file), null);
	const senders = await Promise.all(SENDERS.map((name) => Sender.of(chain, chain.account(name))));
	const owner = senders[0].pair;
	const transfer = () => chain.api.tx.balances.transferKeepAlive(chain.account('Alice').address, 10n ** 12n);
	console.log(`\n${VALIDATORS} validators on this machine: all of them vote.`);
	await weights(senders[0], transfer, { 'one operator': small, magika: large }, owner);
	await rates(senders, transfer, { 'one operator': [small, SMALL], magika: [large, MAGIKA] }, owner);
} finally {
	await net.stop();
}
