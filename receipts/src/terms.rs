//! The terms that a claim rests on: the number of validators that were asked, and the time for which they could be
//! contradicted.

use crate::{Decision, Window};
use core::fmt;

/// Blocks of a window of a fixed length that are as good as one that lasts until more than a third of the validators have made blocks:
/// whoever has less than a third never makes so many in a row.
const LONG_WINDOW: u32 = 100;

/// Members of a committee, auditors that were expected beside them, and how long their agreement could be disputed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Terms {
	/// Members.
	pub k: u32,
	/// Auditors.
	pub audits: u32,
	/// The window in which an agreement may be disputed.
	pub window: Window,
}

impl Terms {
	/// Those of a request that names none.
	pub const DEFAULT: Self = Terms { k: 5, audits: 8, window: Window::Assured };

	/// Those of a decision.
	pub fn of(decision: &Decision) -> Self {
		Terms { k: decision.k, audits: decision.audits, window: decision.window }
	}

	/// True if a decision rests on as much as this, and on the vote of every member. A decision of all validators
	/// always does: nobody is left to audit or to dispute it.
	pub fn met_by(&self, decision: &Decision) -> bool {
		let Terms { k, audits, window } = Terms::of(decision);
		let enough = k >= self.k && audits >= self.audits && is_as_long(window, self.window);
		all_asked(decision) || (enough && decision.votes >= k)
	}
}

/// True if one window is as long as another.
pub fn is_as_long(window: Window, least: Window) -> bool {
	window >= least || window >= Window::Blocks(LONG_WINDOW) && least == Window::Assured
}

/// True if all validators were asked, as they always are if there are no more than members and auditors together.
pub fn all_asked(decision: &Decision) -> bool {
	decision.k == decision.v
}

impl fmt::Display for Terms {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		let Terms { k, audits, window } = self;
		write!(f, "a committee of {k} with {audits} auditors and a window of {window}")
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::Verdict;
	use assay_primitives::FailReason;

	fn decision(votes: u32, k: u32, v: u32, audits: u32, window: Window) -> Decision {
		let verdict = Verdict::Failed { reason: FailReason::ModelTrap, units: 1 };
		let (power, total) = (votes.into(), v.into());
		Decision { round: 1, verdict, votes, k, q: 4, v, escalated: k == v, audits, auditors: 0, power, total, window }
	}

	#[test]
	fn a_decision_that_rests_on_less_does_not_meet_the_terms() {
		let met = |decision| Terms::DEFAULT.met_by(&decision);
		assert!(met(decision(5, 5, 100, 8, Window::Assured)));
		assert!(met(decision(21, 21, 100, 32, Window::Blocks(100))));
		assert!(!met(decision(4, 4, 100, 8, Window::Assured)));
		assert!(!met(decision(5, 5, 100, 7, Window::Assured)));
		assert!(!met(decision(5, 5, 100, 8, Window::Blocks(99))));
		assert!(!met(decision(4, 5, 100, 8, Window::Assured)), "one of the members has not voted");
		let short = Terms { window: Window::Blocks(16), ..Terms::DEFAULT };
		let meets = |window| short.met_by(&decision(5, 5, 100, 8, window));
		assert!(meets(Window::Assured) && meets(Window::Blocks(16)) && !meets(Window::Blocks(15)));
	}

	#[test]
	fn where_all_validators_were_asked_two_thirds_are_enough() {
		assert!(Terms::DEFAULT.met_by(&decision(3, 4, 4, 0, Window::Blocks(0))));
		assert!(Terms::DEFAULT.met_by(&decision(67, 100, 100, 0, Window::Blocks(0))));
		assert!(!Terms::DEFAULT.met_by(&decision(4, 4, 5, 0, Window::Blocks(0))));
	}
}
