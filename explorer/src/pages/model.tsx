// One model: what it is, what it takes, and how to ask it.

import { useState } from 'preact/hooks';
import type { Model } from '@assay-network/client';
import { network, node } from '../network.js';
import { save } from '../files.js';
import { asy, Badge, Card, count, Empty, Facts, Failure, Id, Loading, NoNode, size, Title, useLoaded } from '../parts.js';
import { portWords } from '../input.js';
import { Ask } from './ask.js';
import { RequestsOf } from './history.js';

export function ModelPage({ reference }: { reference: string }) {
	const net = network.value;
	const { value: model, error } = useLoaded(net && (() => net.model(reference)), [net, reference]);
	if (!net) {
		return <NoNode />;
	}
	if (error !== undefined) {
		return (
			<>
				<Title>{reference}</Title>
				<Failure error={error}>
					<a href={`#/models?find=${encodeURIComponent(reference.split('@')[0] ?? '')}`}>Search for it</a>
				</Failure>
			</>
		);
	}
	return model ? <Found model={model} /> : <Loading what={`Asking for ${reference}`} />;
}

function Found({ model }: { model: Model }) {
	const net = network.value;
	const { value: ports, error: noPorts } = useLoaded(() => model.inputs({ timeout: 60_000 }), [model]);
	return (
		<>
			<Title basis="said">
				{model.name}
				<span class="dim">@{model.version}</span>
			</Title>
			<p class="lead">{model.description}</p>
			<p class="tags">
				<span class={model.active ? 'tag good' : 'tag warn'}>{model.status.toLowerCase()}</span>
				{model.task && <span class="tag accent">{model.task}</span>}
				{model.tags.map((tag) => <span class="tag" key={tag}>{tag}</span>)}
			</p>
			<div class="columns">
				<Card title="Record" basis="said">
					<Facts
						rows={[
							['Id', <Id key="id" value={model.id} />],
							['Owner', <Id key="owner" value={model.owner} link={`#/account/${model.owner}`} />],
							['Licence', model.licence || 'none given'],
							['File', <Download key="file" model={model} />],
							['Royalty', model.royalty > 0n ? asy(model.royalty) : 'none'],
							model.sampleUnits !== undefined && (['Units of its sample', count(model.sampleUnits)] as const),
						]}
					/>
				</Card>
				<Card title="Inputs" basis="said">
					{noPorts !== undefined ? (
						<Failure error={noPorts} />
					) : !ports ? (
						<Loading what="Asking the node's engine" />
					) : (
						<Facts rows={ports.map((port) => [port.name, portWords(port)] as const)} />
					)}
				</Card>
			</div>
			{model.card && net && <ModelCard model={model} />}
			{ports && <Ask model={model} ports={ports} />}
			{ports && <Snippets model={model} ports={ports} />}
			<RequestsOf model={model.id} />
		</>
	);
}

/** The file, which is saved if its hash is the model's id. */
function Download({ model }: { model: Model }) {
	const [state, setState] = useState<string>();
	const [error, setError] = useState<unknown>();
	const download = async () => {
		setError(undefined);
		try {
			const onProgress = (progress: { type: string; done?: number }) => progress.type === 'bytes' && setState(`${size(progress.done ?? 0)} of ${size(model.size)}`);
			const bytes = await network.value!.download(model, { onProgress });
			save(`${model.name.replaceAll('/', '-')}-${model.version}.onnx`, bytes);
			setState('saved');
		} catch (error) {
			setState(undefined);
			setError(error);
		}
	};
	return (
		<>
			{size(model.size)}{' '}
			{state === 'saved' ? (
				<span>
					saved, <Badge basis="proven" />
				</span>
			) : state !== undefined ? (
				<span class="dim">{state}</span>
			) : (
				<button type="button" class="link" onClick={download}>
					Download and check
				</button>
			)}
			{error !== undefined && <Failure error={error} />}
		</>
	);
}

function ModelCard({ model }: { model: Model }) {
	const { value: html, error } = useLoaded(async () => {
		const [text, { toHtml }] = await Promise.all([network.value!.card(model, { timeout: 60_000 }), import('../markdown.js')]);
		return toHtml(text ?? '');
	}, [model]);
	return (
		<Card title="Card" wide>
			{error !== undefined ? (
				<Failure error={error} />
			) : html === undefined ? (
				<Loading what="Fetching the card" />
			) : html === '' ? (
				<Empty>The card is empty.</Empty>
			) : (
				<div class="markdown" dangerouslySetInnerHTML={{ __html: html }} />
			)}
		</Card>
	);
}

const ZERO: Record<string, string> = { bool: 'false', string: '""' };

/** The same call in other languages, to copy. */
function Snippets({ model, ports }: { model: Model; ports: { name: string; type: string; shape: (number | null)[] | null }[] }) {
	const url = node.value ?? 'ws://127.0.0.1:9944';
	const example = Object.fromEntries(
		ports.map(({ name, type, shape }) => {
			const dims = (shape ?? [1]).map((dim) => dim ?? 1);
			const elements = Math.min(dims.reduce((product, dim) => product * dim, 1), 8);
			return [name, { dtype: type, shape: dims, data: Array.from({ length: elements }, () => JSON.parse(ZERO[type] ?? '0') as unknown) }];
		}),
	);
	const languages = {
		'Command line': `echo '${JSON.stringify(example)}' > in.json\nassay --url ${url} infer ${model.title} --input in.json --output out.json --receipt receipt`,
		TypeScript: `import { connect, fromExtension } from '@assay-network/client';\n\nconst net = await connect({ url: '${url}' });\nconst [account] = await fromExtension();\nconst model = await net.model('${model.title}');\nconst answer = await model.run({ ${ports.map(({ name }) => `${JSON.stringify(name)}: …`).join(', ')} }, { account });\nconsole.log(answer.outputs, answer.verified);`,
	};
	const [language, setLanguage] = useState<keyof typeof languages>('Command line');
	return (
		<Card title="The same as a program" wide>
			<div class="tabs" role="tablist" aria-label="Language">
				{(Object.keys(languages) as (keyof typeof languages)[]).map((name) => (
					<button key={name} type="button" role="tab" aria-selected={language === name} onClick={() => setLanguage(name)}>
						{name}
					</button>
				))}
			</div>
			<pre tabIndex={0}>{languages[language]}</pre>
			<button type="button" onClick={() => navigator.clipboard.writeText(languages[language])}>
				Copy
			</button>
		</Card>
	);
}
