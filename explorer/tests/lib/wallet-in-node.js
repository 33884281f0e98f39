// A wallet as browsers have them, for programs that run in Node: `node --import` loads it first. It has Eve's account on the node at ASSAY_URL, and
// signs once.

import { Chain } from '../../../tests/lib/chain.js';
import { sign } from './wallet.js';

const chain = await Chain.connect({ url: process.env.ASSAY_URL, ended: new Promise(() => undefined) });
const eve = chain.account('Eve');
const accounts = { get: async () => [{ address: eve.address, name: 'Eve', type: 'sr25519' }], subscribe: () => () => undefined };
const signer = {
	signRaw: async () => Promise.reject(new Error('not asked for')),
	signPayload: async (payload) => {
		const signed = sign(chain, payload, eve);
		// Else the program would not end.
		await chain.close();
		return { id: 1, ...signed };
	},
};
globalThis.window = { injectedWeb3: { 'test-wallet': { version: '1', enable: async () => ({ accounts, signer }) } } };
