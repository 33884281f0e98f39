// The page in headless Chromium, as a static host serves it below some path, and from disk.

import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import puppeteer from 'puppeteer-core';

/** The folder that the build has made. */
export const DIST = fileURLToPath(new URL('../../dist', import.meta.url));
const CHROMIUM = process.env.ASSAY_CHROMIUM ?? '/usr/bin/chromium';
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.wasm': 'application/wasm' };
/** The path on the host below which the page is. */
const BELOW = '/some/where/';
/** Milliseconds; only against hanging for ever. Things that a chain has to do first are waited for in blocks. */
const PATIENCE = 120_000;

/** The reason why there is no test in a browser, or `false`. */
export const skip = fs.existsSync(CHROMIUM) ? false : `there is no ${CHROMIUM}: apt-get install chromium, or name a browser with ASSAY_CHROMIUM`;

/** Serves the folder, and `beside` it what a test puts there. */
async function serve(beside) {
	const server = http.createServer((request, response) => {
		const { pathname } = new URL(request.url, 'http://page');
		const file = path.join(DIST, path.normalize(pathname.startsWith(BELOW) ? `/${pathname.slice(BELOW.length) || 'index.html'}` : '/none'));
		const given = beside.get(path.relative(DIST, file));
		if (given !== undefined) {
			return response.writeHead(200, { 'content-type': 'application/json' }).end(given);
		}
		if (!fs.existsSync(file)) {
			return response.writeHead(404).end();
		}
		response.writeHead(200, { 'content-type': TYPES[path.extname(file)] ?? 'application/octet-stream' }).end(fs.readFileSync(file));
	});
	await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
	return server;
}

/** A browser, and the page in both of its forms. */
export class Browser {
	static async start() {
		const browser = new Browser();
		browser.beside = new Map();
		browser.server = await serve(browser.beside);
		browser.origin = `http://127.0.0.1:${browser.server.address().port}`;
		browser.forms = { 'the folder': `${browser.origin}${BELOW}`, 'the single file': pathToFileURL(path.join(DIST, 'explorer.html')).href };
		browser.chromium = await puppeteer.launch({
			executablePath: CHROMIUM,
			headless: true,
			args: ['--no-sandbox', '--disable-dev-shm-usage'],
			protocolTimeout: PATIENCE,
		});
		return browser;
	}

	async end() {
		await this.chromium.close();
		this.server.close();
	}

	/** A page in a profile of its own, which `prepare` gets before there is anything on it. `page.asked` has what it asked other hosts for, `page.faults` what it complained of. */
	async open(address, { width = 1280, height = 900, dark = false, prepare = () => undefined } = {}) {
		const context = await this.chromium.createBrowserContext();
		const page = await context.newPage();
		page.setDefaultTimeout(PATIENCE);
		page.asked = [];
		page.faults = [];
		page.on('request', (request) => {
			const own = [this.origin, 'file:', 'data:', 'blob:'].some((start) => request.url().startsWith(start));
			own || page.asked.push(request.url());
		});
		page.on('pageerror', (error) => page.faults.push(String(error)));
		page.on('console', (message) => message.type() === 'error' && page.faults.push(message.text()));
		await page.setViewport({ width, height });
		await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' }]);
		await prepare(page);
		await page.goto(address);
		await page.waitForSelector('main h1, main .drop, main .state');
		page.end = () => context.close();
		return page;
	}
}

/** Has a page keep something from its beginning on. */
export const keeping = (values) => (page) =>
	page.evaluateOnNewDocument((values) => Object.entries(values).forEach(([name, value]) => localStorage.setItem(name, value)), values);

/** The storage of a page that trusts a chain. */
export const trusting = (genesis) => ({ 'assay/chains/default': JSON.stringify({ genesis, seen: { block: 1, time: Date.now() }, checkpoint: null }) });

/** Gives a page files, as somebody who drops them does. */
export async function drop(page, ...files) {
	await page.evaluate((files) => {
		const transfer = new DataTransfer();
		files.forEach(({ name, bytes }) => transfer.items.add(new File([new Uint8Array(bytes)], name)));
		window.dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true }));
	}, files.map(({ name, bytes }) => ({ name, bytes: [...bytes] })));
}

/** Waits until some text is on the page. */
export const reads = (page, text) => page.waitForFunction((text) => document.body.innerText.includes(text), {}, text);

/** The text of what is found first. */
export const textOf = (page, selector) => page.$eval(selector, (element) => element.innerText);

/** Empties a field. */
export async function empty(page, selector) {
	await page.$eval(selector, (field) => {
		field.value = '';
		field.dispatchEvent(new Event('input', { bubbles: true }));
	});
}

/** Trusts a chain by the hash of its genesis block, on the page for receipts. */
export async function name(page, genesis) {
	await page.waitForSelector('input[name=genesis]');
	await page.type('input[name=genesis]', genesis);
	await page.keyboard.press('Enter');
}
