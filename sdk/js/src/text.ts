// Texts of numbers and bytes.

import { NetworkError } from './errors.js';
import { fromHex } from './verify.js';

/** Text of bytes that are UTF-8, or nearly. */
export const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** Bytes of a text. */
export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Bytes that a node gives in hex. */
export function bytesFrom(hex: unknown): Uint8Array {
	if (typeof hex !== 'string' || !/^0x([0-9a-fA-F]{2})*$/.test(hex)) {
		throw new NetworkError('the node did not answer: what it gives is no hex');
	}
	return fromHex(hex);
}

/** Plancks of one ASY. */
const ASY = 10n ** 12n;

/** An amount as people read it. */
export function asy(plancks: bigint): string {
	const part = (plancks % ASY).toString().padStart(12, '0').replace(/0+$/, '');
	return `${plancks / ASY}${part && `.${part}`} ASY`;
}
