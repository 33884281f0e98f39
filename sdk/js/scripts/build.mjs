// Builds the package: types of the chain from its runtime, JavaScript and types from TypeScript, and the verifier beside them.
//
// node scripts/build.mjs RUNTIME.wasm RECEIPTS.wasm

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const [runtime, receipts] = process.argv.slice(2).map((file) => path.resolve(file));
if (!receipts) {
	console.error('usage: node scripts/build.mjs RUNTIME.wasm RECEIPTS.wasm; scripts/js.sh of the repository makes both');
	process.exit(2);
}
// A tool's output is of interest if it fails.
function run(program, ...words) {
	const { status, stdout, stderr } = spawnSync(path.join(root, 'node_modules/.bin', program), words, { cwd: root, encoding: 'utf8' });
	if (status !== 0) {
		console.error(`${program} ${words[0]} failed:\n${stdout}${stderr}`);
		process.exit(1);
	}
}

run('papi', 'add', 'assay', '--wasm', runtime, '--skip-codegen');
run('papi', 'generate');
fs.rmSync(path.join(root, 'dist'), { recursive: true, force: true });
run('tsc', '--project', '.');
fs.cpSync(path.join(root, 'src/descriptors/dist'), path.join(root, 'dist/descriptors/dist'), { recursive: true });
fs.copyFileSync(receipts, path.join(root, 'dist/receipts.wasm'));
