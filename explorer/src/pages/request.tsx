// One request: how it is decided, and what came out, proven here.

import { useState } from 'preact/hooks';
import type { Network, RequestState, Result, RoundState } from '@assay-network/client';
import { basisOfState, prover, reader, readTo } from '../light.js';
import { chain, network } from '../network.js';
import { asy, Card, count, counted, Empty, Facts, Failure, Id, Loading, NoNode, size, Tensors, Title, useLoaded } from '../parts.js';
import { validatorLink } from '../route.js';
import { Answer, TakeLess, TakenLess } from './claim.js';
import { History } from './history.js';
import { ModelName, Stage } from './requests.js';

/** Milliseconds in which a proof is to come: votes for a later block are a few away. */
const PROOF_MS = 180_000;

export function RequestPage({ number }: { number: string }) {
	const net = reader.value;
	const request = /^\d{1,15}$/.test(number) ? Number(number) : undefined;
	const { value: state, error } = useLoaded(
		net && request !== undefined ? () => net.request(request).then((found) => found ?? 'none') : undefined,
		[net, request],
		readTo.value,
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
				<Known state={state} />
			)}
		</>
	);
}

function Known({ state }: { state: RequestState }) {
	const { request, stage } = state;
	return (
		<>
			{(stage === 'Final' || stage === 'Gone') && state.overturnedAt === undefined && <Proof request={request} stage={stage} />}
			{state.overturnedAt !== undefined && (
				<Failure error={new Error(`This result was final, and is false: all validators decided otherwise in block ${state.overturnedAt}. Its output is not shown.`)} />
			)}
			<div class="columns">
				<Card title="Course" basis={basisOfState.value}>
					<Course state={state} />
				</Card>
				{stage !== 'Gone' && (
					<Card title="Request" basis={basisOfState.value}>
						<Facts
							rows={[
								['State', <Stage key="stage" state={state} />],
								state.model !== undefined && (['Model', <ModelName key="model" id={state.model} />] as const),
								state.owner !== undefined && (['Requester', <Id key="owner" value={state.owner} link={`#/account/${state.owner}`} />] as const),
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
			<History request={request} open={!['Final', 'Expired', 'Unresolved', 'Gone'].includes(stage)} />
		</>
	);
}

/** The steps of a request: while it is there, and when it is past. */
const STEPS = [
	['Requested', 'Requested'],
	['Committee votes', 'Voted'],
	['Agreed, may be disputed', 'Agreed'],
	['Final', 'Final'],
] as const;

/** The steps of a request, and where it is. */
function Course({ state }: { state: RequestState }) {
	const { stage } = state;
	const at = { Waiting: 0, Voting: 1, Escalated: 1, Agreed: 2, Final: 4, Expired: 1, Unresolved: 1, Gone: undefined }[stage];
	if (at === undefined) {
		return <p class="dim">It has left the state. If it became final, its receipt still proves its result.</p>;
	}
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
				{STEPS.map(([step, past], index) => (
					<li key={step} class={index < at ? 'done' : index === at && !ended ? 'now' : ''} aria-current={index === at && !ended ? 'step' : undefined}>
						<strong>{index < at ? past : step}</strong> {notes[index] && <span class="dim">{notes[index]}</span>}
					</li>
				))}
			</ol>
			{stage === 'Expired' && <p class="wrong">It has expired: too few validators answered in time. What it held returned.</p>}
			{stage === 'Unresolved' && <p class="wrong">It is unresolved: the validators found no two thirds for one result.</p>}
		</>
	);
}

function Round({ round }: { round: RoundState }) {
	const { phase, votes, everybody, ends } = round;
	const sealed = votes.filter(({ sealed }) => sealed).length;
	const opened = votes.filter(({ opened }) => opened).length;
	return (
		<Card title={`Round ${round.round}`} basis={basisOfState.value} wide>
			<p>
				{everybody ? 'All validators vote.' : 'A committee votes.'} {sealed} of {votes.length} votes are sealed, {opened} are open.{' '}
				{phase === 'Sealing' ? `Seals are taken to block ${ends[0]}.` : phase === 'Auditing' ? `Auditors' seals are taken to block ${ends[1]}.` : `Votes are opened to block ${ends[2]}.`}
			</p>
			<ul class="votes">
				{votes.map(({ address, auditor, sealed, opened, signal }) => (
					<li key={address}>
						<Id value={address} link={validatorLink(address)} />
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
	const light = prover.value;
	const from = net ?? light;
	const [fast, setFast] = useState(false);
	const { value, error } = useLoaded(
		from &&
			(async (): Promise<Found> => {
				if (stage === 'Final') {
					try {
						const result = await from.resume(request).result({ timeout: PROOF_MS, fast });
						await sameFor(light, request);
						return result;
					} catch (error) {
						// A run that failed is proven, too: its receipt says why.
						if ((error as { kind?: string }).kind !== 'failed' || !net) {
							throw error;
						}
					}
				}
				if (!net) {
					throw new Error('the light client has no state of this request any more, and no node is named that may have its receipt');
				}
				return { receipt: await net.receipt(request, { timeout: PROOF_MS }), outputs: undefined };
			}),
		[light ?? from, from, request, stage, fast],
	);
	if (error !== undefined) {
		return (
			<Failure error={error}>
				<TakeLess error={error} taken={fast} take={setFast} />
			</Failure>
		);
	}
	if (!value) {
		return (
			<Card wide>
				<Loading what="Fetching the proof and verifying it here" />
			</Card>
		);
	}
	const { receipt, outputs } = value;
	const review = stage === 'Gone' ? 'unknown: the request has left the state' : light ? 'none overturned it, as the state proves' : 'none overturned it, as the node says';
	return receipt ? (
		<Answer request={request} receipt={receipt} outputs={outputs} review={review} fast={fast} />
	) : (
		<Card title="Result" basis={basisOfState.value} wide>
			{fast && <TakenLess />}
			<p class="dim">Proven by the light client, which has no receipt for others: name a node to get one.</p>
			<div class="output">{outputs && <Tensors tensors={outputs} />}</div>
		</Card>
	);
}

type Found = Pick<Result, 'receipt' | 'outputs'> | { receipt: Uint8Array; outputs: undefined };

/** Refuses a result of which the light client proves that the chain has it otherwise. */
async function sameFor(light: Network | undefined, request: number): Promise<void> {
	const state = await light?.request(request);
	if (light && state?.stage !== 'Final' && state?.stage !== 'Gone') {
		throw Object.assign(new Error(`the light client proves that request ${request} is not final`), { kind: 'not-verified' });
	}
	if (state?.overturnedAt !== undefined) {
		throw Object.assign(new Error(`the light client proves that all validators decided otherwise in block ${state.overturnedAt}`), { kind: 'not-verified' });
	}
}
