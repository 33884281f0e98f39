// The light client in a thread of Node.

import { parentPort } from 'node:worker_threads';
import { compileBytecode } from 'smoldot/bytecode';
import { run } from 'smoldot/worker';
import { tidySmoldot } from '../smoldot.js';

tidySmoldot();
void compileBytecode().then((bytecode) => parentPort?.postMessage(bytecode));
parentPort?.once('message', (port) => void run(port));
