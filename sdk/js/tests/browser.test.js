// The client in headless Chromium: over RPC, and as a light client without any node.
//
// `ASSAY_CHROMIUM` names the browser, if it is not /usr/bin/chromium.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import puppeteer from 'puppeteer-core';
import { LIES } from '../../../tests/lib/lies.js';
import { LyingNode } from '../../../tests/lib/proxy.js';
import { bundle } from './lib/bundle.js';
import { bootnodes, rawSpec, withModel } from './lib/chain.js';

const CHROMIUM = process.env.ASSAY_CHROMIUM ?? '/usr/bin/chromium';
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm' };
/** Against hanging for ever; a page's work ends with the blocks that it waits for. */
const PATIENCE = 600_000;

const skip = fs.existsSync(CHROMIUM) ? false : `there is no ${CHROMIUM}: apt-get install chromium, or name a browser with ASSAY_CHROMIUM`;

describe('in a browser', { skip, concurrency: 4 }, () => {
	let testnet, genesis, dir, server, browser, page, model;

	before(async () => {
		({ testnet, model } = await withModel('tests/doubling'));
		genesis = testnet.chain.genesis;
		dir = fs.mkdtempSync(path.join(os.tmpdir(), 'assay-js-'));
		await bundle(dir, { page: 'tests/lib/page.js', worker: 'dist/worker.js' });
		fs.writeFileSync(path.join(dir, 'index.html'), '<!doctype html><meta charset="utf-8"><script type="module" src="/page.js"></script>');
		server = http.createServer((request, response) => {
			const file = path.join(dir, path.normalize(new URL(request.url, 'http://page').pathname).replace(/^\/$/, '/index.html'));
			if (!fs.existsSync(file)) {
				return response.writeHead(404).end();
			}
			response.writeHead(200, { 'content-type': TYPES[path.extname(file)] ?? 'application/octet-stream' }).end(fs.readFileSync(file));
		});
		await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
		browser = await puppeteer.launch({
			executablePath: CHROMIUM,
			headless: true,
			args: ['--no-sandbox', '--disable-dev-shm-usage'],
			protocolTimeout: PATIENCE,
		});
		page = await browser.newPage();
		await page.goto(`http://127.0.0.1:${server.address().port}/`);
		await page.waitForFunction('window.assay');
	});
	after(async () => {
		await browser?.close();
		server?.close();
		await testnet?.end();
		dir && fs.rmSync(dir, { recursive: true });
	});

	const double = (values, options) => page.evaluate((values, options) => window.assay.double(values, options), values, options);

	test('an output is verified before it is returned, and what is trusted is kept', async () => {
		const y = await double([1, 2, 3], { url: testnet.node.url, account: '//Bob' });
		assert.deepEqual([y.y, y.by], [[2, 4, 6], 'receipt'], JSON.stringify(y));
		assert.equal(await page.evaluate((receipt, genesis) => window.assay.verify(receipt, genesis), y.receipt, genesis), y.request);
		const kept = JSON.parse(await page.evaluate(() => window.assay.kept('assay/chains/default')));
		assert.ok(kept.genesis === genesis && kept.checkpoint.number > 0);
	});

	test('no output is returned if the node lies about it', async () => {
		const { says, lie } = LIES['the output'];
		const proxy = await LyingNode.start(testnet.node.url, lie({ value: 100, genesis, model }));
		try {
			const y = await double([100, 1], { url: proxy.url, genesis, chain: false, account: '//Dave' });
			assert.ok(y.unverified, JSON.stringify(y));
			assert.match(y.error, says);
		} finally {
			proxy.end();
		}
	});

	test('a wallet is asked to sign what was meant, and its owner may say no', async () => {
		await testnet.chain.submit(testnet.chain.api.tx.balances.transferKeepAlive(testnet.chain.account('Eve').address, 10n ** 12n), testnet.chain.account('Ferdie'));
		const { name, address, asked, error } = await page.evaluate((options) => window.assay.refused(options), {
			url: testnet.node.url, genesis, chain: false,
		});
		assert.deepEqual([name, address], ['eve', testnet.chain.account('Eve').address]);
		const { method, genesisHash } = asked[0];
		const { section, method: call } = testnet.chain.api.registry.createType('Call', method);
		assert.deepEqual([asked.length, `${section}.${call}`, genesisHash], [1, 'inference.requestInference', genesis]);
		assert.match(error, /nothing was signed: .*Cancelled/);
	});

	test('a light client that knows the chain spec verifies an output without any node', async (t) => {
		const begun = performance.now();
		const options = { spec: rawSpec(), bootnodes: await bootnodes(testnet), chain: false, account: '//Alice', units: 100_000_000, worker: '/worker.js', timeout: PATIENCE };
		const y = await double([4, 5], options);
		assert.deepEqual([y.y, y.by], [[8, 10], 'light client'], JSON.stringify(y));
		assert.equal(y.block.hash, await testnet.chain.blockHash(y.block.number));
		t.diagnostic(`${Math.round(performance.now() - begun)} ms`);
	});
});
