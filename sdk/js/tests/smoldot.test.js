// Smoldot's race, of which nothing is kept, and its only timer.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { oneTimer, race } from '../dist/smoldot.js';

const never = new Promise(() => undefined);
const [one, two] = [Promise.resolve(1), Promise.resolve(2)];

test('a race settles as the language’s own does', async () => {
	const failed = Promise.reject(new Error('failed'));
	const cases = [[never, one], [one, two], [two, one], [never, failed], [one, failed], [failed, one], [never, 3], ['value', one], [one, one], [never, never, two]];
	const told = (promise) => promise.then((value) => ['value', value], ({ message }) => ['error', message]);
	for (const [index, values] of cases.entries()) {
		// Twice, as those that are settled take part in several.
		for (const again of ['first', 'second']) {
			assert.deepEqual(await told(race(values)), await told(Promise.race(values)), `${again} of case ${index}`);
		}
	}
	assert.deepEqual(await told(race(new Set([never, two]))), ['value', 2]);
	assert.equal(await Promise.race([race([]), race([never]), two]), 2);
});

test('one who takes part in several settles all of them', async () => {
	let end;
	const open = new Promise((resolve) => (end = resolve));
	const races = [race([open, never]), race([never, open]), race([open])];
	end('over');
	assert.deepEqual(await Promise.all(races), ['over', 'over', 'over']);
	assert.equal(await race([open, never]), 'over');
});

test('a promise that stays open keeps nothing of the races that it lost', async (t) => {
	setFlagsFromString('--expose-gc');
	const collect = runInNewContext('gc');
	const [RACES, NOISE] = [100_000, 5];
	const open = new Promise(() => undefined);
	const run = async (race) => {
		for (let i = 0; i < RACES; i++) {
			await race([new Promise((resolve) => queueMicrotask(resolve)), open]);
		}
		collect();
		return process.memoryUsage().heapUsed;
	};
	/** Bytes that are kept for each race, once the code is warm. */
	const kept = async (race) => {
		const before = await run(race);
		return (await run(race) - before) / RACES;
	};
	const [own, language] = [await kept(race), await kept((values) => Promise.race(values))];
	t.diagnostic(`${own.toFixed(1)} bytes a race, and ${language.toFixed(1)} with Promise.race`);
	assert.ok(own < NOISE, `${own} bytes a race`);
});

test('one timer ends everything that is due, in its order, and is the only one', async () => {
	const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
	const before = timers();
	const DUE = 200;
	const [due, done] = [new Set(), []];
	let most = 0;
	let finish;
	const finished = new Promise((resolve) => (finish = resolve));
	/** As smoldot does it: whenever a timer ends, what is due next has another one. */
	const start = oneTimer(() => {
		const now = performance.now();
		const over = [...due].filter((at) => at <= now).sort((a, b) => a - b);
		over.forEach((at) => due.delete(at));
		done.push(...over);
		most = Math.max(most, timers() - before);
		due.size === 0 ? finish() : start(Math.min(...due) - now);
	});
	const now = performance.now();
	for (let i = 0; i < DUE; i++) {
		// Each before all others, or after some.
		const milliseconds = 300 - i + (i % 7) * 20;
		due.add(now + milliseconds);
		start(milliseconds);
		most = Math.max(most, timers() - before);
	}
	await finished;
	assert.deepEqual(done, [...done].sort((a, b) => a - b));
	assert.deepEqual([done.length, most, timers() - before], [new Set(done).size, 1, 0]);
});
