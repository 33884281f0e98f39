// The time that a caller waits, and the signal that stops it.

import { Interrupted, Timeout } from './errors.js';

/** Limits of every call that waits for somebody. */
export interface Limits {
	/** Stops the call. A transaction that was submitted goes on. */
	signal?: AbortSignal;
	/** Milliseconds after which the call ends with `Timeout`. A transaction that was submitted goes on. */
	timeout?: number;
}

/** The progress of something that takes its time. */
export type Progress =
	/** The light client looks for peers and follows the chain. */
	| { type: 'syncing' }
	/** A transaction was handed over. */
	| { type: 'submitted' }
	/** It is in a block, and that block is final. */
	| { type: 'included' }
	/** The request has this number. */
	| { type: 'requested'; request: number }
	/** So many of so many bytes of a blob are uploaded or downloaded. */
	| { type: 'bytes'; done: number; total: number }
	/** The request, or the model, stands here. */
	| { type: 'status'; status: string }
	/** Waits for the votes that prove the result. */
	| { type: 'proving' };

/** Limits, and who is told of progress. */
export interface Watched extends Limits {
	onProgress?: (progress: Progress) => void;
}

/** Waits for a promise, or until the signal is given. */
export async function until<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
	let stop = () => {};
	try {
		return await Promise.race([
			promise,
			new Promise<never>((_, reject) => {
				stop = () => reject(signal.reason as Error);
				signal.aborted ? stop() : signal.addEventListener('abort', stop, { once: true });
			}),
		]);
	} finally {
		signal.removeEventListener('abort', stop);
	}
}

/** Does some work within limits. */
export async function within<T>({ signal, timeout }: Limits, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
	const own = new AbortController();
	const stop = () => own.abort(new Interrupted('interrupted', { cause: signal?.reason }));
	signal?.aborted ? stop() : signal?.addEventListener('abort', stop, { once: true });
	const timer = timeout === undefined ? undefined : setTimeout(() => own.abort(new Timeout(`this took longer than ${timeout} ms`)), timeout);
	try {
		own.signal.throwIfAborted();
		return await until(own.signal, work(own.signal));
	} finally {
		clearTimeout(timer);
		signal?.removeEventListener('abort', stop);
		// Work that is still waited for ends, too.
		own.abort(new Interrupted('interrupted'));
	}
}

/** Waits so many milliseconds. */
export const pause = (ms: number, signal: AbortSignal): Promise<void> => until(signal, new Promise((resolve) => setTimeout(resolve, ms)));
