// The package as a page has it: bundled, in chunks.

import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import zlib from 'node:zlib';
import esbuild from 'esbuild';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Bundles programs, by name, into a folder, with the verifier beside them. */
export async function bundle(dir, entryPoints) {
	const { metafile } = await esbuild.build({
		absWorkingDir: root,
		entryPoints,
		bundle: true,
		splitting: true,
		format: 'esm',
		minify: true,
		platform: 'browser',
		target: 'es2022',
		outdir: dir,
		metafile: true,
		legalComments: 'none',
		logLevel: 'error',
	});
	fs.copyFileSync(path.join(root, 'dist/receipts.wasm'), path.join(dir, 'receipts.wasm'));
	const gzipped = (output) => zlib.gzipSync(fs.readFileSync(path.join(root, output)), { level: 9 }).length;
	/** Chunks that a program loads at once, without those that it asks for later. */
	const atOnce = (output, seen = new Set()) => {
		if (!seen.has(output)) {
			seen.add(output);
			metafile.outputs[output].imports.filter(({ kind }) => kind === 'import-statement').forEach(({ path }) => atOnce(path, seen));
		}
		return [...seen];
	};
	return Object.fromEntries(
		Object.keys(entryPoints).map((name) => {
			const output = Object.keys(metafile.outputs).find((output) => path.relative(dir, path.join(root, output)) === `${name}.js`);
			const chunks = atOnce(output);
			return [name, {
				bytes: chunks.reduce((sum, chunk) => sum + gzipped(chunk), 0),
				modules: chunks.flatMap((chunk) => Object.keys(metafile.outputs[chunk].inputs)),
			}];
		})
	);
}
