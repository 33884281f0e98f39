// A chain that `assay-node genesis` has made, without sudo, that lives: somebody joins, others delegate to it and are penalised with it, and the
// council upgrades the runtime and the engine while requests are answered.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { u8aConcat, u8aToHex } from '@polkadot/util';
import { xxhashAsU8a } from '@polkadot/util-crypto';
import { motion } from './lib/council.js';
import { contentId } from './lib/hash.js';
import { ask, inline, outcome, publish, quote, upload } from './lib/inference.js';
import { Localnet } from './lib/localnet.js';
import { doubling } from './lib/onnx.js';
import { ROOT } from './lib/paths.js';
import { guideShell } from './lib/guides.js';
import { encodeBundle, tensor } from './lib/tensors.js';

const SIZE = 4;
const [SESSION, ERA_SESSIONS, DELAY] = [30, 2, 30];
const ERA = SESSION * ERA_SESSIONS;
/** Validators that have more than two thirds of the voting power, where all have the same and somebody has joined with less. */
const QUORUM = 4;
const ASY = 10n ** 12n;
/** Blocks from one request to the next. */
const APART = 2;
/** Blocks in which any request ends. */
const WITHIN = 200;

/** Key of a storage value of a pallet. */
const key = (pallet, item) => u8aToHex(u8aConcat(xxhashAsU8a(pallet, 128), xxhashAsU8a(item, 128)));

describe('a chain that lives', () => {
	let net, chain, members, models, terms, next, guest, newcomer, delegator, asker;
	/** Requests that were made: `{ model, number, request }`. */
	const requests = [];
	let loading = false;
	/** A transaction that is signed for one version is none for the next: nothing is sent in the blocks between. */
	let [paused, isPaused] = [false, false];
	let load = Promise.resolve();

	before(async () => {
		// Building takes minutes: ASSAY_NEXT names a folder where that is done.
		const built = () => execFileSync(path.join(ROOT, 'scripts', 'next-version.sh'), { encoding: 'utf8' }).trim();
		const folder = process.env.ASSAY_NEXT ?? built();
		const file = (name) => fs.readFileSync(path.join(folder, name));
		next = { runtime: file('runtime.wasm'), engine: file('engine'), id: file('engine.id').toString().trim() };
		const genesis = `--session-blocks ${SESSION} --era-sessions ${ERA_SESSIONS} --unbonding-sessions 30 --delay ${DELAY}`;
		net = await Localnet.start(SIZE, '--engine-runs 1', {}, { genesis });
		[chain] = net.chains;
		members = Array.from({ length: SIZE }, (_, index) => chain.account(`localnet//${index}`));
		[newcomer, delegator, asker] = ['newcomer', 'delegator', 'asker'].map((name) => chain.account(name));
		models = [];
		for (const output of ['y', 'other bits']) {
			models.push(await publish(chain, members[3], doubling({ name: output, output }), { name: `tests/${output.replace(' ', '-')}` }));
		}
		terms = await quote(chain, models[0], 64, { shapes: [[1]] });
		for (const who of [newcomer, delegator, asker]) {
			await chain.submit(chain.api.tx.balances.transferKeepAlive(who.address, 20_000n * ASY), members[0]);
		}
	});
	after(() => net?.end());

	/** The council decides a call, and it is made. Returns the block in which it is. */
	async function enact(call) {
		const [proposer, ...supporters] = members.slice(0, QUORUM);
		const { due } = await motion(chain, call, proposer, supporters);
		assert.ok(due, 'all of the first validators are enough');
		await chain.until('the call is made', DELAY + 10, () => chain.best > due);
		return due;
	}

	const deref = async (who) => (await chain.api.query.validators.candidates(who.address)).unwrap();
	const backing = async (who) => (await chain.api.query.validators.backings(who.address)).active.stake.toBigInt();

	/** Asks both models in turn for as long as it is wanted. Nothing waits for the answers. */
	async function keepAsking() {
		for (let number = 1; loading; number++) {
			while (paused) {
				isPaused = true;
				await new Promise((resolve) => setTimeout(resolve, 100));
			}
			isPaused = false;
			const model = models[number % models.length];
			const input = inline(encodeBundle([tensor('x', 'float32', [1], [number])]));
			const asked = await ask(chain, asker, model, input, { units: terms.units * 2, maxFee: terms.price * 4n });
			requests.push({ model, number, request: asked.request });
			const from = chain.best;
			await chain.until('the next request', 10, () => chain.best >= from + APART);
		}
	}

	test('somebody bonds and is elected', async () => {
		guest = await net.join(SIZE);
		await chain.until('the newcomer has caught up', 90, async () => {
			const { isSyncing, peers } = await guest.rpc('system_health');
			return !isSyncing && peers > 0 && guest.best + 2 >= chain.best;
		});
		// The command line reads finalized blocks.
		await chain.until('what the newcomer was given is final', 30, async () => {
			const at = await guest.api.at(await guest.api.rpc.chain.getFinalizedHead());
			return (await at.query.system.account(newcomer.address)).data.free.toBigInt() > 0n;
		});
		const dir = path.join(net.dir, 'operator');
		fs.mkdirSync(dir);
		const wanted = (line) => line.startsWith('assay validator');
		await guideShell('docs/guides/operate.md', ['Bond'], { url: guest.node.url, dir, wanted, env: { ASSAY_SURI: '//newcomer' } });
		await chain.until('the newcomer is in the set', 4 * SESSION, async () => {
			const set = await chain.api.query.session.validators();
			return set.some((who) => who.toString() === newcomer.address);
		});
	});

	test('a delegator adds to its power and earns with it', async (t) => {
		const { validators } = chain.api.tx;
		const power = async () => {
			const powers = await chain.api.query.validators.powers();
			return powers.find(([who]) => who.toString() === newcomer.address)[1].toNumber();
		};
		const before = await power();
		await chain.submit(validators.setCommission(100_000_000), newcomer);
		await chain.submit(validators.delegate(newcomer.address, 5_000n * ASY), delegator);
		await chain.until('the power follows', 4 * SESSION, async () => (await power()) > before);
		const stake = await backing(newcomer);
		loading = true;
		load = keepAsking();
		load.catch(() => {});
		await chain.until('the delegator earns', 60, async () => (await backing(newcomer)) > stake);
		t.diagnostic(`power ${before} with the bond, ${await power()} with 5,000 ASY more; earned ${(await backing(newcomer)) - stake} plancks`);
	});

	test('the delegator is penalised with it', async (t) => {
		// It is silenced on purpose.
		net.dishonest.push(newcomer.address);
		await net.kill(SIZE);
		await chain.until('it is found silent', 60, async () => (await deref(newcomer)).due.toBigInt() > 0n);
		const { bond, due } = await deref(newcomer);
		const stake = await backing(newcomer);
		await chain.until('its penalty is taken', 3 * ERA, async () => (await deref(newcomer)).bond.toBigInt() < bond.toBigInt());
		assert.ok((await backing(newcomer)) < stake, 'the delegator has lost nothing');
		t.diagnostic(`a penalty of ${due} plancks: the bond has lost ${bond.toBigInt() - (await deref(newcomer)).bond.toBigInt()}`);
		guest = await net.join(SIZE);
	});

	test('the council upgrades the runtime, which moves an item of the state', async () => {
		const { system } = chain.api.tx;
		const [from, to] = [key('Before', 'Moved'), key('After', 'Moved')];
		await enact(system.setStorage([[from, '0x2a']]));
		assert.equal(await chain.rpc('state_getStorage', from), '0x2a');
		const code = u8aToHex(next.runtime);
		await enact(system.authorizeUpgrade(chain.api.registry.hash(code)));
		// The delegation leaves in between.
		const left = await chain.submit(chain.api.tx.validators.undelegate(newcomer.address, 2_000n * ASY), delegator);
		assert.ok(left.events.some(({ method }) => method === 'Undelegated'));
		paused = true;
		await chain.until('the last request is in', 20, () => isPaused);
		const open = requests.at(-1).request;
		const apply = await system.applyAuthorizedUpgrade(code).signAsync(members[1], { nonce: -1 });
		await chain.rpc('author_submitExtrinsic', apply.toHex());
		await chain.until('the next version runs', 20, async () => (await chain.rpc('state_getRuntimeVersion')).specVersion === 3);
		// A connection of polkadot.js does not answer any more when the version changes under it.
		await chain.close();
		chain = await net.connect(0);
		assert.equal(chain.api.runtimeVersion.specVersion.toNumber(), 3);
		paused = false;
		assert.equal((await outcome(chain, open, WITHIN)).event, 'InferenceFinalized');
		await chain.until('the item is moved', 5, async () => (await chain.rpc('state_getStorage', to)) === '0x2a');
		assert.equal(await chain.rpc('state_getStorage', from), null);
	});

	test('the council changes the engine: no model goes down, and one answers with other bits', async (t) => {
		const { models: pallet } = chain.api.query;
		const before = (await pallet.currentEngine()).unwrap().toHex();
		await enact(chain.api.tx.models.setEngine(next.id, { id: contentId(next.engine), size: next.engine.length }));
		await upload(chain, next.engine);
		await chain.until('it is taken over', 6 * SESSION, async () => (await pallet.currentEngine()).unwrap().toHex() === next.id);
		const taken = chain.best;
		await chain.until('both models have passed', 60, async () => {
			const records = await Promise.all(models.map((model) => pallet.models(model)));
			assert.ok(records.every((record) => record.unwrap().status.isActive), 'a model is down');
			return records.every((record) => record.unwrap().engine.toHex() === next.id);
		});
		const passed = chain.best;
		await chain.until('requests are made under it', 40, () => chain.best > passed + 20);
		loading = false;
		await load;
		const answers = await Promise.all(requests.map(async (asked) => ({ ...asked, ...(await outcome(chain, asked.request, WITHIN)) })));
		const under = { [before]: 0, [next.id]: 0 };
		for (const { model, number, event, claim, outputs, resultHash, recomputed } of answers) {
			assert.equal(event, 'InferenceFinalized', `request of ${number}`);
			assert.equal(resultHash, recomputed);
			const engine = claim.engine.toHex();
			under[engine]++;
			const [{ data }] = outputs;
			if (model === models[1] && engine === next.id) {
				assert.notEqual(data[0], 2 * number, 'the same bits');
				assert.ok(Math.abs(data[0] - 2 * number) < 1e-3 * number);
			} else {
				assert.equal(data[0], 2 * number);
			}
		}
		assert.ok(under[before] > 0 && under[next.id] > 0, JSON.stringify(under));
		const events = await chain.events(1, chain.best);
		for (const down of ['ModelRejected', 'ReactivationStarted', 'ModelRetired', 'InferenceExpired', 'InferenceUnresolved']) {
			assert.ok(!events.some(({ method }) => method === down), down);
		}
		t.diagnostic(`${answers.length} requests, all final: ${under[before]} under the engine before, ${under[next.id]} under the next; ` +
			`taken over in block ${taken}, both models passed in block ${passed}`);
	});
});
