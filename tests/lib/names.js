// Names of the tests that there are, in Rust and JavaScript: documents name tests, and tests check that they exist.

import fs from 'node:fs';
import path from 'node:path';
import { execFileSync } from 'node:child_process';
import { ROOT } from './paths.js';

/** A file of the tree as text. */
export const read = (name) => fs.readFileSync(path.join(ROOT, name), 'utf8');

/** Files that git tracks or will track. */
export function tracked() {
	const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: ROOT, encoding: 'utf8' });
	return listed.split('\n').filter((name) => name && fs.existsSync(path.join(ROOT, name)));
}

/** Names of all tests. */
export function testNames() {
	const names = new Set();
	for (const file of tracked()) {
		if (file.endsWith('.rs')) {
			const text = read(file);
			for (const [, name] of text.matchAll(/#\[(?:tokio::)?test(?:\([^)]*\))?\]\s+(?:#\[[^\]]*\]\s+)*(?:async )?fn (\w+)/g)) {
				names.add(name);
			}
			// Property tests.
			for (const [, name] of text.matchAll(/^mod (\w+);$/gm)) {
				names.add(name);
			}
			// Tests with a `main` of their own, which lists them.
			for (const [, name] of /^fn main\(\)/m.test(text) ? text.matchAll(/^\t+\("(\w+)", \w+\),$/gm) : []) {
				names.add(name);
			}
		} else if (file.endsWith('.test.js')) {
			for (const [, name] of read(file).matchAll(/\btest\('([^']+)'/g)) {
				names.add(name);
			}
		} else if (/(^|\/)test_\w+\.py$/.test(file)) {
			for (const [, name] of read(file).matchAll(/^def (test_\w+)/gm)) {
				names.add(name);
			}
		}
	}
	return names;
}

/** Names that a cell of a table has between backticks. */
export const quoted = (cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name);
