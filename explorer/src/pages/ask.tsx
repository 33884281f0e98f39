// Asking a model from the page: what it takes, what that costs, who pays, and the answer with its proof.

import { signal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import type { Account, Model, Network, Progress, Quote, Result } from '@assay-network/client';
import type { Port, TensorLike } from '@assay-network/client/verify';
import { fromFile, fromImage, imagePort, portWords, SCALES, tensorOf, type Scale } from '../input.js';
import { heads, network } from '../network.js';
import { asy, Badge, Card, count, counted, Empty, Failure, size, useLoaded } from '../parts.js';
import { Answer } from './claim.js';

/** Milliseconds in which somebody who types goes on typing. */
const TYPING_MS = 500;
/** Keys of development chains, whose secrets everybody has. */
const DEVELOPMENT_KEYS = ['//Alice', '//Bob', '//Charlie', '//Dave', '//Eve'] as const;
/** Bytes of a file that is read at once. */
const MAX_FILE = 64 * 1024 * 1024;

/** A tensor that a file has brought, and the file's name. */
interface Chosen {
	from: string;
	tensor: TensorLike;
}

export function Ask({ model, ports }: { model: Model; ports: Port[] }) {
	const net = network.value;
	const [texts, setTexts] = useState<Record<string, string>>({});
	const [chosen, setChosen] = useState<Record<string, Chosen>>({});
	const [payer, setPayer] = useState<Account>();
	const [run, setRun] = useState<Run>();
	const input = tensorsOf(ports, texts, chosen);
	const key = JSON.stringify([texts, Object.entries(chosen).map(([name, { from }]) => [name, from])]);
	const quote = useQuote(model, 'tensors' in input ? input.tensors : undefined, [model, key, chosen]);
	useEffect(() => () => run?.stop(), [run]);
	if (!net) {
		return null;
	}
	if (!model.active) {
		return (
			<Card title="Ask it" wide>
				<Empty>It takes no requests: it is {model.status.toLowerCase()}.</Empty>
			</Card>
		);
	}
	const typed = Object.values(texts).some((text) => text.trim() !== '');
	const ask = (event: Event) => {
		event.preventDefault();
		if ('tensors' in input && payer) {
			setRun(start(model, input.tensors, payer));
		}
	};
	return (
		<>
			<Card title="Ask it" wide>
				<form class="ask" onSubmit={ask}>
					<fieldset disabled={run?.going.value ?? false}>
						{ports.map((port) => (
							<PortField
								key={port.name}
								port={port}
								ports={ports}
								text={texts[port.name] ?? ''}
								chosen={chosen[port.name]}
								write={(text) => setTexts({ ...texts, [port.name]: text })}
								choose={(found) => setChosen({ ...chosen, ...found })}
								forget={() => setChosen(Object.fromEntries(Object.entries(chosen).filter(([name]) => name !== port.name)))}
							/>
						))}
						{'wrong' in input && typed && <p class="wrong">{input.wrong}</p>}
						<Payer net={net} payer={payer} pay={setPayer} price={quote.value?.price} />
						<Price quote={quote} model={model} asked={'tensors' in input} />
						<button type="submit" class="primary" disabled={!('tensors' in input) || !payer || !quote.value}>
							{run?.going.value ? 'Asking…' : 'Ask'}
						</button>
					</fieldset>
				</form>
				{run && <Steps run={run} />}
			</Card>
			{run?.failure.value !== undefined && <Failure error={run.failure.value} />}
			{run?.answer.value?.receipt && (
				<Answer request={run.answer.value.request} receipt={run.answer.value.receipt} outputs={run.answer.value.outputs} review="none overturned it, as the node says" />
			)}
		</>
	);
}

/** All inputs, or what is wrong with them. */
function tensorsOf(ports: Port[], texts: Record<string, string>, chosen: Record<string, Chosen>): { tensors: Record<string, TensorLike> } | { wrong: string } {
	try {
		return { tensors: Object.fromEntries(ports.map((port) => [port.name, chosen[port.name]?.tensor ?? tensorOf(port, texts[port.name] ?? '')])) };
	} catch (error) {
		return { wrong: (error as Error).message };
	}
}

/** What a run takes, once its reader has stopped typing. */
function useQuote(model: Model, tensors: Record<string, TensorLike> | undefined, keys: unknown[]) {
	const [still, setStill] = useState<unknown[]>();
	useEffect(() => {
		const timer = setTimeout(() => setStill(keys), TYPING_MS);
		return () => clearTimeout(timer);
	}, keys);
	const settled = still?.every((key, index) => key === keys[index]) ?? false;
	const found = useLoaded(settled && tensors ? () => model.quote(tensors) : undefined, [settled, ...keys]);
	return settled && tensors ? found : { value: undefined, error: undefined };
}

function Price({ quote: { value, error }, model, asked }: { quote: { value: Quote | undefined; error: unknown }; model: Model; asked: boolean }) {
	if (error !== undefined) {
		return <Failure error={error} />;
	}
	return (
		<p class="price" aria-live="polite">
			{value ? (
				<>
					<strong>{asy(value.price)}</strong> at most
					{model.royalty > 0n && `, ${asy(model.royalty)} of it to the model’s owner`}. What is not used returns. <Badge basis="said" />
				</>
			) : (
				<span class="dim">{asked ? 'Asking for the price…' : 'The price shows when the input is complete.'}</span>
			)}
		</p>
	);
}

interface PortFieldProps {
	port: Port;
	ports: Port[];
	text: string;
	chosen: Chosen | undefined;
	write: (text: string) => void;
	choose: (found: Record<string, Chosen>) => void;
	forget: () => void;
}

/** One input: typed, from a file of tensors, or from an image. */
function PortField({ port, ports, text, chosen, write, choose, forget }: PortFieldProps) {
	const [scale, setScale] = useState<Scale>('unit');
	const [error, setError] = useState<unknown>();
	const takesImages = imagePort(port) !== undefined;
	const take = async (files: FileList | null) => {
		const file = files?.[0];
		if (!file) {
			return;
		}
		try {
			if (file.size > MAX_FILE) {
				throw new Error(`${file.name} has ${size(file.size)}, and an input is far smaller`);
			}
			const tensors =
				takesImages && /^image\//.test(file.type)
					? { [port.name]: await fromImage(port, file, scale) }
					: await fromFile(file.name, new Uint8Array(await file.arrayBuffer()), ports);
			choose(Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, { from: file.name, tensor }])));
			setError(undefined);
		} catch (error) {
			setError(error);
		}
	};
	const id = `input-${port.name}`;
	return (
		<div class="port">
			<div class="port-head">
				<label for={id}>
					<strong>{port.name}</strong> <span class="dim">{portWords(port)}</span>
				</label>
				<span class="grow" />
				{takesImages && port.type === 'float32' && (
					<select aria-label={`Range of the pixels of ${port.name}`} value={scale} onChange={({ currentTarget }) => setScale(currentTarget.value as Scale)}>
						{Object.entries(SCALES).map(([value, title]) => <option key={value} value={value}>Pixels {title}</option>)}
					</select>
				)}
				<label class="button file">
					{takesImages ? 'Image or file' : 'File'}
					<input
						type="file"
						aria-label={`File for ${port.name}`}
						accept={`.json,.npy,.npz,.bundle${takesImages ? ',image/*' : ''}`}
						onChange={({ currentTarget }) => {
							void take(currentTarget.files).then(() => (currentTarget.value = ''));
						}}
					/>
				</label>
			</div>
			{chosen ? (
				<p class="chosen">
					From <strong>{chosen.from}</strong>
					<button type="button" class="link" onClick={forget}>
						Type it
					</button>
				</p>
			) : (
				<textarea
					id={id}
					rows={2}
					value={text}
					onInput={({ currentTarget }) => write(currentTarget.value)}
					placeholder={port.type === 'string' ? 'One text a line, or ["…", "…"]' : 'Numbers apart by commas, or [[…], […]]'}
					spellcheck={false}
				/>
			)}
			{error !== undefined && <Failure error={error} />}
		</div>
	);
}

/** Who pays: an account of a wallet, or, on a development chain, one whose key everybody has. */
function Payer({ net, payer, pay, price }: { net: Network; payer: Account | undefined; pay: (account: Account) => void; price: bigint | undefined }) {
	const { value: type } = useLoaded(() => net.chainType(), [net]);
	const [looked, setLooked] = useState(0);
	const { value: names = [] } = useLoaded(async () => (await import('@assay-network/client')).wallets(), [looked]);
	const [accounts, setAccounts] = useState<Account[]>([]);
	const [error, setError] = useState<unknown>();
	const { value: balance } = useLoaded(payer && (() => net.balance(payer.address)), [net, payer, heads.value?.finalized.number]);
	const open = async (name: string) => {
		try {
			const { fromExtension } = await import('@assay-network/client');
			const found = await fromExtension(name, 'Assay Explorer');
			const [first] = found;
			if (!first) {
				throw new Error(`${name} shows this page no account: allow it one in the wallet, and try again`);
			}
			setAccounts(found);
			pay(first);
			setError(undefined);
		} catch (error) {
			setError(error);
		}
	};
	const choose = async (value: string) => {
		if (value.startsWith('//')) {
			const { devAccount } = await import('@assay-network/client');
			pay({ ...(await devAccount(value)), name: value });
		} else {
			const found = accounts.find(({ address }) => address === value);
			found && pay(found);
		}
	};
	const keys = type === 'Development' ? DEVELOPMENT_KEYS : [];
	const current = payer?.name?.startsWith('//') ? payer.name : (payer?.address ?? '');
	return (
		<div class="payer">
			<div class="row">
				{(accounts.length > 0 || keys.length > 0) && (
					<label class="grow">
						<span class="label">Who pays</span>
						<select name="payer" value={current} onChange={({ currentTarget }) => void choose(currentTarget.value)}>
							<option value="" disabled>
								Choose an account
							</option>
							{accounts.map(({ address, name }) => (
								<option key={address} value={address}>{`${name ?? 'Account'}, ${address.slice(0, 6)}…${address.slice(-6)}`}</option>
							))}
							{keys.length > 0 && (
								<optgroup label="Keys of this development chain, which everybody has">
									{keys.map((key) => <option key={key}>{key}</option>)}
								</optgroup>
							)}
						</select>
					</label>
				)}
				{names.map((name) => (
					<button key={name} type="button" onClick={() => void open(name)}>
						Use {name}
					</button>
				))}
				{names.length === 0 && (
					<button type="button" onClick={() => setLooked(looked + 1)}>
						Look for a wallet
					</button>
				)}
			</div>
			{looked > 0 && names.length === 0 && (
				<p class="dim">This browser has no wallet. Install one, such as polkadot.js, Talisman or SubWallet, and load the page again.</p>
			)}
			{payer && balance !== undefined && (
				<p class={price !== undefined && balance < price ? 'wrong' : 'dim'}>
					It has {asy(balance)}
					{price !== undefined && balance < price && ', which is less than the price: send it some, or choose another account'}.
				</p>
			)}
			{error !== undefined && <Failure error={error} />}
		</div>
	);
}

/** A step of a run, and the best block when it came. */
interface Step {
	text: string;
	block: number | undefined;
}

interface Run {
	steps: { value: Step[] };
	going: { value: boolean };
	answer: { value: Result | undefined };
	failure: { value: unknown };
	request: { value: number | undefined };
	stop: () => void;
}

/** Asks a model by the client's one call, which verifies what it returns. */
function start(model: Model, tensors: Record<string, TensorLike>, account: Account): Run {
	const stopping = new AbortController();
	const run = {
		steps: signal<Step[]>([]),
		going: signal(true),
		answer: signal<Result | undefined>(undefined),
		failure: signal<unknown>(undefined),
		request: signal<number | undefined>(undefined),
		stop: () => stopping.abort(),
	};
	const step = (text: string) => {
		if (run.steps.value.at(-1)?.text !== text) {
			run.steps.value = [...run.steps.value, { text, block: heads.value?.best.number }];
		}
	};
	const onProgress = (progress: Progress) => {
		if (progress.type === 'requested') {
			run.request.value = progress.request;
		}
		const text = stepOf(progress);
		text && step(text);
	};
	step('Waiting for the signature');
	model.run(tensors, { account, onProgress, signal: stopping.signal }).then(
		(answer) => {
			step('Verified here');
			run.answer.value = answer;
			run.going.value = false;
		},
		(error: unknown) => {
			run.failure.value = error;
			run.going.value = false;
		},
	);
	return run;
}

const STATUS: Record<string, string> = {
	Waiting: 'Waiting for a committee',
	Voting: 'The committee votes',
	Agreed: 'Agreed',
	Escalated: 'All validators vote',
};

function stepOf(progress: Progress): string | undefined {
	switch (progress.type) {
		case 'submitted':
			return 'Sent';
		case 'included':
			return 'In a final block';
		case 'requested':
			return `Request #${progress.request} is made`;
		case 'status':
			return STATUS[progress.status];
		case 'proving':
			return 'Final: waiting for the votes that prove it';
		default:
			return undefined;
	}
}

/** How far a run is, in blocks. */
function Steps({ run }: { run: Run }) {
	const steps = run.steps.value;
	const first = steps.find(({ text }) => text === 'Sent')?.block;
	const now = heads.value?.best.number;
	return (
		<div class="steps">
			<ol class="course">
				{steps.map(({ text, block }, index) => (
					<li key={text} class={index < steps.length - 1 || !run.going.value ? 'done' : 'now'}>
						<strong>{text === STATUS.Agreed && index === steps.length - 1 && run.going.value ? `${text}, may be disputed` : text}</strong> {block !== undefined && <span class="dim">block {count(block)}</span>}
					</li>
				))}
			</ol>
			{run.going.value && first !== undefined && now !== undefined && (
				<p class="dim" role="status">
					{counted(now - first, 'block')} since it was sent.
					{run.request.value !== undefined && (
						<>
							{' '}
							<a href={`#/request/${run.request.value}`}>Its page</a> has the answer even if you leave this one.
						</>
					)}
				</p>
			)}
		</div>
	);
}
