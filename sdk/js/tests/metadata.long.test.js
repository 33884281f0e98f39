// A standard client, polkadot-api, that signs a hash of the metadata that it has encoded a call by. The runtime of a release knows its own hash, and
// refuses a transaction whose signer was given other metadata. The runtime of development does not, for that hash takes minutes to make.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { createClient, Enum } from 'polkadot-api';
import { getPolkadotSigner, withMetadataHash } from 'polkadot-api/signer';
import { getWsProvider } from 'polkadot-api/ws';
import { sr25519CreateDerive } from '@polkadot-labs/hdkd';
import { DEV_PHRASE, entropyToMiniSecret, mnemonicToEntropy } from '@polkadot-labs/hdkd-helpers';
import { WebSocket } from 'ws';
import { temporaryFolder } from '../../../tests/lib/node.js';
import { falseMetadata } from '../../../tests/lib/liar.js';
import { LyingNode } from '../../../tests/lib/proxy.js';
import { Testnet } from '../../../tests/lib/testnet.js';
import { rawSpec } from './lib/chain.js';

const ASY = 10n ** 12n;
/** The token as wallets show it in amounts, and so a part of the hash. */
const TOKEN = { decimals: 12, tokenSymbol: 'ASY' };
const THIEF = `0x${'77'.repeat(32)}`;

let testnet;
const opened = [];
before(async () => {
	const runtime = process.env.ASSAY_RELEASED_RUNTIME;
	assert.ok(runtime, 'ASSAY_RELEASED_RUNTIME names the runtime with its hash: scripts/js.sh --long builds it');
	const dir = temporaryFolder();
	const spec = JSON.parse(rawSpec());
	spec.genesis.raw.top['0x3a636f6465'] = `0x${fs.readFileSync(runtime).toString('hex')}`;
	const file = path.join(dir, 'spec.json');
	fs.writeFileSync(file, JSON.stringify(spec));
	testnet = await Testnet.start(dir, ['--chain', file]);
});
after(async () => {
	opened.forEach((close) => close());
	await testnet?.end();
});

function signer(name) {
	const pair = sr25519CreateDerive(entropyToMiniSecret(mnemonicToEntropy(DEV_PHRASE)))(name);
	return withMetadataHash(TOKEN, getPolkadotSigner(pair.publicKey, 'Sr25519', pair.sign));
}

/** The API that polkadot-api makes of a node's metadata. */
function client(url) {
	const client = createClient(getWsProvider(url, { websocketClass: WebSocket }));
	opened.push(() => client.destroy());
	return client.getUnsafeApi();
}

const stolen = async () => (await testnet.chain.api.query.system.account(THIEF)).data.free.toBigInt();

test('a call that was encoded by the true metadata is taken with their hash', async () => {
	const to = testnet.chain.account('Eve').address;
	const transfer = client(testnet.node.url).tx.Balances.transfer_keep_alive({ dest: Enum('Id', to), value: ASY });
	const { ok } = await transfer.signAndSubmit(signer('//Dave'));
	assert.ok(ok);
});

test('a call that was encoded by false metadata is refused by the chain, and nothing is stolen', async () => {
	const liar = falseMetadata();
	const node = await LyingNode.start(testnet.node.url, liar);
	opened.push(() => node.end());
	const call = { model: THIEF, input: Enum('Inline', new Uint8Array([1])), unit_limit: 1n, max_fee: 5n * ASY, k: undefined, callback: undefined };
	const request = client(node.url).tx.Inference.request_inference(call);
	await assert.rejects(request.signAndSubmit(signer('//Dave')), /Invalid/);
	assert.ok(liar.told > 0, 'the client was given the true metadata');
	assert.equal(await stolen(), 0n);
});
