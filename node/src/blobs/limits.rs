//! Limits of HTTP for one address.

use assay_blobs::exchange::{Admission, Limiter};
use parking_lot::Mutex;
use std::{
	collections::HashMap,
	net::{IpAddr, Ipv6Addr},
	sync::Arc,
	time::Instant,
};

/// Connections that are open at the same time.
const MAX_CONNECTIONS: usize = 128;
/// The same from one address: what browsers open, twice.
const MAX_PER_ADDRESS: usize = 12;
/// Connections beyond these that get one answer, and not a blob.
const MAX_SPARE: usize = 64;
/// The same from one address.
const MAX_SPARE_PER_ADDRESS: usize = 4;
/// Uploads at the same time.
const MAX_UPLOADS: usize = 8;
/// The same from one address.
const MAX_UPLOADS_PER_ADDRESS: usize = 2;

/// Counts connections and uploads, and the bytes that go out.
#[derive(Clone)]
pub struct Limits {
	connections: Slots,
	spare: Slots,
	uploads: Slots,
	downloads: Arc<Mutex<Limiter<IpAddr>>>,
}

/// A place for a connection.
pub struct Place {
	/// True if there is one short answer, since all other places are taken.
	pub is_spare: bool,
	_slot: Slot,
}

/// Places for a number of things, so many for each address.
#[derive(Clone)]
struct Slots {
	taken: Arc<Mutex<HashMap<IpAddr, usize>>>,
	most: usize,
	most_per_address: usize,
}

/// A place that is free again when this is dropped.
pub struct Slot {
	slots: Slots,
	address: IpAddr,
}

/// A request that counts as in service until this is dropped.
pub struct Ticket {
	downloads: Arc<Mutex<Limiter<IpAddr>>>,
	address: IpAddr,
	/// Bytes that went out.
	pub bytes: u64,
}

impl Limits {
	/// Nobody is there yet.
	pub fn new() -> Self {
		Limits {
			connections: Slots::new(MAX_CONNECTIONS, MAX_PER_ADDRESS),
			spare: Slots::new(MAX_SPARE, MAX_SPARE_PER_ADDRESS),
			uploads: Slots::new(MAX_UPLOADS, MAX_UPLOADS_PER_ADDRESS),
			downloads: Default::default(),
		}
	}

	/// A place for a connection, if there is one. A proxy may have all places: its clients are told apart by their requests.
	pub fn connection(&self, address: IpAddr, is_proxy: bool) -> Option<Place> {
		let address = owner(address);
		let most = if is_proxy { MAX_CONNECTIONS } else { MAX_PER_ADDRESS };
		let place = |is_spare| move |slot| Place { is_spare, _slot: slot };
		let any = self.connections.take_below(address, most).map(place(false));
		any.or_else(|| self.spare.take(address).map(place(true)))
	}

	/// A place for an upload, if there is one.
	pub fn upload(&self, address: IpAddr) -> Option<Slot> {
		self.uploads.take(owner(address))
	}

	/// Returns a ticket if a request is answered now.
	pub fn request(&self, address: IpAddr) -> Option<Ticket> {
		let address = owner(address);
		let admission = self.downloads.lock().admit(&address, Instant::now());
		let ticket = || Ticket { downloads: self.downloads.clone(), address, bytes: 0 };
		matches!(admission, Admission::Serve).then(ticket)
	}
}

/// An IPv6 address stands for its network: whoever has one address has the network.
fn owner(address: IpAddr) -> IpAddr {
	match address {
		IpAddr::V6(address) => match address.to_ipv4_mapped() {
			Some(address) => address.into(),
			None => Ipv6Addr::from(u128::from(address) & !u128::from(u64::MAX)).into(),
		},
		IpAddr::V4(_) => address,
	}
}

impl Slots {
	fn new(most: usize, most_per_address: usize) -> Self {
		Slots { taken: Default::default(), most, most_per_address }
	}

	fn take(&self, address: IpAddr) -> Option<Slot> {
		self.take_below(address, self.most_per_address)
	}

	fn take_below(&self, address: IpAddr, most_here: usize) -> Option<Slot> {
		let mut taken = self.taken.lock();
		let here = taken.get(&address).copied().unwrap_or(0);
		if here >= most_here || taken.values().sum::<usize>() >= self.most {
			return None;
		}
		taken.insert(address, here + 1);
		Some(Slot { slots: self.clone(), address })
	}
}

impl Drop for Slot {
	fn drop(&mut self) {
		let mut taken = self.slots.taken.lock();
		if let Some(here) = taken.get_mut(&self.address) {
			*here -= 1;
			if *here == 0 {
				taken.remove(&self.address);
			}
		}
	}
}

impl Drop for Ticket {
	fn drop(&mut self) {
		self.downloads.lock().done(&self.address, self.bytes);
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn one_address_leaves_places_for_others() {
		let limits = Limits::new();
		let [greedy, other] = [[10, 0, 0, 1], [10, 0, 0, 2]].map(IpAddr::from);
		let taken: Vec<_> = std::iter::from_fn(|| limits.upload(greedy)).collect();
		assert_eq!(taken.len(), MAX_UPLOADS_PER_ADDRESS);
		assert!(limits.upload(other).is_some());
		drop(taken);
		assert!(limits.upload(greedy).is_some());
	}

	#[test]
	fn who_has_no_place_gets_a_word_and_a_proxy_has_the_places_of_its_clients() {
		let limits = Limits::new();
		let [greedy, proxy] = [[10, 0, 0, 1], [10, 0, 0, 2]].map(IpAddr::from);
		let take = |address, is_proxy| std::iter::from_fn(|| limits.connection(address, is_proxy)).collect::<Vec<_>>();
		let taken = take(greedy, false);
		let spare = taken.iter().filter(|place| place.is_spare).count();
		assert_eq!((taken.len() - spare, spare), (MAX_PER_ADDRESS, MAX_SPARE_PER_ADDRESS));
		assert_eq!(take(proxy, true).len(), MAX_CONNECTIONS - MAX_PER_ADDRESS + MAX_SPARE_PER_ADDRESS);
	}

	#[test]
	fn a_network_of_ipv6_addresses_is_one() {
		let address = |text: &str| owner(text.parse().unwrap());
		assert_eq!(address("2001:db8::1"), address("2001:db8::2:3"));
		assert_ne!(address("2001:db8::1"), address("2001:db8:0:1::1"));
		assert_eq!(address("::ffff:10.0.0.1"), address("10.0.0.1"));
	}
}
