// One account: what it has, and what it has asked.

import { basisOfState, reader, readTo } from '../light.js';
import { chain } from '../network.js';
import { asy, Card, Facts, Failure, Id, Loading, NoNode, Title, useLoaded } from '../parts.js';
import { validatorLink } from '../route.js';
import { RequestsOf } from './history.js';

export function AccountPage({ address }: { address: string }) {
	const net = reader.value;
	const { value: balance, error } = useLoaded(net && (() => net.balance(address)), [net, address], readTo.value);
	const isValidator = chain.value?.validators.some((validator) => validator.address === address) ?? false;
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
				<Card wide>
					<Facts
						rows={[
							['Address', <Id key="address" value={address} whole />],
							['May spend', asy(balance)],
							isValidator && ['Validator', <a key="validator" href={validatorLink(address)}>Its stake, record and votes</a>],
						]}
					/>
				</Card>
			)}
			<RequestsOf requester={address} />
		</>
	);
}
