// The blocks that are trusted, and the place that keeps them. It is the profile of the command line, in the same form: `client/src/trust.rs` says
// more.

import { loadProfile, profilePlace, saveProfile } from '#platform';
import { NotVerified, UsageError } from './errors.js';
import type { Hex } from './verifier.js';

/** Milliseconds of a slot: there is at most one block in each. */
const SLOT_MS = 2_000;

interface Seen {
	block: number;
	/** Milliseconds since 1970. */
	time: number;
}

interface Stored {
	genesis: Hex;
	seen: Seen;
	checkpoint: { number: number; time: number; block: Hex } | null;
}

const isHash = (value: unknown): value is Hex => typeof value === 'string' && /^0x[0-9a-f]{64}$/.test(value);
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** Refuses what is no hash of a genesis block. */
export function genesisHash(value: string): Hex {
	const hash = value.toLowerCase();
	if (!isHash(hash)) {
		throw new UsageError(`\`${value}\` is no hash of a genesis block: it has 32 bytes in hex with 0x`);
	}
	return hash;
}

/** The error of a chain that is another one. */
export const otherChain = (name: string, pinned: Hex, found: Hex): NotVerified =>
	new NotVerified(
		`this is the chain with genesis block ${found}, and ${name} is the one with ${pinned}: for another chain, give it a name of its own with \`chain\``,
	);

/** The facts that are known of one chain. */
export class Profile {
	readonly name: string;
	#stored: Stored | undefined;
	/** True if it is kept, and false if it is forgotten with this object. */
	readonly kept: boolean;

	private constructor(name: string, stored: Stored | undefined, kept: boolean) {
		this.name = name;
		this.#stored = stored;
		this.kept = kept;
	}

	/** Reads a profile. One that is not there is empty. `false` in place of a name is one that is forgotten. */
	static async open(name: string | false): Promise<Profile> {
		if (name === false) {
			return new Profile('what is trusted', undefined, false);
		}
		if (!/^[A-Za-z0-9_-]+$/.test(name)) {
			throw new UsageError(`\`${name}\` is no name of a chain: use letters, digits, - and _`);
		}
		const text = await loadProfile(name);
		return new Profile(name, text === undefined ? undefined : parse(name, text), true);
	}

	/** Its place. */
	get place(): string {
		return profilePlace(this.name);
	}

	/** The genesis block that is pinned. */
	get genesis(): Hex | undefined {
		return this.#stored?.genesis;
	}

	/** A later block that was proven. */
	get block(): Hex | undefined {
		return this.#stored?.checkpoint?.block;
	}

	/** The largest number that the chain's best block may have by now, from the clock. */
	get now(): number {
		const { seen, checkpoint } = this.#stored ?? {};
		const known = [seen, checkpoint && { block: checkpoint.number, time: checkpoint.time }];
		return Math.max(0, ...known.map((at) => (at ? at.block + Math.floor(Math.max(0, Date.now() - at.time) / SLOT_MS) : 0)));
	}

	/** True if a block of the chain was ever seen here: without one, the clock says nothing of its age. */
	get hasSeen(): boolean {
		return (this.#stored?.seen.block ?? 0) > 0 || (this.#stored?.checkpoint ?? null) !== null;
	}

	/** Pins a genesis block, for good. `best` is a block that the chain has come to. */
	async pin(genesis: Hex, best: number): Promise<void> {
		if (this.#stored && this.#stored.genesis !== genesis) {
			throw otherChain(this.name, this.#stored.genesis, genesis);
		}
		if (!this.#stored) {
			this.#stored = { genesis, seen: { block: best, time: Date.now() }, checkpoint: null };
			await this.#save();
		}
	}

	/** Keeps a block that was proven, with the time that the chain gives it, if it is later than what is there. */
	async advance(number: number, block: Hex, time: number): Promise<void> {
		if (!this.#stored || (this.#stored.checkpoint && this.#stored.checkpoint.number >= number)) {
			return;
		}
		// A clock in the future would make the checkpoint look young for ever.
		this.#stored = { ...this.#stored, checkpoint: { number, time: Math.min(time, Date.now()), block } };
		await this.#save();
	}

	async #save(): Promise<void> {
		if (this.kept) {
			await saveProfile(this.name, `${JSON.stringify(this.#stored, null, 2)}\n`);
		}
	}
}

function parse(name: string, text: string): Stored {
	const damaged = () => new UsageError(`${profilePlace(name)}: this is no profile of a chain: remove it to begin anew`);
	let stored: Partial<Stored> | null;
	try {
		stored = JSON.parse(text) as Partial<Stored> | null;
	} catch {
		throw damaged();
	}
	const { genesis, seen, checkpoint } = stored ?? {};
	const later = checkpoint ?? null;
	const isLater = later === null || (isCount(later.number) && isCount(later.time) && /^0x([0-9a-f]{2})+$/.test(later.block));
	if (!isHash(genesis) || !isCount(seen?.block) || !isCount(seen.time) || !isLater) {
		throw damaged();
	}
	return { genesis, seen: { block: seen.block, time: seen.time }, checkpoint: later };
}

/** The blocks of a chain that are trusted, and kept. */
export interface Pinned {
	/** Hash of the genesis block. */
	genesis: Hex;
	/** A later block that was proven, to begin with: `{ checkpoint }`. */
	checkpoint: Hex | undefined;
	/** The largest number that the chain's best block may have by now, from the clock; `undefined` if no block of it was ever seen here. */
	now: number | undefined;
}

/** The blocks that are trusted under a name, if there are any. */
export async function pinned(chain = 'default'): Promise<Pinned | undefined> {
	const { genesis, block, now, hasSeen } = await Profile.open(chain);
	return genesis === undefined ? undefined : { genesis, checkpoint: block && `0x01${block.slice(2)}`, now: hasSeen ? now : undefined };
}

/** Trusts a genesis block under a name, for good. `best` is the number of a block that the chain has come to. */
export async function pin(genesis: Hex, best = 0, chain = 'default'): Promise<void> {
	await (await Profile.open(chain)).pin(genesisHash(genesis), best);
}
