// A light client beside a network of several validators: verified outputs without any node, and what that takes beside RPC.

import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { User } from './lib/cli.js';
import { inline, publish } from './lib/inference.js';
import { Localnet } from './lib/localnet.js';
import { doubling } from './lib/onnx.js';
import { Counter, LyingNode } from './lib/proxy.js';
import { encodeBundle, tensor } from './lib/tensors.js';

/** Validators, and blocks of a session on the built-in chains. */
const [SIZE, SESSION] = [4, 30];
const UNITS = '10000000';
/** Blocks by which finality lags at most, on a machine that others keep busy. */
const FINAL_BLOCKS = 60;

describe('a light client in a network', () => {
	let net, chain, counters;

	before(async () => {
		net = await Localnet.start(SIZE);
		chain = net.chains[0];
		const sample = inline(encodeBundle([tensor('x', 'float32', [1], [1])]));
		const model = await publish(chain, chain.account('Charlie'), doubling(), { name: 'tests/doubling', sample });
		// The client reads the last finalized block.
		await final('the model is active', async ({ models }) => {
			const found = await models.models(model);
			return found.isSome && found.unwrap().status.isActive;
		});
		counters = [];
	});
	after(async () => {
		counters?.forEach((counter) => counter.end());
		await net?.end();
	});

	/** Waits until something holds in the last finalized block. */
	const final = (what, condition) =>
		chain.until(`in a final block ${what}`, FINAL_BLOCKS, async () => {
			const { query } = await chain.api.at(await chain.api.rpc.chain.getFinalizedHead());
			return condition(query);
		});

	/** Runs a command, and measures it. */
	async function taking(t, name, counted, work) {
		const before = { ...counted.bytes };
		const begun = performance.now();
		const done = await work();
		const seconds = ((performance.now() - begun) / 1000).toFixed(1);
		const [up, down] = [counted.bytes.up - before.up, counted.bytes.down - before.down];
		t.diagnostic(`${name}: ${seconds} s, ${up} bytes up, ${down} bytes down`);
		return done;
	}

	/** Somebody with a light client whose one peer is counted. */
	async function light(name) {
		const counted = await Counter.start(Number(chain.node.address.match(/\/tcp\/(\d+)/)[1]));
		counters.push(counted);
		const bootnode = chain.node.address.replace(/\/tcp\/\d+/, `/tcp/${counted.port}`);
		const options = ['--light', path.join(net.dir, 'spec.json'), '--bootnode', bootnode];
		return { counted, user: new User(path.join(net.dir, name), 'ws://127.0.0.1:1', { options }) };
	}

	/** Somebody with a node whose connection is counted. */
	async function overRpc(name) {
		const counted = await LyingNode.start(chain.node.url);
		counters.push(counted);
		return { counted, user: new User(path.join(net.dir, name), counted.url, { options: ['--genesis', chain.genesis] }) };
	}

	async function infers(t, name, { user, counted }, value, suri, validators = SIZE) {
		const input = user.tensors('in.json', { x: ['float32', [1], [value]] });
		const words = ['infer', 'tests/doubling', '--input', input, '--units', UNITS, '--suri', suri];
		const answer = await taking(t, `infer ${name}`, counted, () => user.json(...words));
		assert.deepEqual(answer.tensors.y.data, [2 * value]);
		assert.equal(answer.v, validators);
		return answer;
	}

	test('an output is verified without any node, and over RPC', async (t) => {
		const [smoldot, rpc] = [await light('light'), await overRpc('rpc')];
		await taking(t, 'models ls over RPC', rpc.counted, () => rpc.user.json('models', 'ls'));
		await taking(t, 'models ls with the light client', smoldot.counted, () => smoldot.user.json('models', 'ls'));
		const answer = await infers(t, 'over RPC', rpc, 3, '//Bob');
		assert.equal(answer.verified.by, 'receipt');
		t.diagnostic(`receipt: ${answer.verified.bytes} bytes`);
		const proven = await infers(t, 'with the light client', smoldot, 4, '//Dave');
		assert.equal(proven.verified.by, 'light client');
		assert.equal(proven.verified.hash, await chain.blockHash(proven.verified.block));
	});

	test('a light client starts anew after the authority set has changed', async (t) => {
		const setOf = async ({ grandpa }) => (await grandpa.currentSetId()).toNumber();
		const first = await setOf(chain.api.query);
		// One leaves. It is elected for two more sessions at most.
		await chain.submit(chain.api.tx.validators.unbond(), chain.account(`localnet//${SIZE - 1}`));
		await chain.until('the authority set changes', 4 * SESSION, async () => (await setOf(chain.api.query)) > first);
		await final('it has changed', async (query) => (await setOf(query)) > first);
		const smoldot = await light('late');
		const answer = await infers(t, `with the light client, from block ${chain.best} on`, smoldot, 5, '//Eve', SIZE - 1);
		assert.equal(answer.verified.hash, await chain.blockHash(answer.verified.block));
	});
});
