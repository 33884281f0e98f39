// Networks of several validators, by way of `scripts/localnet.sh`, and nodes beside them.

import fs from 'node:fs';
import path from 'node:path';
import { execFile, execFileSync, spawn } from 'node:child_process';
import { promisify } from 'node:util';
import { Chain } from './chain.js';
import { removeFolder, temporaryFolder } from './node.js';
import { ENGINE_CACHE, NODE, ROOT } from './paths.js';

const SCRIPT = path.join(ROOT, 'scripts', 'localnet.sh');
/** Blocks are counted, never seconds; this is only against hanging for ever. */
const LIMIT_MS = 1_200_000;

export class Localnet {
	chains = [];
	guests = [];

	/** Starts a network of this many validators; returns when finality moves. */
	static async up(size) {
		const net = new Localnet();
		net.size = size;
		net.dir = temporaryFolder();
		// Others may run networks on this machine.
		net.offset = 10_000 + (process.pid % 200) * 100;
		try {
			await net.#script('up', String(size));
		} catch (error) {
			await net.down();
			throw error;
		}
		return net;
	}

	async #script(...words) {
		const env = {
			...process.env,
			ASSAY_NODE: NODE,
			PORT_OFFSET: String(this.offset),
			NODE_FLAGS: `--state-pruning archive --engine-cache ${ENGINE_CACHE} --engine-runs 1`,
		};
		const limits = { env, timeout: LIMIT_MS, maxBuffer: 1 << 24 };
		return promisify(execFile)(SCRIPT, [...words, '--base', this.dir], limits);
	}

	/** URL of a validator's RPC. */
	url(k) {
		return `ws://127.0.0.1:${9_944 + this.offset + k}`;
	}

	log(k) {
		return fs.readFileSync(path.join(this.dir, `node-${k}`, 'log'), 'utf8');
	}

	/** A connection to a validator. */
	async chain(k) {
		const failure = (text) => new Error(`${text}; the end of the log of node ${k}:\n${this.log(k).slice(-4_000)}`);
		const chain = await Chain.connect({ url: this.url(k), ended: new Promise(() => {}), failure });
		this.chains.push(chain);
		return chain;
	}

	/** Ends a validator's process, and the connections to it. */
	async kill(k) {
		await Promise.all(this.chains.filter(({ node }) => node.url === this.url(k)).map((chain) => chain.close()));
		process.kill(Number(fs.readFileSync(path.join(this.dir, `node-${k}`, 'pid'), 'utf8')), 'SIGKILL');
	}

	/** Starts a node that is not of the genesis set, from the exported spec, on a folder of its own. Returns its number. */
	guest() {
		const k = this.size + this.guests.length;
		const dir = path.join(this.dir, `node-${k}`);
		fs.mkdirSync(dir);
		const peer = fs.readFileSync(path.join(this.dir, 'node-0', 'peer'), 'utf8').trim();
		const ports = ['--rpc-port', String(9_944 + this.offset + k), '--no-prometheus', '--no-telemetry', '--no-mdns'];
		const network = [
			'--listen-addr', `/ip4/127.0.0.1/tcp/${30_333 + this.offset + k}/ws`, '--allow-private-ip',
			'--bootnodes', `/ip4/127.0.0.1/tcp/${30_333 + this.offset}/ws/p2p/${peer}`,
		];
		const engine = ['--engine-cache', ENGINE_CACHE, '--engine-runs', '1', '--rpc-methods', 'unsafe'];
		const where = ['--base-path', path.join(dir, 'data'), '--chain', path.join(this.dir, 'spec.json')];
		execFileSync(NODE, ['key', 'generate-node-key', ...where], { stdio: 'ignore' });
		const log = fs.openSync(path.join(dir, 'log'), 'a');
		this.guests.push(spawn(NODE, ['--validator', ...where, ...ports, ...network, ...engine], { stdio: ['ignore', log, log] }));
		return k;
	}

	/** Stops everything and removes the folder. */
	async down() {
		await Promise.all(this.chains.map((chain) => chain.close().catch(() => {})));
		this.guests.forEach((guest) => guest.kill('SIGKILL'));
		await this.#script('down').catch(() => {});
		if (!process.env.ASSAY_KEEP) {
			removeFolder(this.dir);
		}
	}
}
