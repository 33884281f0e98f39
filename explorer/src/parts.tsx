// What every page is made of.

import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Tensor } from '@assay-network/client/verify';
import { chooseNode, node, nodeAddress, trouble } from './network.js';

/** On what something rests. */
export type Basis = 'proven' | 'untrusted' | 'said';

const BASES: Record<Basis, { text: string; short?: string; title: string }> = {
	proven: { text: 'proven here', title: 'This browser has verified it, back to the genesis block that you trust.' },
	untrusted: {
		text: 'proven, on an unconfirmed chain',
		short: 'unconfirmed chain',
		title: 'This browser has verified it, back to a genesis block that a node has named. Confirm the chain to trust it.',
	},
	said: { text: 'a node says', title: 'The node that is asked says so. Nothing here has verified it.' },
};

/** Where there is little room, it is `short`. */
export const Badge = ({ basis, short }: { basis: Basis; short?: boolean }) => (
	<span class={`badge ${basis}`} title={BASES[basis].title}>
		{(short && BASES[basis].short) || BASES[basis].text}
	</span>
);

/** A title with what the things under it rest on. */
export const Title = ({ children, basis }: { children: ComponentChildren; basis?: Basis }) => (
	<div class="title">
		<h1>{children}</h1>
		{basis && <Badge basis={basis} />}
	</div>
);

export const Card = ({ title, basis, children, wide }: { title?: string; basis?: Basis; children: ComponentChildren; wide?: boolean }) => (
	<section class={wide ? 'card wide' : 'card'}>
		{title && (
			<div class="card-title">
				<h2>{title}</h2>
				{basis && <Badge basis={basis} />}
			</div>
		)}
		{children}
	</section>
);

/** Milliseconds in which something says that it was copied. */
const COPIED_MS = 1_500;

/** Copies a text, and says for a while that it has. */
function useCopy(text: string): [boolean, () => void] {
	const [copied, setCopied] = useState<string>();
	useEffect(() => {
		const timer = setTimeout(() => setCopied(undefined), COPIED_MS);
		return () => clearTimeout(timer);
	}, [copied]);
	return [copied === text, () => void navigator.clipboard.writeText(text).then(() => setCopied(text), () => prompt('Copy', text))];
}

export function CopyButton({ text, children }: { text: string; children: ComponentChildren }) {
	const [copied, copy] = useCopy(text);
	return (
		<button type="button" onClick={copy}>
			{copied ? 'Copied' : children}
		</button>
	);
}

/** A hash or an address: its ends, and all of it when copied. */
export function Id({ value, link, whole }: { value: string; link?: string; whole?: boolean }) {
	const [copied, copy] = useCopy(value);
	const short = whole || value.length <= 18 ? value : `${value.slice(0, 8)}…${value.slice(-6)}`;
	return (
		<span class={whole ? 'id whole' : 'id'}>
			{link ? <a href={link} title={value}>{short}</a> : <span title={value}>{short}</span>}
			<button type="button" class="copy" onClick={copy} aria-label={`Copy ${short}`} title="Copy">
				{copied ? '✓' : <CopySign />}
			</button>
		</span>
	);
}

const CopySign = () => (
	<svg viewBox="0 0 16 16" aria-hidden="true">
		<rect x="5.5" y="5.5" width="8" height="8" rx="1.6" />
		<path d="M10.5 3.5v-.4a.6.6 0 0 0-.6-.6H3.1a.6.6 0 0 0-.6.6v6.8a.6.6 0 0 0 .6.6h.4" />
	</svg>
);

/** Pairs of a name and what it is. */
export const Facts = ({ rows }: { rows: (readonly [string, ComponentChildren] | false | undefined)[] }) => (
	<dl class="facts">
		{rows.filter((row) => !!row).map(([name, value]) => (
			<div key={name}>
				<dt>{name}</dt>
				<dd>{value}</dd>
			</div>
		))}
	</dl>
);

export const Loading = ({ what }: { what: string }) => (
	<div class="state" role="status">
		<span class="spinner" aria-hidden="true" /> {what}
	</div>
);

export const Empty = ({ children }: { children: ComponentChildren }) => <div class="state">{children}</div>;

/** Words of the library that are for programs, and what stands for them here. */
const FOR_PROGRAMS: [RegExp, string][] = [
	[/^not verified: /, ''],
	[/; `fast: true` accepts it/, ''],
	[/: `net\.resume\(\d+\)\.result\(\)` gets its answer/, ', and its page has its answer'],
	[/: `net\.models\(\)` lists those that there are/, ''],
	[/, or name another with `url`/, ', or choose another'],
	[/: for another chain, give it a name of its own with `chain`/, ''],
	[
		/the light client does not take this chain spec: .*GenesisBlockCheckpoint.*/,
		'the specification is from the first two sessions of the chain, in which no light client can begin: take one that is made later',
	],
];

/** What somebody found wrong, in words for people. */
export const words = (error: unknown): string =>
	FOR_PROGRAMS.reduce((text, [from, to]) => text.replace(from, to), (error as { message?: string } | undefined)?.message ?? String(error));

/** Whether a result is proven, on terms below the network's defaults. */
export const isTooLittle = (error: unknown): boolean => /rests on too little/.test(words(error));

/** What went wrong, in the words of whoever found it. */
export function Failure({ error, children }: { error: unknown; children?: ComponentChildren }) {
	const { kind, request } = error as { kind?: string; request?: number };
	const page = `#/request/${request}`;
	return (
		<div class="failure" role="alert">
			<strong>{isTooLittle(error) ? 'Less than the network’s defaults' : kind === 'not-verified' ? 'A node says so, and it is not so' : 'This did not work'}</strong>
			<p>{words(error)}</p>
			{request !== undefined && location.hash !== page && (
				<p>
					<a href={page}>Request #{request}</a>
				</p>
			)}
			{children}
		</div>
	);
}

/** A table that becomes a list where it is narrow. */
export const Table = ({ heads, rows }: { heads: string[]; rows: { key: string | number; cells: ComponentChildren[] }[] }) => (
	<table>
		<thead>
			<tr>{heads.map((head) => <th scope="col" key={head}>{head}</th>)}</tr>
		</thead>
		<tbody>
			{rows.map(({ key, cells }) => (
				<tr key={key}>{cells.map((cell, index) => <td key={heads[index]} data-head={heads[index]}>{cell}</td>)}</tr>
			))}
		</tbody>
	</table>
);

/**
 * Something that is asked for, asked again when `keys` change; what was there stays until then, unless it is the first key that changes: who was asked,
 * and so what it rests on. It is also asked again when `turn` changes, the block that it is read at. An answer of an earlier turn shows until a later one
 * comes: answers may take longer than blocks.
 */
export function useLoaded<T>(load: (() => Promise<T>) | undefined, keys: unknown[], turn?: unknown): { value: T | undefined; error: unknown } {
	const [from] = keys;
	const [state, setState] = useState<{ value: T | undefined; error: unknown; from: unknown }>({ value: undefined, error: undefined, from });
	const subject = useRef({ asked: 0, shown: 0, wanted: false });
	useEffect(() => {
		const own = { asked: 0, shown: 0, wanted: true };
		subject.current = own;
		return () => {
			own.wanted = false;
		};
	}, keys);
	useEffect(() => {
		const own = subject.current;
		const order = ++own.asked;
		load?.().then(
			(value) => {
				if (own.wanted && order > own.shown) {
					own.shown = order;
					setState({ value, error: undefined, from });
				}
			},
			// An answer of a later turn, which is on its way, takes the place of an error.
			(error: unknown) => own.wanted && order === own.asked && setState({ value: undefined, error, from }),
		);
	}, [...keys, turn]);
	return state.from === from ? state : { value: undefined, error: undefined };
}

/** Asks for a node, where a page can show nothing without one. */
export function NodeForm() {
	const [address, setAddress] = useState(node.value ?? 'ws://127.0.0.1:9944');
	const [wrong, setWrong] = useState<string>();
	const submit = (event: Event) => {
		event.preventDefault();
		try {
			chooseNode(nodeAddress(address));
		} catch {
			setWrong(`\`${address}\` is no address of a node: it begins with ws:// or wss://`);
		}
	};
	return (
		<form class="row" onSubmit={submit}>
			<label class="grow">
				<span class="label">Address of a node</span>
				<input value={address} onInput={({ currentTarget }) => setAddress(currentTarget.value)} spellcheck={false} autocomplete="off" inputmode="url" />
			</label>
			<button type="submit" class="primary">Connect</button>
			{wrong && <p class="wrong" role="alert">{wrong}</p>}
		</form>
	);
}

/** In place of what only a node tells, as long as there is none. */
export function NoNode() {
	if (node.value === undefined) {
		return (
			<Card title="Connect to a node">
				<p>
					This page asks a node for blocks, models and requests. It believes none of it: what decides is verified here. No node is
					needed for <a href="#/verify">verifying a receipt</a>.
				</p>
				<NodeForm />
			</Card>
		);
	}
	if (trouble.value !== undefined) {
		const { kind } = trouble.value as { kind?: string };
		return (
			<Card title="No connection">
				<Failure error={kind === 'not-verified' ? new Error(words(trouble.value)) : trouble.value} />
				<p class="dim">{kind === 'network' ? 'It is tried again by itself.' : 'Another node may do, or another chain may be the one that you trust.'}</p>
				<NodeForm />
			</Card>
		);
	}
	return <Loading what={`Connecting to ${node.value}`} />;
}

/** Plancks of one ASY. */
const ASY = 10n ** 12n;

/** An amount, in ASY. */
export function asy(plancks: bigint): string {
	const part = (plancks % ASY).toString().padStart(12, '0').replace(/0+$/, '');
	return `${(plancks / ASY).toLocaleString('en')}${part && `.${part}`} ASY`;
}

export const count = (number: number | bigint) => number.toLocaleString('en');

/** So many of something whose plural has an s. */
export const counted = (number: number, one: string) => `${count(number)} ${one}${number === 1 ? '' : 's'}`;

export function size(bytes: number): string {
	const [unit, power] = bytes < 1024 ? ['bytes', 0] : bytes < 1024 ** 2 ? ['KiB', 1] : bytes < 1024 ** 3 ? ['MiB', 2] : ['GiB', 3];
	return `${(bytes / 1024 ** (power as number)).toLocaleString('en', { maximumFractionDigits: 1 })} ${unit}`;
}

/** Seconds, as people say them. */
export function duration(seconds: number): string {
	const [amount, unit] =
		seconds < 90 ? [seconds, 'second'] : seconds < 5_400 ? [seconds / 60, 'minute'] : seconds < 129_600 ? [seconds / 3_600, 'hour'] : [seconds / 86_400, 'day'];
	const whole = Math.round(amount as number);
	return counted(whole, unit as string);
}

/** A clock that turns a page's ages. */
export function useNow(): number {
	const [now, setNow] = useState(Date.now());
	useEffect(() => {
		const timer = setInterval(() => setNow(Date.now()), 1_000);
		return () => clearInterval(timer);
	}, []);
	return now;
}

/** Elements that a table shows; all are in the file. */
const SHOWN = 64;

/** Tensors as tables. */
export const Tensors = ({ tensors }: { tensors: Record<string, Tensor> }) => (
	<>
		{Object.entries(tensors).map(([name, { type, shape, data }]) => {
			const elements = Array.from(data.slice(0, SHOWN) as ArrayLike<unknown>, shown);
			return (
				<figure class="tensor" key={name}>
					<figcaption>
						<strong>{name}</strong> <span class="dim">{`${type} [${shape.join(', ')}]`}</span>
					</figcaption>
					<div class="elements">
						{elements.map((element, index) => <span key={index}>{element}</span>)}
						{data.length > SHOWN && <span class="dim">… {count(data.length)} in all</span>}
					</div>
				</figure>
			);
		})}
	</>
);

const shown = (element: unknown) => (typeof element === 'number' && !Number.isInteger(element) ? String(Number(element.toPrecision(7))) : String(element));
