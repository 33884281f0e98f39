// A node's history of requests: the voters, the blocks of their votes, and their verdicts. All of it is the node's word.

import type { Hex } from './verifier.js';

/** The outcome of a run: the hash of a result, or the reason for which there is none. */
export type Outcome = { result: Hex } | { failed: string };

/** A vote in a round that has ended, or that runs. */
export interface PastVote {
	validator: string;
	part: 'member' | 'auditor';
	/** Block in which it was sealed. */
	sealedAt: number | null;
	/** Block in which it was opened. */
	revealedAt: number | null;
	/** True if it came too late to count. */
	late: boolean;
	verdict: Outcome | null;
	/** The bytes that the validator said it could not get. */
	signalled: string | null;
}

/** A round of votes. */
export interface PastRound {
	round: number;
	kind: 'committee' | 'everybody';
	members: number;
	drawnAt: number;
	ended: { block: number; how: 'agreed' | 'redrawn' | 'escalated' | 'undecided'; votes: number | null } | null;
	/** Of those who did something. */
	votes: PastVote[];
}

/** Somebody who disagreed. */
export interface PastDispute {
	validator: string;
	block: number;
	/** True if it is an objection of a member, and no challenge. */
	objection: boolean;
	upheld: boolean | null;
}

/** A request, from its block to its end. */
export interface RequestHistory {
	request: number;
	requester: string;
	model: Hex;
	input: Hex;
	requestedAt: number;
	endedAt: number | null;
	outcome: 'final' | 'expired' | 'unresolved' | null;
	verdict: Outcome | null;
	overturnedAt: number | null;
	rounds: PastRound[];
	disputes: PastDispute[];
}

/** A page of a list: `before` is what goes on with it. */
export interface RequestList {
	requests: number[];
	before: number | null;
}
