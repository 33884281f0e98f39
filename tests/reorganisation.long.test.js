// Seven validators whose network is cut in two while a committee seals its votes: of the two forks one wins when the network heals, and the
// seals of the other one are handed in on it by the transaction pools of those who saw them. An honest seal loses nothing by it. A lie that
// was sealed on the fork that has lost costs what a lie costs, and so does a seal on each fork.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { u8aToHex } from '@polkadot/util';
import { Forger, Orders } from './lib/adversary.js';
import { ask, inline, outcome, publish, quote } from './lib/inference.js';
import { assertSettled, ledger } from './lib/ledger.js';
import { Localnet, whyNotApart } from './lib/localnet.js';
import { doubling } from './lib/onnx.js';
import { encodeBundle, tensor } from './lib/tensors.js';

const SIZE = 7;
/** Those that the smaller part of the network has, so that neither part has the two thirds that finality takes. */
const SMALLER = 3;
/** Members of a committee, which three of them may decide, and auditors that are expected: fewer than six, or all would vote. */
const [K, AUDITS] = [4, 1];
/** The shortest window: it is longer anyway where there are few auditors. */
const WINDOW = { Blocks: 4 };
/** Blocks of an era on the built-in chains. A round that has ended is kept as long. */
const ERA = 60;
/** Blocks after that of a draw that take the members' seals. */
const SEALING = 5;
/** Blocks in which any request ends: see adversaries.long.test.js. */
const WITHIN = 300;
/** Blocks of the larger part in which it makes the better fork: all but one in a million runs take fewer. */
const BETTER_WITHIN = 200;
/** Blocks in which nodes that are no more apart have one chain. */
const HEALED_WITHIN = 60;
/** Thousandths of the bond that a fault costs. */
const PRICE = { WrongVerdict: 1_000n, TwoSeals: 1_000n, ShutTogether: 500n, StillShut: 250n, NotRevealed: 1n, Silent: 1n };
/** First byte of BABE's digest in a block of a primary slot. The fork that has more of these blocks wins. */
const PRIMARY = 1;

/** Tests on a network of their own. */
function network(name, body) {
	describe(`a network of seven validators that is cut in two, ${name}`, { skip: whyNotApart() }, () => {
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

	async start() {
		this.net = await Localnet.start(SIZE, '--engine-runs 1', this.orders.env, { apart: true });
		this.chains = this.net.chains;
		const [chain] = this.chains;
		this.model = await publish(chain, chain.account('Charlie'), doubling({ name: 'forks' }), { name: 'tests/forks' });
		({ units: this.cost } = await quote(chain, this.model, 64, { shapes: [[1]], k: K, audits: AUDITS }));
		this.first = await ledger(chain);
		this.bond = (await chain.api.query.validators.candidates(this.account(0))).unwrap().bond.toBigInt();
	}

	async end() {
		await this.net?.end();
		this.orders.remove();
	}

	account(index) {
		return this.chains.find(Boolean).account(`localnet//${index}`).address;
	}

	/**
	 * Asks the model, and cuts the network when the committee is drawn and nobody has sealed. The smaller part has one of the members, the
	 * `lone` one, the larger part has the others.
	 */
	async forked() {
		const [chain] = this.chains;
		const everybody = this.chains.map((_, index) => index);
		// They have their votes and keep them until the network is cut.
		everybody.forEach((index) => this.orders.give(index, 'silent'));
		const number = ++this.asked;
		const input = encodeBundle([tensor('x', 'float32', [1], [number])]);
		const maxFee = (await chain.api.call.inferenceApi.price(this.cost, input.length, K, AUDITS)).unwrap();
		const options = { units: this.cost, maxFee, k: K, audits: AUDITS, window: WINDOW };
		const sent = await ask(chain, chain.account('Bob'), this.model, inline(input), options);
		const { round, commitEnd, kind } = await chain.until('the round is drawn, the same one everywhere', WITHIN, async () => {
			const drawn = await Promise.all(this.chains.map((chain) => this.drawn(chain, sent.request)));
			return drawn.every((one) => one?.seed.eq(drawn[0]?.seed)) && drawn[0];
		});
		assert.ok(kind.isCommittee, `the round is one of ${kind.type}`);
		const ballots = await chain.api.query.rounds.ballots.entries(round);
		const drawn = ballots.map(([key]) => key.args[1].toString());
		const members = everybody.filter((index) => drawn.includes(this.account(index)));
		assert.equal(members.length, K);
		const others = everybody.filter((index) => !members.includes(index));
		const lone = members[0];
		const saw = others.slice(0, SMALLER - 1);
		const larger = everybody.filter((index) => index !== lone && !saw.includes(index));
		const took = performance.now();
		this.net.cut([lone, ...saw]);
		const fork = { ...sent, number, round, drawn: commitEnd.toNumber() - SEALING, members, lone, saw, larger };
		fork.log = [`cut in ${Math.round(performance.now() - took)} ms, at block ${chain.best}, ${lone} with ${saw.join(' and ')}`];
		fork.log.push(`round ${round} of request ${sent.request}, drawn in block ${fork.drawn}, of ${members.join(', ')}`);
		return fork;
	}

	/** The open round of a request on the fork of a node, or null. */
	async drawn(chain, request) {
		const standing = await chain.api.query.rounds.standings({ Request: request });
		if (standing.isNone || !standing.unwrap().stage.isVoting) {
			return null;
		}
		const round = standing.unwrap().stage.asVoting.toNumber();
		const found = await chain.api.query.rounds.rounds(round);
		if (found.isNone) {
			return null;
		}
		const { seed, kind, commitEnd } = found.unwrap();
		return { round, seed, kind, commitEnd };
	}

	/** Waits until the lone member's seal is on the fork of the smaller part, and on no other, and the smaller part makes no more blocks. */
	async sealedOnSmaller(fork) {
		const { lone, saw, larger, round } = fork;
		const [chain] = saw.map((index) => this.chains[index]);
		await chain.until('the lone member has sealed', SEALING, () => this.commitment(chain, round, lone));
		[lone, ...saw].forEach((index) => this.chains[index].node.authors(false));
		fork.log.push(`${lone} has sealed by block ${chain.best} of the smaller part`);
		assert.equal(await this.commitment(this.chains[larger[0]], round, lone), null, 'it has sealed on both forks');
	}

	/** Commitment of a member in an open round, or null. */
	async commitment(chain, round, index) {
		const ballot = await chain.api.query.rounds.ballots(round, this.account(index));
		return ballot.isSome && ballot.unwrap().commit.isSome ? ballot.unwrap().commit.unwrap().toHex() : null;
	}

	/** Primary slots of a fork since a block, and the number of its best block: who has more is the best fork. */
	async weight(chain, since) {
		let header = await chain.api.rpc.chain.getHeader();
		const best = header.number.toNumber();
		let primary = 0;
		while (header.number.toNumber() > since) {
			const digests = header.digest.logs.filter((log) => log.isPreRuntime).map((log) => log.asPreRuntime);
			const [, digest] = digests.find(([engine]) => engine.isBabe);
			primary += Number(digest.toU8a(true)[0] === PRIMARY);
			header = await chain.api.rpc.chain.getHeader(header.parentHash);
		}
		return { primary, best };
	}

	/** Waits until the larger part has the better fork, and, where it is to be `late`, until the time of the members' seals is over there. */
	async outweighed(fork, { late }) {
		const [larger, smaller] = [fork.larger[0], fork.saw[0]].map((index) => this.chains[index]);
		const lost = await this.weight(smaller, fork.drawn);
		const won = await larger.until('the larger part has the better fork', BETTER_WITHIN, async () => {
			const { primary, best } = await this.weight(larger, fork.drawn);
			const better = primary > lost.primary || (primary === lost.primary && best > lost.best);
			return better && (!late || best >= fork.drawn + SEALING) && { primary, best };
		});
		for (const chain of [larger, smaller]) {
			const final = (await chain.api.rpc.chain.getHeader(await chain.api.rpc.chain.getFinalizedHead())).number.toNumber();
			assert.ok(final <= Math.min(lost.best, won.best), 'a part of the network finalizes alone');
			fork.log.push(`final is ${final}, best ${chain.best}`);
		}
		// Blocks of both forks with the same number: they are two.
		const number = Math.min(lost.best, won.best);
		assert.notEqual(await larger.blockHash(number), await smaller.blockHash(number), 'there is one fork');
		fork.log.push(`primary slots and best block: ${JSON.stringify({ lost, won })}`);
	}

	/** Joins the network, and waits until all that run have the fork of the larger part. */
	async heal(fork) {
		const larger = this.chains[fork.larger[0]];
		const best = larger.best;
		const hash = await larger.blockHash(best);
		this.net.heal();
		for (const index of fork.saw.filter((index) => this.chains[index])) {
			const chain = this.chains[index];
			// It counts blocks of the larger part: there are none of its own.
			await larger.until(`node ${index} has the better fork`, HEALED_WITHIN, async () => {
				return chain.best >= best && (await chain.api.rpc.chain.getBlockHash(best)).toHex() === hash;
			});
		}
		assert.equal(await larger.blockHash(best), hash, 'the fork of the smaller part won');
		[fork.lone, ...fork.saw].filter((index) => this.chains[index]).forEach((index) => this.chains[index].node.authors(true));
		fork.log.push(`healed at block ${best}, one chain at block ${larger.best}`);
	}

	/** End of the request of a fork. It fails unless the answer is the true one. */
	async answered(fork) {
		const chain = this.chains[fork.larger[0]];
		const result = await outcome(chain, fork.request, WITHIN);
		assert.equal(result.event, 'InferenceFinalized');
		assert.deepEqual(result.outputs, [tensor('y', 'float32', [1], [2 * fork.number])], 'a false result became final');
		assert.equal(result.resultHash, result.recomputed);
		assert.equal(result.paid + result.refunded, fork.escrow, 'the escrow is paid or returned to the planck');
		fork.log.push(`the request ends in block ${result.block}`);
		return result;
	}

	/** Waits until a block is final for all that run, and returns its number. */
	async finalized(block = this.chains.find(Boolean).best) {
		const hashes = [];
		for (const chain of this.chains.filter(Boolean)) {
			await chain.until(`block ${block} is final`, HEALED_WITHIN, async () => {
				const final = await chain.api.rpc.chain.getHeader(await chain.api.rpc.chain.getFinalizedHead());
				return final.number.toNumber() >= block;
			});
			hashes.push(await chain.blockHash(block));
		}
		assert.equal(new Set(hashes).size, 1, 'nodes have different blocks for final');
		return block;
	}

	/** Events about a member's seals in the round of a fork, up to a block. */
	async sealsOf(fork, index, last) {
		const chain = this.chains[fork.larger[0]];
		const kinds = ['VoteCommitted', 'SealedLate', 'SealedTwice', 'VoteRevealed', 'OpenedLate'];
		const events = (await chain.events(fork.drawn, last)).filter(({ section, method, data }) => {
			const ofRound = section === 'rounds' && kinds.includes(method) && data.round.toNumber() === fork.round;
			return ofRound && data.validator.toString() === this.account(index);
		});
		return events.map(({ block, method }) => ({ block, method }));
	}

	/** Waits for an event about a validator in the round of a fork. */
	async seen(fork, method, index, within = HEALED_WITHIN) {
		const chain = this.chains[fork.larger[0]];
		return chain.until(`${method} of node ${index}`, within, async () => {
			return (await this.sealsOf(fork, index, chain.best)).find((seal) => seal.method === method);
		});
	}

	/** Faults up to a block, as `{ block, index, fault, amount }`. Fails if one costs another price, or somebody honest more than 0.1 %. */
	async faults(liars, last) {
		const chain = this.chains.find(Boolean);
		const found = [];
		for (const { block, method, data } of await chain.events(this.first.block + 1, last)) {
			if (method !== 'Faulted') {
				continue;
			}
			const [who, fault, amount] = [data.who.toString(), data.fault.type, data.amount.toBigInt()];
			const index = [...Array(SIZE).keys()].find((index) => this.account(index) === who);
			assert.ok(amount <= (this.bond * PRICE[fault]) / 1_000n, `${fault} costs ${amount}`);
			assert.ok(liars.includes(index) || amount <= this.bond / 1_000n, `node ${index}, which is honest, loses ${amount}: ${fault}`);
			found.push({ block, index, fault, amount });
		}
		return found;
	}

	/** Waits until the time of all seals that are shut is over: then nothing is stuck, and every planck is accounted for. */
	async settled(fork) {
		const chain = this.chains[fork.larger[0]];
		const { duties } = chain.api.query.rounds;
		await chain.until('no seal is to be opened', 2 * ERA, async () => (await duties.keys()).length === 0);
		await assertSettled(chain, this.first);
	}

	/** Waits until a liar is found at fault, once, and fails unless that costs the part of its bond that it is to cost. */
	async caught(liars, fault, index, within) {
		const chain = this.chains.find(Boolean);
		const found = await chain.until(`node ${index} is at fault: ${fault}`, within, async () => {
			const faults = await this.faults(liars, chain.best);
			const found = faults.filter((one) => one.index === index && one.fault === fault);
			return found.length > 0 && found;
		});
		assert.equal(found.length, 1);
		const [{ block, amount }] = found;
		const at = await chain.api.at(await chain.blockHash(block - 1));
		const bond = (await at.query.validators.candidates(this.account(index))).unwrap().bond.toBigInt();
		assert.equal(amount, (bond * PRICE[fault]) / 1_000n, `part of a bond of ${bond}`);
	}
}

const tell = (faults) => faults.map(({ block, index, fault, amount }) => `block ${block}: ${index} ${fault} ${amount}`).join('; ');

network('and a liar that stays away', (net) => {
	test('honest seals of a fork that has lost are handed in once on the one that has won', async (t) => {
		// First as soon as there is a better fork, then when the time of the members' seals is over there.
		for (const late of [false, true]) {
			const fork = await net.forked();
			net.orders.clear();
			await net.sealedOnSmaller(fork);
			await net.outweighed(fork, { late });
			await net.heal(fork);
			await net.answered(fork);
			const last = await net.finalized();
			for (const index of fork.members) {
				const seals = (await net.sealsOf(fork, index, last)).filter(({ method }) => /^(VoteCommitted|Sealed)/.test(method));
				fork.log.push(`${index}: ${seals.map(({ block, method }) => `${method} in ${block}`).join(', ')}`);
				assert.equal(seals.length, 1, `seals of node ${index}: ${JSON.stringify(seals)}`);
				const [{ method }] = seals;
				// If the network heals at once, that may be in time, and need not.
				const may = index === fork.lone ? ['SealedLate', ...(late ? [] : ['VoteCommitted'])] : ['VoteCommitted'];
				assert.ok(may.includes(method), `${method} of node ${index}`);
			}
			fork.log.push(`faults: ${tell(await net.faults([], last))}`);
			fork.log.forEach((line) => t.diagnostic(line));
		}
	});

	test('a lie on a fork that has lost is handed in on the one that has won, and kept shut costs a quarter', async (t) => {
		const fork = await net.forked();
		net.orders.clear();
		net.orders.give(fork.lone, 'lie');
		net.net.dishonest.push(net.account(fork.lone));
		await net.sealedOnSmaller(fork);
		// From now on only the pools of honest nodes have the seal.
		await net.net.kill(fork.lone);
		await net.outweighed(fork, { late: true });
		await net.heal(fork);
		const late = await net.seen(fork, 'SealedLate', fork.lone);
		await net.answered(fork);
		await net.caught([fork.lone], 'StillShut', fork.lone, WITHIN + 2 * ERA);
		const last = await net.finalized();
		assert.deepEqual((await net.sealsOf(fork, fork.lone, last)).map(({ method }) => method), ['SealedLate']);
		fork.log.push(`sealed late in block ${late.block}; ${tell(await net.faults([fork.lone], last))}`);
		fork.log.forEach((line) => t.diagnostic(line));
		await net.settled(fork);
	});
});

network('and a liar that comes back', (net) => {
	let liar;

	test('a lie on a fork that has lost is opened on the one that has won, and costs the whole bond', async (t) => {
		const fork = await net.forked();
		liar = fork.lone;
		net.net.dishonest.push(net.account(liar));
		net.orders.clear();
		net.orders.give(liar, 'lie');
		await net.sealedOnSmaller(fork);
		await net.net.kill(liar);
		await net.outweighed(fork, { late: true });
		await net.heal(fork);
		const late = await net.seen(fork, 'SealedLate', liar);
		net.orders.clear();
		await net.net.join(liar);
		net.chains[liar].node.authors(true);
		const opened = await net.seen(fork, 'OpenedLate', liar, WITHIN);
		await net.answered(fork);
		await net.caught([liar], 'WrongVerdict', liar, WITHIN + 2 * ERA);
		const last = await net.finalized();
		fork.log.push(`sealed late in block ${late.block}, opened late in block ${opened.block}; ${tell(await net.faults([liar], last))}`);
		fork.log.forEach((line) => t.diagnostic(line));
		await net.settled(fork);
	});

	test('who seals a vote on each fork is found when one of them has won, and loses its bond', async (t) => {
		const fork = await net.forked();
		const { lone, saw, larger, round } = fork;
		net.orders.clear();
		// Its node says nothing; what its validator seals is written by hand.
		net.orders.give(lone, 'silent');
		net.net.dishonest.push(net.account(lone));
		const sealWith = async ([byte, index]) => {
			const chain = net.chains[index];
			const forger = new Forger(chain, `//localnet//${lone}`);
			await chain.until(`seal ${byte} is on the fork of node ${index}`, SEALING, async () => {
				if (await net.commitment(chain, round, lone)) {
					return true;
				}
				// Again in each block: where that one replaces another, the round may have another seed, and so has its seal.
				const seal = await forger.seal(round, u8aToHex(new Uint8Array(32).fill(byte)));
				await forger.submit(`seals ${byte} with node ${index}`, seal);
				return false;
			});
			return forger;
		};
		const forgers = await Promise.all([[1, larger[0]], [2, saw[0]]].map(sealWith));
		[lone, ...saw].forEach((index) => net.chains[index].node.authors(false));
		await net.net.kill(lone);
		await net.outweighed(fork, { late: true });
		await net.heal(fork);
		const twice = await net.seen(fork, 'SealedTwice', lone);
		await net.answered(fork);
		await net.caught([liar, lone], 'TwoSeals', lone, ERA);
		const last = await net.finalized();
		fork.log.push(`sealed twice in block ${twice.block}; ${tell(await net.faults([liar, lone], last))}`);
		fork.log.push(...forgers.flatMap(({ log }) => log));
		fork.log.forEach((line) => t.diagnostic(line));
		await net.settled(fork);
	});
});
