// Receipts in the page, with the network cut: what holds is verified, what does not is refused in words. In the folder below a path, and in the
// single file from disk.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { encodeTensors, fromHex, toHex, verify } from '@assay-network/client/verify';
import { Browser, drop, name, reads, skip, textOf } from './lib/browser.js';

/** Receipts with a flipped bit. */
const FLIPPED = 200;

const vectors = JSON.parse(fs.readFileSync(new URL('../../receipts/vectors.json', import.meta.url), 'utf8'))
	// Those that begin with a genesis block, and at no certain time.
	.filter(({ checkpoint, now }) => checkpoint.startsWith('0x00') && now === null);
const [first] = vectors;
const genesisOf = ({ checkpoint }) => `0x${checkpoint.slice(4)}`;
const receiptOf = ({ receipt }) => fromHex(receipt);
const base64url = (bytes) => Buffer.from(bytes).toString('base64url');
const said = async (page) => {
	const found = await page.waitForSelector('.verdict');
	return { verified: await found.evaluate((element) => element.classList.contains('verified')), text: await found.evaluate((element) => element.innerText) };
};
/** The client's answer to a receipt, in Node. */
const expected = (bytes, genesis) => verify(bytes, { genesis }).then(() => undefined, (error) => error.message.replace(/^not verified: /, ''));

describe('a receipt in the page', { skip }, () => {
	let browser;
	before(async () => {
		browser = await Browser.start();
	});
	after(() => browser?.end());

	for (const form of ['the folder', 'the single file']) {
		const at = (hash = '#/verify') => browser.forms[form] + hash;
		/** A page that has seen no node, and whose network is cut. */
		const cut = async (hash) => {
			const page = await browser.open(at(hash));
			await page.waitForNetworkIdle();
			await page.setOfflineMode(true);
			return page;
		};
		const done = async (page) => {
			assert.deepEqual([page.asked, page.faults], [[], []]);
			await page.end();
		};

		test(`${form}: one that holds is verified with the network cut, and what it rests on is said`, async () => {
			const page = await cut();
			await drop(page, { name: 'receipt', bytes: receiptOf(first) });
			await name(page, genesisOf(first));
			const { verified, text } = await said(page);
			assert.ok(verified, text);
			const { request, model, votes } = await verify(receiptOf(first), { genesis: genesisOf(first) });
			for (const part of [`#${request}`, model.slice(0, 8), `${votes} of all`, 'genesis block', 'not checked']) {
				assert.ok(text.includes(part), `${part}: ${text}`);
			}
			await done(page);
		});

		test(`${form}: one with a flipped bit is refused in the words of the verifier`, async (t) => {
			const page = await cut();
			const genesis = genesisOf(first);
			const bytes = receiptOf(first);
			await drop(page, { name: 'receipt', bytes });
			await name(page, genesis);
			assert.ok((await said(page)).verified);
			const words = new Set();
			for (let index = 0; index < FLIPPED; index++) {
				const flipped = bytes.slice();
				const bit = Math.floor((index * bytes.length * 8) / FLIPPED) + (index % 8);
				flipped[bit >> 3] ^= 1 << (bit & 7);
				const why = await expected(flipped, genesis);
				await page.evaluate(() => document.querySelectorAll('.verdict').forEach((element) => element.setAttribute('data-old', '')));
				await drop(page, { name: `${index}.receipt`, bytes: flipped });
				const found = await page.waitForSelector(`.verdict:not([data-old])`);
				const [refused, text] = await found.evaluate((element) => [element.classList.contains('refused'), element.innerText]);
				assert.equal(refused, why !== undefined, `bit ${bit}: ${text}`);
				if (refused) {
					assert.ok(text.includes(why) && text.includes(`${index}.receipt`), `bit ${bit}: ${why}: ${text}`);
					words.add(why.replace(/\d+/g, 'N'));
				}
			}
			assert.ok(words.size > 5, [...words].join('\n'));
			t.diagnostic(`${words.size} different reasons`);
			await done(page);
		});

		test(`${form}: a link brings a receipt and trusts nobody for it`, async () => {
			const [bytes, genesis] = [receiptOf(first), genesisOf(first)];
			const page = await cut(`#/verify?r=${base64url(bytes)}&genesis=${genesis}`);
			await reads(page, 'Which chain do you trust?');
			assert.equal(await page.$('.verdict'), null);
			await page.evaluate(() => [...document.querySelectorAll('button')].find(({ innerText }) => innerText.includes('I have compared it')).click());
			assert.ok((await said(page)).verified);
			await page.evaluate(() => [...document.querySelectorAll('button')].find(({ innerText }) => innerText.includes('Trust it from now on')).click());
			await page.waitForFunction(() => !document.body.innerText.includes('You have named this chain for now'));
			// A link of another chain is held to the one that is trusted.
			await page.evaluate((link) => (location.hash = link), `#/verify?r=${base64url(bytes)}&genesis=0x${'11'.repeat(32)}`);
			await reads(page, 'The link is for another chain than the one that you trust');
			await page.evaluate(() => (location.hash = '#/verify?r=%25%25'));
			await reads(page, 'the link is damaged');
			await done(page);
		});
	}

	test('every vector that is refused is refused in its words', async () => {
		const refused = vectors.filter(({ verdict }) => verdict.error !== undefined);
		assert.ok(refused.length >= 3);
		for (const vector of refused) {
			const page = await browser.open(`${browser.forms['the folder']}#/verify`);
			await drop(page, { name: 'receipt', bytes: receiptOf(vector) });
			await name(page, genesisOf(vector));
			const { verified, text } = await said(page);
			assert.ok(!verified && text.includes(vector.verdict.error), `${vector.name}: ${text}`);
			await page.end();
		}
	});

	test('the receipt of another chain, what is no receipt, and files that it is not about are refused', async () => {
		const page = await browser.open(`${browser.forms['the folder']}#/verify`);
		await drop(page, { name: 'receipt', bytes: receiptOf(first) });
		await name(page, `0x${'11'.repeat(32)}`);
		assert.match((await said(page)).text, /does not start from this checkpoint/);
		await page.end();

		const other = await browser.open(`${browser.forms['the folder']}#/verify`);
		await drop(other, { name: 'photo', bytes: Buffer.from('this is no receipt') });
		await name(other, genesisOf(first));
		assert.ok(!(await said(other)).verified);
		await drop(other, { name: 'receipt', bytes: receiptOf(first) });
		await other.waitForSelector('.verdict.verified');
		const bundle = await encodeTensors({ y: new Float32Array([1, 2]) });
		await drop(other, { name: 'out.bundle', bytes: bundle }, { name: 'x.onnx', bytes: Buffer.from('x') }, { name: 'y.npy', bytes: Buffer.from('y') });
		await reads(other, 'y.npy is refused');
		const text = await textOf(other, 'main');
		for (const part of ['out.bundle is refused', 'the output has the result hash', 'x.onnx is refused', 'another model than the one that was asked']) {
			assert.ok(text.includes(part), `${part}: ${text}`);
		}
		assert.equal(await other.$('.tensor'), null);
		await other.end();
	});

	test('a receipt can be pasted', async () => {
		const page = await browser.open(`${browser.forms['the folder']}#/verify`);
		await page.click('.more summary');
		await page.$eval('textarea', (area, text) => {
			area.value = text;
			area.dispatchEvent(new Event('input', { bubbles: true }));
		}, toHex(receiptOf(first)));
		await page.evaluate(() => document.querySelector('.more form button').click());
		await name(page, genesisOf(first));
		assert.ok((await said(page)).verified);
		await page.end();
	});
});
