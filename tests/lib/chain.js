// A connection to a node through polkadot.js, with nothing but the chain's own metadata.

import { ApiPromise, Keyring, WsProvider } from '@polkadot/api';
import { cryptoWaitReady } from '@polkadot/util-crypto';

// A limit against hanging for ever when no block comes at all. All waits are counted in blocks.
const SILENCE_MS = 600_000;

/** A call that was included and failed. */
export class CallFailed extends Error {
	constructor(name, docs, block) {
		super(`${name}: ${docs}`);
		this.name = 'CallFailed';
		/** `pallet.Error`, or what kind of error it is. */
		this.error = name;
		/** Block that holds the call. */
		this.block = block;
	}
}

export class Chain {
	#heads = new Set();

	/** Connects to a `Node`. */
	static async connect(node) {
		await cryptoWaitReady();
		const provider = new WsProvider(node.url, 500);
		// The warning would be about our own RPC methods, which polkadot.js has no names for.
		const api = await ApiPromise.create({ provider, noInitWarn: true });
		const chain = new Chain(node, provider, api);
		await chain.#follow();
		return chain;
	}

	constructor(node, provider, api) {
		this.node = node;
		this.provider = provider;
		this.api = api;
		this.genesis = api.genesisHash.toHex();
		/** Number of the best block. */
		this.best = 0;
	}

	async #follow() {
		this.best = (await this.api.rpc.chain.getHeader()).number.toNumber();
		this.unsubscribe = await this.api.rpc.chain.subscribeNewHeads((header) => {
			this.best = header.number.toNumber();
			this.#heads.forEach((wake) => wake());
		});
		this.node.ended.then(() => this.#heads.forEach((wake) => wake()));
	}

	/** One of the accounts that the development chain endows: `Alice`, `Bob`, `Charlie`... */
	account(name) {
		return new Keyring({ type: 'sr25519' }).addFromUri(`//${name}`);
	}

	/** Calls one of the node's own methods. */
	rpc(method, ...params) {
		return this.provider.send(method, params);
	}

	async blockHash(number) {
		let hash;
		while ((hash = await this.api.rpc.chain.getBlockHash(number)).isEmpty && number <= this.best) {
			// A fork that is shorter has become the best one.
			await this.nextBlock();
		}
		return hash.toHex();
	}

	/** Waits for the next block. */
	async nextBlock() {
		let wake;
		let timer;
		try {
			await new Promise((resolve, reject) => {
				wake = resolve;
				this.#heads.add(wake);
				timer = setTimeout(() => reject(this.node.failure(`no block in ${SILENCE_MS} ms`)), SILENCE_MS);
			});
		} finally {
			clearTimeout(timer);
			this.#heads.delete(wake);
		}
		if (this.node.end) {
			throw this.node.failure('the node has ended');
		}
	}

	/** Tries a condition at every block until it gives something; fails after `within` blocks. */
	async until(what, within, condition) {
		const last = this.best + within;
		for (;;) {
			const result = await condition();
			if (result) {
				return result;
			}
			if (this.best >= last) {
				throw this.node.failure(`not within ${within} blocks: ${what}`);
			}
			await this.nextBlock();
		}
	}

	/** Events of the blocks `first` to `last`, in order, as `{ block, section, method, data, extrinsic }`. */
	async events(first, last = first) {
		const events = [];
		for (let block = first; block <= last; block++) {
			const at = await this.api.at(await this.blockHash(block));
			for (const { event, phase } of await at.query.system.events()) {
				const extrinsic = phase.isApplyExtrinsic ? phase.asApplyExtrinsic.toNumber() : null;
				events.push({ block, section: event.section, method: event.method, data: event.data, extrinsic });
			}
		}
		return events;
	}

	/** Signs and submits a call, and returns `{ block, events, fee }` when a block holds it. Fails with `CallFailed`. */
	async submit(call, signer) {
		const result = await new Promise((resolve, reject) => {
			call.signAndSend(signer, { nonce: -1 }, (result) => {
				if (result.isInBlock) {
					resolve(result);
				} else if (result.isError) {
					reject(new Error(`the pool dropped ${call.method.section}.${call.method.method}: ${result.status.type}`));
				}
			}).catch(reject);
		});
		const hash = result.status.isInBlock ? result.status.asInBlock : result.status.asFinalized;
		const block = (await this.api.rpc.chain.getHeader(hash)).number.toNumber();
		if (result.dispatchError) {
			const error = result.dispatchError;
			if (error.isModule) {
				const { section, name, docs } = this.api.registry.findMetaError(error.asModule);
				throw new CallFailed(`${section}.${name}`, docs.join(' ').trim(), block);
			}
			throw new CallFailed(`${error.type}.${error.value.type ?? ''}`, error.toString(), block);
		}
		const events = result.events.map(({ event }) => event);
		const fee = events.find((event) => event.method === 'TransactionFeePaid').data;
		return { block, events, fee: fee.actualFee.toBigInt() };
	}

	async close() {
		this.unsubscribe?.();
		await this.api.disconnect();
	}
}
