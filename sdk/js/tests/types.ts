// What programs in TypeScript write: it has to compile, strictly and with the types of this package alone.

import { connect, devAccount, fromExtension, NotVerified, type Network, type Result, type Tensor } from '@assay-network/client';
import { startLight } from '@assay-network/client/light';
import { contentId, verify, type Verified } from '@assay-network/client/verify';

export async function ask(url: string, signal: AbortSignal): Promise<number[]> {
	await using net: Network = await connect({ url, timeout: 1_000 });
	const [account = await devAccount('//Bob')] = await fromExtension();
	const model = await net.model('a/b@2');
	const result: Result = await model.run({ x: [[1, 2]], y: { type: 'int64', data: [1n] } }, { account, signal, maxFee: 10n ** 12n, window: 'assured' });
	const y: Tensor | undefined = result.outputs.y;
	for await (const found of net.models({ tag: 'small', active: true })) {
		console.log(found.title, found.royalty > 0n, await contentId(await net.download(found)));
	}
	const ticket = await model.submit({ x: new Float32Array(2) }, { account, onProgress: (progress) => progress.type === 'bytes' && progress.done });
	await net.resume(ticket.request).result({ timeout: 5 });
	return y?.data instanceof Float32Array ? [...y.data] : [];
}

export async function check(receipt: Uint8Array, genesis: string): Promise<Verified | string> {
	try {
		return await verify(receipt, { genesis, now: 5 });
	} catch (error) {
		return error instanceof NotVerified ? `${error.code satisfies 8}: ${error.message}` : 'other';
	}
}

// @ts-expect-error: nothing is trusted.
void verify(new Uint8Array(), {});
// @ts-expect-error: somebody has to pay.
void ((net: Network) => net.model('a').then((model) => model.run({ x: [1] }, {})));

export { startLight };
