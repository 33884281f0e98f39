// The ranking as WebAssembly: asks nothing of its host, and gives what memory/vectors.json pins. `wasm.mjs MODULE`.

import assert from 'node:assert/strict';
import fs from 'node:fs';

const module = new WebAssembly.Module(fs.readFileSync(process.argv[2]));
const imports = WebAssembly.Module.imports(module).map(({ module, name }) => `${module}.${name}`);
assert.deepEqual(imports, [], 'the ranking imports what a browser does not have: find the dependency that asks for it');
const { exports } = new WebAssembly.Instance(module);

function ask(value) {
	const bytes = new TextEncoder().encode(JSON.stringify(value));
	const pointer = exports.take(bytes.length);
	new Uint8Array(exports.memory.buffer, pointer, bytes.length).set(bytes);
	exports.answer(pointer, bytes.length);
	// Keyword scores and fused ones are below 2^53, so that JavaScript's numbers hold them.
	return JSON.parse(new TextDecoder().decode(new Uint8Array(exports.memory.buffer, exports.at(), exports.length())));
}

const vectors = JSON.parse(fs.readFileSync(new URL('../../memory/vectors.json', import.meta.url), 'utf8'));
for (const [text, terms] of vectors.terms) {
	assert.deepEqual(ask({ terms: text }), terms);
}
let hits = 0;
for (const ranking of vectors.rankings) {
	assert.deepEqual(ask(ranking.case), ranking.hits);
	hits += ranking.hits.flat().length;
}
assert.ok(hits > 100, `the vectors have ${hits} hits`);
console.log(`WebAssembly, ${fs.statSync(process.argv[2]).size} bytes without imports: ${hits} hits, 0 differences`);
