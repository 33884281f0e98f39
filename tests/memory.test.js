// Spaces of memory on a chain: two writers, grants, blobs that come and go, and receipts that carry the chain's word.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { User } from './lib/cli.js';
import { contentId } from './lib/hash.js';
import { put } from './lib/inference.js';
import { removeFolder, temporaryFolder } from './lib/node.js';
import { Testnet } from './lib/testnet.js';

/** Blocks between two collections of a node, and some more. */
const COLLECTED = 40;
const [READ, APPEND, EDIT] = [1, 2, 4];
const ASY = 10n ** 12n;

/** Sealed bytes of a page or a manifest, as a node sees them. */
const sealed = (fill, kib = 16) => new Uint8Array(kib * 1024).fill(fill);
const ref = (bytes) => ({ id: contentId(bytes), size: bytes.length });

describe('spaces on a chain', () => {
	let net, chain, alice, bob, charlie;

	before(async () => {
		net = await Testnet.start();
		chain = net.chain;
		[alice, bob, charlie] = ['Alice', 'Bob', 'Charlie'].map((name) => chain.account(name));
	});
	after(() => net?.end());

	async function create(owner, availability) {
		const config = { public: false, availability, embedding: null, ranking: 1 };
		const { events } = await chain.submit(chain.api.tx.memory.createSpace(config), owner);
		return events.find(({ method }) => method === 'SpaceCreated').data.space.toNumber();
	}

	const found = async (space) => (await chain.api.query.memory.spaces(space)).unwrap();

	/** The commit that follows the last one, with parts of it replaced. */
	async function commit(space, changed = {}) {
		const { head, epoch } = await found(space);
		const [seq, records] = head.isSome ? [head.unwrap().seq.toNumber(), head.unwrap().records.toNumber()] : [0, 0];
		const all = { seq: seq + 1, records: records + 1, manifest: sealed(100 + seq), epoch: epoch.toNumber(), add: [], drop: [], ...changed };
		const root = `0x${String(all.seq).padStart(64, '0')}`;
		const drop = all.drop.map(contentId);
		return chain.api.tx.memory.commit(space, all.seq, root, all.records, ref(all.manifest), all.epoch, all.add.map(ref), drop);
	}

	const refused = (call, signer, error) => assert.rejects(chain.submit(call, signer), ({ error: name }) => name === `memory.${error}`);

	test('of two writers at once none loses what it writes', async () => {
		const space = await create(alice, 'Local');
		await chain.submit(chain.api.tx.memory.grant(space, bob.address, READ | APPEND, null), alice);
		const WRITES = 6;
		/** Commits so often, and again whenever the other one was first. */
		async function write(who, fill) {
			let moved = 0;
			for (let done = 0; done < WRITES; ) {
				try {
					await chain.submit(await commit(space, { manifest: sealed(fill + done) }), who);
					done += 1;
				} catch (error) {
					assert.equal(error.error, 'memory.HeadMoved');
					moved += 1;
				}
			}
			return moved;
		}
		const moved = await Promise.all([write(alice, 10), write(bob, 50)]);
		const { head } = await found(space);
		assert.equal(head.unwrap().seq.toNumber(), 2 * WRITES, 'every write is a commit of its own');
		assert.equal(head.unwrap().records.toNumber(), 2 * WRITES);
		assert.ok(moved[0] + moved[1] > 0, 'the two were at it at once');
	});

	test('a grant ends what it does not give, and a revocation ends it', async () => {
		const space = await create(alice, 'Network');
		await refused(await commit(space), bob, 'NoRight');
		await chain.submit(chain.api.tx.memory.grant(space, bob.address, READ | APPEND, null), alice);
		const page = sealed(1);
		await chain.submit(await commit(space, { add: [page] }), alice);
		await refused(await commit(space, { drop: [page] }), bob, 'AppendOnly');
		await chain.submit(await commit(space, { manifest: sealed(2) }), bob);
		await refused(chain.api.tx.memory.grant(space, charlie.address, READ, null), bob, 'NoRight');
		await chain.submit(chain.api.tx.memory.revoke(space, bob.address), alice);
		await refused(await commit(space, { manifest: sealed(3) }), bob, 'NoRight');
		await refused(await commit(space, { manifest: sealed(3), epoch: 0 }), alice, 'EpochOutOfRange');
		await chain.submit(await commit(space, { manifest: sealed(3) }), alice);
		const readers = async () => (await chain.rpc('state_call', 'MemoryApi_readers', `0x${Buffer.from(new BigUint64Array([BigInt(space)]).buffer).toString('hex')}`));
		assert.equal(await readers(), '0x00', 'nobody reads beside the owner');
		await chain.submit(chain.api.tx.memory.grant(space, bob.address, READ | EDIT, null), alice);
		assert.notEqual(await readers(), '0x00');
	});

	test('validators keep what a space has, and let it go when the space drops it', async () => {
		const space = await create(charlie, 'Network');
		const [kept, dropped, manifest] = [sealed(21, 300), sealed(22), sealed(23)];
		await assert.rejects(put(chain, kept), /403/, 'the chain does not expect it');
		await chain.submit(await commit(space, { add: [kept, dropped], manifest }), charlie);
		// By then the node has seen the block.
		await chain.nextBlock();
		await chain.nextBlock();
		for (const bytes of [kept, dropped, manifest]) {
			await put(chain, bytes);
		}
		const held = async (bytes) => (await chain.rpc('blob_status', contentId(bytes))).status === 'held';
		assert.ok((await held(kept)) && (await held(dropped)));
		const next = sealed(24);
		await chain.submit(await commit(space, { drop: [dropped], manifest: next }), charlie);
		await chain.nextBlock();
		await put(chain, next);
		await chain.until('what was dropped is gone', COLLECTED, async () => !(await held(dropped)) && !(await held(manifest)));
		assert.ok((await held(kept)) && (await held(next)), 'the rest stays');
		const { events } = await chain.submit(chain.api.tx.memory.closeSpace(space), charlie);
		assert.ok(events.some(({ method }) => method === 'SpaceClosed'));
		await chain.until('all of it is gone', COLLECTED, async () => !(await held(kept)) && !(await held(next)));
		const holds = await chain.api.query.balances.holds(charlie.address);
		assert.ok(!holds.some(({ id }) => id.isMemory), 'nothing is on hold any more');
	});

	test('nobody passes an old commit of a memory off as the last one', async () => {
		const dir = temporaryFolder();
		const user = new User(dir, net.node.url, { options: ['--genesis', chain.genesis] });
		try {
			const memory = (...words) => user.json('memory', '--home', path.join(dir, 'memory'), ...words);
			const fails = (...words) => user.fails('memory', '--home', path.join(dir, 'memory'), ...words);
			const file = (name) => path.join(dir, name);
			await memory('init');
			const { account } = await memory('account');
			await chain.submit(chain.api.tx.balances.transferKeepAlive(account, 10n * ASY), alice);
			await memory('add', 'Alice moved to Lisbon in May');
			await memory('search', 'Lisbon', '--proof', file('first'));
			assert.match((await fails('attest', file('first'))).error, /on no chain/);
			const anchored = await memory('anchor', '--network', '--yes');
			assert.deepEqual([anchored.seq, anchored.new], [1, 1]);
			await memory('attest', file('first'), '--output', file('first.chain'));
			const proven = await memory('verify', file('first.chain'));
			assert.equal(proven.last_at.space, anchored.space);
			assert.deepEqual(proven.memories.map(({ memory }) => memory), ['Alice moved to Lisbon in May']);

			// A later commit: the old receipt gets no word, and the old word with it is of an old block.
			await memory('add', 'Alice moved on to Porto');
			assert.equal((await memory('anchor', '--yes')).new, 1);
			assert.match((await fails('attest', file('first'), '--output', file('second'))).error, /last commit on the chain was commit 2/);
			await memory('search', 'Porto', '--proof', file('second'));
			await memory('attest', file('second'));
			const later = await memory('verify', file('second'));
			assert.ok(later.last_at.block > proven.last_at.block);
			assert.equal((await memory('status')).final, 2);
			assert.match((await fails('verify', file('first.chain'))).error, /commit 1/, 'a later one is known here');

			// Another word: the statement of the second receipt, behind the first one.
			const [first, second] = ['first.chain', 'second'].map((name) => fs.readFileSync(file(name)));
			// Of both the statement, with its length before it, follows the number of the space.
			const number = Buffer.from(new BigUint64Array([BigInt(anchored.space)]).buffer);
			const split = (bytes) => bytes.lastIndexOf(number, bytes.indexOf(Buffer.from('ass1'))) + number.length;
			fs.writeFileSync(file('mixed'), Buffer.concat([first.subarray(0, split(first)), second.subarray(split(second))]));
			const stranger = (...words) => user.fails('memory', '--home', path.join(dir, 'stranger'), ...words);
			assert.match((await stranger('verify', file('mixed'))).error, /last commit on the chain was commit 2/);
			for (const place of [10, first.length >> 1, first.length - 10]) {
				const changed = Buffer.from(first);
				changed[place] ^= 1;
				fs.writeFileSync(file('changed'), changed);
				assert.equal((await stranger('verify', file('changed'))).code, 8, `byte ${place}`);
			}
		} finally {
			removeFolder(dir);
		}
	});
});
