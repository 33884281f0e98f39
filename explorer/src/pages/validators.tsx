// Validators: stake and record.

import { basisOfState, reader } from '../light.js';
import { chain } from '../network.js';
import { asy, count, counted, Empty, Id, Loading, NoNode, Table, Title } from '../parts.js';

export function Validators({ sought }: { sought: string }) {
	const state = chain.value;
	if (!reader.value) {
		return (
			<>
				<Title>Validators</Title>
				<NoNode />
			</>
		);
	}
	const total = state?.validators.reduce((sum, { power }) => sum + power, 0n) ?? 0n;
	const elected = state?.validators.filter(({ elected }) => elected).length ?? 0;
	const found = state?.validators.filter(({ address }) => address.includes(sought));
	return (
		<>
			<Title basis={basisOfState.value}>Validators</Title>
			{!state || !found ? (
				<Loading what="Asking for validators" />
			) : (
				<>
					<p class="lead">
						In session {count(state.session)} there {elected === 1 ? 'is' : 'are'} {counted(elected, 'validator')}. What more than two thirds of the voting power find is
						final.
					</p>
					{found.length === 0 ? (
						<Empty>
							{sought} is no validator and has no bond. <a href="#/validators">All validators</a>
						</Empty>
					) : (
						<section class="card wide">
							<Table
								heads={['Account', 'State', 'Voting power', 'Own bond', 'Penalties due', 'Missed this era']}
								rows={found.map(({ address, elected, power, bond, due, jailed, leaves, missed }) => ({
									key: address,
									cells: [
										<Id value={address} link={`#/account/${address}`} />,
										<span class={jailed !== undefined ? 'tag bad' : elected ? 'tag good' : 'tag'}>
											{jailed !== undefined ? 'jailed' : leaves !== undefined ? `leaves in block ${count(leaves)}` : elected ? 'elected' : 'candidate'}
										</span>,
										total > 0n && power > 0n ? `${(Number((power * 10_000n) / total) / 100).toFixed(2)} %` : '–',
										bond === undefined ? 'none' : asy(bond),
										due > 0n ? asy(due) : 'none',
										missed > 0 ? `${count(missed)} duties` : 'none',
									],
								}))}
							/>
						</section>
					)}
				</>
			)}
		</>
	);
}
