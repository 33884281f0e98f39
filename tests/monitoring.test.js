// Alerts, dashboard and guide: each alert fires for its condition, has its section, and each panel asks for series that a node has.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { spawn, spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { read } from './lib/names.js';
import { Node, removeFolder, temporaryFolder } from './lib/node.js';
import { PROMETHEUS, ROOT } from './lib/paths.js';

const ALERTS = path.join(ROOT, 'docker', 'alerts.yaml');
const program = (name) => path.join(PROMETHEUS, name);
const skip = fs.existsSync(program('promtool')) ? false : `there is no ${program('promtool')}: scripts/setup.sh fetches it on Debian`;

/** Names of the alerts, by the rules. */
const alerts = () => [...fs.readFileSync(ALERTS, 'utf8').matchAll(/^ +- alert: (\w+)$/gm)].map(([, name]) => name);

/** Expressions of the dashboard, with the panel of each. */
function panels() {
	const { panels } = JSON.parse(read('docker/grafana/assay.json'));
	return panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ title, expr })));
}

test('every alert has a rule that says where to read on, a section there, and a test that it fires', () => {
	const guide = read('docs/guides/operate.md');
	const rules = read('docker/alerts.yaml');
	const tests = read('docker/alerts.test.yaml');
	assert.ok(alerts().length >= 20, `${alerts().length} alerts`);
	for (const name of alerts()) {
		assert.ok(rules.includes(`runbook: docs/guides/operate.md#${name.toLowerCase()}\n`), `${name} names no section`);
		assert.match(guide, new RegExp(`^### ${name}$`, 'm'), `the guide has no section on ${name}`);
		assert.ok(tests.includes(`- name: ${name} fires\n`) && tests.includes(`- name: ${name} is silent\n`), `no test of ${name}`);
	}
});

test('alerts fire for their conditions, and for nothing else', { skip }, () => {
	const { status, stdout, stderr } = spawnSync(program('promtool'), ['test', 'rules', 'docker/alerts.test.yaml'], { cwd: ROOT, encoding: 'utf8' });
	assert.equal(status, 0, stdout + stderr);
});

test('panels do not overlap, and each has a name of its own', () => {
	const { panels } = JSON.parse(read('docker/grafana/assay.json'));
	const taken = new Map();
	for (const { id, title, gridPos: { x, y, w, h } } of panels) {
		assert.ok(x >= 0 && x + w <= 24, `${title} is wider than the page`);
		for (let row = y; row < y + h; row++) {
			for (let column = x; column < x + w; column++) {
				const place = `${column},${row}`;
				assert.ok(!taken.has(place), `${title} is over ${taken.get(place)}`);
				taken.set(place, title);
			}
		}
		assert.equal(panels.filter((panel) => panel.id === id || panel.title === title).length, 1, title);
	}
});

test('every panel and every alert asks for series that a Prometheus has of a node', { skip }, async () => {
	const dir = temporaryFolder();
	const ports = 20_000 + 10 * (process.pid % 1_000);
	const node = await Node.start(dir, ['--prometheus-port', String(ports)]);
	const config = path.join(dir, 'prometheus.yaml');
	const target = `[{ job_name: assay, static_configs: [{ targets: ["127.0.0.1:${ports}"] }] }]`;
	fs.writeFileSync(config, `global: { scrape_interval: 1s, evaluation_interval: 1s }\nrule_files: ["${ALERTS}"]\nscrape_configs: ${target}\n`);
	const url = `http://127.0.0.1:${ports + 1}`;
	const args = [`--config.file=${config}`, `--storage.tsdb.path=${path.join(dir, 'tsdb')}`, `--web.listen-address=127.0.0.1:${ports + 1}`];
	const prometheus = spawn(program('prometheus'), args, { stdio: ['ignore', 'ignore', 'pipe'] });
	let log = '';
	prometheus.stderr.on('data', (data) => {
		log += data;
	});
	const ask = async (what) => (await (await fetch(`${url}/api/v1/${what}`)).json()).data;
	/** Series that an expression names, without functions and labels. */
	const names = (expr) => [...new Set(expr.match(/\b(?:assay|substrate)_\w+|\bup\b/g))];
	try {
		await node.log(/passed its self-test/, 600_000);
		const scraped = async () => (await ask('query?query=up').catch(() => null))?.result.some(({ value }) => value[1] === '1');
		while (!(await scraped())) {
			assert.equal(prometheus.exitCode, null, log);
			await new Promise((resolve) => setTimeout(resolve, 200));
		}
		const known = new Set((await ask('label/__name__/values')).concat('up'));
		const { groups } = await ask('rules');
		const rules = groups.flatMap(({ rules }) => rules.map(({ name, query }) => ({ title: name, expr: query })));
		assert.equal(rules.length, alerts().length);
		// Counters with labels are there once something was counted.
		const later = /^assay_(engine_(runs|abstentions)|blobs_(http|requests))_total$|^substrate_rpc_calls_finished$|^assay_engine_run_seconds_bucket$/;
		for (const { title, expr } of [...panels(), ...rules]) {
			const { resultType } = await ask(`query?query=${encodeURIComponent(expr)}`);
			assert.equal(resultType, 'vector', `${title}: ${expr}`);
			for (const name of names(expr)) {
				assert.ok(known.has(name) || later.test(name), `${title}: a node has no series ${name}`);
			}
		}
		// A development node lacks nothing but peers.
		const value = async (name) => Number((await ask(`query?query=${name}`)).result[0].value[1]);
		assert.deepEqual(await Promise.all(['assay_validator_candidate', 'assay_validator_elected', 'assay_validator_jailed'].map(value)), [1, 1, 0]);
		assert.ok((await value('assay_validator_bond_asy')) >= 1_000);
	} finally {
		prometheus.kill('SIGKILL');
		await node.stop();
		removeFolder(dir);
	}
});
