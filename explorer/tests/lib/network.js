// A development chain with a model that doubles numbers and has a card, and a request that is final.

import { connect, devAccount } from '@assay-network/client';
import { contentId } from '@assay-network/client/verify';
import { provenance, upload } from '../../../tests/lib/inference.js';
import { temporaryFolder } from '../../../tests/lib/node.js';
import { doubling } from '../../../tests/lib/onnx.js';
import { Testnet } from '../../../tests/lib/testnet.js';

/** A card whose author would like to run something, or to know who reads it. */
export const HOSTILE_CARD = [
	'# Doubles numbers',
	'It says *twice* as much. [Source](https://example.org/source)',
	'<script>window.ran = 1</script><img src="https://example.org/seen.png" onerror="window.ran = 2">',
	'![seen](https://example.org/seen-too.png) [run](javascript:window.ran=3) <a href="#" onclick="window.ran=4">go</a>',
	'<iframe src="https://example.org/frame"></iframe><form action="https://example.org/form"><button>Send</button></form>',
	'<style>@import url(https://example.org/style.css)</style><svg><animate onbegin="window.ran=5"/></svg>',
].join('\n\n');

/** The publisher's statement of where the model comes from. */
export const STATEMENT = 'git+https://example.org/doubling@1f3c4d, built by: make onnx';

/** The rest of the model's record. */
const SAID = { task: 'tabular-regression', licence: 'MIT', tags: ['small', 'example'], description: 'Doubles every number of a vector.' };

/** A connection to a chain, and the model that it publishes there. */
export async function withModel({ node, genesis }) {
	const net = await connect({ url: node.url, genesis, chain: false });
	return { net, model: await net.publish(doubling(), { name: 'tests/doubling', account: await devAccount('//Charlie'), ...SAID }) };
}

/** Starts it. */
export async function network() {
	const testnet = await Testnet.start(temporaryFolder(), ['--listen-addr', '/ip4/127.0.0.1/tcp/0/ws']);
	try {
		const { genesis, api } = testnet.chain;
		const { net, model } = await withModel(testnet.chain);
		const card = new TextEncoder().encode(HOSTILE_CARD);
		const id = await contentId(card);
		const metadata = { ...SAID, card: { id, size: card.length } };
		await testnet.chain.submit(api.tx.models.setMetadata(model.id, metadata), testnet.chain.account('Charlie'));
		await upload(testnet.chain, card);
		await testnet.chain.submit(api.tx.models.setProvenance(model.id, provenance(model.id, model.name, model.version, STATEMENT)), testnet.chain.account('Charlie'));
		const answer = await model.run({ x: [100, 1] }, { account: await devAccount('//Bob') });
		net.close();
		return { testnet, genesis, model: model.id, request: answer.request, receipt: answer.receipt };
	} catch (error) {
		await testnet.end();
		throw error;
	}
}
