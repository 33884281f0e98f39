// The steps of a user: register, upload, ask, read the result.

import { generateKeyPairSync, sign } from 'node:crypto';
import { bnToU8a, compactAddLength, hexToU8a, stringToU8a, u8aConcat, u8aToHex } from '@polkadot/util';
import { CHUNK_BYTES, blake2, chunks, contentId, h, resultHash } from './hash.js';
import { decodeBundle } from './tensors.js';

/** Blocks in which a model that is uploaded is activated, if its sample runs at once. */
const ACTIVATION_BLOCKS = 30;
/** Blocks in which a short request ends: 4 where all validators vote, the rest is for a busy machine. */
const REQUEST_BLOCKS = 30;

/** Bytes that go into the call; polkadot.js takes a `Uint8Array` for an encoding with a length in front. */
export const inline = (bytes) => ({ Inline: u8aToHex(bytes) });
/** Bytes that are uploaded beside it. */
export const blob = (bytes) => ({ Blob: { id: contentId(bytes), size: bytes.length } });

const BARE_METADATA = { task: '', licence: '', tags: [], description: '', card: null };

/** The call that registers a model. */
export function registration(chain, model, options) {
	const { name, version = 1, metadata = {}, royalty = 0n, sample = null, expected = null } = options;
	const described = { ...BARE_METADATA, ...metadata };
	return chain.api.tx.models.registerModel(
		contentId(model), model.length, name, version, described, royalty, sample, expected
	);
}

/** What a publisher states about where a version comes from, signed with an ed25519 key that is made for it. */
export function provenance(model, name, version, statement) {
	const bytes = (value) => compactAddLength(stringToU8a(value));
	const payload = h('assay/provenance', model, bytes(name), bnToU8a(version, { bitLength: 32, isLe: true }), bytes(statement));
	const { publicKey, privateKey } = generateKeyPairSync('ed25519');
	const key = u8aToHex(publicKey.export({ type: 'spki', format: 'der' }).subarray(-32));
	return { statement, key, signature: u8aToHex(sign(null, payload, privateKey)) };
}

/** Hashes of a blob's chunks. */
export const leaves = (bytes) => chunks(bytes).map((part) => u8aToHex(blake2(part)));

/** Uploads a blob that the chain expects, in chunks. `progress(sent, total)` is called after each. Returns how many were sent. */
export async function upload(chain, bytes, progress = () => {}) {
	const id = contentId(bytes);
	const parts = chunks(bytes);
	const begun = await chain.rpc('blob_begin', id, bytes.length, leaves(bytes));
	const missing = begun.status === 'partial' ? begun.missing : [];
	for (const [sent, index] of missing.entries()) {
		await chain.rpc('blob_putChunk', id, index, u8aToHex(parts[index]));
		progress(sent + 1, missing.length);
	}
	return missing.length;
}

/** Streams a blob that the chain expects to a node's HTTP server. Fails if the node does not take it. */
export async function put(chain, bytes) {
	const { http } = await chain.rpc('blob_overview');
	const response = await fetch(http + contentId(bytes).slice(2), { method: 'PUT', body: bytes });
	const text = await response.text();
	if (!response.ok) {
		throw new Error(`the node answers ${response.status}: ${text}`);
	}
}

/** Waits until a model is not pending any more, and returns its status. */
export async function activation(chain, id, within = ACTIVATION_BLOCKS) {
	return chain.until(`model ${id} is decided`, within, async () => {
		const { status } = (await chain.api.query.models.models(id)).unwrap();
		return status.isPending ? null : status;
	});
}

/** Registers a model, uploads it and waits until it takes requests. Returns its id. */
export async function publish(chain, owner, model, options, progress) {
	const id = contentId(model);
	await chain.submit(registration(chain, model, options), owner);
	await upload(chain, model, progress);
	const status = await activation(chain, id);
	if (!status.isActive) {
		throw new Error(`model ${id} was not activated: ${status.toString()}`);
	}
	return id;
}

/** Waits until the node's engine is ready. */
export function engineReady(chain) {
	return chain.until('the engine is ready', 600, async () => {
		const { state, reason } = await chain.rpc('engine_status');
		if (state === 'unavailable') {
			throw new Error(`the node's engine is unavailable: ${reason}`);
		}
		return state === 'ready';
	});
}

/**
 * Units and highest price of a run, `{ units, price }`, for an input of so many bytes. `shapes` are the shapes of the inputs; the default
 * is the shapes that the model declares.
 */
export async function quote(chain, model, bytes, { shapes = null, k = 5, audits = 8 } = {}) {
	const { unitLimit: units } = await chain.rpc('engine_quote', model, shapes);
	const price = await chain.api.call.inferenceApi.price(units, bytes, k, audits);
	const { royalty } = (await chain.api.query.models.models(model)).unwrap();
	return { units, price: price.unwrap().toBigInt() + royalty.toBigInt() };
}

/** Asks a model. Returns `{ request, block, fee, escrow, input }`. */
export async function ask(chain, owner, model, input, { units, maxFee, k = null, audits = null, window = null, callback = null }) {
	const call = chain.api.tx.inference.requestInference(model, input, units, maxFee, k, audits, window, callback);
	const { block, events, fee } = await chain.submit(call, owner);
	const { data } = events.find((event) => event.method === 'InferenceRequested');
	return { request: data.request.toNumber(), block, fee, escrow: data.escrow.toBigInt(), input: data.input.toHex() };
}

/** Reads a whole blob from the node. */
export async function read(chain, id, size) {
	const parts = [];
	for (let offset = 0; offset < size; offset += CHUNK_BYTES) {
		parts.push(hexToU8a(await chain.rpc('blob_read', id, offset, Math.min(CHUNK_BYTES, size - offset))));
	}
	return u8aConcat(...parts);
}

/** End of a request, or null while it is open. */
async function ended(chain, request) {
	const found = await chain.api.query.inference.results(request);
	if (found.isNone) {
		return null;
	}
	const record = found.unwrap();
	const block = record.endedAt.toNumber();
	const events = await chain.events(block);
	const closing = ['InferenceFinalized', 'InferenceExpired', 'InferenceUnresolved'];
	const { method, data } = events.find((e) => closing.includes(e.method) && e.data.request.toNumber() === request);
	const outcome = {
		block,
		event: method,
		ended: record.ended.type,
		paid: record.paid.toBigInt(),
		refunded: data.refunded.toBigInt(),
	};
	if (!record.ended.isFinal) {
		return outcome;
	}
	const claim = record.ended.asFinal;
	const verdict = claim.decision.verdict;
	Object.assign(outcome, { claim, verdict: verdict.type, units: verdict.value.units.toBigInt() });
	if (verdict.isFailed) {
		outcome.reason = verdict.asFailed.reason.type;
		return outcome;
	}
	const output = record.output.unwrap();
	const bytes = output.isInline
		? output.asInline.toU8a(true)
		// polkadot.js makes records from Maps, and calls a field `size` that would hide the Map's own `size_`.
		: await read(chain, claim.output.unwrap().toHex(), output.asBlob.size_.toNumber());
	outcome.inline = output.isInline;
	outcome.outputs = decodeBundle(bytes);
	outcome.resultHash = verdict.asOutput.resultHash.toHex();
	outcome.recomputed = resultHash(
		chain.genesis, claim.engine.toHex(), claim.model.toHex(), claim.input.toHex(), contentId(bytes)
	);
	return outcome;
}

/** Waits until a request has ended, and says how. */
export function outcome(chain, request, within = REQUEST_BLOCKS) {
	return chain.until(`request ${request} ends`, within, () => ended(chain, request));
}

/** History of a request between two blocks: its rounds, and the commits and reveals in them. */
export async function history(chain, request, first, last) {
	const events = (await chain.events(first, last)).filter(({ section }) => section === 'rounds');
	const ofRequest = ({ subject }) => subject.isRequest && subject.asRequest.toNumber() === request;
	const rounds = events
		.filter(({ method, data }) => method === 'RoundDrawn' && ofRequest(data))
		.map(({ data }) => data.round.toNumber());
	const inRounds = (wanted) =>
		events
			.filter(({ method, data }) => method === wanted && rounds.includes(data.round.toNumber()))
			.map(({ block, data }) => ({ block, validator: data.validator.toString() }));
	return { rounds, commits: inRounds('VoteCommitted'), reveals: inRounds('VoteRevealed'), signals: inRounds('Signalled') };
}
