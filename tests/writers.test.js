// Daemons of memory that put on the chain what is written to them, and machines that read and write one space.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { User } from './lib/cli.js';
import { Testnet } from './lib/testnet.js';
import { Wire } from './lib/wire.js';

const ASY = 10n ** 12n;
/** Blocks within which a daemon has put on the chain what it may wait 30 s with, and has taken in what others have. */
const ANCHORED = 60;

/** A machine with one space. */
class Machine {
	constructor(net, name, url = net.node.url) {
		this.net = net;
		this.home = path.join(net.dir, name, 'memory');
		this.user = new User(path.join(net.dir, name), url, { options: ['--genesis', net.chain.genesis] });
	}

	memory(...words) {
		return this.user.json('memory', '--home', this.home, ...words);
	}

	fails(...words) {
		return this.user.fails('memory', '--home', this.home, ...words);
	}

	/** Its own account pays. */
	async fund() {
		const { account } = await this.memory('account');
		const { chain } = this.net;
		await chain.submit(chain.api.tx.balances.transferKeepAlive(account, 100n * ASY), chain.account('Alice'));
	}

	/** Starts a daemon, and gives what asks it. */
	async serve(...options) {
		this.key ??= (await this.memory('grant', 'agent', '--rights', 'all')).key;
		const process = this.user.start('memory', '--home', this.home, 'serve', '--listen', '127.0.0.1:0', ...options);
		const [, url] = await process.prints(/on (http:\S+),/);
		return new Daemon(process, url, this.key);
	}
}

class Daemon {
	constructor(process, url, key) {
		Object.assign(this, { process, url, key });
	}

	async ask(method, place, body) {
		const headers = { 'X-API-Key': this.key, 'content-type': 'application/json' };
		const answer = await fetch(this.url + place, { method, headers, body: body && JSON.stringify(body) });
		return { code: answer.status, ...(await answer.json()) };
	}

	add(text, wait = '') {
		return this.ask('POST', `/v1/memories${wait}`, { messages: text, user_id: 'alice' });
	}

	async texts() {
		const { memories } = await this.ask('GET', '/v1/memories?page_size=1000');
		return memories.map(({ memory }) => memory).sort();
	}

	async stop() {
		this.process.kill('SIGTERM');
		const { code, stderr } = await this.process.ended;
		assert.equal(code, 0, stderr);
		return stderr;
	}
}

describe('memory on the chain that nobody puts there by hand', () => {
	let net, chain;

	before(async () => {
		net = await Testnet.start();
		chain = net.chain;
	});
	after(() => net?.end());

	const head = async (space) => (await chain.api.query.memory.spaces(space)).unwrap().head.unwrap();

	test('a daemon puts on the chain what is written, and goes on after a cut, a kill and a stop', async () => {
		const wire = await Wire.to(net.node.url);
		const machine = new Machine(net, 'alone', wire.url);
		let daemon;
		try {
			await machine.memory('init');
			daemon = await machine.serve();
			const refused = await daemon.add('not written', '?wait=final');
			assert.equal(refused.code, 400);
			assert.match(refused.error, /serve --anchor/);
			await daemon.stop();

			daemon = await machine.serve('--anchor', '--network');
			assert.equal((await daemon.add('Alice moved to Lisbon in May')).results[0].status, 'local');
			await daemon.process.says(/space default waits: .*the space's own account pays: send it ASY/);
			await machine.fund();
			const first = await daemon.add('She likes it there', '?wait=final');
			assert.deepEqual([first.code, first.final, first.results[0].status], [200, true, 'final']);
			await daemon.process.says(/puts commits? [\d to]+ of space default on the chain, for [\d.]+ ASY of fees and 0\.0\d+ ASY on hold/);
			const { space_on_chain: space, final } = await daemon.ask('GET', '/v1/status');
			assert.equal((await head(space)).seq.toNumber(), final);
			assert.equal((await daemon.add('not written', '?wait=soon')).code, 400);

			wire.cut();
			assert.equal((await daemon.add('written while the node is away')).results[0].status, 'local');
			await chain.until('it says what it waits for', ANCHORED, async () => (await daemon.ask('GET', '/v1/status')).waits_for);
			wire.mend();
			assert.equal((await daemon.add('written afterwards', '?wait=final')).final, true);
			assert.equal((await head(space)).records.toNumber(), 4);

			// Between the answer and the block.
			for (let round = 0; round < 3; round++) {
				assert.equal((await daemon.add(`written before kill ${round}`)).code, 200);
				const waits = daemon.add(`waits at kill ${round}`, '?wait=final').catch(() => undefined);
				await chain.nextBlock();
				daemon.process.kill('SIGKILL');
				await Promise.all([waits, daemon.process.ended]);
				daemon = await machine.serve('--anchor');
			}
			assert.equal((await daemon.add('written last', '?wait=final')).final, true);
			const texts = await daemon.texts();
			assert.equal(texts.length, (await head(space)).records.toNumber(), 'each is there once');
			for (const text of ['written while the node is away', 'written before kill 0', 'written before kill 1', 'written before kill 2']) {
				assert.ok(texts.includes(text), text);
			}
			// Nobody asks for it: after 30 s it goes there.
			await daemon.add('written and left');
			const all = texts.length + 1;
			await chain.until('a write that nobody waits for is on the chain', ANCHORED, async () => (await head(space)).records.toNumber() === all);
			const { memories } = await daemon.ask('GET', '/v1/memories');
			await chain.until('it knows', ANCHORED, async () => (await daemon.ask('GET', `/v1/memories/${memories[0].id}`)).status === 'final');
			await daemon.stop();
			assert.equal((await machine.memory('status', '--check')).final, (await head(space)).seq.toNumber());
		} finally {
			daemon?.process.kill('SIGKILL');
			wire.end();
		}
	});

	test('two daemons write to one space and lose nothing, and who has no grant reads nothing', async () => {
		const [owner, other, stranger] = ['owner', 'other', 'stranger'].map((name) => new Machine(net, name));
		const daemons = [];
		try {
			await owner.memory('init');
			await Promise.all([other, stranger].map((machine) => machine.memory('init', '--reader')));
			await owner.fund();
			await other.fund();
			await owner.memory('add', 'the first memory');
			const { space } = await owner.memory('anchor', '--network', '--yes');
			const sync = ['sync', '--number', String(space)];
			assert.match((await other.fails(...sync)).error, /sealed to other readers/);
			const { account, box_key: boxKey } = await other.memory('account');
			const granted = await owner.memory('grant', account, '--box-key', boxKey, '--rights', 'read,append,edit', '--yes');
			assert.deepEqual(granted.rights, ['read', 'append', 'edit']);
			assert.equal((await other.memory(...sync)).memories, 1);
			assert.equal((await other.memory('search', 'first')).results[0].memory, 'the first memory');
			assert.match((await stranger.fails(...sync)).error, /sealed to other readers/);

			daemons.push(await owner.serve('--anchor'), await other.serve('--anchor'));
			const written = ['the first memory'];
			const write = async (daemon, name) => {
				for (let number = 0; number < 12; number++) {
					const text = `${name} writes number ${number}`;
					const answer = await daemon.add(text, number % 4 === 3 ? '?wait=final' : '');
					assert.deepEqual([answer.code, answer.final], [200, number % 4 === 3 ? true : undefined], JSON.stringify(answer));
					written.push(text);
				}
			};
			await Promise.all([write(daemons[0], 'the owner'), write(daemons[1], 'the other')]);
			written.sort();
			for (const daemon of daemons) {
				await chain.until('each has what the other wrote', ANCHORED, async () => (await daemon.texts()).length === written.length);
				assert.deepEqual(await daemon.texts(), written);
			}
			const [left, right] = await Promise.all(daemons.map((daemon) => daemon.ask('GET', '/v1/status')));
			assert.equal(left.root, right.root);
			const { by } = await head(space);
			assert.ok(by.toHex() === account || by.toHex() === (await owner.memory('account')).account);

			// A state that a grantee has committed is proven by the chain.
			const file = other.user.file('receipt');
			await other.memory('search', 'first', '--proof', file);
			await other.memory('attest', file);
			const verified = await stranger.memory('verify', file, '--accept-older');
			assert.equal(verified.memories[0].memory, 'the first memory');

			await Promise.all(daemons.splice(0).map((daemon) => daemon.stop()));
			await owner.memory('revoke', account, '--yes');
			assert.match((await other.fails('sync')).error, /sealed to other readers/);
			await other.memory('add', 'too late').catch(() => undefined);
			const anchored = await other.fails('anchor', '--yes');
			assert.match(anchored.error, /sealed to other readers/);
		} finally {
			daemons.forEach((daemon) => daemon.process.kill('SIGKILL'));
		}
	});

	test('anybody takes a public space from the chain, and verifies what it recalls there', async () => {
		const [owner, reader] = ['publisher', 'anybody'].map((name) => new Machine(net, name));
		await owner.memory('init', '--public');
		await owner.fund();
		await owner.memory('add', 'The library opens at nine');
		const { space } = await owner.memory('anchor', '--network', '--yes');
		await reader.memory('init', '--reader');
		assert.match((await reader.fails('sync')).error, /--number/);
		assert.match((await reader.fails('sync', '--number', '4000000')).error, /no space 4000000/);
		assert.deepEqual(await reader.memory('sync', '--number', String(space)).then(({ memories, seq }) => [memories, seq]), [1, 1]);
		assert.match((await reader.fails('add', 'mine')).error, /may not append/);
		const file = owner.user.file('receipt');
		await owner.memory('search', 'library', '--proof', file);
		await owner.memory('attest', file);
		const verified = await reader.memory('verify', file);
		assert.deepEqual([verified.complete, verified.last_at.space], [true, space]);
		await owner.memory('add', 'The library is closed on Mondays');
		await owner.memory('anchor', '--yes');
		assert.equal((await reader.memory('sync')).memories, 2);
		assert.ok(fs.existsSync(path.join(reader.home, 'default.db')));
	});
});
