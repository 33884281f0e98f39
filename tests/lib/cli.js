// The command line as people and scripts call it.

import fs from 'node:fs';
import path from 'node:path';
import { spawn } from 'node:child_process';
import { ASSAY, ENGINE_CACHE } from './paths.js';

/** A user with accounts and trust of their own, in a folder. */
export class User {
	/** `options` go before every command. The user trusts `genesis` from the beginning. */
	constructor(dir, url, { options = [] } = {}) {
		if (!fs.existsSync(ASSAY)) {
			throw new Error(`there is no command line at ${ASSAY}: run cargo build --locked`);
		}
		this.dir = dir;
		this.options = options;
		fs.mkdirSync(dir, { recursive: true });
		this.env = {
			...process.env,
			XDG_CONFIG_HOME: path.join(dir, 'config'),
			XDG_DATA_HOME: path.join(dir, 'data'),
			ASSAY_ENGINE_CACHE: ENGINE_CACHE,
			ASSAY_URL: url,
			ASSAY_YES: '1',
			NO_COLOR: '1',
		};
	}

	file(name) {
		return path.join(this.dir, name);
	}

	/** Writes tensors as the command line reads them: `{ x: [dtype, shape, data] }`. Returns the file. */
	tensors(name, tensors) {
		const entries = Object.entries(tensors).map(([key, [dtype, shape, data]]) => [key, { dtype, shape, data }]);
		fs.writeFileSync(this.file(name), JSON.stringify(Object.fromEntries(entries)));
		return this.file(name);
	}

	/** Starts a command. `ended` resolves to `{ code, stdout, stderr }`; `said` are the lines on stderr so far. */
	start(...words) {
		return start(ASSAY, [...this.options, ...words], { env: this.env, cwd: this.dir });
	}

	/** Runs a command, and returns `{ code, stdout, stderr }`. */
	async run(...words) {
		return this.start(...words).ended;
	}

	/** Runs a command with bytes or text on its standard input. */
	async given(input, ...words) {
		return start(ASSAY, [...this.options, ...words], { env: this.env, cwd: this.dir, input }).ended;
	}

	/** Runs a command that has to go well, and returns its JSON. */
	async json(...words) {
		const { code, stdout, stderr } = await this.run('--json', ...words);
		if (code !== 0) {
			throw new Error(`assay ${words.join(' ')} ended with ${code}: ${stdout}${stderr}`);
		}
		return JSON.parse(stdout);
	}

	/** Runs a command that has to fail, and returns `{ code, error }`. */
	async fails(...words) {
		const { code, stdout, stderr } = await this.run('--json', ...words);
		if (code === 0) {
			throw new Error(`assay ${words.join(' ')} went well: ${stdout}`);
		}
		// Errors of clap are text.
		return code === 2 ? { code, error: stderr } : { code, error: JSON.parse(stdout).error };
	}
}

/** Starts a program. */
export function start(program, args, { input = '', ...options } = {}) {
	const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], ...options });
	// It may end without reading.
	child.stdin.on('error', () => undefined);
	child.stdin.end(input);
	let stdout = '';
	let stderr = '';
	const listeners = new Set();
	const heard = () => listeners.forEach((listener) => listener());
	child.stdout.on('data', (data) => {
		stdout += data;
		heard();
	});
	child.stderr.on('data', (data) => {
		stderr += data;
		heard();
	});
	const ended = new Promise((resolve, reject) => {
		child.once('error', reject);
		child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
	});
	const waits = (output, pattern) =>
		new Promise((resolve, reject) => {
			const look = () => pattern.test(output()) && resolve(output().match(pattern));
			listeners.add(look);
			look();
			ended.then(() => reject(new Error(`it ended without saying ${pattern}: ${stdout}${stderr}`)));
		});
	/** Waits until it says something on stderr. */
	const says = (pattern) => waits(() => stderr, pattern);
	/** Waits until it says something on stdout. */
	const prints = (pattern) => waits(() => stdout, pattern);
	return { ended, says, prints, kill: (signal) => child.kill(signal) };
}
