// Memories of an agent, over the daemon of `assay memory serve`. No chain library is loaded.

import { NetworkError, NotVerified, Timeout, UsageError } from './errors.js';

/** The address of the daemon if nobody names another. */
const URL_OF_DAEMON = 'http://127.0.0.1:9985';
/** Milliseconds that an answer may take. A write that waits for a finalized block is answered by the daemon within 120 s. */
const TIMEOUT_MS = 150_000;
/** Memories of a page, which is the most that the daemon gives. */
const PAGE = 1_000;

/** Whose memories are meant. */
export interface Whose {
	user?: string | undefined;
	agent?: string | undefined;
	run?: string | undefined;
	app?: string | undefined;
}

export interface MemoryOptions extends Whose {
	/** The API key, which `assay memory grant NAME` makes. */
	key: string;
	/** The daemon's address. */
	url?: string | undefined;
	/** Milliseconds that an answer may take. */
	timeout?: number | undefined;
}

/** A memory. */
export interface Remembered {
	id: string;
	text: string;
	/** `local` on the daemon's disk, `committed` under a signed head, or `final` on the chain. */
	status: 'local' | 'committed' | 'final';
	user: string | null;
	agent: string | null;
	run: string | null;
	app: string | null;
	role: string;
	categories: string[];
	metadata: Record<string, unknown>;
	createdAt: string;
	updatedAt: string;
	version: number;
	/** The score of its fit to the query, from 0 to 1, if something was searched. */
	score?: number | undefined;
}

/** A turn of a conversation. */
export interface Message {
	role: 'user' | 'assistant' | 'system' | 'tool';
	content: string;
}

export interface WriteOptions {
	/** Waits until a finalized block has it. `Timeout` says what that waits for. */
	wait?: boolean | undefined;
	signal?: AbortSignal | undefined;
}

export interface AddOptions extends Whose, WriteOptions {
	metadata?: Record<string, unknown> | undefined;
	categories?: string[] | undefined;
	/** Id of a memory that this one replaces. */
	supersedes?: string | undefined;
	/** Ids of the memories that it was made of. */
	derivedFrom?: string[] | undefined;
}

export interface SearchOptions extends Whose {
	/** The largest number of results; 10 without it. */
	k?: number | undefined;
	/** Conditions, as mem0 has them. */
	filters?: Record<string, unknown> | undefined;
	/** The state after this commit, or at this time. */
	asOf?: number | string | undefined;
	/** Gives a receipt. */
	proof?: boolean | undefined;
	signal?: AbortSignal | undefined;
}

/** The results of a search, the best first. */
export interface Recall {
	memories: Remembered[];
	/** With `proof`: what shows that nothing was changed and nothing better was left out, for `assay memory verify`. */
	receipt: Uint8Array | undefined;
}

/** The reach of a deletion. */
export interface Deletion {
	deleted: number;
	/** `keys`: the old keys are destroyed on the daemon's machine; `forward`: no key that exists opens what was deleted. */
	reached: 'keys' | 'forward' | undefined;
	/** Those who could still open it, in words. */
	open: string[];
}

/** The state of a space. */
export interface MemoryStatus {
	space: string;
	memories: number;
	/** Those that are not committed. */
	local: number;
	/** The last commit. */
	seq: number;
	/** The last commit that the chain has; null where the space is on none. */
	final: number | null;
	/** The reason that keeps the rest from the chain. */
	waitsFor: string | null;
}

// biome-ignore lint/suspicious/noExplicitAny: JSON of the user's own daemon, in the forms that docs/memory.md has.
type Json = Record<string, any>;

/** A space of memories, as the API key of an agent opens it. */
export class Memory {
	readonly #key: string;
	readonly #url: string;
	readonly #timeout: number;
	readonly #whose: Whose;

	constructor({ key, url = URL_OF_DAEMON, timeout = TIMEOUT_MS, ...whose }: MemoryOptions) {
		if (!key) {
			throw new UsageError('an API key is missing: `assay memory grant NAME` makes one');
		}
		[this.#key, this.#url, this.#timeout, this.#whose] = [key, url.replace(/\/+$/, ''), timeout, whose];
	}

	/** Remembers a text, or each message of a conversation. It is on the daemon's disk when this returns. */
	async add(what: string | Message[], options: AddOptions = {}): Promise<Remembered[]> {
		const { metadata, categories, supersedes, derivedFrom, wait, signal } = options;
		const body = { messages: what, metadata, categories, supersedes, derived_from: derivedFrom, infer: false, ...this.#scope(options) };
		const { results } = await this.#ask('POST', '/v3/memories/add/', body, { wait, signal });
		return results.map(remembered);
	}

	/** The memories that fit a query best. */
	async search(query: string, options: SearchOptions = {}): Promise<Recall> {
		const { k = 10, filters, asOf, proof = false, signal } = options;
		const body = { query, top_k: k, filters, as_of: asOf, proof, ...this.#scope(options) };
		const found = await this.#ask('POST', '/v3/memories/search/', body, { signal });
		return { memories: found.results.map(remembered), receipt: proof ? bytes(found.proof.receipt) : undefined };
	}

	/** All memories, the newest first. */
	async *all(options: Whose & { filters?: Record<string, unknown> | undefined; signal?: AbortSignal | undefined } = {}): AsyncGenerator<Remembered> {
		const { filters, signal } = options;
		for (let page = 1; ; page++) {
			const body = { filters, page, page_size: PAGE, ...this.#scope(options) };
			const found = await this.#ask('POST', '/v3/memories/', body, { signal });
			yield* found.results.map(remembered);
			if (!found.next) {
				return;
			}
		}
	}

	/** One memory. */
	async get(id: string): Promise<Remembered> {
		return remembered(await this.#ask('GET', `/v1/memories/${part(id)}`));
	}

	/** Writes a new version. The old one stays in the history. */
	async update(id: string, text: string, options: WriteOptions & { metadata?: Record<string, unknown> | undefined } = {}): Promise<Remembered> {
		const { metadata, ...write } = options;
		return remembered(await this.#ask('PATCH', `/v1/memories/${part(id)}`, { text, metadata }, write));
	}

	/** Deletes a memory, all its versions, and what is derived from it with `cascade`. */
	async delete(id: string, options: WriteOptions & { cascade?: boolean | undefined } = {}): Promise<Deletion> {
		const { cascade = false, ...write } = options;
		const { deleted, deletion } = await this.#ask('DELETE', `/v1/memories/${part(id)}`, { cascade }, write);
		return { deleted, reached: deletion?.reached, open: deletion?.open ?? [] };
	}

	/** Verifies a receipt against the state that the daemon has, and gives what it proves; throws `NotVerified` where that is nothing. */
	async verify(receipt: Uint8Array): Promise<{ complete: boolean; seq: number; owner: string; memories: string[] }> {
		const hex = Array.from(receipt, (byte) => byte.toString(16).padStart(2, '0')).join('');
		const { complete, seq, owner, memories } = await this.#ask('POST', '/v1/verify', { receipt: hex });
		return { complete, seq, owner, memories: memories.map(({ memory }: Json) => memory) };
	}

	/** The state of the space: its memories, and the commit up to which the chain has it. */
	async status(): Promise<MemoryStatus> {
		const { space, memories, local, seq, final, waits_for: waitsFor } = await this.#ask('GET', '/v1/status');
		return { space, memories, local, seq, final, waitsFor };
	}

	#scope(whose: Whose): Json {
		const { user, agent, run, app } = { ...this.#whose, ...defined(whose) };
		return { user_id: user, agent_id: agent, run_id: run, app_id: app };
	}

	async #ask(method: string, path: string, body?: Json, { wait = false, signal }: WriteOptions = {}): Promise<Json> {
		const time = AbortSignal.timeout(this.#timeout);
		const headers = { 'X-API-Key': this.#key, 'Content-Type': 'application/json' };
		let answer: Response;
		let said: unknown;
		try {
			answer = await fetch(this.#url + path + (wait ? '?wait=final' : ''), {
				method,
				headers,
				body: body ? JSON.stringify(body) : null,
				signal: signal ? AbortSignal.any([signal, time]) : time,
			});
			said = await answer.json();
		} catch (cause) {
			signal?.throwIfAborted();
			if (time.aborted) {
				throw new Timeout(`${this.#url} has not answered within ${this.#timeout} ms`, { cause });
			}
			throw new NetworkError(`no daemon of memory answers at ${this.#url}: start it with \`assay memory serve\``, undefined, { cause });
		}
		const found = said as Json;
		if (!answer.ok) {
			throw refused(answer.status, found);
		}
		if (wait && !found.final) {
			throw new Timeout(`it is written, and no finalized block has it yet: the daemon waits: ${found.waits_for}`);
		}
		return found;
	}
}

function refused(status: number, { error, reason }: Json): Error {
	if (reason === 'NotVerified') {
		return new NotVerified(String(error).replace(/^not verified: /, ''));
	}
	return status >= 500 && status !== 501 ? new NetworkError(error, status) : new UsageError(error ?? `the daemon answers with ${status}`);
}

function remembered(memory: Json): Remembered {
	const { id, memory: text, status, role, categories, version, score } = memory;
	const { user_id: user, agent_id: agent, run_id: run, app_id: app, created_at: createdAt, updated_at: updatedAt } = memory;
	const metadata = memory.metadata ?? {};
	const all = { id, text, status, user, agent, run, app, role, categories, metadata, createdAt, updatedAt, version };
	return score === undefined ? all : { ...all, score };
}

function part(id: string): string {
	if (!id) {
		throw new UsageError('the id of a memory is missing: `add` and `search` give it');
	}
	return encodeURIComponent(id);
}

function bytes(hex: string): Uint8Array {
	const digits = hex.replace(/^0x/, '').match(/../g) ?? [];
	return Uint8Array.from(digits, (pair) => Number.parseInt(pair, 16));
}

function defined({ user, agent, run, app }: Whose): Whose {
	return Object.fromEntries(Object.entries({ user, agent, run, app }).filter(([, value]) => value !== undefined));
}
