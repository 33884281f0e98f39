// Errors, each with the next step: the same kinds, under the same names and with the same codes, as the Rust library and the command line have.

/** The kind of an error. Each name stays. */
export type Kind =
	| 'usage'
	| 'failed'
	| 'network'
	| 'refused'
	| 'not-verified'
	| 'unknown-chain'
	| 'no-answer'
	| 'interrupted';

/** Why a run ended without an output, on every honest machine. */
export type FailReason = 'InputMismatch' | 'ComputeLimit' | 'MemoryLimit' | 'ModelTrap' | 'ModelInvalid';

/** The base of all errors of this package. */
export abstract class AssayError extends Error {
	abstract readonly kind: Kind;
	/** Exit code of the command line for errors of this kind. */
	abstract readonly code: number;
	/** The request that goes on, or has ended, where one was paid for: `net.resume(request)` gets its answer. */
	request: number | undefined;

	constructor(message: string, options?: ErrorOptions) {
		super(message, options);
		this.name = new.target.name;
	}
}

/** Something could not be used as it was given: an input, a model's name, an option. */
export class UsageError extends AssayError {
	readonly kind = 'usage';
	readonly code = 1;
}

/** The run ended without an output, as it does on every honest machine. */
export class RunFailed extends AssayError {
	readonly kind = 'failed';
	readonly code = 3;
	/** Why. */
	readonly reason: FailReason;

	constructor(reason: FailReason) {
		super(`${WHY[reason]} (${reason})`);
		this.reason = reason;
	}
}

/** No node answers, or it answers with an error. */
export class NetworkError extends AssayError {
	readonly kind = 'network';
	readonly code = 6;
	/** The node's own code, if it answered with an error. */
	readonly nodeCode: number | undefined;

	constructor(message: string, nodeCode?: number, options?: ErrorOptions) {
		super(message, options);
		this.nodeCode = nodeCode;
	}
}

/** The chain does not take it, or the account cannot pay for it. */
export class Refused extends AssayError {
	readonly kind = 'refused';
	readonly code = 7;
}

/** The given data is not what the chain made final. */
export class NotVerified extends AssayError {
	readonly kind = 'not-verified';
	readonly code = 8;

	constructor(why: string, options?: ErrorOptions) {
		super(`not verified: ${why}`, options);
	}
}

/** The chain is not one that this version knows. */
export class UnknownChain extends AssayError {
	readonly kind = 'unknown-chain';
	readonly code = 9;

	constructor(what: string) {
		super(`this chain is not one that this version of @assay-network/client knows: ${what}; use the version that goes with the chain`);
	}
}

/** The network did not decide: the request expired, or the model was rejected. */
export class NoAnswer extends AssayError {
	readonly kind = 'no-answer';
	readonly code = 10;
}

/** The caller has stopped it, with an `AbortSignal`. */
export class Interrupted extends AssayError {
	readonly kind = 'interrupted';
	readonly code: number = 130;
}

/** It took longer than the caller allows. */
export class Timeout extends Interrupted {}

const WHY: Record<FailReason, string> = {
	InputMismatch: "the input's names, types or shapes are not the model's: `model.inputs()` says which they are",
	ComputeLimit: 'the run costs more units than `units` allows',
	MemoryLimit: 'the run takes more memory than the engine has',
	ModelTrap: 'an operator of the model failed on this input',
	ModelInvalid: 'this model does not load for inputs of these shapes: try others',
};
