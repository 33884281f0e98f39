//! Budgets of programs that sign without asking anybody: agents, endpoints, jobs.
//!
//! A [`Budget`] bounds the payments of one account on one chain in a [`Period`]. Its ledger is a file that all processes of a user share
//! under a lock. The most that a request may cost is reserved before it is signed, and stays reserved if this process dies. When the
//! request has ended, [`Client::settle`] puts the payment in the place of the reservation.
//!
//! Over RPC the payment is the node's word, like [`Answer::paid`](crate::Answer::paid): the balance of the account is the limit that no
//! node can move.

use crate::{
	address, amount,
	client::{Client, Prepared, Watcher},
	parse_amount,
	run::{Plan, Ticket},
	settings::data_home,
	trust::{clock, hex0x},
	Error,
};
use assay_primitives::{Hash32, RequestId};
use serde::{Deserialize, Serialize};
use std::{
	collections::BTreeMap,
	fmt,
	fs::{self, File, OpenOptions},
	io::Write,
	os::unix::fs::{DirBuilderExt, OpenOptionsExt},
	path::{Path, PathBuf},
	str::FromStr,
};

/// The time in which a budget may be spent: the last hour, day, week or 30 days, at any moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Period {
	/// An hour.
	Hour,
	/// A day.
	Day,
	/// A week.
	Week,
	/// 30 days.
	Month,
}

impl Period {
	/// Every period, the shortest first, with its name and its hours.
	pub const ALL: [(Period, &'static str, u64); 4] = [
		(Period::Hour, "hour", 1),
		(Period::Day, "day", 24),
		(Period::Week, "week", 168),
		(Period::Month, "month", 720),
	];

	fn row(self) -> (&'static str, u64) {
		let row = Period::ALL.iter().find(|(period, ..)| *period == self);
		row.map_or(("month", LEDGER_HOURS), |(_, name, hours)| (*name, *hours))
	}

	/// Its name.
	pub fn name(self) -> &'static str {
		self.row().0
	}

	/// True if an hour is in this period at another hour. An hour that has begun counts in full, so a period is never
	/// too short, and an hour after `now`, from a clock that was set back, counts.
	fn has(self, hour: u64, now: u64) -> bool {
		hour.saturating_add(self.row().1) >= now
	}
}

/// Hours that a ledger goes back: the longest period.
const LEDGER_HOURS: u64 = 720;
const HOUR_MS: u64 = 3_600_000;

/// A budget's limit: plancks in a period.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limit {
	/// Plancks.
	pub plancks: u128,
	/// Period.
	pub period: Period,
}

impl FromStr for Limit {
	type Err = String;

	/// `5` and `5/day` are 5 ASY a day; `/hour`, `/week` and `/month` are there too.
	fn from_str(text: &str) -> Result<Self, String> {
		let (plancks, period) = text.split_once('/').unwrap_or((text, Period::Day.name()));
		let found = Period::ALL.iter().find(|(_, name, _)| *name == period.trim());
		let (period, ..) =
			found.ok_or_else(|| format!("`{period}` is no period: give ASY/hour, /day, /week or /month"))?;
		Ok(Limit { plancks: parse_amount(plancks.trim())?, period: *period })
	}
}

impl fmt::Display for Limit {
	fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
		write!(formatter, "{} a {}", amount(self.plancks), self.period.name())
	}
}

/// The file of an account's payments on a chain.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ledger {
	path: PathBuf,
}

/// A ledger with a limit, without which no agent signs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Budget {
	/// The payments, which all budgets of the account share.
	pub ledger: Ledger,
	/// The limit.
	pub limit: Limit,
}

/// Plancks that an account has paid in a period, and has reserved.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Spending {
	/// Paid for requests that have ended, fees included.
	pub spent: u128,
	/// Most that the requests may cost whose end is not known here.
	pub reserved: u128,
}

impl Spending {
	/// Both together.
	pub fn total(&self) -> u128 {
		self.spent.saturating_add(self.reserved)
	}
}

/// The most that a request may cost, set aside before it is signed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Reservation {
	/// Its number in the ledger.
	pub id: u64,
	/// The hour since 1970 in which it was made.
	hour: u64,
	/// The most that the run may cost.
	#[serde(with = "plancks")]
	pub held: u128,
	/// The most that the inclusion of the transaction may cost.
	#[serde(with = "plancks")]
	pub fee: u128,
	/// The request, once it has a number.
	pub request: Option<RequestId>,
}

#[derive(Default, Serialize, Deserialize)]
struct Entries {
	next: u64,
	/// Plancks that were paid, by the hour since 1970 in which they were reserved.
	spent: BTreeMap<u64, String>,
	reservations: Vec<Reservation>,
}

/// Plancks in JSON: a string, for JSON's numbers end at 2^53.
mod plancks {
	use serde::{de::Error, Deserialize, Deserializer, Serializer};

	pub fn serialize<S: Serializer>(value: &u128, serializer: S) -> Result<S::Ok, S::Error> {
		serializer.collect_str(value)
	}

	pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u128, D::Error> {
		String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
	}
}

impl Entries {
	fn spending(&self, period: Period, now: u64) -> Spending {
		let spent = self.spent.iter().filter(|(hour, _)| period.has(**hour, now));
		let reserved = self.reservations.iter().filter(|one| period.has(one.hour, now));
		Spending {
			spent: spent.fold(0, |sum: u128, (_, text)| sum.saturating_add(text.parse().unwrap_or(u128::MAX))),
			reserved: reserved.fold(0, |sum: u128, one| sum.saturating_add(one.held).saturating_add(one.fee)),
		}
	}

	fn forget_the_old(&mut self, now: u64) {
		self.spent.retain(|hour, _| Period::Month.has(*hour, now));
		self.reservations.retain(|one| Period::Month.has(one.hour, now));
	}
}

fn hour() -> u64 {
	clock() / HOUR_MS
}

impl Ledger {
	/// The ledger of an account of this user on a chain: in `assay/budgets` of `$XDG_DATA_HOME`, or of `~/.local/share`.
	pub fn of_user(genesis: &Hash32, account: &Hash32) -> Self {
		Ledger::open(&data_home().join("budgets"), genesis, account)
	}

	/// The ledger in a folder. One that is not there is empty.
	pub fn open(folder: &Path, genesis: &Hash32, account: &Hash32) -> Self {
		let chain: String = hex0x(genesis).chars().skip(2).take(16).collect();
		Ledger { path: folder.join(format!("{}-{chain}.json", address(account))) }
	}

	/// The file.
	pub fn path(&self) -> &Path {
		&self.path
	}

	/// Payments and reservations of a period.
	pub fn spending(&self, period: Period) -> Result<Spending, Error> {
		Ok(self.read()?.spending(period, hour()))
	}

	/// The reservations that are not settled.
	pub fn reservations(&self) -> Result<Vec<Reservation>, Error> {
		Ok(self.read()?.reservations)
	}

	/// Reservations get their request's number.
	fn note(&self, id: u64, request: RequestId) -> Result<(), Error> {
		self.change(|entries| {
			entries.reservations.iter_mut().filter(|one| one.id == id).for_each(|one| one.request = Some(request));
			Ok(())
		})
	}

	/// Puts a payment in the place of a reservation, if it is still there.
	fn settle(&self, id: u64, paid: u128) -> Result<(), Error> {
		self.change(|entries| {
			let Some(index) = entries.reservations.iter().position(|one| one.id == id) else { return Ok(()) };
			let settled = entries.reservations.remove(index);
			let before = entries.spent.get(&settled.hour).and_then(|text| text.parse::<u128>().ok()).unwrap_or(0);
			if paid > 0 {
				entries.spent.insert(settled.hour, before.saturating_add(paid).to_string());
			}
			Ok(())
		})
	}

	fn read(&self) -> Result<Entries, Error> {
		let bytes = match fs::read(&self.path) {
			Ok(bytes) => bytes,
			Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Entries::default()),
			Err(error) => return Err(Error::file(&self.path, error)),
		};
		let damaged = || {
			Error::file(&self.path, "this is no ledger of payments: nothing is signed before it is mended or removed")
		};
		let entries: Entries = serde_json::from_slice(&bytes).map_err(|_| damaged())?;
		match entries.spent.values().all(|text| text.parse::<u128>().is_ok()) {
			true => Ok(entries),
			false => Err(damaged()),
		}
	}

	/// Changes the file while no other process does.
	fn change<T>(&self, change: impl FnOnce(&mut Entries) -> Result<T, Error>) -> Result<T, Error> {
		let at = |error: std::io::Error| Error::file(&self.path, error);
		let folder = self.path.parent().unwrap_or(Path::new("."));
		fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(at)?;
		let open =
			|path: &Path| OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path).map_err(at);
		// Beside the ledger, which is replaced. The lock ends with the file.
		let lock: File = open(&self.path.with_extension("lock"))?;
		lock.lock().map_err(at)?;
		let mut entries = self.read()?;
		entries.forget_the_old(hour());
		let done = change(&mut entries)?;
		let draft = self.path.with_extension("draft");
		let mut file = open(&draft)?;
		let text = serde_json::to_string_pretty(&entries).map_err(|error| Error::file(&self.path, error))?;
		file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(at)?;
		fs::rename(&draft, &self.path).map_err(at)?;
		Ok(done)
	}
}

impl Budget {
	/// Sets aside the most that a request may cost, or refuses it.
	fn reserve(&self, held: u128, fee: u128) -> Result<Reservation, Error> {
		self.ledger.change(|entries| {
			let hour = hour();
			let taken = entries.spending(self.limit.period, hour).total();
			let most = held.saturating_add(fee);
			if taken.saturating_add(most) > self.limit.plancks {
				return Err(Error::Refused(format!(
					"this may cost {}, and of the budget of {} there is {} left: ask for less, wait, or raise --budget; nothing was signed",
					amount(most),
					self.limit,
					amount(self.limit.plancks.saturating_sub(taken))
				)));
			}
			let reservation = Reservation { id: entries.next, hour, held, fee, request: None };
			entries.next = entries.next.saturating_add(1);
			entries.reservations.push(reservation.clone());
			Ok(reservation)
		})
	}
}

impl Client {
	/// Makes a request that a budget covers, see [`Client::place`]. If it is not known what became of a transaction that was signed, its
	/// reservation stays until the period is over.
	pub async fn place_within(
		&self,
		budget: &Budget,
		plan: &Plan,
		prepared: &Prepared,
		watcher: Watcher<'_>,
	) -> Result<Ticket, Error> {
		self.settle(&budget.ledger).await?;
		// Fees follow the fullness of the block that includes the transaction.
		let fee = prepared.fee.saturating_add(prepared.fee / 10);
		let reservation = budget.reserve(plan.ask.max_fee, fee)?;
		let placed = self.place(plan, prepared, watcher).await;
		let request = placed.as_ref().map_or_else(|error| error.request(), |ticket| Some(ticket.request));
		// A reservation that cannot be noted stays until the period is over, and the request is what counts now.
		let _ = match (request, &placed) {
			(Some(request), _) => budget.ledger.note(reservation.id, request),
			// The calls of the chain are compared before anything is signed.
			(None, Err(Error::UnknownChain(_))) => budget.ledger.settle(reservation.id, 0),
			(None, _) => Ok(()),
		};
		placed
	}

	/// Settles the reservations whose requests have ended: what they paid, and the fee, takes their place.
	pub async fn settle(&self, ledger: &Ledger) -> Result<(), Error> {
		for reservation in ledger.reservations()? {
			let Some(request) = reservation.request else { continue };
			if let Some(record) = self.result(request).await? {
				ledger.settle(reservation.id, record.paid.saturating_add(reservation.fee))?;
			}
		}
		Ok(())
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn budget(folder: &Path, limit: &str) -> Budget {
		Budget { ledger: Ledger::open(folder, &[1; 32], &[2; 32]), limit: limit.parse().unwrap() }
	}

	#[test]
	fn a_limit_is_an_amount_in_a_period() {
		let limit = |text: &str| text.parse::<Limit>();
		assert_eq!(limit("2"), Ok(Limit { plancks: 2_000_000_000_000, period: Period::Day }));
		assert_eq!(limit("0.5/hour"), Ok(Limit { plancks: 500_000_000_000, period: Period::Hour }));
		assert_eq!(limit("7 / week").unwrap().to_string(), "7 ASY a week");
		for wrong in ["", "x", "1/year", "-1", "1/"] {
			assert!(limit(wrong).is_err(), "{wrong}");
		}
		assert_eq!(Period::ALL.map(|(.., hours)| hours).into_iter().max(), Some(LEDGER_HOURS));
	}

	#[test]
	fn nothing_is_reserved_beyond_the_limit_and_a_settled_reservation_gives_back_what_was_not_paid() {
		let folder = tempfile::tempdir().unwrap();
		let budget = budget(folder.path(), "0.00000000001/day");
		let first = budget.reserve(6, 1).unwrap();
		let refused = budget.reserve(3, 1).unwrap_err();
		assert!(refused.to_string().contains("0.000000000003 ASY left"), "{refused}");
		assert_eq!(refused.kind(), crate::Kind::Refused);
		// Another process, after this one has died: the reservation is there.
		let again = super::tests::budget(folder.path(), "0.00000000001/day");
		assert!(again.reserve(4, 0).is_err());
		again.ledger.note(first.id, 17).unwrap();
		assert_eq!(again.ledger.reservations().unwrap(), [Reservation { request: Some(17), ..first.clone() }]);
		again.ledger.settle(first.id, 2).unwrap();
		again.ledger.settle(first.id, 2).unwrap();
		assert_eq!(budget.ledger.spending(Period::Day).unwrap(), Spending { spent: 2, reserved: 0 });
		budget.reserve(8, 0).unwrap();
		assert!(budget.reserve(1, 0).is_err());
		// Another account's is another ledger.
		let other = Budget { ledger: Ledger::open(folder.path(), &[1; 32], &[3; 32]), ..budget };
		other.reserve(10, 0).unwrap();
	}

	#[test]
	fn a_payment_counts_until_its_period_is_over() {
		let mut entries = Entries::default();
		entries.spent.insert(1_000, "5".into());
		entries.reservations.push(Reservation { id: 0, hour: 1_000, held: 1, fee: 1, request: None });
		let at = |period, now| entries.spending(period, now).total();
		assert_eq!([1_000, 1_001, 1_002].map(|now| at(Period::Hour, now)), [7, 7, 0]);
		assert_eq!([1_024, 1_025].map(|now| at(Period::Day, now)), [7, 0]);
		assert_eq!([1_168, 1_169].map(|now| at(Period::Week, now)), [7, 0]);
		assert_eq!([1_720, 1_721].map(|now| at(Period::Month, now)), [7, 0]);
		assert_eq!(at(Period::Hour, 10), 7, "a clock that was set back frees nothing");
		entries.forget_the_old(1_720);
		assert_eq!((entries.spent.len(), entries.reservations.len()), (1, 1));
		entries.forget_the_old(1_721);
		assert_eq!((entries.spent.len(), entries.reservations.len()), (0, 0));
	}

	#[test]
	fn many_that_reserve_at_once_do_not_exceed_the_limit() {
		let folder = tempfile::tempdir().unwrap();
		let granted: usize = std::thread::scope(|scope| {
			let reserve = || (0..10).filter(|_| budget(folder.path(), "0.00000000001").reserve(1, 0).is_ok()).count();
			let threads: Vec<_> = (0..4).map(|_| scope.spawn(reserve)).collect();
			threads.into_iter().map(|thread| thread.join().unwrap()).sum()
		});
		assert_eq!(granted, 10);
		let reservations = budget(folder.path(), "1").ledger.reservations().unwrap();
		let mut ids: Vec<u64> = reservations.iter().map(|one| one.id).collect();
		ids.sort_unstable();
		assert_eq!(ids, (0..10).collect::<Vec<_>>());
	}

	#[test]
	fn a_damaged_ledger_lets_nothing_be_signed() {
		let folder = tempfile::tempdir().unwrap();
		let budget = budget(folder.path(), "1");
		budget.reserve(1, 0).unwrap();
		for damaged in ["{", r#"{"next": 1, "spent": {"1": "x"}, "reservations": []}"#] {
			fs::write(budget.ledger.path(), damaged).unwrap();
			let error = budget.reserve(1, 0).unwrap_err().to_string();
			assert!(error.contains("nothing is signed"), "{error}");
		}
	}
}
