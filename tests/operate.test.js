// What an operator meets: refusals in words, files that are private, stops without alarm, and a node's condition under load.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { spawn, spawnSync } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { Chain } from './lib/chain.js';
import { Node, removeFolder, temporaryFolder } from './lib/node.js';
import { ENGINE_CACHE, NODE } from './lib/paths.js';

const run = (...args) => spawnSync(NODE, args, { encoding: 'utf8', maxBuffer: 1 << 28, timeout: 300_000 });

/** Runs a node that must not start, and returns what it says. */
function refused(...args) {
	const { status, stderr } = run('--rpc-port', '0', '--listen-addr', '/ip4/127.0.0.1/tcp/0', '--no-prometheus', '--no-telemetry', ...args);
	assert.equal(status, 1, `the node ended with ${status}:\n${stderr}`);
	return stderr;
}

/** Files and folders below one, with their modes. */
function modes(dir) {
	const entries = fs.readdirSync(dir, { recursive: true }).map((name) => path.join(dir, name));
	return entries.map((entry) => [entry, fs.lstatSync(entry).mode & 0o777]);
}

describe('a node in operation', () => {
	let dir, node, chain, blobs;

	before(async () => {
		dir = temporaryFolder();
		fs.chmodSync(dir, 0o755);
		node = await Node.start(dir, []);
		chain = await Chain.connect(node);
		blobs = /http:\/\/127\.0\.0\.1:\d+/.exec(await node.log(/HTTP: http/, 60_000))[0];
	});
	after(async () => {
		await chain?.close();
		await node?.stop();
		removeFolder(dir);
	});

	test('keys, votes and databases are for the user of the node alone', async () => {
		await node.log(/passed its self-test/, 600_000);
		const chains = path.join(dir, 'chains');
		const open = modes(chains).filter(([, mode]) => mode & 0o077);
		assert.deepEqual(open, []);
		assert.ok(modes(chains).some(([name]) => name.endsWith('engine/duties')));
		const made = temporaryFolder();
		assert.equal(run('key', 'generate-node-key', '--base-path', made, '--chain', 'dev').status, 0);
		assert.deepEqual(modes(made).filter(([name, mode]) => name.includes('secret') && mode !== 0o600), []);
		removeFolder(made);
	});

	test('a second node on the same folder is told so', () => {
		assert.match(refused('--dev', '--base-path', dir), /another assay-node runs on this folder/);
	});

	test('the spec for light clients is small, names a checkpoint, and starts no node', async () => {
		await chain.until('a block is final', 60, async () => (await chain.api.rpc.chain.getHeader(await chain.api.rpc.chain.getFinalizedHead())).number.toNumber() > 1);
		const specs = await Promise.all([true, false, true, true].map((raw) => chain.rpc('sync_state_genSyncSpec', raw)));
		for (const spec of specs) {
			const length = JSON.stringify(spec).length;
			assert.ok(length < 12_000, `${length} bytes`);
			assert.deepEqual(Object.keys(spec.genesis), ['stateRootHash']);
			assert.match(spec.lightSyncState.finalizedBlockHeader, /^0x/);
			assert.match(spec.properties.genesisProof, /^0x/);
		}
		const file = path.join(dir, 'light.json');
		fs.writeFileSync(file, JSON.stringify(specs[0]));
		const other = temporaryFolder();
		assert.match(refused('--chain', file, '--base-path', other), /as specs for light clients do not/);
		removeFolder(other);
	});

	test('health and readiness are said when an address has taken all its connections', async () => {
		const { port } = new URL(blobs);
		const held = [];
		for (let count = 0; count < 12; count++) {
			const socket = net.connect(Number(port), '127.0.0.1');
			await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
			held.push(socket);
		}
		const health = await fetch(`${blobs}/health`, { headers: { connection: 'close' } });
		const said = await health.json();
		assert.equal(health.status, 200);
		assert.ok(said.best > 0 && said.finalized > 0 && said.freeDisk > 0, JSON.stringify(said));
		assert.equal(said.engine, 'ready');
		const ready = await fetch(`${blobs}/ready`, { headers: { connection: 'close' } });
		assert.deepEqual([ready.status, (await ready.json()).problems], [200, []]);
		held.forEach((socket) => socket.destroy());
	});

	test('a node says of itself whether it builds receipts', async () => {
		const status = await chain.rpc('receipts_status');
		assert.equal(status.builds, true);
		assert.ok(status.indexed > 0);
	});
});

test('a node that cannot run says what is wrong, and what to do', () => {
	const dir = temporaryFolder();
	assert.match(refused('--base-path', dir), /name a chain: `--chain FILE`/);
	assert.match(run('purge-chain', '-y', '--base-path', dir).stderr, /name a chain: `--chain FILE`/);
	assert.match(refused('--dev', '--base-path', '/proc/nothing/here'), /\/proc\/nothing\/here: .*--base-path/);
	const full = refused('--dev', '--base-path', dir, '--min-free-disk', '999999999');
	assert.match(full, new RegExp(`${dir}.*MiB are free on this disk, and the node needs 999999999: make room`));
	removeFolder(dir);
});

test('another chain with the same id is not taken for the one on disk, and a damaged database is said to be one', async () => {
	const dir = temporaryFolder();
	const node = await Node.start(dir, []);
	await node.log(/Imported #1|Prepared block/, 600_000);
	await node.stop();
	const spec = JSON.parse(run('export-chain-spec', '--chain', 'dev').stdout);
	const { balances } = spec.genesis.runtimeGenesis.patch.balances;
	// So much that a number of JavaScript shows it.
	balances[0][1] -= 10 ** 15;
	const file = path.join(dir, 'other.json');
	fs.writeFileSync(file, JSON.stringify(spec));
	const other = refused('--chain', file, '--base-path', dir);
	assert.match(other, /has the chain with genesis block 0x[0-9a-f]{64}, and the chain spec is that of another one with the same id, `assay_dev`/);

	const db = path.join(dir, 'chains', 'assay_dev', 'paritydb', 'full');
	fs.writeFileSync(path.join(db, 'metadata'), 'damage');
	assert.match(refused('--dev', '--base-path', dir), new RegExp(`the database in ${db.replace('/full', '')}.* cannot be opened: .*purge-chain`));
	removeFolder(dir);
});

test('a stop that was asked for logs no error, early and late', async () => {
	const dir = temporaryFolder();
	const alarm = /error|fail|unavailable|panic/i;
	// The SDK writes its addresses in place, and finds half a file if the stop came between: it begins anew.
	const halfWritten = /Failed to load AddrCache from file, using empty instead/;
	for (const until of [/Running JSON-RPC server/, /passed its self-test/]) {
		const node = await Node.start(dir, []);
		await node.log(until, 600_000);
		const before = node.lines.length;
		assert.equal(await node.stop(), 0);
		assert.deepEqual(node.lines.slice(before).filter((line) => alarm.test(line) && !halfWritten.test(line)), []);
	}
	removeFolder(dir);
});

/** Why no file system can be mounted here, or false. */
function whyNoMount() {
	const { status, stderr } = spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'none', '/mnt'], { encoding: 'utf8' });
	return status === 0 ? false : `no file system can be mounted here: ${stderr}`;
}

test('a node stops in order before its disk is full, does not start on it, and goes on when there is room', { skip: whyNoMount() }, async () => {
	// A disk of 300 MiB, of which 100 have to stay free. It is filled from outside; the third life ends when somebody asks.
	const script = `
		mount -t tmpfs -o size=300m none /mnt
		node() {
			exec "$NODE" --dev --base-path /mnt --rpc-port 0 --listen-addr /ip4/127.0.0.1/tcp/0 --no-prometheus --no-telemetry \
				--engine-cache "$CACHE" --min-free-disk 100
		}
		(node); echo "first $?"
		(node); echo "second $?"
		rm /mnt/fill
		node & read -r; kill -TERM $!; wait $!; echo "third $?"`;
	const env = { ...process.env, NODE, CACHE: ENGINE_CACHE };
	const child = spawn('unshare', ['-rm', 'bash', '-c', script], { env, stdio: ['pipe', 'pipe', 'pipe'] });
	let log = '';
	for (const stream of [child.stdout, child.stderr]) {
		stream.on('data', (data) => {
			log += data;
		});
	}
	const logged = async (pattern) => {
		while (!pattern.test(log)) {
			assert.equal(child.exitCode, null, log);
			await new Promise((resolve) => setTimeout(resolve, 50));
		}
	};
	const ended = new Promise((resolve) => child.once('close', resolve));
	try {
		await logged(/Imported #2|for proposing at 2 /);
		fs.writeFileSync(`/proc/${child.pid}/root/mnt/fill`, Buffer.alloc(220 << 20));
		await logged(/second \d+/);
		assert.match(log, /the node stops, so that nothing is damaged: .*MiB are free on this disk, and the node needs 100: make room/);
		assert.match(log, /^first 1$/m);
		assert.match(log, /^second 1$/m);
		const before = log.length;
		await logged(new RegExp(`[^]{${before}}(Imported #|for proposing at )\\d+`));
		child.stdin.write('\n');
		await ended;
		assert.match(log, /^third 0$/m);
	} finally {
		child.kill('SIGKILL');
	}
});
