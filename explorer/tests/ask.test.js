// Asking a model from its page: with a key of the development chain, and with a wallet. The answer comes with its proof, and its link convinces others.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { zipSync } from 'fflate';
import { Browser, empty, keeping, reads, skip, textOf, trusting } from './lib/browser.js';
import { network } from './lib/network.js';
import { sign } from './lib/wallet.js';

/** Blocks in which the page has an answer, on a machine that is busy with all of it. */
const ANSWERED_WITHIN = 120;

/** A wallet with Eve's account. `window.sign` is the test's. */
function wallet(address) {
	const accounts = { get: async () => [{ address, name: 'Eve of the test', type: 'sr25519' }], subscribe: () => () => undefined };
	const signer = { signPayload: async (payload) => window.sign(payload), signRaw: async () => Promise.reject(new Error('not asked for')) };
	window.injectedWeb3 = { 'test-wallet': { version: '1', enable: async () => ({ accounts, signer }) } };
}

/** A .npy file of float32. */
function npy(values) {
	const header = `${`{'descr': '<f4', 'fortran_order': False, 'shape': (${values.length},), }`.padEnd(117)}\n`;
	return Buffer.concat([Buffer.from('\x93NUMPY\x01\x00', 'latin1'), Buffer.from(Uint16Array.of(header.length).buffer), Buffer.from(header), Buffer.from(Float32Array.from(values).buffer)]);
}

describe('asking a model from the page', { skip }, () => {
	let browser, testnet, genesis, eve;
	before(async () => {
		[browser, { testnet, genesis }] = await Promise.all([Browser.start(), network()]);
		eve = testnet.chain.account('Eve');
		await testnet.chain.submit(testnet.chain.api.tx.balances.transferKeepAlive(eve.address, 10n ** 14n), testnet.chain.account('Ferdie'));
	});
	after(async () => {
		await browser?.end();
		await testnet?.end();
	});

	async function open(form, prepare = () => undefined) {
		const before = async (page) => {
			await keeping(trusting(genesis))(page);
			await prepare(page);
		};
		const page = await browser.open(`${browser.forms[form]}?node=${testnet.node.url}&light=off#/model/tests%2Fdoubling`, { prepare: before });
		await page.waitForSelector('form.ask textarea');
		return page;
	}
	const button = (page, text) =>
		page.evaluate((text) => [...document.querySelectorAll('main button')].find(({ innerText, disabled }) => innerText === text && !disabled)?.click() === undefined, text);
	const askIt = async (page) => {
		await page.waitForFunction(() => document.querySelector('form.ask button.primary')?.disabled === false);
		assert.match(await textOf(page, '.price'), /ASY at most/);
		await page.click('form.ask button.primary');
	};
	/** Waits for the answer; fails with what the page shows in place of it. */
	const answered = async (page) =>
		testnet.chain.until('the page shows the answer', ANSWERED_WITHIN, () => page.evaluate(() => document.querySelector('.output .elements') !== null)).catch(async (error) => {
			throw new Error(`${error.message}\nIt shows:\n${await textOf(page, 'main')}`);
		});
	const output = (page) => page.$$eval('.output .elements span', (all) => all.map(({ innerText }) => innerText));

	for (const form of ['the folder', 'the single file']) {
		test(`${form}: with a key of the development chain`, async () => {
			const page = await open(form);
			await page.type('form.ask textarea', '3, 4.5 -1');
			await page.waitForSelector('select[name=payer]');
			await page.select('select[name=payer]', '//Eve');
			await askIt(page);
			await answered(page);
			assert.deepEqual(await output(page), ['6', '9', '-2']);
			const text = await textOf(page, 'main');
			for (const part of ['In a final block', 'Verified here', 'proven here', 'the votes for block']) {
				assert.ok(text.includes(part), `${part}: ${text}`);
			}
			const link = await page.$eval('a[href^="#/verify?r="]', (link) => link.getAttribute('href'));
			assert.deepEqual([page.asked.filter((url) => !url.startsWith(testnet.node.url)), page.faults], [[], []]);
			await page.end();
			// In a profile of its own, without any node.
			const stranger = await browser.open(browser.forms[form] + link);
			await reads(stranger, 'Which chain do you trust?');
			assert.equal(await stranger.$('.tensor'), null);
			await stranger.type('input[name=genesis]', genesis);
			await stranger.keyboard.press('Enter');
			await stranger.waitForSelector('.verdict.verified');
			await reads(stranger, 'is the output');
			assert.deepEqual(await stranger.$$eval('.tensor .elements span', (all) => all.map(({ innerText }) => innerText)), ['6', '9', '-2']);
			assert.deepEqual([stranger.asked, stranger.faults], [[], []]);
			await stranger.end();
		});
	}

	test('with a wallet, on a file of NumPy', async () => {
		let signed = 0;
		const page = await open('the folder', async (page) => {
			await page.exposeFunction('sign', (payload) => {
				signed++;
				return { id: signed, ...sign(testnet.chain, payload, eve) };
			});
			await page.evaluateOnNewDocument(wallet, eve.address);
		});
		const file = await page.$('form.ask input[type=file]');
		const bytes = Buffer.from(zipSync({ 'arr_0.npy': npy([10, 20]) })).toString('base64');
		await file.evaluate((input, bytes) => {
			const transfer = new DataTransfer();
			transfer.items.add(new File([Uint8Array.from(atob(bytes), (character) => character.charCodeAt(0))], 'in.npz'));
			input.files = transfer.files;
			input.dispatchEvent(new Event('change', { bubbles: true }));
		}, bytes);
		await reads(page, 'From in.npz');
		await reads(page, 'Use test-wallet');
		assert.ok(await button(page, 'Use test-wallet'));
		await reads(page, 'Eve of the test');
		await askIt(page);
		await answered(page);
		assert.deepEqual([await output(page), signed], [['20', '40'], 1]);
		await page.end();
	});

	test('what cannot be asked is told in words, and nothing is signed', async () => {
		let signed = 0;
		const page = await open('the folder', async (page) => {
			await page.exposeFunction('sign', () => {
				signed++;
				throw new Error('Cancelled');
			});
			await page.evaluateOnNewDocument(wallet, eve.address);
		});
		await page.type('form.ask textarea', '1, two');
		await reads(page, '“x” has “two”, which is no number');
		assert.equal(await page.$eval('form.ask button.primary', ({ disabled }) => disabled), true);
		await empty(page, 'form.ask textarea');
		await page.type('form.ask textarea', '[1, 2]');
		await reads(page, 'Use test-wallet');
		assert.ok(await button(page, 'Use test-wallet'));
		await reads(page, 'Eve of the test');
		await askIt(page);
		await reads(page, 'nothing was signed: Cancelled');
		assert.equal(signed, 1);
		await page.end();
	});
});
