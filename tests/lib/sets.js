// A network whose validators leave one after the other, for whoever is to follow finality through each change of who votes on it.

import { Localnet } from './localnet.js';

/** Validators at first, and changes of the set: one leaves at each. */
export const [SIZE, CHANGES] = [4, 3];
/** Blocks of a session on the built-in chains. */
const SESSION = 30;
/** Blocks by which the finality that a light client sees lags at most, on a machine that others keep busy. */
const BEHIND = 60;

/** Starts the network. */
export const networkOfChanges = () => Localnet.start(SIZE);

/**
 * Has validators leave until there is one. After each change, waits until `finalized()` says that whoever follows the chain sees a later block as
 * final; `compare(change)` is then called.
 */
export async function changes({ chains: [chain] }, finalized, compare) {
	const setId = async () => (await chain.api.query.grandpa.currentSetId()).toNumber();
	const first = await setId();
	for (let change = 1; change <= CHANGES; change++) {
		// It is elected for two more sessions at most.
		await chain.submit(chain.api.tx.validators.unbond(), chain.account(`localnet//${SIZE - change}`));
		await chain.until(`the authority set changes, the ${change}. time`, 4 * SESSION, async () => (await setId()) >= first + change);
		const changed = chain.best;
		await chain.until(`the light client sees block ${changed} finalized`, BEHIND, async () => (await finalized()) >= changed);
		await compare(change);
	}
}
