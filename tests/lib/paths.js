// Paths of the tree, the node and the caches: the same as in scripts/env.sh, so that `node --test` works without it.

import { createHash } from 'node:crypto';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const env = process.env;

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CACHE = path.join(env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache'), 'assay');
const CLONE = path.resolve(ROOT);
const CLONE_HASH = createHash('sha256').update(CLONE).digest('hex').slice(0, 8);
const TARGET = env.CARGO_TARGET_DIR || path.join(CACHE, 'targets', `${path.basename(CLONE)}-${CLONE_HASH}`);

/** The node's executable. */
export const NODE = env.ASSAY_NODE || path.join(TARGET, 'debug', 'assay-node');
/** The command line of users. */
export const ASSAY = path.join(TARGET, 'debug', 'assay');
/** Examples of its library. */
export const EXAMPLES = path.join(TARGET, 'debug', 'examples');
/** Verifies a receipt from a file. */
export const VERIFY = path.join(TARGET, 'debug', 'examples', 'verify');
/** The compiled engine, for all nodes that demo and tests start. */
export const ENGINE_CACHE = path.join(CACHE, 'engine');
/** Python with onnxruntime. */
export const PYTHON = path.join(env.ASSAY_VENV || path.join(CACHE, 'venv'), 'bin', 'python');
/** The unpacked wheel of magika. */
export const MAGIKA = path.join(env.ASSAY_MODELS || path.join(CACHE, 'models'), 'magika-1.0.3');
/** Programs of Debian's Prometheus. */
export const PROMETHEUS = path.join(CACHE, 'prometheus');
