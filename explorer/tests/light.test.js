// The light client beside a node: it follows the chain by itself, what it reads is proven, and a node that lies beside it is not believed.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { LIES } from '../../tests/lib/lies.js';
import { LyingNode } from '../../tests/lib/proxy.js';
import { Browser, keeping, reads, skip, textOf, trusting } from './lib/browser.js';
import { network } from './lib/network.js';

/** Blocks in which the light client follows the chain and has read what a page shows, on a machine that is busy with all of it. */
const SHOWN_WITHIN = 120;

describe('the light client beside a node', { skip }, () => {
	let browser, testnet, genesis, model, request, spec, peer;
	before(async () => {
		[browser, { testnet, genesis, model, request }] = await Promise.all([Browser.start(), network()]);
		// A specification has the epoch that runs and the next one as blocks have announced them: those of genesis and the one after it no block has.
		await testnet.chain.until('a final block of the third epoch', SHOWN_WITHIN, async () => {
			const final = await testnet.chain.api.at(await testnet.chain.rpc('chain_getFinalizedHead'));
			return (await final.query.babe.epochIndex()).toNumber() > 1;
		});
		spec = JSON.stringify(await testnet.chain.rpc('sync_state_genSyncSpec', true));
		peer = (await testnet.chain.rpc('system_localListenAddresses')).find((address) => /127\.0\.0\.1\/tcp\/\d+\/ws/.test(address));
		browser.beside.set('spec.json', spec);
	});
	after(async () => {
		await browser?.end();
		await testnet?.end();
	});

	/** A page that begins with the specification of the test, which is from elsewhere than the node. */
	async function open(hash, { url = testnet.node.url, form = 'the folder' } = {}) {
		const isFile = form === 'the single file';
		const prepare = keeping({ ...trusting(genesis), ...(isFile && { 'assay/explorer/spec': spec }) });
		const asked = new URLSearchParams({ ...(url && { node: url }), peer, ...(!isFile && { spec: 'spec.json' }) });
		return browser.open(`${browser.forms[form]}?${asked}${hash}`, { prepare });
	}
	const shows = (page, what, look, ...args) =>
		testnet.chain.until(what, SHOWN_WITHIN, () => page.evaluate(look, ...args)).catch(async (error) => {
			throw new Error(`${error.message}\nIt shows:\n${await textOf(page, 'body')}\n${page.faults.join('\n')}`);
		});
	const text = (page, text) => shows(page, `the page shows ${text}`, (text) => document.body.innerText.includes(text), text);
	const follows = (page) => shows(page, 'the light client follows the chain', () => /\d+ peers?/.test(document.querySelector('.pill')?.innerText ?? ''));

	for (const form of ['the folder', 'the single file']) {
		test(`${form}: it finds a peer, follows finality, and proves the state`, async () => {
			const page = await open('#/validators', { form });
			await follows(page);
			await shows(page, 'the validators are proven', () => document.querySelector('main .badge')?.innerText === 'proven here');
			const final = () => page.evaluate(() => Number(/Block ([\d,]+) final/.exec(document.querySelector('.pill').innerText)?.[1].replaceAll(',', '')));
			const first = await final();
			await testnet.chain.until('a later final block', SHOWN_WITHIN, async () => (await final()) > first);
			await page.click('.pill');
			await reads(page, 'Begins with');
			// Nobody but the node and the peer was asked.
			const port = /tcp\/(\d+)/.exec(peer)[1];
			assert.deepEqual(page.asked.filter((url) => !url.startsWith(testnet.node.url) && !url.includes(`:${port}`)), []);
			assert.deepEqual(page.faults, []);
			await page.end();
		});
	}

	test('without any node, it shows the chain and proves an output', async () => {
		const page = await open(`#/request/${request}`, { url: null });
		await text(page, 'float32 [2]');
		assert.deepEqual(await page.$$eval('.elements span', (all) => all.map(({ innerText }) => innerText)), ['200', '2']);
		await text(page, 'Proven by the light client');
		await page.end();
	});

	for (const name of ['the output', 'the claim', 'the proof', 'the header', 'the votes', 'the length of the receipt', 'the chain of the receipt']) {
		test(`no output is shown if the node beside it lies about ${name}`, async () => {
			const { says, lie } = LIES[name];
			const proxy = await LyingNode.start(testnet.node.url, lie({ value: 100, genesis, model }));
			try {
				const page = await open(`#/request/${request}`, { url: proxy.url });
				await follows(page);
				await text(page, 'A node says so, and it is not so');
				assert.match(await textOf(page, '.failure'), says);
				assert.equal(await page.$('.tensor'), null);
				// The state is the light client's, and the history the node's.
				await text(page, 'Votes and time line');
				const marks = await page.$$eval('main .card', (all) => all.map((card) => [card.querySelector('h2')?.innerText, card.querySelector('.badge')?.innerText]));
				assert.deepEqual(marks, [['Course', 'proven here'], ['Request', 'proven here'], ['Votes and time line', 'a node says']]);
				await page.end();
			} finally {
				proxy.end();
			}
		});
	}

	test('a model is shown as the state has it, whatever the node says of it', async () => {
		const hex = (text) => Buffer.from(text).toString('hex');
		const proxy = await LyingNode.start(testnet.node.url, { tell: (text) => text.replaceAll(hex('Doubles every'), hex('Halves! every')) });
		try {
			const page = await open('#/model/tests%2Fdoubling', { url: proxy.url });
			await follows(page);
			await shows(page, 'the record is proven', () => [...document.querySelectorAll('main .card-title')].some(({ innerText }) => /^Record\s+proven here$/.test(innerText)));
			assert.equal(await textOf(page, 'main .lead'), 'Doubles every number of a vector.');
			await page.evaluate(() => (location.hash = '#/'));
			await text(page, 'Requests so far');
			await shows(page, 'the chain is proven', () => [...document.querySelectorAll('main .number')].some(({ innerText }) => /^Validators\s+1\s+proven here$/.test(innerText)));
			await page.end();
		} finally {
			proxy.end();
		}
	});

	test('a node that begins it itself proves nothing by it', async () => {
		const page = await browser.open(`${browser.forms['the folder']}?node=${testnet.node.url}#/validators`, { prepare: keeping(trusting(genesis)) });
		await follows(page);
		await text(page, 'Missed this era');
		assert.equal(await textOf(page, 'main .badge'), 'a node says');
		await page.end();
	});
});
