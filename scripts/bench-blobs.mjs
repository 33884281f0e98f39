// Measures upload and spread of a model in a network of four validators.

import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { contentId } from '../tests/lib/hash.js';
import { activation, leaves, put, registration } from '../tests/lib/inference.js';
import { Localnet } from '../tests/lib/localnet.js';
import { removeFolder, temporaryFolder } from '../tests/lib/node.js';
import { doubling } from '../tests/lib/onnx.js';

const MIB = 1024 * 1024;
/** Copies, of which the best counts: the machine is warm then. */
const ROUNDS = 3;
const VALIDATORS = 4;

const size = Number(process.argv[2]);
const seconds = (since) => (performance.now() - since) / 1000;
const speed = (time) => `${time.toFixed(2)} s, ${(size / time).toFixed(1)} MiB/s`;

/** Sends bytes to a server that writes them to a file and flushes it: the least that anybody could do. */
async function plainCopy(bytes) {
	const dir = temporaryFolder();
	const file = path.join(dir, 'copy');
	const server = http.createServer(async (request, response) => {
		await pipeline(request, fs.createWriteStream(file, { flush: true }));
		response.end('done');
	});
	await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
	const url = `http://127.0.0.1:${server.address().port}/`;
	let best = Infinity;
	for (let round = 0; round < ROUNDS; round++) {
		const start = performance.now();
		await (await fetch(url, { method: 'PUT', body: bytes })).text();
		best = Math.min(best, seconds(start));
	}
	server.close();
	server.closeAllConnections();
	removeFolder(dir);
	return best;
}

/** Uploads a model to the first node and waits until all hold it: `{ uploaded, spread }`, both since the start. */
async function spread(net, owner, round) {
	const [chain] = net.chains;
	const bytes = doubling({ name: `bench ${round} ${Date.now()}`, padding: size * MIB });
	const id = contentId(bytes);
	await chain.submit(registration(chain, bytes, { name: 'bench/model', version: round + 1 }), owner);
	const hashes = leaves(bytes);
	const start = performance.now();
	// With the hashes of the chunks, nodes pass each on as it comes.
	await chain.rpc('blob_begin', id, bytes.length, hashes);
	await put(chain, bytes);
	const uploaded = seconds(start);
	for (const { rpc } of net.chains.map((chain) => ({ rpc: () => chain.rpc('blob_status', id) }))) {
		while ((await rpc()).status !== 'held') {
			await new Promise((resolve) => setTimeout(resolve, 20));
		}
	}
	const everywhere = seconds(start);
	const status = await activation(chain, id, 200);
	return { uploaded, everywhere, status: status.type, bytes };
}

const net = await Localnet.start(VALIDATORS);
try {
	const owner = net.chains[0].account('Charlie');
	let best = { everywhere: Infinity };
	for (let round = 0; round < ROUNDS; round++) {
		const { uploaded, everywhere, status, bytes } = await spread(net, owner, round);
		const plain = await plainCopy(bytes);
		console.log(`round ${round + 1}: upload ${speed(uploaded)}; on ${VALIDATORS} nodes ${speed(everywhere)}; model ${status}`);
		console.log(`         plain HTTP copy ${speed(plain)}`);
		if (everywhere < best.everywhere) {
			best = { everywhere, plain };
		}
	}
	console.log(`upload and spread go at ${(best.plain / best.everywhere).toFixed(3)} of the speed of a plain copy (target: 0.333)`);
} finally {
	await net.stop();
}
