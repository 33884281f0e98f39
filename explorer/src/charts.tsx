// Small charts of what this page has seen since it was opened. Nobody else is asked for it.

import { effect, signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { RequestState } from '@assay-network/client';
import type uPlot from 'uplot';
import { blocks, chain } from './network.js';

type Point = readonly [at: number, value: number];
/** Points of a chart. */
const KEPT = 60;
const HEIGHT = 110;
/** Pixels of the labels beside a chart and below it. */
const LABELS = { beside: 34, below: 26 } as const;

/** Steps of a scale of blocks and requests. */
const WHOLE = Array.from({ length: 10 }, (_, power) => [1, 2, 5].map((step) => step * 10 ** power)).flat();
/** Pixels of a digit of a label. */
const DIGIT = 7;

/** Requests so far, by block. */
const requestsSeen = signal<Point[]>([]);
/** Blocks from a request to its end, by request. */
const latencies = signal<Point[]>([]);
/** Blocks of requests that were open when they were seen. */
const openSince = new Map<number, number>();

effect(() => {
	const state = chain.value;
	const known = requestsSeen.peek();
	if (state && state.block.number > (known.at(-1)?.[0] ?? -1)) {
		requestsSeen.value = [...known, [state.block.number, state.requests] as const].slice(-KEPT);
	}
});

/** Notes which requests are open, and how long those took that have become final since. */
export function noteRequests(requests: RequestState[]): void {
	for (const { request, stage, requestedAt, endedAt } of requests) {
		const since = openSince.get(request);
		if (requestedAt !== undefined && endedAt === undefined) {
			openSince.set(request, requestedAt);
		} else if (stage === 'Final' && since !== undefined && endedAt !== undefined) {
			openSince.delete(request);
			latencies.value = [...latencies.value, [request, endedAt - since] as const].slice(-KEPT);
		}
	}
}

const seconds = (milliseconds: number) => Math.round(milliseconds / 100) / 10;

export function Charts() {
	const seen = [...blocks.value].reverse();
	const between = seen.flatMap(({ number, seen: at }, index): Point[] => {
		const before = seen[index - 1];
		return before?.number === number - 1 ? [[number, seconds(at - before.seen)]] : [];
	});
	const toFinal = seen.flatMap(({ number, seen: at, final }): Point[] => (final === undefined ? [] : [[number, seconds(final - at)]]));
	return (
		<div class="charts">
			<Chart title="Seconds between blocks" points={between} />
			<Chart title="Seconds to finality" points={toFinal} />
			<Chart title="Requests so far" points={requestsSeen.value} whole />
			<Chart title="Blocks from request to final" points={latencies.value} whole nothing="No request has become final since this page was opened." />
		</div>
	);
}

function Chart({ title, points, whole = false, nothing = 'The next blocks begin it.' }: { title: string; points: Point[]; whole?: boolean; nothing?: string }) {
	const last = points.at(-1)?.[1];
	const enough = points.length > 1;
	return (
		<section class="chart">
			<h3>
				{title} {last !== undefined && <strong>{last.toLocaleString('en')}</strong>}
			</h3>
			{enough ? <Plot title={title} points={points} whole={whole} /> : <p class="dim">{last === undefined ? nothing : 'A line follows with the next value.'}</p>}
		</section>
	);
}

const colour = (name: string) => () => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function options(width: number, whole: boolean): uPlot.Options {
	const axis = { stroke: colour('--dim'), grid: { stroke: colour('--line'), width: 1 }, ticks: { show: false }, font: '11px system-ui, sans-serif', gap: 4 };
	return {
		width,
		height: HEIGHT,
		cursor: { show: false },
		legend: { show: false },
		scales: { x: { time: false }, y: { range: (_, low, high) => [Math.min(0, low), Math.max(high * 1.15, 1)] } },
		axes: [
			{ ...axis, grid: { show: false }, space: 70, size: LABELS.below, gap: 8, incrs: WHOLE },
			{ ...axis, space: 24, size: (_, labels) => Math.max(LABELS.beside, DIGIT * (1 + Math.max(0, ...(labels ?? []).map(({ length }) => length)))), ...(whole && { incrs: WHOLE }) },
		],
		series: [{}, { stroke: colour('--accent'), width: 2, points: { show: false } }],
	};
}

function Plot({ title, points, whole }: { title: string; points: Point[]; whole: boolean }) {
	const place = useRef<HTMLDivElement>(null);
	const plot = useRef<uPlot | undefined>(undefined);
	const data = [points.map(([at]) => at), points.map(([, value]) => value)] satisfies uPlot.AlignedData;
	const newest = useRef(data);
	newest.current = data;
	useEffect(() => {
		const at = place.current;
		if (!at) {
			return;
		}
		let wanted = true;
		void import('uplot').then(({ default: Plotter }) => {
			if (wanted) {
				plot.current = new Plotter(options(at.clientWidth, whole), newest.current, at);
			}
		});
		const sized = new ResizeObserver(() => plot.current?.setSize({ width: at.clientWidth, height: HEIGHT }));
		sized.observe(at);
		const dark = matchMedia('(prefers-color-scheme: dark)');
		const redraw = () => plot.current?.redraw();
		dark.addEventListener('change', redraw);
		return () => {
			wanted = false;
			sized.disconnect();
			dark.removeEventListener('change', redraw);
			plot.current?.destroy();
			plot.current = undefined;
		};
	}, []);
	useEffect(() => plot.current?.setData(data), [points]);
	const values = points.map(([, value]) => value);
	return <div ref={place} class="plot" role="img" aria-label={`${title}: ${values.length} points between ${Math.min(...values)} and ${Math.max(...values)}`} />;
}
