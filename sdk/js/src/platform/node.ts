// Functions that Node and browsers have in different ways, for Node.

import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import type { LightWorker } from '../light.js';

/** The class of a connection to a node. Node has one of its own from version 22 on. */
export async function websocket(): Promise<typeof WebSocket> {
	return (await import('ws')).WebSocket as unknown as typeof WebSocket;
}

/** A file of this package. */
export async function readFile(url: URL): Promise<Uint8Array<ArrayBuffer>> {
	return new Uint8Array(await fs.readFile(url));
}

/** The place of a chain's profile: the file that the command line has it in, too. */
export function profilePlace(name: string): string {
	const config = process.env.XDG_CONFIG_HOME || path.join(os.homedir(), '.config');
	return path.join(config, 'assay', 'chains', `${name}.json`);
}

/** The profile of a chain, if there is one. */
export async function loadProfile(name: string): Promise<string | undefined> {
	try {
		return await fs.readFile(profilePlace(name), 'utf8');
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
			return undefined;
		}
		throw error;
	}
}

let drafts = 0;

/** Keeps the profile of a chain. */
export async function saveProfile(name: string, text: string): Promise<void> {
	const place = profilePlace(name);
	await fs.mkdir(path.dirname(place), { recursive: true });
	// Beside it and then in its place: another process may be reading.
	const draft = path.join(path.dirname(place), `.${name}.${process.pid}.${drafts++}`);
	await fs.writeFile(draft, text);
	await fs.rename(draft, place);
}

/** Says something that the user should know. */
export function note(text: string): void {
	process.stderr.write(`assay: ${text}\n`);
}

/** An environment variable. */
export const variable = (name: string): string | undefined => process.env[name] || undefined;

/** A thread for the light client. Smoldot's timers go on after its end for as much as ten minutes, and would keep the process as long. */
export function lightWorker(): LightWorker {
	const worker = new Worker(new URL('./light-worker.js', import.meta.url));
	return {
		post: (port) => worker.postMessage(port, [port as never]),
		bytecode: new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject)),
		end: () => void worker.terminate(),
	};
}
