// A light client from the genesis block on, while validators come and go: it follows finality through each change of who votes on it.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { test } from 'node:test';
import { connect } from '@assay-network/client';
import { Localnet } from '../../../tests/lib/localnet.js';
import { NODE } from '../../../tests/lib/paths.js';

/** Validators at first, and changes of the set: one leaves at each. */
const [SIZE, CHANGES] = [4, 3];
/** Blocks of a session on the built-in chains. */
const SESSION = 30;
/** Blocks by which the light client's finality lags at most, on a machine that others keep busy. */
const BEHIND = 60;
/** Against hanging for ever, on however slow a machine. */
const PATIENCE = 600_000;

test('a light client follows finality through three changes of the authority set', async (t) => {
	const localnet = await Localnet.start(SIZE);
	const stopped = new AbortController();
	let net;
	try {
		const [chain] = localnet.chains;
		const raw = execFileSync(NODE, ['export-chain-spec', '--chain', path.join(localnet.dir, 'spec.json'), '--raw'], { stdio: 'pipe', maxBuffer: 2 ** 28, encoding: 'utf8' });
		net = await connect({ spec: JSON.parse(raw), bootnodes: [chain.node.address], chain: false, timeout: PATIENCE });
		assert.deepEqual([net.genesis, net.isLight], [chain.genesis, true]);
		let finalized = { number: 0 };
		const following = (async () => {
			for await (const heads of net.heads({ signal: stopped.signal })) {
				finalized = heads.finalized;
			}
		})().catch((error) => assert.ok(stopped.signal.aborted, String(error)));
		const setId = async () => (await chain.api.query.grandpa.currentSetId()).toNumber();
		const first = await setId();
		for (let change = 1; change <= CHANGES; change++) {
			// One leaves. It is elected for two more sessions at most.
			await chain.submit(chain.api.tx.validators.unbond(), chain.account(`localnet//${SIZE - change}`));
			await chain.until(`the authority set changes, the ${change}. time`, 4 * SESSION, async () => (await setId()) >= first + change);
			const changed = chain.best;
			await chain.until(`the light client sees block ${changed} finalized`, BEHIND, () => finalized.number >= changed);
			assert.equal(finalized.hash, await chain.blockHash(finalized.number));
			t.diagnostic(`change ${change}: block ${finalized.number} of the light client is final, the node's best is ${chain.best}`);
		}
		assert.equal((await net.state()).validators.filter((validator) => validator.elected).length, SIZE - CHANGES);
		stopped.abort();
		await following;
	} finally {
		stopped.abort();
		net?.close();
		await localnet.end();
	}
});
