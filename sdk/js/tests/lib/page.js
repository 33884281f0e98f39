// What a page does with the client, for the tests to call.

import { connect, devAccount, NotVerified } from '@assay-network/client';
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
	/** Verifies a receipt. */
	async verify(receipt, genesis) {
		return (await verify(new Uint8Array(receipt), { genesis })).request;
	},
	/** What is kept. */
	kept: (name) => localStorage.getItem(name),
};
