// Everything that a node may lie about to somebody who asks a model: every client is deceived with each, whatever its language.

import fs from 'node:fs';
import path from 'node:path';
import { stringToHex, u8aToHex } from '@polkadot/util';
import { falseMetadata } from './liar.js';
import { ROOT } from './paths.js';
import { flipped, receiptsBecome } from './proxy.js';

/** A genesis block of no chain. */
export const OTHER_GENESIS = `0x${'11'.repeat(32)}`;
/** Of another chain, and valid there. */
const STRANGE_RECEIPT = JSON.parse(fs.readFileSync(path.join(ROOT, 'receipts/vectors.json'), 'utf8'))[0].receipt;
/** Where the proof of a claim's place is in a receipt, behind claim, block and root. */
const PROOF = 4 + 228 + 36 + 42;

const hexOf = (...values) => u8aToHex(new Uint8Array(Float32Array.from(values).buffer)).slice(2);

/**
 * The lies, by what they are about: `says` is how the client refuses, `lie` what the node does. Who is deceived asks `tests/doubling` with the
 * numbers `value` and 1: each with a value of its own, so that it can be found in what the node says. The context has the `genesis` block, the ids
 * `model` and `other` of two models, and a request `first` of somebody else.
 */
export const LIES = {
	'the output': {
		says: /the output has the result hash/,
		lie: ({ value }) => ({ tell: (text) => text.replaceAll(hexOf(2 * value, 2), hexOf(2 * value, 3)) }),
	},
	'the claim': { says: /not among the results/, lie: () => receiptsBecome((bytes) => flipped(bytes, 60)) },
	'the proof': { says: /mountain range|not among the results/, lie: () => receiptsBecome((bytes) => flipped(bytes, PROOF)) },
	'the header': {
		says: /not finalized|mountain range/,
		lie: () => receiptsBecome((bytes) => flipped(bytes, Buffer.from(bytes).lastIndexOf('BEEF') + 10)),
	},
	'the votes': { says: /not finalized/, lie: () => receiptsBecome((bytes) => flipped(bytes, -60)) },
	'the length of the receipt': { says: /damaged/, lie: () => receiptsBecome((bytes) => bytes.subarray(0, -7)) },
	'the chain of the receipt': {
		says: /does not start from this checkpoint/,
		lie: () => receiptsBecome(() => Buffer.from(STRANGE_RECEIPT.slice(2), 'hex')),
	},
	'the request': {
		says: /proves something about request \d+, and not \d+/,
		lie: ({ first }) => ({ ask: (method, params) => (method === 'receipts_build' ? [first, ...params.slice(1)] : params) }),
	},
	'the model of a name': {
		says: /tests\/doubling@1 is not the model/,
		lie: ({ model, other }) => ({
			tell: (text, method) => (method === 'state_getReadProof' ? text : text.replaceAll(model.slice(2), other.slice(2))),
		}),
	},
	'the genesis block': {
		says: /give it a name of its own/,
		lie: ({ genesis }) => ({ tell: (text) => text.replaceAll(genesis, OTHER_GENESIS) }),
	},
};

/**
 * What a node may lie about to get another call signed than its user means, in the same form. The clients that compare the node's metadata refuse
 * the chain; the client in TypeScript never asks for them.
 */
export const CALL_LIES = {
	'its calls': {
		says: /it has no Inference\.request_inference/,
		lie: () => ({ tell: (text) => text.replaceAll(stringToHex('request_inference').slice(2), stringToHex('request_inferencf').slice(2)) }),
	},
	'what its calls mean': { says: /its Inference\.request_inference takes other arguments/, lie: falseMetadata },
};
