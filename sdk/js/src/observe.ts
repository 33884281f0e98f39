// Observation of a network: its blocks, its validators, and the state of its requests. There are no outputs here: those come verified, from
// `Ticket.result`.

import type { Connection } from './connection.js';
import type { Block, Hex, Window } from './verifier.js';

/** The last blocks. */
export interface Heads {
	/** The best block, which may still be replaced. */
	best: Block;
	/** The last one that is final. */
	finalized: Block;
}

/** A block as a node tells it. */
export interface BlockState extends Block {
	parent: Hex;
	/** Number of extrinsics. */
	extrinsics: number;
	/** Milliseconds since 1970; `undefined` where the node has let its state go. */
	time: number | undefined;
}

/** A validator, or an account that has bonded for being one. */
export interface ValidatorState {
	address: string;
	/** True if it is one in this session. */
	elected: boolean;
	/** Voting power in this session, with what is delegated. */
	power: bigint;
	/** Plancks of its own that are bonded; `undefined` for one without a bond. */
	bond: bigint | undefined;
	/** Plancks of penalties that are not taken yet. */
	due: bigint;
	/** Era after which it may leave the jail, if it is there. */
	jailed: number | undefined;
	/** Block from which on it may withdraw, if it leaves. */
	leaves: number | undefined;
	/** Duties that it has missed in this era. */
	missed: number;
}

/** The chain as it stands after a finalized block. */
export interface ChainState {
	block: Block;
	/** Milliseconds since 1970. */
	time: number;
	session: number;
	era: number;
	/** Id of the engine, if there is one. */
	engine: Hex | undefined;
	/** Requests that were made so far: the next one has this number. */
	requests: number;
	/** Validators of this session first, by their power. */
	validators: ValidatorState[];
}

/** A validator that votes in a round, and its progress. */
export interface Vote {
	address: string;
	/** True if it drew itself, and is no member of the committee. */
	auditor: boolean;
	sealed: boolean;
	opened: boolean;
	/** The bytes that it says it cannot get: the model's or the input's. */
	signal: string | undefined;
}

/** A round of votes that runs. */
export interface RoundState {
	round: number;
	/** True if every validator votes, and not a committee. */
	everybody: boolean;
	phase: 'Sealing' | 'Auditing' | 'Revealing';
	/** Last blocks of the three phases, as far as they are known by now. */
	ends: [sealing: number, auditing: number, revealing: number];
	members: number;
	audits: number;
	votes: Vote[];
}

/** The state of a request. */
export interface RequestState {
	request: number;
	/**
	 * `Waiting` for its committee, `Voting`, `Agreed` with its window running, `Escalated` to all validators; at its end `Final`, `Expired` or
	 * `Unresolved`; `Gone` if it has left the state.
	 */
	stage: 'Waiting' | 'Voting' | 'Agreed' | 'Escalated' | 'Final' | 'Expired' | 'Unresolved' | 'Gone';
	owner?: string;
	model?: Hex;
	input?: Hex;
	inputSize?: number;
	/** Compute units that it may use. */
	units?: number;
	/** Block in which it was made, as long as it is open. */
	requestedAt?: number;
	/** Block in which it ended. */
	endedAt?: number;
	/** Plancks on hold, as long as it is open. */
	held?: bigint;
	/** Plancks that were paid. */
	paid?: bigint;
	k?: number;
	audits?: number;
	window?: Window;
	/** Committees that were drawn again. */
	redraws?: number;
	/** The round that runs. */
	round?: RoundState;
	/** Why the run has no output, if it ended so. */
	failed?: string;
	/** Block in which all validators decided otherwise. */
	overturnedAt?: number;
}

/** @internal The last blocks, whenever there are new ones. */
export async function* heads(connection: Connection, signal: AbortSignal): AsyncGenerator<Heads, void> {
	for await (const blocks of connection.bestBlocks(signal)) {
		const [best, finalized] = [blocks[0], blocks.at(-1)];
		if (best && finalized) {
			yield { best: { number: best.number, hash: best.hash }, finalized: { number: finalized.number, hash: finalized.hash } };
		}
	}
}

/** @internal A block by its number, of the best chain, or by its hash. */
export async function blockState(connection: Connection, of: number | Hex, signal: AbortSignal): Promise<BlockState | undefined> {
	const hash = typeof of === 'number' ? await connection.ask<Hex | null>('chain_getBlockHash', [of], signal) : of;
	interface Found {
		block: { header: { number: Hex; parentHash: Hex }; extrinsics: Hex[] };
	}
	const found = hash && (await connection.ask<Found | null>('chain_getBlock', [hash], signal));
	if (!hash || !found) {
		return undefined;
	}
	const { header, extrinsics } = found.block;
	const key = await connection.api.query.Timestamp.Now.getKey();
	const time = await connection.ask<Hex | null>('state_getStorage', [key, hash], signal).catch(() => null);
	const littleEndian = time?.slice(2).match(/../g)?.reverse().join('');
	return {
		number: Number(header.number),
		hash,
		parent: header.parentHash,
		extrinsics: extrinsics.length,
		time: littleEndian === undefined ? undefined : Number(`0x${littleEndian}`),
	};
}

/** @internal The chain after the last finalized block. */
export async function chainState(connection: Connection, signal: AbortSignal): Promise<ChainState> {
	const { query } = connection.api;
	const block = await connection.finalized(signal);
	const at = { at: block.hash };
	const [time, session, era, engine, requests, powers, candidates, elected] = await connection.read(
		Promise.all([
			query.Timestamp.Now.getValue(at),
			query.Session.CurrentIndex.getValue(at),
			query.Validators.CurrentEra.getValue(at),
			query.Models.CurrentEngine.getValue(at),
			query.Inference.NextRequest.getValue(at),
			query.Validators.Powers.getValue(at),
			query.Validators.Candidates.getEntries(at),
			query.Session.Validators.getValue(at),
		]),
		signal,
	);
	const power = new Map(powers);
	const bonded = new Map(candidates.map(({ keyArgs: [address], value }) => [address, value]));
	const validators = [...new Set([...elected, ...bonded.keys()])].map((address): ValidatorState => {
		const candidate = bonded.get(address);
		return {
			address,
			elected: elected.includes(address),
			power: BigInt(power.get(address) ?? 0),
			bond: candidate?.bond,
			due: candidate?.due ?? 0n,
			jailed: candidate?.jailed,
			leaves: candidate?.leaves,
			missed: candidate?.missed_in === era ? candidate.misses : 0,
		};
	});
	validators.sort((a, b) => Number(b.elected) - Number(a.elected) || (a.power < b.power ? 1 : a.power > b.power ? -1 : 0));
	return { block: { number: block.number, hash: block.hash }, time: Number(time), session, era, engine, requests: Number(requests), validators };
}

/** @internal Where a request stands after the last finalized block; `undefined` if there is none of this number. */
export async function requestState(connection: Connection, request: number, signal: AbortSignal): Promise<RequestState | undefined> {
	const { number, hash } = await connection.finalized(signal);
	const next = await connection.read(connection.api.query.Inference.NextRequest.getValue({ at: hash }), signal);
	return BigInt(request) < next ? stateAt(connection, request, { number, hash }, true, signal) : undefined;
}

/** @internal Requests below a number, the newest first, and without their rounds. */
export async function requestStates(connection: Connection, before: number | undefined, limit: number, signal: AbortSignal): Promise<RequestState[]> {
	const { number, hash } = await connection.finalized(signal);
	const next = Number(await connection.read(connection.api.query.Inference.NextRequest.getValue({ at: hash }), signal));
	const first = Math.min(before ?? next, next) - 1;
	const numbers = Array.from({ length: Math.max(0, Math.min(limit, first + 1)) }, (_, index) => first - index);
	return Promise.all(numbers.map((request) => stateAt(connection, request, { number, hash }, false, signal)));
}

async function stateAt(connection: Connection, request: number, block: Block, withRound: boolean, signal: AbortSignal): Promise<RequestState> {
	const { query } = connection.api;
	const at = { at: block.hash };
	const id = BigInt(request);
	const subject = { type: 'Request', value: id } as const;
	const [record, open, standing] = await connection.read(
		Promise.all([
			query.Inference.Results.getValue(id, at),
			query.Inference.Requests.getValue(id, at),
			query.Rounds.Standings.getValue(subject, at),
		]),
		signal,
	);
	if (record) {
		const { ended } = record;
		const state: RequestState = {
			request,
			stage: ended.type,
			owner: record.owner,
			inputSize: Number(record.input_size),
			units: Number(record.unit_limit),
			endedAt: record.ended_at,
			paid: record.paid,
		};
		if (ended.type === 'Final') {
			const { model, input, decision } = ended.value;
			Object.assign(state, { model, input, k: decision.k, audits: decision.audits, window: windowOf(decision.window) });
			if (decision.verdict.type === 'Failed') {
				state.failed = decision.verdict.value.reason.type;
			}
		}
		if (record.review?.type === 'Overturned') {
			state.overturnedAt = record.review.value.at;
		}
		return state;
	}
	if (!open || !standing) {
		return { request, stage: 'Gone' };
	}
	const { stage } = standing;
	const state: RequestState = {
		request,
		stage: stage.type,
		owner: open.owner,
		model: open.model,
		input: open.input,
		inputSize: Number(open.input_size),
		units: Number(open.unit_limit),
		requestedAt: open.requested_at,
		held: open.escrow,
		k: open.k,
		audits: open.audits,
		window: windowOf(open.window),
		redraws: standing.redraws,
	};
	const round = stage.type === 'Voting' || stage.type === 'Escalated' ? stage.value : undefined;
	if (withRound && round !== undefined) {
		const running = await roundState(connection, round, block, signal);
		if (running) {
			state.round = running;
		}
	}
	return state;
}

async function roundState(connection: Connection, id: bigint, block: Block, signal: AbortSignal): Promise<RoundState | undefined> {
	const { query } = connection.api;
	const at = { at: block.hash };
	const [round, ballots] = await connection.read(
		Promise.all([query.Rounds.Rounds.getValue(id, at), query.Rounds.Ballots.getEntries(id, at)]),
		signal,
	);
	if (!round) {
		return undefined;
	}
	const { commit_end, audit_end, reveal_end } = round;
	return {
		round: Number(id),
		everybody: round.kind.type === 'Everybody',
		phase: block.number < commit_end ? 'Sealing' : block.number < audit_end ? 'Auditing' : 'Revealing',
		ends: [commit_end, audit_end, reveal_end],
		members: round.members,
		audits: round.audits,
		votes: ballots.map(({ keyArgs: [, address], value: { auditor, commit, vote, signal } }) => ({
			address,
			auditor,
			sealed: commit !== undefined,
			opened: vote !== undefined,
			signal: signal?.type,
		})),
	};
}

const windowOf = (window: { type: 'Assured' } | { type: 'Blocks'; value: number }): Window =>
	window.type === 'Assured' ? 'assured' : window.value;
