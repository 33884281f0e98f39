// Networks of four validators, all of which vote, and of seven with committees of three: how many blocks a request takes, idle and under
// load, and whether votes get through when somebody fills the blocks.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { inline, publish, quote } from './lib/inference.js';
import { Sender, filled, follow, latency, remark } from './lib/load.js';
import { Localnet } from './lib/localnet.js';
import { doubling } from './lib/onnx.js';
import { encodeBundle, tensor } from './lib/tensors.js';

/** Members of a committee, and auditors that are expected beside it: four validators all vote. */
const [K, AUDITS] = [3, 2];
/** Blocks in which any request ends: three committees with all their windows, and rounds of all. */
const WITHIN = 300;
/** Requests when idle, and blocks from one to the next. */
const [IDLE, APART] = [25, 2];
/** Blocks under load, and requests in each. */
const [BUSY, PER_BLOCK] = [30, 4];
/** Remarks that fill a block's room for transactions of users, 3.75 MiB, and the tip that puts them first. */
const [REMARKS, REMARK_BYTES, TIP] = [4, 950_000, 10n ** 12n];
/** Blocks that are filled. */
const FULL = 15;

for (const size of [4, 7]) {
	describe(`a network of ${size} validators`, () => {
		let net, chain, bob, model, units, price;

		before(async () => {
			net = await Localnet.start(size, '--engine-runs 1');
			[chain] = net.chains;
			bob = chain.account('Bob');
			model = await publish(chain, chain.account('Charlie'), doubling({ name: `load ${size}` }), { name: 'tests/load' });
			({ units, price } = await quote(chain, model, 64, { shapes: [[1]], k: K, audits: AUDITS }));
		});
		after(() => net?.end());

		let number = 0;
		const request = () => {
			const input = encodeBundle([tensor('x', 'float32', [1], [number++])]);
			return chain.api.tx.inference.requestInference(model, inline(input), units, price, K, AUDITS, { Blocks: 4 }, null);
		};

		test('every request ends, idle and under load', async (t) => {
			const sender = await Sender.of(chain, bob);
			const start = chain.best;
			for (let sent = 0; sent < IDLE; sent++) {
				await sender.pace(1, 1, request);
				await chain.until('the next one', APART, () => chain.best >= start + (sent + 1) * APART);
			}
			const idle = await follow(chain, bob, start, IDLE, WITHIN);
			const between = chain.best;
			const before = await sender.pace(BUSY, PER_BLOCK, request);
			const busy = await follow(chain, bob, before, BUSY * PER_BLOCK, WITHIN);
			const end = chain.best;
			const slots = { idle: await filled(chain, start, between), busy: await filled(chain, between, end) };
			assert.equal(idle.length, IDLE);
			assert.equal(busy.length, BUSY * PER_BLOCK);
			t.diagnostic(`${size} validators, k = ${K}, ${AUDITS} auditors, one request in ${APART} blocks: ${latency(idle).text}`);
			t.diagnostic(`${size} validators, k = ${K}, ${AUDITS} auditors, ${PER_BLOCK} requests in each block: ${latency(busy).text}`);
			const part = (value) => value.toFixed(3);
			t.diagnostic(
				`slots filled: ${part(slots.idle)} idle, ${part(slots.busy)} under load, ratio ${part(slots.busy / slots.idle)} (target: 0.9)`
			);
		});

		if (size === 4) {
			test('full blocks of remarks do not keep votes out', async (t) => {
				const [filler, sender] = await Promise.all([chain.account('Ferdie'), bob].map((pair) => Sender.of(chain, pair)));
				const before = chain.best;
				for (let block = 0; block < FULL; block++) {
					for (let each = 0; each < REMARKS; each++) {
						await filler.send(remark(chain, REMARK_BYTES));
					}
					if (block === 2) {
						await sender.send(request(), TIP);
					}
					await chain.nextBlock();
				}
				const [{ asked, ended, event }] = await follow(chain, bob, before, 1, WITHIN);
				assert.equal(event, 'InferenceFinalized');
				let full = 0;
				for (let block = asked; block <= ended; block++) {
					const { block: body } = await chain.rpc('chain_getBlock', await chain.blockHash(block));
					full += body.extrinsics.filter((hex) => hex.length > REMARK_BYTES).length >= REMARKS - 1;
				}
				assert.ok(full > 0, 'no block was full');
				t.diagnostic(`final ${ended - asked} blocks after its inclusion, ${full} of ${ended - asked + 1} blocks full`);
			});
		}
	});
}
