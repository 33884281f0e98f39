// Functions that Node and browsers have in different ways, for browsers.

import type { LightWorker } from '../light.js';

/** The class of a connection to a node. */
export const websocket = async (): Promise<typeof WebSocket> => WebSocket;

/** A file of this package. */
export async function readFile(url: URL): Promise<Uint8Array<ArrayBuffer>> {
	const response = await fetch(url);
	if (!response.ok) {
		throw new Error(`${response.status} ${response.statusText}`);
	}
	return new Uint8Array(await response.arrayBuffer());
}

/** The place of a chain's profile. */
export const profilePlace = (name: string): string => `assay/chains/${name} in localStorage`;

/** The profile of a chain, if there is one. */
export async function loadProfile(name: string): Promise<string | undefined> {
	return localStorage.getItem(`assay/chains/${name}`) ?? undefined;
}

/** Keeps the profile of a chain. */
export async function saveProfile(name: string, text: string): Promise<void> {
	localStorage.setItem(`assay/chains/${name}`, text);
}

/** Says something that the user should know. */
export function note(text: string): void {
	console.warn(`assay: ${text}`);
}

/** A page has no environment variables. */
export const variable = (_name: string): string | undefined => undefined;

/** Only the page can name a worker: where its code is, the page's bundler knows. */
export const lightWorker = (): LightWorker | undefined => undefined;
