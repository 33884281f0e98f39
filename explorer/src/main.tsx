// The page: its head, its foot, and the page that the address names.

import { render } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { basisOfState, beginLight, disagree, hasKeptSpec, isLightWanted, keepSpec, light, lightHeads, peers, readTo, wantLight, type Source } from './light.js';
import { begin, chain, chooseNode, distrust, heads, isPanelOpen, isTrustedChain, network, node, trouble, trust, trusted } from './network.js';
import { Badge, count, counted, duration, Facts, Failure, Id, NodeForm, useNow } from './parts.js';
import { find, route } from './route.js';
import { AccountPage } from './pages/account.js';
import { BlockPage, Find } from './pages/block.js';
import { Home } from './pages/home.js';
import { ModelPage } from './pages/model.js';
import { Models } from './pages/models.js';
import { RequestPage } from './pages/request.js';
import { Requests } from './pages/requests.js';
import { ValidatorPage, Validators } from './pages/validators.js';
import { Verify } from './pages/verify.js';

const PAGES = [
	['', 'Chain'],
	['models', 'Models'],
	['requests', 'Requests'],
	['validators', 'Validators'],
	['verify', 'Verify'],
] as const;
const UNDER: Record<string, string> = { model: 'models', request: 'requests', validator: 'validators', block: '' };

function Page() {
	const { path, parameters } = route.value;
	const [page = '', which = ''] = path;
	switch (page) {
		case '':
			return <Home />;
		case 'models':
			return <Models sought={parameters.get('find') ?? ''} />;
		case 'model':
			return <ModelPage key={which} reference={which} />;
		case 'find':
			return <Find key={which} sought={which} />;
		case 'block':
			return <BlockPage key={which} which={which} />;
		case 'account':
			return <AccountPage key={which} address={which} />;
		case 'requests':
			return <Requests />;
		case 'request':
			return <RequestPage key={which} number={which} />;
		case 'validators':
			return <Validators />;
		case 'validator':
			return <ValidatorPage key={which} address={which} />;
		case 'verify':
			return <Verify parameters={parameters} />;
		default:
			return (
				<div class="state">
					There is no page “{page}”. <a href="#/">Begin at the chain</a>
				</div>
			);
	}
}

function Search() {
	const [text, setText] = useState('');
	useEffect(() => {
		const focus = (event: KeyboardEvent) => {
			const typing = (event.target as HTMLElement).matches('textarea, select, input:not([type=checkbox], [type=file])');
			if (event.key === '/' && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
				event.preventDefault();
				document.getElementById('search')?.focus();
			}
		};
		addEventListener('keydown', focus);
		return () => removeEventListener('keydown', focus);
	}, []);
	return (
		<search>
			<form
				onSubmit={(event) => {
					event.preventDefault();
					if (text.trim()) {
						location.hash = find(text);
						setText('');
					}
				}}
			>
				<input
					id="search"
					type="search"
					aria-label="Request or block by number, block by hash, model by name or id, account"
					placeholder="Request, block, model…"
					value={text}
					onInput={({ currentTarget }) => setText(currentTarget.value)}
					onKeyDown={({ key, currentTarget }) => {
						if (key === 'Escape') {
							setText('');
							currentTarget.blur();
						}
					}}
					spellcheck={false}
					autocomplete="off"
				/>
				<span class="key" aria-hidden="true">/</span>
			</form>
		</search>
	);
}

/** The button that shows how far the chain is, and the panel about node and chain behind it. */
function Status() {
	const now = useNow();
	const open = isPanelOpen.value;
	const net = network.value;
	const seen = chain.value;
	const place = useRef<HTMLDivElement>(null);
	const pill = useRef<HTMLButtonElement>(null);
	const panel = useRef<HTMLDivElement>(null);
	// At once, so that the next key finds the focus where it is to be.
	useLayoutEffect(() => {
		if (!open) {
			return;
		}
		panel.current?.focus();
		const close = (event: KeyboardEvent) => {
			if (event.key === 'Escape') {
				isPanelOpen.value = false;
				pill.current?.focus();
			}
		};
		const leave = ({ target }: Event) => {
			if (!place.current?.contains(target as Node)) {
				isPanelOpen.value = false;
			}
		};
		addEventListener('keydown', close);
		addEventListener('pointerdown', leave);
		addEventListener('focusin', leave);
		return () => {
			removeEventListener('keydown', close);
			removeEventListener('pointerdown', leave);
			removeEventListener('focusin', leave);
		};
	}, [open]);
	const age = seen && Math.max(0, Math.round((now - seen.time) / 1_000));
	const state = (net && heads.value) || lightHeads.value ? 'live' : trouble.value !== undefined ? 'lost' : node.value ? 'wait' : 'off';
	const words = {
		live: readTo.value === undefined ? 'Connected' : `Block ${count(readTo.value)} final`,
		lost: 'No connection',
		wait: 'Connecting',
		off: 'No node',
	}[state];
	return (
		<div class="status" ref={place}>
			<button ref={pill} type="button" class={`pill ${state}`} aria-expanded={open} aria-controls="connection" onClick={() => (isPanelOpen.value = !open)}>
				<span class="dot" aria-hidden="true" />
				{words}
				{state === 'live' && readTo.value !== undefined && <Badge basis={basisOfState.value} short />}
				{lightHeads.value && <span class="peers">{counted(peers.value, 'peer')}</span>}
				{state === 'live' && age !== undefined && age > 30 && <span class="warn">{duration(age)} old</span>}
			</button>
			{open && (
				<div id="connection" class="panel" ref={panel} tabIndex={-1}>
					<h2>Node</h2>
					{node.value && (
						<p>
							<code>{node.value}</code> <Badge basis="said" />{' '}
							<button type="button" class="link" onClick={() => chooseNode(undefined)}>
								Forget it
							</button>
						</p>
					)}
					<NodeForm />
					<LightClient />
					<h2>Chain that you trust</h2>
					<Trust />
				</div>
			)}
		</div>
	);
}

const SOURCES: Record<Source, string> = {
	page: 'the specification that comes with this page',
	link: 'the specification that the address names',
	file: 'the specification that you gave it',
	node: 'what the node says: so all that it reads is no more than the node’s word. Give it a specification from elsewhere',
};
/** Seconds between two blocks. */
const SLOT_SECONDS = 2;

/** The light client: its state, the basis of that, and the means to turn it on or off. */
function LightClient() {
	const now = light.value;
	const [wrong, setWrong] = useState<unknown>();
	const final = lightHeads.value?.finalized.number;
	const take = async (file: File | undefined) => {
		try {
			file && keepSpec(await file.text());
		} catch (error) {
			setWrong(error);
		}
	};
	return (
		<>
			<h2>Light client</h2>
			{now.state === 'failed' && <Failure error={now.error} />}
			{(now.state === 'off' || now.state === 'waits') && (
				<p class="dim">{isLightWanted() ? 'It begins as soon as there is a node or a specification.' : 'It is off: what the page shows of the state is the node’s word.'}</p>
			)}
			{now.state === 'starts' && <p class="dim">It looks for peers and follows the chain from block {count(now.start)} on.</p>}
			{now.state === 'follows' && final !== undefined && (
				<Facts
					rows={[
						['Peers', count(peers.value)],
						['Final block', count(final)],
						['Begins with', `block ${count(now.start)}, about ${duration(Math.max(0, final - now.start) * SLOT_SECONDS)} old, by ${SOURCES[now.source]}`],
						['State here', <Badge key="basis" basis={basisOfState.value} />],
					]}
				/>
			)}
			<p class="actions">
				<label class="button file">
					Take another specification
					<input type="file" accept=".json" onChange={({ currentTarget }) => void take(currentTarget.files?.[0])} />
				</label>
				{hasKeptSpec() && (
					<button type="button" onClick={() => keepSpec(undefined)}>
						Forget yours
					</button>
				)}
				<button type="button" onClick={() => wantLight(!isLightWanted())}>
					{isLightWanted() ? 'Turn it off' : 'Turn it on'}
				</button>
			</p>
			{wrong !== undefined && <Failure error={wrong} />}
		</>
	);
}

/** The genesis block that everything here leads back to. */
function Trust() {
	const named = network.value?.genesis;
	const pinned = trusted.value?.genesis;
	const [text, setText] = useState('');
	const [error, setError] = useState<unknown>();
	if (pinned) {
		return (
			<>
				<p>
					Genesis block <Id value={pinned} />
				</p>
				<p class="dim">No node can name another one here. Compare it with what the network publishes.</p>
				<button type="button" onClick={() => confirm('Forget which chain is trusted, and the last block that was proven of it?') && distrust()}>
					Trust another chain
				</button>
			</>
		);
	}
	const confirmed = (genesis: string) => trust(genesis).then(() => location.reload(), setError);
	return (
		<>
			{named && (
				<>
					<p>
						The node names genesis block <Id value={named} />. Compare it with what the network publishes.
					</p>
					<button type="button" class="primary" onClick={() => confirmed(named)}>
						It is the one: trust it
					</button>
				</>
			)}
			<form
				class="row"
				onSubmit={(event) => {
					event.preventDefault();
					void confirmed(text.trim());
				}}
			>
				<label class="grow">
					<span class="label">Hash of the genesis block</span>
					<input value={text} onInput={({ currentTarget }) => setText(currentTarget.value)} placeholder="0x…" spellcheck={false} autocomplete="off" />
				</label>
				<button type="submit" disabled={!text.trim()}>Trust</button>
			</form>
			{error !== undefined && <Failure error={error} />}
		</>
	);
}

function App() {
	const [page = '', which] = route.value.path;
	const current = UNDER[page] ?? page;
	useEffect(() => {
		const [, title] = PAGES.find(([path]) => path === current) ?? [];
		document.title = [which, title, 'Assay Explorer'].filter(Boolean).join(' · ');
	}, [current, which]);
	const build = document.querySelector<HTMLMetaElement>('meta[name=build]')?.content;
	return (
		<>
			<button type="button" class="skip" onClick={() => document.getElementById('main')?.focus()}>
				Skip to the content
			</button>
			<header>
				<div class="inner">
					<a class="logo" href="#/">
						<svg viewBox="0 0 32 32" aria-hidden="true">
							<rect width="32" height="32" rx="9" />
							<path d="M9 16.5l5 5 9-11" />
						</svg>
						Assay
					</a>
					<nav aria-label="Pages">
						{PAGES.map(([path, title]) => (
							<a key={path} href={`#/${path}`} aria-current={current === path ? 'page' : undefined}>
								{title}
							</a>
						))}
					</nav>
					<Search />
					<Status />
				</div>
			</header>
			{network.value && !isTrustedChain.value && (
				<div class="notice" role="note">
					<div class="inner">
						A node has named this chain, and you have not confirmed that it is the one you mean.{' '}
						<button type="button" class="link" onClick={() => (isPanelOpen.value = true)}>
							Compare its genesis block
						</button>
					</div>
				</div>
			)}
			{disagree.value && (
				<div class="notice wrong" role="alert">
					<div class="inner">The node and the light client are of different chains. What the node says is not about the chain that is proven here.</div>
				</div>
			)}
			<main id="main" tabIndex={-1}>
				<Page />
			</main>
			<footer>
				<div class="inner">
					<span>
						<Badge basis="proven" /> verified in this browser
					</span>
					<span>
						<Badge basis="said" /> the word of the node, unverified
					</span>
					<span class="grow" />
					<span class="dim">
						build <code>{build}</code>
					</span>
				</div>
			</footer>
		</>
	);
}

void begin(!isLightWanted()).then(beginLight);
render(<App />, document.getElementById('app') ?? document.body);
