// Builds the page: a folder for any static host, and one file that opens from disk. The same sources give the same bytes.
//
// node scripts/build.mjs [FOLDER] [--spec LIGHT-SPEC.json]
//
// The specification is what the light client of the page begins with. Without it, the page takes one that it is given, or the node's word.

import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import zlib from 'node:zlib';
import esbuild from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const { positionals, values } = parseArgs({ allowPositionals: true, options: { spec: { type: 'string' } } });
const out = path.resolve(positionals[0] ?? path.join(root, 'dist'));
/** Compact, and without what would end the element that it is in. */
const spec = values.spec === undefined ? '' : JSON.stringify(JSON.parse(fs.readFileSync(values.spec, 'utf8'))).replaceAll('<', '\\u003c');
const client = path.join(root, '../sdk/js/dist');
if (!fs.existsSync(path.join(client, 'receipts.wasm'))) {
	console.error(`there is no client at ${client}: run scripts/js.sh --build, or scripts/explorer.sh, which does`);
	process.exit(1);
}

const common = {
	absWorkingDir: root,
	bundle: true,
	format: 'esm',
	minify: true,
	platform: 'browser',
	target: 'es2022',
	jsx: 'automatic',
	jsxImportSource: 'preact',
	legalComments: 'none',
	logLevel: 'error',
};
const hash = (algorithm, bytes, encoding) => crypto.createHash(algorithm).update(bytes).digest(encoding);
const template = fs.readFileSync(path.join(root, 'src/index.html'), 'utf8');

/**
 * The page around its script and style. Scripts are run if they are these, and nothing is asked of any host but the page's own and, by WebSocket, a
 * node; `network.ts` narrows that to the one that is in use.
 */
function page({ script, style, scripts, styles, build, connect }) {
	const policy = [
		"default-src 'none'",
		`script-src ${scripts} 'wasm-unsafe-eval'`,
		`style-src ${styles}`,
		'img-src data: blob:',
		`connect-src ${connect} ws: wss:`,
		"base-uri 'none'",
		"form-action 'none'",
	].join('; ');
	// Functions, because `$` means something in a replacement.
	return template
		.replace('%POLICY%', () => policy)
		.replace('%BUILD%', () => build)
		.replace('%STYLE%', () => style)
		.replace('%SPEC%', () => (spec ? `<script type="application/json" id="light-spec">${spec}</script>` : ''))
		.replace('%SCRIPT%', () => script);
}

fs.rmSync(out, { recursive: true, force: true });
fs.mkdirSync(out, { recursive: true });

// The light client's worker has its own file, whose name the page has to know.
const light = await esbuild.build({
	...common,
	entryPoints: { light: path.join(client, 'worker.js') },
	outdir: out,
	entryNames: '[name]-[hash]',
	metafile: true,
});
const worker = path.basename(Object.keys(light.metafile.outputs)[0]);

// The folder: what is not needed at once is in chunks, all beside each other, as the client looks for its verifier beside its own chunk.
const { metafile } = await esbuild.build({
	...common,
	entryPoints: { app: 'src/main.tsx', style: 'src/style.css' },
	alias: { '#verifier': path.join(root, 'src/verifier/beside.ts') },
	define: { WORKER: JSON.stringify(`./${worker}`) },
	splitting: true,
	outdir: out,
	entryNames: '[name]-[hash]',
	chunkNames: 'chunk-[hash]',
	metafile: true,
});
fs.copyFileSync(path.join(client, 'receipts.wasm'), path.join(out, 'receipts.wasm'));
const names = Object.keys(metafile.outputs).map((file) => path.basename(file));
const [app, style] = ['app', 'style'].map((name) => names.find((file) => file.startsWith(`${name}-`)));
const built = [...fs.readdirSync(out)].sort().map((file) => `${file} ${hash('sha256', fs.readFileSync(path.join(out, file)), 'hex')}\n`);
const build = hash('sha256', built.join('') + spec, 'hex').slice(0, 16);
fs.writeFileSync(
	path.join(out, 'index.html'),
	page({
		script: `<script type="module" src="./${app}"></script>`,
		style: `<link rel="stylesheet" href="./${style}">`,
		scripts: "'self'",
		styles: "'self'",
		connect: "'self'",
		build,
	}),
);

// The file: everything in one script, whose hash the policy names.
const single = await esbuild.build({
	...common,
	entryPoints: { app: 'src/main.tsx', style: 'src/style.css' },
	alias: { '#verifier': path.join(root, 'src/verifier/inside.ts') },
	define: { WORKER: '""' },
	loader: { '.wasm': 'binary' },
	outdir: out,
	write: false,
});
const [code, css] = ['.js', '.css'].map((end) => single.outputFiles.find((file) => file.path.endsWith(end)).text.trim());
const named = (text) => `'sha256-${hash('sha256', text, 'base64')}'`;
fs.writeFileSync(
	path.join(out, 'explorer.html'),
	page({
		script: `<script type="module">${code}</script>`,
		style: `<style>${css}</style>`,
		scripts: named(code),
		styles: named(css),
		connect: '',
		build,
	}),
);

/** Files that a page loads at once. */
const atOnce = (output, seen = new Set()) => {
	if (!seen.has(output)) {
		seen.add(output);
		metafile.outputs[output].imports.filter(({ kind }) => kind === 'import-statement').forEach(({ path }) => atOnce(path, seen));
	}
	return [...seen];
};
const outputs = Object.keys(metafile.outputs);
const first = [...atOnce(outputs.find((file) => path.basename(file) === app)), outputs.find((file) => path.basename(file) === style)];
const gzipped = first.reduce((sum, file) => sum + zlib.gzipSync(fs.readFileSync(path.join(root, file)), { level: 9 }).length, 0);
console.log(JSON.stringify({ build, firstLoadGzipped: gzipped, explorerHtml: fs.statSync(path.join(out, 'explorer.html')).size }));
