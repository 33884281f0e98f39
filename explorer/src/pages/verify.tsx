// Receipts that the reader was given, and files beside them. Nothing on this page asks anybody for anything.

import { useEffect, useLayoutEffect, useState } from 'preact/hooks';
import { contentId, decodeTensors, verify, type Tensor, type Verified } from '@assay-network/client/verify';
import { bundleOf, fromBase64Url, fromText, kindOf } from '../files.js';
import { network, trust, trusted } from '../network.js';
import { Badge, Card, Failure, Id, size, Tensors, Title, words } from '../parts.js';
import { check, Claim, Share, TakeLess, TakenLess } from './claim.js';

interface Given {
	name: string;
	bytes: Uint8Array;
}

/** The result of comparing a file with the receipt. */
type Compared =
	| { name: string; is: 'output' | 'input'; tensors: Record<string, Tensor> }
	| { name: string; is: 'model' }
	| { name: string; refused: string };

type Verdict = { found: Verified } | { refused: unknown };

/** Bytes of the largest file that is read at once. */
const MAX_FILE = 256 * 1024 * 1024;

async function compare({ name, bytes }: Given, found: Verified, receipt: Uint8Array, trust: { genesis: string }): Promise<Compared> {
	try {
		const kind = kindOf(name, bytes);
		if (kind !== 'tensors') {
			const id = await contentId(bytes);
			if (id === found.model) {
				return { name, is: 'model' };
			}
			const what = kind === 'model' ? 'another model than the one that was asked' : 'neither model nor tensors that this receipt is about';
			return { name, refused: `it is ${what}: its id is ${id}` };
		}
		const bundle = await bundleOf(name, bytes);
		const tensors = await decodeTensors(bundle);
		if ((await contentId(bundle)) === found.input) {
			return { name, is: 'input', tensors };
		}
		const start = found.checkpoint.number === 0 ? {} : trusted.value?.checkpoint !== undefined ? { checkpoint: trusted.value.checkpoint } : {};
		await verify(receipt, { ...trust, ...start, output: bundle, fast: true });
		return { name, is: 'output', tensors };
	} catch (error) {
		return { name, refused: words(error) };
	}
}

export function Verify({ parameters }: { parameters: URLSearchParams }) {
	const linked = parameters.get('r');
	const linkedOutput = parameters.get('o');
	const suggested = parameters.get('genesis');
	const [receipt, setReceipt] = useState<Given>();
	const [files, setFiles] = useState<Given[]>([]);
	const [problem, setProblem] = useState<unknown>();
	const [once, setOnce] = useState<string>();
	const [fast, setFast] = useState(false);
	const [verdict, setVerdict] = useState<Verdict>();
	const [compared, setCompared] = useState<Compared[]>([]);
	const genesis = trusted.value?.genesis ?? once;

	useEffect(() => {
		if (linked !== null) {
			try {
				setReceipt({ name: 'the link', bytes: fromBase64Url(linked) });
				setFiles(linkedOutput === null ? [] : [{ name: 'link.bundle', bytes: fromBase64Url(linkedOutput) }]);
				setProblem(undefined);
			} catch (error) {
				setReceipt(undefined);
				setProblem(error);
			}
		}
	}, [linked, linkedOutput]);

	useEffect(() => {
		setVerdict(undefined);
		if (!receipt || !genesis) {
			return;
		}
		let wanted = true;
		check(receipt.bytes, genesis, fast).then(
			(found) => wanted && setVerdict({ found }),
			(refused: unknown) => wanted && setVerdict({ refused }),
		);
		return () => {
			wanted = false;
		};
	}, [receipt, genesis, fast]);

	useEffect(() => {
		setCompared([]);
		if (!verdict || !('found' in verdict) || !receipt || !genesis) {
			return;
		}
		let wanted = true;
		void Promise.all(files.map((file) => compare(file, verdict.found, receipt.bytes, { genesis }))).then((all) => wanted && setCompared(all));
		return () => {
			wanted = false;
		};
	}, [verdict, files]);

	const take = async (list: Iterable<File>) => {
		setProblem(undefined);
		const others: Given[] = [];
		for (const file of list) {
			if (file.size > MAX_FILE) {
				setProblem(new Error(`${file.name} has ${size(file.size)}, and nothing of the chain has more than ${size(MAX_FILE)}`));
				return;
			}
			const given = { name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) };
			const kind = kindOf(given.name, given.bytes);
			// Whatever comes first and is nothing else is taken for a receipt, so that a damaged one is refused as one.
			if (kind === 'receipt' || (kind === 'unknown' && (!receipt || /receipt|\.asr$/i.test(given.name)))) {
				setReceipt(given);
			} else {
				others.push(given);
			}
		}
		setFiles((before) => [...before.filter(({ name }) => others.every((other) => other.name !== name)), ...others]);
	};
	const again = () => {
		setReceipt(undefined);
		setFiles([]);
		setProblem(undefined);
		if (linked !== null) {
			location.hash = '#/verify';
		}
	};
	return (
		<>
			<Title>Verify</Title>
			<p class="lead">
				A receipt proves what the network made final. It is checked in this browser, with no connection to anybody. Drop the output, the input or
				the model’s file as well, to see that they are what the receipt is about.
			</p>
			<Drop take={take} receipt={receipt} />
			{problem !== undefined && <Failure error={problem} />}
			{receipt && !genesis && <WhichChain suggested={suggested} choose={setOnce} />}
			{receipt && genesis && suggested && suggested.toLowerCase() !== genesis && (
				<p class="wrong" role="note">
					The link is for another chain than the one that you trust: <Id value={suggested} />. It is checked against yours.
				</p>
			)}
			{receipt && verdict && 'refused' in verdict && (
				<div class="verdict refused" role="alert">
					<h2>Refused</h2>
					<p>{words(verdict.refused)}</p>
					<p class="dim">
						{receipt.name}, {size(receipt.bytes.length)}. Do not rely on it. Ask whoever gave it to you for the receipt again, or get it from a node by the
						request’s number.
					</p>
					<TakeLess error={verdict.refused} taken={fast} take={setFast} />
				</div>
			)}
			{receipt && genesis && verdict && 'found' in verdict && (
				<>
					<div class="verdict verified" role="status">
						<h2>
							Verified <Badge basis="proven" />
						</h2>
						{fast && <TakenLess />}
						<Claim found={verdict.found} />
						{once !== undefined && !trusted.value && (
							<p>
								You have named this chain for now.{' '}
								<button type="button" onClick={() => trust(once)}>
									Trust it from now on
								</button>
							</p>
						)}
					</div>
					{compared.map((file) => <Beside key={file.name} file={file} />)}
				</>
			)}
			{receipt && (
				<p class="actions">
					{verdict && 'found' in verdict && <Share receipt={receipt.bytes} genesis={verdict.found.genesis} />}
					<button type="button" onClick={again}>
						Verify another one
					</button>
				</p>
			)}
			<details class="more">
				<summary>Paste a receipt</summary>
				<Paste take={(bytes) => setReceipt({ name: 'what was pasted', bytes })} />
			</details>
		</>
	);
}

/** The place to drop files, or to choose them. */
function Drop({ take, receipt }: { take: (files: Iterable<File>) => void; receipt: Given | undefined }) {
	const [over, setOver] = useState(false);
	// Before anything is painted, so that nothing that is dropped is missed.
	useLayoutEffect(() => {
		// Files may be dropped anywhere on the page.
		const stop = (event: DragEvent) => {
			event.preventDefault();
			setOver(event.type === 'dragover');
			if (event.type === 'drop' && event.dataTransfer) {
				take([...event.dataTransfer.files]);
			}
		};
		const types = ['dragover', 'dragleave', 'drop'] as const;
		types.forEach((type) => addEventListener(type, stop));
		return () => types.forEach((type) => removeEventListener(type, stop));
	});
	return (
		<label class={`drop ${over ? 'over' : ''} ${receipt ? 'small' : ''}`}>
			<input
				type="file"
				multiple
				onChange={({ currentTarget }) => {
					take([...(currentTarget.files ?? [])]);
					currentTarget.value = '';
				}}
			/>
			<strong>{receipt ? 'Drop an output, an input, a model, or another receipt' : 'Drop a receipt here'}</strong>
			<span class="dim">or choose files. They stay in this browser.</span>
		</label>
	);
}

/** Asks which chain is trusted, as long as nobody has said so. */
function WhichChain({ suggested, choose }: { suggested: string | null; choose: (genesis: string) => void }) {
	const offers = [
		...(network.value ? [['Your node names', network.value.genesis] as const] : []),
		...(suggested && /^0x[0-9a-fA-F]{64}$/.test(suggested) ? [['The link names', suggested.toLowerCase()] as const] : []),
	];
	const [text, setText] = useState('');
	const valid = /^0x[0-9a-fA-F]{64}$/.test(text.trim());
	return (
		<Card title="Which chain do you trust?" wide>
			<p>
				A chain is known by the hash of its genesis block. Take it from where the network publishes it, and not from whoever gave you the receipt:
				anybody can make a chain of their own, on which anything is final.
			</p>
			{offers.map(([who, hash]) => (
				<p class="row" key={who}>
					<span class="grow">
						{who} <Id value={hash} />
					</span>
					<button type="button" onClick={() => choose(hash)}>
						I have compared it: use it
					</button>
				</p>
			))}
			<form
				class="row"
				onSubmit={(event) => {
					event.preventDefault();
					choose(text.trim().toLowerCase());
				}}
			>
				<label class="grow">
					<span class="label">Hash of the genesis block</span>
					<input name="genesis" value={text} onInput={({ currentTarget }) => setText(currentTarget.value)} placeholder="0x…" spellcheck={false} autocomplete="off" />
				</label>
				<button type="submit" class="primary" disabled={!valid}>
					Verify
				</button>
			</form>
		</Card>
	);
}

/** A file beside the receipt. */
function Beside({ file }: { file: Compared }) {
	if ('refused' in file) {
		return (
			<div class="verdict refused" role="alert">
				<h2>{file.name} is refused</h2>
				<p>{file.refused}</p>
			</div>
		);
	}
	return (
		<Card title={`${file.name} is the ${file.is}`} basis="proven" wide>
			{file.is === 'model' ? <p>Its hash is the id of the model that was asked.</p> : <Tensors tensors={file.tensors} />}
		</Card>
	);
}

function Paste({ take }: { take: (bytes: Uint8Array) => void }) {
	const [text, setText] = useState('');
	const [error, setError] = useState<unknown>();
	const submit = (event: Event) => {
		event.preventDefault();
		try {
			take(fromText(text));
			setError(undefined);
		} catch {
			setError(new Error('this is neither hex with 0x nor base64url'));
		}
	};
	return (
		<form onSubmit={submit}>
			<label>
				<span class="label">Receipt, in hex or base64url</span>
				<textarea rows={4} value={text} onInput={({ currentTarget }) => setText(currentTarget.value)} spellcheck={false} />
			</label>
			<button type="submit" disabled={!text.trim()}>Verify</button>
			{error !== undefined && <Failure error={error} />}
		</form>
	);
}
