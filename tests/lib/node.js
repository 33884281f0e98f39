// A node process: start, stop, kill, and its log.

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { ENGINE_CACHE, NODE } from './paths.js';

// Only against hanging for ever; nothing is expected to take nearly as long.
const START_MS = 600_000;
const STOP_MS = 60_000;
/** Lines that a node logs at every block. */
const ROUTINE = /Starting consensus session|Prepared block|Pre-sealed block|Imported #|Idle \(/;

/** A folder for a chain, to be removed with `removeFolder`. */
export const temporaryFolder = () => fs.mkdtempSync(path.join(os.tmpdir(), 'assay-'));

export const removeFolder = (dir) => fs.rmSync(dir, { recursive: true, force: true });

/** One life of a node process. After its end, start another one on the same folder. */
export class Node {
	/** Lines of the log. */
	lines = [];
	#listeners = new Set();

	/** Starts a development chain in `dir` on free ports, and returns when its RPC answers. */
	static async start(dir, args) {
		const node = new Node(dir, args);
		await node.ready();
		return node;
	}

	/** Starts the process. */
	constructor(dir, args = []) {
		if (!fs.existsSync(NODE)) {
			throw new Error(`there is no node at ${NODE}: run scripts/setup.sh and then cargo build --locked`);
		}
		const fixed = ['--dev', '--base-path', dir, '--rpc-port', '0', '--listen-addr', '/ip4/127.0.0.1/tcp/0'];
		const watched = args.includes('--prometheus-port') ? [] : ['--no-prometheus'];
		const quiet = [...watched, '--no-telemetry', '--no-mdns'];
		// The tests read balances and events of old blocks, and would compile the same engine over and over.
		const pruning = args.includes('--state-pruning') ? [] : ['--state-pruning', 'archive'];
		const lasting = [...pruning, '--engine-cache', ENGINE_CACHE];
		this.process = spawn(NODE, [...fixed, ...quiet, ...lasting, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
		// The log is kept beside the chain, to look into a failure.
		const file = fs.createWriteStream(path.join(dir, 'node.log'), { flags: 'a' });
		for (const stream of [this.process.stdout, this.process.stderr]) {
			createInterface({ input: stream }).on('line', (line) => {
				file.write(`${line}\n`);
				this.lines.push(line);
				this.#listeners.forEach((listener) => listener(line));
			});
		}
		/** Resolves to `{ code, signal }` when the process and its output have ended. */
		this.ended = new Promise((resolve) => {
			this.process.once('error', (error) => resolve({ error }));
			this.process.once('close', (code, signal) => file.end(() => resolve({ code, signal })));
		});
		this.ended.then((end) => {
			this.end = end;
		});
	}

	/** Waits until the RPC answers. Kills the process if it does not. */
	async ready() {
		try {
			const line = await this.log(/Running JSON-RPC server: addr=127\.0\.0\.1:\d+/, START_MS);
			this.url = `ws://${/127\.0\.0\.1:\d+/.exec(line)[0]}`;
		} catch (error) {
			this.process.kill('SIGKILL');
			throw error;
		}
	}

	/** The first line that matches, from the start of the process on. Rejects if the process ends first. */
	async log(pattern, limit) {
		const found = this.lines.find((line) => pattern.test(line));
		if (found) {
			return found;
		}
		let listener;
		let timer;
		try {
			return await new Promise((resolve, reject) => {
				listener = (line) => pattern.test(line) && resolve(line);
				this.#listeners.add(listener);
				timer = setTimeout(() => reject(this.failure(`the node did not log ${pattern} in ${limit} ms`)), limit);
				this.ended.then(() => reject(this.failure(`the node ended before it logged ${pattern}`)));
			});
		} finally {
			clearTimeout(timer);
			this.#listeners.delete(listener);
		}
	}

	/** Lines that match. */
	logged(pattern) {
		return this.lines.filter((line) => pattern.test(line));
	}

	/** An error with the end of the log, without the lines of every block. */
	failure(text) {
		const end = this.end ? ` (ended with ${JSON.stringify(this.end)})` : '';
		const telling = this.lines.filter((line) => !ROUTINE.test(line)).slice(-25);
		return new Error(`${text}${end}; the last that it logged beside blocks:\n${telling.join('\n')}`);
	}

	/** Asks the process to stop and returns its exit code. */
	async stop() {
		this.process.kill('SIGINT');
		const timer = setTimeout(() => this.process.kill('SIGKILL'), STOP_MS);
		const { code, signal } = await this.ended;
		clearTimeout(timer);
		if (signal === 'SIGKILL') {
			throw this.failure(`the node did not stop in ${STOP_MS} ms`);
		}
		return code;
	}

	/** Ends the process at once, as a power cut would. */
	async kill() {
		this.process.kill('SIGKILL');
		await this.ended;
	}
}
