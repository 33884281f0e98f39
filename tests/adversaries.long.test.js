// Seven validators of which two break the protocol, in every way that there is. Nothing false becomes final, the two pay the penalties of
// docs/protocol.md, nobody else pays, and every planck is accounted for. Faults that put a validator out are tried on another network.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Forger, Orders, acts } from './lib/adversary.js';
import { ask, inline, outcome, publish, quote } from './lib/inference.js';
import { assertConserved, assertNothingStuck, authored, change, ledger } from './lib/ledger.js';
import { Localnet } from './lib/localnet.js';
import { doubling } from './lib/onnx.js';
import { shutSeals } from './lib/rounds.js';
import { encodeBundle, tensor } from './lib/tensors.js';

const SIZE = 7;
/** Nodes that do wrong: fewer than a third. */
const [FIRST, SECOND] = [5, 6];
/** Members of a committee, and auditors that are expected beside it: fewer than there are validators, or all of them would vote. */
const [K, AUDITS] = [3, 2];
/** The shortest window: it is longer anyway where there are few auditors. */
const WINDOW = { Blocks: 4 };
/** Blocks of a session and of an era on the built-in chains. */
const [SESSION, ERA] = [30, 60];
/** Eras that a penalty is held that puts a validator out of the set. */
const HELD_ERAS = 4;
/** Blocks in which any request ends: a redraw after the longest windows, twice, rounds of all, and the window of an auditor's shut seal. */
const WITHIN = 300;
/** Requests that are tried until everybody who does wrong had a part in one: all but one in a million runs need fewer. */
const TRIES = 14;
/** Thousandths of the bond that a fault costs. */
const PRICE = { WrongVerdict: 1_000n, WrongTrace: 250n, StillShut: 250n, NotRevealed: 1n, Silent: 1n };

/** Tests on a network of their own. */
function network(name, body) {
	describe(`a network of seven validators, two of which ${name}`, () => {
		const net = new Net();
		before(() => net.start());
		after(() => net.end());
		body(net);
	});
}

class Net {
	orders = new Orders();
	/** Requests so far. */
	asked = 0;
	/** Penalties that were found, by account. */
	faulted = new Map();

	async start() {
		this.net = await Localnet.start(SIZE, '--engine-runs 1', this.orders.env);
		this.chains = this.net.chains;
		[this.chain] = this.chains;
		const { chain } = this;
		this.bob = chain.account('Bob');
		this.model = await publish(chain, chain.account('Charlie'), doubling({ name: 'adversaries' }), { name: 'tests/adversaries' });
		({ units: this.cost } = await quote(chain, this.model, 64, { shapes: [[1]], k: K, audits: AUDITS }));
		this.first = await ledger(chain);
		this.read = this.first.block;
		this.net.dishonest = [FIRST, SECOND].map((index) => this.account(index));
		this.bond = (await chain.api.query.validators.candidates(this.account(0))).unwrap().bond.toBigInt();
	}

	async end() {
		await this.net?.end();
		this.orders.remove();
	}

	account(index) {
		return this.chain.account(`localnet//${index}`).address;
	}

	/** Orders both adversaries to do an act. */
	both(act) {
		[FIRST, SECOND].forEach((index) => this.orders.give(index, act));
	}

	/** Asks the model for the double of a number that nobody has asked for; fails unless the end is one that the protocol knows. */
	async request(k, meanwhile = async () => {}) {
		const { chain } = this;
		const number = ++this.asked;
		const input = encodeBundle([tensor('x', 'float32', [1], [number])]);
		const maxFee = (await chain.api.call.inferenceApi.price(this.cost, input.length, k, AUDITS)).unwrap();
		const options = { units: this.cost, maxFee, k, audits: AUDITS, window: WINDOW };
		const sent = await ask(chain, this.bob, this.model, inline(input), options);
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

	/** Faults since this was asked last, as `{ index: [fault, ...] }`. Fails if somebody honest is at fault, or at another price. */
	async faults() {
		const { bond, faulted, read } = this;
		const found = {};
		this.read = this.chain.best;
		for (const { method, data } of await this.chain.events(read + 1, this.read)) {
			if (method !== 'Faulted') {
				continue;
			}
			const [who, fault, amount] = [data.who.toString(), data.fault.type, data.amount.toBigInt()];
			const index = [FIRST, SECOND].find((index) => this.account(index) === who);
			assert.ok(index, `${who}, who is honest, is found at fault: ${fault}`);
			// Penalties that were taken before have made the bond smaller.
			assert.ok(amount <= (bond * PRICE[fault]) / 1_000n && amount > (bond * PRICE[fault]) / 2_000n, `${fault} costs ${amount}`);
			(found[index] ??= new Set()).add(fault);
			faulted.set(who, (faulted.get(who) ?? 0n) + amount);
		}
		return Object.fromEntries(Object.entries(found).map(([index, kinds]) => [index, [...kinds].sort()]));
	}

	/** Earnings of an account between two ledgers: the growth of its balance, without penalties and without the fees of its own blocks. */
	async earned(from, to, index) {
		const address = this.account(index);
		const events = await this.chain.events(from.block + 1, to.block);
		const taken = events.filter(({ method, data }) => method === 'Slashed' && data.who.toString() === address);
		const before = change(from, to, { address }) - (await authored(this.chain, from, to, { address }));
		return taken.reduce((sum, { data }) => sum + data.amount.toBigInt(), before);
	}

	/** Requests of committees until both adversaries have been found at fault. Returns how each request went. */
	async until(fault) {
		const first = this.chain.best + 1;
		const wanted = [FIRST, SECOND].map((index) => this.account(index));
		const ways = [];
		for (let turn = 0; turn < TRIES; turn++) {
			const { result } = await this.request(K);
			ways.push(result.claim?.decision.escalated.isTrue ? 'decided by all' : result.event.replace('Inference', ''));
			const events = await this.chain.events(first, this.chain.best);
			const caught = events.filter(({ method, data }) => method === 'Faulted' && data.fault.type === fault);
			if (wanted.every((who) => caught.some(({ data }) => data.who.toString() === who))) {
				break;
			}
		}
		return ways;
	}

	/** Waits until the penalties of all that were found are taken, and compares. */
	async penalties(t) {
		const { chain, faulted, bond, first } = this;
		const { validators } = chain.api.query;
		const none = async () => (await validators.penalties.keys()).length === 0;
		await chain.until('all penalties are taken', (HELD_ERAS + 2) * ERA, none);
		const end = await ledger(chain);
		const taken = new Map();
		for (const { method, data } of await chain.events(first.block + 1, end.block)) {
			if (method === 'Slashed') {
				taken.set(data.who.toString(), (taken.get(data.who.toString()) ?? 0n) + data.amount.toBigInt());
			}
		}
		assert.deepEqual([...taken].sort(), [...faulted].sort(), 'penalties that were found and that were taken');
		for (let index = 0; index < SIZE; index++) {
			const left = (await validators.candidates(this.account(index))).unwrap().bond.toBigInt();
			assert.equal(left, bond - (taken.get(this.account(index)) ?? 0n));
			t.diagnostic(`node ${index}: bond ${left / 10n ** 9n} of ${bond / 10n ** 9n} thousandths of an ASY`);
		}
		await assertConserved(first, end);
		await assertNothingStuck(chain, end);
		t.diagnostic(`${this.asked} requests, ${end.block - first.block} blocks`);
	}
}

network('keep votes back and make false accusations', (net) => {
	test('a false dispute costs its hold and changes nothing', async (t) => {
		const { chain, bond } = net;
		const forger = new Forger(chain, `//localnet//${SECOND}`);
		const first = chain.best + 1;
		const { result, done } = await net.request(K, ({ request }) => forger.dispute(request, WITHIN));
		assert.equal(result.event, 'InferenceFinalized');
		assert.ok(result.claim.decision.escalated.isTrue, 'all have decided');
		const { data } = (await chain.events(first, chain.best)).find(({ method }) => method === 'DisputeSettled');
		assert.ok(data.upheld.isFalse && data.hold.toBigInt() === done.hold && done.hold >= bond / 50n);
		assert.deepEqual(await net.faults(), {});
		t.diagnostic(`${forger.log.join('; ')}; decided by ${result.claim.decision.votes} of ${SIZE}`);
	});

	test('who is silent and who withholds are at fault and unpaid', async (t) => {
		const { chain, orders } = net;
		orders.give(FIRST, 'silent');
		orders.give(SECOND, 'withhold');
		const from = await ledger(chain);
		// In a round of all, the five others are enough.
		const all = await net.request(SIZE);
		assert.equal(all.result.event, 'InferenceFinalized');
		const to = await ledger(chain);
		assert.deepEqual(await net.faults(), { [FIRST]: ['Silent'], [SECOND]: ['NotRevealed'] });
		for (const index of [FIRST, SECOND]) {
			assert.equal(await net.earned(from, to, index), 0n, 'an adversary was paid');
		}
		assert.ok(acts(net.chains[FIRST], 'Silent').length > 0 && acts(net.chains[SECOND], 'Withhold').length > 0);
		t.diagnostic(acts(net.chains[SECOND], 'Withhold')[0]);
		// It opens its seal as long as that costs no more.
		orders.clear();
		orders.give(FIRST, 'silent');
		const few = await net.request(K);
		// One fault of this kind is paid in an era.
		assert.ok([undefined, 'Silent'].includes((await net.faults())[FIRST]?.join()));
		t.diagnostic(`of three: ${few.result.event}`);
	});

	test('a copied vote cannot be opened, and nobody says anything for somebody else', async (t) => {
		const { chain, orders } = net;
		orders.clear();
		// The node is silent; the transactions of its validator are written by hand.
		orders.give(FIRST, 'silent');
		const forger = new Forger(chain, `//localnet//${FIRST}`);
		const from = await ledger(chain);
		const { result, done } = await net.request(SIZE, async ({ request }) => {
			const round = await chain.until('the round is drawn', WITHIN, async () => {
				const { stage } = (await chain.api.query.rounds.standings({ Request: request })).unwrap();
				return stage.isVoting && stage.asVoting.toNumber();
			});
			const usurped = await forger.usurp(round);
			const copied = await forger.copy(round, WITHIN);
			return { usurped, copied, repeated: await forger.repeat(copied) };
		});
		assert.equal(result.event, 'InferenceFinalized');
		assert.ok(done.copied.refused, 'the pool took a copied vote');
		assert.ok([...done.usurped, ...done.repeated].every(Boolean), 'the pool took what somebody else has not said');
		assert.ok(done.usurped.some((answer) => /bad signature/.test(answer)), done.usurped.join('; '));
		const error = await forger.accuse(done.copied.victim);
		assert.equal(error?.error, 'grandpa.InvalidEquivocationProof');
		const to = await ledger(chain);
		const found = await net.faults();
		assert.deepEqual(found, { [FIRST]: ['NotRevealed'] });
		assert.ok((await net.earned(from, to, FIRST)) < 0n, 'it was paid, or a false report cost no fee');
		forger.log.forEach((line) => t.diagnostic(line));
	});

	test('a seal that is opened late costs no more, one that never is a quarter of the bond', async (t) => {
		const { chain, orders } = net;
		orders.clear();
		await chain.until('the time of all shut seals is over', 2 * ERA, async () => (await shutSeals(chain)).length === 0);
		assert.deepEqual(await net.faults(), { [FIRST]: ['StillShut'] });
		const opened = (await chain.events(net.first.block, chain.best)).filter(({ method }) => method === 'OpenedLate');
		assert.ok(opened.length > 0, 'nothing was opened late');
		assert.ok(opened.every(({ data }) => data.validator.toString() === net.account(SECOND)));
		t.diagnostic(`${opened.length} seals were opened late`);
	});

	test('penalties are taken in full, from nobody else, and every planck is accounted for', (t) => net.penalties(t));
});

network('guess', (net) => {
	test('who votes without a run, for what others found, is at fault and unpaid', async (t) => {
		net.both('guess');
		const from = await ledger(net.chain);
		const ways = await net.until('WrongTrace');
		const to = await ledger(net.chain);
		assert.deepEqual(await net.faults(), { [FIRST]: ['WrongTrace'], [SECOND]: ['WrongTrace'] });
		for (const index of [FIRST, SECOND]) {
			assert.equal(await net.earned(from, to, index), 0n, 'an adversary was paid');
			assert.ok(acts(net.chains[index], 'Guess').length > 0);
		}
		t.diagnostic(`${ways.join(', ')}; ${acts(net.chains[FIRST], 'Guess')[0]}`);
	});
});

network('frame', (net) => {
	test('who frames an honest member with an invented trace is at fault, and the one they frame is not', async (t) => {
		net.both('frame');
		const ways = await net.until('WrongTrace');
		assert.deepEqual(await net.faults(), { [FIRST]: ['WrongTrace'], [SECOND]: ['WrongTrace'] });
		for (const index of [FIRST, SECOND]) {
			assert.ok(acts(net.chains[index], 'Frame').some((line) => line.includes('the others invent')));
		}
		t.diagnostic(`${ways.join(', ')}; ${acts(net.chains[FIRST], 'Frame')[0]}`);
	});
});

network('lie', (net) => {
	test('who lies is at fault, unpaid and out of the set', async (t) => {
		const { chain } = net;
		net.both('lie');
		const from = await ledger(chain);
		const ways = await net.until('WrongVerdict');
		const to = await ledger(chain);
		assert.deepEqual(await net.faults(), { [FIRST]: ['WrongVerdict'], [SECOND]: ['WrongVerdict'] });
		for (const index of [FIRST, SECOND]) {
			assert.equal(await net.earned(from, to, index), 0n, 'an adversary was paid');
			assert.ok(acts(net.chains[index], 'Lie').length > 0);
		}
		const set = await chain.until('the liars are out of the set', 3 * SESSION, async () => {
			const set = (await chain.api.query.session.validators()).map((who) => who.toString());
			return [FIRST, SECOND].every((index) => !set.includes(net.account(index))) && set;
		});
		assert.equal(set.length, SIZE - 2);
		t.diagnostic(`${ways.join(', ')}; ${acts(net.chains[FIRST], 'Lie')[0]}`);
	});

	test('the whole bonds of who lied are taken, nothing from anybody else, and every planck is accounted for', async (t) => {
		net.orders.clear();
		await net.penalties(t);
	});
});
