// The modules that the build puts in place of names that are no files.

declare module '@assay-network/client/receipts.wasm' {
	const bytes: Uint8Array<ArrayBuffer>;
	export default bytes;
}

declare module '#verifier' {
	/** The verifier's bytes, where they are in the page; nothing where they are beside it. */
	export function verifierBytes(): Uint8Array<ArrayBuffer> | undefined;
}

/** File of the light client's worker beside the script; empty where everything is in one file. */
declare const WORKER: string;
