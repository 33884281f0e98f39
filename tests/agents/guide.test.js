// The commands and programs of docs/guides/agents.md work.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { test } from 'node:test';
import { ASSAY, ROOT } from '../lib/paths.js';
import { guideFiles, guideShell } from '../lib/guides.js';
import { Testnet } from '../lib/testnet.js';

const PAGE = 'docs/guides/agents.md';
/** Python with the clients of MCP and OpenAI, the package onnx, and an encoder: scripts/agents.sh makes them. */
const { ASSAY_CLIENTS_PYTHON: CLIENTS, ASSAY_ONNX: ONNX, ASSAY_TEXT_MODEL: TEXT_MODEL } = process.env;

const freePort = () =>
	new Promise((resolve) => {
		const server = net.createServer().listen(0, '127.0.0.1', () => {
			const { port } = server.address();
			server.close(() => resolve(port));
		});
	});

test('an agent pays for a verified inference, and a client of OpenAI gets embeddings, with the guide', async () => {
	const chain = await Testnet.start();
	try {
		const dir = path.join(chain.dir, 'newcomer');
		fs.mkdirSync(dir);
		['tests', 'scripts'].forEach((folder) => fs.symlinkSync(path.join(ROOT, folder), path.join(dir, folder)));
		['encoder.onnx', 'tokenizer.json'].forEach((name) => fs.copyFileSync(path.join(path.dirname(TEXT_MODEL), name), path.join(dir, name)));
		guideFiles(PAGE, dir);
		// The page names a port that others on this machine may have.
		const port = await freePort();
		const embed = path.join(dir, 'embed.py');
		fs.writeFileSync(embed, fs.readFileSync(embed, 'utf8').replace(':9986', `:${port}`));
		const headings = ['An account with a little money', 'A model', 'Tools for an agent', 'Budgets', 'Embeddings for OpenAI\'s clients', 'A model of texts'];
		const bin = path.join(dir, 'bin');
		fs.mkdirSync(bin);
		fs.writeFileSync(path.join(bin, 'python3'), `#!/bin/sh\nexec "${CLIENTS}" "$@"\n`, { mode: 0o755 });
		const said = await guideShell(PAGE, headings, {
			url: chain.node.url,
			dir,
			// The clients are there already.
			wanted: (line) => !line.startsWith('pip install'),
			edit: (script) => `trap 'kill $(jobs -p)' EXIT\n${script.replace(':9986', `:${port}`)}`,
			env: { PYTHONPATH: ONNX, PATH: [bin, path.dirname(ASSAY), process.env.PATH].join(':') },
		});
		assert.match(said, /asks agents\/double@1 for at most 0\.\d+ ASY/);
		assert.match(said, /\[2(\.0)?, 4(\.0)?, 6(\.0)?\] attested by 1 validators, for 0\.\d+ ASY/);
		assert.match(said, /receipt +\d+ bytes, verified/);
		assert.match(said, /last day +0\.\d+ ASY +0 ASY/);
		assert.match(said, /2 vectors of 32 numbers, request \d+/);
	} finally {
		await chain.end();
	}
});
