// One model: its record, its inputs, and a form to ask it.

import { useState } from 'preact/hooks';
import type { Model, Network } from '@assay-network/client';
import { basisOfState, prover } from '../light.js';
import { network } from '../network.js';
import { save } from '../files.js';
import { asy, Badge, Card, count, Empty, Facts, Failure, Id, Loading, NoNode, size, Title, useLoaded, type Basis } from '../parts.js';
import { portWords } from '../input.js';
import { Ask } from './ask.js';
import { RequestsOf } from './history.js';
import { Programs } from './programs.js';

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
	return model ? <Found model={model} reference={reference} /> : <Loading what={`Asking for ${reference}`} />;
}

/** `model` is the node's, which is asked. Its record is the one that the light client proves, as soon as it has it. */
function Found({ model, reference }: { model: Model; reference: string }) {
	const light = prover.value;
	const { value: proven, error: unproven } = useLoaded(light && (() => light.model(reference)), [light, reference]);
	const record = proven ?? model;
	const basis = proven ? basisOfState.value : 'said';
	const net = network.value;
	const { value: ports, error: noPorts } = useLoaded(() => model.inputs({ timeout: 60_000 }), [model]);
	if (record.id !== model.id) {
		const why = new Error(`the light client proves that ${reference} is the model ${record.id}, and not ${model.id}`);
		return <Failure error={Object.assign(why, { kind: 'not-verified' })} />;
	}
	return (
		<>
			{unproven !== undefined && <Failure error={unproven} />}
			<Title basis={basis}>
				{record.name}
				<span class="dim">@{record.version}</span>
			</Title>
			<p class="lead">{record.description}</p>
			<p class="tags">
				<span class={record.active ? 'tag good' : 'tag warn'}>{record.status.toLowerCase()}</span>
				{record.task && <span class="tag accent">{record.task}</span>}
				{record.tags.map((tag) => <span class="tag" key={tag}>{tag}</span>)}
			</p>
			<div class="columns">
				<Card title="Record" basis={basis}>
					<Facts
						rows={[
							['Id', <Id key="id" value={record.id} />],
							['Owner', <Id key="owner" value={record.owner} link={`#/account/${record.owner}`} />],
							['Licence', record.licence || 'none given'],
							['File', net ? <Download key="file" net={net} model={model} /> : size(model.size)],
							['Royalty', record.royalty > 0n ? asy(record.royalty) : 'none'],
							record.sampleUnits !== undefined && (['Units of its sample', count(record.sampleUnits)] as const),
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
			{record.card && net && <ModelCard net={net} model={record} basis={basis} />}
			{record.provenance && <Provenance model={record} basis={basis} />}
			{ports && <Ask model={model} ports={ports} />}
			{ports && <Programs model={model} ports={ports} />}
			<RequestsOf model={record.id} />
		</>
	);
}

/** The file, which is saved if its hash is the model's id. */
function Download({ net, model }: { net: Network; model: Model }) {
	const [state, setState] = useState<string>();
	const [error, setError] = useState<unknown>();
	const download = async () => {
		setError(undefined);
		try {
			const onProgress = (progress: { type: string; done?: number }) => progress.type === 'bytes' && setState(`${size(progress.done ?? 0)} of ${size(model.size)}`);
			const bytes = await net.download(model, { onProgress });
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

/** The publisher's statement of where the version comes from. The signature shows whose word it is, and nothing more. */
function Provenance({ model, basis }: { model: Model; basis: Basis }) {
	const { value: holds, error } = useLoaded(() => model.provenanceHolds(), [model]);
	const { statement, key } = model.provenance ?? {};
	return (
		<Card title="Provenance" basis={basis} wide>
			<blockquote>{statement}</blockquote>
			{error !== undefined && <Failure error={error} />}
			<Facts
				rows={[
					['Signed by', key && <Id value={key} />],
					[
						'Signature',
						<span key="signature" class={holds === undefined ? 'tag' : holds ? 'tag good' : 'tag bad'}>
							{holds === undefined ? 'is checked' : holds ? 'holds, checked here' : 'does not hold: this key has not signed that'}
						</span>,
					],
				]}
			/>
			<p class="dim">It is the publisher’s word. The chain and this page check the signature: that this key stands for it, and for no other file or version.</p>
		</Card>
	);
}

/** The card, whose bytes the record names by their hash. */
function ModelCard({ net, model, basis }: { net: Network; model: Model; basis: Basis }) {
	const { value: html, error } = useLoaded(async () => {
		const [text, { toHtml }] = await Promise.all([net.card(model, { timeout: 60_000 }), import('../markdown.js')]);
		return toHtml(text ?? '');
	}, [model]);
	return (
		<Card title="Card" basis={basis} wide>
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
