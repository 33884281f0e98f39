// A race and a timer for smoldot 3.4.1, which keeps more and more memory with the usual ones.

interface Waiting {
	resolve: (value: unknown) => void;
	reject: (error: unknown) => void;
}

/** The races of each open promise. One reaction of the promise serves all of them. */
const racesOf = new WeakMap<object, Set<Waiting>>();

function enter(promise: Promise<unknown>): Set<Waiting> {
	let races = racesOf.get(promise);
	if (!races) {
		const own = new Set<Waiting>();
		races = own;
		racesOf.set(promise, own);
		promise.then(
			(value) => {
				racesOf.delete(promise);
				own.forEach(({ resolve }) => resolve(value));
			},
			(error: unknown) => {
				racesOf.delete(promise);
				own.forEach(({ reject }) => reject(error));
			},
		);
	}
	return races;
}

/**
 * `Promise.race`, but a promise that stays open keeps nothing of a race that is over. Each turn of smoldot's loop races the next turn against the client's
 * end, which is hours away. The language's own race leaves its functions and its promise there: 124 bytes a turn, hundreds of turns a second.
 */
export function race<T>(values: Iterable<T | PromiseLike<T>>): Promise<Awaited<T>> {
	return new Promise<unknown>((resolve, reject) => {
		const entered: Set<Waiting>[] = [];
		const leave = () => entered.forEach((races) => races.delete(waiting));
		const waiting: Waiting = {
			resolve: (value) => {
				leave();
				resolve(value);
			},
			reject: (error) => {
				leave();
				reject(error);
			},
		};
		for (const value of values) {
			entered.push(enter(Promise.resolve(value)).add(waiting));
		}
	}) as Promise<Awaited<T>>;
}

/** Milliseconds of the longest timer. After a shorter one than it asked for, smoldot asks for the rest. */
const LONGEST = 2 ** 31 - 1;

/**
 * One timer in place of many. Smoldot starts a timer for a deadline that comes before all others, and, whenever a timer ends, another one for the next
 * deadline. Its own timers are never cancelled, so there are hundreds more each minute, and all of them end at each deadline.
 */
export function oneTimer(ended: () => void): (milliseconds: number) => void {
	let due = Infinity;
	let timer: ReturnType<typeof setTimeout> | undefined;
	return (milliseconds) => {
		const at = performance.now() + milliseconds;
		// When an earlier timer ends, smoldot asks for this deadline again.
		if (at < due) {
			clearTimeout(timer);
			due = at;
			timer = setTimeout(() => {
				due = Infinity;
				ended();
			}, Math.min(Math.ceil(milliseconds), LONGEST));
		}
	};
}

let tidy = false;

/**
 * Keeps smoldot's memory flat in this thread or page. `Promise.race` becomes {@link race} for all code there. Smoldot's module gets {@link oneTimer} when
 * it is instantiated; other modules stay as they were.
 */
export function tidySmoldot(): void {
	if (tidy) {
		return;
	}
	tidy = true;
	Promise.race = race;
	const instantiate = WebAssembly.instantiate as (source: unknown, imports?: WebAssembly.Imports) => Promise<unknown>;
	const own = async (source: unknown, imports?: WebAssembly.Imports): Promise<unknown> => {
		const bindings = imports?.smoldot;
		if (!bindings?.start_timer) {
			return instantiate(source, imports);
		}
		const start_timer = oneTimer(() => {
			try {
				(instance.exports.timer_finished as () => void)();
			} catch {
				// Smoldot has crashed, and has reported it.
			}
		});
		const instance = (await instantiate(source, { ...imports, smoldot: { ...bindings, start_timer } })) as WebAssembly.Instance;
		return instance;
	};
	WebAssembly.instantiate = own as typeof WebAssembly.instantiate;
}
