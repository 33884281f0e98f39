"""Files as exporters leave them: the error has to say what to do."""
from common import *
import onnx
here = OUT; w = np.eye(3, dtype=np.float32)
m = helper.make_model(helper.make_graph([helper.make_node("MatMul", ["x", "w"], ["y"])], "g", [value("x", TensorProto.FLOAT, ["n", 3])], [value("y", TensorProto.FLOAT, ["n", 3])], [constant("w", w)]), opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
(here / "external.onnx.data").unlink(missing_ok=True); onnx.save_model(m, here / "external.onnx", save_as_external_data=True, location="external.onnx.data", size_threshold=0); x = np.ones((2, 3), np.float32); np.savez(here / "external.in.npz", x=x)
if len(sys.argv) > 1: check("external", here / "external.onnx", here, sys.argv[1], {"y": x}, "the weights are in external.onnx.data, and how to put them into one file (or: they are read)")
two = [value("a", TensorProto.FLOAT, ["n"]), value("b", TensorProto.FLOAT, ["n"])]; case("same_symbol", [helper.make_node("Add", ["a", "b"], ["y"])], two, [value("y", TensorProto.FLOAT, None)], given={"a": np.ones(1, np.float32), "b": np.ones(3, np.float32)}, refused="which input, which dimension, what was expected")
case("index_out_of_range", [helper.make_node("Gather", ["w", "i"], ["y"])], [value("i", TensorProto.INT64, ["n"])], [value("y", TensorProto.FLOAT, None)], [constant("w", np.arange(4, dtype=np.float32))], given={"i": np.array([9])}, refused="which operator failed, and why")
case("map_of_probabilities", [helper.make_node("ZipMap", ["x"], ["y"], domain="ai.onnx.ml", classlabels_int64s=[0, 1])], [value("x", TensorProto.FLOAT, ["n", 2])], [helper.make_value_info("y", helper.make_sequence_type_proto(helper.make_map_type_proto(TensorProto.INT64, helper.make_tensor_type_proto(TensorProto.FLOAT, []))))], ml=1, given={"x": np.ones((1, 2), np.float32)}, refused="it is the exporter's default: zipmap=False (or: the tensor in front of it is the output)")
