//! The attributes that each operator honours. One table: it is checked when a model is loaded, and `docs/operators.md` is written from it.
//!
//! An attribute that is not named here is an error, for the importer does not read it.

/// An operator and its attributes, separated by spaces:
///
/// - `name` is read, whatever its value;
/// - `name=a|b` may have these values alone, of which one is the default;
/// - `~name` says nothing that the result depends on;
/// - `@n` is the first operator set whose form of the operator is read.
pub struct Operator {
	pub name: &'static str,
	pub honours: &'static str,
}

const fn op(name: &'static str, honours: &'static str) -> Operator {
	Operator { name, honours }
}

/// Latest operator set that this table was written for.
pub const LATEST_OPSET: i64 = 25;

/// Domain and operators.
pub const DOMAINS: &[(&str, &[Operator])] = &[("", ONNX), ("ai.onnx.ml", ML), ("com.microsoft", MICROSOFT)];

const REDUCE: &str = "axes keepdims noop_with_empty_axes";
const LAYER: &str = "activation_alpha activation_beta activations clip direction ~hidden_size ~output_sequence layout";

const ONNX: &[Operator] = &[
	op("Abs", "~consumed_inputs"),
	op("Acos", ""),
	op("Acosh", ""),
	op("Add", "broadcast=0|1 ~consumed_inputs"),
	op("And", "broadcast=0|1"),
	op("ArgMax", "axis keepdims select_last_index"),
	op("ArgMin", "axis keepdims select_last_index"),
	op("Asin", ""),
	op("Asinh", ""),
	op("Atan", ""),
	op("Atanh", ""),
	op("Attention", "is_causal kv_num_heads q_num_heads qk_matmul_output_mode=0 scale softcap ~softmax_precision"),
	op("AveragePool", "auto_pad ceil_mode count_include_pad dilations kernel_shape pads strides"),
	op("BatchNormalization", "~consumed_inputs epsilon ~is_test ~momentum spatial=1 training_mode=0"),
	op("BitShift", "direction"),
	op("BitwiseAnd", ""),
	op("BitwiseNot", ""),
	op("BitwiseOr", ""),
	op("BitwiseXor", ""),
	op("BlackmanWindow", "output_datatype periodic"),
	op("Cast", "to saturate=1 round_mode=up"),
	op("CastLike", "saturate=1 round_mode=up"),
	op("Ceil", "~consumed_inputs"),
	op("Celu", "alpha"),
	op("Clip", "~consumed_inputs max min"),
	op("Compress", "axis"),
	op("Concat", "@4 axis"),
	op("ConcatFromSequence", "axis new_axis"),
	op("Constant", "value value_float value_floats value_int value_ints value_string value_strings"),
	op("ConstantLike", "dtype shape value"),
	op("ConstantOfShape", "value"),
	op("Conv", "auto_pad dilations group kernel_shape pads strides"),
	op("ConvInteger", "auto_pad dilations group kernel_shape pads strides"),
	op("ConvTranspose", "auto_pad dilations group kernel_shape output_padding output_shape pads strides"),
	op("Cos", ""),
	op("Cosh", ""),
	op("CumSum", "exclusive reverse"),
	op("DFT", "axis inverse onesided"),
	op("DepthToSpace", "blocksize mode"),
	op("DequantizeLinear", "axis block_size=0 output_dtype=0"),
	op("Div", "broadcast=0|1 ~consumed_inputs"),
	op("Dropout", "~consumed_inputs ~is_test ~ratio ~seed"),
	op("DynamicQuantizeLinear", ""),
	op("Einsum", "equation"),
	op("Elu", "alpha ~consumed_inputs"),
	op("Equal", "broadcast=0|1"),
	op("Erf", ""),
	op("Exp", "~consumed_inputs"),
	op("Expand", ""),
	op("EyeLike", "dtype k"),
	op("Flatten", "axis"),
	op("Floor", "~consumed_inputs"),
	op("GRU", "activation_alpha activation_beta activations clip direction ~hidden_size ~output_sequence layout linear_before_reset"),
	op("Gather", "axis"),
	op("GatherElements", "axis"),
	op("GatherND", "batch_dims"),
	op("Gelu", "approximate"),
	op("Gemm", "alpha beta broadcast=0|1 transA transB"),
	op("GlobalAveragePool", ""),
	op("GlobalLpPool", "p"),
	op("GlobalMaxPool", ""),
	op("Greater", "broadcast=0|1"),
	op("GreaterOrEqual", ""),
	op("GridSample", "align_corners mode padding_mode"),
	op("GroupNormalization", "epsilon num_groups stash_type=1"),
	op("HammingWindow", "output_datatype periodic"),
	op("HannWindow", "output_datatype periodic"),
	op("HardSigmoid", "alpha beta ~consumed_inputs"),
	op("HardSwish", ""),
	op("Hardmax", "axis"),
	op("Identity", ""),
	op("If", "else_branch then_branch"),
	op("InstanceNormalization", "~consumed_inputs epsilon"),
	op("IsInf", "detect_negative detect_positive"),
	op("IsNaN", ""),
	op("LRN", "alpha beta bias size"),
	op("LSTM", "activation_alpha activation_beta activations clip direction ~hidden_size input_forget ~output_sequence layout"),
	op("LayerNormalization", "axis epsilon stash_type"),
	op("LeakyRelu", "alpha ~consumed_inputs"),
	op("Less", "broadcast=0|1"),
	op("LessOrEqual", ""),
	op("Log", "~consumed_inputs"),
	op("LogSoftmax", "axis"),
	op("Loop", "body"),
	op("LpNormalization", "axis p"),
	op("LpPool", "@2 auto_pad ceil_mode dilations kernel_shape p pads strides"),
	op("MatMul", ""),
	op("MatMulInteger", ""),
	op("Max", "~consumed_inputs"),
	op("MaxPool", "auto_pad ceil_mode dilations kernel_shape pads storage_order strides"),
	op("Mean", "~consumed_inputs"),
	op("MeanVarianceNormalization", "axes"),
	op("MelWeightMatrix", "output_datatype"),
	op("Min", "~consumed_inputs"),
	op("Mish", ""),
	op("Mod", "fmod"),
	op("Mul", "broadcast=0|1 ~consumed_inputs"),
	op("Multinomial", "dtype sample_size seed"),
	op("Neg", "~consumed_inputs"),
	op("NegativeLogLikelihoodLoss", "ignore_index reduction"),
	op("NonMaxSuppression", "center_point_box"),
	op("NonZero", ""),
	op("Not", ""),
	op("OneHot", "axis"),
	op("Optional", "~type"),
	op("OptionalGetElement", ""),
	op("OptionalHasElement", ""),
	op("Or", "broadcast=0|1"),
	op("PRelu", "~consumed_inputs"),
	op("Pad", "@2 mode pads value"),
	op("ParametricSoftplus", "alpha beta"),
	op("Pow", "broadcast=0|1"),
	op("QLinearConv", "auto_pad dilations group kernel_shape pads strides"),
	op("QLinearMatMul", ""),
	op("QuantizeLinear", "axis block_size=0 output_dtype=0 precision=0 saturate=1"),
	op("RMSNormalization", "axis epsilon stash_type=1"),
	op("RNN", LAYER),
	op("RandomNormal", "dtype mean scale seed shape"),
	op("RandomNormalLike", "dtype mean scale seed"),
	op("RandomUniform", "dtype high low seed shape"),
	op("RandomUniformLike", "dtype high low seed"),
	op("Range", ""),
	op("Reciprocal", "~consumed_inputs"),
	op("ReduceL1", REDUCE),
	op("ReduceL2", REDUCE),
	op("ReduceLogSum", REDUCE),
	op("ReduceLogSumExp", REDUCE),
	op("ReduceMax", REDUCE),
	op("ReduceMean", REDUCE),
	op("ReduceMin", REDUCE),
	op("ReduceProd", REDUCE),
	op("ReduceSum", REDUCE),
	op("ReduceSumSquare", REDUCE),
	op("Relu", "~consumed_inputs"),
	op("Reshape", "@5 allowzero"),
	op("Resize", "antialias axes coordinate_transformation_mode cubic_coeff_a exclude_outside extrapolation_value keep_aspect_ratio_policy mode nearest_mode"),
	op("ReverseSequence", "batch_axis time_axis"),
	op("RotaryEmbedding", "interleaved num_heads rotary_embedding_dim"),
	op("Round", ""),
	op("Rsqrt", ""),
	op("STFT", "onesided"),
	op("ScaledTanh", "alpha beta"),
	op("Scan", "@9 body num_scan_inputs scan_input_axes scan_input_directions scan_output_axes scan_output_directions"),
	op("Scatter", "axis"),
	op("ScatterElements", "axis reduction"),
	op("ScatterND", "reduction"),
	op("Selu", "alpha ~consumed_inputs gamma"),
	op("SequenceAt", ""),
	op("SequenceConstruct", ""),
	op("SequenceEmpty", "~dtype"),
	op("SequenceErase", ""),
	op("SequenceInsert", ""),
	op("SequenceLength", ""),
	op("Shape", "end start"),
	op("Shrink", "bias lambd"),
	op("Sigmoid", "~consumed_inputs"),
	op("Sign", ""),
	op("SimplifiedLayerNormalization", "axis epsilon stash_type=1"),
	op("Sin", ""),
	op("Sinh", ""),
	op("Size", ""),
	op("Slice", "axes ends starts"),
	op("Softmax", "axis"),
	op("SoftmaxCrossEntropyLoss", "ignore_index reduction"),
	op("Softplus", ""),
	op("Softsign", ""),
	op("SpaceToDepth", "blocksize mode=DCR"),
	op("Split", "@2 axis ~num_outputs split"),
	op("SplitToSequence", "axis keepdims"),
	op("Sqrt", "~consumed_inputs"),
	op("Squeeze", "axes"),
	op("StringConcat", ""),
	op("StringNormalizer", "case_change_action ~is_case_sensitive locale stopwords"),
	op("Sub", "broadcast=0|1 ~consumed_inputs"),
	op("Sum", "~consumed_inputs"),
	op("Swish", "alpha"),
	op("Tan", ""),
	op("Tanh", "~consumed_inputs"),
	op("TfIdfVectorizer", "max_gram_length max_skip_count min_gram_length mode ngram_counts ngram_indexes pool_int64s pool_strings weights"),
	op("ThresholdedRelu", "alpha"),
	op("Tile", "@6"),
	op("TopK", "@10 axis largest ~sorted"),
	op("Transpose", "perm"),
	op("Trilu", "upper"),
	op("Unsqueeze", "axes"),
	op("Upsample", "@9 mode"),
	op("Where", ""),
	op("Xor", "broadcast=0|1"),
];

const ML: &[Operator] = &[
	op("ArrayFeatureExtractor", ""),
	op("Binarizer", "threshold"),
	op("CategoryMapper", "cats_int64s cats_strings default_int64 default_string"),
	op("FeatureVectorizer", "inputdimensions"),
	op("Imputer", "imputed_value_floats imputed_value_int64s replaced_value_float replaced_value_int64"),
	op("LabelEncoder", "classes_strings default_float default_int64 default_string default_tensor keys_floats keys_int64s keys_strings keys_tensor values_floats values_int64s values_strings values_tensor"),
	op("LinearClassifier", "classlabels_ints classlabels_strings coefficients intercepts ~multi_class post_transform"),
	op("LinearRegressor", "coefficients intercepts post_transform targets"),
	op("Normalizer", "norm"),
	op("OneHotEncoder", "cats_int64s cats_strings zeros"),
	op("SVMClassifier", "classlabels_ints classlabels_strings coefficients kernel_params kernel_type post_transform prob_a prob_b rho support_vectors vectors_per_class"),
	op("SVMRegressor", "coefficients kernel_params kernel_type n_supports one_class post_transform rho support_vectors"),
	op("Scaler", "offset scale"),
	op("TreeEnsemble", "aggregate_function leaf_targetids leaf_weights membership_values n_targets nodes_falseleafs nodes_falsenodeids nodes_featureids ~nodes_hitrates nodes_missing_value_tracks_true nodes_modes nodes_splits nodes_trueleafs nodes_truenodeids post_transform tree_roots"),
	op("TreeEnsembleClassifier", "base_values base_values_as_tensor class_ids class_nodeids class_treeids class_weights class_weights_as_tensor classlabels_int64s classlabels_strings nodes_falsenodeids nodes_featureids ~nodes_hitrates ~nodes_hitrates_as_tensor nodes_missing_value_tracks_true nodes_modes nodes_nodeids nodes_treeids nodes_truenodeids nodes_values nodes_values_as_tensor post_transform"),
	op("TreeEnsembleRegressor", "aggregate_function base_values base_values_as_tensor n_targets nodes_falsenodeids nodes_featureids ~nodes_hitrates ~nodes_hitrates_as_tensor nodes_missing_value_tracks_true nodes_modes nodes_nodeids nodes_treeids nodes_truenodeids nodes_values nodes_values_as_tensor post_transform target_ids target_nodeids target_treeids target_weights target_weights_as_tensor"),
	op("ZipMap", "~classlabels_int64s ~classlabels_strings"),
];

const MICROSOFT: &[Operator] = &[
	op("BiasGelu", ""),
	op("DynamicQuantizeLSTM", "activation_alpha activation_beta activations clip direction ~hidden_size input_forget"),
	op("FastGelu", ""),
	op("GatherBlockQuantized", "bits block_size gather_axis quantize_axis"),
	op("Gelu", ""),
	op("GroupQueryAttention", "causal do_rotary kv_num_heads local_window_size num_heads qk_output rotary_interleaved scale sliding_window_cache smooth_softmax softcap"),
	op("MatMulNBits", "K N ~accuracy_level bits block_size"),
	op("MultiHeadAttention", "num_heads scale unidirectional=0"),
	op("QuickGelu", "alpha"),
	op("RotaryEmbedding", "interleaved is_packed_batching num_heads rotary_embedding_dim scale"),
	op("SimplifiedLayerNormalization", "axis epsilon stash_type=1"),
	op("SkipLayerNormalization", "epsilon"),
	op("SkipSimplifiedLayerNormalization", "epsilon"),
	op("Tokenizer", "mark mincharnum pad_value separators tokenexp"),
];

/// Domain and name of operators that are not honoured, and what their models do instead.
pub const INSTEAD: &[(&str, &str, &str)] = &[
	("", "AffineGrid", "compute the grid before the model, and give it to GridSample"),
	("", "Bernoulli", "compare RandomUniformLike, with a seed, with the probabilities"),
	("", "BitCast", "read the tensor in the type that it is to have"),
	("", "CausalConvWithState", "write it as Concat of the state, Conv and Slice"),
	("", "CenterCropPad", "write it as Slice and Pad"),
	("", "Col2Im", "write it as ConvTranspose with weights of zeros and ones"),
	("", "CumProd", "write it as Loop with Mul"),
	("", "DeformConv", "write it as GridSample and Conv"),
	("", "Det", "write it as products of the matrix's elements"),
	("", "ImageDecoder", "decode the picture before the model, and give its pixels"),
	("", "LinearAttention", "write it as Scan with MatMul, Mul and Add"),
	("", "MaxRoiPool", "write it as GridSample of each region and MaxPool"),
	("", "MaxUnpool", "write it as ScatterND with the indices of MaxPool"),
	("", "RegexFullMatch", "match the text before the model, and give the result"),
	("", "RoiAlign", "write it as GridSample of each region and AveragePool"),
	("", "SequenceMap", "write its body once for each tensor of the sequence"),
	("", "StringSplit", "split the text before the model, and give its parts"),
	("", "SwiGLU", "write it as Split, Sigmoid and Mul"),
	("", "TensorScatter", "write it as ScatterND"),
	("", "Unique", "find the distinct values before the model, and give them"),
	("ai.onnx.ml", "CastMap", "give the map's values as a tensor"),
	("ai.onnx.ml", "DictVectorizer", "give the map's values as a tensor with a column for each key"),
	("com.microsoft", "MurmurHash3", "hash the text before the model, and give the hashes"),
];

/// The table's entry for an attribute.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Attribute<'a> {
	/// It is read.
	Read,
	/// The result does not depend on it.
	Inert,
	/// These values, separated by bars.
	Only(&'a str),
}

impl Operator {
	/// The attributes by name.
	pub fn attributes(&self) -> impl Iterator<Item = (&'static str, Attribute<'static>)> {
		self.honours.split_whitespace().filter(|word| !word.starts_with('@')).map(|word| {
			if let Some(name) = word.strip_prefix('~') {
				return (name, Attribute::Inert);
			}
			match word.split_once('=') {
				Some((name, values)) => (name, Attribute::Only(values)),
				None => (word, Attribute::Read),
			}
		})
	}

	/// The first operator set whose form is read.
	pub fn since(&self) -> i64 {
		let since = self.honours.split_whitespace().find_map(|word| word.strip_prefix('@'));
		since.and_then(|since| since.parse().ok()).unwrap_or(1)
	}
}
