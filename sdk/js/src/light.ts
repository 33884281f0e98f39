// The light client: smoldot, in this process. It finds peers by itself and believes none of them. It is loaded where it is asked for, and nowhere else.

import { getSyncProvider } from '@polkadot-api/json-rpc-provider-proxy';
import type { JsonRpcProvider } from 'polkadot-api';
import type { Chain, Client } from 'smoldot';
import { lightWorker } from '#platform';
import { NetworkError, UsageError } from './errors.js';

export { tidySmoldot } from './smoldot.js';

/** A raw specification with its boot nodes. */
export function withBootnodes(spec: string | object, bootnodes: readonly string[]): string {
	let parsed: unknown;
	try {
		parsed = typeof spec === 'string' ? JSON.parse(spec) : spec;
	} catch (error) {
		throw new UsageError(`this is no raw chain spec: ${String(error)}`);
	}
	if (typeof parsed !== 'object' || parsed === null) {
		throw new UsageError('this is no raw chain spec: it is no object');
	}
	const { bootNodes } = parsed as { bootNodes?: unknown };
	const known = Array.isArray(bootNodes) ? (bootNodes as string[]) : [];
	if (known.length + bootnodes.length === 0) {
		throw new UsageError('the chain spec names no boot nodes, and a light client finds nobody without: give `bootnodes`');
	}
	return JSON.stringify({ ...parsed, bootNodes: [...known, ...bootnodes] });
}

/** A worker or a thread that runs the light client. */
export interface LightWorker {
	/** Gives it its end of the channel. */
	post: (port: MessagePort) => void;
	/** Smoldot's code, compiled. */
	bytecode: Promise<never>;
	end: () => void;
}

function pageWorker(worker: Worker): LightWorker {
	const bytecode = new Promise<never>((resolve, reject) => {
		worker.onmessage = ({ data }) => resolve(data as never);
		worker.onerror = ({ message }) => reject(new NetworkError(`the light client's worker does not start: ${message}`));
	});
	// The page has started it, and ends it.
	return { post: (port) => worker.postMessage(port, [port]), bytecode, end: () => undefined };
}

/** Starts a light client with a specification and its boot nodes. `worker` runs `@assay-network/client/worker`. `end` stops it. */
export async function startLight(chainSpec: string, worker?: Worker): Promise<{ provider: JsonRpcProvider; end: () => void }> {
	// Only what is serious: smoldot tells of every peer that goes.
	const options = { maxLogLevel: 1 };
	const beside = worker ? pageWorker(worker) : lightWorker();
	let client: Client;
	if (beside) {
		const { startWithBytecode } = await import('smoldot/no-auto-bytecode');
		const { port1, port2 } = new MessageChannel();
		beside.post(port1);
		client = startWithBytecode({ ...options, bytecode: beside.bytecode, portToWorker: port2 });
	} else {
		const { start } = await import('smoldot');
		client = start(options);
	}
	const end = () => {
		void client
			.terminate()
			.catch(() => undefined)
			.finally(() => beside?.end());
	};
	let chain: Chain;
	try {
		chain = await client.addChain({ chainSpec });
	} catch (error) {
		end();
		throw new UsageError(`the light client does not take this chain spec: ${(error as Error).message}`, { cause: error });
	}
	return { provider: providerOf(chain), end };
}

/** A chain of smoldot as polkadot-api wants it. Its own such function would bring smoldot's code along for everybody. */
function providerOf(chain: Chain): JsonRpcProvider {
	return getSyncProvider((onReady) => {
		onReady((onMessage, onHalt) => {
			let going = true;
			void (async () => {
				try {
					while (going) {
						const text = await chain.nextJsonRpcResponse();
						if (going) {
							onMessage(JSON.parse(text));
						}
					}
				} catch (error) {
					if (going) {
						onHalt(error);
					}
				}
			})();
			return {
				send: (message) => chain.sendJsonRpc(JSON.stringify(message)),
				disconnect: () => {
					going = false;
					chain.remove();
				},
			};
		});
		return () => undefined;
	});
}
