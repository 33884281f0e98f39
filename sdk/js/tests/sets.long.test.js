// A light client from the genesis block on, while validators come and go: it follows finality through each change of who votes on it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connect } from '@assay-network/client';
import { CHANGES, changes, networkOfChanges, SIZE } from '../../../tests/lib/sets.js';

/** Against hanging for ever, on however slow a machine. */
const PATIENCE = 600_000;

test('a light client follows finality through three changes of the authority set', async (t) => {
	const localnet = await networkOfChanges();
	const stopped = new AbortController();
	let net;
	try {
		const [chain] = localnet.chains;
		net = await connect({ spec: localnet.spec, bootnodes: [chain.node.address], chain: false, timeout: PATIENCE });
		assert.deepEqual([net.genesis, net.isLight], [chain.genesis, true]);
		let finalized = { number: 0 };
		const following = (async () => {
			for await (const heads of net.heads({ signal: stopped.signal })) {
				finalized = heads.finalized;
			}
		})().catch((error) => assert.ok(stopped.signal.aborted, String(error)));
		await changes(localnet, () => finalized.number, async (change) => {
			assert.equal(finalized.hash, await chain.blockHash(finalized.number));
			t.diagnostic(`change ${change}: block ${finalized.number} of the light client is final, the node's best is ${chain.best}`);
		});
		assert.equal((await net.state()).validators.filter((validator) => validator.elected).length, SIZE - CHANGES);
		stopped.abort();
		await following;
	} finally {
		stopped.abort();
		net?.close();
		await localnet.end();
	}
});
