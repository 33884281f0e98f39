// Requests, the newest first.

import { useEffect, useState } from 'preact/hooks';
import type { RequestState } from '@assay-network/client';
import { basisOfState, reader } from '../light.js';
import { chain } from '../network.js';
import { asy, Empty, Failure, Id, Loading, NoNode, Table, Title, useLoaded } from '../parts.js';
import { modelLink } from '../route.js';

const PAGE = 25;

export const STAGES: Record<RequestState['stage'], { text: string; look: string }> = {
	Waiting: { text: 'waits for a committee', look: '' },
	Voting: { text: 'committee votes', look: 'accent' },
	Agreed: { text: 'agreed, may be disputed', look: 'accent' },
	Escalated: { text: 'all validators vote', look: 'warn' },
	Final: { text: 'final', look: 'good' },
	Expired: { text: 'expired', look: 'warn' },
	Unresolved: { text: 'unresolved', look: 'warn' },
	Gone: { text: 'left the state', look: '' },
};

/** Where a request stands, in words. */
export function Stage({ state }: { state: RequestState }) {
	if (state.overturnedAt !== undefined) {
		return <span class="tag bad">overturned</span>;
	}
	const { text, look } = STAGES[state.stage];
	return <span class={`tag ${look}`}>{state.failed ? `final, failed: ${state.failed}` : text}</span>;
}

export const RequestRows = ({ requests }: { requests: RequestState[] }) => (
	<Table
		heads={['Request', 'State', 'Model', 'Requester', 'Block', 'Paid or held']}
		rows={requests.map((state) => ({
			key: state.request,
			cells: [
				<a href={`#/request/${state.request}`}>
					<strong>#{state.request}</strong>
				</a>,
				<Stage state={state} />,
				state.model ? <Id value={state.model} link={modelLink(state.model)} /> : '–',
				state.owner ? <Id value={state.owner} link={`#/account/${state.owner}`} /> : '–',
				(state.endedAt ?? state.requestedAt)?.toLocaleString('en') ?? '–',
				state.paid !== undefined ? asy(state.paid) : state.held !== undefined ? `${asy(state.held)} held` : '–',
			],
		}))}
	/>
);

export function Requests() {
	const net = reader.value;
	const [before, setBefore] = useState<number>();
	const { value, error } = useLoaded(net && (() => net.requests({ limit: PAGE, ...(before !== undefined && { before }) })), [
		net,
		before,
		chain.value?.block.number,
	]);
	useEffect(() => scrollTo(0, 0), [before]);
	const first = value?.[0]?.request;
	const last = value?.at(-1)?.request;
	return (
		<>
			<Title {...(net && { basis: basisOfState.value })}>Requests</Title>
			{!net ? (
				<NoNode />
			) : error !== undefined ? (
				<Failure error={error} />
			) : !value ? (
				<Loading what="Asking for requests" />
			) : value.length === 0 ? (
				<Empty>Nobody has asked a model yet. A model's page says how to.</Empty>
			) : (
				<section class="card wide">
					<RequestRows requests={value} />
					<div class="row pages">
						<button type="button" disabled={before === undefined} onClick={() => setBefore(undefined)}>
							Newest
						</button>
						<button type="button" disabled={before === undefined || first === undefined} onClick={() => setBefore((first ?? 0) + 1 + PAGE)}>
							Newer
						</button>
						<button type="button" disabled={!last} onClick={() => setBefore(last)}>
							Older
						</button>
					</div>
				</section>
			)}
		</>
	);
}
