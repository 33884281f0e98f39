// The part of a wallet that signs.

/** Signs what a page or a program asks a wallet to sign. */
export function sign({ api }, payload, pair) {
	return api.registry.createType('ExtrinsicPayload', payload, { version: payload.version }).sign(pair);
}
