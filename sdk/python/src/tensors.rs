//! Tensors on their way from and to Python.

use crate::errors::Failure;
use assay_client::{hex0x, Error, Port};
use assay_primitives::{
	tensor::{push_text, texts},
	ContentId, DataType, Tensor, TensorBundle,
};
use pyo3::{
	exceptions::PyTypeError,
	prelude::*,
	types::{PyBytes, PyList},
};

/// A tensor as the package gives it: bytes of its elements, or a list of texts.
#[derive(FromPyObject)]
pub struct Given(String, String, Vec<u64>, Py<PyAny>);

const TYPES: [DataType; 14] = [
	DataType::F32,
	DataType::U8,
	DataType::I8,
	DataType::U16,
	DataType::I16,
	DataType::I32,
	DataType::I64,
	DataType::Bool,
	DataType::F16,
	DataType::F64,
	DataType::U32,
	DataType::U64,
	DataType::BF16,
	DataType::String,
];

/// The bundle of these tensors.
pub fn bundle(py: Python<'_>, given: Vec<Given>) -> PyResult<TensorBundle> {
	let tensor = |Given(name, dtype, shape, data): Given| {
		let data_type = TYPES.into_iter().find(|data_type| data_type.name() == dtype).ok_or_else(|| {
			let names: Vec<&str> = TYPES.iter().map(|known| known.name()).collect();
			Failure::usage(format!("`{name}` is {dtype}, and tensors are one of {}", names.join(", ")))
		})?;
		let data = match data_type {
			DataType::String => {
				let mut bytes = Vec::new();
				for text in data.extract::<Vec<String>>(py)? {
					push_text(&text, &mut bytes);
				}
				bytes
			}
			_ => data
				.bind(py)
				.cast::<PyBytes>()
				.map_err(|_| PyTypeError::new_err("elements are bytes"))?
				.as_bytes()
				.to_vec(),
		};
		let mut tensor = Tensor { name, data_type, shape, data };
		tensor.canonicalize();
		PyResult::Ok(tensor)
	};
	Ok(TensorBundle(given.into_iter().map(tensor).collect::<PyResult<_>>()?))
}

/// The bytes of a bundle.
pub fn to_bytes(bundle: &TensorBundle) -> Result<Vec<u8>, Failure> {
	bundle.to_bytes().map_err(|error| Failure::usage(error.to_string()))
}

/// The tensors of a bundle.
pub fn from_bytes(bytes: &[u8]) -> Result<TensorBundle, Failure> {
	let damaged = |error| Error::Unverified(format!("the output is no bundle of tensors: {error}"));
	Ok(TensorBundle::from_bytes(bytes).map_err(damaged)?)
}

/// Name, type, shape, and elements as bytes or texts.
type Taken<'py> = (String, &'static str, Vec<u64>, Bound<'py, PyAny>);

/// The tensors of a bundle, as the package takes them.
pub fn taken<'py>(py: Python<'py>, bundle: &TensorBundle) -> PyResult<Vec<Taken<'py>>> {
	let taken = |tensor: &Tensor| {
		let data = match tensor.data_type {
			DataType::String => PyList::new(py, texts(&tensor.data).flatten())?.into_any(),
			_ => PyBytes::new(py, &tensor.data).into_any(),
		};
		Ok((tensor.name.clone(), tensor.data_type.name(), tensor.shape.clone(), data))
	};
	bundle.0.iter().map(taken).collect()
}

/// Checks tensors against what a model takes; gives the bytes of their bundle and their shapes, in the order of the model's inputs.
#[pyfunction]
#[pyo3(signature = (inputs, ports=None))]
pub fn fit(py: Python<'_>, inputs: Vec<Given>, ports: Option<Vec<Declared>>) -> PyResult<(usize, Vec<Vec<u64>>)> {
	let given = bundle(py, inputs)?;
	let given = match ports {
		Some(ports) => {
			assay_client::fit(given, &ports.into_iter().map(port).collect::<Vec<_>>()).map_err(Failure::from)?
		}
		None => given,
	};
	Ok((to_bytes(&given)?.len(), given.0.into_iter().map(|tensor| tensor.shape).collect()))
}

/// Id of a file.
#[pyfunction]
pub fn content_id(data: &[u8]) -> String {
	hex0x(ContentId::of(data))
}

/// Name, type and shape of an input. Dimensions that are free are none; so is a shape that is not declared.
pub type Declared = (String, String, Option<Vec<Option<u64>>>);

/// An input, as the library takes it.
pub fn port((name, data_type, shape): Declared) -> Port {
	Port { name, data_type, shape }
}

/// An input, as the package takes it.
pub fn declared(port: &Port) -> Declared {
	(port.name.clone(), port.data_type.clone(), port.shape.clone())
}
