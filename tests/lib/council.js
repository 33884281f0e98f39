// Motions of the council.

/**
 * Proposes a call and has others support it, until it is decided. Returns `{ index, hash, due }`: the motion's number, the hash of the call, and the
 * block in which it is made; none if they are not enough.
 */
export async function motion(chain, call, proposer, supporters) {
	const { council } = chain.api.tx;
	let { events } = await chain.submit(council.propose({ Inline: call.method.toHex() }), proposer);
	const { motion: index, call: hash } = events.find(({ method }) => method === 'Proposed').data;
	const decision = () => events.find(({ section, method }) => section === 'council' && method === 'Decided');
	for (const supporter of supporters) {
		// Those before may have been enough.
		if (!decision()) {
			({ events } = await chain.submit(council.support(index, hash), supporter));
		}
	}
	const decided = decision();
	return { index: index.toNumber(), hash, due: decided?.data.due.toNumber() };
}
