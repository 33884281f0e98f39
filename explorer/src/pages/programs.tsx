// The call of a model as a program, to copy: on the command line, in Python and in TypeScript.

import { useState } from 'preact/hooks';
import type { Model, Port } from '@assay-network/client';
import { network, node } from '../network.js';
import { Card, CopyButton } from '../parts.js';

/** Elements of an input that a program spells out; a larger one is made of zeros. */
const SPELT = 8;

interface Example {
	name: string;
	type: string;
	shape: number[];
	elements: number;
}

function exampleOf({ name, type, shape }: Port): Example {
	const dims = (shape ?? [1]).map((dim) => dim ?? 1);
	return { name, type, shape: dims, elements: dims.reduce((product, dim) => product * dim, 1) };
}

const zeroOf = (type: string) => (type === 'string' ? '""' : type === 'bool' ? 'false' : '0');
const isSmall = ({ elements }: Example) => elements <= SPELT;
const listOf = ({ elements }: Example, zero: string) => `[${Array.from({ length: elements }, () => zero).join(', ')}]`;
const numpyType = (type: string) => (type === 'string' ? 'object' : type === 'bfloat16' ? '"float32"' : `"${type}"`);
const numpy = ({ type, shape }: Example) => `np.full(${JSON.stringify(shape)}, ${type === 'string' ? '""' : '0'}, ${numpyType(type)})`;
/** Python's own lists take the type of the model's input, as bfloat16 has none in NumPy. */
const python = (example: Example) => (example.type === 'bfloat16' ? `${numpy(example)}.tolist()` : numpy(example));

function commandLine(model: string, examples: Example[], url: string, genesis: string): string {
	const call = (file: string) => `assay --url ${url} --genesis ${genesis} \\\n  infer ${model} --input ${file} --output out.json --receipt answer.receipt`;
	if (!examples.every(isSmall)) {
		const arrays = examples.map((example) => `${JSON.stringify(example.name)}: ${numpy(example)}`).join(', ');
		return `python3 - <<'END'\nimport numpy as np\nnp.savez("in.npz", **{${arrays}})\nEND\n${call('in.npz')}`;
	}
	const tensors = examples.map((example) => {
		const { name, type, shape } = example;
		return `  ${JSON.stringify(name)}: {"dtype": "${type}", "shape": ${JSON.stringify(shape)}, "data": ${listOf(example, zeroOf(type))}}`;
	});
	return `cat > in.json <<'END'\n{\n${tensors.join(',\n')}\n}\nEND\n${call('in.json')}`;
}

/** The programs, each with an input of the form that the model takes. */
export function programs(model: string, ports: Port[], url: string, genesis: string): Record<string, string> {
	const examples = ports.map(exampleOf);
	const inPython = examples.map((example) => `    ${JSON.stringify(example.name)}: ${python(example)},`);
	const inTypeScript = examples.map((example) => {
		const { name, type, shape, elements } = example;
		// JavaScript has no numbers of half precision, and gives their bits.
		const data = type.endsWith('float16') ? `new Uint16Array(${elements})` : isSmall(example) ? listOf(example, zeroOf(type)) : `Array(${elements}).fill(${zeroOf(type)})`;
		return `\t${JSON.stringify(name)}: { type: '${type}', shape: ${JSON.stringify(shape)}, data: ${data} },`;
	});
	return {
		'Command line': commandLine(model, examples, url, genesis),
		Python: `import assay
import numpy as np

net = assay.connect("${url}", genesis="${genesis}")
model = net.model("${model}")
answer = model({
${inPython.join('\n')}
}, account=assay.Account.open("NAME"))
print(dict(answer), answer.votes, answer.committee)
answer.receipt.save("answer.receipt")`,
		TypeScript: `import { connect, fromExtension } from '@assay-network/client';

const net = await connect({
\turl: '${url}',
\tgenesis: '${genesis}',
});
const [account] = await fromExtension();
const model = await net.model('${model}');
const answer = await model.run({
${inTypeScript.join('\n')}
}, { account });
console.log(answer.outputs, answer.verified);
net.close();`,
	};
}

export function Programs({ model, ports }: { model: Model; ports: Port[] }) {
	const texts = programs(model.title, ports, node.value ?? 'ws://127.0.0.1:9944', network.value?.genesis ?? '');
	const [language, setLanguage] = useState('Command line');
	const text = texts[language] ?? '';
	return (
		<Card title="The same call as a program" wide>
			<fieldset class="tabs">
				<legend class="unseen">Language</legend>
				{Object.keys(texts).map((name) => (
					<button key={name} type="button" aria-pressed={language === name} onClick={() => setLanguage(name)}>
						{name}
					</button>
				))}
			</fieldset>
			{/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and a keyboard has to reach it for that. */}
			<pre class="program" tabIndex={0}>{text}</pre>
			<CopyButton text={text}>Copy</CopyButton>
		</Card>
	);
}
