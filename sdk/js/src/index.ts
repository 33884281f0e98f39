// Asks models on the Assay network, and returns no output that it has not verified.

export { devAccount, fromExtension, fromSecret, wallets, type Account, type Signer } from './accounts.js';
export type { Limits, Progress, Watched } from './limits.js';
export {
	connect,
	Model,
	Network,
	Ticket,
	type ConnectOptions,
	type Evidence,
	type ModelQuery,
	type Quote,
	type QuoteOptions,
	type Result,
	type ResultOptions,
	type SubmitOptions,
} from './network.js';
export {
	Memory,
	type AddOptions,
	type Deletion,
	type MemoryOptions,
	type MemoryStatus,
	type Message,
	type Recall,
	type Remembered,
	type SearchOptions,
	type Whose,
	type WriteOptions,
} from './memory.js';
export type { BlockState, ChainState, Heads, RequestState, RoundState, ValidatorState, Vote } from './observe.js';
export type { Outcome, PastDispute, PastRound, PastVote, RequestHistory, RequestList } from './history.js';
export type { Publication, PublishOptions, PublishPrice } from './publish.js';
export { asy } from './text.js';
export * from './verify.js';
