// What a node has kept of requests: who voted, when and for what; and the requests of a model or an account.

import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { Outcome, PastRound, PastVote, RequestHistory } from '@assay-network/client';
import { reader, readTo } from '../light.js';
import { chain, network } from '../network.js';
import { Card, count, counted, Empty, Failure, Id, Loading, Table, useLoaded } from '../parts.js';
import { validatorLink } from '../route.js';
import { RequestRows } from './requests.js';

/** Codes of a node that has no such method, and of one that keeps no history. */
const NO_HISTORY = [-32_601, 20_030];
/** Requests on a page of a list. */
const PAGE = 10;
/** Requests whose votes show how a validator votes. */
const LATELY = 20;
/** Blocks after which they are asked for again: some may have been open. */
const AGAIN_BLOCKS = 10;

const keepsNone = (error: unknown) => NO_HISTORY.includes((error as { nodeCode?: number }).nodeCode ?? 0);

const NoHistory = () => <Empty>This node keeps no history of requests. One that was started with --request-history does.</Empty>;

const ROUND_ENDS: Record<NonNullable<PastRound['ended']>['how'], string> = {
	agreed: 'Attested',
	redrawn: 'No decision: drawn again',
	escalated: 'Votes differ: all validators are asked',
	undecided: 'No majority',
};

/** The time line of a request, and each vote. */
export function History({ request, open }: { request: number; open: boolean }) {
	const net = network.value;
	const { value, error } = useLoaded(net && (async (): Promise<RequestHistory | 'none'> => (await net.history(request)) ?? 'none'), [net, request], open && readTo.value);
	if (!net) {
		return null;
	}
	return (
		<FromHistory title="Votes and time line" value={value} error={error}>
			{(value) =>
				value === 'none' ? (
					<Empty>This node has kept nothing of this request: it began later, or has not come to it yet.</Empty>
				) : (
					<Kept history={value} />
				)
			}
		</FromHistory>
	);
}

/** What a node has kept, or why it tells nothing. */
function FromHistory<T>({ title, value, error, children }: { title: string; value: T | undefined; error: unknown; children: (value: T) => ComponentChildren }) {
	return (
		<Card title={title} basis="said" wide>
			{error !== undefined ? (
				keepsNone(error) ? <NoHistory /> : <Failure error={error} />
			) : value === undefined ? (
				<Loading what="Asking the node for what it has kept" />
			) : (
				children(value)
			)}
		</Card>
	);
}

const Kept = ({ history }: { history: RequestHistory }) => (
	<>
		<ol class="line">
			{eventsOf(history).map(({ block, text, look }) => (
				<li key={`${block} ${text}`} class={look}>
					<span class="at">n{block > history.requestedAt && ` + ${block - history.requestedAt}`}</span>
					<span>
						{text} <span class="dim">in block {count(block)}</span>
					</span>
				</li>
			))}
		</ol>
		{history.rounds.map((round) => <Round key={round.round} round={round} verdict={history.verdict} />)}
	</>
);

interface Event {
	block: number;
	text: string;
	look?: string;
}

/** What happened to a request, by block. */
function eventsOf(history: RequestHistory): Event[] {
	const events: Event[] = [{ block: history.requestedAt, text: 'Requested', look: 'good' }];
	for (const { kind, members, drawnAt, ended, votes } of history.rounds) {
		events.push({ block: drawnAt, text: kind === 'committee' ? `Drawn: a committee of ${members}` : `Asked: all validators (${members})` });
		const span = (blocks: (number | null)[], what: string) => {
			const known = blocks.filter((block) => block !== null);
			known.length > 0 && events.push({ block: Math.max(...known), text: `${what}: ${counted(known.length, 'vote')}` });
		};
		span(votes.map(({ sealedAt }) => sealedAt), 'Sealed');
		span(votes.map(({ revealedAt }) => revealedAt), 'Opened');
		ended && events.push({ block: ended.block, text: `${ROUND_ENDS[ended.how]}${ended.votes === null ? '' : `: ${counted(ended.votes, 'equal vote')}`}`, ...(ended.how === 'agreed' && { look: 'good' }) });
	}
	for (const { block, objection, upheld } of history.disputes) {
		const end = upheld === null ? '' : upheld ? ', and was right' : ', and was wrong';
		events.push({ block, text: `Challenged: ${objection ? 'a member objected' : 'a validator disputes the result'}${end}`, look: 'warn' });
	}
	if (history.endedAt !== null) {
		const unchallenged = history.outcome === 'final' && history.disputes.length === 0;
		unchallenged && events.push({ block: history.endedAt, text: 'Not challenged: nobody disputed the result in its window' });
		events.push({ block: history.endedAt, text: { final: 'Final', expired: 'Expired', unresolved: 'Unresolved' }[history.outcome ?? 'final'], look: history.outcome === 'final' ? 'good' : 'warn' });
	}
	if (history.overturnedAt !== null) {
		events.push({ block: history.overturnedAt, text: 'All validators decided otherwise', look: 'bad' });
	}
	// A sort keeps the order of what happened in one block.
	return events.sort((a, b) => a.block - b.block);
}

const outcomeKey = (outcome: Outcome) => ('result' in outcome ? outcome.result : outcome.failed);
const isSame = (a: Outcome, b: Outcome) => outcomeKey(a) === outcomeKey(b);

function Round({ round, verdict }: { round: PastRound; verdict: Outcome | null }) {
	const { kind, members, votes } = round;
	return (
		<section class="round">
			<h3>
				Round {round.round}: {kind === 'committee' ? `a committee of ${members}` : 'all validators'}
			</h3>
			{votes.length === 0 ? (
				<p class="dim">Nobody has voted {round.ended ? 'in it' : 'yet'}.</p>
			) : (
				<Table
					heads={['Validator', 'Part', 'Sealed', 'Opened', 'Vote']}
					rows={votes.map((vote) => ({
						key: vote.validator,
						cells: [<Id value={vote.validator} link={validatorLink(vote.validator)} />, ...cellsOf(vote, verdict)],
					}))}
				/>
			)}
			{kind === 'committee' && votes.filter(({ part }) => part === 'member').length < members && (
				<p class="dim">{counted(members - votes.filter(({ part }) => part === 'member').length, 'member')} did nothing.</p>
			)}
		</section>
	);
}

function VoteTag({ verdict, signalled, decided }: { verdict: Outcome | null; signalled: string | null; decided: Outcome | null }) {
	if (!verdict) {
		return <span class="tag">{signalled ? `cannot: ${signalled}` : 'not open'}</span>;
	}
	const same = decided === null ? undefined : isSame(decided, verdict);
	const text = 'failed' in verdict ? `fails: ${verdict.failed}` : verdict.result.slice(0, 10);
	return (
		<span class={`tag ${same === undefined ? '' : same ? 'good' : 'bad'}`} title={outcomeKey(verdict)}>
			{same === undefined ? text : same ? `as decided: ${text}` : `otherwise: ${text}`}
		</span>
	);
}

/** Requests of a model or an account, the newest first: which there are the node says, where each stands the state. */
export function RequestsOf({ model, requester }: { model?: string; requester?: string }) {
	const net = network.value;
	const states = reader.value;
	const [before, setBefore] = useState<number>();
	const { value, error } = useLoaded(
		net &&
			states &&
			(async () => {
				const of = { ...(model && { model: model as `0x${string}` }), ...(requester && { requester }), ...(before !== undefined && { before }), limit: PAGE };
				const list = await net.requestsOf(of);
				const found = await Promise.all(list.requests.map((number) => states.request(number)));
				return { requests: found.filter((state) => state !== undefined), before: list.before };
			}),
		[net, states, model, requester, before],
	);
	if (!net) {
		return null;
	}
	return (
		<FromHistory title="Its requests" value={value} error={error}>
			{(value) =>
				value.requests.length === 0 ? (
					<Empty>{model ? 'Nobody has asked it yet, as far as this node knows.' : 'It has asked no model yet, as far as this node knows.'}</Empty>
				) : (
					<>
						<RequestRows requests={value.requests} without={model ? 'Model' : 'Requester'} />
						{(before !== undefined || value.before !== null) && (
							<div class="row pages">
								<button type="button" disabled={before === undefined} onClick={() => setBefore(undefined)}>
									Newest
								</button>
								<button type="button" disabled={value.before === null} onClick={() => setBefore(value.before ?? undefined)}>
									Older
								</button>
							</div>
						)}
					</>
				)
			}
		</FromHistory>
	);
}

/** A vote on one of the last requests. */
interface LateVote {
	request: number;
	round: PastRound;
	vote: PastVote;
	decided: Outcome | null;
}

/** The votes on the last requests, the newest first, and how many requests those are. */
function useVotesLately() {
	const net = network.value;
	const requests = chain.value?.requests;
	const turn = readTo.value && Math.floor(readTo.value / AGAIN_BLOCKS);
	return useLoaded(
		net &&
			(async () => {
				const { requests } = await net.requestsOf({ limit: LATELY });
				const known = (await Promise.all(requests.map((request) => net.history(request)))).filter((history) => history !== undefined);
				const votes = known.flatMap(({ request, verdict, rounds }) =>
					[...rounds].reverse().flatMap((round) => round.votes.map((vote): LateVote => ({ request, round, vote, decided: verdict }))),
				);
				return { requests: known.length, votes };
			}),
		[net],
		`${requests} ${turn}`,
	);
}

/** How each validator has voted on the last requests. */
export function VotesLately({ validators }: { validators: string[] }) {
	const { value, error } = useVotesLately();
	if (!network.value) {
		return null;
	}
	return (
		<FromHistory title="Votes on the last requests" value={value} error={error}>
			{({ requests, votes }) =>
				requests === 0 ? (
					<Empty>Nobody has asked a model yet.</Empty>
				) : (
					<>
						<Table
							heads={['Account', 'Votes', 'As decided', 'Otherwise', 'Too late', 'Not opened']}
							rows={validators.map((address) => {
								const own = votes.filter(({ vote }) => vote.validator === address);
								const of = (fits: (vote: LateVote) => boolean) => count(own.filter(fits).length);
								return {
									key: address,
									cells: [
										<Id value={address} link={validatorLink(address)} />,
										count(own.length),
										of(({ vote, decided }) => vote.verdict !== null && decided !== null && isSame(vote.verdict, decided)),
										of(({ vote, decided }) => vote.verdict !== null && decided !== null && !isSame(vote.verdict, decided)),
										of(({ vote }) => vote.late),
										of(({ vote, round }) => vote.verdict === null && vote.signalled === null && round.ended !== null),
									],
								};
							})}
						/>
						<p class="dim">{requests === 1 ? 'There is one request so far.' : `These are the last ${count(requests)} requests. A committee has a part of the validators.`}</p>
					</>
				)
			}
		</FromHistory>
	);
}

/** Each vote of one validator on the last requests. */
export function VotesOf({ validator }: { validator: string }) {
	const { value, error } = useVotesLately();
	if (!network.value) {
		return null;
	}
	return (
		<FromHistory title="Its votes on the last requests" value={value} error={error}>
			{({ requests, votes }) => {
				const own = votes.filter(({ vote }) => vote.validator === validator);
				return own.length === 0 ? (
					<Empty>{requests === 0 ? 'Nobody has asked a model yet.' : `It has voted on none of the last ${count(requests)}.`}</Empty>
				) : (
					<Table
						heads={['Request', 'Round', 'Part', 'Sealed', 'Opened', 'Vote']}
						rows={own.map(({ request, round, vote, decided }) => ({
							key: `${request} ${round.round}`,
							cells: [
								<a href={`#/request/${request}`}>
									<strong>#{request}</strong>
								</a>,
								round.kind === 'committee' ? `a committee of ${round.members}` : 'all validators',
								...cellsOf(vote, decided),
							],
						}))}
					/>
				);
			}}
		</FromHistory>
	);
}

/** A vote, in a row of a table: which part it had, when it was sealed and opened, and what it says. */
const cellsOf = (vote: PastVote, decided: Outcome | null) => [
	vote.part,
	vote.sealedAt === null ? '–' : count(vote.sealedAt),
	vote.revealedAt === null ? '–' : `${count(vote.revealedAt)}${vote.late ? ', too late' : ''}`,
	<VoteTag key="vote" verdict={vote.verdict} signalled={vote.signalled} decided={decided} />,
];
