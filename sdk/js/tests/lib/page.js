// The part of a page that uses the client, for the tests to call.

import { connect, devAccount, fromExtension, NotVerified } from '@assay-network/client';
import { verify } from '@assay-network/client/verify';

const seen = ({ outputs, request, verified, receipt }) => ({
	y: [...outputs.y.data], request, by: verified.by, block: verified.block, receipt: receipt && [...receipt],
});

window.assay = {
	/** Asks a model to double numbers. */
	async double(values, { account, units, worker, ...options }) {
		const started = worker && new Worker(worker, { type: 'module' });
		const net = await connect({ ...options, ...(started && { worker: started }) });
		try {
			const model = await net.model('tests/doubling');
			return seen(await model.run({ x: new Float32Array(values) }, { account: await devAccount(account), ...(units && { units }) }));
		} catch (error) {
			return { error: error.message, unverified: error instanceof NotVerified };
		} finally {
			net.close();
			started?.terminate();
		}
	},
	/** Asks a model with a wallet whose owner says no. Returns what the wallet was asked to sign, and what came of it. */
	async refused(options) {
		const { address } = await devAccount('//Eve');
		const asked = [];
		const refuse = async (payload) => {
			asked.push(payload);
			throw new Error('Cancelled');
		};
		const signer = { signPayload: refuse, signRaw: refuse };
		const accounts = { get: async () => [{ address, name: 'eve', type: 'sr25519' }], subscribe: () => () => undefined };
		window.injectedWeb3 = { wallet: { version: '1', enable: async () => ({ accounts, signer }) } };
		const [account] = await fromExtension();
		const net = await connect(options);
		const model = await net.model('tests/doubling');
		const error = await model.run({ x: [1] }, { account }).then(() => 'it was signed', ({ message }) => message);
		net.close();
		return { name: account.name, address: account.address, asked, error };
	},
	/** Verifies a receipt. */
	async verify(receipt, genesis) {
		return (await verify(new Uint8Array(receipt), { genesis })).request;
	},
	/** The entry of a name in the page's storage. */
	kept: (name) => localStorage.getItem(name),
};
