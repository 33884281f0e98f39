// The light client in a worker of its own: `new Worker(new URL('@assay-network/client/worker', import.meta.url), { type: 'module' })`, or what the
// bundler has for that. Give the worker to `connect({ spec, bootnodes, worker })`.

import { compileBytecode } from 'smoldot/bytecode';
import { run } from 'smoldot/worker';
import { tidySmoldot } from './smoldot.js';

const scope = globalThis as unknown as {
	postMessage(message: unknown): void;
	onmessage: ((event: MessageEvent<MessagePort>) => void) | null;
};

tidySmoldot();
void compileBytecode().then((bytecode) => scope.postMessage(bytecode));
scope.onmessage = ({ data }) => void run(data);
