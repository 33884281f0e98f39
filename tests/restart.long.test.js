// A validator that is killed in the middle of its duty votes once, and a chain that is stopped goes on where it was.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { describe, test } from 'node:test';
import { ask, history, inline, outcome, publish, quote, read } from './lib/inference.js';
import { assertSettled, ledger } from './lib/ledger.js';
import { doubling, slow } from './lib/onnx.js';
import { encodeBundle, tensor } from './lib/tensors.js';
import { Testnet } from './lib/testnet.js';

/** Least time of the killed run in milliseconds, and the target. */
const [LONG_MS, AIM_MS] = [5_000, 7_500];
/** Compute units by which each window of a request grows by a block. */
const UNITS_PER_BLOCK = 4_000_000_000;
/** Blocks for a node to see its duty and begin. */
const BEGIN_BLOCKS = 15;
const PLENTY = { units: 100_000_000, maxFee: 10n ** 12n };

const RUN_STARTED = /run started/;
const RUN_FINISHED = /run finished: duty [0-9a-f]+, (\d+) ms/;

const times = (node) => node.logged(RUN_FINISHED).map((line) => Number(RUN_FINISHED.exec(line)[1]));
const flat = (n) => encodeBundle([tensor('x', 'float32', [1, n], new Array(n).fill(1 / Math.sqrt(n)))]);
const floats = (...values) => encodeBundle([tensor('x', 'float32', [values.length], values)]);

/** Runs a test on a chain of its own. `net` is the one that runs now: `use` replaces it after a restart. */
async function onChain(body) {
	let net = await Testnet.start();
	const use = (next) => (net = next);
	try {
		await body(net, use);
	} catch (error) {
		await net.chain.close();
		await net.node.kill();
		throw error;
	}
	await net.end();
}

/** The processes in which a node runs models. */
const workers = ({ process: { pid } }) =>
	fs.readdirSync('/proc').filter((name) => {
		try {
			return /^\d+$/.test(name) && fs.readFileSync(`/proc/${name}/status`, 'utf8').includes(`\nPPid:\t${pid}\n`);
		} catch {
			return false; // It has ended meanwhile.
		}
	});

/** Blocks in which a request of so many units ends, restarts included. */
const blocksFor = (units) => 60 + 8 * Math.ceil(units / UNITS_PER_BLOCK);

describe('restarts', () => {
	test('killed with -9 in the middle of a long run, a node votes exactly once and the request ends', (t) =>
		onChain(async (net, use) => {
			const { chain, node } = net;
			const [bob, charlie] = ['Bob', 'Charlie'].map((name) => chain.account(name));
			const sample = inline(flat(4));
			const model = await publish(chain, charlie, slow(32), { name: 'tests/slow', sample });
			const start = await ledger(chain);

			// Measures the time of a run here, to choose one that is long enough on any machine.
			let [n, ms] = [512, 0];
			const small = await quote(chain, model, flat(n).length, { shapes: [[1, n]] });
			const tried = await ask(chain, bob, model, inline(flat(n)), { units: small.units, maxFee: small.price });
			await outcome(chain, tried.request, blocksFor(small.units));
			ms = times(node).at(-1);

			// Again if the machine has become faster since.
			for (let now = net; ms < LONG_MS; ) {
				t.diagnostic(`n = ${n} takes ${ms} ms`);
				n = Math.ceil(n * Math.cbrt(AIM_MS / ms));
				const input = flat(n);
				const { units, price } = await quote(now.chain, model, input.length, { shapes: [[1, n]] });
				const [begun, ended] = [RUN_STARTED, RUN_FINISHED].map((pattern) => now.node.logged(pattern).length);
				const asked = await ask(now.chain, bob, model, inline(input), { units, maxFee: price });
				await now.chain.until('the run starts', BEGIN_BLOCKS, () => now.node.logged(RUN_STARTED).length > begun);
				const killed = now.node;
				now = use(await now.killAndRestart());
				assert.equal(times(killed).length, ended, 'the run was under way when the node was killed');

				const result = await outcome(now.chain, asked.request, blocksFor(units));
				assert.equal(result.event, 'InferenceFinalized');
				assert.equal(result.verdict, 'Output');
				assert.equal(result.resultHash, result.recomputed);
				assert.ok(Math.abs(result.outputs[0].data[0] * n - 1) < 1e-3);
				const ran = times(now.node);
				assert.equal(ran.length, 1, 'the duty was run once after the restart');
				const { rounds, commits, reveals } = await history(now.chain, asked.request, asked.block, result.block);
				assert.deepEqual([rounds.length, commits.length, reveals.length], [1, 1, 1]);
				await assertSettled(now.chain, start);
				[ms] = ran;
				t.diagnostic(`killed in a run of ${ms} ms, final ${result.block - asked.block} blocks after the request`);
			}
		}));

	test('killed with -9 between commit and reveal, a node opens the vote that it sealed', () =>
		onChain(async (net, use) => {
			const { chain } = net;
			const [bob, charlie] = ['Bob', 'Charlie'].map((name) => chain.account(name));
			const model = await publish(chain, charlie, doubling(), { name: 'tests/doubling' });
			const start = await ledger(chain);
			const asked = await ask(chain, bob, model, inline(floats(21)), PLENTY);
			await chain.until('the vote is sealed', BEGIN_BLOCKS, async () => {
				const { commits, reveals } = await history(chain, asked.request, asked.block, chain.best);
				assert.equal(reveals.length, 0, 'the vote was opened before the node could be killed');
				return commits.length === 1;
			});
			const after = use(await net.killAndRestart());
			const result = await outcome(after.chain, asked.request);
			assert.equal(result.event, 'InferenceFinalized');
			assert.deepEqual(result.outputs, [tensor('y', 'float32', [1], [42])]);
			const { rounds, commits, reveals } = await history(after.chain, asked.request, asked.block, result.block);
			assert.deepEqual([rounds.length, commits.length, reveals.length], [1, 1, 1]);
			assert.deepEqual(times(after.node), [], 'the stored result was used, nothing was run again');
			await assertSettled(after.chain, start);
		}));

	test('a worker that is killed in the middle of a run costs its node some time and nothing else', () =>
		onChain(async ({ chain, node }) => {
			const [bob, charlie] = ['Bob', 'Charlie'].map((name) => chain.account(name));
			const model = await publish(chain, charlie, slow(32), { name: 'tests/slow', sample: inline(flat(4)) });
			const start = await ledger(chain);
			const input = flat(1024);
			const { units, price } = await quote(chain, model, input.length, { shapes: [[1, 1024]] });
			const begun = node.logged(RUN_STARTED).length;
			const asked = await ask(chain, bob, model, inline(input), { units, maxFee: price });
			await chain.until('the run starts', BEGIN_BLOCKS, () => node.logged(RUN_STARTED).length > begun);
			workers(node).forEach((pid) => process.kill(Number(pid), 'SIGKILL'));
			await chain.until('the node says so', BEGIN_BLOCKS, () => node.logged(/run abstained: .*worker is gone/).length === 1);

			const result = await outcome(chain, asked.request, blocksFor(units));
			assert.equal(result.verdict, 'Output', 'a new worker has done the run again');
			const { rounds, commits, reveals } = await history(chain, asked.request, asked.block, result.block);
			assert.deepEqual([rounds.length, commits.length, reveals.length], [1, 1, 1]);
			await assertSettled(chain, start);
		}));

	test('a node that is stopped in the middle of a request loses nothing', () =>
		onChain(async (net, use) => {
			const { chain, node } = net;
			const [bob, charlie] = ['Bob', 'Charlie'].map((name) => chain.account(name));
			const bytes = doubling();
			const model = await publish(chain, charlie, bytes, { name: 'tests/doubling' });
			const start = await ledger(chain);
			const first = await ask(chain, bob, model, inline(floats(1)), PLENTY);
			const known = await outcome(chain, first.request);
			const second = await ask(chain, bob, model, inline(floats(2)), PLENTY);

			const after = use(await net.restart());
			assert.deepEqual(node.logged(/panicked|ERROR/), [], 'the node stops without complaint');
			const result = await outcome(after.chain, second.request);
			assert.deepEqual(result.outputs, [tensor('y', 'float32', [1], [4])]);
			const { rounds, commits, reveals } = await history(after.chain, second.request, second.block, result.block);
			assert.deepEqual([rounds.length, commits.length, reveals.length], [1, 1, 1]);
			const again = await outcome(after.chain, first.request, 0);
			assert.equal(again.resultHash, known.resultHash, 'earlier results are still there');
			assert.deepEqual(await read(after.chain, model, bytes.length), bytes, 'and so are the model\'s bytes');
			await assertSettled(after.chain, start);
		}));
});
