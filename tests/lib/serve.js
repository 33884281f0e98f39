// A development chain for tests in other languages: `node tests/lib/serve.js` starts one, publishes `tests/doubling`, and prints a line of
// JSON with what is to be known of it. Then each line on stdin asks for something and is answered by a line:
//
//   {"lie": NAME, "value": NUMBER}   the URL of a node that tells this lie to who asks `tests/doubling` with the numbers `value` and 1
//   {"fund": [SECRET, ...]}          the block in which these accounts have 10 ASY more each
//
// It ends, and the chain with it, when stdin is closed.

import fs from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { execFileSync } from 'node:child_process';
import { Keyring } from '@polkadot/api';
import { ask, inline, publish } from './inference.js';
import { CALL_LIES, LIES } from './lies.js';
import { finalized } from './load.js';
import { doubling } from './onnx.js';
import { NODE } from './paths.js';
import { LyingNode } from './proxy.js';
import { encodeBundle, tensor } from './tensors.js';
import { Testnet } from './testnet.js';

const ASY = 10n ** 12n;
/** Blocks within which a block of a development chain is final: clients see what an account has by then. */
const FINAL_BLOCKS = 20;
/** Every lie, with the kind of error that it has to be. */
const of = (kind, lies) => Object.entries(lies).map(([what, lie]) => [what, { kind, ...lie }]);
const lies = Object.fromEntries([...of('not-verified', LIES), ...of('unknown-chain', CALL_LIES)]);

const net = await Testnet.start();
const { chain } = net;
const proxies = [];
const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);

async function fund(secrets) {
	const to = secrets.map((secret) => new Keyring({ type: 'sr25519' }).addFromUri(secret).address);
	const transfers = to.map((address) => chain.api.tx.balances.transferKeepAlive(address, 10n * ASY));
	const { block } = await chain.submit(chain.api.tx.utility.batchAll(transfers), chain.account('Dave'));
	await chain.until('the money is final', FINAL_BLOCKS, async () => (await finalized(chain)) >= block);
	return block;
}

async function answer(facts, message) {
	if (message.fund) {
		return { block: await fund(message.fund) };
	}
	const { lie } = lies[message.lie];
	const proxy = await LyingNode.start(net.node.url, lie({ ...facts, value: message.value }));
	proxies.push(proxy);
	return { url: proxy.url };
}

try {
	const file = path.join(net.dir, 'double.onnx');
	fs.writeFileSync(file, doubling());
	const floats = inline(encodeBundle([tensor('x', 'float32', [1], [1])]));
	const [model, other] = await Promise.all([
		publish(chain, chain.account('Charlie'), doubling(), { name: 'tests/doubling', sample: floats }),
		publish(chain, chain.account('Alice'), doubling({ padding: 100 }), { name: 'tests/other', sample: floats }),
	]);
	const { request: first } = await ask(chain, chain.account('Bob'), other, floats, { units: 100_000_000, maxFee: ASY });
	const spec = path.join(net.dir, 'spec.json');
	fs.writeFileSync(spec, execFileSync(NODE, ['export-chain-spec', '--chain', 'dev', '--raw'], { stdio: 'pipe', maxBuffer: 2 ** 28 }));
	const addresses = await chain.rpc('system_localListenAddresses');
	const bootnode = addresses.find((address) => address.includes('127.0.0.1'));
	const facts = { url: net.node.url, genesis: chain.genesis, model, other, first, file, spec, bootnode };
	say({ ...facts, lies: Object.entries(lies).map(([what, { kind, says }]) => ({ what, kind, says: says.source })) });
	for await (const line of createInterface({ input: process.stdin })) {
		say(await answer(facts, JSON.parse(line)));
	}
} finally {
	proxies.forEach((proxy) => proxy.end());
	await net.end();
}
