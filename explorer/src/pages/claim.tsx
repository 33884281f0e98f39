// What a receipt proves, in words.

import type { ComponentChildren } from 'preact';
import { contentId, encodeTensors, fromHex, verify, type Tensor, type Verified } from '@assay-network/client/verify';
import { save, toBase64Url } from '../files.js';
import { heads, isTrustedChain, network, trusted } from '../network.js';
import { Badge, Card, CopyButton, count, counted, duration, Facts, Failure, Id, isTooLittle, Loading, size, Tensors, useLoaded } from '../parts.js';

/** Characters of a link that travels well. */
const LONGEST_LINK = 8_000;
/** Seconds between two blocks. */
const SLOT_SECONDS = 2;
/** What the verifier says of a receipt that begins elsewhere. */
const ELSEWHERE = /does not start from this checkpoint/;

/**
 * Verifies a receipt: from the genesis block, or, where it does not begin there, from the last block that was proven here of the same chain. How far
 * the chain is by now, the clock tells since it was seen, and a node that is connected: the later of both.
 */
export async function check(receipt: Uint8Array, genesis: string, fast = false): Promise<Verified> {
	const pinned = trusted.value?.genesis === genesis.toLowerCase() ? trusted.value : undefined;
	const known = [pinned?.now, network.value?.genesis === genesis.toLowerCase() ? heads.value?.finalized.number : undefined].filter((at) => at !== undefined);
	const options = { fast, ...(known.length > 0 && { now: Math.max(...known) }) };
	try {
		return await verify(receipt, { genesis, ...options });
	} catch (error) {
		if (!pinned?.checkpoint || !ELSEWHERE.test((error as Error).message)) {
			throw error;
		}
		return verify(receipt, { genesis, checkpoint: fromHex(pinned.checkpoint), ...options });
	}
}

/** Lets the reader take a result whose request has asked for less than the network's defaults: shown where nothing else is wrong with it. */
export function TakeLess({ error, taken, take }: { error: unknown; taken: boolean; take: (fast: boolean) => void }) {
	return isTooLittle(error) ? (
		<label class="check">
			<input type="checkbox" checked={taken} onChange={({ currentTarget }) => take(currentTarget.checked)} />
			Take it with less than the network’s defaults
		</label>
	) : null;
}

export const TakenLess = () => <p class="warn-text">You have taken it with less than the network’s defaults.</p>;

/** Address under which others verify a receipt, and see the output if it is small, with the page that they have. */
export function receiptLink(receipt: Uint8Array, genesis: string, output?: Uint8Array): string {
	const link = `#/verify?r=${toBase64Url(receipt)}&genesis=${genesis}`;
	const whole = output ? `${link}&o=${toBase64Url(output)}` : link;
	return whole.length <= LONGEST_LINK ? whole : link.length <= LONGEST_LINK ? link : '#/verify';
}

/** Copies a link for others. */
export function Share({ receipt, genesis, output }: { receipt: Uint8Array; genesis: string; output?: Uint8Array | undefined }) {
	const link = receiptLink(receipt, genesis, output);
	if (link === '#/verify') {
		return <span class="dim">The receipt has {size(receipt.length)}, which is too much for a link: give the file to others.</span>;
	}
	// The page that is on this disk is on no other.
	const whole = location.protocol === 'file:' ? link : `${location.href.split('#')[0]?.split('?')[0]}${link}`;
	return <CopyButton text={whole}>Copy a link that others can verify</CopyButton>;
}

interface AnswerProps {
	request: number;
	receipt: Uint8Array;
	outputs?: Record<string, Tensor> | undefined;
	/** What is known of a later dispute. */
	review: string;
	/** Whether the reader takes it with less than the network's defaults. */
	fast?: boolean;
}

/** A final result: the output, what proves it, and how to hand it on. */
export function Answer({ request, receipt, outputs, review, fast = false }: AnswerProps) {
	const genesis = network.value?.genesis ?? trusted.value?.genesis ?? '';
	const basis = isTrustedChain.value ? 'proven' : 'untrusted';
	const { value: bundle } = useLoaded(async () => {
		const bytes = outputs && (await encodeTensors(outputs));
		const { output } = await check(receipt, genesis, true);
		// Names that are numbers change their places in an object, and would make other bytes of it.
		return bytes && (await contentId(bytes)) === output ? bytes : undefined;
	}, [receipt, outputs]);
	return (
		<Card title="Result" basis={basis} wide>
			{fast && <TakenLess />}
			<ClaimWords receipt={receipt} genesis={genesis} review={review} fast={fast}>
				{outputs && (
					<div class="output">
						<h3>
							Output <Badge basis={basis} />
						</h3>
						<Tensors tensors={outputs} />
					</div>
				)}
			</ClaimWords>
			<p class="actions">
				<Share receipt={receipt} genesis={genesis} output={bundle} />
				<a class="button" href={receiptLink(receipt, genesis, bundle)}>
					See what others see
				</a>
				<button type="button" onClick={() => save(`request-${request}.receipt`, receipt)}>
					Save the receipt ({size(receipt.length)})
				</button>
				{bundle && (
					<button type="button" onClick={() => save(`request-${request}-output.bundle`, bundle)}>
						Save the output ({size(bundle.length)})
					</button>
				)}
			</p>
		</Card>
	);
}

/** Who found it. */
function voters({ votes, committee, validators, auditors, audits, power, total }: Verified): string {
	const share = total > 0n ? Number((power * 1_000n) / total) / 10 : 0;
	if (validators === 1) {
		return 'The chain’s only validator computed it: nobody else stands behind it.';
	}
	return committee >= validators
		? `${votes} of all ${counted(validators, 'validator')}, with ${share} % of the voting power, computed the same.`
		: `${votes} of ${counted(committee, 'member')} of a committee, drawn from ${counted(validators, 'validator')}, computed the same; so did ${auditors} of ${counted(audits, 'auditor')} that were expected.`;
}

/** What is proven; `children` come before what it rests on. `review` is what is known of a later dispute. */
export function Claim({ found, children, review }: { found: Verified; children?: ComponentChildren; review?: string }) {
	const { request, model, input, output, failed, block, head, genesis, checkpoint, now, units, window } = found;
	return (
		<>
			<p class="sentence">
				{failed === undefined ? (
					<>
						Model <Id value={model} /> on input <Id value={input} /> gave output <Id value={output ?? ''} />
					</>
				) : (
					<>
						Model <Id value={model} /> on input <Id value={input} /> has no output: <strong>{failed}</strong>, as on every honest machine.
					</>
				)}
			</p>
			<p>{voters(found)}</p>
			{children}
			<Facts
				rows={[
					['Request', <a key="request" href={`#/request/${request}`}>#{request}</a>],
					['Final in', <span key="block">block {count(block.number)} <Id value={block.hash} /></span>],
					['Proven by', <span key="head">the votes for block {count(head.number)} <Id value={head.hash} /></span>],
					[
						'Rests on',
						<span key="rests">
							{checkpoint.number === 0 ? 'genesis block' : `block ${count(checkpoint.number)}, proven here before, of the chain with genesis block`} <Id value={genesis} />
						</span>,
					],
					[
						'Age of that',
						now === undefined ? (
							<span key="age" class="warn-text">
								not checked: this browser has not seen the chain. Validators of a block so old that their bonds are free could have signed anything
								since. Trust the chain and connect to a node once to have it checked.
							</span>
						) : (
							`taken to be ${duration(Math.max(0, now - checkpoint.number) * SLOT_SECONDS)}, by this browser’s clock and the node’s last block: its validators still answer with their bonds`
						),
					],
					['Window', window === 'assured' ? 'assured' : window === 0 ? 'none: all validators were asked' : `${window} blocks`],
					['Compute units', count(units)],
					['Later dispute', review ?? 'not known here: a receipt does not show whether all validators decided otherwise later. The request’s page asks a node.'],
				]}
			/>
		</>
	);
}

/** What a receipt proves that was verified elsewhere on the page. */
function ClaimWords({ receipt, genesis, children, review, fast }: Omit<AnswerProps, 'request' | 'outputs'> & { genesis: string; children?: ComponentChildren }) {
	const { value, error } = useLoaded(() => check(receipt, genesis, fast), [receipt, genesis, fast]);
	return error !== undefined ? <Failure error={error} /> : value ? <Claim found={value} review={review}>{children}</Claim> : <Loading what="Verifying" />;
}
