// A chain for programs that sign without asking, with accounts for their users, and programs in Python that ask them.

import assert from 'node:assert/strict';
import path from 'node:path';
import { spawn } from 'node:child_process';
import { Keyring } from '@polkadot/api';
import { User } from './cli.js';
import { ask, inline, publish } from './inference.js';
import { doubling } from './onnx.js';
import { LyingNode } from './proxy.js';
import { encodeBundle, tensor } from './tensors.js';
import { Testnet } from './testnet.js';

const ASY = 10n ** 12n;
const ACCOUNTS = 40;
const ONE = inline(encodeBundle([tensor('x', 'float32', [1], [1])]));

/** Plancks of an amount in words. */
export const plancks = (text) => {
	const [whole, fraction = ''] = text.split(' ')[0].split('.');
	return BigInt(`${whole}${fraction.padEnd(12, '0')}`);
};

/** An amount in ASY. */
export const asy = (amount) => `${amount / ASY}.${String(amount % ASY).padStart(12, '0')}`;

/** Runs a program in Python, and returns the JSON that it prints. */
export async function python(program, args, { input = null, env = process.env } = {}) {
	const child = spawn(program, args, { env, stdio: ['pipe', 'pipe', 'inherit'] });
	let said = '';
	child.stdout.on('data', (data) => (said += data));
	child.stdin.end(JSON.stringify(input));
	const code = await new Promise((resolve) => child.once('close', resolve));
	assert.equal(code, 0, `${args.join(' ')} ended with ${code}`);
	return JSON.parse(said);
}

/** A development chain with the model `tests/doubling`, whose id is `model`, another one, and a request `first` for that. */
export class AgentNet {
	static async start() {
		const net = new AgentNet();
		net.net = await Testnet.start();
		try {
			await net.prepare();
		} catch (error) {
			await net.end();
			throw error;
		}
		return net;
	}

	proxies = [];
	users = 0;

	async prepare() {
		this.chain = this.net.chain;
		this.dir = this.net.dir;
		this.genesis = this.chain.genesis;
		const { chain } = this;
		const pair = (index) => new Keyring({ type: 'sr25519' }).addFromUri(`//Agent//${index}`);
		const transfers = [...Array(ACCOUNTS).keys()].map((index) => chain.api.tx.balances.transferKeepAlive(pair(index).address, 10n * ASY));
		const named = (name) => ({ name, sample: ONE });
		[this.model, this.other] = await Promise.all([
			publish(chain, chain.account('Charlie'), doubling(), named('tests/doubling')),
			publish(chain, chain.account('Alice'), doubling({ padding: 100 }), named('tests/other')),
			chain.submit(chain.api.tx.utility.batchAll(transfers), chain.account('Dave')),
		]);
		this.first = (await ask(chain, chain.account('Bob'), this.other, ONE, { units: 100_000_000, maxFee: ASY })).request;
	}

	/** Somebody who knows the chain by its genesis block, with an account that nobody else uses. */
	user(url = this.net.node.url) {
		const index = this.users++;
		assert.ok(index < ACCOUNTS, 'there are accounts for all users');
		const user = new User(path.join(this.dir, `user-${index}`), url, { options: ['--genesis', this.genesis] });
		user.env.ASSAY_SURI = `//Agent//${index}`;
		return user;
	}

	/** Transactions of a user's account. */
	async nonce(user) {
		const { address } = new Keyring({ type: 'sr25519' }).addFromUri(user.env.ASSAY_SURI);
		return (await this.chain.api.query.system.account(address)).nonce.toNumber();
	}

	/** A user whose node lies. */
	async deceived(lie) {
		const proxy = await LyingNode.start(this.net.node.url, lie);
		this.proxies.push(proxy);
		return this.user(proxy.url);
	}

	async end() {
		this.proxies.forEach((proxy) => proxy.end());
		await this.net.end();
	}
}
