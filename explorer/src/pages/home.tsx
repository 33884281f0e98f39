// The chain as it goes on.

import { useEffect } from 'preact/hooks';
import { Charts, noteRequests } from '../charts.js';
import { basisOfState, reader, readTo } from '../light.js';
import { blocks, chain, heads, network } from '../network.js';
import { Badge, Card, count, Empty, Facts, Id, Loading, NoNode, useLoaded, useNow, type Basis } from '../parts.js';
import { RequestRows } from './requests.js';

/** Requests that the first page lists. */
const RECENT = 6;
/** Blocks that it lists. */
const BLOCKS = 8;

export function Home() {
	const net = network.value;
	const state = chain.value;
	const now = useNow();
	const asked = reader.value;
	const { value: requests } = useLoaded(asked && (() => asked.requests({ limit: RECENT })), [asked], state?.block.number);
	useEffect(() => noteRequests(requests ?? []), [requests]);
	return (
		<>
			<div class="hero">
				<h1>See for yourself what the network made final.</h1>
				<p>
					Assay runs AI models by committees of validators and proves what they answered. This page checks the proof in your browser. It takes
					neither a node’s word for it nor a sender’s.
				</p>
				<p class="actions">
					<a class="button primary" href="#/verify">Verify a receipt</a>
					<a class="button" href="#/models">Browse models</a>
				</p>
			</div>
			{!net || !heads.value ? (
				<NoNode />
			) : (
				<>
					<div class="numbers">
						<Figure name="Best block" value={count(heads.value.best.number)} basis="said" />
						<Figure name="Final block" value={readTo.value === undefined ? '…' : count(readTo.value)} basis={basisOfState.value} />
						<Figure name="Validators" value={state ? count(state.validators.filter(({ elected }) => elected).length) : '…'} basis={basisOfState.value} />
						<Figure name="Requests so far" value={state ? count(state.requests) : '…'} basis={basisOfState.value} />
					</div>
					<div class="columns">
						<Card title="Blocks" basis="said">
							<ol class="blocks">
								{blocks.value.slice(0, BLOCKS).map(({ number, hash, seen, final }) => (
									<li key={hash}>
										<strong>{count(number)}</strong>
										<Id value={hash} link={`#/block/${hash}`} />
										<span class="dim">{count(Math.max(0, Math.round((now - seen) / 1_000)))} s ago</span>
										<span class={final === undefined ? 'tag' : 'tag good'}>{final === undefined ? 'best' : 'final'}</span>
									</li>
								))}
							</ol>
						</Card>
						<Card title="Chain" basis={basisOfState.value}>
							{state ? (
								<Facts
									rows={[
										['Genesis block', <Id key="genesis" value={net.genesis} />],
										['Final block', <Id key="block" value={state.block.hash} />],
										['Its time', new Date(state.time).toLocaleString()],
										['Session', count(state.session)],
										['Era', count(state.era)],
										['Engine', state.engine ? <Id key="engine" value={state.engine} /> : 'none yet'],
									]}
								/>
							) : (
								<Loading what="Asking for the state" />
							)}
						</Card>
					</div>
					<Card title="Since this page was opened" basis="said" wide>
						<Charts />
					</Card>
					<Card title="Newest requests" basis={basisOfState.value} wide>
						{!requests ? (
							<Loading what="Asking for requests" />
						) : requests.length === 0 ? (
							<Empty>Nobody has asked a model yet.</Empty>
						) : (
							<>
								<RequestRows requests={requests} />
								<p>
									<a href="#/requests">All requests</a>
								</p>
							</>
						)}
					</Card>
					{basisOfState.value === 'said' && <p class="dim">Open a final request to have its result proven here.</p>}
				</>
			)}
		</>
	);
}

const Figure = ({ name, value, note, basis }: { name: string; value: string; note?: string; basis: Basis }) => (
	<div class="number">
		<span class="label">{name}</span>
		<strong>{value}</strong>
		{note && <span class="dim">{note}</span>}
		<Badge basis={basis} />
	</div>
);
