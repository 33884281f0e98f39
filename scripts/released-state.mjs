// Runs a network that does some of everything, and writes its state to a file, as runtime/tests/versions.rs reads it: SCALE of the keys
// and values after the last finalized block, without the code.

import fs from 'node:fs';
import { ask, inline, outcome, publish, quote, registration } from '../tests/lib/inference.js';
import { Localnet } from '../tests/lib/localnet.js';
import { doubling } from '../tests/lib/onnx.js';
import { encodeBundle, tensor } from '../tests/lib/tensors.js';

const CODE = '0x3a636f6465';
const ASY = 10n ** 12n;
const [file] = process.argv.slice(2);
if (!file) {
	console.error('released-state: name the file to write');
	process.exit(1);
}

/** Every pair of a block's state, a page of keys at a time. */
async function pairs(chain, block) {
	const found = [];
	for (let last = null; ; ) {
		const keys = await chain.rpc('state_getKeysPaged', '0x', 500, last, block);
		if (keys.length === 0) {
			return found;
		}
		const [{ changes }] = await chain.rpc('state_queryStorageAt', keys.filter((key) => key !== CODE), block);
		found.push(...changes);
		last = keys.at(-1);
	}
}

const net = await Localnet.start(4, '--engine-runs 1');
try {
	const [chain] = net.chains;
	const members = [0, 1, 2, 3].map((index) => chain.account(`localnet//${index}`));
	const { tx } = chain.api;
	const models = [];
	for (const name of ['first', 'second']) {
		models.push(await publish(chain, members[3], doubling({ name }), { name: `released/${name}` }));
	}
	const terms = await quote(chain, models[0], 64, { shapes: [[1]] });
	for (const model of [...models, ...models]) {
		const input = inline(encodeBundle([tensor('x', 'float32', [1], [1])]));
		const { request } = await ask(chain, members[2], model, input, { units: terms.units, maxFee: terms.price });
		await outcome(chain, request);
	}
	const newcomer = chain.account('newcomer');
	await chain.submit(tx.balances.transferKeepAlive(newcomer.address, 3_000n * ASY), members[0]);
	await chain.submit(tx.validators.bond(1_500n * ASY), newcomer);
	await chain.submit(tx.proxy.addProxy(members[1].address, 'Inference', 0), members[0]);
	// One that never gets its bytes, and one that is open.
	await chain.submit(registration(chain, doubling({ name: 'third' }), { name: 'released/third' }), members[1]);
	const input = inline(encodeBundle([tensor('x', 'float32', [1], [7])]));
	await ask(chain, members[2], models[0], input, { units: terms.units, maxFee: terms.price });
	const block = await chain.rpc('chain_getFinalizedHead');
	const all = await pairs(chain, block);
	fs.writeFileSync(file, chain.api.registry.createType('Vec<(Bytes, Bytes)>', all).toU8a());
	console.log(`released-state: ${all.length} entries of block ${block}`);
} finally {
	await net.end();
}
