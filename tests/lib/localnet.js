// Several validators on loopback, as scripts/localnet.sh starts them, or each in a network namespace of its own. The invariants of every
// block of a network are checked when the network is stopped.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { Chain } from './chain.js';
import { engineReady } from './inference.js';
import { assertConserved, ledger } from './ledger.js';
import { removeFolder, temporaryFolder } from './node.js';
import { ENGINE_CACHE, NODE, ROOT } from './paths.js';

const HOSTILE_PEER = path.join(path.dirname(NODE), 'examples', 'hostile-peer');
const SCRIPT = path.join(ROOT, 'scripts', 'localnet.sh');
/** Away from the ports of a network that somebody has up, and of another test's. */
const PORT_OFFSET = 2_000 + 20 * (process.pid % 1_000);
/** Lines that a node logs at every block. */
const ROUTINE = /Starting consensus session|Prepared block|Pre-sealed block|Imported #|Idle \(/;
/** A slot in milliseconds. */
const SLOT_MS = 2_000;
/** Prefix of the keystore's files of authoring keys: `babe` in hex. */
const AUTHORING = '62616265';

/** Why no network of nodes that are apart can be started here, or false. */
export function whyNotApart() {
	const name = `assay${process.pid}q`;
	for (const what of [['netns'], ['link']]) {
		const added = spawnSync('ip', [...what, 'add', name, ...(what[0] === 'link' ? ['type', 'bridge'] : [])], { encoding: 'utf8' });
		if (added.status !== 0) {
			return `no network namespaces can be made here: ${(added.error?.message ?? added.stderr).trim()}`;
		}
		spawnSync('ip', [...what, 'delete', name]);
	}
	return false;
}

/** A node of the network, for as long as its process lives. */
class Member {
	end = null;
	ended = new Promise(() => {});

	constructor(net, index) {
		this.dir = path.join(net.dir, `node-${index}`);
		const [host, address, peer] = ['host', 'peer-address', 'peer'].map((name) => fs.readFileSync(path.join(this.dir, name), 'utf8').trim());
		this.url = `ws://${host}:${9944 + PORT_OFFSET + index}`;
		this.metrics = `http://${host}:${9615 + PORT_OFFSET + index}/metrics`;
		this.address = `/ip4/${address}/tcp/${30333 + PORT_OFFSET + index}/ws/p2p/${peer}`;
	}

	get pid() {
		return Number(fs.readFileSync(path.join(this.dir, 'pid'), 'utf8'));
	}

	get log() {
		return fs.readFileSync(path.join(this.dir, 'log'), 'utf8');
	}

	/** Returns true if its RPC answers. */
	async answers() {
		try {
			return (await fetch(`${this.url.replace('ws', 'http')}/health`)).status > 0;
		} catch {
			return false;
		}
	}

	/** Value of a metric, or the sum over its labels if none are given. */
	async metric(name) {
		const lines = (await (await fetch(this.metrics)).text()).split('\n').filter((line) => line.startsWith(name));
		return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
	}

	/** An error with the end of the log. */
	failure(text) {
		const log = this.log.split('\n').filter((line) => !ROUTINE.test(line));
		return new Error(`${text}; the last that ${this.dir} logged:\n${log.slice(-25).join('\n')}`);
	}

	/** Lets it make blocks, or hides the keys for that from its keystore. */
	authors(does) {
		const chains = path.join(this.dir, 'data', 'chains');
		const [chain] = fs.readdirSync(chains);
		const [keystore, away] = [path.join(chains, chain, 'keystore'), path.join(this.dir, 'authoring')];
		const [from, to] = does ? [away, keystore] : [keystore, away];
		fs.mkdirSync(away, { recursive: true });
		for (const name of fs.readdirSync(from).filter((name) => name.startsWith(AUTHORING))) {
			fs.renameSync(path.join(from, name), path.join(to, name));
		}
	}

	/** Ends the process at once. */
	async kill() {
		const { pid } = this;
		process.kill(pid, 'SIGKILL');
		while (alive(pid)) {
			await new Promise((resolve) => setTimeout(resolve, 20));
		}
		fs.rmSync(path.join(this.dir, 'pid'));
	}
}

function alive(pid) {
	try {
		process.kill(pid, 0);
		// A zombie process has a pid still. State Z counts as dead.
		return !/^State:\tZ/m.test(fs.readFileSync(`/proc/${pid}/status`, 'utf8'));
	} catch {
		return false;
	}
}

export class Localnet {
	chains = [];
	/** Accounts of validators that break the protocol. All others are honest. */
	dishonest = [];

	/**
	 * Starts so many validators, with `env` in their environment, and returns when finality moves and their engines are ready. With `apart`
	 * the network can be cut. With `genesis` the chain is the one that `assay-node genesis` makes with these flags.
	 */
	static async start(count, flags = '', env = {}, { apart = false, genesis = null } = {}) {
		const net = new Localnet();
		net.dir = temporaryFolder();
		net.env = env;
		net.flags = `--state-pruning archive --engine-cache ${ENGINE_CACHE} ${flags}`;
		try {
			net.run('up', String(count), ...(apart ? ['--apart'] : []), ...(genesis ? ['--genesis', genesis] : []));
			for (let index = 0; index < count; index++) {
				await net.connect(index);
			}
		} catch (error) {
			await net.stop();
			throw error;
		}
		return net;
	}

	/** Runs a command of the script. */
	run(...words) {
		const env = { ...process.env, ...this.env, ASSAY_NODE: NODE, PORT_OFFSET: String(PORT_OFFSET), NODE_FLAGS: this.flags };
		execFileSync(SCRIPT, [...words, '--base', this.dir], { env, stdio: ['ignore', 'ignore', 'inherit'] });
	}

	/** Connects to a node that runs, once its RPC answers. */
	async connect(index) {
		const member = new Member(this, index);
		while (!(await member.answers())) {
			if (!alive(member.pid)) {
				throw member.failure('the node has stopped');
			}
			await new Promise((resolve) => setTimeout(resolve, 100));
		}
		const chain = await Chain.connect(member);
		this.chains[index] = chain;
		await engineReady(chain);
		return chain;
	}

	/** Starts one more node, or one that was killed. */
	async join(index) {
		this.run('join', String(index));
		return this.connect(index);
	}

	/** Cuts nodes off from all others, and not from each other. */
	cut(indices) {
		this.run('cut', indices.join(' '));
	}

	/** Ends the cut. */
	heal() {
		this.run('heal');
	}

	/** Kills a node. */
	async kill(index) {
		const chain = this.chains[index];
		await chain.close();
		delete this.chains[index];
		await chain.node.kill();
	}

	/** Output of `check-blobs` for a node that is stopped. It fails if a blob is damaged. */
	check(index) {
		const args = ['check-blobs', '--base-path', path.join(this.dir, `node-${index}`, 'data')];
		return execFileSync(NODE, [...args, '--chain', path.join(this.dir, 'spec.json')], { encoding: 'utf8', stdio: 'pipe' });
	}

	/**
	 * Fails unless each block so far has left a state in which every record agrees with every other, every planck is accounted for, and
	 * no honest validator is to lose more than a thousandth of its bond in an era.
	 */
	async assertSound() {
		const chain = this.chains.find(Boolean);
		const last = chain.best;
		for (let block = 1; block <= last; block++) {
			const wrong = await chain.rpc('invariants_check', await chain.blockHash(block));
			assert.equal(wrong, null, `after block ${block}: ${wrong}`);
		}
		const [first, end] = [await ledger(chain, 0), await ledger(chain, last)];
		await assertConserved(first, end);
		// Small penalties are taken once in an era, and the eras of test chains are short.
		const lost = new Map();
		for (const { block, method, data } of await chain.events(1, last)) {
			const who = method === 'Faulted' && data.who.toString();
			if (!who || this.dishonest.includes(who)) {
				continue;
			}
			const key = `${who}, who is honest, in era ${data.era}`;
			if (!lost.has(key)) {
				const { validators } = (await chain.api.at(await chain.blockHash(block))).query;
				lost.set(key, { bond: (await validators.candidates(who)).unwrap().bond.toBigInt(), amount: 0n, faults: [] });
			}
			const honest = lost.get(key);
			honest.amount += data.amount.toBigInt();
			honest.faults.push(`${data.fault.type} in block ${block}`);
		}
		for (const [key, { bond, amount, faults }] of lost) {
			assert.ok(amount * 1_000n <= bond, `${key}: ${amount} of a bond of ${bond} for ${faults.join(', ')}`);
		}
	}

	/** The specification of the chain with its genesis state, which a light client may begin with. */
	get spec() {
		return fs.readFileSync(path.join(this.dir, 'spec.json'), 'utf8');
	}

	/** Stops all nodes and removes their folder. */
	async stop() {
		await Promise.all(this.chains.filter(Boolean).map((chain) => chain.close()));
		this.run('down');
		removeFolder(this.dir);
	}

	/** Checks the blocks of the network, and stops it. */
	async end() {
		try {
			await this.assertSound();
		} finally {
			await this.stop();
		}
	}
}

/** A peer of one node that is no honest one: see node/examples/hostile-peer.rs, which `cargo test` builds. */
export class HostilePeer {
	/** Counters of the peer, by its last line. */
	counts = { connected: false, asked: 0, answered: 0, refused: 0 };

	constructor(mode, chain, bytes) {
		if (!fs.existsSync(HOSTILE_PEER)) {
			throw new Error(`there is no ${HOSTILE_PEER}: run cargo test --locked --no-run`);
		}
		this.dir = temporaryFolder();
		const file = path.join(this.dir, 'blob');
		fs.writeFileSync(file, bytes);
		const args = [mode, chain.node.address, chain.genesis, file];
		this.process = spawn(HOSTILE_PEER, args, { stdio: ['ignore', 'pipe', 'inherit'] });
		createInterface({ input: this.process.stdout }).on('line', (line) => {
			this.counts = JSON.parse(line);
		});
	}

	end() {
		this.process.kill('SIGKILL');
		removeFolder(this.dir);
	}
}

/** Slots without a block, the most in a row, between two blocks of a chain. */
export async function longestGap(chain, first, last) {
	const slots = [];
	for (let block = first; block <= last; block++) {
		const at = await chain.api.at(await chain.blockHash(block));
		slots.push(Math.floor((await at.query.timestamp.now()).toNumber() / SLOT_MS));
	}
	return Math.max(0, ...slots.slice(1).map((slot, index) => slot - slots[index] - 1));
}
