// The page beside a node: what the node says is marked so, what is shown of answers is proven, and strangers' text does nothing.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { LIES } from '../../tests/lib/lies.js';
import { LyingNode } from '../../tests/lib/proxy.js';
import { Browser, drop, empty, keeping, reads, skip, textOf, trusting } from './lib/browser.js';
import { network, STATEMENT } from './lib/network.js';

const AXE = fs.readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** The folder in which pictures of all pages are kept, if somebody wants them. */
const SCREENSHOTS = process.env.ASSAY_SCREENSHOTS;
/** Blocks in which the page, which runs beside the chain on the same machine, is to show what it was asked for. */
const SHOWN_WITHIN = 40;

describe('the page beside a node', { skip }, () => {
	let browser, testnet, genesis, model, request, receipt;
	before(async () => {
		[browser, { testnet, genesis, model, request, receipt }] = await Promise.all([Browser.start(), network()]);
	});
	after(async () => {
		await browser?.end();
		await testnet?.end();
	});

	/** A page that asks a node, and trusts the chain if it is told to. */
	async function open(hash, { url = testnet.node.url, isTrusted = true, form = 'the folder', ...look } = {}) {
		const prepare = isTrusted ? keeping(trusting(genesis)) : undefined;
		return browser.open(`${browser.forms[form]}?node=${url}&light=off${hash}`, { ...look, prepare });
	}
	/** Waits until a page shows a text. */
	const shows = (page, text) =>
		testnet.chain.until(`the page shows ${text}`, SHOWN_WITHIN, () => page.evaluate((text) => document.body.innerText.includes(text), text)).catch(async (error) => {
			throw new Error(`${error.message}\nIt shows:\n${await textOf(page, 'body')}`);
		});
	const picture = async (page, name, width, dark) => {
		SCREENSHOTS && (await page.screenshot({ path: path.join(SCREENSHOTS, `${name}-${width}-${dark ? 'dark' : 'light'}.png`), fullPage: true }));
	};
	const quiet = async (page) => {
		const own = page.asked.filter((url) => !url.startsWith(testnet.node.url));
		assert.deepEqual([own, page.faults], [[], []]);
		await page.end();
	};

	for (const form of ['the folder', 'the single file']) {
		test(`${form}: final blocks come while one looks`, async () => {
			const page = await open('#/', { form });
			await shows(page, 'Best block');
			const final = async () => Number(/Block ([\d,]+) final/.exec(await textOf(page, '.pill'))?.[1].replaceAll(',', ''));
			const first = await testnet.chain.until('a final block', SHOWN_WITHIN, async () => (await final()) || undefined);
			await testnet.chain.until('a later final block', SHOWN_WITHIN, async () => (await final()) > first);
			assert.match(await textOf(page, 'main'), /a node says/);
			await testnet.chain.until('a chart of what was seen', SHOWN_WITHIN, () => page.evaluate(() => document.querySelectorAll('.plot canvas').length >= 3));
			await quiet(page);
		});

		test(`${form}: the output of a final request is proven before it is shown, and its link convinces a stranger`, async () => {
			const page = await open(`#/request/${request}`, { form });
			await shows(page, 'float32 [2]');
			assert.deepEqual(await page.$$eval('.elements span', (all) => all.map(({ innerText }) => innerText)), ['200', '2']);
			assert.equal(await page.$eval('section .badge', ({ innerText }) => innerText), 'proven here');
			const link = await page.$eval('a[href^="#/verify?r="]', (link) => link.getAttribute('href'));
			await quiet(page);
			const stranger = await browser.open(browser.forms[form] + link);
			await reads(stranger, 'Which chain do you trust?');
			await stranger.type('input[name=genesis]', genesis);
			await stranger.keyboard.press('Enter');
			await stranger.waitForSelector('.verdict.verified');
			await drop(stranger, { name: 'out.json', bytes: Buffer.from('{"y": {"dtype": "float32", "shape": [2], "data": [200, 2]}}') });
			await reads(stranger, 'out.json is the output');
			await drop(stranger, { name: 'in.json', bytes: Buffer.from('{"x": {"dtype": "float32", "shape": [2], "data": [100, 1]}}') });
			await reads(stranger, 'in.json is the input');
			await drop(stranger, { name: 'wrong.json', bytes: Buffer.from('{"y": {"dtype": "float32", "shape": [2], "data": [200, 3]}}') });
			await reads(stranger, 'wrong.json is refused');
			assert.deepEqual([stranger.asked, stranger.faults], [[], []]);
			await stranger.end();
		});
	}

	test('what is proven of a chain that nobody has confirmed is not called proven', async () => {
		const page = await open(`#/request/${request}`, { isTrusted: false });
		await shows(page, 'float32 [2]');
		const badges = await page.$$eval('main .badge', (all) => all.map(({ innerText }) => innerText));
		assert.ok(!badges.some((text) => text.includes('proven here')), badges.join());
		await page.click('.notice button');
		await page.evaluate(() => [...document.querySelectorAll('button')].find(({ innerText }) => innerText.startsWith('It is the one')).click());
		await page.waitForNavigation();
		await shows(page, 'Result\nproven here');
		await quiet(page);
	});

	for (const name of ['the output', 'the claim', 'the proof', 'the header', 'the votes', 'the length of the receipt', 'the chain of the receipt']) {
		test(`no output is shown if the node lies about ${name}`, async () => {
			const { says, lie } = LIES[name];
			const proxy = await LyingNode.start(testnet.node.url, lie({ value: 100, genesis, model }));
			try {
				const page = await open(`#/request/${request}`, { url: proxy.url });
				await shows(page, 'A node says so, and it is not so');
				assert.match(await textOf(page, '.failure'), says);
				assert.equal(await page.$('.tensor'), null);
				await page.end();
			} finally {
				proxy.end();
			}
		});
	}

	test('a node of another chain than the one that is trusted is refused', async () => {
		const proxy = await LyingNode.start(testnet.node.url, LIES['the genesis block'].lie({ genesis }));
		try {
			const page = await open('#/', { url: proxy.url });
			await shows(page, 'No connection');
			assert.match(await textOf(page, '.failure'), /genesis block/);
			await page.end();
		} finally {
			proxy.end();
		}
	});

	test('a card shows its text, runs nothing and asks nobody', async () => {
		const page = await open('#/model/tests%2Fdoubling');
		await shows(page, 'It says twice as much.');
		assert.equal(await page.evaluate(() => window.ran), undefined);
		const inside = await page.$eval('.markdown', (card) => [...card.querySelectorAll('*')].map(({ tagName }) => tagName));
		assert.deepEqual(inside.filter((tag) => /SCRIPT|IMG|IFRAME|FORM|BUTTON|STYLE|SVG/.test(tag)), []);
		const links = await page.$$eval('.markdown a', (all) => all.map((link) => [link.getAttribute('href'), link.rel]));
		assert.deepEqual(links.filter(([href]) => href !== null), [['https://example.org/source', 'noopener noreferrer nofollow']]);
		await shows(page, 'float32 [?]');
		await quiet(page);
	});

	test('models are found by any word, and everything that is pasted into the search leads somewhere', async () => {
		const page = await open('#/models');
		await shows(page, 'Doubles every number');
		const type = async (text) => {
			await empty(page, 'main input[type=search]');
			await page.type('main input[type=search]', text);
		};
		await type('VECTOR small');
		assert.equal((await page.$$('.models li')).length, 1);
		await type('nothing like it');
		await shows(page, 'No model fits');
		for (const [text, hash] of [
			['#7', '#/request/7'],
			[model, `#/model/${model}`],
			// A number may be that of a request and that of a block; the first page says which there are.
			[String(request), `#/find/${request}`],
			['1', '#/block/1'],
			[genesis, `#/block/${genesis}`],
			['doubling', '#/models?find=doubling'],
			['5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY', '#/account/5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY'],
		]) {
			await page.keyboard.press('Escape');
			await page.$eval('#search', (input) => input.focus());
			await page.keyboard.type(text);
			await page.keyboard.press('Enter');
			await page.waitForFunction((hash) => location.hash === hash, {}, hash);
		}
		await shows(page, 'Its stake, record and votes');
		await quiet(page);
	});

	test('a request shows its time line and each vote, a block its parent, and a model the programs that ask it', async () => {
		const page = await open(`#/request/${request}`);
		for (const step of ['Requested', 'Asked: all validators', 'Sealed: 1 vote', 'Opened: 1 vote', 'Attested: 1 equal vote', 'Not challenged', 'n + 1']) {
			await shows(page, step);
		}
		assert.match(await textOf(page, '.round table'), /member\s+\d+\s+\d+\s+as decided/);
		const marks = await page.$$eval('main .card-title', (all) => all.map(({ innerText }) => innerText.split('\n')));
		assert.deepEqual(marks.find(([title]) => title === 'Votes and time line'), ['Votes and time line', 'a node says']);
		await page.evaluate((number) => (location.hash = `#/find/${number}`), request);
		await shows(page, `Request #${request}`);
		await shows(page, `Block ${request}`);
		await page.evaluate(() => (location.hash = '#/block/2'));
		await shows(page, 'Parent');
		await page.evaluate(() => (location.hash = '#/block/0x12'));
		await shows(page, 'neither the number of a block nor its hash');
		await page.evaluate(() => (location.hash = '#/model/tests%2Fdoubling'));
		await shows(page, 'The same call as a program');
		for (const [language, text] of [['Command line', `infer tests/doubling@1 --input in.json`], ['Python', `genesis="${genesis}"`], ['TypeScript', `{ type: 'float32', shape: [1], data: [0] }`]]) {
			await page.evaluate((language) => [...document.querySelectorAll('.tabs button')].find(({ innerText }) => innerText === language).click(), language);
			await page.waitForFunction((text) => document.querySelector('.program').innerText.includes(text), {}, text);
		}
		await quiet(page);
	});

	test('the browser refuses every connection but those to the node', async () => {
		const page = await open('#/');
		await shows(page, 'Best block');
		const refused = await page.evaluate(
			() =>
				new Promise((resolve) => {
					document.addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI }) => resolve([effectiveDirective, blockedURI]));
					new WebSocket('ws://127.0.0.1:9/');
				}),
		);
		assert.equal(refused[0], 'connect-src');
		await assert.rejects(page.evaluate(() => fetch('https://example.org/')));
		await page.end();
	});

	test('a node that is not there, and a request that is not, are told in words', async () => {
		const page = await open('#/', { url: 'ws://127.0.0.1:9', isTrusted: false });
		await reads(page, 'no node answers at ws://127.0.0.1:9');
		await page.end();
		const other = await open('#/request/999999');
		await shows(other, 'There is no request 999999 yet');
		await other.evaluate(() => (location.hash = '#/model/no-such/model'));
		await shows(other, 'there is no model no-such');
		await other.evaluate(() => (location.hash = '#/nowhere'));
		await reads(other, 'There is no page');
		await quiet(other);
	});

	for (const [hash, text] of [['#/model/tests%2Fdoubling', 'The same call as a program'], ['#/models', 'Doubles every number'], [`#/validators`, 'Votes on the last requests'], ['#/verify', 'Drop a receipt here']]) {
		test(`the keyboard reaches everything on ${hash}, in its order, and one sees where it is`, async () => {
			const page = await open(hash);
			await shows(page, text);
			await page.waitForFunction(() => !document.querySelector('main .spinner'));
			/** Everything that can be focused, and where the focus is among it and how that looks. */
			const look = () =>
				page.evaluate(() => {
					const all = [...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex="0"]')].filter((one) => !one.disabled && one.checkVisibility());
					const at = document.activeElement;
					// A field that is not seen itself is marked by the label around it.
					const shown = at.closest('.file, .drop') ?? at;
					const { outlineStyle, outlineWidth } = getComputedStyle(shown);
					const [{ left, top, width, height }] = shown.getClientRects();
					const there = document.elementFromPoint(left + width / 2, top + Math.min(height, innerHeight) / 2);
					const isSeen = there !== null && (shown.contains(there) || there.contains(shown));
					return { count: all.length, index: all.indexOf(at), html: at.outerHTML.slice(0, 120), isMarked: outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2, isSeen };
				});
			const { count } = await look();
			assert.ok(count > 8, `${count} things can be focused`);
			for (let index = 0; index < count; index++) {
				await page.keyboard.press('Tab');
				const { html, ...found } = await look();
				assert.deepEqual(found, { count, index, isMarked: true, isSeen: true }, html);
			}
			await quiet(page);
		});
	}

	test('keys lead past the head, to the search and out of the panel', async () => {
		const page = await open('#/models');
		await shows(page, 'Doubles every number');
		const focused = () => page.evaluate(() => document.activeElement.id || document.activeElement.className);
		await page.keyboard.press('Tab');
		assert.equal(await focused(), 'skip');
		await page.keyboard.press('Enter');
		assert.equal(await focused(), 'main');
		await page.keyboard.press('Tab');
		assert.ok(await page.evaluate(() => document.activeElement.matches('main *')));
		await page.keyboard.type('/');
		assert.notEqual(await focused(), 'search', 'whoever types in a field types it there');
		await page.focus('main input[type=checkbox]');
		await page.keyboard.press('/');
		assert.equal(await focused(), 'search');
		await page.keyboard.type('a/b');
		assert.equal(await page.$eval('#search', ({ value }) => value), 'a/b');
		await page.keyboard.press('Escape');
		assert.deepEqual(await page.$eval('#search', (field) => [field.value, field === document.activeElement]), ['', false]);
		// Enter leads on, and the next key goes on within the page that it has led to.
		await page.keyboard.press('/');
		await page.keyboard.type(`#${request}`);
		await page.keyboard.press('Enter');
		await shows(page, `Request #${request}`);
		assert.equal(await focused(), 'main');
		await page.focus('.pill');
		await page.keyboard.press('Enter');
		await page.waitForSelector('#connection');
		assert.equal(await focused(), 'connection');
		await page.keyboard.press('Escape');
		await page.waitForFunction(() => !document.querySelector('#connection'));
		assert.match(await focused(), /pill/);
		await page.keyboard.press('Enter');
		await page.waitForSelector('#connection');
		// Whoever goes on leaves it.
		await page.keyboard.down('Shift');
		await page.keyboard.press('Tab');
		await page.keyboard.press('Tab');
		await page.keyboard.up('Shift');
		await page.waitForFunction(() => !document.querySelector('#connection'));
		await quiet(page);
	});

	test('what a publisher states of a model shows with its signature, and another statement does not pass for it', async () => {
		const signature = async (page) => {
			await shows(page, 'Provenance');
			await page.waitForFunction(() => /hold/.test(document.querySelector('blockquote + .facts .tag')?.innerText));
			return textOf(page, 'blockquote + .facts .tag');
		};
		const page = await open('#/model/tests%2Fdoubling');
		assert.equal(await signature(page), 'holds, checked here');
		assert.equal(await textOf(page, 'blockquote'), STATEMENT);
		await quiet(page);
		const hex = (text) => Buffer.from(text).toString('hex');
		const proxy = await LyingNode.start(testnet.node.url, { tell: (text) => text.replaceAll(hex('1f3c4d'), hex('000000')) });
		try {
			const deceived = await open('#/model/tests%2Fdoubling', { url: proxy.url });
			assert.match(await signature(deceived), /^does not hold/);
			await deceived.end();
		} finally {
			proxy.end();
		}
	});

	test('a validator has its stake, its record and its votes', async () => {
		const page = await open('#/validators');
		await shows(page, 'Votes on the last requests');
		await shows(page, '10,000 ASY');
		await page.waitForFunction(() => document.querySelectorAll('main table').length === 2);
		assert.match(await page.evaluate(() => document.querySelectorAll('main table')[1].querySelector('tbody').innerText), /\s1\s+1\s+0\s+0\s+0$/);
		await page.click('main table a');
		await shows(page, 'Its votes on the last requests');
		for (const part of ['Own bond', '10,000 ASY', '100.00 %', 'Missed this era', 'Penalties due', 'not in it', 'as decided']) {
			await shows(page, part);
		}
		await quiet(page);
	});

	test('all pages are accessible, and fit, on a phone and on a desk, in the light and in the dark', async () => {
		const pages = {
			chain: ['#/', 'Best block'],
			models: ['#/models', 'Doubles every number'],
			model: ['#/model/tests%2Fdoubling', 'It says twice as much.'],
			account: ['#/account/5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY', 'May spend'],
			block: ['#/block/2', 'Parent'],
			requests: ['#/requests', `#${request}`],
			request: [`#/request/${request}`, 'float32 [2]'],
			validators: ['#/validators', '10,000 ASY'],
			validator: ['#/validator/5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY', 'as decided'],
			search: [`#/find/${request}`, `Block ${request}`],
			nothing: ['#/request/999999', 'There is no request'],
			verify: ['#/verify', 'Drop a receipt here'],
		};
		for (const [width, dark] of [[1280, false], [360, true], [1280, true], [360, false]]) {
			const page = await open('#/', { width, dark });
			for (const [name, [hash, text]] of Object.entries(pages)) {
				await page.evaluate((hash) => (location.hash = hash), hash);
				await shows(page, text);
				if (name === 'verify') {
					await drop(page, { name: 'receipt', bytes: receipt });
					await page.waitForSelector('.verdict.verified');
				}
				// As the tools of a developer run it: the page's own policy lets no such script in.
				const { violations } = await page.evaluate(`${AXE}; axe.run(document, { resultTypes: ['violations'] })`);
				const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
				assert.deepEqual(serious.map(({ id, nodes }) => [id, nodes[0].html]), [], `${name} at ${width}, dark: ${dark}`);
				const beside = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
				assert.ok(beside <= 0, `${name} is ${beside} wider than ${width}`);
				await picture(page, name, width, dark);
			}
			await page.click('.pill');
			await page.waitForSelector('#connection');
			const { left, right } = await page.$eval('#connection', (panel) => panel.getBoundingClientRect().toJSON());
			assert.ok(left >= 0 && right <= width, `the panel is from ${left} to ${right} of ${width}`);
			await picture(page, 'panel', width, dark);
			await quiet(page);
			// The page of a reader who has no node yet, or one that is gone.
			for (const [name, asked, text] of [['without', '', 'Connect to a node'], ['lost', '?node=ws://127.0.0.1:9', 'no node answers']]) {
				const other = await browser.open(`${browser.forms['the folder']}${asked}#/`, { width, dark });
				await reads(other, text);
				await picture(other, name, width, dark);
				await other.end();
			}
		}
	});
});
