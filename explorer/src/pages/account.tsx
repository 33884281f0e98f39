// One account: what it has, what it does as a validator, and what it has asked.

import { basisOfState, reader, readTo } from '../light.js';
import { chain } from '../network.js';
import { asy, Card, count, Facts, Failure, Id, Loading, NoNode, Title, useLoaded } from '../parts.js';
import { RequestsOf } from './history.js';

export function AccountPage({ address }: { address: string }) {
	const net = reader.value;
	const { value: balance, error } = useLoaded(net && (() => net.balance(address)), [net, address, readTo.value]);
	const validator = chain.value?.validators.find((validator) => validator.address === address);
	if (!net) {
		return (
			<>
				<Title>Account</Title>
				<NoNode />
			</>
		);
	}
	return (
		<>
			<Title basis={basisOfState.value}>Account</Title>
			{error !== undefined ? (
				<Failure error={error} />
			) : balance === undefined ? (
				<Loading what="Asking for the account" />
			) : (
				<div class="columns">
					<Card title="Balance">
						<Facts
							rows={[
								['Address', <Id key="address" value={address} />],
								['May spend', asy(balance)],
							]}
						/>
					</Card>
					{validator && (
						<Card title="Validator">
							<Facts
								rows={[
									['State', validator.jailed !== undefined ? `jailed to era ${count(validator.jailed)}` : validator.elected ? 'elected' : 'candidate'],
									['Own bond', validator.bond === undefined ? 'none' : asy(validator.bond)],
									['Penalties due', validator.due > 0n ? asy(validator.due) : 'none'],
									['Missed this era', validator.missed > 0 ? `${count(validator.missed)} ${validator.missed === 1 ? 'duty' : 'duties'}` : 'none'],
									validator.leaves !== undefined && (['Leaves', `from block ${count(validator.leaves)} on`] as const),
								]}
							/>
						</Card>
					)}
				</div>
			)}
			<RequestsOf requester={address} />
		</>
	);
}
