// The publisher's statement about the origin of a version, and the check of the signature under it. The same on every chain, and without one.

import { ed25519 } from '@polkadot-labs/hdkd-helpers';
import { Blake2256, Bytes, str, u32 } from '@polkadot-api/substrate-bindings';
import { utf8 } from './text.js';
import type { Hex } from './verifier.js';
import { fromHex } from './verify.js';

/** The message that the key has to have signed: `H("assay/provenance", model, name, version, statement)`. */
function payload(model: Hex, name: string, version: number, statement: Uint8Array): Uint8Array {
	const parts = [str.enc('assay/provenance'), fromHex(model), Bytes().enc(utf8(name)), u32.enc(version), Bytes().enc(statement)];
	return Blake2256(Uint8Array.from(parts.flatMap((part) => [...part])));
}

/** @internal Whether a key has signed a statement about this version of a model. */
export function isSigned(
	{ id, name, version }: { id: Hex; name: string; version: number },
	{ statement, key, signature }: { statement: Uint8Array; key: Hex; signature: Hex },
): boolean {
	try {
		return ed25519.verify(fromHex(signature), payload(id, name, version, statement), fromHex(key));
	} catch {
		// No point of the curve, or no signature at all.
		return false;
	}
}
