// One request: how it is decided, and what came out, proven here.

import type { RequestState, Result, RoundState } from '@assay-network/client';
import { chain, finalized, network } from '../network.js';
import { asy, Card, count, counted, Empty, Facts, Failure, Id, Loading, NoNode, size, Title, useLoaded } from '../parts.js';
import { modelLink } from '../route.js';
import { Answer } from './claim.js';
import { Stage } from './requests.js';

/** Milliseconds in which a proof is to come: votes for a later block are a few away. */
const PROOF_MS = 180_000;

export function RequestPage({ number }: { number: string }) {
	const net = network.value;
	const request = /^\d{1,15}$/.test(number) ? Number(number) : undefined;
	const { value: state, error } = useLoaded(
		net && request !== undefined ? () => net.request(request).then((found) => found ?? 'none') : undefined,
		[net, request, finalized.value],
	);
	if (request === undefined) {
		return <Failure error={new Error(`“${number}” is no number of a request: requests are counted from 0`)} />;
	}
	if (!net) {
		return (
			<>
				<Title>Request #{request}</Title>
				<NoNode />
			</>
		);
	}
	return (
		<>
			<Title>Request #{request}</Title>
			{error !== undefined ? (
				<Failure error={error} />
			) : state === undefined ? (
				<Loading what="Asking where it stands" />
			) : state === 'none' ? (
				<Empty>
					There is no request {request} yet{chain.value && chain.value.requests > 0 ? `: the last one is ${chain.value.requests - 1}` : ''}.{' '}
					<a href="#/requests">All requests</a>
				</Empty>
			) : (
				<Found state={state} />
			)}
		</>
	);
}

function Found({ state }: { state: RequestState }) {
	const { request, stage } = state;
	return (
		<>
			{(stage === 'Final' || stage === 'Gone') && state.overturnedAt === undefined && <Proof request={request} stage={stage} />}
			{state.overturnedAt !== undefined && (
				<Failure error={new Error(`This result was final, and is false: all validators decided otherwise in block ${state.overturnedAt}. Its output is not shown.`)} />
			)}
			<div class="columns">
				<Card title="Course" basis="said">
					<Course state={state} />
				</Card>
				{stage !== 'Gone' && (
					<Card title="Request" basis="said">
						<Facts
							rows={[
								['State', <Stage key="stage" state={state} />],
								state.model !== undefined && (['Model', <Id key="model" value={state.model} link={modelLink(state.model)} />] as const),
								state.owner !== undefined && (['Requester', <Id key="owner" value={state.owner} />] as const),
								state.input !== undefined && (['Input', <Id key="input" value={state.input} />] as const),
								state.inputSize !== undefined && (['Size of the input', size(state.inputSize)] as const),
								state.units !== undefined && (['Unit limit', count(state.units)] as const),
								state.k !== undefined && (['Committee', `${counted(state.k, 'member')}, ${counted(state.audits ?? 0, 'auditor')} expected`] as const),
								state.window !== undefined && (['Window', state.window === 'assured' ? 'assured' : state.window === 0 ? 'none: all are asked' : counted(state.window, 'block')] as const),
								state.held !== undefined && (['On hold', asy(state.held)] as const),
								state.paid !== undefined && (['Paid', asy(state.paid)] as const),
							]}
						/>
					</Card>
				)}
			</div>
			{state.round && <Round round={state.round} />}
		</>
	);
}

const STEPS = ['Requested', 'Committee votes', 'Agreed, may be disputed', 'Final'] as const;

/** The steps of a request, and where it is. */
function Course({ state }: { state: RequestState }) {
	const { stage } = state;
	const at = { Waiting: 0, Voting: 1, Escalated: 1, Agreed: 2, Final: 4, Expired: 1, Unresolved: 1, Gone: 4 }[stage];
	const notes = [
		state.requestedAt !== undefined ? `in block ${count(state.requestedAt)}` : undefined,
		stage === 'Escalated' ? 'all validators were asked' : state.redraws ? `drawn again ${state.redraws} times` : undefined,
		undefined,
		state.endedAt !== undefined && stage === 'Final' ? `in block ${count(state.endedAt)}` : undefined,
	];
	const ended = stage === 'Expired' || stage === 'Unresolved';
	return (
		<>
			<ol class="course">
				{STEPS.map((step, index) => (
					<li key={step} class={index < at ? 'done' : index === at && !ended ? 'now' : ''} aria-current={index === at && !ended ? 'step' : undefined}>
						<strong>{step}</strong> {notes[index] && <span class="dim">{notes[index]}</span>}
					</li>
				))}
			</ol>
			{stage === 'Expired' && <p class="wrong">It has expired: too few validators answered in time. What it held returned.</p>}
			{stage === 'Unresolved' && <p class="wrong">It is unresolved: the validators found no two thirds for one result.</p>}
			{stage === 'Gone' && <p class="dim">It has left the state. If it became final, its receipt still proves its result.</p>}
		</>
	);
}

function Round({ round }: { round: RoundState }) {
	const { phase, votes, everybody, ends } = round;
	const sealed = votes.filter(({ sealed }) => sealed).length;
	const opened = votes.filter(({ opened }) => opened).length;
	return (
		<Card title={`Round ${round.round}`} basis="said" wide>
			<p>
				{everybody ? 'All validators vote.' : 'A committee votes.'} {sealed} of {votes.length} votes are sealed, {opened} are open.{' '}
				{phase === 'Sealing' ? `Seals are taken to block ${ends[0]}.` : phase === 'Auditing' ? `Auditors' seals are taken to block ${ends[1]}.` : `Votes are opened to block ${ends[2]}.`}
			</p>
			<ul class="votes">
				{votes.map(({ address, auditor, sealed, opened, signal }) => (
					<li key={address}>
						<Id value={address} />
						<span class="dim">{auditor ? 'auditor' : 'member'}</span>
						<span class={opened ? 'tag good' : sealed ? 'tag accent' : 'tag'}>{signal ? `cannot: ${signal}` : opened ? 'open' : sealed ? 'sealed' : 'not yet'}</span>
					</li>
				))}
			</ul>
		</Card>
	);
}

/** The output with its proof, or what is proven in place of one. */
function Proof({ request, stage }: { request: number; stage: RequestState['stage'] }) {
	const net = network.value;
	const { value, error } = useLoaded(
		net &&
			(async (): Promise<Result | { receipt: Uint8Array; outputs?: undefined }> => {
				if (stage === 'Final') {
					try {
						return await net.resume(request).result({ timeout: PROOF_MS });
					} catch (error) {
						// A run that failed is proven, too: its receipt says why.
						if ((error as { kind?: string }).kind !== 'failed') {
							throw error;
						}
					}
				}
				return { receipt: await net.receipt(request, { timeout: PROOF_MS }) };
			}),
		[net, request, stage],
	);
	if (error !== undefined) {
		return <Failure error={error} />;
	}
	if (!value || !net) {
		return (
			<Card wide>
				<Loading what="Fetching the receipt and verifying it here" />
			</Card>
		);
	}
	const { receipt, outputs } = value;
	const review = stage === 'Gone' ? 'unknown: the request has left the state' : 'none overturned it, as the node says';
	return receipt && <Answer request={request} receipt={receipt} outputs={outputs} review={review} />;
}
