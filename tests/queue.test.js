// The run queue of a node: short runs are done beside long ones.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ask, inline, outcome, publish, quote } from './lib/inference.js';
import { doubling, slow } from './lib/onnx.js';
import { encodeBundle, tensor } from './lib/tensors.js';
import { Testnet } from './lib/testnet.js';

/** Half of the largest unit limit. Products of 64 bits have no kernel: half a minute on the machine that a unit was measured on. */
const LONG_UNITS = 1.2e11;
const STARTED = /run started/;
const FINISHED = /run finished/;

const flat = (n) => encodeBundle([tensor('x', 'float64', [1, n], new Array(n).fill(1 / Math.sqrt(n)))]);

describe('the run queue', () => {
	let net, chain;

	before(async () => {
		net = await Testnet.start(undefined, ['--engine-runs', '1']);
		chain = net.chain;
	});
	after(() => net?.end());

	test('a small request is final while a heavy one occupies the only worker for any run', async (t) => {
		const [bob, charlie] = ['Bob', 'Charlie'].map((name) => chain.account(name));
		const heavy = await publish(chain, charlie, slow(32, 'float64'), { name: 'tests/slow', sample: inline(flat(4)) });
		const small = await publish(chain, charlie, doubling({ name: 'small' }), { name: 'tests/small' });
		const cost = async (n) => (await quote(chain, heavy, flat(n).length, { shapes: [[1, n]] })).units;
		const n = Math.floor(512 * Math.cbrt(LONG_UNITS / (await cost(512))));
		const { units, price } = await quote(chain, heavy, flat(n).length, { shapes: [[1, n]] });

		const before = net.node.logged(STARTED).length;
		await ask(chain, bob, heavy, inline(flat(n)), { units, maxFee: price });
		await chain.until('the heavy run begins', 10, () => net.node.logged(STARTED).length > before);
		const finished = net.node.logged(FINISHED).length;

		const answered = async (name, index) => {
			const number = index + 1;
			const input = encodeBundle([tensor('x', 'float32', [1], [number])]);
			const asked = await ask(chain, chain.account(name), small, inline(input), { units: 10_000_000, maxFee: 10n ** 12n });
			const result = await outcome(chain, asked.request);
			assert.deepEqual(result.outputs, [tensor('y', 'float32', [1], [2 * number])]);
			t.diagnostic(`final ${result.block - asked.block} blocks after the request, beside a run of ${units} units`);
		};
		await Promise.all(['Dave', 'Eve'].map(answered));
		const since = net.node.logged(FINISHED).slice(finished);
		assert.ok(since.slice(0, 2).every((line) => !line.includes(`${units} units`)), 'the heavy run ends first');
		const heavyRun = () => net.node.logged(FINISHED).find((line) => line.includes(`${units} units`));
		await chain.until('the heavy run ends', 100, heavyRun);
		t.diagnostic(heavyRun());
	});
});
