//! Accounts that sign.

use crate::errors::Failure;
use assay_client::{Account as Signer, Error, Keystore};
use pyo3::prelude::*;

/// An account with its secret.
#[pyclass(frozen, module = "assay._native")]
pub struct Account(pub Signer);

#[pymethods]
impl Account {
	/// From a phrase, a seed in hex, or a derivation.
	#[staticmethod]
	fn from_uri(uri: &str) -> PyResult<Self> {
		Ok(Account(Signer::from_uri(uri).map_err(Failure::from)?))
	}

	/// From the accounts of the command line: one by its name, or the one that signs there by default.
	#[staticmethod]
	#[pyo3(signature = (name=None, password=None))]
	fn open(name: Option<&str>, password: Option<String>) -> PyResult<Self> {
		let keystore = Keystore::of_user();
		let open = || {
			let name = name.map_or_else(|| keystore.default_name(), |name| Ok(name.into()))?;
			keystore.open(&name, |name| {
				password.ok_or_else(|| {
					Error::Usage(format!("the account `{name}` is encrypted: give `password=`, or set ASSAY_PASSWORD"))
				})
			})
		};
		Ok(Account(open().map_err(Failure::from)?))
	}

	/// Its address.
	#[getter]
	fn address(&self) -> String {
		self.0.address()
	}
}

/// Names and addresses of the accounts of the command line.
#[pyfunction]
pub fn accounts() -> PyResult<Vec<(String, String)>> {
	let entries = Keystore::of_user().list().map_err(Failure::from)?;
	Ok(entries.into_iter().map(|entry| (entry.name, entry.address)).collect())
}
