// The verifier of the folder is a file beside the script, where the client finds it.

export const verifierBytes = (): Uint8Array<ArrayBuffer> | undefined => undefined;
