// The page on a network of four validators: it finds a peer, and shows a request from its first block to its last, and one that is disputed.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Forger } from '../../tests/lib/adversary.js';
import { ask, inline, quote } from '../../tests/lib/inference.js';
import { Localnet } from '../../tests/lib/localnet.js';
import { encodeBundle, tensor } from '../../tests/lib/tensors.js';
import { Browser, keeping, skip, textOf, trusting } from './lib/browser.js';
import { withModel } from './lib/network.js';

const SIZE = 4;
/** A committee that leaves one out, and no auditors: more than these, and all would vote. */
const TERMS = { k: 3, audits: 0 };
/** Blocks in which the agreement of a committee may be disputed. */
const WINDOW = { Blocks: 8 };
/** Blocks in which the page shows what it was asked for, and in which a request that is disputed ends, on a machine that is busy with all of it. */
const [SHOWN_WITHIN, ENDS_WITHIN] = [120, 300];
/** Seconds in which a final block is to be on the screen: printed beside what it took. */
const TARGET = 15;
/** The page's words for a request on its way, and for one whose result is disputed. */
const COURSE = ['waits for a committee', 'committee votes', 'agreed, may be disputed', 'final'];
const DISPUTED = [...COURSE.slice(0, -1), 'all validators vote', ...COURSE.slice(-2)];

describe('the page on a network of four validators', { skip }, () => {
	let browser, localnet, chain, model, cost;
	before(async () => {
		[browser, localnet] = await Promise.all([Browser.start(), Localnet.start(SIZE, '--request-history')]);
		[chain] = localnet.chains;
		browser.beside.set('spec.json', localnet.spec);
		const published = await withModel(chain);
		published.net.close();
		model = published.model.id;
		cost = await quote(chain, model, 64, { shapes: [[1]], ...TERMS });
	});
	after(async () => {
		await browser?.end();
		await localnet?.end();
	});

	/** A page that asks a node and trusts the chain. Its light client begins with the genesis block and has one peer to ask. */
	const open = (hash, light) => {
		const asked = new URLSearchParams({ node: chain.node.url, ...(light ? { spec: 'spec.json', peer: chain.node.address } : { light: 'off' }) });
		return browser.open(`${browser.forms['the folder']}?${asked}${hash}`, { prepare: keeping(trusting(chain.genesis)) });
	};
	const shows = (page, what, within, look, ...args) =>
		chain.until(what, within, () => page.evaluate(look, ...args)).catch(async (error) => {
			throw new Error(`${error.message}\nIt shows:\n${await textOf(page, 'body')}\n${page.faults.join('\n')}`);
		});
	const text = (page, text, within = SHOWN_WITHIN) => shows(page, `the page shows ${text}`, within, (text) => document.body.innerText.includes(text), text);
	/** Notes every state of the request that the page shows, and the most voters of a round that runs. */
	const watch = (page) =>
		page.evaluate(() => {
			window.seen = { states: [], voters: 0 };
			const look = () => {
				const fact = [...document.querySelectorAll('.facts dt')].find(({ innerText }) => innerText === 'State');
				const state = fact?.nextElementSibling.innerText;
				state !== undefined && window.seen.states.at(-1) !== state && window.seen.states.push(state);
				window.seen.voters = Math.max(window.seen.voters, document.querySelectorAll('.votes li').length);
			};
			new MutationObserver(look).observe(document.body, { childList: true, subtree: true, characterData: true });
		});
	/** Makes a request of a committee. */
	const request = (value) => {
		const input = inline(encodeBundle([tensor('x', 'float32', [1], [value])]));
		return ask(chain, chain.account('Bob'), model, input, { units: cost.units, maxFee: cost.price * 2n, ...TERMS, window: WINDOW });
	};
	/** Fails unless all states are ones of a course, in their order, and the last one is that it is final. */
	const inOrder = (states, course) => {
		let at = 0;
		const fits = states.every((state) => (at = course.indexOf(state, at) + 1) > 0);
		assert.ok(fits && at === course.length, states.join(', '));
	};
	/** Rows of the table of a round. */
	const rows = (page, round) => page.evaluate((round) => [...document.querySelectorAll('.round')[round].querySelectorAll('tbody tr')].map(({ innerText }) => innerText), round);

	test('it finds a peer, shows a final block soon, and a request from its first block to its last with each vote', async (t) => {
		const begun = performance.now();
		const page = await open('#/', true);
		await shows(page, 'a final block that is proven', SHOWN_WITHIN, () => /Block [\d,]+ final\s+proven here\s+[1-9]\d* peers?/.test(document.querySelector('.pill').innerText));
		t.diagnostic(`a final block, proven here, was on the screen after ${((performance.now() - begun) / 1000).toFixed(1)} s; the target is ${TARGET} s`);
		const next = (await chain.api.query.inference.nextRequest()).toNumber();
		await page.evaluate((hash) => (location.hash = hash), `#/request/${next}`);
		await text(page, `There is no request ${next} yet`);
		await watch(page);
		assert.equal((await request(21)).request, next);
		// That is less than the network's defaults: who is to take it says so.
		await text(page, 'rests on too little', ENDS_WITHIN);
		assert.equal(await page.$('.tensor'), null);
		await page.click('.failure input[type=checkbox]');
		await text(page, 'You have taken it with less');
		await text(page, 'float32 [1]');
		const { states, voters } = await page.evaluate(() => window.seen);
		t.diagnostic(states.join(', '));
		inOrder(states, COURSE);
		assert.ok(states.includes('committee votes') && states.includes('agreed, may be disputed'), states.join(', '));
		assert.equal(voters, TERMS.k);
		for (const step of ['Requested', 'Drawn: a committee of 3', 'Sealed: 3 votes', 'Opened: 3 votes', 'Attested: 3 equal votes', 'Not challenged', 'Final']) {
			await text(page, step);
		}
		const votes = await rows(page, 0);
		assert.equal(votes.length, TERMS.k);
		votes.forEach((vote) => assert.match(vote, /member\s+\d+\s+\d+\s+as decided/));
		await text(page, 'Result\nproven here');
		assert.doesNotMatch(await textOf(page, 'main'), /may be disputed/);
		assert.deepEqual(await page.$$eval('.elements span', (all) => all.map(({ innerText }) => innerText)), ['42']);
		assert.deepEqual(page.faults, []);
		await page.end();
	});

	test('it shows a dispute, and that all validators have judged it', async (t) => {
		const next = (await chain.api.query.inference.nextRequest()).toNumber();
		const page = await open(`#/request/${next}`, false);
		await text(page, `There is no request ${next} yet`);
		await watch(page);
		const asked = await request(22);
		await new Forger(chain, `//localnet//${SIZE - 1}`).dispute(asked.request, ENDS_WITHIN);
		await text(page, 'Challenged: a validator disputes the result, and was wrong', ENDS_WITHIN);
		// All have judged it: that is no less than the defaults.
		await text(page, 'float32 [1]');
		const { states } = await page.evaluate(() => window.seen);
		t.diagnostic(states.join(', '));
		inOrder(states, DISPUTED);
		assert.ok(states.includes('all validators vote'), states.join(', '));
		await text(page, `Asked: all validators (${SIZE})`);
		const votes = await rows(page, 1);
		// Three of four are enough, and the last one may come too late.
		assert.ok(votes.length >= SIZE - 1 && votes.every((vote) => /as decided/.test(vote)), votes.join('\n'));
		await page.evaluate((address) => (location.hash = `#/validator/${address}`), chain.account(`localnet//${SIZE - 1}`).address);
		await text(page, 'Its votes on the last requests');
		await text(page, 'all validators');
		await page.end();
	});
});
