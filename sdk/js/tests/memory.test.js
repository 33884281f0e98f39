// Memories over the daemon, in Node.

import assert from 'node:assert/strict';
import net from 'node:net';
import { after, before, test } from 'node:test';
import { Memory, NetworkError, NotVerified, Timeout, UsageError } from '@assay-network/client';
import { User } from '../../../tests/lib/cli.js';
import { removeFolder, temporaryFolder } from '../../../tests/lib/node.js';

let dir, daemon, options;

before(async () => {
	dir = temporaryFolder();
	const user = new User(dir, 'ws://127.0.0.1:9');
	await user.json('memory', 'init');
	const { key } = await user.json('memory', 'grant', 'agent', '--rights', 'read,append,edit');
	daemon = user.start('memory', 'serve', '--listen', '127.0.0.1:0');
	const [, url] = await daemon.prints(/on (http:\S+),/);
	options = { key, url };
});
after(async () => {
	daemon?.kill('SIGTERM');
	await daemon?.ended;
	removeFolder(dir);
});

test('what is remembered is found, changed and deleted', async () => {
	const memory = new Memory({ ...options, user: 'alice' });
	const [added] = await memory.add('Alice moved to Lisbon in May', { metadata: { from: 'chat' }, categories: ['home'] });
	assert.deepEqual([added.text, added.user, added.status, added.version], ['Alice moved to Lisbon in May', 'alice', 'local', 1]);
	await memory.add([{ role: 'user', content: 'I like green tea' }, { role: 'assistant', content: 'Noted' }], { run: 'one' });
	const { memories, receipt } = await memory.search('where is Lisbon', { k: 1, proof: true });
	assert.deepEqual([memories.length, memories[0].id, memories[0].metadata.from], [1, added.id, 'chat']);
	assert.ok(memories[0].score > 0);
	const proven = await memory.verify(receipt);
	assert.deepEqual([proven.complete, proven.memories], [true, ['Alice moved to Lisbon in May']]);
	receipt[receipt.length >> 1] ^= 1;
	await assert.rejects(memory.verify(receipt), NotVerified);

	const later = await memory.update(added.id, 'Alice moved to Porto');
	assert.deepEqual([later.text, later.version, (await memory.get(added.id)).text], ['Alice moved to Porto', 2, 'Alice moved to Porto']);
	const texts = (whose) => collect(memory.all(whose));
	assert.equal((await texts()).length, 3);
	assert.equal((await texts({ run: 'one' })).length, 2);
	assert.equal((await texts({ user: 'bob' })).length, 0);
	assert.deepEqual(await memory.delete(added.id), { deleted: 1, reached: 'forward', open: [] });
	assert.equal((await memory.search('Porto')).memories.length, 0);
	const status = await memory.status();
	assert.deepEqual([status.memories, status.final, status.waitsFor], [2, null, null]);
});

async function collect(all) {
	const found = [];
	for await (const memory of all) {
		found.push(memory);
	}
	return found;
}

test('what cannot be done is said by the errors of the package', async () => {
	assert.throws(() => new Memory({ key: '' }), UsageError);
	await assert.rejects(new Memory({ ...options, key: 'asm-other' }).status(), UsageError);
	const memory = new Memory(options);
	await assert.rejects(memory.get('00000000-0000-7000-8000-000000000000'), (error) => error instanceof UsageError && /no memory/.test(error.message));
	await assert.rejects(memory.get(''), UsageError);
	await assert.rejects(memory.add('kept nowhere', { wait: true }), /serve --anchor/);
	await assert.rejects(new Memory({ ...options, url: 'http://127.0.0.1:9' }).status(), NetworkError);
	const silent = net.createServer();
	await new Promise((resolve) => silent.listen(0, '127.0.0.1', resolve));
	try {
		const url = `http://127.0.0.1:${silent.address().port}`;
		await assert.rejects(new Memory({ ...options, url, timeout: 50 }).status(), Timeout);
		const stop = new AbortController();
		stop.abort(new Error('enough'));
		await assert.rejects(new Memory({ ...options, url }).search('tea', { signal: stop.signal }), /enough/);
	} finally {
		silent.close();
	}
});
