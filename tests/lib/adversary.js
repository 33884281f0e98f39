// Validators that break the protocol. Their acts with their own votes are in node/src/adversary.rs. These are the acts of anybody who has
// a validator's keys and writes transactions by hand.

import fs from 'node:fs';
import path from 'node:path';
import { Keyring } from '@polkadot/api';
import { bnToU8a, compactFromU8a, compactStripLength, compactToU8a, hexToU8a, stringToU8a, u8aConcat, u8aToHex } from '@polkadot/util';
import { removeFolder, temporaryFolder } from './node.js';

/** First byte of a general transaction of version 5, the version of its extensions, and what they say: mortality, nonce, tip, mode. */
const GENERAL = [0x45, 0, 0, 0, 0, 0];
export const NOBODY = { reveals: [], signals: [], objections: [], disputes: [], engine: null };

/** Orders for the nodes of a network. A node without an order is honest. */
export class Orders {
	folder = temporaryFolder();
	env = { ASSAY_ADVERSARY: this.folder };

	give(index, act) {
		fs.writeFileSync(path.join(this.folder, `node-${index}`), act);
	}

	clear() {
		fs.readdirSync(this.folder).forEach((name) => fs.rmSync(path.join(this.folder, name)));
	}

	remove() {
		removeFolder(this.folder);
	}
}

/** Lines in which a node's log tells of an act. */
export const acts = (chain, act) => chain.node.log.split('\n').filter((line) => line.includes(`adversary, ${act}`));

/** A general transaction that carries a call. */
export function general(call) {
	const body = u8aConcat(GENERAL, call.method.toU8a());
	return u8aToHex(u8aConcat(compactToU8a(body.length), body));
}

/** The call of a general transaction, or null for another one. */
function callOf(chain, bytes) {
	const [offset] = compactFromU8a(bytes);
	const body = bytes.subarray(offset);
	return body[0] === GENERAL[0] ? chain.api.createType('Call', body.subarray(GENERAL.length)) : null;
}

/** Attestations of a block, with the transactions that carried them. */
export async function attestations(chain, number) {
	const { block } = await chain.rpc('chain_getBlock', await chain.blockHash(number));
	return block.extrinsics
		.map((hex) => ({ hex, call: callOf(chain, Buffer.from(hex.slice(2), 'hex')) }))
		.filter(({ call }) => call?.section === 'rounds' && call.method === 'attest')
		.map(({ hex, call }) => ({ hex, said: call.args[0] }));
}

/** A validator whose transactions somebody writes by hand. */
export class Forger {
	/** One line for each act. */
	log = [];

	constructor(chain, secret) {
		this.chain = chain;
		this.pair = new Keyring({ type: 'sr25519' }).addFromUri(secret);
		this.finality = new Keyring({ type: 'ed25519' }).addFromUri(secret);
		this.address = this.pair.address;
	}

	tell(text) {
		this.log.push(`block ${this.chain.best}: ${text}`);
	}

	/** The transaction in which `validator` attests, signed with this one's key. */
	async attest(items, { session, validator = this.address }) {
		const { api } = this.chain;
		const fork = hexToU8a(await this.chain.blockHash(this.chain.best));
		const said = { ...NOBODY, ...items, validator, session, block: this.chain.best };
		const { attest } = api.tx.rounds;
		const encoded = attest(said, new Uint8Array(64)).method.args[0].toU8a();
		const domain = stringToU8a('assay/attest');
		const payload = u8aConcat(compactToU8a(domain.length), domain, api.genesisHash.toU8a(), fork, encoded);
		return general(attest(said, this.pair.sign(payload)));
	}

	/** The transaction with a seal of `validator` in a round, signed with this one's key. */
	async seal(round, commitment, validator = this.address) {
		const { api } = this.chain;
		const { seed, terms } = (await api.query.rounds.rounds(round)).unwrap();
		const domain = stringToU8a('assay/seal');
		const input = u8aConcat(api.genesisHash.toU8a(), bnToU8a(round, { bitLength: 64, isLe: true }), seed.toU8a(), terms.toU8a());
		const account = api.createType('AccountId', validator).toU8a();
		const payload = u8aConcat(compactToU8a(domain.length), domain, input, account, hexToU8a(commitment));
		return general(api.tx.rounds.seal({ round, validator, commitment, proof: null, signature: this.pair.sign(payload) }));
	}

	/** Submits a transaction; null if the node's pool takes it, or why not. */
	async submit(what, hex) {
		try {
			await this.chain.rpc('author_submitExtrinsic', hex);
			this.tell(`${what}: taken`);
			return null;
		} catch (error) {
			this.tell(`${what}: refused, ${error.message}`);
			return error.message;
		}
	}

	/**
	 * Seals in a round what another member has sealed, waits until that one has opened its vote, and opens the same. Returns
	 * who was copied, in which block it revealed, and why the copy was refused.
	 */
	async copy(round, within) {
		const { chain } = this;
		const { rounds } = chain.api.query;
		const { session } = (await rounds.rounds(round)).unwrap();
		const found = await chain.until('somebody commits', within, async () => {
			const ballots = await rounds.ballots.entries(round);
			return ballots
				.map(([key, ballot]) => ({ who: key.args[1].toString(), commit: ballot.unwrap().commit }))
				.find(({ who, commit }) => who !== this.address && commit.isSome);
		});
		const hash = found.commit.unwrap().toHex();
		const seal = await this.seal(round, hash);
		const refused = await this.submit(`seals in round ${round} ${hash}, which ${found.who} has sealed`, seal);
		if (refused) {
			throw new Error(`a seal was not taken: ${refused}`);
		}
		let read = chain.best;
		const opened = await chain.until(`${found.who} opens its vote`, within, async () => {
			for (; read <= chain.best; read++) {
				for (const { hex, said } of await attestations(chain, read)) {
					const reveal = said.reveals.find((reveal) => reveal.round.toNumber() === round);
					if (reveal && said.validator.toString() === found.who) {
						return { block: read, hex, reveal };
					}
				}
			}
			return null;
		});
		const reveal = await this.attest({ reveals: [opened.reveal.toHex()] }, { session });
		const answer = await this.submit(`opens in round ${round} what ${found.who} has opened`, reveal);
		return { victim: found.who, session, round, ...opened, refused: answer };
	}

	/**
	 * Speaks for every other member of a round that has just been drawn, while each of them still may. All of it is to be refused: returns
	 * the answers, null for what was taken.
	 */
	async usurp(round) {
		const { chain } = this;
		const { rounds } = chain.api.query;
		const { session } = (await rounds.rounds(round)).unwrap();
		const hash = u8aToHex(new Uint8Array(32).fill(1));
		const answers = [];
		for (const [key, ballot] of await rounds.ballots.entries(round)) {
			const victim = key.args[1].toString();
			if (victim === this.address || ballot.unwrap().commit.isSome) {
				continue;
			}
			const other = { session, validator: victim };
			const seal = await this.seal(round, hash, victim);
			answers.push(await this.submit(`seals for ${victim} in round ${round}`, seal));
			const signal = await this.attest({ signals: [{ round, kind: 'InputUnavailable', proof: null }] }, other);
			answers.push(await this.submit(`signals for ${victim} in round ${round}`, signal));
		}
		return answers;
	}

	/** Sends what another has sent once more, and votes where it was not drawn. Returns the answers, null for what was taken. */
	async repeat({ victim, session, round, hex, reveal }) {
		const answers = [await this.submit(`sends what ${victim} has sent once more`, hex)];
		const elsewhere = await this.attest({ reveals: [{ ...reveal.toJSON(), round: round + 1_000 }] }, { session });
		answers.push(await this.submit('opens a vote in a round that there is not', elsewhere));
		return answers;
	}

	/** Reports that another validator voted twice for finality, with votes that it signs itself. */
	async accuse(victim) {
		const { chain } = this;
		const { api } = chain;
		const setId = await api.query.grandpa.currentSetId();
		const keys = (await api.query.session.nextKeys(victim)).unwrap();
		// polkadot.js does not decode what this gives: `Some` of bytes that hold another encoding.
		const asked = u8aToHex(u8aConcat(setId.toU8a(), keys.grandpa.toU8a()));
		const given = hexToU8a(await chain.rpc('state_call', 'GrandpaApi_generate_key_ownership_proof', asked));
		const [, proof] = compactStripLength(given.subarray(1));
		const vote = (byte) => {
			const target = { targetHash: u8aToHex(new Uint8Array(32).fill(byte)), targetNumber: 1 };
			return [target, this.finality.sign(new Uint8Array([byte]))];
		};
		const equivocation = { Prevote: { roundNumber: 1, identity: keys.grandpa, first: vote(1), second: vote(2) } };
		const report = api.tx.grandpa.reportEquivocation;
		const [, owner] = report.meta.args;
		const call = report({ setId, equivocation }, api.createType(owner.type.toString(), proof));
		try {
			await chain.submit(call, this.pair);
			this.tell(`reports that ${victim} voted twice: taken`);
			return null;
		} catch (error) {
			this.tell(`reports that ${victim} voted twice: refused, ${error.message}`);
			return error;
		}
	}

	/** Disputes a request as soon as it is attested. Returns `{ block, hold, fee }`. */
	async dispute(request, within) {
		const { chain } = this;
		const subject = { Request: request };
		await chain.until(`request ${request} is attested`, within, async () => {
			const found = await chain.api.query.rounds.standings(subject);
			return found.isSome && found.unwrap().stage.isAgreed;
		});
		const { block, events, fee } = await chain.submit(chain.api.tx.rounds.dispute(subject), this.pair);
		const { data } = events.find(({ method }) => method === 'Disputed');
		this.tell(`disputes request ${request}, with ${data.hold} plancks on hold`);
		return { block, hold: data.hold.toBigInt(), fee };
	}
}
