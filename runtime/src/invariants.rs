//! Conditions that hold after every block of any chain. A debug build of the node checks it natively, so that tests of
//! whole networks can ask for it at each of their blocks.

use crate::{
	AccountId, Balance, Balances, Council, Inference, Memory, Models, Rounds, Runtime, RuntimeHoldReason, System,
	Validators,
};
use alloc::{collections::BTreeMap, format, string::String};
use frame_support::traits::fungible::{Inspect, InspectHold};

/// Says what is wrong with the state, if anything is: what each pallet of this project says of its own records, accounts that do not add
/// up to the issuance, holds that differ from the records.
pub fn check() -> Result<(), String> {
	let failed = |pallet: &'static str| move |error| format!("{pallet}: {error:?}");
	Rounds::do_try_state().map_err(failed("rounds"))?;
	Models::do_try_state().map_err(failed("models"))?;
	Inference::do_try_state().map_err(failed("inference"))?;
	Memory::do_try_state().map_err(failed("memory"))?;
	Validators::do_try_state().map_err(failed("validators"))?;
	Council::do_try_state().map_err(failed("council"))?;
	check_blobs()?;
	check_issuance()?;
	check_holds()
}

/// The chain needs what models, requests and spaces need, as often as they do.
fn check_blobs() -> Result<(), String> {
	let mut needed = Inference::needed();
	for (blob, count) in Memory::needed() {
		let sum = needed.entry(blob).or_default();
		*sum = sum.saturating_add(count);
	}
	match needed == pallet_models::Blobs::<Runtime>::iter().collect() {
		true => Ok(()),
		false => Err(format!("block {}: blob references differ from the records", System::block_number())),
	}
}

fn check_issuance() -> Result<(), String> {
	let sum = frame_system::Account::<Runtime>::iter_keys().try_fold(0, |sum: Balance, who| {
		let total = <Balances as Inspect<AccountId>>::total_balance(&who);
		sum.checked_add(total)
	});
	let issuance = <Balances as Inspect<AccountId>>::total_issuance();
	match sum == Some(issuance) {
		true => Ok(()),
		false => Err(format!("block {}: accounts have {sum:?}, the issuance is {issuance}", System::block_number())),
	}
}

/// Each account has on hold what the records say, for each reason of the pallets of this project.
fn check_holds() -> Result<(), String> {
	let reasons: [RuntimeHoldReason; 11] = [
		pallet_validators::HoldReason::Bond.into(),
		pallet_models::HoldReason::ModelDeposit.into(),
		pallet_models::HoldReason::Activation.into(),
		pallet_models::HoldReason::NameDeposit.into(),
		pallet_inference::HoldReason::Escrow.into(),
		pallet_rounds::HoldReason::Dispute.into(),
		pallet_council::HoldReason::Motion.into(),
		pallet_memory::HoldReason::Space.into(),
		pallet_memory::HoldReason::Blobs.into(),
		pallet_memory::HoldReason::Grant.into(),
		pallet_memory::HoldReason::BoxKey.into(),
	];
	let [bond, deposit, activation, name_deposit, escrow, dispute, motion, memory] = [0usize, 1, 2, 3, 4, 5, 6, 7];
	let mut due: BTreeMap<(AccountId, usize), Balance> = BTreeMap::new();
	let mut add = |who: AccountId, reason: usize, amount: Balance| {
		let sum = due.entry((who, reason)).or_default();
		*sum = sum.saturating_add(amount);
	};
	for (who, candidate) in pallet_validators::Candidates::<Runtime>::iter() {
		add(who, bond, candidate.bond);
	}
	for model in pallet_models::Models::<Runtime>::iter_values() {
		add(model.owner.clone(), deposit, model.deposit);
		add(model.owner, activation, model.activation_fee);
	}
	for name in pallet_models::Names::<Runtime>::iter_values() {
		add(name.owner, name_deposit, name.deposit);
	}
	for request in pallet_inference::Requests::<Runtime>::iter_values() {
		add(request.owner, escrow, request.escrow);
	}
	for open in pallet_rounds::Disputes::<Runtime>::iter_values() {
		add(open.validator, dispute, open.hold);
	}
	for open in pallet_council::Motions::<Runtime>::iter_values() {
		add(open.proposer, motion, open.deposit);
	}
	for ((who, reason), amount) in Memory::due() {
		add(who, memory.saturating_add(reason), amount);
	}
	for who in frame_system::Account::<Runtime>::iter_keys() {
		for (index, reason) in reasons.iter().enumerate() {
			let held = <Balances as InspectHold<AccountId>>::balance_on_hold(reason, &who);
			let due = due.remove(&(who.clone(), index)).unwrap_or(0);
			if held != due {
				return Err(format!("{who}: {held} on hold for {reason:?}, the records say {due}"));
			}
		}
	}
	match due.into_iter().find(|(_, amount)| *amount > 0) {
		None => Ok(()),
		Some(((who, _), amount)) => {
			Err(format!("{who}: the records say {amount} on hold, and there is no such account"))
		}
	}
}
