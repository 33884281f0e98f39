// The network as programs see it: models, requests, and their answers. Nothing here returns an output that was not verified.

import { note, variable } from '#platform';
import { addressOf, type Signer } from './accounts.js';
import { download, upload } from './blobs.js';
import { Connection, rpcProvider, type Turn } from './connection.js';
import { AssayError, Interrupted, NetworkError, NoAnswer, NotVerified, Refused, RunFailed, UsageError } from './errors.js';
import type { RequestHistory, RequestList } from './history.js';
import { within, type Limits, type Watched } from './limits.js';
import type { BlockState, ChainState, Heads, RequestState } from './observe.js';
import type { Publication, PublishOptions, PublishPrice } from './publish.js';
import { decode, encode, fit, toTensor, type Port, type Tensor, type TensorLike } from './tensors.js';
import { asy, bytesFrom, text, utf8 } from './text.js';
import { genesisHash, otherChain, Profile } from './trust.js';
import { given, loadVerifier, proven, type Block, type Hex, type Named, type RawClaim, type RawVerified, type Terms, type Verifier } from './verifier.js';
import { checkTerms, toClaim, toHex, toVerified, type Claim, type Verified } from './verify.js';

/** The request is not final, as the node says it. */
const NOT_FINAL = 20_020;
/** It is, and no later block has votes yet. */
const NOT_YET_PROVEN = 20_021;
/** Bytes of an input that travels in the request. */
const MAX_INLINE_INPUT = 64 * 1024;
/** Bytes of the largest input. */
const MAX_BLOB_INPUT = 16 * 1024 * 1024;
/** Bytes of the largest output. */
const MAX_BLOB_OUTPUT = MAX_BLOB_INPUT;
/**
 * Finalized blocks within which a request ends, whatever its windows: 64 blocks of work in each of the windows of three rounds and of two of all
 * validators, an hour in which it may be disputed, and as many again.
 */
const LONGEST = 5_000;
/** Finalized blocks within which votes come that prove a result: twice the 16 between two justifications, and what GRANDPA may lag. */
const PROVEN_WITHIN = 64;
/** Terms of a request that names none. */
const DEFAULT_TERMS = { k: 5, audits: 8 } as const;
/** Models that a page of a list has. */
const PAGE = 100;
/** Milliseconds in which a node, or a light client's first peer, is to answer. */
const CONNECT_MS = { rpc: 60_000, light: 180_000 } as const;

/** The node to ask, and the chain to trust. */
export type ConnectOptions = Limits & {
	/** RPC of a node: `ws://` or `wss://`. With `spec`, a node beside the light client that has blobs and quotes; it is trusted with nothing. */
	url?: string;
	/** The chain's raw specification, for a light client. */
	spec?: string | object;
	/** Peers for the light client to begin with. Browsers need addresses with `/ws` or `/wss`. */
	bootnodes?: readonly string[];
	/** A worker that runs `@assay-network/client/worker`, for the light client of a page. */
	worker?: Worker;
	/** Hash of the genesis block. Without it, the one that is pinned counts, and the first node that is asked names it. */
	genesis?: Hex;
	/** A later block that is trusted: `next` of something that was verified. */
	checkpoint?: Hex | Uint8Array;
	/**
	 * Name under which what is trusted is kept: in the command line's file in Node (`default`, or `ASSAY_CHAIN`), in `localStorage` in a browser. `false`
	 * keeps nothing.
	 */
	chain?: string | false;
	/** Takes a checkpoint that is older than bonds stay. */
	acceptOldCheckpoint?: boolean;
	/** Is told which genesis block is pinned at the first use; without it, a line on stderr or the console says so. */
	onFirstUse?: (text: string, genesis: Hex) => void;
	/** Is told of progress. */
	onProgress?: Watched['onProgress'];
};

/** Which models are wanted: those of which everything holds that is given. */
export interface ModelQuery {
	/** Address of the owner. */
	owner?: string;
	/** The beginning of the names. */
	prefix?: string;
	task?: string;
	tag?: string;
	/** Only those that take requests. */
	active?: boolean;
}

/** The terms of a run and of its decision. */
export interface QuoteOptions extends Terms, Limits {
	/** Compute units that the run may use, load included; without them, as many as the node counts. */
	units?: number;
}

/** The needs of a run: its compute units and its price. */
export interface Quote {
	/** Compute units, at most. */
	units: number;
	/** Plancks that the request puts on hold, royalty included; what is not used returns. */
	price: bigint;
}

/** Options of a request. */
export interface SubmitOptions extends QuoteOptions, Watched {
	/** The account that pays. */
	account: Signer;
	/** Most plancks to put on hold; without it, the price and a tenth, for prices follow fullness. */
	maxFee?: bigint;
	/** Takes a result that rests on fewer than 5 members, 8 auditors, a window `'assured'` or the votes of all members. */
	fast?: boolean;
}

/** Options of waiting for an answer. */
export interface ResultOptions extends Watched {
	/** As in {@link SubmitOptions}. */
	fast?: boolean;
}

/** The proof that an output is the network's. */
export type Evidence =
	| (Pick<Verified, 'block' | 'head' | 'genesis' | 'checkpoint' | 'now'> & { by: 'receipt' })
	| { by: 'light client'; genesis: Hex; block: Block };

/** A verified output. */
export interface Result extends Claim {
	/** The output. */
	outputs: Record<string, Tensor>;
	/** The proof of the answer. */
	verified: Evidence;
	/** The receipt, which convinces others; a light client has none. */
	receipt: Uint8Array | undefined;
	/** Plancks that the requester has paid. Over RPC this is the node's word. */
	paid: bigint;
}

/** The facts of a request that its maker knows. */
interface Expected {
	request: number;
	model?: Hex;
	input?: Hex;
	terms?: Terms;
	named?: Named;
}

const ignore = () => undefined;

/**
 * Connects to a network: over RPC to a node whose answers are proven by receipts, or as a light client. Fails if it is another chain than the one
 * that is trusted.
 */
export async function connect(options: ConnectOptions = {}): Promise<Network> {
	const verifier = await loadVerifier();
	const profile = await Profile.open(options.chain ?? variable('ASSAY_CHAIN') ?? 'default');
	const named = options.genesis === undefined ? undefined : genesisHash(options.genesis);
	if (named !== undefined && profile.genesis !== undefined && named !== profile.genesis) {
		throw new UsageError(
			`\`${profile.name}\` is the chain with genesis block ${profile.genesis}, and not ${named}: give another chain a name of its own with \`chain\``,
		);
	}
	const block = options.checkpoint === undefined ? undefined : trustedBlock(options.checkpoint);
	const trust = (genesis: Hex) => {
		const trusted = named ?? profile.genesis;
		if (trusted !== undefined && trusted !== genesis) {
			throw otherChain(`\`${profile.name}\``, trusted, genesis);
		}
	};
	const light = options.spec !== undefined;
	return within({ timeout: light ? CONNECT_MS.light : CONNECT_MS.rpc, ...options }, async (signal) => {
		const { connection, end, checkAge, source } = light
			? await openLight(options, verifier, trust, signal)
			: await openRpc(options.url ?? variable('ASSAY_URL') ?? 'ws://127.0.0.1:9944', trust, signal);
		try {
			const { number } = await connection.finalized(signal);
			checkAge(number);
			const first = profile.genesis === undefined;
			await profile.pin(connection.genesis, number);
			if (first) {
				sayFirstUse(profile, connection.genesis, named === undefined ? source : 'as you say', options);
			}
			return new Network(connection, verifier, profile, { isLight: light, end, anyAge: options.acceptOldCheckpoint === true, block });
		} catch (error) {
			connection.close();
			end();
			throw error;
		}
	});
}

/** The connection and its parts, once they are open. */
interface Opened {
	connection: Connection;
	/** Ends what is open beside the connection. */
	end: () => void;
	/** Refuses to begin where nothing is bound to any more, when the chain has come to a block. */
	checkAge: (best: number) => void;
	/** The source that names the chain. */
	source: string;
}

async function openRpc(url: string, trust: (genesis: Hex) => void, signal: AbortSignal): Promise<Opened> {
	const { provider, nobody } = await rpcProvider(url);
	const connection = await within({ signal }, (inner) => Promise.race([Connection.open(provider, 'endpoint', trust, inner), nobody]));
	const source = `as ${url} says, which you trust with that this once: compare it with what others publish`;
	return { connection, end: ignore, checkAge: ignore, source };
}

async function openLight(options: ConnectOptions, verifier: Verifier, trust: (genesis: Hex) => void, signal: AbortSignal): Promise<Opened> {
	const { spec = {}, bootnodes = [], url, worker } = options;
	options.onProgress?.({ type: 'syncing' });
	const { startLight, withBootnodes } = await import('./light.js');
	const text = withBootnodes(spec, bootnodes);
	const checkAge = (best: number) => {
		const why = options.acceptOldCheckpoint === true ? null : given(() => verifier.specAge(text, Date.now(), best));
		if (why !== null) {
			throw new NotVerified(`${why}, or accept its age with \`acceptOldCheckpoint\``);
		}
	};
	checkAge(0);
	const node = url === undefined ? undefined : await rpcProvider(url);
	const { provider, end } = await startLight(text, worker);
	try {
		const connection = await within({ signal }, (inner) =>
			Promise.race([Connection.open(provider, node?.provider, trust, inner), ...(node ? [node.nobody] : [])]),
		);
		return { connection, end, checkAge, source: 'as the chain spec says' };
	} catch (error) {
		end();
		throw error;
	}
}

/** Says which chain is trusted from now on, if nobody has said it here. */
function sayFirstUse(profile: Profile, genesis: Hex, source: string, { onFirstUse, genesis: named, spec }: ConnectOptions): void {
	const chain = `the chain with genesis block ${genesis}, ${source}`;
	const said = profile.kept
		? `first use of \`${profile.name}\`: it is ${chain}. No node can change that from now on (${profile.place})`
		: `this is ${chain}`;
	if (onFirstUse) {
		onFirstUse(said, genesis);
	} else if (named === undefined && (profile.kept || spec === undefined)) {
		note(said);
	}
}

/** A connection to a network. */
export class Network {
	/** Hash of the genesis block, which is what the chain is. */
	readonly genesis: Hex;
	/** True if reads are proven to a light client here, and are not the word of a node. */
	readonly isLight: boolean;
	readonly #connection: Connection;
	readonly #verifier: Verifier;
	readonly #profile: Profile;
	readonly #end: () => void;
	readonly #anyAge: boolean;
	/** A checkpoint that the caller trusts. */
	readonly #block: Hex | undefined;

	/** @internal Use {@link connect}. */
	constructor(
		connection: Connection,
		verifier: Verifier,
		profile: Profile,
		of: { isLight: boolean; end: () => void; anyAge: boolean; block: Hex | undefined },
	) {
		this.genesis = connection.genesis;
		this.isLight = of.isLight;
		this.#connection = connection;
		this.#verifier = verifier;
		this.#profile = profile;
		this.#end = of.end;
		this.#anyAge = of.anyAge;
		this.#block = of.block;
	}

	/** Ends the connection. */
	close(): void {
		this.#connection.close();
		this.#end();
	}

	/** The same, at the end of a block that begins with `await using`. */
	async [Symbol.asyncDispose](): Promise<void> {
		this.close();
	}

	/**
	 * Finds a model: by `NAME`, which is its highest version that takes requests, by `NAME@VERSION`, or by its id. The model that is found is pinned:
	 * a later version does not change what it asks.
	 */
	model(reference: string, limits: Limits = {}): Promise<Model> {
		return within(limits, async (signal) => {
			const { api } = this.#connection;
			const [name, version] = parseReference(reference);
			const found =
				name === undefined
					? await this.#connection.read(api.apis.ModelsApi.model(reference.toLowerCase()), signal)
					: await this.#connection.read(api.apis.ModelsApi.model_named(utf8(name), version), signal);
			if (!found) {
				const active = name !== undefined && version === undefined ? ' that takes requests' : '';
				throw new UsageError(`there is no model ${reference}${active}: \`net.models()\` lists those that there are`);
			}
			return new Model(this, found, name === undefined ? undefined : { name, version: found.version });
		});
	}

	/** Models that fit, page after page, in the order of their names, and of a name's versions from the newest on. */
	async *models({ owner, prefix = '', task, tag, active = false }: ModelQuery = {}, limits: Limits = {}): AsyncGenerator<Model, void> {
		const filter = {
			owner,
			name_prefix: utf8(prefix),
			task: task === undefined ? undefined : utf8(task),
			tag: tag === undefined ? undefined : utf8(tag),
			active,
		};
		let after: { name: Uint8Array; version: number } | undefined;
		do {
			const page = await within(limits, (signal) =>
				this.#connection.read(this.#connection.api.apis.ModelsApi.models(filter, after, PAGE), signal),
			);
			for (const found of page.models) {
				yield new Model(this, found, { name: text(found.name), version: found.version });
			}
			after = page.next;
		} while (after);
	}

	/** Goes on with a request that was made earlier, here or elsewhere. `expected` is what is known of it, and is compared. */
	resume(request: number, expected: { model?: Hex; input?: Hex } = {}): Ticket {
		if (!Number.isSafeInteger(request) || request < 0) {
			throw new UsageError(`${request} is no number of a request`);
		}
		return new Ticket({ request, ...expected }, (options) => this.#answer({ request, ...expected }, options));
	}

	/** The receipt of a final request, verified. It begins with the genesis block, unless that is older than bonds stay. */
	receipt(request: number, limits: Limits = {}): Promise<Uint8Array> {
		return within(limits, async (signal) => {
			if (this.isLight) {
				throw new UsageError('a light client has no receipts: connect to a node with `url`');
			}
			return (await this.#receipt({ request }, signal)).bytes;
		});
	}

	/** The price of publishing a model. */
	publishPrice(model: Uint8Array, publication: Publication, limits: Limits = {}): Promise<PublishPrice> {
		return within(limits, async (signal) => {
			const { publishPrice } = await import('./publish.js');
			return publishPrice(this.#connection, this.#verifier, model, publication, signal);
		});
	}

	/** Publishes a model: registers an ONNX file, uploads its bytes, and waits until it takes requests. Goes on where it was cut off. */
	publish(model: Uint8Array, options: PublishOptions): Promise<Model> {
		return within(options, async (signal) => {
			const { publish } = await import('./publish.js');
			const id = await publish(this.#connection, this.#verifier, model, options, signal);
			return this.model(id, { signal });
		});
	}

	/** Plancks that an account may spend. */
	balance(address: string, limits: Limits = {}): Promise<bigint> {
		return within(limits, async (signal) => {
			const account = await this.#connection.read(this.#connection.api.query.System.Account.getValue(address), signal);
			return account.data.free;
		});
	}

	/** The last blocks, whenever there are new ones. */
	async *heads(limits: Limits = {}): AsyncGenerator<Heads, void> {
		const { heads } = await import('./observe.js');
		yield* heads(this.#connection, limits.signal ?? new AbortController().signal);
	}

	/** The chain as it stands: time, session, engine, validators. */
	state(limits: Limits = {}): Promise<ChainState> {
		return within(limits, async (signal) => (await import('./observe.js')).chainState(this.#connection, signal));
	}

	/** The state of a request; `undefined` if there is none of this number. Its output comes from `resume(request).result()`. */
	request(request: number, limits: Limits = {}): Promise<RequestState | undefined> {
		return within(limits, async (signal) => (await import('./observe.js')).requestState(this.#connection, request, signal));
	}

	/** Requests below `before`, the newest first, without the rounds that run. */
	requests({ before, limit = 25 }: { before?: number; limit?: number } = {}, limits: Limits = {}): Promise<RequestState[]> {
		return within(limits, async (signal) => (await import('./observe.js')).requestStates(this.#connection, before, limit, signal));
	}

	/** A block by its number, of the best chain, or by its hash, as a node says; `undefined` if it knows none. */
	block(of: number | Hex, limits: Limits = {}): Promise<BlockState | undefined> {
		return within(limits, async (signal) => (await import('./observe.js')).blockState(this.#connection, of, signal));
	}

	/**
	 * The voters of a request, the blocks of their votes, and their verdicts, as a node has kept them; `undefined` if it knows of no such request. A
	 * node that keeps no history answers with `NetworkError`.
	 */
	history(request: number, limits: Limits = {}): Promise<RequestHistory | undefined> {
		return within(limits, async (signal) => (await this.#connection.ask<RequestHistory | null>('requests_history', [request], signal)) ?? undefined);
	}

	/** Numbers of all requests, or of those of a model or of an account, the newest first, as a node has kept them. `limit` is at most 100. */
	requestsOf(
		{ model, requester, before, limit = 25 }: { model?: Hex; requester?: string; before?: number; limit?: number },
		limits: Limits = {},
	): Promise<RequestList> {
		const filter = { ...(model !== undefined && { model }), ...(requester !== undefined && { requester }) };
		return within(limits, (signal) => this.#connection.ask<RequestList>('requests_list', [filter, before ?? null, limit], signal));
	}

	/** Kind of the chain, as its specification says: `Development`, `Local` or `Live`. */
	chainType(limits: Limits = {}): Promise<string> {
		return within(limits, (signal) => this.#connection.call<string>('system_chainType', [], signal));
	}

	/** The number of peers that the endpoint has. */
	peers(limits: Limits = {}): Promise<number> {
		return within(limits, async (signal) => (await this.#connection.call<{ peers: number }>('system_health', [], signal)).peers);
	}

	/** A start for a light client, by a node's word: the chain's specification with its last finalized block. */
	syncSpec(limits: Limits = {}): Promise<string> {
		return within(limits, async (signal) => JSON.stringify(await this.#connection.ask<object>('sync_state_genSyncSpec', [true], signal)));
	}

	/** Addresses at which light clients of pages find the node, as it says. */
	listenAddresses(limits: Limits = {}): Promise<string[]> {
		return within(limits, async (signal) => {
			const all = await this.#connection.ask<string[]>('system_localListenAddresses', [], signal);
			return all.filter((address) => /\/wss?(\/|$)/.test(address));
		});
	}

	/** The card of a model, in Markdown, if it has one. Its id is in the model's record. */
	card(model: Model, limits: Limits = {}): Promise<string | undefined> {
		return within(limits, async (signal) => {
			const { card } = model;
			return card && text(await download(this.#connection, this.#verifier, card.id, card.size, signal, ignore));
		});
	}

	/** The bytes of a model's file. Its id is their hash. */
	download(model: Model, watched: Watched = {}): Promise<Uint8Array> {
		const { onProgress = ignore } = watched;
		return within(watched, (signal) => download(this.#connection, this.#verifier, model.id, model.size, signal, onProgress));
	}

	/** @internal What a model takes, as a node says. */
	async ports(model: Model, shapes: number[][] | null, signal: AbortSignal): Promise<{ inputs: Port[]; units: number | null }> {
		interface NodeQuote {
			inputs: { name: string; dataType: string; shape?: (number | string | null)[] }[];
			unitLimit: number | null;
		}
		const quote = await this.#connection.ask<NodeQuote>('engine_quote', [model.id, shapes], signal);
		const inputs = quote.inputs.map(({ name, dataType, shape }) => ({
			name,
			type: dataType,
			shape: shape?.map((dim) => (typeof dim === 'number' ? dim : null)) ?? null,
		}));
		return { inputs, units: quote.unitLimit };
	}

	/** @internal The input as the model takes it, and what the run takes. */
	async quote(model: Model, inputs: Record<string, TensorLike>, options: QuoteOptions, signal: AbortSignal): Promise<Quote & { input: Uint8Array }> {
		let tensors: Map<string, Tensor>;
		let units = options.units ?? null;
		if (this.#connection.hasNode) {
			tensors = fit(inputs, (await this.ports(model, null, signal)).inputs);
			units ??= (await this.ports(model, [...tensors.values()].map(({ shape }) => shape), signal)).units;
		} else {
			tensors = new Map(Object.entries(inputs).map(([name, value]) => [name, toTensor(name, value)]));
		}
		if (units === null) {
			throw new UsageError(
				`nobody says how many units ${model.title} takes on this input: give \`units\`, or connect with the \`url\` of a node as well (its sample took ${model.sampleUnits})`,
			);
		}
		const input = encode(this.#verifier, tensors);
		if (input.length > MAX_BLOB_INPUT) {
			throw new UsageError(`an input has 1 to ${MAX_BLOB_INPUT} bytes, not ${input.length}`);
		}
		if (input.length > MAX_INLINE_INPUT && !this.#connection.hasNode) {
			throw new UsageError(`an input above ${MAX_INLINE_INPUT} bytes is uploaded to a node: name one with \`url\` as well`);
		}
		const { k = DEFAULT_TERMS.k, audits = DEFAULT_TERMS.audits } = options;
		const price = await this.#connection.read(
			this.#connection.api.apis.InferenceApi.price(BigInt(units), BigInt(input.length), k, audits),
			signal,
		);
		if (price === undefined) {
			throw new UsageError(`no price fits ${units} units and ${input.length} bytes: ask for less`);
		}
		return { units, price: price + model.royalty, input };
	}

	/** @internal Makes a request. */
	async submit(model: Model, inputs: Record<string, TensorLike>, options: SubmitOptions, signal: AbortSignal): Promise<Ticket> {
		const { account } = options;
		if (!model.active) {
			throw new UsageError(`${model.title} takes no requests: it is ${model.status.toLowerCase()}`);
		}
		const turn = this.#connection.queue(account);
		try {
			return await this.#request(model, inputs, options, turn, signal);
		} finally {
			turn.leave();
		}
	}

	async #request(model: Model, inputs: Record<string, TensorLike>, options: SubmitOptions, turn: Turn, signal: AbortSignal): Promise<Ticket> {
		const { account, maxFee, k, audits, window, onProgress = ignore } = options;
		const { units, price, input } = await this.quote(model, inputs, options, signal);
		if (maxFee !== undefined && maxFee < price) {
			throw new Refused(`this costs up to ${asy(price)}, which is above \`maxFee\`: raise it, or give fewer \`units\``);
		}
		await this.#afford(account, price, signal);
		const { id } = this.#verifier.contentId(input);
		const byBlob = input.length > MAX_INLINE_INPUT;
		const call = this.#connection.api.tx.Inference.request_inference({
			model: model.id,
			input: byBlob ? { type: 'Blob', value: { id, size: BigInt(input.length) } } : { type: 'Inline', value: input },
			unit_limit: BigInt(units),
			max_fee: maxFee ?? price + price / 10n,
			k,
			audits,
			window: window === undefined ? undefined : window === 'assured' ? { type: 'Assured', value: undefined } : { type: 'Blocks', value: window },
			callback: undefined,
		});
		const included = await this.#connection.submit('Inference.request_inference', call, turn, signal, onProgress);
		const event = included.events.find(({ type, value }) => type === 'Inference' && value.type === 'InferenceRequested');
		const request = Number((event?.value.value as { request?: bigint } | undefined)?.request ?? NaN);
		if (!Number.isSafeInteger(request)) {
			throw new NetworkError('the node did not answer: there was no event Inference.InferenceRequested');
		}
		onProgress({ type: 'requested', request });
		const named = model.named;
		const terms = { ...(k !== undefined && { k }), ...(audits !== undefined && { audits }), ...(window !== undefined && { window }) };
		const expected: Expected = { request, model: model.id, input: id, terms, ...(named && { named }) };
		// A caller that has asked for certain terms has them: they are compared with the claim's.
		const fast = options.fast ?? Object.keys(terms).length > 0;
		const ticket = new Ticket(expected, (later) => this.#answer(expected, { fast, ...later }));
		if (byBlob) {
			await upload(this.#connection, this.#verifier, input, signal, onProgress);
		}
		return ticket;
	}

	async #afford(account: Signer, plancks: bigint, signal: AbortSignal): Promise<void> {
		const address = addressOf(account.publicKey);
		const balance = await this.balance(address, { signal });
		if (balance < plancks) {
			throw new Refused(`${address} has ${asy(balance)}, and this takes ${asy(plancks)}: send it some, or sign with another account`);
		}
	}

	/** Waits for the answer of a request, and verifies it. */
	#answer(expected: Expected, options: ResultOptions): Promise<Result> {
		const { onProgress = ignore, fast = false } = options;
		return within(options, async (signal) => {
			const { record, block } = await this.#ended(expected.request, signal, onProgress);
			if (record.ended.type !== 'Final') {
				const why =
					record.ended.type === 'Expired'
						? 'has expired: too few validators answered in time'
						: 'is unresolved: the validators found no two thirds for one result';
				const by = this.isLight ? '' : ', as the node says';
				throw new NoAnswer(
					`request ${expected.request} ${why}${by}; what it held returns, less what the requester has caused`,
				);
			}
			if (record.review?.type === 'Overturned') {
				throw new NotVerified(
					`the result of request ${expected.request} was final, and is false: all validators decided otherwise in block ${record.review.value.at}`,
				);
			}
			let claim: RawClaim;
			let verified: Evidence;
			let receipt: Uint8Array | undefined;
			if (this.isLight) {
				claim = rawClaim(record.ended.value);
				this.#checkExpected(claim, expected);
				verified = { by: 'light client', genesis: this.genesis, block };
			} else {
				onProgress({ type: 'proving' });
				const found = await this.#receipt(expected, signal);
				claim = found.verified.claim;
				receipt = found.bytes;
				await this.#checkHead(found.verified, expected.named, signal);
				const { head, genesis, checkpoint, now, block } = toVerified(found.verified, found.now);
				verified = { by: 'receipt', genesis, block, head, checkpoint, now };
			}
			if (!fast) {
				checkTerms(this.#verifier, claim);
			}
			if (claim.decision.verdict.type === 'Failed') {
				throw new RunFailed(claim.decision.verdict.reason);
			}
			const bytes = await this.#outputBytes(claim, record.output, signal, onProgress);
			proven(() => this.#verifier.checkOutput(claim, this.genesis, bytes));
			const outputs = decode(this.#verifier, bytes);
			return { ...toClaim(claim), outputs, verified, receipt, paid: record.paid };
		}).catch((error: unknown) => {
			throw ofRequest(expected.request, error);
		});
	}

	/** Waits until a request has ended, as the endpoint says it. */
	async #ended(request: number, signal: AbortSignal, onProgress: NonNullable<Watched['onProgress']>) {
		const { api } = this.#connection;
		let stage: string | undefined;
		return this.#connection.find(`request ${request} has not ended`, LONGEST, signal, async (block) => {
			const at = { at: block.hash };
			const record = await this.#connection.read(api.query.Inference.Results.getValue(BigInt(request), at), signal);
			if (record) {
				return { record, block: { number: block.number, hash: block.hash } };
			}
			const subject = { type: 'Request', value: BigInt(request) } as const;
			const standing = await this.#connection.read(api.query.Rounds.Standings.getValue(subject, at), signal);
			if (!standing) {
				const next = await this.#connection.read(api.query.Inference.NextRequest.getValue(at), signal);
				throw new UsageError(
					BigInt(request) < next
						? `request ${request} has left the state: \`net.receipt(${request})\` proves what its result was`
						: `there is no request ${request}: ${next > 0n ? `the last one is ${next - 1n}` : 'there is none yet'}`,
				);
			}
			if (standing.stage.type !== stage) {
				stage = standing.stage.type;
				onProgress({ type: 'status', status: stage });
			}
			return undefined;
		});
	}

	/** The receipt of a request, verified, as soon as there are votes for a later block. */
	async #receipt(expected: Expected, signal: AbortSignal): Promise<{ bytes: Uint8Array; verified: RawVerified; now: number }> {
		const block = this.#block ?? this.#profile.block;
		return this.#connection.find('no block with votes has come', PROVEN_WITHIN, signal, async ({ number }) => {
			const now = Math.max(this.#profile.now, number);
			const { checkpoint, from } = given(() => this.#verifier.start(this.genesis, block, now));
			let bytes: Uint8Array;
			try {
				bytes = bytesFrom(await this.#connection.ask('receipts_build', [expected.request, from], signal));
			} catch (error) {
				const early = error instanceof NetworkError && (error.nodeCode === NOT_FINAL || error.nodeCode === NOT_YET_PROVEN);
				if (early && (error.nodeCode === NOT_YET_PROVEN || (await this.#mayBecomeFinal(expected.request, signal)))) {
					return undefined;
				}
				throw error;
			}
			const verified = proven(() => this.#verifier.verify(bytes, checkpoint, this.#anyAge ? undefined : now));
			this.#checkExpected(verified.claim, expected);
			return { bytes, verified, now };
		});
	}

	/** True if the request may still become final, so that waiting makes sense. */
	async #mayBecomeFinal(request: number, signal: AbortSignal): Promise<boolean> {
		const { api } = this.#connection;
		const record = await this.#connection.read(api.query.Inference.Results.getValue(BigInt(request)), signal);
		if (record) {
			return record.ended.type === 'Final';
		}
		return (await this.#connection.read(api.query.Inference.Requests.getValue(BigInt(request)), signal)) !== undefined;
	}

	#checkExpected(claim: RawClaim, { request, model, input, terms }: Expected): void {
		const expected = { request: String(request), ...(model && { model }), ...(input && { input }), ...(terms && { terms }) };
		proven(() => this.#verifier.checkExpected(claim, expected));
	}

	/** Checks by the state that a receipt has proven that a name is the model's, and keeps the head with the time that the chain gives it. */
	async #checkHead(verified: RawVerified, named: Named | undefined, signal: AbortSignal): Promise<void> {
		let nodes: Hex[];
		try {
			const keys = this.#verifier.headKeys(named);
			const { proof } = await this.#connection.ask<{ proof: Hex[] }>('state_getReadProof', [keys, verified.head.hash], signal);
			nodes = proof.map((node) => toHex(bytesFrom(node)));
		} catch (error) {
			// The state of an old head is gone, and with it only the time.
			if (error instanceof NetworkError && named === undefined) {
				return;
			}
			throw error;
		}
		const model = verified.claim.model;
		const { time } = proven(() => this.#verifier.readHead(verified.stateRoot, nodes, named && { ...named, model }));
		if (time !== null) {
			await this.#profile.advance(verified.head.number, verified.next, time);
		}
	}

	/** The bytes of an output, wherever they are. They are not verified. */
	async #outputBytes(
		claim: RawClaim,
		output: { type: 'Inline'; value: Uint8Array } | { type: 'Blob'; value: { size: bigint } } | undefined,
		signal: AbortSignal,
		onProgress: NonNullable<Watched['onProgress']>,
	): Promise<Uint8Array> {
		if (!output) {
			throw new NotVerified('the record has no output, and the claim has one');
		}
		if (output.type === 'Inline') {
			return output.value;
		}
		const size = Number(output.value.size);
		if (size > MAX_BLOB_OUTPUT) {
			throw new NotVerified(`no output has ${size} bytes`);
		}
		if (claim.output === null) {
			throw new NotVerified('the claim has no output');
		}
		return download(this.#connection, this.#verifier, claim.output, size, signal, onProgress);
	}
}

type ModelRecord = NonNullable<Awaited<ReturnType<Connection['api']['apis']['ModelsApi']['model']>>>;

/** A model. It is pinned by its id. */
export class Model {
	/** Its id: the hash of its file. */
	readonly id: Hex;
	readonly name: string;
	readonly version: number;
	/** Address of its owner. */
	readonly owner: string;
	/** Bytes of its file. */
	readonly size: number;
	readonly task: string;
	readonly licence: string;
	readonly tags: string[];
	readonly description: string;
	/** Id and bytes of its card, if it has one. */
	readonly card: { id: Hex; size: number } | undefined;
	/** Plancks to the owner for each answer. */
	readonly royalty: bigint;
	/** `Pending`, `Active`, `Rejected` or `Retired`. */
	readonly status: string;
	/** Compute units that its sample took. */
	readonly sampleUnits: number | undefined;
	/** Its publisher's statement about the origin of this version, and the ed25519 key that has signed it: see {@link provenanceHolds}. */
	readonly provenance: { statement: string; key: Hex; signature: Hex } | undefined;
	/** The name and version that it was found by: over RPC, that they are this model's is proven with each answer. */
	readonly named: Named | undefined;
	readonly #network: Network;
	readonly #stated: ModelRecord['provenance'];

	/** @internal Use {@link Network.model}. */
	constructor(network: Network, record: ModelRecord, named: Named | undefined) {
		this.#network = network;
		this.id = record.id;
		this.name = text(record.name);
		this.version = record.version;
		this.owner = record.owner;
		this.size = Number(record.size);
		this.task = text(record.metadata.task);
		this.licence = text(record.metadata.licence);
		this.tags = record.metadata.tags.map(text);
		this.description = text(record.metadata.description);
		const { card } = record.metadata;
		this.card = card && { id: card.id, size: Number(card.size) };
		this.royalty = record.royalty;
		this.status = record.state.type;
		this.sampleUnits = record.state.type === 'Active' ? Number(record.state.value.sample_units) : undefined;
		this.#stated = record.provenance;
		this.provenance = record.provenance && { ...record.provenance, statement: text(record.provenance.statement) };
		this.named = named;
	}

	/** True if it takes requests. */
	get active(): boolean {
		return this.status === 'Active';
	}

	/** Name and version. */
	get title(): string {
		return `${this.name}@${this.version}`;
	}

	/** True if the key of its provenance has signed that statement, for this file, name and version. It is checked here. */
	async provenanceHolds(): Promise<boolean> {
		return this.#stated !== undefined && (await import('./provenance.js')).isSigned(this, this.#stated);
	}

	/** The inputs that it takes, as a node says. */
	inputs(limits: Limits = {}): Promise<Port[]> {
		return within(limits, async (signal) => (await this.#network.ports(this, null, signal)).inputs);
	}

	/** The needs of a run on these inputs: its compute units and its price. Nothing is signed. */
	quote(inputs: Record<string, TensorLike>, options: QuoteOptions = {}): Promise<Quote> {
		return within(options, async (signal) => {
			const { units, price } = await this.#network.quote(this, inputs, options, signal);
			return { units, price };
		});
	}

	/** Asks it, waits, verifies, and returns the output. Every error says what to do, and has the number of the request where one was paid for. */
	run(inputs: Record<string, TensorLike>, options: SubmitOptions): Promise<Result> {
		return paying(options, async (signal, watched) => {
			const ticket = await this.#network.submit(this, inputs, watched, signal);
			return ticket.result({ signal, onProgress: watched.onProgress });
		});
	}

	/** Asks it, and returns when the request is in a finalized block. */
	submit(inputs: Record<string, TensorLike>, options: SubmitOptions): Promise<Ticket> {
		return paying(options, (signal, watched) => this.#network.submit(this, inputs, watched, signal));
	}
}

/** A request that was made. */
export class Ticket {
	/** Its number. */
	readonly request: number;
	/** The model that was asked, if that is known here. */
	readonly model: Hex | undefined;
	/** Id of the input, if that is known here. */
	readonly input: Hex | undefined;
	readonly #answer: (options: ResultOptions) => Promise<Result>;

	/** @internal Use {@link Model.submit} or {@link Network.resume}. */
	constructor({ request, model, input }: Expected, answer: (options: ResultOptions) => Promise<Result>) {
		this.request = request;
		this.model = model;
		this.input = input;
		this.#answer = answer;
	}

	/** Waits for the answer, and verifies it. */
	result(options: ResultOptions = {}): Promise<Result> {
		return this.#answer(options);
	}
}

/** Names the request in whatever goes wrong once it is paid for, and how to get its answer. */
function ofRequest(request: number, error: unknown): unknown {
	if (error instanceof AssayError && error.request === undefined) {
		error.request = request;
		if (error.kind === 'interrupted' || error.kind === 'network') {
			error.message += `; request ${request} goes on: \`net.resume(${request}).result()\` gets its answer`;
		}
	}
	return error;
}

/** Does what is paid for. An error of that names the work that goes on without it. */
async function paying<T>(
	options: SubmitOptions,
	work: (signal: AbortSignal, options: SubmitOptions & { onProgress: NonNullable<Watched['onProgress']> }) => Promise<T>,
): Promise<T> {
	let submitted = false;
	let request: number | undefined;
	const onProgress: NonNullable<Watched['onProgress']> = (progress) => {
		submitted ||= progress.type === 'submitted';
		request = progress.type === 'requested' ? progress.request : request;
		options.onProgress?.(progress);
	};
	try {
		return await within(options, (signal) => work(signal, { ...options, onProgress }));
	} catch (error) {
		if (request !== undefined) {
			throw ofRequest(request, error);
		}
		if (submitted && error instanceof Interrupted) {
			error.message += '; the request is submitted, and is made and paid for without this call';
		}
		throw error;
	}
}

/** A name and a version, or nothing for an id. */
function parseReference(reference: string): [name: string | undefined, version: number | undefined] {
	if (reference.startsWith('0x')) {
		if (!/^0x[0-9a-fA-F]{64}$/.test(reference)) {
			throw new UsageError('an id has 32 bytes in hex');
		}
		return [undefined, undefined];
	}
	const [, name, version] = /^([a-z0-9_./-]{1,64})(?:@(\d{1,10}))?$/.exec(reference) ?? [];
	if (name === undefined || Number(version ?? 0) > 0xffff_ffff) {
		throw new UsageError(
			`\`${reference}\` is no model: give NAME, NAME@VERSION or an id; a name has 1 to 64 of: lower-case letters, digits, -, _, ., /`,
		);
	}
	return [name, version === undefined ? undefined : Number(version)];
}

/** A block out of a checkpoint's encoding. */
function trustedBlock(checkpoint: Hex | Uint8Array): Hex {
	const hex = typeof checkpoint === 'string' ? checkpoint : toHex(checkpoint);
	if (!/^0x01([0-9a-fA-F]{2})+$/.test(hex)) {
		throw new UsageError('this is no checkpoint: give `next` of something that was verified; for a genesis block, give `genesis`');
	}
	return `0x${hex.slice(4)}`;
}

type FinalClaim = Extract<NonNullable<Awaited<ReturnType<Connection['api']['query']['Inference']['Results']['getValue']>>>['ended'], { type: 'Final' }>['value'];

/** A claim of the chain's state as the verifier has it. */
function rawClaim({ request, model, engine, input, output, decision }: FinalClaim): RawClaim {
	const { round, verdict, power, total, window, votes, k, q, v, escalated, audits, auditors } = decision;
	return {
		request: String(request),
		model,
		engine,
		input,
		output: output ?? null,
		decision: {
			round: String(round),
			verdict:
				verdict.type === 'Output'
					? {
							type: 'Output',
							resultHash: verdict.value.result_hash,
							loadUnits: String(verdict.value.load_units),
							units: String(verdict.value.units),
						}
					: { type: 'Failed', reason: verdict.value.reason.type, units: String(verdict.value.units) },
			votes,
			k,
			q,
			v,
			escalated,
			audits,
			auditors,
			power: String(power),
			total: String(total),
			window: window.type === 'Assured' ? 'assured' : window.value,
		},
	};
}
