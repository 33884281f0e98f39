//! `attest`: commits and signals, and when the commit window closes.

use super::*;
use assay_primitives::constants::UNITS_PER_BLOCK;
use frame_support::assert_ok;

#[test]
fn a_commit_is_recorded_and_announced() {
	run(5, || {
		let (_, round) = open_round(3);
		let who = member_list(round)[0];
		assert_ok!(submit(sign(commit(who, round, [9; 32]))));
		assert!(emitted(&RuntimeEvent::Voting(RoundsEvent::VoteCommitted { round, validator: who })));
		let ballot = Ballots::<Test>::get(round, who).unwrap();
		assert_eq!(ballot, Ballot { commit: Some([9; 32]), ..Ballot::new(key(who), 1, false) });
		assert_eq!(Rounds::<Test>::get(round).unwrap().commits, 1);
	});
}

#[test]
fn a_seal_is_taken_once() {
	run(5, || {
		let (_, round) = open_round(3);
		let who = member_list(round)[0];
		assert_ok!(submit(sign(commit(who, round, [9; 32]))));
		assert_refused(commit(who, round, [9; 32]), InvalidTransaction::Stale);
		next_block();
		assert_refused(commit(who, round, [9; 32]), InvalidTransaction::Stale);
	});
}

#[test]
fn only_members_commit() {
	run(5, || {
		let (_, round) = open_round(3);
		for outsider in validators().into_iter().filter(|who| !members(round).contains(who)) {
			assert_refused(commit(outsider, round, [9; 32]), InvalidTransaction::Stale);
		}
	});
}

#[test]
fn the_window_closes_with_the_last_members_commit() {
	run(5, || {
		let (_, round) = open_round(3);
		let members = member_list(round);
		let n2 = now();
		commit_honestly(round, &members[..2]);
		next_block();
		next_block();
		assert_eq!(Rounds::<Test>::get(round).unwrap().phase, Phase::Sealing);
		assert_refused(reveal(members[0], honest_reveal(round, members[0])), InvalidTransaction::Stale);
		commit_honestly(round, &members[2..]);
		let record = Rounds::<Test>::get(round).unwrap();
		assert_eq!((record.phase, record.commit_end, record.reveal_end), (Phase::Revealing, n2 + 2, n2 + 18));
		// In the block that closes the window no vote is opened yet.
		assert_refused(reveal(members[0], honest_reveal(round, members[0])), InvalidTransaction::Stale);
		next_block();
		reveal_honestly(round, &members);
	});
}

#[test]
fn the_shortest_window_of_a_larger_job_is_kept_open() {
	run(5, || {
		let growth = 2;
		let ask = Ask { k: Some(3), unit_limit: UNITS_PER_BLOCK * 2, ..Ask::new(active_model(1)) };
		let (_, round) = open_round_of(ask);
		let n2 = now();
		let members = member_list(round);
		commit_honestly(round, &members);
		assert_eq!(Rounds::<Test>::get(round).unwrap().commit_end, n2 + growth);
		for _ in 0..growth {
			assert_refused(reveal(members[0], honest_reveal(round, members[0])), InvalidTransaction::Stale);
			next_block();
		}
		assert_eq!(now(), n2 + growth);
		assert_refused(reveal(members[0], honest_reveal(round, members[0])), InvalidTransaction::Stale);
		next_block();
		reveal_honestly(round, &members);
	});
}

#[test]
fn the_window_ends_four_blocks_after_the_shortest_and_a_late_seal_is_no_vote() {
	for growth in [0u32, 2] {
		run(7, || {
			let unit_limit = if growth == 0 { 500 } else { UNITS_PER_BLOCK * u64::from(growth) };
			let (_, round) = open_round_of(Ask { k: Some(5), unit_limit, ..Ask::new(active_model(1)) });
			let n = now() - 2;
			let members = member_list(round);
			commit_honestly(round, &members[..3]);
			run_to(n + 6 + 2 * growth);
			// The last block that takes commits.
			commit_honestly(round, &members[3..4]);
			assert_eq!(Rounds::<Test>::get(round).unwrap().phase, Phase::Sealing);
			next_block();
			let record = Rounds::<Test>::get(round).unwrap();
			assert_eq!((record.phase, record.commits), (Phase::Revealing, 4));
			assert_eq!(record.reveal_end, n + 6 + 2 * growth + 16 + growth);
			assert_ok!(submit(sign(commit(members[4], round, honest_seal(round, members[4])))));
			assert_eq!(Ballots::<Test>::get(round, members[4]).unwrap().commit, None);
			assert_refused(signal(members[4], round, SignalKind::InputUnavailable), InvalidTransaction::Stale);
			reveal_honestly(round, &members[..4]);
		});
	}
}

#[test]
fn a_round_with_too_few_commits_ends_with_its_window() {
	run(7, || {
		let (request, round) = open_round(5);
		let n = now() - 2;
		let members = member_list(round);
		commit_honestly(round, &members[..3]);
		run_to(n + 6);
		assert!(Rounds::<Test>::contains_key(round));
		next_block();
		assert!(!Rounds::<Test>::contains_key(round));
		assert!(emitted(&RuntimeEvent::Voting(RoundsEvent::RoundRedrawn {
			subject: Subject::Request(request),
			round
		})));
	});
}

#[test]
fn who_sees_a_reveal_cannot_add_a_vote() {
	run(7, || {
		let (request, round) = open_round(5);
		let members = member_list(round);
		commit_honestly(round, &members[..4]);
		run_for(5);
		reveal_honestly(round, &members[..1]);
		assert_ok!(submit(sign(commit(members[4], round, honest_seal(round, members[4])))));
		reveal_honestly(round, &members[1..4]);
		assert_eq!(Standings::<Test>::get(Subject::Request(request)).unwrap().stage, Stage::Agreed);
		assert_eq!(Agreements::<Test>::get(Subject::Request(request)).unwrap().decision.votes, 4);
	});
}

#[test]
fn a_signal_is_recorded_and_announced_once() {
	run(5, || {
		let (_, round) = open_round(3);
		let who = member_list(round)[0];
		let kind = SignalKind::ModelUnavailable;
		assert_ok!(submit(sign(signal(who, round, kind))));
		assert!(emitted(&RuntimeEvent::Voting(RoundsEvent::Signalled { round, validator: who, kind })));
		assert_eq!(Ballots::<Test>::get(round, who).unwrap().signal, Some(kind));
		assert_eq!(Rounds::<Test>::get(round).unwrap().signals, 1);
		assert_refused(signal(who, round, SignalKind::InputUnavailable), InvalidTransaction::Stale);
	});
}

#[test]
fn who_has_committed_lacks_nothing() {
	run(5, || {
		let (_, round) = open_round(3);
		let who = member_list(round)[0];
		commit_honestly(round, &[who]);
		assert_refused(signal(who, round, SignalKind::InputUnavailable), InvalidTransaction::Stale);
	});
}

#[test]
fn who_gets_the_bytes_after_all_commits_and_counts() {
	run(5, || {
		let (request, round) = open_round(3);
		let members = member_list(round);
		assert_ok!(submit(sign(signal(members[0], round, SignalKind::InputUnavailable))));
		commit_honestly(round, &members[1..]);
		next_block();
		commit_honestly(round, &members[..1]);
		next_block();
		reveal_honestly(round, &members);
		assert_eq!(ended(request), "output");
	});
}
