//! The node's folder: room on its disk, who may read it, and that no other node has it.
//!
//! A database that finds no room is damaged, or ends the process without a word. So the node does not start without room, and stops while
//! there is some.

use rustix::fs::Mode;
use std::{
	fs, io,
	os::unix::fs::PermissionsExt,
	path::{Path, PathBuf},
	time::Duration,
};

/// Interval between two looks. What the node writes in it is far less than the least that stays free by default.
const INTERVAL: Duration = Duration::from_secs(2);

/// Bytes of a MiB.
pub const MIB: u64 = 1 << 20;

/// A folder on a disk of which some bytes stay free.
#[derive(Clone, Debug)]
pub struct Room {
	/// The folder of the chain.
	pub dir: PathBuf,
	/// Bytes that stay free.
	pub least: u64,
}

/// Less is free than has to stay so.
#[derive(Debug, thiserror::Error)]
#[error("{}: {} MiB are free on this disk, and the node needs {}: make room, or say how much is to stay free with --min-free-disk", dir.display(), free / MIB, least / MIB)]
pub struct Full {
	dir: PathBuf,
	free: u64,
	least: u64,
}

impl Room {
	/// Bytes that are free for whom this process runs as.
	pub fn free(&self) -> io::Result<u64> {
		// Before the first start there is only a folder above it.
		let there = self.dir.ancestors().find(|dir| dir.exists()).unwrap_or(&self.dir);
		let disk = rustix::fs::statvfs(there)?;
		Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
	}

	/// Fails where too little is free.
	pub fn check(&self) -> Result<(), Full> {
		match self.free() {
			Ok(free) if free < self.least => Err(Full { dir: self.dir.clone(), free, least: self.least }),
			Ok(_) => Ok(()),
			Err(error) => {
				log::warn!("{}: the room on this disk is unknown: {error}", self.dir.display());
				Ok(())
			}
		}
	}

	/// Ends when too little is free, and with it the node.
	pub async fn watch(self) {
		loop {
			if let Err(full) = self.check() {
				log::error!("the node stops, so that nothing is damaged: {full}");
				return;
			}
			tokio::time::sleep(INTERVAL).await;
		}
	}
}

/// Has every file that this process makes from now on be for its user alone: keys, and votes that are sealed.
pub fn write_private_files() {
	rustix::process::umask(Mode::RWXG | Mode::RWXO);
}

/// Makes a folder one that others can neither read nor enter, whatever earlier versions and commands have made in it.
pub fn keep_private(dir: &Path) {
	let made = fs::metadata(dir).and_then(|metadata| match metadata.permissions().mode() & 0o077 {
		0 => Ok(()),
		_ => fs::set_permissions(dir, fs::Permissions::from_mode(0o700)),
	});
	if let Err(error) = made {
		log::warn!("{}: {error}: others may read keys and votes in it", dir.display());
	}
}

/// Makes a folder that this process can write into, or says which one it cannot.
pub fn writable(dir: &Path) -> Result<(), String> {
	let probe = dir.join(".writable");
	let failed = |error: io::Error| {
		format!("{}: {error}: the node keeps its data there; give it to the user that runs the node, or give another --base-path", dir.display())
	};
	fs::create_dir_all(dir).and_then(|()| fs::write(&probe, [])).map_err(failed)?;
	fs::remove_file(&probe).map_err(failed)
}

/// Holds a folder for this process alone as long as it is there.
pub struct Lock(#[allow(dead_code, reason = "closing the file gives the lock back")] fs::File);

impl Lock {
	/// Fails where another process has the folder.
	pub fn take(dir: &Path) -> Result<Lock, String> {
		let path = dir.join("lock");
		let failed = |error: io::Error| format!("{}: {error}", path.display());
		let file = fs::OpenOptions::new().write(true).create(true).truncate(false).open(&path).map_err(failed)?;
		match file.try_lock() {
			Ok(()) => Ok(Lock(file)),
			Err(fs::TryLockError::WouldBlock) => Err(format!(
				"{}: another assay-node runs on this folder: stop it, or give this one a --base-path of its own",
				dir.display()
			)),
			Err(fs::TryLockError::Error(error)) => Err(failed(error)),
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_disk_without_room_is_found_before_it_is_full() {
		let dir = tempfile::tempdir().unwrap();
		let room = |least| Room { dir: dir.path().join("not/made/yet"), least };
		let free = room(0).free().unwrap();
		assert!(free > 0);
		room(0).check().unwrap();
		let full = room(free.saturating_mul(2)).check().unwrap_err().to_string();
		assert!(full.contains("not/made/yet") && full.contains("--min-free-disk"), "{full}");
		let watched = room(u64::MAX).watch();
		futures::executor::block_on(watched);
	}

	#[test]
	fn a_folder_has_one_node() {
		let dir = tempfile::tempdir().unwrap();
		let lock = Lock::take(dir.path()).unwrap();
		let refused = Lock::take(dir.path()).err().unwrap();
		assert!(refused.contains("another assay-node runs"), "{refused}");
		drop(lock);
		Lock::take(dir.path()).unwrap();
	}

	#[test]
	fn others_cannot_enter_a_folder_that_was_open() {
		let dir = tempfile::tempdir().unwrap();
		fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
		keep_private(dir.path());
		assert_eq!(fs::metadata(dir.path()).unwrap().permissions().mode() & 0o777, 0o700);
		let refused = writable(Path::new("/proc/nothing")).unwrap_err();
		assert!(refused.starts_with("/proc/nothing: ") && refused.contains("--base-path"), "{refused}");
	}
}
