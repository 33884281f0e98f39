// The attacks of the audit of November 2026 that were shown on running chains, with their numbers: a heavy request before small ones, a node
// that is killed with sealed votes, loads that are dear and fail, all places taken. And what a request takes: blocks, and weight.
//
// Waits and comparisons are counted in blocks. Figures are printed as diagnostics.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { u8aToHex } from '@polkadot/util';
import { NOBODY, general } from './lib/adversary.js';
import { CallFailed } from './lib/chain.js';
import { ask, inline, outcome, publish, quote } from './lib/inference.js';
import { Sender, follow, percentile } from './lib/load.js';
import { Localnet } from './lib/localnet.js';
import { adding, dearAndLoadsAtOne, dearToLoad, doubling, loadsAtOne, slow } from './lib/onnx.js';
import { openSeals, shutSeals } from './lib/rounds.js';
import { encodeBundle, tensor } from './lib/tensors.js';

/** `SHORT_UNITS`, `UNITS_PER_BLOCK`, `MAX_UNIT_LIMIT` of primitives/src/constants.rs. */
const [SHORT_UNITS, UNITS_PER_BLOCK, MAX_UNITS] = [1_000_000_000n, 4_000_000_000n, 256_000_000_000n];
/** `OPEN_BLOCKS_SHORT` and `OPEN_BLOCKS` of pallets/inference/src/requests.rs. */
const [OPEN_BLOCKS_SHORT, OPEN_BLOCKS] = [6n, 128n];
/** `MAX_BLOB_INPUT`. */
const MAX_BLOB = 16 * 1024 * 1024;
/** `COMMIT_GRACE` of pallets/rounds/src/rounds.rs. */
const COMMIT_GRACE = 4;
/** Blocks of an era on the built-in chains, and of a day. */
const [ERA, DAY] = [60, 43_200];
/** Blocks in which any short request ends: three committees with all their windows, and rounds of all. */
const WITHIN = 300;
/** Blocks in which one ends that has T = 65: three committees that nobody answers, and some. */
const WITHIN_LARGE = 600;
const TRANSACTIONS = 64;

/** Members and auditors of a network of seven: fewer than there are validators, so that there are committees. */
const [K, AUDITS] = [3, 2];
const SHORTEST = { Blocks: 4 };

const ENDS = /^Inference(Finalized|Expired|Unresolved)$/;
const RUN_STARTED = /run started/g;

const asy = (plancks) => (Number(plancks) / 1e12).toFixed(6);
const ms = (picoseconds) => (Number(picoseconds) / 1e9).toFixed(2);
const ones = (...lengths) =>
	encodeBundle(lengths.map((n, index) => tensor('xz'[index], 'float32', [n], new Array(n).fill(1))));
const flat = (n) => encodeBundle([tensor('x', 'float32', [1, n], new Array(n).fill(1 / Math.sqrt(n)))]);
const started = ({ node }) => node.log.match(RUN_STARTED)?.length ?? 0;
const balance = async (chain, { address }) => {
	const { data } = await chain.api.query.system.account(address);
	return data.free.toBigInt() + data.reserved.toBigInt();
};
const tally = (words) => {
	const counts = new Map();
	words.forEach((word) => counts.set(word, (counts.get(word) ?? 0) + 1));
	return [...counts].map(([word, count]) => `${count} x ${word}`).join(', ') || 'none';
};

/** Asks, and returns what `ask` does, or `{ refused, block }`. */
async function tryAsk(...args) {
	try {
		return await ask(...args);
	} catch (error) {
		if (!(error instanceof CallFailed)) {
			throw error;
		}
		return { refused: error.error, block: error.block };
	}
}

/** Request numbers of a transaction, and its fee. */
const requested = ({ events, fee, block }) => ({
	requests: events.filter(({ method }) => method === 'InferenceRequested').map(({ data }) => data.request.toNumber()),
	fee,
	block,
});

/** Tests on a network of their own. */
function network(size, body) {
	describe(`a network of ${size} validators`, () => {
		const net = { size };
		before(async () => {
			net.net = await Localnet.start(size, '--engine-runs 1');
			net.chains = net.net.chains;
			[net.chain] = net.chains;
			net.account = (name) => net.chain.account(name);
			net.small = await publish(net.chain, net.account('Charlie'), doubling({ name: `live ${size}` }), { name: 'tests/live' });
		});
		after(() => net.net?.end());
		body(net);
	});
}

/** A request of a small model that is none of the attack's. */
async function honest({ chain, small }, who, number, options = {}) {
	const input = ones(number);
	const terms = { k: K, audits: AUDITS, window: SHORTEST, ...options };
	const { units, price } = await quote(chain, small, input.length, { shapes: [[number]], ...terms });
	return tryAsk(chain, who, small, inline(input), { units: options.units ?? units, maxFee: price * 1_000_000n, ...terms });
}

/** Blocks to final of `count` requests that are asked one after the other. */
async function alone(net, who, count, options) {
	const took = [];
	for (let turn = 0; turn < count; turn++) {
		const asked = await honest(net, who, 3 + turn, options);
		const result = await outcome(net.chain, asked.request, WITHIN);
		assert.equal(result.event, 'InferenceFinalized');
		took.push(result.block - asked.block);
	}
	return took;
}

/** Requests idle, in how many blocks; and in how many blocks under load, with so many in each. */
const [COUNT, PER_BLOCK] = [40, 4];

/** Blocks to final of requests under terms that take turns, idle and under load. */
async function measure(t, net, variants) {
	const { chain, small, size } = net;
	const accounts = ['Bob', 'Dave', 'Eve', 'Ferdie'].map(net.account);
	let number = 0;
	const senders = [];
	for (const [index, variant] of variants.entries()) {
		const { units, price } = await quote(chain, small, 64, { shapes: [[1]], ...variant });
		const make = () => {
			const input = encodeBundle([tensor('x', 'float32', [1], [number++])]);
			const { k, audits, window } = variant;
			return chain.api.tx.inference.requestInference(small, inline(input), units, price, k, audits, window, null);
		};
		senders.push({ sender: await Sender.of(chain, accounts[index]), make, pair: accounts[index] });
	}
	const phase = async (perBlock) => {
		const first = chain.best;
		for (let sent = 0; sent < COUNT * variants.length; ) {
			for (let each = 0; each < perBlock; each++, sent++) {
				const { sender, make } = senders[sent % variants.length];
				await sender.send(make());
			}
			await chain.nextBlock();
		}
		return Promise.all(senders.map(({ pair }) => follow(chain, pair, first, COUNT, WITHIN)));
	};
	const wrong = [];
	let missing = 0;
	for (const [name, perBlock] of [['idle, one in each block', 1], [`${PER_BLOCK} in each block`, PER_BLOCK]]) {
		const found = await phase(perBlock);
		variants.forEach(({ k, audits, window, target }, index) => {
			const requests = found[index];
			const final = requests.filter(({ event }) => event === 'InferenceFinalized');
			const blocks = final.map(({ asked, ended }) => ended - asked);
			wrong.push(...requests.filter((request) => !final.includes(request)));
			missing += COUNT - requests.length;
			const [p50, p97, max] = [0.5, 0.97, 1].map((part) => percentile(blocks, part));
			t.diagnostic(
				`V = ${size}, k = ${k}, audits = ${audits}, window ${window.Blocks}, ${name}: ${final.length} of ${COUNT} requests final, blocks to final: ` +
					`p50 ${p50}, p97 ${p97}, max ${max} (target: ${target})`
			);
		});
	}
	assert.equal(missing, 0, 'requests were refused');
	assert.deepEqual(wrong, [], 'requests are not final');
}

network(4, (net) => {
	test('what calls declare to weigh, in transfers', async (t) => {
		const { chain, small } = net;
		const { api } = chain;
		const bob = net.account('Bob');
		const [zero, half] = ['00'.repeat(32), '00'.repeat(16)].map((text) => `0x${text}`);
		const weigh = async (hex) => Number((await chain.rpc('payment_queryInfo', hex)).weight.ref_time);
		const signed = async (call) => weigh((await call.signAsync(bob, { nonce: 0, era: 0, blockHash: chain.genesis })).toHex());
		const transfer = await signed(api.tx.balances.transferKeepAlive(bob.address, 1n));
		const rows = [['transfer', transfer]];
		const row = (name, weight) => rows.push([name, weight]) && weight;

		const request = row('request, 64 bytes', await signed(
			api.tx.inference.requestInference(small, inline(new Uint8Array(64)), 1, 1, 5, 8, { Blocks: 16 }, null)));
		row('request, 64 KiB', await signed(
			api.tx.inference.requestInference(small, inline(new Uint8Array(65_536)), 1, 1, 5, 8, { Blocks: 16 }, null)));
		row('request, a blob', await signed(
			api.tx.inference.requestInference(small, { Blob: { id: zero, size: 1 } }, 1, 1, 5, 8, { Blocks: 16 }, null)));
		const seal = async (proof) => weigh(general(
			api.tx.rounds.seal({ round: 0, validator: bob.address, commitment: zero, proof, signature: `0x${'00'.repeat(64)}` })));
		const proof = { output: zero, proof: `0x${'00'.repeat(64)}` };
		const [member, auditor] = [row('seal of a member', await seal(null)), row('seal of an auditor', await seal(proof))];
		const output = { Inline: u8aToHex(ones(1)) };
		const verdict = { Output: { resultHash: zero, loadUnits: 1, units: 1 } };
		const reveal = (voters) => ({ round: 0, vote: { verdict, traceDigest: zero, contestedDigest: null }, salt: half, input: zero, output, voters });
		const attest = (count, voters) => {
			const said = { ...NOBODY, reveals: new Array(count).fill(reveal(voters)), validator: bob.address, session: 0, block: 0 };
			return weigh(general(api.tx.rounds.attest(said, new Uint8Array(64))));
		};
		const { perClass, maxBlock } = api.consts.system.blockWeights;
		const reserve = Number(perClass.operational.reserved.unwrap().refTime.toBigInt());
		const most = Number(perClass.operational.maxExtrinsic.unwrap().refTime.toBigInt());
		const declared = {};
		for (const voters of [5, 13, 20, 100]) {
			for (const count of [1, 4, 6, 7, 12]) {
				declared[`${count}/${voters}`] = row(`attestation, ${count} reveals, ${voters} voters`, await attest(count, voters));
			}
		}
		for (const [name, weight] of rows) {
			t.diagnostic(`${name.padEnd(38)} ${ms(weight).padStart(8)} ms ${(weight / transfer).toFixed(1).padStart(7)} transfers`);
		}
		const block = Number(maxBlock.refTime.toBigInt());
		t.diagnostic(`a block ${ms(block)} ms; operational: most of one transaction ${ms(most)} ms, reserved ${ms(reserve)} ms`);
		for (const voters of [13, 20]) {
			const all = request + 5 * member + 8 * auditor + 13 * declared[`1/${voters}`];
			t.diagnostic(
				`as declared, V = 20, k = 5, a = 8, each reveal alone and weighed as the end of a round of ${voters}: request, 5 seals of members, ` +
					`8 of auditors, 13 reveals: ${ms(all)} ms = ${(all / transfer).toFixed(1)} transfers, hooks not counted (target: 35 in all)`
			);
		}
		const full = [5, 13, 20, 100].map((voters) => `${voters}: ${Math.floor(reserve / declared[`12/${voters}`])}`);
		t.diagnostic(`full attestations, of 12 reveals, that the reserve holds by voters: ${full.join(', ')}`);
		// The largest attestation of a node, for any round of a set of 20 and for the largest round there is, gets into a block that others have
		// filled up to the reserve, or at least into an empty one.
		assert.ok(declared['12/20'] <= reserve, `12 reveals at V = 20 declare ${ms(declared['12/20'])} ms, the reserve has ${ms(reserve)}`);
		assert.ok(declared['12/100'] <= most, `12 reveals at V = 100 declare ${ms(declared['12/100'])} ms, a transaction may ${ms(most)}`);
	});

	test('blocks to final of a small set', async (t) => {
		await measure(t, net, [{ k: K, audits: AUDITS, window: SHORTEST, target: '3' }]);
	});

	// At once, as then; and after the time for reveals, `REVEAL_WINDOW`, is over.
	for (const [name, away] of [['comes back at once', 0], ['stays away for 20 blocks', 20]]) {
		test(`a node that is killed with 39 sealed votes and ${name} loses a thousandth of its bond at most`, async (t) => {
			const { chain } = net;
			const { rounds, validators } = chain.api.query;
			const bob = net.account('Bob');
			const index = 3;
			const me = net.account(`localnet//${index}`).address;
			const bond = (await validators.candidates(me)).unwrap().bond.toBigInt();
			const input = ones(3);
			const { units, price } = await quote(chain, net.small, input.length, { shapes: [[3]], k: K, audits: AUDITS });
			const call = chain.api.tx.inference.requestInference(net.small, inline(input), units, price, K, AUDITS, SHORTEST, null);
			const { block } = await chain.submit(chain.api.tx.utility.batchAll(new Array(40).fill(call)), bob);

			// All of them as a rule; fewer where the votes of the first are opened before it has sealed the last.
			let shut = 0;
			await chain.until('votes are sealed', 20, async () => {
				const before = shut;
				shut = await openSeals(chain, me);
				return shut >= 39 || (shut >= 10 && shut < before);
			});
			const killed = chain.best;
			await net.net.kill(index);
			await chain.until('its time is over', away, () => chain.best >= killed + away);
			await net.net.join(index);
			const back = chain.best;
			await chain.until('all have ended', 2 * WITHIN, async () => (await rounds.counterForStandings()).isZero());
			await chain.until('no seal of it is shut any more', 2 * ERA, async () => !(await shutSeals(chain)).includes(me));
			const events = await chain.events(block, chain.best);
			const faults = events.filter(({ method, data }) => method === 'Faulted' && data.who.toString() === me);
			const lost = faults.reduce((sum, { data }) => sum + data.amount.toBigInt(), 0n);
			t.diagnostic(
				`killed in block ${killed} with ${shut} sealed votes, back ${back - killed} blocks later; penalties: ` +
					`${tally(faults.map(({ data }) => data.fault.type))}, ${asy(lost)} of ${asy(bond)} ASY (before: 1,350 of 10,000)`
			);
			const late = events.filter(({ method, data }) => method === 'OpenedLate' && data.validator.toString() === me).length;
			const ends = events.filter(({ method, section }) => section === 'inference' && ENDS.test(method)).map(({ method }) => method);
			t.diagnostic(`requests: ${tally(ends)}; ${late} seals opened late`);
			assert.ok(shut >= 10, `killed with ${shut} sealed votes`);
			assert.equal(ends.length, 40);
			assert.ok(ends.every((method) => method === 'InferenceFinalized'), tally(ends));
			assert.ok(lost * 1_000n <= bond, `${asy(lost)} of a bond of ${asy(bond)} ASY`);
		});
	}

	test('small requests are final beside one that fills the largest limit', async (t) => {
		const { chain, chains, size } = net;
		const [bob, charlie, dave] = ['Bob', 'Charlie', 'Dave'].map(net.account);
		const heavy = await publish(chain, dave, slow(40), { name: 'dave/slow', sample: inline(flat(4)) });
		const calm = await alone(net, charlie, 3, { units: SHORT_UNITS });
		// Nobody is free of the heavy run: all members have it, and have one worker for runs of any length.
		const terms = { k: size, audits: 0, window: SHORTEST };
		const cost = async (n) => (await quote(chain, heavy, flat(n).length, { shapes: [[1, n]], ...terms })).units;
		const n = Math.floor(512 * Math.cbrt(2.3e11 / Number(await cost(512))));
		const { units, price } = await quote(chain, heavy, flat(n).length, { shapes: [[1, n]], ...terms });
		const before = chains.map(started);
		const asked = await ask(chain, bob, heavy, inline(flat(n)), { units, maxFee: price, ...terms });
		await chain.until('all nodes run it', 20, () => chains.every((chain, index) => started(chain) > before[index]));
		const took = [];
		const small = [];
		for (let turn = 0; turn < 3; turn++) {
			small.push(await honest(net, charlie, 3, { units: SHORT_UNITS }));
			await chain.nextBlock();
		}
		for (const { request, block, refused } of small) {
			assert.equal(refused, undefined);
			const result = await outcome(chain, request, WITHIN);
			assert.equal(result.event, 'InferenceFinalized');
			took.push(result.block - block);
		}
		const open = (await chain.api.query.inference.results(asked.request)).isNone;
		t.diagnostic(`a request of ${units} units on all ${size} nodes, n = ${n}, one worker each, ${asy(asked.escrow)} ASY held`);
		t.diagnostic(`blocks to final of small requests: ${calm.join(', ')} without load, ${took.join(', ')} beside it (before: all expired)`);
		assert.ok(open, 'the heavy request had ended before the small ones');
		// A member that is late by so much is heard as if it were not: more than that, and a small request waits for the heavy one.
		const bound = Math.max(...calm) + COMMIT_GRACE;
		assert.ok(took.every((blocks) => blocks <= bound), `more than ${bound} blocks: ${took.join(', ')}`);
		const result = await outcome(chain, asked.request, WITHIN_LARGE);
		t.diagnostic(`the heavy one: ${result.event} after ${result.block - asked.block} blocks, ${asy(result.paid)} ASY paid`);
	});
});

network(7, (net) => {
	test('blocks to final with committees', async (t) => {
		await measure(t, net, [
			{ k: K, audits: AUDITS, window: SHORTEST, target: '9/11' },
			{ k: K, audits: AUDITS, window: { Blocks: 16 }, target: '21/24' },
			{ k: K, audits: AUDITS + 1, window: SHORTEST, target: '9/11' },
			{ k: K, audits: AUDITS + 1, window: { Blocks: 16 }, target: '21/24' },
		]);
	});

	test('what a request weighs in all, as blocks are charged', async (t) => {
		const { chain } = net;
		const { api } = chain;
		const bob = net.account('Bob');
		const info = await api.tx.balances.transferKeepAlive(bob.address, 1n).paymentInfo(bob);
		const transfer = Number(info.weight.refTime.toBigInt());
		const hooks = async (block) => {
			const { mandatory } = await (await api.at(await chain.blockHash(block))).query.system.blockWeight();
			return Number(mandatory.refTime.toBigInt());
		};
		const parts = async (first, last, quiet) => {
			const found = { request: [], seal: [], attest: [] };
			let inHooks = 0;
			for (let block = first; block <= last; block++) {
				// A change of session always declares the whole block.
				const changes = (await chain.events(block)).some(({ method }) => method === 'NewSession');
				inHooks += changes ? 0 : (await hooks(block)) - quiet;
				const { extrinsics } = (await api.rpc.chain.getBlock(await chain.blockHash(block))).block;
				for (const { method, data, extrinsic } of await chain.events(block)) {
					if (method === 'ExtrinsicSuccess') {
						const call = extrinsics[extrinsic].method;
						const key = { requestInference: 'request', seal: 'seal', attest: 'attest' }[call.method];
						found[key]?.push(Number(data.dispatchInfo.weight.refTime.toBigInt()));
					}
				}
			}
			return { found, inHooks };
		};
		const sum = (list) => list.reduce((total, value) => total + value, 0);
		for (const terms of [{ k: K, audits: AUDITS + 1 }, { k: 5, audits: 1 }, { k: 5, audits: 8 }]) {
			await chain.until('nothing is open', WITHIN, async () => (await api.query.rounds.counterForStandings()).isZero());
			await chain.nextBlock();
			// A quiet block: the least of two, one of which may change the session.
			await chain.nextBlock();
			const quiet = Math.min(await hooks(chain.best), await hooks(chain.best - 1));
			const asked = await honest(net, bob, 5, terms);
			const result = await outcome(chain, asked.request, WITHIN);
			const { found, inHooks: more } = await parts(asked.block, result.block, quiet);
			const all = sum([...found.request, ...found.seal, ...found.attest]) + more;
			const { votes, auditors, escalated } = result.claim.decision;
			const list = (name) => `${found[name].length} x ${name} ${(sum(found[name]) / transfer).toFixed(1)}`;
			t.diagnostic(
				`V = 7, k = ${terms.k}, audits = ${terms.audits}${escalated.isTrue ? ' (all vote)' : ''}, ${votes} votes, ${auditors} auditors, in ` +
					`transfers of ${ms(transfer)} ms: ${list('request')}, ${list('seal')}, ${list('attest')}, hooks ` +
					`${(more / transfer).toFixed(1)}, in all ${(all / transfer).toFixed(1)}`
			);
			if (!escalated.isTrue && terms.k === 5 && found.attest.length > 1) {
				// One reveal each; what is above the least of them is the end of the round. The hooks pay each voter: scaled as if they did nothing else.
				const voters = votes.toNumber() + auditors.toNumber();
				const each = Math.min(...found.attest);
				const scale = 13 / voters;
				const seals = sum([...found.seal].sort((a, b) => a - b).slice(0, 5)) + 8 * Math.max(...found.seal);
				const scaled = sum(found.request) + seals + 13 * each + scale * (sum(found.attest) - found.attest.length * each + more);
				t.diagnostic(
					`from these parts, V = 20, k = 5, a = 8, 13 voters, no two reveals in one attestation: ${(scaled / transfer).toFixed(1)} ` +
						'transfers at most (target: 35)'
				);
			}
			assert.equal(result.event, 'InferenceFinalized');
			// The rest of the price when the voters are paid is the chain's, and pays for that weight at the fees of now.
			const { unitPrice, bytePrice } = api.consts.models;
			const each = result.units * unitPrice.toBigInt() + 3n * bytePrice.toBigInt();
			const toVoters = votes.toBigInt() * each + (auditors.toBigInt() * each * 3n) / 2n;
			const multiplier = Number((await api.query.transactionPayment.nextFeeMultiplier()).toBigInt()) / 1e18;
			const due = (sum([...found.seal, ...found.attest]) + more) * multiplier;
			const chainGot = Number(result.paid - toVoters);
			t.diagnostic(`pays ${asy(BigInt(Math.round(chainGot)))} ASY to the chain for weight of ${asy(BigInt(Math.round(due)))} ASY`);
			assert.ok(chainGot >= due, 'a request weighs more than it pays');
		}
	});

	/**
	 * Requests of somebody who pays as little as can be, and honest ones beside them. Returns what the attack was paid for; fails unless
	 * it pays for each unit that its voters ran, and the honest ones are final.
	 */
	async function griefed(t, name, model, lengths, { units, price, terms }, expected) {
		const { chain } = net;
		const [mallory, alice] = ['Bob', 'Dave'].map(net.account);
		const calm = (net.calm ??= await alone(net, alice, 3));
		const before = await balance(chain, mallory);
		const [bad, refused] = [[], []];
		let fees = 0n;
		for (const length of lengths) {
			const asked = await tryAsk(chain, mallory, model, inline(ones(...length)), { units, maxFee: price * 2n, ...terms });
			asked.refused ? refused.push(asked.refused) : bad.push(asked);
			fees += asked.fee ?? 0n;
		}
		const honestOnes = [];
		for (let turn = 0; turn < 3; turn++) {
			honestOnes.push(await honest(net, alice, 3 + turn));
		}
		const took = [];
		for (const { request, block, refused: why } of honestOnes) {
			assert.equal(why, undefined, 'an honest request was refused');
			const result = await outcome(chain, request, WITHIN);
			assert.equal(result.event, 'InferenceFinalized');
			took.push(result.block - block);
		}
		const ends = [];
		let [owed, ran] = [0n, 0n];
		for (const { request } of bad) {
			const result = await outcome(chain, request, WITHIN_LARGE);
			const { basePrice, unitPrice, bytePrice } = chain.api.consts.models;
			ends.push(`${result.event.replace('Inference', '')} ${result.verdict ?? ''} ${result.reason ?? ''}`.trim());
			const { votes, auditors } = result.claim?.decision ?? {};
			const members = BigInt(votes ?? 0);
			const input = BigInt(ones(...lengths[bad.findIndex((one) => one.request === request)]).length);
			const each = result.units * unitPrice.toBigInt() + input * bytePrice.toBigInt();
			const due = basePrice.toBigInt() + members * each + BigInt(auditors ?? 0) * (each + each / 2n);
			owed += due;
			ran += result.units * (members + BigInt(auditors ?? 0));
			assert.ok(result.paid >= due, `request ${request} paid ${result.paid}, ${due} is due for what was run`);
		}
		const paid = before - (await balance(chain, mallory));
		t.diagnostic(`${name}: ${bad.length} requests with a limit of ${units} units, ${refused.length} refused (${tally(refused)}): ${tally(ends)}`);
		t.diagnostic(
			`${name}: paid ${asy(paid)} ASY, fees of the taken ${asy(fees)}; ${ran} units run by all voters = ${asy(ran)} ASY at the unit price; ` +
				`honest small requests: ${calm.join(', ')} blocks without load, ${took.join(', ')} beside it`
		);
		assert.ok(ends.every((end) => end === expected), `${tally(ends)}, and not ${expected}`);
		assert.ok(paid >= owed + fees, `${asy(paid)} ASY paid, ${asy(owed)} due`);
		return { calm, took };
	}

	test('loads that are dear and fail are paid, and honest requests are final beside them', async (t) => {
		const { chain } = net;
		const charlie = net.account('Charlie');
		const models = {
			// Only the run finds out that the shapes do not broadcast.
			adding: [adding(), [[3, 4]], 'ModelTrap'],
			'loads at one': [loadsAtOne(), [[3]], 'ModelInvalid'],
			'dear 4': [dearAndLoadsAtOne(4), [[512], [511]], 'ModelInvalid'],
		};
		const terms = { k: K, audits: AUDITS, window: SHORTEST };
		const units = 10_000_000_000n;
		for (const [name, [bytes, lengths, reason]] of Object.entries(models)) {
			const model = await publish(chain, charlie, bytes, { name: `tests/${name.replaceAll(' ', '-')}`, sample: inline(ones(...lengths[0].map(() => 1))) });
			const price = (await chain.api.call.inferenceApi.price(units, ones(...lengths[0]).length, K, AUDITS)).unwrap().toBigInt();
			await griefed(t, name, model, lengths, { units, price, terms }, `Finalized Failed ${reason}`);
		}
		const folding = await publish(chain, charlie, dearToLoad(64), { name: 'tests/folding', sample: inline(ones(1)) });
		const price = (await chain.api.call.inferenceApi.price(60_000_000_000n, ones(512).length, K, AUDITS)).unwrap().toBigInt();
		await griefed(t, 'more than the limit', folding, [[512]], { units: 60_000_000_000n, price, terms }, 'Finalized Failed ComputeLimit');
	});

	test('eight requests whose load is dear and fails hold nobody up', async (t) => {
		const { chain } = net;
		const model = await publish(chain, net.account('Charlie'), dearAndLoadsAtOne(64), { name: 'tests/dear', sample: inline(ones(1)) });
		const units = 150_000_000_000n;
		// Few are reserved for where no auditors are asked for, so that as many as can be are taken.
		const terms = { k: K, audits: 0, window: SHORTEST };
		const price = (await chain.api.call.inferenceApi.price(units, ones(700).length, K, 0)).unwrap().toBigInt();
		const lengths = [520, 519, 518, 517, 516, 515, 514, 513].map((n) => [n]);
		const { calm, took } = await griefed(t, 'dear 64', model, lengths, { units, price, terms }, 'Finalized Failed ModelInvalid');
		// An auditor more or less makes seven blocks of a window.
		const bound = Math.max(...calm) + COMMIT_GRACE + 21;
		assert.ok(took.every((blocks) => blocks <= bound), `more than ${bound} blocks: ${took.join(', ')}`);
	});

	/** Fills all the room with requests for blobs that nobody uploads. Returns the requests that were taken. */
	async function fill(who, { count, units, size, k, audits }) {
		const { chain, small } = net;
		const { api } = chain;
		const price = (await api.call.inferenceApi.price(units, size, k, audits)).unwrap().toBigInt();
		const make = () => {
			const input = { Blob: { id: u8aToHex(randomBytes(32)), size } };
			return api.tx.inference.requestInference(small, input, units, price, k, audits, SHORTEST, null);
		};
		const taken = { requests: [], fees: 0n, first: null, last: null, escrow: price };
		for (let left = count; left > 0; left -= TRANSACTIONS) {
			const calls = Array.from({ length: Math.min(left, TRANSACTIONS) }, make);
			const { requests, fee, block } = requested(await chain.submit(api.tx.utility.forceBatch(calls), who));
			taken.requests.push(...requests);
			taken.fees += fee;
			taken.first ??= block;
			taken.last = block;
			if (requests.length < calls.length) {
				break;
			}
		}
		return taken;
	}

	/** Tries a request at each block until one is taken: `{ refused, blocks, asked }`. */
	async function refusals(who, options, within) {
		const { chain } = net;
		const refused = [];
		const first = chain.best;
		const asked = await chain.until('a request is taken', within, async () => {
			const tried = await honest(net, who, 3, options);
			tried.refused && refused.push(tried.refused);
			return tried.refused ? null : tried;
		});
		return { refused, blocks: asked.block - first, asked };
	}

	const paidFor = async (requests) => {
		const records = await Promise.all(requests.map((request) => outcome(net.chain, request, WITHIN_LARGE)));
		return { paid: records.reduce((sum, { paid }) => sum + paid, 0n), ends: tally(records.map(({ event }) => event)) };
	};

	let large;
	test('while the places of large requests are taken, small ones of others are taken and final', async (t) => {
		const { chain } = net;
		const [mallory, alice] = ['Bob', 'Dave'].map(net.account);
		const calm = (net.calm ??= await alone(net, alice, 3));
		// All 1,024 places with the largest limit and a blob of one byte, as then. Requests of all voters keep most from others.
		large = await fill(mallory, { count: 1_024, units: MAX_UNITS, size: 1, k: 5, audits: 8 });
		const voters = BigInt((await chain.api.query.rounds.electors()).length);
		const room = voters * UNITS_PER_BLOCK * OPEN_BLOCKS;
		t.diagnostic(
			`of 1,024 requests of ${MAX_UNITS} units ${large.requests.length} are taken, ${asy(large.escrow)} ASY held for each, fees ` +
				`${asy(large.fees)} ASY, room for ${room / (MAX_UNITS * voters)}`
		);
		const other = await honest(net, alice, 3, { units: SHORT_UNITS + 1n });
		t.diagnostic(`a large request of another: ${other.refused ?? 'taken'}`);
		const took = [];
		for (let turn = 0; turn < 3; turn++) {
			const asked = await honest(net, alice, 3 + turn);
			assert.equal(asked.refused, undefined, 'a small request is refused');
			const result = await outcome(chain, asked.request, WITHIN);
			assert.equal(result.event, 'InferenceFinalized');
			took.push(result.block - asked.block);
		}
		t.diagnostic(`blocks to final of small requests of another: ${calm.join(', ')} without load, ${took.join(', ')} beside it (before: refused)`);
		const bound = Math.max(...calm) + COMMIT_GRACE + 21;
		assert.ok(took.every((blocks) => blocks <= bound), `more than ${bound} blocks: ${took.join(', ')}`);
	});

	for (const [name, size] of [['one byte', 1], ['16 MiB', MAX_BLOB]]) {
		test(`nobody keeps small requests out with requests of ${name} that are withheld`, async (t) => {
			const { chain } = net;
			const [mallory, alice] = ['Bob', 'Dave'].map(net.account);
			await chain.until('no small one is open', WITHIN, async () => (await chain.api.query.inference.reserved()).short.isZero());
			// Each would be reserved for all validators, as members or as auditors.
			const count = Number(UNITS_PER_BLOCK * OPEN_BLOCKS_SHORT / SHORT_UNITS);
			const taken = await fill(mallory, { count, units: SHORT_UNITS, size, k: K, audits: AUDITS });
			const { short } = await chain.api.query.inference.reserved();
			const { refused, asked } = await refusals(alice, {}, WITHIN);
			const { paid, ends } = await paidFor(taken.requests);
			t.diagnostic(
				`${taken.requests.length} requests of ${SHORT_UNITS} units and ${size} bytes that are withheld take ${short} units of the room of short ` +
					`requests, and ${refused.length} small requests of another were refused; they end with ${ends} and cost ${asy(paid)} ASY and ` +
					`${asy(taken.fees)} of fees, ${asy(taken.escrow)} ASY held for each (24 took all of that room for 111 to 203 ASY a day before)`
			);
			await outcome(chain, asked.request, WITHIN);
			assert.deepEqual(refused, [], 'small requests of another were refused');
		});
	}

	test('what it costs to keep large requests out', async (t) => {
		const { chain } = net;
		const { blocks, refused, asked } = await refusals(net.account('Dave'), { units: SHORT_UNITS + 1n }, WITHIN_LARGE);
		const { paid, ends } = await paidFor(large.requests);
		const gone = asked.block - large.first;
		const cost = paid + large.fees;
		t.diagnostic(
			`large requests of others are refused for ${gone} blocks after the attack (${refused.length} tried in the last ${blocks}: ${tally(refused)}); ` +
				`it ends with ${ends} and costs ${asy(paid)} ASY and ${asy(large.fees)} of fees = ${asy(cost / BigInt(gone))} ASY a block, ` +
				`${asy((cost * BigInt(DAY)) / BigInt(gone))} ASY a day`
		);
		// A requester that withholds an input pays the units of all members at the limit.
		const due = MAX_UNITS * BigInt((await chain.api.query.rounds.electors()).length) * BigInt(large.requests.length);
		assert.ok(paid >= due, `${asy(paid)} ASY paid, ${asy(due)} is what was reserved`);
		await outcome(chain, asked.request, WITHIN);
	});
});
