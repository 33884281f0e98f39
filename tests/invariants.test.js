// The checks that the tests of networks make at each block find the faults that they are for.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Testnet } from './lib/testnet.js';

let net, chain, alice, ferdie;

before(async () => {
	net = await Testnet.start();
	({ chain } = net);
	[alice, ferdie] = ['Alice', 'Ferdie'].map((name) => chain.account(name));
});
after(() => net?.end());

const check = async (block) => chain.rpc('invariants_check', await chain.blockHash(block));

/** Writes a value to the state that no call would write, returns the report of the checks, and restores the old value. */
async function corrupted(key, value) {
	const { api } = chain;
	const before = await api.rpc.state.getStorage(key);
	const set = (value) => chain.submit(api.tx.sudo.sudo(api.tx.system.setStorage([[key, value]])), alice);
	const { block } = await set(value);
	const said = await check(block);
	const restored = before.isNone
		? await chain.submit(api.tx.sudo.sudo(api.tx.system.killStorage([key])), alice)
		: await set(before.unwrap().toHex());
	assert.equal(await check(restored.block), null);
	return said;
}

test('an honest chain is sound after each block', async () => {
	await chain.until('some blocks', 5, () => chain.best >= 4);
	for (let block = 0; block <= chain.best; block++) {
		assert.equal(await check(block), null);
	}
});

test('a count of each pallet that is wrong is seen', async () => {
	const { rounds, models, inference, validators } = chain.api.query;
	const number = (type) => chain.api.createType(type, 7).toHex(true);
	assert.match(await corrupted(rounds.counterForStandings.key(), number('u32')), /^rounds: .*miscounted/);
	assert.match(await corrupted(models.unavailable.key(`0x${'11'.repeat(32)}`), '0x00'), /^models: .*nobody can use/);
	assert.match(await corrupted(inference.counterForCallbacks.key(), number('u32')), /^inference: .*miscounted/);
	assert.match(await corrupted(validators.counterForCandidates.key(), number('u32')), /^validators: .*miscounted/);
});

test('a hold without a record is seen', async () => {
	const { balances } = chain.api.query;
	const { type } = balances.holds.creator.meta;
	const holds = chain.api.registry.createTypeUnsafe(chain.api.registry.createLookupType(type.asMap.value), [
		[{ id: { Inference: 'Escrow' }, amount: 1 }],
	]);
	assert.match(await corrupted(balances.holds.key(ferdie.address), holds.toHex()), /1 on hold for .*Escrow.*, the records say 0/);
});

test('plancks from nowhere are seen', async () => {
	const { api } = chain;
	const issuance = (await api.query.balances.totalIssuance()).toBigInt();
	const more = api.createType('u128', issuance + 1n).toHex(true);
	const set = api.tx.system.setStorage([[api.query.balances.totalIssuance.key(), more]]);
	const { block } = await chain.submit(api.tx.sudo.sudo(set), alice);
	assert.match(await check(block), /accounts have .*, the issuance is/);
});
