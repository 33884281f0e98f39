// Validators: stake, record, and their last votes.

import type { ChainState, ValidatorState } from '@assay-network/client';
import { basisOfState, reader } from '../light.js';
import { chain } from '../network.js';
import { asy, Card, count, counted, Empty, Facts, Id, Loading, NoNode, Table, Title } from '../parts.js';
import { validatorLink } from '../route.js';
import { VotesLately, VotesOf } from './history.js';

/** Hundredths of a percent of the voting power. */
function share({ power }: ValidatorState, { validators }: ChainState): string {
	const total = validators.reduce((sum, { power }) => sum + power, 0n);
	return total > 0n && power > 0n ? `${(Number((power * 10_000n) / total) / 100).toFixed(2)} %` : '–';
}

const State = ({ validator: { elected, jailed, leaves } }: { validator: ValidatorState }) => (
	<span class={jailed !== undefined ? 'tag bad' : elected ? 'tag good' : 'tag'}>
		{jailed !== undefined ? 'jailed' : leaves !== undefined ? `leaves in block ${count(leaves)}` : elected ? 'elected' : 'candidate'}
	</span>
);

const duties = (missed: number) => (missed === 0 ? 'none' : missed === 1 ? '1 duty' : `${count(missed)} duties`);

export function Validators() {
	const state = chain.value;
	if (!reader.value) {
		return (
			<>
				<Title>Validators</Title>
				<NoNode />
			</>
		);
	}
	const elected = state?.validators.filter(({ elected }) => elected).length ?? 0;
	return (
		<>
			<Title basis={basisOfState.value}>Validators</Title>
			{!state ? (
				<Loading what="Asking for validators" />
			) : (
				<>
					<p class="lead">
						In session {count(state.session)} there {elected === 1 ? 'is' : 'are'} {counted(elected, 'validator')}. What more than two thirds of the voting power find is
						final.
					</p>
					<section class="card wide">
						<Table
							heads={['Account', 'State', 'Voting power', 'Own bond', 'Penalties due', 'Missed this era']}
							rows={state.validators.map((validator) => ({
								key: validator.address,
								cells: [
									<Id value={validator.address} link={validatorLink(validator.address)} />,
									<State validator={validator} />,
									share(validator, state),
									validator.bond === undefined ? 'none' : asy(validator.bond),
									validator.due > 0n ? asy(validator.due) : 'none',
									duties(validator.missed),
								],
							}))}
						/>
					</section>
					<VotesLately validators={state.validators.filter(({ elected }) => elected).map(({ address }) => address)} />
				</>
			)}
		</>
	);
}

/** One validator: its record, and its votes on the last requests. */
export function ValidatorPage({ address }: { address: string }) {
	const state = chain.value;
	const validator = state?.validators.find((validator) => validator.address === address);
	return (
		<>
			<Title {...(reader.value && { basis: basisOfState.value })}>Validator</Title>
			{!reader.value ? (
				<NoNode />
			) : !state ? (
				<Loading what="Asking for validators" />
			) : !validator ? (
				<Empty>
					{address} is no validator and has no bond. <a href="#/validators">All validators</a>
				</Empty>
			) : (
				<>
					<div class="columns">
						<Card title="Stake">
							<Facts
								rows={[
									['Account', <Id key="account" value={address} link={`#/account/${address}`} />],
									['State', <State key="state" validator={validator} />],
									['Voting power', share(validator, state)],
									['Own bond', validator.bond === undefined ? 'none' : asy(validator.bond)],
								]}
							/>
						</Card>
						<Card title="Record">
							<Facts
								rows={[
									['Missed this era', duties(validator.missed)],
									['Penalties due', validator.due > 0n ? asy(validator.due) : 'none'],
									['Jail', validator.jailed === undefined ? 'not in it' : `may ask to be let out after era ${count(validator.jailed)}; this is era ${count(state.era)}`],
									validator.leaves !== undefined && (['Leaves', `may withdraw from block ${count(validator.leaves)} on`] as const),
								]}
							/>
						</Card>
					</div>
					<VotesOf validator={address} />
				</>
			)}
		</>
	);
}
