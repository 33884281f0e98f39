// The client as a light client in Node: no RPC, no node that is trusted.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connect, devAccount, loadVerifier, NotVerified, UsageError } from '@assay-network/client';
import { bootnodes, rawSpec, withModel } from './lib/chain.js';

/** Against hanging for ever, on however slow a machine. */
const PATIENCE = 600_000;

test('a light client that knows the chain spec verifies an output without any node', async (t) => {
	const { testnet } = await withModel('tests/doubling');
	let net;
	try {
		const { chain } = testnet;
		const spec = JSON.parse(rawSpec());
		await assert.rejects(connect({ spec, chain: false }), (error) => error instanceof UsageError && /no boot nodes/.test(error.message));
		await assert.rejects(connect({ spec: '{}', bootnodes: ['/ip4/127.0.0.1/tcp/1/ws'], chain: false }), /its genesis is not raw/);
		// Bonds stay for 30 minutes on development chains; this spec does not even say so.
		const old = { ...spec, genesis: { stateRootHash: `0x${'00'.repeat(32)}` }, bootNodes: ['/ip4/127.0.0.1/tcp/1/ws'] };
		await assert.rejects(connect({ spec: old, chain: false }), (error) => error instanceof NotVerified && /says how old its block may be.*acceptOldCheckpoint/.test(error.message));
		const verifier = await loadVerifier();
		assert.equal(verifier.specAge(JSON.stringify(spec), Date.now(), 900), null);
		assert.match(verifier.specAge(JSON.stringify(spec), Date.now(), 901), /block 0, which is 901 blocks old, more than the 900/);
		const begun = performance.now();
		net = await connect({ spec, bootnodes: await bootnodes(testnet), chain: false, timeout: PATIENCE });
		assert.deepEqual([net.genesis, net.isLight], [chain.genesis, true]);
		const double = await net.model('tests/doubling');
		const account = await devAccount('//Bob');
		await assert.rejects(double.run({ x: Float32Array.of(1) }, { account }), /nobody says how many units tests\/doubling@1 takes.*give `units`/);
		const y = await double.run({ x: Float32Array.of(4, 5) }, { account, units: 100_000_000 });
		t.diagnostic(`${Math.round(performance.now() - begun)} ms`);
		assert.deepEqual([y.outputs.y.data, y.verified.by, y.receipt], [Float32Array.of(8, 10), 'light client', undefined]);
		assert.equal(y.verified.block.hash, await chain.blockHash(y.verified.block.number));
	} finally {
		net?.close();
		await testnet.end();
	}
});
