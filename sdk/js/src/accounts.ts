// Accounts that sign.

import type { PolkadotSigner } from 'polkadot-api';
import { AccountId } from 'polkadot-api';
import { UsageError } from './errors.js';

/** Whoever signs: any signer of polkadot-api is one. */
export type Signer = PolkadotSigner;

/** A signer with its address. */
export interface Account extends Signer {
	address: string;
	/** Name in the wallet that it is from. */
	name?: string;
}

const addresses = AccountId();

/** Address of a public key. */
export const addressOf = (publicKey: Uint8Array): string => addresses.dec(publicKey);

/** An account from a secret as Substrate writes it: 12 to 24 words, or a seed of 32 bytes in hex, and derivations. */
export async function fromSecret(secret: string): Promise<Account> {
	const [{ sr25519CreateDerive }, { parseSuri, mnemonicToMiniSecret, DEV_PHRASE }, { getPolkadotSigner }] = await Promise.all([
		import('@polkadot-labs/hdkd'),
		import('@polkadot-labs/hdkd-helpers'),
		import('polkadot-api/signer'),
	]);
	const text = secret.trim();
	// Derivations alone are of the phrase of development chains.
	const { phrase, paths = '', password } = parseSuri(text.startsWith('/') ? DEV_PHRASE + text : text);
	const wrong = (cause?: unknown) => new UsageError('this is no secret: give 12 to 24 words, 32 bytes in hex, or //Alice and the like', { cause });
	if (phrase === undefined) {
		throw wrong();
	}
	let pair: ReturnType<ReturnType<typeof sr25519CreateDerive>>;
	try {
		pair = sr25519CreateDerive(/^0x[0-9a-fA-F]{64}$/.test(phrase) ? phrase : mnemonicToMiniSecret(phrase, password))(paths);
	} catch (error) {
		throw wrong(error);
	}
	return { ...getPolkadotSigner(pair.publicKey, 'Sr25519', pair.sign), address: addressOf(pair.publicKey) };
}

/** An account of development chains: `//Alice`, `//Bob` and so on. Everybody has its secret. */
export function devAccount(path: string): Promise<Account> {
	if (!path.startsWith('/')) {
		throw new UsageError(`\`${path}\` is no account of a development chain: //Alice and //Bob are`);
	}
	return fromSecret(path);
}

/** Names of the wallets that this browser has. */
export async function wallets(): Promise<string[]> {
	const { getInjectedExtensions } = await import('polkadot-api/pjs-signer');
	return getInjectedExtensions();
}

/** Accounts of a wallet in the browser: polkadot.js, Talisman, SubWallet and others. The user is asked; without a name, the first wallet is taken. */
export async function fromExtension(name?: string, application = 'Assay'): Promise<Account[]> {
	const { connectInjectedExtension, getInjectedExtensions } = await import('polkadot-api/pjs-signer');
	const found = getInjectedExtensions();
	const wanted = name ?? found[0];
	if (wanted === undefined || !found.includes(wanted)) {
		const there = found.length > 0 ? `there are ${found.join(', ')}` : 'there is none: install one, such as polkadot.js or Talisman';
		throw new UsageError(name === undefined ? `no wallet: ${there}` : `no wallet \`${name}\`: ${there}`);
	}
	const extension = await connectInjectedExtension(wanted, application);
	return extension.getAccounts().map(({ polkadotSigner, address, name }) => ({
		...polkadotSigner,
		address,
		...(name === undefined ? {} : { name }),
	}));
}
