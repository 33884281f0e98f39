// The verifier: the Rust crate `assay-receipts` as a WebAssembly module without imports. Whatever decides is in there.

import { readFile } from '#platform';
import { NotVerified, UsageError } from './errors.js';

/** Bytes in hex with `0x`. */
export type Hex = string;

/** A block. */
export interface Block {
	number: number;
	hash: Hex;
}

/** The time in which an agreement could be disputed: blocks, or `'assured'`: 16, and until more than a third of the validators have made blocks. */
export type Window = number | 'assured';

/** The terms by which a request is decided. */
export interface Terms {
	/** Members of the committee. */
	k?: number;
	/** Auditors that are expected beside them. */
	audits?: number;
	/** The window in which the agreement may be disputed. */
	window?: Window;
}

/** A claim as the verifier has it: 64 bit numbers are text. */
export interface RawClaim {
	request: string;
	model: Hex;
	engine: Hex;
	input: Hex;
	output: Hex | null;
	decision: {
		round: string;
		verdict:
			| { type: 'Output'; resultHash: Hex; loadUnits: string; units: string }
			| { type: 'Failed'; reason: 'InputMismatch' | 'ComputeLimit' | 'MemoryLimit' | 'ModelTrap' | 'ModelInvalid'; units: string };
		votes: number;
		k: number;
		q: number;
		v: number;
		escalated: boolean;
		audits: number;
		auditors: number;
		power: string;
		total: string;
		window: Window;
	};
}

/** A trusted block: a genesis block by its hash, or the encoding of a later block, or of either. */
export type Checkpoint = { genesis: Hex } | { block: Hex } | { encoded: Hex };

/** The facts that a receipt proves. */
export interface RawVerified {
	claim: RawClaim;
	block: Block;
	head: Block;
	genesis: Hex;
	checkpoint: Block;
	next: Hex;
	stateRoot: Hex;
}

/** The value that a statement of the state proves. */
export interface ProvenState {
	/** The key. */
	key: Hex;
	/** The value under it; `null` if there is none. */
	value: Hex | null;
	/** The block after which that holds. */
	block: Block;
	/** Genesis block of the chain. */
	genesis: Hex;
	/** The checkpoint that all of it rests on. */
	checkpoint: Block;
	/** The block as a checkpoint for later. */
	next: Hex;
}

/** A tensor without its elements. */
export interface RawTensor {
	name: string;
	type: string;
	shape: number[];
	bytes?: number;
	texts?: string[];
}

/** A model's name and version. */
export interface Named {
	name: string;
	version: number;
}

interface Exports {
	memory: WebAssembly.Memory;
	take(length: number): number;
	call(json: number, jsonLength: number, bytes: number, bytesLength: number): number;
	answer(): number;
	answer_length(): number;
	bytes(): number;
	bytes_length(): number;
}

/** A refusal of the verifier, in the words of the Rust library. */
export class Refusal extends Error {}

const NOTHING = new Uint8Array();

/** An instance of the module. */
export class Verifier {
	readonly #module: WebAssembly.Module;
	readonly #exports: Exports;

	constructor(module: WebAssembly.Module) {
		this.#module = module;
		this.#exports = new WebAssembly.Instance(module, {}).exports as unknown as Exports;
	}

	/** The start of a receipt. */
	start(genesis: Hex, block: Hex | undefined, now: number): { checkpoint: Checkpoint; from: Hex | null } {
		return this.#json({ call: 'start', genesis, block, now });
	}

	/** Verifies a receipt. Without `now`, a checkpoint of any age is taken. */
	verify(receipt: Uint8Array, checkpoint: Checkpoint, now: number | undefined): RawVerified {
		return this.#json({ call: 'verify', checkpoint, now }, receipt);
	}

	/** Verifies a statement of the state. */
	verifyState(statement: Uint8Array, checkpoint: Checkpoint, now: number | undefined): ProvenState {
		return this.#json({ call: 'verifyState', checkpoint, now }, statement);
	}

	/** Refuses a claim that is not about this. */
	checkExpected(claim: RawClaim, expected: { request: string; model?: Hex; input?: Hex; terms?: Terms }): void {
		this.#json({ call: 'checkExpected', claim, expected });
	}

	/** Refuses a claim that rests on less than these terms. */
	checkTerms(claim: RawClaim, least: Terms): void {
		this.#json({ call: 'checkTerms', claim, least });
	}

	/** Refuses bytes that are not the output of a claim. */
	checkOutput(claim: RawClaim, genesis: Hex, output: Uint8Array): void {
		this.#json({ call: 'checkOutput', claim, genesis }, output);
	}

	/** Keys of what `readHead` reads. */
	headKeys(named: Named | undefined): Hex[] {
		return this.#json({ call: 'headKeys', named });
	}

	/** Reads the state after a proven head: its time, and that a name is the model's. */
	readHead(root: Hex, nodes: Hex[], named: (Named & { model: Hex }) | undefined): { time: number | null } {
		return this.#json({ call: 'readHead', root, nodes, named });
	}

	/** Reads values of the state under a proven root; `null` where it is proven that there is none. */
	read(root: Hex, keys: Hex[], nodes: Hex[]): (Hex | null)[] {
		return this.#json({ call: 'read', root, keys, nodes });
	}

	/** Why a light client must not begin with a raw chain spec: its block is older than bonds stay. `null` if it may. */
	specAge(spec: string, clock: number, best: number): string | null {
		// In an instance of its own: a spec has megabytes, and an instance never gives memory back.
		return new Verifier(this.#module).#json({ call: 'specAge', clock, best }, new TextEncoder().encode(spec));
	}

	/** Id of some bytes, hashes of their chunks, and the length of a chunk. */
	contentId(bytes: Uint8Array): { id: Hex; leaves: Hex[]; chunk: number } {
		return this.#json({ call: 'contentId' }, bytes);
	}

	/** Hash by which a verdict names an output. */
	resultHash(parts: { genesis: Hex; engine: Hex; model: Hex; input: Hex; output: Hex }): Hex {
		return this.#json({ call: 'resultHash', ...parts });
	}

	/** The canonical encoding of tensors whose elements are in `elements`, one after the other. */
	encodeBundle(tensors: RawTensor[], elements: Uint8Array): Uint8Array {
		return this.#call({ call: 'encodeBundle', tensors }, elements).bytes;
	}

	/** Tensors of a bundle, and their elements, one after the other. */
	decodeBundle(bundle: Uint8Array): { tensors: RawTensor[]; elements: Uint8Array } {
		const { json, bytes } = this.#call({ call: 'decodeBundle' }, bundle);
		return { tensors: json as RawTensor[], elements: bytes };
	}

	#json<T>(call: object, bytes?: Uint8Array): T {
		return this.#call(call, bytes).json as T;
	}

	#give(bytes: Uint8Array): [number, number] {
		const pointer = this.#exports.take(bytes.length);
		new Uint8Array(this.#exports.memory.buffer, pointer, bytes.length).set(bytes);
		return [pointer, bytes.length];
	}

	#call(call: object, bytes: Uint8Array = NOTHING): { json: unknown; bytes: Uint8Array } {
		const { memory, answer, answer_length, bytes: given, bytes_length } = this.#exports;
		const json = this.#give(new TextEncoder().encode(JSON.stringify(call)));
		const holds = this.#exports.call(...json, ...this.#give(bytes)) === 1;
		const text = new TextDecoder().decode(new Uint8Array(memory.buffer, answer(), answer_length()));
		if (!holds) {
			throw new Refusal(text);
		}
		return { json: JSON.parse(text), bytes: new Uint8Array(memory.buffer, given(), bytes_length()).slice() };
	}
}

let loading: Promise<Verifier> | undefined;

/**
 * Loads the verifier, once. Nobody has to call this, unless `receipts.wasm` is not beside this package's own files: then give it, before anything
 * else is called.
 */
export function loadVerifier(module?: Uint8Array<ArrayBuffer> | WebAssembly.Module): Promise<Verifier> {
	if (module || !loading) {
		loading = compile(module);
		loading.catch(() => (loading = undefined));
	}
	return loading;
}

async function compile(module: Uint8Array<ArrayBuffer> | WebAssembly.Module | undefined): Promise<Verifier> {
	if (module instanceof WebAssembly.Module) {
		return new Verifier(module);
	}
	const place = new URL('./receipts.wasm', import.meta.url);
	const bytes =
		module ??
		(await readFile(place).catch((error: unknown) => {
			throw new UsageError(`the verifier is not at ${place}: put receipts.wasm of this package there, or give its bytes to loadVerifier`, {
				cause: error,
			});
		}));
	return new Verifier(await WebAssembly.compile(bytes));
}

/** Runs a check: a refusal of the verifier becomes `NotVerified`. */
export function proven<T>(check: () => T): T {
	try {
		return check();
	} catch (error) {
		throw error instanceof Refusal ? new NotVerified(error.message) : error;
	}
}

/** Runs a check: a refusal of the verifier becomes `UsageError`. */
export function given<T>(check: () => T): T {
	try {
		return check();
	} catch (error) {
		throw error instanceof Refusal ? new UsageError(error.message) : error;
	}
}
