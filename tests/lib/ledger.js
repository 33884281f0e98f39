// Accounts for every planck, and finds work and holds that are stuck.

import assert from 'node:assert/strict';

/** Balances, holds and issuance at a block. */
export async function ledger(chain, block = chain.best) {
	const api = await chain.api.at(await chain.blockHash(block));
	const [accounts, issuance, holds] = await Promise.all([
		api.query.system.account.entries(),
		api.query.balances.totalIssuance(),
		api.query.balances.holds.entries(),
	]);
	const total = new Map();
	const held = new Map();
	for (const [key, { data }] of accounts) {
		total.set(key.args[0].toString(), data.free.toBigInt() + data.reserved.toBigInt());
	}
	for (const [key, list] of holds) {
		const account = key.args[0].toString();
		for (const { id, amount } of list) {
			held.set(`${account} ${id.value.type}`, amount.toBigInt());
		}
	}
	return { block, total, held, issuance: issuance.toBigInt() };
}

/** Change of an account's balance, holds included, between two ledgers. */
export const change = (before, after, { address }) => (after.total.get(address) ?? 0n) - (before.total.get(address) ?? 0n);

const sum = (values) => [...values].reduce((total, value) => total + value, 0n);

/** Transaction fees that were paid after one block, up to another; tips are in them. */
export async function fees(chain, first, last) {
	const paid = (await chain.events(first + 1, last)).filter(({ method }) => method === 'TransactionFeePaid');
	return sum(paid.map(({ data }) => data.actualFee.toBigInt()));
}

/** Income of an account from the blocks that it made after one ledger, up to another: its part of their fees, and tips. */
export async function authored(chain, from, to, { address }) {
	const got = ({ section, method, data }) => section === 'balances' && method === 'Deposit' && data.who.toString() === address;
	const deposits = (await chain.events(from.block + 1, to.block)).filter(got);
	return sum(deposits.map(({ data }) => data.amount.toBigInt()));
}

/** Fails unless every planck of both ledgers is accounted for: accounts add up to the issuance, which nothing has changed. */
export async function assertConserved(before, after) {
	for (const { block, total, issuance } of [before, after]) {
		assert.equal(sum(total.values()), issuance, `accounts of block ${block} do not add up to the issuance`);
	}
	assert.equal(before.issuance, after.issuance, 'plancks were made or burnt');
}

/** Fails if anything is open at a block, or on hold for anything but bonds and the deposits of models and names that are there. */
export async function assertNothingStuck(chain, { block, held }) {
	const { rounds, models, inference, validators } = (await chain.api.at(await chain.blockHash(block))).query;
	assert.equal((await rounds.counterForStandings()).toNumber(), 0, 'something is counted as open');
	const ofSubjects = ['standings', 'agreements', 'challenged', 'outputs', 'disputes'];
	for (const name of [...ofSubjects, 'rounds', 'ballots', 'duties', 'products', 'contested']) {
		assert.equal((await rounds[name].keys()).length, 0, `rounds.${name} is not empty`);
	}
	for (const name of ['requests', 'inputs', 'callbacks']) {
		assert.equal((await inference[name].keys()).length, 0, `inference.${name} is not empty`);
	}
	assert.equal((await rounds.newDraws()).length + (await rounds.dueDraws()).length, 0, 'a draw is open');

	const expected = new Map();
	const add = (who, reason, amount) => {
		const key = `${who} ${reason}`;
		expected.set(key, (expected.get(key) ?? 0n) + amount);
	};
	for (const [key, candidate] of await validators.candidates.entries()) {
		add(key.args[0], 'Bond', candidate.unwrap().bond.toBigInt());
	}
	for (const [, model] of await models.models.entries()) {
		const { owner, deposit, activationFee } = model.unwrap();
		assert.equal(activationFee.toBigInt(), 0n, 'an activation fee was neither paid nor returned');
		add(owner, 'ModelDeposit', deposit.toBigInt());
	}
	for (const [, name] of await models.names.entries()) {
		const { owner, deposit } = name.unwrap();
		add(owner, 'NameDeposit', deposit.toBigInt());
	}
	const open = new Map([...expected].filter(([, amount]) => amount > 0n));
	assert.deepEqual(new Map([...held].sort()), new Map([...open].sort()), 'holds are not bonds and deposits of models and names');
}

/** Both of the above, at the best block. Returns its ledger. */
export async function assertSettled(chain, before) {
	const after = await ledger(chain);
	await assertConserved(before, after);
	await assertNothingStuck(chain, after);
	return after;
}
