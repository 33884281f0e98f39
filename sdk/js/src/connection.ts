// A connection to a chain: questions, finalized blocks, transactions.

import { metadata as metadataCodec, unifyMetadata, type UnifiedMetadata } from '@polkadot-api/substrate-bindings';
import { createClient, type PolkadotClient, type TxEvent } from 'polkadot-api';
import type { JsonRpcProvider, Transaction, TxFinalized, TypedApi } from 'polkadot-api';
import type { Observable } from 'rxjs';
import { getWsProvider, WsEvent } from '@polkadot-api/ws-provider';
import { websocket } from '#platform';
import { addressOf, type Signer } from './accounts.js';
import { assay } from './descriptors/dist/index.js';
import { AssayError, Interrupted, NetworkError, NoAnswer, Refused, UnknownChain, UsageError } from './errors.js';
import { pause, until, within, type Progress } from './limits.js';
import type { Block, Hex } from './verifier.js';

/** The chain's storage, calls and runtime APIs, by the metadata that this package comes with. */
export type Api = TypedApi<typeof assay>;

/** Blocks in which a transaction may be included. */
const MORTALITY = 64;
/** Blocks within which a transaction is final: those in which it may be included, and what finality may lag. */
const FINAL_WITHIN = 2 * MORTALITY;
/** The node's engine starts, or inspects another model. */
const ENGINE_BUSY = 20_012;
/** Times that a busy node is asked again, and the milliseconds before each. */
const BUSY_TRIES = 240;
const BUSY_PAUSE = 250;

/** The error of a node that answers with one, or of a connection that is gone. */
export function networkError(error: unknown): AssayError {
	if (error instanceof AssayError) {
		return error;
	}
	const { code, message } = error as { code?: unknown; message?: unknown };
	const text = typeof message === 'string' ? message : String(error);
	return typeof code === 'number'
		? new NetworkError(text, code, { cause: error })
		: new NetworkError(`the node did not answer: ${text}`, undefined, { cause: error });
}

/** A provider for a node's address, and a promise that fails if nobody is there. Once there was a connection, it is made again whenever it is gone. */
export async function rpcProvider(url: string): Promise<{ provider: JsonRpcProvider; nobody: Promise<never> }> {
	if (!/^wss?:\/\//.test(url)) {
		throw new UsageError(`\`${url}\` is no address of a node: it begins with ws:// or wss://`);
	}
	let fail: (error: Error) => void;
	const nobody = new Promise<never>((_, reject) => (fail = reject));
	nobody.catch(() => undefined);
	let there = false;
	const onStatusChanged = ({ type }: { type: WsEvent }) => {
		there ||= type === WsEvent.CONNECTED;
		if (!there && (type === WsEvent.ERROR || type === WsEvent.CLOSE)) {
			fail(new NetworkError(`no node answers at ${url}: start one, or name another with \`url\``));
		}
	};
	return { provider: getWsProvider(url, { websocketClass: await websocket(), onStatusChanged }), nobody };
}

/**
 * A provider that can be stopped at any time. A client of polkadot-api that is destroyed while its first questions are on their way fails where
 * nobody can catch it; one that hears nothing any more does not.
 */
function stoppable(provider: JsonRpcProvider): { provider: JsonRpcProvider; stop: () => void } {
	let stopped = false;
	const open = new Set<ReturnType<JsonRpcProvider>>();
	return {
		provider: (onMessage) => {
			const connection = provider((message) => stopped || onMessage(message));
			open.add(connection);
			return {
				send: (message) => stopped || connection.send(message),
				disconnect: () => open.delete(connection) && connection.disconnect(),
			};
		},
		stop: () => {
			stopped = true;
			open.forEach((connection) => connection.disconnect());
			open.clear();
		},
	};
}

/** The chain as this package knows it. */
interface Known {
	specName: string;
	specVersion: number;
	transactionVersion: number;
}

/** A connection to a chain. */
export class Connection {
	readonly api: Api;
	readonly genesis: Hex;
	readonly #client: PolkadotClient;
	/** The node that has blobs and runs models for others: the endpoint itself, or another one beside a light client. */
	readonly #node: PolkadotClient | undefined;
	readonly #metadata: Uint8Array;
	readonly #known: Known;
	/** For each account, whose turn it is to hand a transaction over, the nonce after the last one, and how many are under way. */
	readonly #lines = new Map<string, { last: Promise<void>; next: number; open: number }>();

	readonly #closing: AbortController;

	private constructor(
		client: PolkadotClient,
		node: PolkadotClient | undefined,
		metadata: Uint8Array,
		genesis: Hex,
		known: Known,
		closing: AbortController,
	) {
		this.api = client.getTypedApi(assay);
		this.#client = client;
		this.#node = node;
		this.#metadata = metadata;
		this.genesis = genesis;
		this.#known = known;
		this.#closing = closing;
	}

	/**
	 * Connects. `node` is what has blobs and runs models for others: the endpoint itself, another one, or nobody. `trust` refuses another chain.
	 *
	 * The metadata are those that this package comes with, and the node's are not even asked for: a node that hands out its own would have accounts
	 * sign other calls than they mean. They are here before there is a client, which would ask the node if they could not be had.
	 */
	static async open(
		provider: JsonRpcProvider,
		node: JsonRpcProvider | 'endpoint' | undefined,
		trust: (genesis: Hex) => void,
		signal: AbortSignal,
	): Promise<Connection> {
		const metadata = await assay.getMetadata();
		const closing = new AbortController();
		const client = (provider: JsonRpcProvider) => {
			const stopping = stoppable(provider);
			closing.signal.addEventListener('abort', stopping.stop, { once: true });
			return createClient(stopping.provider, { getMetadata: async () => metadata });
		};
		const endpoint = client(provider);
		const beside = node === 'endpoint' ? endpoint : node && client(node);
		try {
			const { genesisHash } = await until(signal, endpoint.getChainSpecData());
			trust(genesisHash);
			const version = await until(signal, endpoint.getTypedApi(assay).constants.System.Version());
			const known = { specName: version.spec_name, specVersion: version.spec_version, transactionVersion: version.transaction_version };
			const connection = new Connection(endpoint, beside, metadata, genesisHash, known, closing);
			await connection.check(signal);
			return connection;
		} catch (error) {
			closing.abort();
			throw networkError(error);
		}
	}

	/** Ends the connection. Calls that wait for it are interrupted. */
	close(): void {
		this.#closing.abort(new Interrupted('the connection was closed'));
	}

	/** Until the caller stops it or the connection is closed. */
	#until<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
		return until(AbortSignal.any([signal, this.#closing.signal]), promise);
	}

	/** True if there is a node to ask for blobs and quotes. */
	get hasNode(): boolean {
		return this.#node !== undefined;
	}

	/** Refuses a runtime that this package was not made for. */
	async check(signal: AbortSignal): Promise<void> {
		const found = await this.call<Known>('state_getRuntimeVersion', [], signal);
		const { specName, specVersion, transactionVersion } = this.#known;
		if (found.specName !== specName || found.specVersion !== specVersion || found.transactionVersion !== transactionVersion) {
			throw new UnknownChain(
				`it runs ${found.specName} ${found.specVersion} with transactions ${found.transactionVersion}, and this is made for ${specName} ${specVersion} with transactions ${transactionVersion}`,
			);
		}
	}

	/** A method that every endpoint has. */
	async call<T>(method: string, params: unknown[], signal: AbortSignal): Promise<T> {
		return this.#until(signal, this.#client._request<T, unknown[]>(method, params)).catch((error: unknown) => {
			throw networkError(error);
		});
	}

	/** A method of a node, which a light client does not have. Fails with `NetworkError` and the node's own code. */
	async ask<T>(method: string, params: unknown[], signal: AbortSignal): Promise<T> {
		if (!this.#node) {
			throw new UsageError('a light client has no blobs and runs no models for others: name a node with `url` as well, it is not trusted with it');
		}
		const node = this.#node;
		for (let tries = 0; ; tries++) {
			try {
				return await this.#until(signal, node._request<T, unknown[]>(method, params));
			} catch (error) {
				const failure = networkError(error);
				const busy = failure instanceof NetworkError && failure.nodeCode === ENGINE_BUSY;
				if (!busy || tries >= BUSY_TRIES) {
					throw failure;
				}
				await pause(BUSY_PAUSE, signal);
			}
		}
	}

	/** Reads something of the chain. An error there is the network's trouble, or the chain has become another one. */
	async read<T>(read: Promise<T>, signal: AbortSignal): Promise<T> {
		try {
			return await this.#until(signal, read);
		} catch (error) {
			if (!(error instanceof AssayError)) {
				await this.check(signal);
			}
			throw networkError(error);
		}
	}

	/** The last finalized block. */
	finalized(signal: AbortSignal): Promise<Block> {
		return this.read(this.#client.getFinalizedBlock(), signal);
	}

	/** Looks at every finalized block, the last one first, until there is something. Fails with `NoAnswer` after so many. */
	async find<T>(what: string, limit: number, signal: AbortSignal, look: (block: Block) => Promise<T | undefined>): Promise<T> {
		let first: number | undefined;
		let seen = -1;
		for await (const block of this.#finalizedBlocks(signal)) {
			first ??= block.number;
			if (block.number <= seen) {
				continue;
			}
			seen = block.number;
			const found = await look(block).catch((error: unknown) => {
				// It was looked at for so long that the node has let it go: the next one tells as much.
				if (error instanceof AssayError && (error.cause as Error | undefined)?.name === 'BlockNotPinnedError') {
					return undefined;
				}
				throw error;
			});
			if (found !== undefined) {
				return found;
			}
			if (block.number - first >= limit) {
				break;
			}
		}
		throw new NoAnswer(`${what} within ${limit} blocks`);
	}

	/** Finalized blocks, the last of those that came meanwhile. */
	#finalizedBlocks(signal: AbortSignal): AsyncGenerator<Block> {
		return this.#latest(this.#client.finalizedBlock$, signal);
	}

	/** The blocks from the best one down to the last that is finalized, whenever they have changed. */
	bestBlocks(signal: AbortSignal): AsyncGenerator<Block[]> {
		return this.#latest(this.#client.bestBlocks$, signal);
	}

	/** Values of an endpoint, the last of those that came meanwhile. */
	async *#latest<T>(source: Observable<T>, signal: AbortSignal): AsyncGenerator<T> {
		let last: { value: T } | undefined;
		let failure: unknown;
		let wake = () => {};
		const subscription = source.subscribe({
			next: (value) => {
				last = { value };
				wake();
			},
			error: (error) => {
				failure = error;
				wake();
			},
		});
		try {
			for (;;) {
				if (failure !== undefined) {
					throw networkError(failure);
				}
				if (last) {
					const { value } = last;
					last = undefined;
					yield value;
				} else {
					await this.#until(signal, new Promise<void>((resolve) => (wake = resolve)));
				}
			}
		} finally {
			subscription.unsubscribe();
		}
	}

	/**
	 * Gets into the line of an account: of the transactions that it makes at once, each is handed over, and has its nonce, in the order in which they
	 * got there. Whoever does not submit, or is done, has to `leave`.
	 */
	queue(account: Signer): Turn {
		const address = addressOf(account.publicKey);
		const line = this.#lines.get(address) ?? { last: Promise.resolve(), next: 0, open: 0 };
		this.#lines.set(address, line);
		const before = line.last;
		let handedOver = () => {};
		line.last = new Promise<void>((resolve) => (handedOver = resolve));
		line.open++;
		let left = false;
		return {
			account,
			handedOver,
			nonce: async (signal) => {
				await this.#until(signal, before);
				const free = await this.call<number>('system_accountNextIndex', [address], signal);
				// A node may not know yet what it was handed just now.
				return line.open > 1 ? Math.max(free, line.next) : free;
			},
			signed: (nonce) => (line.next = nonce + 1),
			failed: () => (line.next = 0),
			leave: () => {
				if (!left) {
					left = true;
					line.open--;
					void before.then(handedOver);
				}
			},
		};
	}

	/** Signs a call, submits it, and waits until a finalized block has it. */
	async submit(
		name: string,
		call: Transaction,
		turn: Turn,
		signal: AbortSignal,
		onProgress: (progress: Progress) => void,
	): Promise<TxFinalized> {
		await this.check(signal);
		const nonce = await turn.nonce(signal);
		try {
			const events = call.signSubmitAndWatch(told(turn.account), { nonce, mortality: { mortal: true, period: MORTALITY } });
			const inBlock = await within({ signal }, (inner) => {
				const final = new Promise<TxFinalized>((resolve, reject) => {
					const subscription = events.subscribe({
						next: (event: TxEvent) => {
							if (event.type === 'signed') {
								turn.signed(nonce);
							} else if (event.type === 'broadcasted') {
								turn.handedOver();
								onProgress({ type: 'submitted' });
							} else if (event.type === 'finalized') {
								resolve(event);
							}
						},
						error: reject,
					});
					inner.addEventListener('abort', () => subscription.unsubscribe(), { once: true });
				});
				return Promise.race([final, this.find<never>(`${name} is in no final block`, FINAL_WITHIN, inner, async () => undefined)]);
			});
			if (!inBlock.ok) {
				throw new Refused(`${name} was not taken: ${explain(this.#metadata, inBlock.dispatchError)}`);
			}
			onProgress({ type: 'included' });
			return inBlock;
		} catch (error) {
			// The next one asks the node which nonce is free: this one's may be.
			turn.failed();
			throw refusal(name, error);
		}
	}
}

/** A signer whose refusal is told as one: its owner said no. */
function told({ publicKey, signBytes, signTx }: Signer): Signer {
	const sign = async (...of: Parameters<typeof signTx>) => {
		try {
			return await signTx(...of);
		} catch (error) {
			throw new Interrupted(`nothing was signed: ${(error as Error).message}`, { cause: error });
		}
	};
	return { publicKey, signBytes, signTx: sign };
}

/** A place in the line of an account. */
export interface Turn {
	account: Signer;
	/** Waits for those before, and gives the next nonce. */
	nonce: (signal: AbortSignal) => Promise<number>;
	/** The nonce is used. */
	signed: (nonce: number) => void;
	/** The node has it: the next one's turn. */
	handedOver: () => void;
	/** It was not taken. */
	failed: () => void;
	leave: () => void;
}

/** Why a transaction was not taken. */
function refusal(name: string, error: unknown): AssayError {
	if (error instanceof AssayError) {
		return error;
	}
	const invalid = (error as { name?: string; error?: { type?: string; value?: { type?: string } } }).name === 'InvalidTxError';
	if (!invalid) {
		return networkError(error);
	}
	const { type = 'Invalid', value } = (error as { error?: { type?: string; value?: { type?: string } } }).error ?? {};
	const why: Record<string, string> = {
		Payment: 'the account cannot pay the fee',
		Stale: 'another transaction of the account took its place',
		Future: 'an earlier transaction of the account is missing',
		AncientBirthBlock: 'it was too late',
		BadProof: 'the chain does not take the signature: it may have another runtime by now',
	};
	const found = value?.type ?? type;
	return new Refused(`${name} was not taken: ${why[found] ?? found}`, { cause: error });
}

/** A dispatch error in the words that the chain has for it. */
function explain(bytes: Uint8Array, error: { type: string; value: unknown }): string {
	const inner = error.value as { type?: string; value?: { type?: string } } | undefined;
	if (error.type !== 'Module') {
		const what = `${error.type}${inner?.type ? `.${inner.type}` : ''}`;
		return error.type === 'Token' ? `the account has too little, or has it on hold (${what})` : what;
	}
	const name = `${inner?.type}.${inner?.value?.type}`;
	const metadata: UnifiedMetadata = unifyMetadata(metadataCodec.dec(bytes));
	const pallet = metadata.pallets.find((pallet) => pallet.name === inner?.type);
	const def = pallet?.errors === undefined ? undefined : metadata.lookup[pallet.errors.type]?.def;
	const variant = def?.tag === 'variant' ? def.value.find((variant) => variant.name === inner?.value?.type) : undefined;
	const docs = variant?.docs.join(' ').trim();
	return docs ? `${docs} (${name})` : name;
}
