//! The ports of a model, and the check of tensors against them. Tensors that do not fit are refused here, before they
//! are paid for.

use crate::{Error, Given};
use assay_primitives::{Tensor, TensorBundle};

/// An input of a model.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Port {
	/// Name.
	pub name: String,
	/// Data type, as NumPy names it.
	pub data_type: String,
	/// Dimensions, those that are not fixed as none. None if not even their number is declared.
	pub shape: Option<Vec<Option<u64>>>,
}

impl Port {
	fn fits(&self, tensor: &Tensor) -> Result<(), String> {
		if tensor.data_type.name() != self.data_type {
			return Err(format!(
				"`{}` is {}, and the model takes {}",
				self.name,
				tensor.data_type.name(),
				self.data_type
			));
		}
		let Some(shape) = &self.shape else { return Ok(()) };
		let same = |(dim, given): (&Option<u64>, &u64)| dim.is_none_or(|dim| dim == *given);
		if shape.len() == tensor.shape.len() && shape.iter().zip(&tensor.shape).all(same) {
			return Ok(());
		}
		let dims: Vec<String> = shape.iter().map(|dim| dim.map_or("?".into(), |dim| dim.to_string())).collect();
		Err(format!("`{}` has the shape {:?}, and the model takes [{}]", self.name, tensor.shape, dims.join(", ")))
	}
}

/// Puts the tensors into the order of the model's inputs.
pub fn ordered<'a>(bundle: TensorBundle, names: impl IntoIterator<Item = &'a str>) -> Result<TensorBundle, String> {
	let mut given = bundle.0;
	let mut ordered = Vec::with_capacity(given.len());
	for name in names {
		let index = given.iter().position(|tensor| tensor.name == name);
		let index = index.ok_or_else(|| format!("there is no tensor `{name}`"))?;
		ordered.push(given.swap_remove(index));
	}
	match given.first() {
		Some(tensor) => Err(format!("the model has no input `{}`", tensor.name)),
		None => Ok(TensorBundle(ordered)),
	}
}

/// Puts the tensors into the order of the model's inputs, and refuses those that the model does not take.
pub fn fit(input: impl Into<Given>, ports: &[Port]) -> Result<TensorBundle, Error> {
	let bundle = input.into().ordered(ports)?;
	for (port, tensor) in ports.iter().zip(&bundle.0) {
		port.fits(tensor).map_err(Error::Usage)?;
	}
	Ok(bundle)
}

#[cfg(test)]
mod tests {
	use super::*;
	use assay_primitives::DataType;

	fn tensor(name: &str, data_type: DataType, shape: &[u64]) -> Tensor {
		Tensor { name: name.into(), data_type, shape: shape.to_vec(), data: Vec::new() }
	}

	#[test]
	fn what_the_model_does_not_take_is_named() {
		let port = |name: &str, shape| Port { name: name.into(), data_type: "float32".into(), shape };
		let ports = [port("a", Some(vec![None, Some(3)])), port("b", None)];
		let a = || tensor("a", DataType::F32, &[7, 3]);
		let b = || tensor("b", DataType::F32, &[1]);
		let fitted = fit(TensorBundle(vec![b(), a()]), &ports).unwrap();
		assert_eq!(fitted.0.iter().map(|tensor| tensor.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
		for (tensors, says) in [
			(vec![a()], "no tensor `b`"),
			(vec![a(), b(), tensor("c", DataType::F32, &[])], "no input `c`"),
			(vec![a(), tensor("b", DataType::F64, &[1])], "`b` is float64, and the model takes float32"),
			(vec![tensor("a", DataType::F32, &[7, 4]), b()], "the model takes [?, 3]"),
			(vec![tensor("a", DataType::F32, &[3]), b()], "has the shape [3]"),
		] {
			let error = fit(TensorBundle(tensors), &ports).unwrap_err().to_string();
			assert!(error.contains(says), "{error}");
		}
	}

	#[test]
	fn a_tensor_without_a_name_is_the_only_input() {
		let port = |name: &str| Port { name: name.into(), data_type: "float32".into(), shape: None };
		let nameless = || TensorBundle(vec![tensor("", DataType::F32, &[1])]);
		assert_eq!(fit(nameless(), &[port("a")]).unwrap().0[0].name, "a");
		let error = fit(nameless(), &[port("a"), port("b")]).unwrap_err().to_string();
		assert!(error.contains("name the tensors: a, b"), "{error}");
	}
}
