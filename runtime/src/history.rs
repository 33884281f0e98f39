//! The steps of requests in a block, read from its events.

use crate::{AccountId, RuntimeEvent, System};
use alloc::vec::Vec;
use assay_primitives::Subject;
use pallet_inference::history::{Outcome, Step};
use pallet_rounds::RoundKind;

/// Steps in the block whose state this is.
pub fn steps() -> Vec<Step<AccountId>> {
	System::read_events_no_consensus().filter_map(|record| step(record.event)).collect()
}

fn step(event: RuntimeEvent) -> Option<Step<AccountId>> {
	match event {
		RuntimeEvent::Inference(event) => of_request(event),
		RuntimeEvent::Rounds(event) => of_round(event),
		_ => None,
	}
}

fn of_request(event: pallet_inference::Event<crate::Runtime>) -> Option<Step<AccountId>> {
	use pallet_inference::Event;
	Some(match event {
		Event::InferenceRequested { request, owner, model, input, .. } => {
			Step::Requested { request, requester: owner, model, input }
		}
		Event::InferenceFinalized { request, verdict, .. } => Step::Ended { request, outcome: Outcome::Final(verdict) },
		Event::InferenceExpired { request, .. } => Step::Ended { request, outcome: Outcome::Expired },
		Event::InferenceUnresolved { request, .. } => Step::Ended { request, outcome: Outcome::Unresolved },
		Event::ResultOverturned { request, .. } => Step::Overturned { request },
		_ => return None,
	})
}

fn of_round(event: pallet_rounds::Event<crate::Runtime>) -> Option<Step<AccountId>> {
	use pallet_rounds::Event;
	let request = |subject| match subject {
		Subject::Request(request) => Some(request),
		Subject::Model(_) => None,
	};
	Some(match event {
		Event::RoundDrawn { round, subject, kind, members, .. } => {
			let everybody = matches!(kind, RoundKind::Everybody { .. });
			Step::Drawn { request: request(subject)?, round, everybody, members }
		}
		Event::VoteCommitted { round, validator } => Step::Sealed { round, validator, late: false },
		Event::SealedLate { round, validator } => Step::Sealed { round, validator, late: true },
		Event::AuditorAdmitted { round, validator } => Step::Admitted { round, validator },
		Event::VoteRevealed { round, validator, verdict } => Step::Revealed { round, validator, late: false, verdict },
		Event::OpenedLate { round, validator, verdict } => Step::Revealed { round, validator, late: true, verdict },
		Event::Signalled { round, validator, kind } => Step::Signalled { round, validator, kind },
		Event::RoundRedrawn { subject, .. } => Step::Redrawn { request: request(subject)? },
		Event::Agreed { subject, votes, .. } => Step::Agreed { request: request(subject)?, votes },
		Event::Escalated { subject, .. } => Step::Escalated { request: request(subject)? },
		Event::Disputed { subject, validator, .. } => {
			Step::Disputed { request: request(subject)?, validator, objection: None }
		}
		Event::Objected { subject, validator, verdict } => {
			Step::Disputed { request: request(subject)?, validator, objection: Some(verdict) }
		}
		Event::DisputeSettled { subject, validator, upheld, .. } => {
			Step::Settled { request: request(subject)?, validator, upheld }
		}
		_ => return None,
	})
}
