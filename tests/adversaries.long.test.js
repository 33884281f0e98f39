// Seven validators of which two break the protocol, in every way that there is: nothing false becomes final, who does wrong pays what
// docs/protocol.md says, nobody else does, and every planck is accounted for.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Forger, Orders, acts } from './lib/adversary.js';
import { ask, inline, outcome, publish, quote } from './lib/inference.js';
import { assertConserved, assertNothingStuck, change, ledger } from './lib/ledger.js';
import { Localnet } from './lib/localnet.js';
import { doubling } from './lib/onnx.js';
import { encodeBundle, tensor } from './lib/tensors.js';

const SIZE = 7;
/** Nodes that do wrong: fewer than a third. */
const [FIRST, SECOND] = [5, 6];
/** Blocks of a session on the built-in chains. */
const SESSION = 30;
/** Blocks in which any request ends: a redraw after the longest windows, twice, or an escalation. */
const WITHIN = 90;
/** Requests that are tried until everybody who does wrong was drawn: all but one in a million runs need fewer. */
const TRIES = 8;
/** Units of a request whose windows are two blocks longer, so that there is time to dispute. */
const SLOW = 8_000_000_000n;
/** Thousandths of the bond that a fault costs. */
const PRICE = { WrongVerdict: 100n, WrongTrace: 50n, NotRevealed: 5n, Silent: 1n };

describe('a network of seven validators, two of which are adversaries', () => {
	const orders = new Orders();
	let net, chain, bob, model, start, bond, cost;
	let asked = 0;
	const account = (index) => chain.account(`localnet//${index}`).address;
	/** Faults that were found and penalties that were taken, by account. */
	const faulted = new Map();

	before(async () => {
		net = await Localnet.start(SIZE, '--engine-runs 1', orders.env);
		[chain] = net.chains;
		bob = chain.account('Bob');
		model = await publish(chain, chain.account('Charlie'), doubling({ name: 'adversaries' }), { name: 'tests/adversaries' });
		({ units: cost } = await quote(chain, model, 64, { shapes: [[1]], k: 3 }));
		start = await ledger(chain);
		bond = (await chain.api.query.validators.candidates(account(0))).unwrap().bond.toBigInt();
	});
	after(async () => {
		await net?.end();
		orders.remove();
	});

	/** Asks the model for the double of a number that nobody has asked for; fails unless the end is one that the protocol knows. */
	async function request(k, { units = cost, meanwhile = async () => {} } = {}) {
		const number = ++asked;
		const input = encodeBundle([tensor('x', 'float32', [1], [number])]);
		const maxFee = (await chain.api.call.inferenceApi.price(units, input.length, k)).unwrap();
		const sent = await ask(chain, bob, model, inline(input), { units, maxFee, k });
		const [result, done] = await Promise.all([outcome(chain, sent.request, WITHIN), meanwhile(sent)]);
		assert.equal(result.paid + result.refunded, sent.escrow, 'the escrow is paid or returned to the planck');
		if (result.event === 'InferenceFinalized') {
			assert.deepEqual(result.outputs, [tensor('y', 'float32', [1], [2 * number])], 'a false result became final');
			assert.equal(result.resultHash, result.recomputed);
		} else {
			assert.equal(result.paid, 0n, 'a request without an answer costs nothing');
		}
		return { ...sent, result, done };
	}

	/** Faults of the blocks up to now, and who is at fault as `{ index: [fault, ...] }`. Fails if somebody honest is, or at another price. */
	async function faults(first) {
		const found = {};
		for (const { method, data } of await chain.events(first, chain.best)) {
			if (method !== 'Faulted') {
				continue;
			}
			const [who, fault, amount] = [data.who.toString(), data.fault.type, data.amount.toBigInt()];
			const index = [FIRST, SECOND].find((index) => account(index) === who);
			assert.ok(index, `${who}, who is honest, is found at fault: ${fault}`);
			// Penalties that were taken before have made the bond smaller.
			assert.ok(amount <= (bond * PRICE[fault]) / 1_000n && amount > (bond * PRICE[fault]) / 2_000n, `${fault} costs ${amount}`);
			(found[index] ??= new Set()).add(fault);
			faulted.set(who, (faulted.get(who) ?? 0n) + amount);
		}
		return Object.fromEntries(Object.entries(found).map(([index, kinds]) => [index, [...kinds].sort()]));
	}

	/** How much an account has earned between two ledgers: what its balance rose by, penalties apart. */
	async function earned(from, to, index) {
		const events = await chain.events(from.block + 1, to.block);
		const taken = events.filter(({ method, data }) => method === 'Slashed' && data.who.toString() === account(index));
		return taken.reduce((sum, { data }) => sum + data.amount.toBigInt(), change(from, to, { address: account(index) }));
	}

	/** Requests of three until both adversaries have been found at fault. Returns how each request went. */
	async function until(fault) {
		const first = chain.best + 1;
		const wanted = [FIRST, SECOND].map(account);
		const ways = [];
		for (let turn = 0; turn < TRIES; turn++) {
			const { result } = await request(3);
			ways.push(result.claim?.decision.escalated.isTrue ? 'decided by all' : result.event.replace('Inference', ''));
			const events = await chain.events(first, chain.best);
			const caught = events.filter(({ method, data }) => method === 'Faulted' && data.fault.type === fault);
			if (wanted.every((who) => caught.some(({ data }) => data.who.toString() === who))) {
				break;
			}
		}
		return { first, ways };
	}

	test('who is silent and who withholds are at fault and unpaid', async (t) => {
		orders.give(FIRST, 'silent');
		orders.give(SECOND, 'withhold');
		const from = await ledger(chain);
		// In a committee of all, the five others are enough; one of three leaves too few votes, and then nobody is absent.
		const all = await request(SIZE);
		assert.equal(all.result.event, 'InferenceFinalized');
		const few = [await request(3), await request(3)];
		const to = await ledger(chain);
		const found = await faults(from.block + 1);
		assert.deepEqual(found[FIRST], ['Silent']);
		assert.deepEqual(found[SECOND], ['NotRevealed']);
		for (const index of [FIRST, SECOND]) {
			assert.equal(await earned(from, to, index), 0n, 'an adversary was paid');
		}
		assert.ok(acts(net.chains[FIRST], 'Silent').length > 0 && acts(net.chains[SECOND], 'Withhold').length > 0);
		t.diagnostic(`of three: ${few.map(({ result }) => result.event).join(', ')}; ${JSON.stringify(found)}`);
		t.diagnostic(acts(net.chains[SECOND], 'Withhold')[0]);
	});

	test('who votes without a run, for what others found, is at fault and unpaid', async (t) => {
		orders.give(FIRST, 'guess');
		orders.give(SECOND, 'guess');
		const from = await ledger(chain);
		const { first, ways } = await until('WrongTrace');
		const to = await ledger(chain);
		const found = await faults(first);
		assert.deepEqual(found, { [FIRST]: ['WrongTrace'], [SECOND]: ['WrongTrace'] });
		for (const index of [FIRST, SECOND]) {
			assert.equal(await earned(from, to, index), 0n, 'an adversary was paid');
			assert.ok(acts(net.chains[index], 'Guess').length > 0);
		}
		t.diagnostic(`${ways.join(', ')}; ${acts(net.chains[FIRST], 'Guess')[0]}`);
	});

	test('who frames an honest member with an invented trace is at fault, and the one they frame is not', async (t) => {
		orders.give(FIRST, 'frame');
		orders.give(SECOND, 'frame');
		const { first, ways } = await until('WrongTrace');
		const found = await faults(first);
		assert.deepEqual(found, { [FIRST]: ['WrongTrace'], [SECOND]: ['WrongTrace'] });
		for (const index of [FIRST, SECOND]) {
			assert.ok(acts(net.chains[index], 'Frame').some((line) => line.includes('the others invent')));
		}
		t.diagnostic(`${ways.join(', ')}; ${acts(net.chains[FIRST], 'Frame')[0]}`);
	});

	test('a copied vote cannot be opened, and nobody says anything for somebody else', async (t) => {
		orders.clear();
		// The node says nothing; what is said for its validator is written by hand.
		orders.give(FIRST, 'silent');
		const forger = new Forger(chain, `//localnet//${FIRST}`);
		const from = await ledger(chain);
		const { result, done } = await request(SIZE, {
			meanwhile: async ({ request }) => {
				const round = await chain.until('the committee is drawn', WITHIN, async () => {
					const { stage } = (await chain.api.query.rounds.standings({ Request: request })).unwrap();
					return stage.isVoting && stage.asVoting.toNumber();
				});
				const usurped = await forger.usurp(round);
				const copied = await forger.copy(round, WITHIN);
				return { usurped, copied, repeated: await forger.repeat(copied) };
			},
		});
		assert.equal(result.event, 'InferenceFinalized');
		assert.ok(done.copied.refused, 'the pool took a copied vote');
		assert.ok([...done.usurped, ...done.repeated].every(Boolean), 'the pool took what somebody else has not said');
		assert.ok(done.usurped.some((answer) => /bad signature/.test(answer)), done.usurped.join('; '));
		const error = await forger.accuse(done.copied.victim);
		assert.equal(error?.error, 'grandpa.InvalidEquivocationProof');
		const to = await ledger(chain);
		const found = await faults(from.block + 1);
		assert.deepEqual(found, { [FIRST]: ['NotRevealed'] });
		assert.ok((await earned(from, to, FIRST)) < 0n, 'it was paid, or a false report cost no fee');
		forger.log.forEach((line) => t.diagnostic(line));
	});

	test('a false dispute costs its hold and changes nothing', async (t) => {
		orders.clear();
		const forger = new Forger(chain, `//localnet//${SECOND}`);
		const first = chain.best + 1;
		const { result, done } = await request(3, {
			units: SLOW,
			meanwhile: ({ request }) => forger.dispute(request, WITHIN),
		});
		assert.equal(result.event, 'InferenceFinalized');
		assert.ok(result.claim.decision.escalated.isTrue, 'all have decided');
		const { data } = (await chain.events(first, chain.best)).find(({ method }) => method === 'DisputeSettled');
		assert.ok(data.upheld.isFalse && data.hold.toBigInt() === done.hold && done.hold >= bond / 100n);
		assert.deepEqual(await faults(first), {});
		t.diagnostic(`${forger.log.join('; ')}; decided by ${result.claim.decision.votes} of ${SIZE}`);
	});

	test('who lies is at fault, unpaid and out of the set', async (t) => {
		orders.give(FIRST, 'lie');
		orders.give(SECOND, 'lie');
		const from = await ledger(chain);
		const { first, ways } = await until('WrongVerdict');
		const to = await ledger(chain);
		const found = await faults(first);
		assert.deepEqual(found, { [FIRST]: ['WrongVerdict'], [SECOND]: ['WrongVerdict'] });
		for (const index of [FIRST, SECOND]) {
			assert.equal(await earned(from, to, index), 0n, 'an adversary was paid');
			assert.ok(acts(net.chains[index], 'Lie').length > 0);
		}
		const set = await chain.until('the liars are out of the set', 3 * SESSION, async () => {
			const set = (await chain.api.query.session.validators()).map((who) => who.toString());
			return [FIRST, SECOND].every((index) => !set.includes(account(index))) && set;
		});
		assert.equal(set.length, SIZE - 2);
		t.diagnostic(`${ways.join(', ')}; ${acts(net.chains[FIRST], 'Lie')[0]}`);
	});

	test('penalties are taken in full, from nobody else, and every planck is accounted for', async (t) => {
		orders.clear();
		const { validators } = chain.api.query;
		await chain.until('all penalties are taken', 6 * SESSION, async () => (await validators.penalties.keys()).length === 0);
		const end = await ledger(chain);
		const taken = new Map();
		for (const { method, data } of await chain.events(start.block + 1, end.block)) {
			if (method === 'Slashed') {
				taken.set(data.who.toString(), (taken.get(data.who.toString()) ?? 0n) + data.amount.toBigInt());
			}
		}
		assert.deepEqual([...taken].sort(), [...faulted].sort(), 'penalties that were found and that were taken');
		for (let index = 0; index < SIZE; index++) {
			const left = (await validators.candidates(account(index))).unwrap().bond.toBigInt();
			assert.equal(left, bond - (taken.get(account(index)) ?? 0n));
			t.diagnostic(`node ${index}: bond ${left / 10n ** 9n} of ${bond / 10n ** 9n} thousandths of an ASY`);
		}
		await assertConserved(chain, start, end);
		await assertNothingStuck(chain, end);
		t.diagnostic(`${asked} requests, ${end.block - start.block} blocks`);
	});
});
