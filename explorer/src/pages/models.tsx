// Models, and a search among them.

import { useState } from 'preact/hooks';
import type { Model } from '@assay-network/client';
import { basisOfState, reader } from '../light.js';
import { chain } from '../network.js';
import { asy, Empty, Failure, Loading, NoNode, size, Title, useLoaded } from '../parts.js';
import { modelLink } from '../route.js';

/** Models that are read for one page. */
const MOST = 500;

export function Models({ sought }: { sought: string }) {
	const net = reader.value;
	const [text, setText] = useState(sought);
	const [from, setFrom] = useState(sought);
	const [active, setActive] = useState(true);
	const [task, setTask] = useState('');
	if (from !== sought) {
		setFrom(sought);
		setText(sought);
	}
	const { value: models, error } = useLoaded(
		net &&
			(async () => {
				const found: Model[] = [];
				for await (const model of net.models({ active })) {
					found.push(model);
					if (found.length === MOST) {
						break;
					}
				}
				return found;
			}),
		[net, active, chain.value?.session],
	);
	if (!net) {
		return (
			<>
				<Title>Models</Title>
				<NoNode />
			</>
		);
	}
	const words = text.toLowerCase().split(/\s+/).filter(Boolean);
	const tasks = [...new Set(models?.map(({ task }) => task).filter(Boolean))].sort();
	const fits = ({ title, task, tags, description, owner, id }: Model) => {
		const all = [title, task, ...tags, description, owner, id].join(' ').toLowerCase();
		return words.every((word) => all.includes(word));
	};
	const found = models?.filter((model) => fits(model) && (task === '' || model.task === task));
	return (
		<>
			<Title basis={basisOfState.value}>Models</Title>
			<div class="row filters">
				<label class="grow">
					<span class="label">Search names, tasks, tags, descriptions and owners</span>
					<input type="search" value={text} onInput={({ currentTarget }) => setText(currentTarget.value)} spellcheck={false} autocomplete="off" />
				</label>
				<label>
					<span class="label">Task</span>
					<select value={task} onChange={({ currentTarget }) => setTask(currentTarget.value)}>
						<option value="">Any</option>
						{tasks.map((task) => <option key={task}>{task}</option>)}
					</select>
				</label>
				<label class="check">
					<input type="checkbox" checked={active} onChange={({ currentTarget }) => setActive(currentTarget.checked)} />
					Only those that take requests
				</label>
			</div>
			{error !== undefined ? (
				<Failure error={error} />
			) : !found ? (
				<Loading what="Asking for models" />
			) : found.length === 0 ? (
				<Empty>{models?.length ? 'No model fits. Try fewer words.' : 'There is no model yet. `assay publish` registers one.'}</Empty>
			) : (
				<ul class="models">
					{found.map((model) => (
						<li key={model.id}>
							<a class="card" href={modelLink(model.title)}>
								<span class="name">
									{model.name}
									<span class="dim">@{model.version}</span>
								</span>
								<p>{model.description || <span class="dim">No description.</span>}</p>
								<span class="tags">
									{model.task && <span class="tag accent">{model.task}</span>}
									{model.tags.map((tag) => <span class="tag" key={tag}>{tag}</span>)}
									{!model.active && <span class="tag warn">{model.status.toLowerCase()}</span>}
								</span>
								<span class="foot">
									<span>{model.licence || 'no licence'}</span>
									<span>{size(model.size)}</span>
									<span>{model.royalty > 0n ? `royalty ${asy(model.royalty)}` : 'no royalty'}</span>
								</span>
							</a>
						</li>
					))}
				</ul>
			)}
			{models?.length === MOST && <p class="dim">These are the first {MOST} models by name.</p>}
		</>
	);
}
