// Publishing a model.

import { addressOf, type Signer } from './accounts.js';
import { upload } from './blobs.js';
import type { Connection, Turn } from './connection.js';
import { NoAnswer, Refused, UsageError } from './errors.js';
import type { Watched } from './limits.js';
import { encode, toTensor, type TensorLike } from './tensors.js';
import { asy, text, utf8 } from './text.js';
import type { Hex, Verifier } from './verifier.js';

/** Finalized blocks within which a model that is uploaded is decided: its two activation rounds and an escalation. */
const DECIDED_WITHIN = 3_000;

/** The description of a model. */
export interface Publication {
	/** `NAME` or `NAME@VERSION`; without a version, the next one. */
	name: string;
	/** Plancks for each answer. */
	royalty?: bigint;
	/** Task, as model hubs name it: `image-classification`. */
	task?: string;
	/** SPDX expression of the licence. */
	licence?: string;
	/** Up to eight words to find it by. */
	tags?: readonly string[];
	/** One paragraph about it. */
	description?: string;
	/** Input that the validators try it with, at most 64 KiB, in the model's order and with types; without it, the engine makes one. */
	sample?: Record<string, TensorLike>;
}

/** The publication, with the account that pays for it. */
export interface PublishOptions extends Publication, Watched {
	/** The account that owns the model. */
	account: Signer;
	/** Most plancks that it may cost, deposits included; without it, whatever `net.publishPrice` says. */
	maxCost?: bigint;
}

/** The price of a registration, in plancks. */
export interface PublishPrice {
	/** On hold for the bytes; returns when the model is retired or rejected. */
	deposit: bigint;
	/** On hold for the record, and for a new name, as long as they stay. */
	record: bigint;
	/** Goes to the validators that run the sample. */
	activation: bigint;
	/** All of it. */
	total: bigint;
}

/** Lengths that the chain bounds. */
function bounded(what: string, value: string, most: number): Uint8Array {
	const bytes = utf8(value);
	if (bytes.length > most) {
		throw new UsageError(`${what} has at most ${most} bytes, not ${bytes.length}`);
	}
	return bytes;
}

function checked(publication: Publication) {
	const { task = '', licence = '', tags = [], description = '' } = publication;
	const [, name, version] = /^([a-z0-9_./-]{1,64})(?:@(\d{1,10}))?$/.exec(publication.name) ?? [];
	if (name === undefined || Number(version ?? 0) > 0xffff_ffff) {
		throw new UsageError('a name has 1 to 64 of: lower-case letters, digits, -, _, ., /; NAME@VERSION names a version');
	}
	if (tags.length > 8) {
		throw new UsageError(`there are at most 8 tags, not ${tags.length}`);
	}
	const metadata = {
		task: bounded('task', task, 32),
		licence: bounded('licence', licence, 32),
		tags: tags.map((tag) => bounded('a tag', tag, 24)),
		description: bounded('description', description, 512),
		card: undefined,
	};
	return { name, version: version === undefined ? undefined : Number(version), metadata };
}

function sampleBytes(verifier: Verifier, sample: Record<string, TensorLike> | undefined): Uint8Array | undefined {
	return sample && encode(verifier, Object.entries(sample).map(([name, value]) => [name, toTensor(name, value)]));
}

/** The factor on the price of a KiB in a catalogue of so many bytes: twice as much with each sixteenth beyond half of the limit. */
function fullness(bytes: bigint, limit: bigint): bigint {
	const sixteenths = limit === 0n ? 16n : (bytes * 16n) / limit;
	return 1n << (sixteenths > 16n ? 8n : sixteenths < 8n ? 0n : sixteenths - 8n);
}

/** @internal What a registration costs. */
export async function publishPrice(
	connection: Connection,
	verifier: Verifier,
	model: Uint8Array,
	publication: Publication,
	signal: AbortSignal,
): Promise<PublishPrice> {
	const { name } = checked(publication);
	const sample = sampleBytes(verifier, publication.sample)?.length ?? 0;
	const { query, constants } = connection.api;
	const price = async () => {
		const [perKib, base, forName, unit, byte, flat, units, most, bytes, limit, taken, validators] = await Promise.all([
			constants.Models.DepositPerKib(),
			constants.Models.DepositBase(),
			constants.Models.NameDeposit(),
			constants.Models.UnitPrice(),
			constants.Models.BytePrice(),
			constants.Models.BasePrice(),
			constants.Models.ActivationUnits(),
			constants.Models.MaxActivation(),
			query.Models.CatalogueBytes.getValue(),
			query.Models.CatalogueLimit.getValue(),
			query.Models.Names.getValue(utf8(name)),
			query.Session.Validators.getValue(),
		]);
		const kibs = BigInt(Math.ceil((model.length + sample) / 1024));
		const deposit = kibs * perKib * fullness(bytes, limit);
		const record = base + (taken ? 0n : forName);
		const activation = (unit * units + byte * BigInt(model.length)) * BigInt(Math.min(validators.length, most)) + flat;
		return { deposit, record, activation, total: deposit + record + activation };
	};
	return connection.read(price(), signal);
}

async function register(
	connection: Connection,
	verifier: Verifier,
	model: Uint8Array,
	id: Hex,
	options: PublishOptions,
	turn: Turn,
	signal: AbortSignal,
): Promise<void> {
	const { account, maxCost, royalty = 0n, onProgress = () => undefined } = options;
	const { name, version, metadata } = checked(options);
	const { query, tx } = connection.api;
	const address = addressOf(account.publicKey);
	const taken = await connection.read(query.Models.Names.getValue(utf8(name)), signal);
	if (taken && taken.owner !== address) {
		throw new Refused(`the name ${name} belongs to another account: choose another`);
	}
	const { total } = await publishPrice(connection, verifier, model, options, signal);
	if (maxCost !== undefined && total > maxCost) {
		throw new Refused(`this costs ${asy(total)}, which is above \`maxCost\`: raise it`);
	}
	const { free } = (await connection.read(query.System.Account.getValue(address), signal)).data;
	if (free < total) {
		throw new Refused(`${address} has ${asy(free)}, and this takes ${asy(total)}: send it some, or sign with another account`);
	}
	const sample = sampleBytes(verifier, options.sample);
	const call = tx.Models.register_model({
		model: id,
		size: BigInt(model.length),
		name: utf8(name),
		version: version ?? (taken?.last_version ?? 0) + 1,
		metadata,
		royalty,
		sample: sample && { type: 'Inline', value: sample },
		expected: undefined,
	});
	await connection.submit('Models.register_model', call, turn, signal, onProgress);
}

/** @internal Registers a model, uploads its bytes, and waits until it takes requests. Returns its id. */
export async function publish(
	connection: Connection,
	verifier: Verifier,
	model: Uint8Array,
	options: PublishOptions,
	signal: AbortSignal,
): Promise<Hex> {
	const { account, onProgress = () => undefined } = options;
	checked(options);
	if (!connection.hasNode) {
		throw new UsageError('a model is uploaded to a node: name one with `url` as well, it is not trusted with it');
	}
	const { id } = verifier.contentId(model);
	const { query } = connection.api;
	const address = addressOf(account.publicKey);
	const known = await connection.read(query.Models.Models.getValue(id), signal);
	if (known && known.status.type !== 'Rejected' && (known.status.type !== 'Pending' || known.owner !== address)) {
		throw new Refused(`this file is registered already, as ${text(known.name)}@${known.version}: use it, or publish another file`);
	}
	// A pending model is registered and paid for: its upload was cut off.
	if (known?.status.type !== 'Pending') {
		const turn = connection.queue(account);
		try {
			await register(connection, verifier, model, id, options, turn, signal);
		} finally {
			turn.leave();
		}
	}
	await upload(connection, verifier, model, signal, onProgress);
	return connection.find('the model is still pending', DECIDED_WITHIN, signal, async () => {
		const record = await connection.read(query.Models.Models.getValue(id), signal);
		switch (record?.status.type) {
			case 'Active':
				return id;
			case 'Pending':
				onProgress({ type: 'status', status: 'Pending' });
				return undefined;
			case 'Rejected':
				throw new NoAnswer(`the model is rejected: ${rejection(record.status.value)}. Its deposit has returned, and it may be registered anew`);
			case 'Retired':
				throw new NoAnswer('the model is retired');
			default:
				throw new UsageError(`no model has the id ${id}`);
		}
	});
}

type ModelState = NonNullable<Awaited<ReturnType<Connection['api']['query']['Models']['Models']['getValue']>>>;
type Reason = Extract<ModelState['status'], { type: 'Rejected' }>['value'];

function rejection(reason: Reason): string {
	switch (reason.type) {
		case 'Failed':
			return `its sample run fails (${reason.value.type}): \`assay inspect\` and \`assay run\` say why`;
		case 'UnexpectedResult':
			return `its sample gives the result ${reason.value.attested}, not the one that was expected`;
		case 'Deadline':
			return 'too few validators attested it in time: were its bytes uploaded?';
		case 'Unresolved':
			return 'the validators found no two thirds for one result';
	}
}
