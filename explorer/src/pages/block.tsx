// One block, and what a number or a hash that somebody seeks may be.

import { useEffect } from 'preact/hooks';
import type { BlockState, Network } from '@assay-network/client';
import { reader } from '../light.js';
import { heads, network, node } from '../network.js';
import { Card, count, Empty, Facts, Failure, Id, Loading, NoNode, Title, useLoaded } from '../parts.js';
import { modelLink } from '../route.js';

const isHash = (text: string): text is `0x${string}` => /^0x[0-9a-f]{64}$/.test(text);
/** A number of a request or of a block. */
const numberOf = (text: string) => (/^\d{1,10}$/.test(text) ? Number(text) : undefined);

export function BlockPage({ which }: { which: string }) {
	const net = network.value;
	const of = isHash(which) ? which : numberOf(which);
	const { value, error } = useLoaded(net && of !== undefined ? async () => (await blockOf(net, of)) ?? 'none' : undefined, [net, of]);
	if (of === undefined) {
		return <Failure error={new Error(`“${which}” is neither the number of a block nor its hash, which begins with 0x and has 64 digits`)} />;
	}
	return (
		<>
			<Title {...(net && { basis: 'said' as const })}>Block {typeof of === 'number' ? count(of) : value && value !== 'none' ? count(value.block.number) : ''}</Title>
			{!net ? (
				<NoNode />
			) : error !== undefined ? (
				<Failure error={error} />
			) : !value ? (
				<Loading what="Asking for the block" />
			) : value === 'none' ? (
				<Empty>
					The node knows no such block. <a href="#/">The last blocks</a>
				</Empty>
			) : (
				<Found {...value} />
			)}
		</>
	);
}

interface Known {
	block: BlockState;
	/** True if the best chain has the block. */
	isOnChain: boolean;
}

async function blockOf(net: Network, of: number | `0x${string}`): Promise<Known | undefined> {
	const block = await net.block(of);
	return block && { block, isOnChain: typeof of === 'number' || (await net.block(block.number))?.hash === block.hash };
}

function Found({ block, isOnChain }: Known) {
	const { number, hash, parent, extrinsics, time } = block;
	const isFinal = isOnChain && heads.value !== undefined && number <= heads.value.finalized.number;
	const finality = isFinal ? 'final' : isOnChain ? 'not final yet' : 'never final: another block has its place';
	const apps = `https://polkadot.js.org/apps/?rpc=${encodeURIComponent(node.value ?? '')}#/explorer/query/${hash}`;
	return (
		<Card wide>
			<Facts
				rows={[
					['Number', count(number)],
					['Hash', <Id key="hash" value={hash} whole />],
					['Parent', number > 0 ? <Id key="parent" value={parent} link={`#/block/${parent}`} /> : 'none: it is the genesis block'],
					['Finality', <span key="final" class={isFinal ? 'tag good' : 'tag'}>{finality}</span>],
					['Time', time === undefined ? 'not known: the node has let its state go' : time === 0 ? 'none' : new Date(time).toLocaleString()],
					['Extrinsics', count(extrinsics)],
				]}
			/>
			<p class="actions">
				{number > 0 && <a class="button" href={`#/block/${number - 1}`}>Block {count(number - 1)}</a>}
				<a class="button" href={`#/block/${number + 1}`}>Block {count(number + 1)}</a>
				<a class="button" href={apps} rel="noopener noreferrer" target="_blank">
					Its extrinsics, in Polkadot.js Apps
				</a>
			</p>
		</Card>
	);
}

/** Leads on to what was sought if it can be one thing only, and lists the things if there are several. */
export function Find({ sought }: { sought: string }) {
	const net = network.value;
	const states = reader.value;
	const { value: found, error } = useLoaded(net && states && (() => (isHash(sought) ? byHash(sought) : byNumber(numberOf(sought)))), [net, states, sought]);
	const [only] = found ?? [];
	useEffect(() => {
		found?.length === 1 && only && location.replace(only.link);
	}, [found]);
	return (
		<>
			<Title>Found for {isHash(sought) ? <Id value={sought} /> : sought}</Title>
			{!net ? (
				<NoNode />
			) : error !== undefined ? (
				<Failure error={error} />
			) : !found ? (
				<Loading what="Seeking it" />
			) : found.length === 0 ? (
				<Empty>
					There is no request and no block of this number. <a href="#/models">All models</a>
				</Empty>
			) : (
				<ul class="models">
					{found.map(({ link, name, note }) => (
						<li key={link}>
							<a class="card" href={link}>
								<span class="name">{name}</span>
								<p>{note}</p>
							</a>
						</li>
					))}
				</ul>
			)}
		</>
	);
}

interface Thing {
	link: string;
	name: string;
	note: string;
}

async function byNumber(number: number | undefined): Promise<Thing[]> {
	const [request, block] = number === undefined ? [] : await Promise.all([reader.value?.request(number), network.value?.block(number)]);
	return [
		...(request ? [{ link: `#/request/${number}`, name: `Request #${number}`, note: 'What was asked of a model, and what came out.' }] : []),
		...(block ? [{ link: `#/block/${number}`, name: `Block ${number}`, note: `Its hash is ${block.hash.slice(0, 10)}…` }] : []),
	];
}

async function byHash(hash: `0x${string}`): Promise<Thing[]> {
	const block = await network.value?.block(hash);
	return [block ? { link: `#/block/${hash}`, name: `Block ${block.number}`, note: 'A block of this hash.' } : { link: modelLink(hash), name: 'Model', note: 'A model of this id.' }];
}
