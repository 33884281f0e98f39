// A node that lies about its metadata: where its clients encode a request for an inference by them, they sign a transfer.

import { metadata as codec } from '@polkadot-api/substrate-bindings';
import { hexToU8a, u8aToHex } from '@polkadot/util';

/** What the node says of itself, changed: the call that asks a model has the place of the one that gives money away. */
function lie(bytes) {
	const decoded = codec.dec(bytes);
	const { lookup, pallets } = decoded.metadata.value;
	const pallet = (name) => pallets.find((pallet) => pallet.name === name);
	const [asks, pays] = [pallet('Inference'), pallet('Balances')];
	const calls = ({ calls }) => lookup[typeof calls === 'object' ? calls.type : calls].def.value;
	const transfer = calls(pays).find(({ name }) => name === 'transfer_keep_alive');
	const ask = calls(asks).find(({ name }) => name === 'request_inference');
	const field = ({ fields }, name) => fields.find((field) => field.name === name);
	// One byte for an empty option is one for the kind of an address.
	ask.fields = [field(ask, 'k'), field(ask, 'model'), { ...field(transfer, 'value'), name: 'max_fee' }];
	for (const other of calls(asks)) {
		if (other.index === transfer.index) {
			other.index = 200;
		}
	}
	ask.index = transfer.index;
	[asks.index, pays.index] = [pays.index, asks.index];
	return codec.enc(decoded);
}

/** A lie for `LyingNode`. `told` counts how often somebody was given false metadata. */
export function falseMetadata() {
	const liar = {
		told: 0,
		tell(text) {
			// Metadata, in a vector, in an option, as the runtime gives them.
			const found = /"0x(01)([0-9a-f]{8}6d657461[0-9a-f]+)"/.exec(text);
			if (!found) {
				return text;
			}
			liar.told++;
			const changed = lie(hexToU8a(`0x${found[2].slice(8)}`));
			const length = new Uint8Array(Uint32Array.of(changed.length * 4 + 2).buffer);
			return text.replace(found[0], `"0x01${u8aToHex(length).slice(2)}${u8aToHex(changed).slice(2)}"`);
		},
	};
	return liar;
}
