// Receipts: asked of a node, and verified without it.

import fs from 'node:fs';
import path from 'node:path';
import { spawnSync } from 'node:child_process';
import { hexToU8a } from '@polkadot/util';
import { ROOT, VERIFY } from './paths.js';

/** Codes of the node's errors. */
const CODES = fs.readFileSync(path.join(ROOT, 'api', 'src', 'codes.rs'), 'utf8');
const code = (name) => Number(CODES.match(new RegExp(`const ${name}: i32 = ([\\d_]+);`))[1].replaceAll('_', ''));
export const [NOT_FINAL, NOT_YET_PROVEN, CHECKPOINT, FILTER] = ['NOT_FINAL', 'NOT_YET_PROVEN', 'CHECKPOINT', 'FILTER'].map(code);

/** The receipt of a request, from the genesis block or from a later one, as soon as the node can build it. */
export function receipt(chain, request, checkpoint = null, within = 40) {
	return chain.until(`request ${request} has a receipt`, within, async () => {
		try {
			return hexToU8a(await chain.rpc('receipts_build', request, checkpoint));
		} catch (error) {
			if (error.code === NOT_FINAL || error.code === NOT_YET_PROVEN) {
				return null;
			}
			throw error;
		}
	});
}

/**
 * Verifies a receipt in a process of its own, which knows nothing but a checkpoint: a genesis hash or a file. Returns `{ error }` or what it
 * proves. The receipt's head is left in the file `next`.
 */
export function verify(dir, bytes, checkpoint, now = 'any', next = path.join(dir, 'next')) {
	if (!fs.existsSync(VERIFY)) {
		throw new Error(`there is no verifier at ${VERIFY}: run cargo build --locked --examples`);
	}
	const file = path.join(dir, 'receipt');
	fs.writeFileSync(file, bytes);
	const { status, stdout, stderr, error } = spawnSync(VERIFY, [file, checkpoint, String(now), next], { encoding: 'utf8' });
	if (error) {
		throw error;
	}
	if (status !== 0) {
		return { error: stderr.trim() };
	}
	return Object.fromEntries(stdout.trim().split('\n').map((line) => line.split(/\s+(.*)/)));
}
