// The tagged hash and the ids made with it, as in primitives/src/hash.rs and primitives/src/blob.rs.

import { bnToU8a, compactAddLength, stringToU8a, u8aConcat, u8aToHex, u8aToU8a } from '@polkadot/util';
import { blake2AsU8a } from '@polkadot/util-crypto';

/** Bytes of a chunk. */
export const CHUNK_BYTES = 256 * 1024;

/** Plain BLAKE2b-256, which names a chunk. */
export const blake2 = (bytes) => blake2AsU8a(bytes, 256);

/** H(tag, x...): BLAKE2b-256 of SCALE((tag, x...)). The arguments after the tag are SCALE-encoded already, or hex of that. */
export function h(tag, ...encoded) {
	return blake2(u8aConcat(compactAddLength(stringToU8a(tag)), ...encoded.map((bytes) => u8aToU8a(bytes))));
}

const u64 = (number) => bnToU8a(BigInt(number), { bitLength: 64, isLe: true });

/** The chunks of a blob, in order. */
export function chunks(bytes) {
	return Array.from({ length: Math.ceil(bytes.length / CHUNK_BYTES) }, (_, index) =>
		bytes.subarray(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES)
	);
}

/** Content id of a blob, as hex: a Merkle tree over the hashes of its chunks, bound to the length. */
export function contentId(bytes) {
	let level = chunks(bytes).map(blake2);
	while (level.length > 1) {
		level = Array.from({ length: Math.ceil(level.length / 2) }, (_, index) => {
			const [left, right] = level.slice(index * 2, index * 2 + 2);
			return right ? h('assay/node', left, right) : left;
		});
	}
	return u8aToHex(h('assay/blob', u64(bytes.length), level[0] ?? h('assay/empty')));
}

/** Hash that a verdict names an output by, as hex. All arguments are ids as hex. */
export function resultHash(genesis, engine, model, input, output) {
	return u8aToHex(h('assay/result', genesis, engine, model, input, output));
}
