// Receipts without any chain: what they prove, and whether an output is the one that they are about. This entry loads no chain library.

import { NotVerified, UsageError, type FailReason } from './errors.js';
import { decode, encode, toTensor, type Tensor, type TensorLike } from './tensors.js';
import { genesisHash } from './trust.js';
import {
	loadVerifier,
	proven,
	Refusal,
	type Block,
	type Checkpoint,
	type Hex,
	type ProvenState,
	type RawClaim,
	type RawVerified,
	type Verifier,
	type Window,
} from './verifier.js';

export * from './errors.js';
export { pin, pinned, type Pinned } from './trust.js';
export { loadVerifier } from './verifier.js';
export type { Block, Hex, ProvenState, Terms, Window } from './verifier.js';
export type { DataType, Elements, Nested, Port, Tensor, TensorLike } from './tensors.js';

/** The claim that the chain made final. */
export interface Claim {
	request: number;
	/** Id of the model. */
	model: Hex;
	/** Id of the engine. */
	engine: Hex;
	/** Id of the input. */
	input: Hex;
	/** Id of the output; none for a run that failed. */
	output: Hex | undefined;
	/** Hash that binds chain, engine, model, input and output; none for a run that failed. */
	resultHash: Hex | undefined;
	/** Why there is no output. */
	failed: FailReason | undefined;
	/** Compute units that the run took, loading included. */
	units: number;
	/** Equal votes. */
	votes: number;
	/** Members that were asked. */
	committee: number;
	/** Validators there were. */
	validators: number;
	/** Auditors that were expected, and that cast the same vote. */
	audits: number;
	auditors: number;
	/** The window in which the agreement could be disputed; 0 if all validators were asked. */
	window: Window;
	/** Voting power behind it, and all there was. */
	power: bigint;
	total: bigint;
}

/** The claim that a receipt proves, and the blocks that the proof rests on. */
export interface Verified extends Claim {
	/** Block in which the request became final. */
	block: Block;
	/** Block whose votes prove it. */
	head: Block;
	/** Genesis block of the chain. */
	genesis: Hex;
	/** The block that the proof begins with: number 0 is the genesis block. */
	checkpoint: Block;
	/** The head as a checkpoint for later: `{ checkpoint: next }`. */
	next: Hex;
	/**
	 * Number that the chain's best block was taken to have. If it is `undefined`, nobody has said it, and the age of the checkpoint was not checked:
	 * the validators of a checkpoint that is older than bonds stay could have signed anything since.
	 */
	now: number | undefined;
}

/** A trusted block: the hash of the chain's genesis block, or a checkpoint. */
export type Trusted = { genesis: Hex; checkpoint?: undefined } | { genesis?: Hex; checkpoint: Hex | Uint8Array };

/** Options of {@link verify}. */
export type VerifyOptions = Trusted & {
	/**
	 * Number that the chain's best block has by now, from a source other than the one that the receipt comes from. A checkpoint that is older than
	 * bonds stay is refused then.
	 */
	now?: number;
	/** The expected output: its bundle's bytes, a result, or tensors in the model's order. */
	output?: Uint8Array | Record<string, TensorLike> | { outputs: Record<string, Tensor> };
	/** The expected input. Tensors need their types: `{ type, shape, data }` or typed arrays. */
	input?: Uint8Array | Record<string, TensorLike>;
	/** Takes a claim that rests on fewer than 5 members, 8 auditors, a window `'assured'` or the votes of all members. */
	fast?: boolean;
};

/** Bytes of hex. */
export function fromHex(hex: Hex): Uint8Array {
	if (!/^0x([0-9a-fA-F]{2})*$/.test(hex)) {
		throw new UsageError(`\`${hex.slice(0, 80)}\` is no hex with 0x`);
	}
	return Uint8Array.from(hex.slice(2).match(/../g) ?? [], (digits) => parseInt(digits, 16));
}

/** Hex of bytes. */
export function toHex(bytes: Uint8Array): Hex {
	return `0x${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}

/** @internal A claim for programs. */
export function toClaim(claim: RawClaim): Claim {
	const { decision } = claim;
	const { verdict } = decision;
	return {
		request: Number(claim.request),
		model: claim.model,
		engine: claim.engine,
		input: claim.input,
		output: claim.output ?? undefined,
		resultHash: verdict.type === 'Output' ? verdict.resultHash : undefined,
		failed: verdict.type === 'Failed' ? verdict.reason : undefined,
		units: Number(verdict.units),
		votes: decision.votes,
		committee: decision.k,
		validators: decision.v,
		audits: decision.audits,
		auditors: decision.auditors,
		window: decision.window,
		power: BigInt(decision.power),
		total: BigInt(decision.total),
	};
}

/** @internal What a receipt proves, for programs. */
export function toVerified({ claim, block, head, genesis, checkpoint, next }: RawVerified, now: number | undefined): Verified {
	return { ...toClaim(claim), block, head, genesis, checkpoint, next: `0x01${next.slice(2)}`, now };
}

function toCheckpoint({ genesis, checkpoint }: Trusted): Checkpoint {
	if (checkpoint !== undefined) {
		return { encoded: typeof checkpoint === 'string' ? checkpoint : toHex(checkpoint) };
	}
	if (genesis === undefined) {
		throw new UsageError('nothing is trusted: give { genesis }, the hash of the genesis block, or { checkpoint }');
	}
	return { genesis: genesisHash(genesis) };
}

/** @internal Refuses a claim that rests on less than the network's defaults. */
export function checkTerms(verifier: Verifier, claim: RawClaim): void {
	try {
		verifier.checkTerms(claim, {});
	} catch (error) {
		throw error instanceof Refusal ? new NotVerified(`${error.message}; \`fast: true\` accepts it`) : error;
	}
}

/**
 * Verifies a receipt, offline, and throws `NotVerified` if it does not hold. The claim that it returns is proven: more than two thirds of the voting
 * power of the chain of this genesis block, or checkpoint, have made it final.
 */
export async function verify(receipt: Uint8Array, options: VerifyOptions): Promise<Verified> {
	const verifier = await loadVerifier();
	const checkpoint = toCheckpoint(options);
	const raw = proven(() => verifier.verify(receipt, checkpoint, options.now));
	if (options.genesis !== undefined && raw.genesis !== genesisHash(options.genesis)) {
		throw new UsageError(`the checkpoint is of the chain with genesis block ${raw.genesis}, and not ${options.genesis}`);
	}
	if (options.fast !== true) {
		checkTerms(verifier, raw.claim);
	}
	const bundle = (tensors: Uint8Array | Record<string, TensorLike>) =>
		tensors instanceof Uint8Array ? tensors : encode(verifier, Object.entries(tensors).map(([name, value]) => [name, toTensor(name, value)]));
	const { output, input } = options;
	if (output !== undefined) {
		const bytes = bundle(isResult(output) ? output.outputs : output);
		proven(() => verifier.checkOutput(raw.claim, raw.genesis, bytes));
	}
	if (input !== undefined) {
		const { id } = verifier.contentId(bundle(input));
		proven(() => verifier.checkExpected(raw.claim, { request: raw.claim.request, input: id }));
	}
	return toVerified(raw, options.now);
}

function isResult(output: object): output is { outputs: Record<string, Tensor> } {
	const { outputs } = output as { outputs?: object };
	return typeof outputs === 'object' && !Array.isArray(outputs) && !ArrayBuffer.isView(outputs) && !('data' in outputs);
}

/** Verifies a statement of the state, offline: what was under a key after a finalized block, or that nothing was. */
export async function verifyState(statement: Uint8Array, options: Trusted & { now?: number }): Promise<ProvenState> {
	const verifier = await loadVerifier();
	const checkpoint = toCheckpoint(options);
	const state = proven(() => verifier.verifyState(statement, checkpoint, options.now));
	return { ...state, next: `0x01${state.next.slice(2)}` };
}

/** Reads values of the state under a root that is proven, by nodes as `state_getReadProof` gives them; `null` where it is proven that there is none. */
export async function readProof(root: Hex, keys: Hex[], nodes: Hex[]): Promise<(Hex | null)[]> {
	const verifier = await loadVerifier();
	return proven(() => verifier.read(root, keys, nodes));
}

/** Id of a blob: of a model's file, of an input, of an output. */
export async function contentId(bytes: Uint8Array): Promise<Hex> {
	return (await loadVerifier()).contentId(bytes).id;
}

/** Hash by which a verdict names an output. All parts are ids. */
export async function resultHash(parts: { genesis: Hex; engine: Hex; model: Hex; input: Hex; output: Hex }): Promise<Hex> {
	return (await loadVerifier()).resultHash(parts);
}

/** The canonical bytes of tensors, in their order. */
export async function encodeTensors(tensors: Record<string, TensorLike>): Promise<Uint8Array> {
	return encode(await loadVerifier(), Object.entries(tensors).map(([name, value]) => [name, toTensor(name, value)]));
}

/** The tensors of a bundle's bytes. Bytes that are not in the canonical form are refused. */
export async function decodeTensors(bundle: Uint8Array): Promise<Record<string, Tensor>> {
	return decode(await loadVerifier(), bundle);
}
