// A chain that `assay-node genesis` has made, without sudo: its validators upgrade the runtime while requests are answered.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { motion } from './lib/council.js';
import { ask, inline, outcome, publish, quote } from './lib/inference.js';
import { assertSettled, ledger } from './lib/ledger.js';
import { Localnet } from './lib/localnet.js';
import { doubling } from './lib/onnx.js';
import { encodeBundle, tensor } from './lib/tensors.js';

const SIZE = 4;
const ASY = 10n ** 12n;
/** Blocks between a decision and its call. */
const DELAY = 30;
/** Validators that have more than two thirds of the voting power, where all have the same. */
const QUORUM = 3;
/** Key of the runtime's code in the state: `:code`. */
const CODE = '0x3a636f6465';

describe('a chain without sudo', () => {
	let net;
	let chain;
	let members;
	let model;
	let terms;
	let asked = 0;

	before(async () => {
		const genesis = `--session-blocks 30 --era-sessions 2 --unbonding-sessions 30 --delay ${DELAY}`;
		net = await Localnet.start(SIZE, '--engine-runs 1', {}, { genesis });
		[chain] = net.chains;
		members = Array.from({ length: SIZE }, (_, index) => chain.account(`localnet//${index}`));
		model = await publish(chain, members[3], doubling({ name: 'no sudo' }), { name: 'tests/no-sudo' });
		terms = await quote(chain, model, 64, { shapes: [[1]] });
	});
	after(() => net?.end());

	/** The council decides a call; nobody else is asked. Returns the motion's number and when the call is made. */
	async function decide(call, first = 0) {
		const [proposer, ...supporters] = members.slice(first, first + QUORUM);
		const decided = await motion(chain, call, proposer, supporters);
		assert.ok(decided.due, 'three of four are not enough');
		return decided;
	}

	/** Asks for a double, and fails unless it comes. Returns how many blocks that took. */
	async function double() {
		const number = ++asked;
		const input = inline(encodeBundle([tensor('x', 'float32', [1], [number])]));
		const { request, block } = await ask(chain, members[2], model, input, { units: terms.units, maxFee: terms.price });
		const result = await outcome(chain, request);
		assert.deepEqual(result.outputs, [tensor('y', 'float32', [1], [2 * number])]);
		return result.block - block;
	}

	test('nobody is root, and a validator alone decides nothing', async () => {
		const { sudo } = chain.api.query;
		assert.ok((await sudo.key()).isNone);
		const call = chain.api.tx.system.setStorage([]);
		for (const tx of [call, chain.api.tx.sudo.sudo(call), chain.api.tx.council.takeBack(0)]) {
			await assert.rejects(chain.submit(tx, members[0]), /BadOrigin|RequireSudo/);
		}
		const { index, hash, due } = await motion(chain, call, members[0], [members[1]]);
		assert.equal(due, undefined, 'half is not enough');
		const { events } = await chain.submit(chain.api.tx.council.support(index, hash), members[2]);
		assert.ok(events.some(({ method }) => method === 'Decided'));
	});

	test('who delegates to a validator earns with it, and gets nothing back before its time', async () => {
		const { validators } = chain.api.tx;
		const [delegator, validator] = [members[0], members[1]];
		const stake = async () => (await chain.api.query.validators.backings(validator.address)).active.stake.toBigInt();
		await assert.rejects(chain.submit(validators.delegate(validator.address, ASY), delegator), /TakesNoDelegation/);
		await chain.submit(validators.setCommission(100_000_000), validator);
		await chain.submit(validators.delegate(validator.address, 1_000n * ASY), delegator);
		assert.equal(await stake(), 1_000n * ASY);
		for (let turn = 0; turn < 5; turn++) {
			await double();
		}
		assert.ok((await stake()) > 1_000n * ASY, 'nothing was earned');
		await chain.submit(validators.undelegate(validator.address, null), delegator);
		assert.equal(await stake(), 0n);
		await assert.rejects(chain.submit(validators.withdrawDelegation(validator.address, false), delegator), /NotWithdrawable/);
	});

	test('what they take back is never made', async () => {
		const { index, due } = await decide(chain.api.tx.system.setStorage([['0x01', '0x02']]));
		const takeBack = await decide(chain.api.tx.council.takeBack(index), 1);
		await chain.until('it is taken back', 10, () => chain.best > takeBack.due);
		assert.ok((await chain.events(takeBack.due)).some(({ method }) => method === 'TakenBack'));
		await chain.until('its block is over', DELAY + 10, () => chain.best > due + 1);
		assert.equal(await chain.rpc('state_getStorage', '0x01'), null);
	});

	test('they upgrade the runtime after the delay, and every request is answered', async (t) => {
		const start = await ledger(chain);
		const code = await chain.rpc('state_getStorage', CODE);
		const hash = chain.api.registry.hash(code);
		const { system } = chain.api.tx;
		const { due } = await decide(system.authorizeUpgradeWithoutChecks(hash));
		const took = [];
		while (chain.best < due - 1) {
			assert.ok((await chain.api.query.system.authorizedUpgrade()).isNone, 'the upgrade is authorized too early');
			took.push(await double());
		}
		await chain.until('the upgrade is authorized', 10, async () => (await chain.api.query.system.authorizedUpgrade()).isSome);
		const applied = await chain.submit(system.applyAuthorizedUpgrade(code), members[1]);
		assert.ok(applied.events.some(({ method }) => method === 'CodeUpdated'));
		for (let turn = 0; turn < 3; turn++) {
			took.push(await double());
		}
		assert.equal((await chain.api.query.models.models(model)).unwrap().status.type, 'Active');
		t.diagnostic(`${asked} requests, final in ${took.join(', ')} blocks; the upgrade in block ${applied.block}`);
		await assertSettled(chain, start);
	});
});
