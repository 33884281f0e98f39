// The node that is asked, the chain that is trusted, and the last blocks. All values are the node's word, except those that the client has verified.

import { computed, signal } from '@preact/signals';
import type { ChainState, Heads, Network } from '@assay-network/client';
import { loadVerifier, pin, pinned, type Pinned } from '@assay-network/client/verify';
import { verifierBytes } from '#verifier';

const KEPT_NODE = 'assay/explorer/node';
/** Milliseconds after which a node that is gone is tried again, and the longest such pause. */
const AGAIN_MS = { first: 1_000, longest: 30_000 } as const;

/** Blocks that this page has seen, the newest first. */
export interface SeenBlock {
	number: number;
	hash: string;
	/** Milliseconds at which the block was seen, and at which it was seen to be final. */
	seen: number;
	final: number | undefined;
}
const KEPT_BLOCKS = 60;

/** Address of the node that is asked, if there is one. */
export const node = signal<string | undefined>(undefined);
export const network = signal<Network | undefined>(undefined);
/** The reason why there is no connection. */
export const trouble = signal<unknown>(undefined);
export const heads = signal<Heads | undefined>(undefined);
export const chain = signal<ChainState | undefined>(undefined);
export const blocks = signal<SeenBlock[]>([]);
/** The chain that the reader trusts: nobody else has said so. */
export const trusted = signal<Pinned | undefined>(undefined);
/** The last finalized block's number, which pages follow. */
export const finalized = computed(() => heads.value?.finalized.number);
/** True if the panel about node and chain is open. */
export const isPanelOpen = signal(false);
/** True if proofs on the page lead back to a genesis block that the reader trusts. */
export const isTrustedChain = computed(() => trusted.value !== undefined && trusted.value.genesis === network.value?.genesis);

/** A node's address as one may type it. */
export function nodeAddress(text: string): string {
	const trimmed = text.trim();
	const url = new URL(/^[a-z]+:\/\//i.test(trimmed) ? trimmed : `ws://${trimmed}`);
	if (url.protocol !== 'ws:' && url.protocol !== 'wss:') {
		throw new Error(`${trimmed} is no address of a node: it begins with ws:// or wss://`);
	}
	return url.pathname === '/' && !url.search ? `${url.protocol}//${url.host}` : url.href;
}

/** Has the browser refuse every connection but those to this node. A policy that is added only ever takes away. */
function narrow(address: string): void {
	const { protocol, host } = new URL(address);
	const policy = document.createElement('meta');
	policy.httpEquiv = 'Content-Security-Policy';
	policy.content = `connect-src ${location.protocol === 'file:' ? '' : "'self'"} ${protocol}//${host}`;
	document.head.append(policy);
}

/** Asks another node from now on, or none. The page begins anew: its connections were narrowed to the node before. */
export function chooseNode(address: string | undefined): void {
	if (address === undefined) {
		localStorage.removeItem(KEPT_NODE);
	} else {
		localStorage.setItem(KEPT_NODE, nodeAddress(address));
	}
	const url = new URL(location.href);
	url.searchParams.delete('node');
	history.replaceState(undefined, '', url);
	location.reload();
}

/** Trusts a genesis block. */
export async function trust(genesis: string): Promise<void> {
	const same = network.value?.genesis === genesis.toLowerCase();
	await pin(genesis, same ? (heads.value?.finalized.number ?? 0) : 0);
	trusted.value = await pinned();
}

/** Forgets which chain is trusted. */
export function distrust(): void {
	localStorage.removeItem('assay/chains/default');
	location.reload();
}

/** Begins: what is trusted, the verifier, and the node that the address or this browser names. `alone` lets the page reach nobody but that node. */
export async function begin(alone: boolean): Promise<void> {
	// At once, so that receipts are verified when the network is cut later. Whoever verifies tells of what went wrong.
	loadVerifier(verifierBytes()).catch(() => undefined);
	try {
		trusted.value = await pinned();
		const named = new URL(location.href).searchParams.get('node') ?? localStorage.getItem(KEPT_NODE);
		node.value = named === null ? undefined : nodeAddress(named);
	} catch (error) {
		trouble.value = error;
	}
	if (node.value !== undefined) {
		// A light client dials peers wherever they are.
		alone && narrow(node.value);
		void follow(node.value);
	}
}

async function follow(url: string): Promise<void> {
	for (let pause: number = AGAIN_MS.first; ; pause = Math.min(2 * pause, AGAIN_MS.longest)) {
		let net: Network | undefined;
		try {
			const { connect } = await import('@assay-network/client');
			// Nothing is pinned because a node says so: the reader does that.
			net = await connect({ url, ...(trusted.value ? { chain: 'default' } : { chain: false, onFirstUse: () => undefined }) });
			network.value = net;
			trouble.value = undefined;
			for await (const next of net.heads()) {
				pause = AGAIN_MS.first;
				heads.value = next;
				note(next);
			}
		} catch (error) {
			trouble.value = error;
			const { kind } = error as { kind?: string };
			if (kind === 'not-verified' || kind === 'unknown-chain' || kind === 'usage') {
				network.value = undefined;
				return;
			}
		} finally {
			net?.close();
		}
		network.value = undefined;
		await new Promise((resolve) => setTimeout(resolve, pause));
	}
}

function note({ best, finalized }: Heads): void {
	const now = Date.now();
	const known = blocks.value.filter(({ number, hash }) => number < best.number || hash === best.hash);
	const all = known[0]?.hash === best.hash ? known : [{ ...best, seen: now, final: undefined }, ...known];
	blocks.value = all.slice(0, KEPT_BLOCKS).map((block) => (block.final === undefined && block.number <= finalized.number ? { ...block, final: now } : block));
}
