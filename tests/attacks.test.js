// Promises of docs/security.md: each attack has the tests that are named for it, and a release has no adversary.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { quoted, read, testNames } from './lib/names.js';
import { ROOT } from './lib/paths.js';

/** Rows of the table of attacks: `{ attack, tests }`. */
function attacks() {
	const [, section] = read('docs/security.md').match(/^## Attacks\n([^]*?)^## /m);
	const rows = section.split('\n').filter((line) => line.startsWith('| ')).slice(1);
	return rows.map((row) => {
		const [, attack, , named] = row.split('|').map((cell) => cell.trim());
		return { attack, tests: quoted(named) };
	});
}

test('every attack in docs/security.md names tests, and there are all of them', () => {
	const known = testNames();
	const rows = attacks();
	assert.ok(rows.length >= 22, `the table has ${rows.length} rows`);
	for (const { attack, tests } of rows) {
		assert.ok(tests.length > 0, `nothing is named for: ${attack}`);
		for (const name of tests) {
			assert.ok(known.has(name), `${attack}: there is no test \`${name}\``);
		}
	}
});

test('every command and test that SPECIFICATION.md names is there', () => {
	const known = testNames();
	const named = quoted(read('SPECIFICATION.md').replaceAll(/^```[^]*?^```/gm, ''));
	const names = named.filter((name) => /^[a-z0-9]+(_[a-z0-9]+){3,}$/.test(name));
	assert.ok(names.length >= 3);
	assert.deepEqual(names.filter((name) => !known.has(name)), []);
	const files = named.flatMap((name) => name.match(/\b(?:scripts|tests|docs)\/[\w./-]+/g) ?? []);
	assert.ok(files.length >= 15);
	assert.deepEqual(files.filter((file) => !fs.existsSync(path.join(ROOT, file))), []);
});

test('every mutant of scripts/mutants.py names tests that there are', () => {
	const known = testNames();
	const table = read('scripts/mutants.py').match(/^MUTANTS = \[([^]*?)^\]/m)[1];
	const named = [...table.matchAll(/"([a-z]+(?:_[a-z0-9]+){3,})"/g)].map(([, name]) => name);
	assert.ok(named.length > 30);
	assert.deepEqual(named.filter((name) => !known.has(name)), []);
});

test('a release build contains no adversary', () => {
	assert.match(read('node/src/main.rs'), /#\[cfg\(debug_assertions\)\]\nmod adversary;/);
	const [, release] = read('Cargo.toml').match(/^\[profile\.release\]\n([^[]*)/m);
	assert.doesNotMatch(release, /debug-assertions/, 'the release profile must not turn debug assertions on');
	// With the flags of a release, the module has to fail with this error, whatever else is wrong with it on its own.
	const flags = ['--crate-type', 'lib', '--edition', '2021', '--emit', 'metadata', '-C', 'debug-assertions=off', '-o', '/dev/null'];
	const { status, stderr } = spawnSync('rustc', [...flags, path.join(ROOT, 'node', 'src', 'adversary.rs')], { encoding: 'utf8' });
	assert.notEqual(status, 0);
	assert.match(stderr, /error: a release build contains no adversary/);
});

test('a release build checks no invariants for whoever asks', () => {
	const lines = /#\[cfg\(debug_assertions\)\]\n(?:mod invariants;|\tmodule\.merge\(invariants::)/g;
	assert.equal(read('node/src/rpc.rs').match(lines)?.length, 2);
	assert.match(read('node/src/rpc/invariants.rs'), /#\[cfg\(not\(debug_assertions\)\)\]\ncompile_error!/);
});
