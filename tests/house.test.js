// Rules of the tree that no compiler checks: licences, the pages that name crates and tests, and which crate may depend on which.

import assert from 'node:assert/strict';
import path from 'node:path';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { quoted, read, testNames, tracked } from './lib/names.js';
import { ROOT } from './lib/paths.js';

const cargo = (...words) => execFileSync('cargo', [...words, '--locked'], { cwd: ROOT, encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'inherit'] });

/** Packages of the workspace: `{ name, folder }`. */
function members() {
	const { packages } = JSON.parse(cargo('metadata', '--no-deps', '--format-version', '1'));
	return packages.map(({ name, manifest_path }) => ({ name, folder: path.relative(ROOT, path.dirname(manifest_path)) }));
}

/** Names of the crates that a crate is built with, without those of its tests and build scripts. */
function dependencies(name, features) {
	const tree = cargo('tree', '-p', name, '--edges', 'normal', '--target', 'all', '--prefix', 'none', '--format', '{p}', ...features);
	return new Set(tree.split('\n').map((line) => line.split(' ')[0]).filter((other) => other && other !== name));
}

/** Rows of the first table below a heading of a page, as cells. */
function rows(page, heading) {
	const section = read(page).split(/^(?=#+ )/m).find((section) => section.startsWith(`${heading}\n`));
	assert.ok(section, `${page} has no section ${heading}`);
	const lines = section.split('\n').filter((line) => line.startsWith('| '));
	return lines.slice(1).map((line) => line.split('|').slice(1, -1).map((cell) => cell.trim()));
}

test('every manifest names the licence whose text is in LICENSE', () => {
	assert.match(read('LICENSE'), /^\s*Apache License\s+Version 2\.0, January 2004/);
	assert.match(read('Cargo.toml'), /^\[workspace\.package\][^[]*^license = "Apache-2\.0"$/m);
	const manifests = tracked().filter((name) => name.endsWith('/Cargo.toml'));
	assert.ok(manifests.length > 10, `${manifests.length} manifests`);
	for (const name of manifests) {
		assert.match(read(name), /^license(\.workspace = true| = "Apache-2\.0")$/m, name);
	}
	for (const name of tracked().filter((name) => /(^|\/)package\.json$/.test(name))) {
		assert.equal(JSON.parse(read(name)).license, 'Apache-2.0', name);
	}
});

test('docs/architecture.md has a line for every crate, and an invariant with the tests that check it', () => {
	const known = testNames();
	const lines = rows('docs/architecture.md', '# Architecture').map(([crate]) => quoted(crate)[0]);
	const invariants = rows('docs/architecture.md', '## Invariants');
	for (const { folder } of members()) {
		assert.ok(lines.includes(folder), `the table of crates has no line for \`${folder}\``);
		assert.ok(invariants.some(([crate]) => quoted(crate)[0] === folder), `the table of invariants has no line for \`${folder}\``);
	}
	for (const [crate, , tests] of invariants) {
		assert.ok(quoted(tests).length > 0, `no test is named for the invariant of ${crate}`);
		for (const name of quoted(tests)) {
			assert.ok(known.has(name), `${crate}: there is no test \`${name}\``);
		}
	}
});

// Crates that reach files, network or other programs.
const OUTSIDE = /^(tokio|async-io|async-std|hyper|reqwest|ureq|axum|jsonrpsee.*|libp2p.*|litep2p|smoldot.*|clap|sc-.*)$/;
// Crates that run models.
const ENGINE = /^(assay-engine|assay-engine-guest|assay-kernels|assay-native|wasmtime|tract-.*)$/;
// Crates of which nodes and clients are made.
const PROGRAMS = /^(assay|assay-cli|assay-node|assay-blobs|assay-receipts)$/;
const PALLETS = /^(pallet-(rounds|models|inference|council|memory|validators)|assay-runtime)$/;
const HOST = /^(sp-io|sp-core|sp-runtime-interface|sp-externalities|frame-support|frame-system)$/;
const no = (...patterns) => patterns;

/** Patterns of what a crate must not be built with. */
const WALLS = {
	'assay-primitives': no(OUTSIDE, ENGINE, PROGRAMS, PALLETS, HOST),
	'assay-receipts': no(OUTSIDE, ENGINE, PROGRAMS, PALLETS, HOST),
	'pallet-rounds': no(OUTSIDE, ENGINE, PROGRAMS, /^pallet-(models|inference|council|memory|validators)$/),
	'pallet-models': no(OUTSIDE, ENGINE, PROGRAMS, /^pallet-(inference|council|memory|validators)$/),
	'pallet-inference': no(OUTSIDE, ENGINE, PROGRAMS, /^pallet-(council|memory|validators)$/),
	'pallet-council': no(OUTSIDE, ENGINE, PROGRAMS, /^pallet-(rounds|models|inference|memory|validators)$/),
	'pallet-memory': no(OUTSIDE, ENGINE, PROGRAMS, /^pallet-(inference|council|validators)$/),
	'pallet-validators': no(OUTSIDE, ENGINE, PROGRAMS, /^pallet-(rounds|models|inference|council|memory)$/),
	'assay-runtime': no(OUTSIDE, ENGINE, PROGRAMS),
	'assay-kernels': no(OUTSIDE, HOST, PROGRAMS, PALLETS, /^(assay-.*|wasmtime|tract-.*)$/),
	'assay-engine-guest': no(OUTSIDE, HOST, PROGRAMS, PALLETS, /^wasmtime$/),
	'assay-engine': no(OUTSIDE, HOST, PROGRAMS, PALLETS, /^tract-/),
	'assay-blobs': no(/^sc-/, HOST, ENGINE, PALLETS, /^(assay|assay-node|assay-receipts)$/),
	'assay-api': no(OUTSIDE, ENGINE, HOST, PALLETS, PROGRAMS),
	'assay-client': no(/^sc-/, HOST, ENGINE, PALLETS, /^(assay|assay-node|assay-blobs|clap|comfy-table|indicatif|rpassword)$/),
	assay: no(/^sc-/, HOST, PALLETS, /^(assay-node|assay-blobs)$/),
};
// The crates that make and verify blocks are built without the standard library.
const WITHOUT_STD = ['assay-primitives', 'assay-receipts', 'assay-runtime', ...Object.keys(WALLS).filter((name) => name.startsWith('pallet-'))];

test('no crate is built with what it must not know', (t) => {
	for (const [name, walls] of Object.entries(WALLS)) {
		const built = dependencies(name, WITHOUT_STD.includes(name) ? ['--no-default-features'] : []);
		assert.ok(built.size > 0, `${name} depends on nothing`);
		t.diagnostic(`${name} is built with ${built.size} crates`);
		for (const wall of walls) {
			const wrong = [...built].filter((other) => wall.test(other));
			assert.deepEqual(wrong, [], `${name} must not be built with these: see who brings them with cargo tree -p ${name} -i NAME`);
		}
	}
});

test('only the node knows the whole, and nothing depends on it or on native tract', () => {
	const { packages } = JSON.parse(cargo('metadata', '--no-deps', '--format-version', '1'));
	for (const { name, dependencies } of packages) {
		const normal = dependencies.filter(({ kind }) => kind === null).map(({ name }) => name);
		assert.ok(!normal.includes('assay-node') && !normal.includes('assay-native'), `${name} depends on a program`);
	}
	const built = dependencies('assay-node', []);
	for (const part of ['assay-runtime', 'assay-engine', 'assay-blobs', 'assay-receipts']) {
		assert.ok(built.has(part), `assay-node is built without ${part}`);
	}
});

/** Constants that stand in several files and have to agree: the chain's own, with copies in the verifier, the clients, the simulation and tests. */
const AGREE = [
	'BLOCKS_PER_MISSING_AUDITOR', 'CHECKPOINT', 'CHUNK_BYTES', 'COMMIT_GRACE', 'FEW_AUDITORS', 'HELD_ERAS', 'NAME_BYTES', 'NOT_EXPECTED',
	'NOT_FINAL', 'NOT_YET_PROVEN', 'SEALED', 'SHUT_SESSIONS', 'SLOT_MS', 'SMALL_SET', 'UNITS_PER_BLOCK',
];

test('constants that stand in several files have one value', () => {
	const values = new Map(AGREE.map((name) => [name, new Map()]));
	for (const file of tracked().filter((name) => /\.(rs|m?js)$/.test(name))) {
		for (const [, name, value] of read(file).matchAll(/^\s*(?:pub(?:\([a-z]+\))? |export )?const ([A-Z_]+)(?:: [^=\n]+)? = ([^;\n]+);$/gm)) {
			values.get(name)?.set(file, value.replaceAll('_', ''));
		}
	}
	for (const [name, found] of values) {
		assert.ok(found.size > 0, `no file has the constant ${name}: take it out of AGREE`);
		assert.equal(new Set(found.values()).size, 1, `${name} differs: ${JSON.stringify(Object.fromEntries(found))}`);
	}
});
