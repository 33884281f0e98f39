// The light client beside the node: it finds peers by itself, follows finality, and proves what it reads. A proof is worth as much as the block that it begins with.

import { computed, effect, signal } from '@preact/signals';
import type { Heads, Network } from '@assay-network/client';
import { chain, finalized, network, node, trusted } from './network.js';
import type { Basis } from './parts.js';

const KEPT_SPEC = 'assay/explorer/spec';
const KEPT_OFF = 'assay/explorer/no-light-client';
/** Milliseconds between two looks at how many peers there are, and after which a light client that failed is tried again. */
const PEERS_MS = 3_000;
const AGAIN_MS = 30_000;
/** Bytes of the block's hash before it, in a header. */
const PARENT = 32;

/** The source of the specification, which names the block that the light client begins with. */
export type Source = 'page' | 'link' | 'file' | 'node';
interface Spec {
	text: string;
	source: Source;
}

/** The state of the light client. */
export const light = signal<
	| { state: 'off' | 'waits' }
	| { state: 'starts' | 'follows'; source: Source; start: number; network?: Network }
	| { state: 'failed'; error: unknown }
>({ state: 'waits' });
export const lightHeads = signal<Heads | undefined>(undefined);
export const peers = signal(0);

/** The light client, if it follows the chain from a block that the node has not named: what it reads is proven. */
export const prover = computed(() => {
	const now = light.value;
	return now.state === 'follows' && now.source !== 'node' && lightHeads.value ? now.network : undefined;
});
/** The network that pages ask for the state: the light client's, or else the node's. */
export const reader = computed(() => prover.value ?? network.value);
/** The basis of the chain's state on the page. */
export const basisOfState = computed<Basis>(() => (!prover.value ? 'said' : trusted.value?.genesis === prover.value.genesis ? 'proven' : 'untrusted'));
/** The last final block that the reader knows. */
export const readTo = computed(() => (prover.value ? lightHeads.value?.finalized.number : finalized.value));

export const isLightWanted = () => localStorage.getItem(KEPT_OFF) === null && new URL(location.href).searchParams.get('light') !== 'off';

/** Turns the light client on or off. The page begins anew. */
export function wantLight(on: boolean): void {
	on ? localStorage.removeItem(KEPT_OFF) : localStorage.setItem(KEPT_OFF, '');
	location.reload();
}

/** Takes another specification from now on, or forgets it. The page begins anew. */
export function keepSpec(text: string | undefined): void {
	if (text === undefined) {
		localStorage.removeItem(KEPT_SPEC);
	} else {
		startOf(text);
		localStorage.setItem(KEPT_SPEC, text);
	}
	location.reload();
}

export const hasKeptSpec = () => localStorage.getItem(KEPT_SPEC) !== null;

/** Number of the block that a specification begins with: the genesis block, or one that was final when it was made. */
function startOf(text: string): number {
	const spec = JSON.parse(text) as { genesis?: unknown; lightSyncState?: { finalizedBlockHeader?: string } | null };
	if (typeof spec !== 'object' || spec === null || spec.genesis === undefined) {
		throw new Error('this is no specification of a chain: `assay-node export-light-spec` writes one');
	}
	const header = spec.lightSyncState?.finalizedBlockHeader;
	if (!header) {
		return 0;
	}
	const digits = header.replace(/^0x/, '').slice(2 * PARENT, 2 * PARENT + 8);
	const [first = 0, second = 0, third = 0, fourth = 0] = digits.match(/../g)?.map((byte) => parseInt(byte, 16)) ?? [];
	// A compact number says in its last two bits how many bytes it has.
	const length = first & 3;
	const bytes = length === 0 ? [first] : length === 1 ? [first, second] : [first, second, third, fourth];
	return bytes.reduceRight((number, byte) => number * 256 + byte, 0) >>> 2;
}

/** The specification that this page has, without asking the node. */
async function ownSpec(): Promise<Spec | undefined> {
	const named = new URL(location.href).searchParams.get('spec');
	if (named !== null) {
		const response = await fetch(new URL(named, location.href));
		if (!response.ok) {
			throw new Error(`${named} gives no specification: ${response.status} ${response.statusText}`);
		}
		return { text: await response.text(), source: 'link' };
	}
	const kept = localStorage.getItem(KEPT_SPEC);
	if (kept !== null) {
		return { text: kept, source: 'file' };
	}
	const shipped = document.getElementById('light-spec')?.textContent;
	return shipped ? { text: shipped, source: 'page' } : undefined;
}

/** Smoldot in a worker; a page from disk runs it itself, for a worker there cannot hand over its module. */
const worker = () => (WORKER && location.protocol !== 'file:' ? new Worker(new URL(WORKER, import.meta.url), { type: 'module' }) : undefined);

/** Begins with it once the page is painted, and follows the chain as long as the page is open. */
export async function beginLight(): Promise<void> {
	if (!isLightWanted()) {
		light.value = { state: 'off' };
		return;
	}
	await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
	let spec: Spec | undefined;
	try {
		spec = await ownSpec();
	} catch (error) {
		light.value = { state: 'failed', error };
		return;
	}
	if (!spec && node.value === undefined) {
		light.value = { state: 'off' };
		return;
	}
	for (;;) {
		await follow(spec);
		await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
	}
}

/** The node, once there is a connection to it. */
const connected = () =>
	new Promise<Network>((resolve) => {
		const stop = effect(() => {
			if (network.value) {
				resolve(network.value);
				queueMicrotask(() => stop());
			}
		});
	});

/** Peers that the address names, and the node itself. None of them is believed. */
async function bootnodes(): Promise<string[]> {
	const named = new URL(location.href).searchParams.getAll('peer');
	if (named.length > 0 || node.value === undefined) {
		return named;
	}
	return (await connected()).listenAddresses();
}

async function follow(own: Spec | undefined): Promise<void> {
	let net: Network | undefined;
	let beside: Worker | undefined;
	let timer: ReturnType<typeof setInterval> | undefined;
	try {
		const { text, source } = own ?? { text: await (await connected()).syncSpec(), source: 'node' as const };
		const start = startOf(text);
		light.value = { state: 'starts', source, start };
		const [{ connect }, peerAddresses] = await Promise.all([import('@assay-network/client'), bootnodes()]);
		beside = worker();
		if (!beside) {
			// Smoldot runs in the page itself, and would grow its memory.
			(await import('@assay-network/client/light')).tidySmoldot();
		}
		net = await connect({
			spec: text,
			bootnodes: peerAddresses,
			...(beside && { worker: beside }),
			...(trusted.value ? { chain: 'default' } : { chain: false, onFirstUse: () => undefined }),
		});
		const count = () => net?.peers().then((found) => (peers.value = found), () => undefined);
		void count();
		timer = setInterval(() => void count(), PEERS_MS);
		for await (const next of net.heads()) {
			lightHeads.value = next;
			light.value = { state: 'follows', source, start, network: net };
		}
	} catch (error) {
		light.value = { state: 'failed', error };
	} finally {
		clearInterval(timer);
		lightHeads.value = undefined;
		peers.value = 0;
		net?.close();
		beside?.terminate();
	}
}

/** True if node and light client follow different chains: one of the two is not the chain that the reader means. */
export const disagree = computed(() => {
	const now = light.value;
	const proven = now.state === 'follows' ? now.network?.genesis : undefined;
	return proven !== undefined && network.value !== undefined && proven !== network.value.genesis;
});

let askedLast: Network | undefined;
let asking = false;
effect(() => {
	const net = reader.value;
	if (net !== askedLast) {
		// State that another network has given is no answer of this one.
		askedLast = net;
		asking = false;
		chain.value = undefined;
	}
	if (net && readTo.value !== undefined && !asking) {
		asking = true;
		const isCurrent = () => askedLast === net;
		net.state().then(
			(state) => {
				if (isCurrent()) {
					asking = false;
					chain.value = state;
				}
			},
			() => {
				asking &&= !isCurrent();
			},
		);
	}
});
