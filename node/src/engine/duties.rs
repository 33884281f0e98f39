//! Results of duties on disk: one file for each, written once, whole or not at all.

use assay_primitives::{
	hash::{blake2_256, Hash32},
	DutyId, Finished, Run,
};
use codec::{Decode, DecodeAll, Encode};
use std::{
	collections::HashSet,
	fs,
	io::{self, Write},
	path::{Path, PathBuf},
	time::{Duration, SystemTime},
};

const LOG_TARGET: &str = super::LOG_TARGET;

/// A stored result.
#[derive(Encode, Decode)]
pub struct Record {
	duty: DutyId,
	/// Hash of the job that was run.
	pub job: Hash32,
	run: Run,
}

impl Record {
	pub fn into_finished(self) -> Finished {
		Finished { duty: self.duty, result: Ok(self.run) }
	}
}

/// The directory of results.
pub struct Duties {
	dir: PathBuf,
}

impl Duties {
	pub fn open(dir: PathBuf) -> io::Result<Self> {
		fs::create_dir_all(&dir)?;
		Ok(Duties { dir })
	}

	/// Stores the result of a duty, so that it outlives a crash.
	pub fn save(&self, duty: DutyId, job: Hash32, run: Run) -> io::Result<Finished> {
		let record = Record { duty, job, run };
		let body = record.encode();
		let path = self.path(&duty);
		let temporary = path.with_extension("tmp");
		let mut file = fs::File::create(&temporary)?;
		file.write_all(&blake2_256(&body))?;
		file.write_all(&body)?;
		file.sync_all()?;
		fs::rename(&temporary, &path)?;
		fs::File::open(&self.dir)?.sync_all()?;
		Ok(record.into_finished())
	}

	/// The result of a duty, if there is one that is whole.
	pub fn load(&self, duty: &DutyId) -> Option<Record> {
		let path = self.path(duty);
		let bytes = match fs::read(&path) {
			Ok(bytes) => bytes,
			Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
			Err(error) => {
				log::error!(target: LOG_TARGET, "{}: {error}", path.display());
				return None;
			}
		};
		let record = decode(&bytes).filter(|record| record.duty == *duty);
		if record.is_none() {
			log::error!(target: LOG_TARGET, "{} is damaged: the duty is run again", path.display());
		}
		record
	}

	/// Deletes what is older than `age`, except the results of `open` duties.
	pub fn expire(&self, age: Duration, open: &HashSet<DutyId>) {
		let entries = match fs::read_dir(&self.dir) {
			Ok(entries) => entries,
			Err(error) => return log::warn!(target: LOG_TARGET, "{}: {error}", self.dir.display()),
		};
		let open: HashSet<_> = open.iter().map(|duty| self.path(duty)).collect();
		for path in entries.flatten().map(|entry| entry.path()) {
			if is_older(&path, age) && !open.contains(&path) {
				if let Err(error) = fs::remove_file(&path) {
					log::warn!(target: LOG_TARGET, "{}: {error}", path.display());
				}
			}
		}
	}

	fn path(&self, duty: &DutyId) -> PathBuf {
		self.dir.join(hex::encode(duty))
	}
}

fn decode(bytes: &[u8]) -> Option<Record> {
	let (hash, mut body) = bytes.split_first_chunk::<32>()?;
	(blake2_256(body) == *hash).then(|| Record::decode_all(&mut body).ok()).flatten()
}

fn is_older(path: &Path, age: Duration) -> bool {
	// A clock that was set back makes a file look young: it goes later.
	let modified = fs::metadata(path).and_then(|metadata| metadata.modified());
	modified.is_ok_and(|modified| SystemTime::now().duration_since(modified).is_ok_and(|elapsed| elapsed > age))
}
