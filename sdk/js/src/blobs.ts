// Blobs: up to a node, and down from one. Their ids are hashes, so no node is trusted with them.

import type { Connection } from './connection.js';
import { NetworkError, NotVerified } from './errors.js';
import type { Progress } from './limits.js';
import { bytesFrom } from './text.js';
import type { Hex, Verifier } from './verifier.js';
import { toHex } from './verify.js';

/** The chain does not expect the blob, as the node says it. The node may be a block behind. */
const NOT_EXPECTED = 20_001;
/** Finalized blocks within which a node is to have seen what the chain expects. */
const NODE_LAG = 10;
/** Bytes of the largest blob of the chain. */
const MAX_MODEL_BYTES = 256 * 1024 * 1024;
/** Bytes that are asked for at once. */
const READ_BYTES = 256 * 1024;

type Status = { status: 'held' } | { status: 'partial'; missing: number[] } | { status: 'unknown' };

/** Uploads a blob that the chain expects: only what the node does not have. */
export async function upload(
	connection: Connection,
	verifier: Verifier,
	bytes: Uint8Array,
	signal: AbortSignal,
	onProgress: (progress: Progress) => void,
): Promise<void> {
	const { id, leaves, chunk } = verifier.contentId(bytes);
	const status = await connection.find('the node does not know that the chain expects these bytes', NODE_LAG, signal, async () => {
		try {
			return await connection.ask<Status>('blob_begin', [id, bytes.length, leaves], signal);
		} catch (error) {
			if (error instanceof NetworkError && error.nodeCode === NOT_EXPECTED) {
				return undefined;
			}
			throw error;
		}
	});
	if (status.status === 'unknown') {
		throw new NetworkError('the node did not answer: it does not take the upload');
	}
	const missing = status.status === 'partial' ? status.missing : [];
	const total = bytes.length;
	let done = Math.max(0, total - missing.length * chunk);
	for (const index of missing) {
		onProgress({ type: 'bytes', done, total });
		if (!Number.isInteger(index) || index < 0 || index >= leaves.length) {
			throw new NetworkError('the node did not answer: it asks for bytes that there are not');
		}
		await connection.ask('blob_putChunk', [id, index, toHex(bytes.subarray(index * chunk, (index + 1) * chunk))], signal);
		done = Math.min(total, done + chunk);
	}
	onProgress({ type: 'bytes', done: total, total });
}

/** Downloads a blob of so many bytes, and checks that it is the one of this id. */
export async function download(
	connection: Connection,
	verifier: Verifier,
	id: Hex,
	size: number,
	signal: AbortSignal,
	onProgress: (progress: Progress) => void,
): Promise<Uint8Array> {
	if (size > MAX_MODEL_BYTES) {
		throw new NotVerified(`no blob of the chain has ${size} bytes`);
	}
	const bytes = new Uint8Array(size);
	for (let done = 0; done < size; ) {
		onProgress({ type: 'bytes', done, total: size });
		const length = Math.min(READ_BYTES, size - done);
		const part = bytesFrom(await connection.ask('blob_read', [id, done, length], signal));
		if (part.length === 0 || part.length > length) {
			throw new NetworkError(`the node did not answer: it has only ${done} of ${size} bytes of ${id}`);
		}
		bytes.set(part, done);
		done += part.length;
	}
	onProgress({ type: 'bytes', done: size, total: size });
	if (verifier.contentId(bytes).id !== id) {
		throw new NotVerified(`the node gave other bytes than those of ${id}`);
	}
	return bytes;
}
