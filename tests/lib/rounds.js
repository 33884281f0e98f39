// Reads the records of rounds.

/** Number of votes that a validator has sealed and not opened in rounds that run. */
export async function openSeals(chain, who) {
	const mine = (await chain.api.query.rounds.ballots.entries()).filter(([key]) => key.args[1].toString() === who);
	return mine.filter(([, ballot]) => ballot.unwrap().commit.isSome && ballot.unwrap().vote.isNone).length;
}

/** Validators whose seals of rounds that have ended are shut, each as often as it has such seals. */
export async function shutSeals(chain) {
	const ended = (await chain.api.query.rounds.endedRounds.entries()).flatMap(([, round]) => [...round.unwrap().seals]);
	const shut = ended.filter(({ commit, opening }) => commit.isSome && opening.isShut);
	return shut.map(({ validator }) => validator.toString());
}
