// A development chain with a model that doubles numbers.

import { execFileSync } from 'node:child_process';
import { connect, devAccount } from '@assay-network/client';
import { doubling } from '../../../../tests/lib/onnx.js';
import { temporaryFolder } from '../../../../tests/lib/node.js';
import { NODE } from '../../../../tests/lib/paths.js';
import { Testnet } from '../../../../tests/lib/testnet.js';

/** Starts it, for light clients too. The model takes requests in a finalized block. */
export async function withModel(name) {
	const testnet = await Testnet.start(temporaryFolder(), ['--listen-addr', '/ip4/127.0.0.1/tcp/0/ws']);
	try {
		const net = await connect({ url: testnet.node.url, genesis: testnet.chain.genesis, chain: false });
		const { id } = await net.publish(doubling(), { name, account: await devAccount('//Charlie') });
		net.close();
		return { testnet, model: id };
	} catch (error) {
		await testnet.end();
		throw error;
	}
}

/** The raw specification of development chains. */
export const rawSpec = () => execFileSync(NODE, ['export-chain-spec', '--chain', 'dev', '--raw'], { stdio: 'pipe', maxBuffer: 2 ** 28, encoding: 'utf8' });

/** Addresses at which light clients of pages find the node. */
export async function bootnodes({ chain }) {
	return (await chain.rpc('system_localListenAddresses')).filter((address) => /127\.0\.0\.1\/tcp\/\d+\/ws/.test(address)).slice(0, 1);
}
