// Many transactions at a time, and what became of them.

import { u8aToHex } from '@polkadot/util';

/** A slot in milliseconds. */
export const SLOT_MS = 2_000;
const ENDS = ['InferenceFinalized', 'InferenceExpired', 'InferenceUnresolved'];

/** Signs and submits calls of one account, without waiting for blocks. Nobody else may use the account meanwhile. */
export class Sender {
	static async of(chain, pair) {
		const sender = new Sender();
		Object.assign(sender, { chain, pair });
		sender.nonce = (await chain.api.rpc.system.accountNextIndex(pair.address)).toNumber();
		return sender;
	}

	/** A signed transaction, with the account's next nonce. */
	async sign(call, tip = 0) {
		const { genesisHash } = this.chain.api;
		const options = { nonce: this.nonce++, era: 0, blockHash: genesisHash, genesisHash, tip };
		return (await call.signAsync(this.pair, options)).toHex();
	}

	async send(call, tip) {
		await this.chain.rpc('author_submitExtrinsic', await this.sign(call, tip));
	}

	/** So many calls at each of so many blocks. Returns the last block before the first of them. */
	async pace(blocks, perBlock, make) {
		const before = this.chain.best;
		for (let block = 0; block < blocks; block++) {
			for (let each = 0; each < perBlock; each++) {
				await this.send(make());
			}
			await this.chain.nextBlock();
		}
		return before;
	}
}

/** Milliseconds at which a block was made. */
export async function time(chain, block) {
	return (await (await chain.api.at(await chain.blockHash(block))).query.timestamp.now()).toNumber();
}

/** Part of the slots between two blocks that have one. */
export async function filled(chain, first, last) {
	const slots = Math.round(((await time(chain, last)) - (await time(chain, first))) / SLOT_MS);
	return (last - first) / slots;
}

/** Number of the last block that no fork takes back. */
export async function finalized(chain) {
	return (await chain.api.rpc.chain.getHeader(await chain.api.rpc.chain.getFinalizedHead())).number.toNumber();
}

/** Follows `count` requests of an account from the blocks after `before` on, to their ends: `{ request, asked, ended, event, claim }`. */
export async function follow(chain, { address }, before, count, within) {
	const requests = new Map();
	let read = before;
	let refused = 0;
	await chain.until(`${count} requests have ended`, within, async () => {
		const final = await finalized(chain);
		while (read < final) {
			read++;
			for (const { method, section, data } of await chain.events(read)) {
				if (method === 'InferenceRequested' && data.owner.toString() === address) {
					requests.set(data.request.toNumber(), { request: data.request.toNumber(), asked: read });
				} else if (section === 'inference' && ENDS.includes(method)) {
					const known = requests.get(data.request.toNumber());
					known && Object.assign(known, { ended: read, event: method });
				} else if (section === 'system' && method === 'ExtrinsicFailed') {
					refused++;
				}
			}
		}
		const open = [...requests.values()].filter(({ ended }) => !ended).length;
		return requests.size + refused >= count && open === 0;
	});
	return [...requests.values()];
}

/** The value that `part` of the values are not above. */
export function percentile(values, part) {
	const sorted = [...values].sort((a, b) => a - b);
	return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)];
}

/** Blocks that requests took from their inclusion to finality, as text: `{ p50, p99, max, text }`. */
export function latency(requests) {
	const blocks = requests.filter(({ event }) => event === 'InferenceFinalized').map(({ asked, ended }) => ended - asked);
	const [p50, p99, max] = [0.5, 0.99, 1].map((part) => percentile(blocks, part));
	const others = requests.length - blocks.length;
	const text = `${blocks.length} of ${requests.length} final, blocks to final: p50 ${p50}, p99 ${p99}, max ${max}`;
	return { p50, p99, max, others, text };
}

/** Weight that a block has used: `{ transactions, hooks, proof }`, in picoseconds, and bytes of the proof of its transactions. */
export async function weight(chain, block) {
	const { normal, operational, mandatory } = await (await chain.api.at(await chain.blockHash(block))).query.system.blockWeight();
	const number = (compact) => Number(compact.toBigInt());
	return {
		transactions: number(normal.refTime) + number(operational.refTime),
		hooks: number(mandatory.refTime),
		proof: number(normal.proofSize) + number(operational.proofSize),
	};
}

/** A remark of so many bytes. */
export const remark = (chain, bytes) => chain.api.tx.system.remark(u8aToHex(new Uint8Array(bytes)));
