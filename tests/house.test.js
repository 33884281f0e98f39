// Rules of the tree that no compiler checks: licences, and which crate may depend on which.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { ROOT } from './lib/paths.js';

const read = (...names) => fs.readFileSync(path.join(ROOT, ...names), 'utf8');

const tracked = execFileSync('git', ['ls-files'], { cwd: ROOT, encoding: 'utf8' }).split('\n').filter(Boolean);

test('every manifest names the licence whose text is in LICENSE', () => {
	assert.match(read('LICENSE'), /^\s*Apache License\s+Version 2\.0, January 2004/);
	assert.match(read('Cargo.toml'), /^\[workspace\.package\][^[]*^license = "Apache-2\.0"$/m);
	const manifests = tracked.filter((name) => name.endsWith('/Cargo.toml'));
	assert.ok(manifests.length > 10, `${manifests.length} manifests`);
	for (const name of manifests) {
		assert.match(read(name), /^license(\.workspace = true| = "Apache-2\.0")$/m, name);
	}
	for (const name of tracked.filter((name) => /(^|\/)package\.json$/.test(name))) {
		assert.equal(JSON.parse(read(name)).license, 'Apache-2.0', name);
	}
});
