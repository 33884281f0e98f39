// Requests, the newest first.

import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Network, RequestState } from '@assay-network/client';
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

/** A table of requests; of those that have one thing in common, `without` that. */
export function RequestRows({ requests, without }: { requests: RequestState[]; without?: 'Model' | 'Requester' }) {
	const columns: [string, (state: RequestState) => ComponentChildren][] = [
		[
			'Request',
			({ request }) => (
				<a href={`#/request/${request}`}>
					<strong>#{request}</strong>
				</a>
			),
		],
		['State', (state) => <Stage state={state} />],
		['Model', ({ model }) => (model ? <ModelName id={model} /> : '–')],
		['Requester', ({ owner }) => (owner ? <Id value={owner} link={`#/account/${owner}`} /> : '–')],
		['Block', ({ endedAt, requestedAt }) => (endedAt ?? requestedAt)?.toLocaleString('en') ?? '–'],
		['Paid or held', ({ paid, held }) => (paid !== undefined ? asy(paid) : held !== undefined ? `${asy(held)} held` : '–')],
	];
	const shown = columns.filter(([head]) => head !== without);
	return <Table heads={shown.map(([head]) => head)} rows={requests.map((state) => ({ key: state.request, cells: shown.map(([, cell]) => cell(state)) }))} />;
}

/** Names of models, by whoever was asked for them. A model's name and version never change. */
const titles = new WeakMap<Network, Map<string, Promise<string>>>();

function titleOf(net: Network, id: string): Promise<string> {
	const known = titles.get(net) ?? new Map<string, Promise<string>>();
	titles.set(net, known);
	const title = known.get(id) ?? net.model(id).then(({ title }) => title);
	known.set(id, title);
	// It is asked again when somebody wants it.
	title.catch(() => known.delete(id));
	return title;
}

/** A model by its name, or by its id as long as nobody tells the name. */
export function ModelName({ id }: { id: string }) {
	const net = reader.value;
	const { value: title } = useLoaded(net && (() => titleOf(net, id)), [net, id]);
	return title ? <a href={modelLink(title)}>{title}</a> : <Id value={id} link={modelLink(id)} />;
}

export function Requests() {
	const net = reader.value;
	const [before, setBefore] = useState<number>();
	const { value, error } = useLoaded(net && (() => net.requests({ limit: PAGE, ...(before !== undefined && { before }) })), [net, before], chain.value?.block.number);
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
					{(before !== undefined || !!last) && (
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
					)}
				</section>
			)}
		</>
	);
}
