"""Models that their owners train: scikit-learn's estimators as skl2onnx writes them, LightGBM, XGBoost and CatBoost, in the engine and in
onnxruntime.

    trained.py WORK [--short] [--only TEXT] [--list FILE]

Each is trained on a small table, exported with the exporter's defaults and asked about 100 rows that it has not seen. Labels, integers
and what comes out of trees have to be the same, other numbers within TOLERANCE. Every estimator that skl2onnx has a converter for is in
ESTIMATORS or, with a reason, in LEFT_OUT. ASSAY_RUNNER is the command line of the engine's example `runner`.
"""

import argparse
import collections
import pathlib
import sys
import warnings

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent.parent / "scripts")]
warnings.filterwarnings("ignore")

import onnx  # noqa: E402
import onnxruntime  # noqa: E402
import pandas  # noqa: E402
from engine import Engine, Failed  # noqa: E402
from sklearn import (  # noqa: E402
    calibration, cluster, compose, cross_decomposition, decomposition, discriminant_analysis, ensemble, feature_selection,
    gaussian_process, impute, linear_model, mixture, model_selection, multiclass, multioutput, naive_bayes, neighbors, neural_network,
    pipeline, preprocessing, random_projection, svm, tree,
)  # fmt: skip
from sklearn.feature_extraction import text  # noqa: E402

TOLERANCE = 1e-4
# Tolerance of a sum that comes out near zero, by the precision of its terms: this share of the output's largest number.
NEAR_ZERO = 1e-5
ROWS, ASKED, COLUMNS = 300, 100, 6
# Most of the estimators, in percent, that may be refused or left out.
MOST_REFUSED = 10
SEED = {"random_state": 0}

# Why an estimator that skl2onnx names is not asked.
LEFT_OUT = {
    "CastRegressor": "skl2onnx's own, and no estimator of scikit-learn",
    "CastTransformer": "skl2onnx's own, and no estimator of scikit-learn",
    "ReplaceTransformer": "skl2onnx's own, and no estimator of scikit-learn",
    "DictVectorizer": "takes a map, which no tensor is",
    "FeatureHasher": "hashes text with MurmurHash3 of com.microsoft, which is not supported",
    "GaussianProcessClassifier": "is written with Solve of com.microsoft, which onnxruntime has not",
    "_ConstantPredictor": "a part of OneVsRestClassifier, which is asked",
}


VOCABULARY = "The market gains, GAIN or loss: a broker's gain_7 x2 in Oslo-Rome and caf\u00e9 (again)".split()
BASE = np.random.RandomState(0).randn(30, COLUMNS)


def tables(rows, random):
    """One draw of each kind of table: what is asked about is drawn as what is learned from."""
    x = (random.randn(rows, COLUMNS) * [1, 2, 0.5, 1, 3, 1]).astype(np.float32)
    score = x[:, 0] + 0.5 * x[:, 1] * (x[:, 2] > 0) - 0.3 * x[:, 4] + 0.4 * random.randn(rows)
    two = (score > 0).astype(np.int64)
    three = np.digitize(score, [-0.7, 0.7]).astype(np.int64)
    holes = np.where(random.rand(rows, COLUMNS) < 0.1, np.float32(np.nan), x)
    unit = 1 / (1 + np.exp(-x))
    counts = random.poisson(3, (rows, COLUMNS))
    more = np.stack([score, x[:, 3] - score, 0.5 * score], axis=1)
    names = np.array(["sell", "hold", "buy"], object)
    words = np.stack([random.choice(["Rome", "Oslo", "Sm\u00e5g", ""], rows), random.choice(["a", "b", "c"], rows, p=[0.6, 0.3, 0.1])], axis=1).astype(object)
    mixed = pandas.DataFrame({"a": x[:, 0], "b": x[:, 1], "city": words[:, 0], "kind": words[:, 1]})
    far = score + (words[:, 0] == "Rome")
    bits = np.stack([score > 0, x[:, 3] > 0.2, x[:, 4] > score], axis=1).astype(np.int64)
    sentences = np.array([" ".join(random.choice(VOCABULARY, random.randint(3, 9))) + "." for _ in range(rows)], object)
    gain = np.array(["gain" in sentence for sentence in sentences]).astype(np.int64)
    return {
        "two": (x, two), "three": (x, three), "number": (x, score), "above": (x, np.exp(score / 4)), "several": (x, more),
        "bits": (x, bits), "unit_three": (unit.astype(np.float32), three), "counts_three": (counts.astype(np.int64), three),
        "codes_three": ((counts % 4).astype(np.int64), three), "holes": (holes, score), "holes_two": (holes, two), "labels": (three, None),
        "counts": (counts.astype(np.float32), None), "doubles_two": (x.astype(np.float64), two), "doubles": (x.astype(np.float64), score),
        "two_names": (x, names[2 * two]), "three_names": (x, names[three]), "words": (words, score), "mixed": (mixed, (far > 0.3).astype(np.int64)),
        "mixed_names": (mixed, names[2 * (far > 0.3)]), "mixed_number": (mixed, far), "names": (names[three], None),
        "kernel": ((x @ BASE.T).astype(np.float32), None), "unit": (unit.astype(np.float32), score), "sentences": (sentences, None), "sentences_two": (sentences, gain),
    }  # fmt: skip


LEARNED, UNSEEN = tables(ROWS, np.random.RandomState(1)), tables(ASKED, np.random.RandomState(2))
LEARNED["kernel"] = ((BASE @ BASE.T).astype(np.float32), None)

forest = dict(n_estimators=8, max_depth=5, **SEED)
small = tree.DecisionTreeClassifier(max_depth=4, **SEED)
small_number = tree.DecisionTreeRegressor(max_depth=4, **SEED)
logistic = linear_model.LogisticRegression()
ridge = linear_model.Ridge()
kernels = gaussian_process.kernels



def columns():
    """Categories and numbers beside each other, as pipelines take them."""
    hot = preprocessing.OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    return compose.ColumnTransformer([("n", preprocessing.StandardScaler(), ["a", "b"]), ("c", hot, ["city"]), ("o", preprocessing.OrdinalEncoder(), ["kind"])])


# Name, factory, and the tables that the model is asked about. `!` before a table: the output is that of trees, and the same to the last bit.
ESTIMATORS = [
    # Linear models.
    ("LinearRegression", linear_model.LinearRegression, "number several doubles"),
    ("Ridge", linear_model.Ridge, "number several"),
    ("RidgeCV", linear_model.RidgeCV, "number"),
    ("Lasso", lambda: linear_model.Lasso(0.01), "number"),
    ("LassoCV", linear_model.LassoCV, "number"),
    ("LassoLars", lambda: linear_model.LassoLars(0.01), "number"),
    ("LassoLarsCV", linear_model.LassoLarsCV, "number"),
    ("LassoLarsIC", linear_model.LassoLarsIC, "number"),
    ("ElasticNet", lambda: linear_model.ElasticNet(0.01), "number"),
    ("ElasticNetCV", linear_model.ElasticNetCV, "number"),
    ("Lars", linear_model.Lars, "number"),
    ("LarsCV", linear_model.LarsCV, "number"),
    ("MultiTaskElasticNet", lambda: linear_model.MultiTaskElasticNet(0.01), "several"),
    ("MultiTaskElasticNetCV", linear_model.MultiTaskElasticNetCV, "several"),
    ("MultiTaskLasso", lambda: linear_model.MultiTaskLasso(0.01), "several"),
    ("MultiTaskLassoCV", linear_model.MultiTaskLassoCV, "several"),
    ("OrthogonalMatchingPursuit", linear_model.OrthogonalMatchingPursuit, "number"),
    ("OrthogonalMatchingPursuitCV", linear_model.OrthogonalMatchingPursuitCV, "number"),
    ("ARDRegression", linear_model.ARDRegression, "number"),
    ("BayesianRidge", linear_model.BayesianRidge, "number"),
    ("HuberRegressor", linear_model.HuberRegressor, "number"),
    ("QuantileRegressor", lambda: linear_model.QuantileRegressor(alpha=0.01), "number"),
    ("RANSACRegressor", lambda: linear_model.RANSACRegressor(**SEED), "number"),
    ("TheilSenRegressor", lambda: linear_model.TheilSenRegressor(max_subpopulation=200, **SEED), "number"),
    ("PoissonRegressor", linear_model.PoissonRegressor, "above"),
    ("GammaRegressor", linear_model.GammaRegressor, "above"),
    ("TweedieRegressor", lambda: linear_model.TweedieRegressor(power=1.5), "above"),
    ("SGDRegressor", lambda: linear_model.SGDRegressor(**SEED), "number"),
    ("PassiveAggressiveRegressor", lambda: linear_model.PassiveAggressiveRegressor(**SEED), "number"),
    ("LogisticRegression", linear_model.LogisticRegression, "two three doubles_two two_names three_names"),
    ("LogisticRegressionCV", lambda: linear_model.LogisticRegressionCV(cv=3), "two three"),
    ("RidgeClassifier", linear_model.RidgeClassifier, "two three two_names three_names"),
    ("RidgeClassifierCV", linear_model.RidgeClassifierCV, "two three"),
    ("SGDClassifier", lambda: linear_model.SGDClassifier(**SEED), "two three three_names"),
    ("SGDClassifier.log", lambda: linear_model.SGDClassifier(loss="log_loss", **SEED), "two three"),
    ("Perceptron", lambda: linear_model.Perceptron(**SEED), "two three"),
    ("PassiveAggressiveClassifier", lambda: linear_model.PassiveAggressiveClassifier(**SEED), "two three"),
    ("SGDOneClassSVM", lambda: linear_model.SGDOneClassSVM(**SEED), "number"),
    # Support vectors.
    ("LinearSVC", lambda: svm.LinearSVC(**SEED), "two three two_names three_names"),
    ("LinearSVR", lambda: svm.LinearSVR(**SEED), "number"),
    ("SVC", lambda: svm.SVC(**SEED), "two three two_names three_names"),
    ("SVC.probability", lambda: svm.SVC(probability=True, **SEED), "two three two_names three_names"),
    ("SVC.poly", lambda: svm.SVC(kernel="poly", probability=True, **SEED), "two three"),
    ("SVC.linear", lambda: svm.SVC(kernel="linear", **SEED), "two three"),
    ("NuSVC", lambda: svm.NuSVC(nu=0.3, probability=True, **SEED), "two three"),
    ("SVR", svm.SVR, "number"),
    ("NuSVR", svm.NuSVR, "number"),
    ("OneClassSVM", svm.OneClassSVM, "number"),
    # Trees.
    ("DecisionTreeClassifier", lambda: tree.DecisionTreeClassifier(**SEED), "!two !three !bits !two_names !three_names"),
    ("DecisionTreeRegressor", lambda: tree.DecisionTreeRegressor(**SEED), "!number !several"),
    ("ExtraTreeClassifier", lambda: tree.ExtraTreeClassifier(**SEED), "!two !three"),
    ("ExtraTreeRegressor", lambda: tree.ExtraTreeRegressor(**SEED), "!number"),
    ("RandomForestClassifier", lambda: ensemble.RandomForestClassifier(**forest), "!two !three !two_names !three_names"),
    ("RandomForestClassifier.large", lambda: ensemble.RandomForestClassifier(100, **SEED), "!two !three"),
    ("RandomForestRegressor", lambda: ensemble.RandomForestRegressor(**forest), "!number !several"),
    ("ExtraTreesClassifier", lambda: ensemble.ExtraTreesClassifier(**forest), "!two !three"),
    ("ExtraTreesRegressor", lambda: ensemble.ExtraTreesRegressor(**forest), "!number"),
    ("GradientBoostingClassifier", lambda: ensemble.GradientBoostingClassifier(n_estimators=20, **SEED), "two three two_names three_names"),
    ("GradientBoostingRegressor", lambda: ensemble.GradientBoostingRegressor(n_estimators=20, **SEED), "!number"),
    ("HistGradientBoostingClassifier", lambda: ensemble.HistGradientBoostingClassifier(max_iter=20), "two three holes_two two_names three_names"),
    ("HistGradientBoostingRegressor", lambda: ensemble.HistGradientBoostingRegressor(max_iter=20), "!number !holes"),
    ("AdaBoostClassifier", lambda: ensemble.AdaBoostClassifier(n_estimators=5, **SEED), "two three"),
    ("AdaBoostRegressor", lambda: ensemble.AdaBoostRegressor(n_estimators=5, **SEED), "!number"),
    ("BaggingClassifier", lambda: ensemble.BaggingClassifier(n_estimators=4, **SEED), "two three"),
    ("BaggingRegressor", lambda: ensemble.BaggingRegressor(n_estimators=4, **SEED), "number"),
    ("IsolationForest", lambda: ensemble.IsolationForest(n_estimators=10, **SEED), "number"),
    ("RandomTreesEmbedding", lambda: ensemble.RandomTreesEmbedding(n_estimators=4, max_depth=3, sparse_output=False, **SEED), "number"),
    # Ensembles of others.
    ("VotingClassifier", lambda: ensemble.VotingClassifier([("a", logistic), ("b", small)], voting="soft", flatten_transform=False), "two three three_names"),
    ("VotingClassifier.hard", lambda: ensemble.VotingClassifier([("a", logistic), ("b", small), ("c", naive_bayes.GaussianNB())], flatten_transform=False), "two three"),
    ("VotingRegressor", lambda: ensemble.VotingRegressor([("a", ridge), ("b", small_number)]), "number"),
    ("StackingClassifier", lambda: ensemble.StackingClassifier([("a", small), ("b", logistic)], cv=2), "two three"),
    ("StackingRegressor", lambda: ensemble.StackingRegressor([("a", small_number), ("b", ridge)], cv=2), "number"),
    ("CalibratedClassifierCV", lambda: calibration.CalibratedClassifierCV(logistic, cv=2), "two three"),
    ("CalibratedClassifierCV.isotonic", lambda: calibration.CalibratedClassifierCV(small, method="isotonic", cv=2), "two"),
    ("OneVsRestClassifier", lambda: multiclass.OneVsRestClassifier(logistic), "two three bits"),
    ("OneVsOneClassifier", lambda: multiclass.OneVsOneClassifier(logistic), "two three"),
    ("MultiOutputClassifier", lambda: multioutput.MultiOutputClassifier(logistic), "bits"),
    ("MultiOutputRegressor", lambda: multioutput.MultiOutputRegressor(small_number), "several"),
    ("GridSearchCV", lambda: model_selection.GridSearchCV(linear_model.LogisticRegression(), {"C": [0.1, 1]}, cv=2), "two three"),
    ("TunedThresholdClassifierCV", lambda: model_selection.TunedThresholdClassifierCV(logistic, cv=2, **SEED), "two"),
    # Neighbours, networks, processes and densities.
    ("KNeighborsClassifier", neighbors.KNeighborsClassifier, "two three two_names three_names"),
    ("KNeighborsClassifier.distance", lambda: neighbors.KNeighborsClassifier(4, weights="distance", metric="manhattan"), "three"),
    ("KNeighborsRegressor", neighbors.KNeighborsRegressor, "number several"),
    ("RadiusNeighborsClassifier", lambda: neighbors.RadiusNeighborsClassifier(8.0), "unit_three"),
    ("RadiusNeighborsRegressor", lambda: neighbors.RadiusNeighborsRegressor(8.0), "unit"),
    ("KNeighborsTransformer", neighbors.KNeighborsTransformer, "number"),
    ("NearestNeighbors", lambda: neighbors.NearestNeighbors(n_neighbors=5, radius=None), "number"),
    ("NeighborhoodComponentsAnalysis", lambda: neighbors.NeighborhoodComponentsAnalysis(2, max_iter=20, **SEED), "three"),
    ("LocalOutlierFactor", lambda: neighbors.LocalOutlierFactor(novelty=True), "number"),
    ("MLPClassifier", lambda: neural_network.MLPClassifier((12,), max_iter=50, **SEED), "two three bits two_names three_names"),
    ("MLPRegressor", lambda: neural_network.MLPRegressor(hidden_layer_sizes=(8, 8), activation="tanh", max_iter=50, **SEED), "number"),
    ("GaussianProcessRegressor", lambda: gaussian_process.GaussianProcessRegressor(kernels.RBF(2.0, "fixed"), alpha=0.1), "number doubles"),
    ("GaussianMixture", lambda: mixture.GaussianMixture(3, **SEED), "number"),
    ("BayesianGaussianMixture", lambda: mixture.BayesianGaussianMixture(n_components=3, **SEED), "number"),
    ("KMeans", lambda: cluster.KMeans(4, n_init=1, **SEED), "number"),
    ("MiniBatchKMeans", lambda: cluster.MiniBatchKMeans(4, n_init=1, **SEED), "number"),
    ("LinearDiscriminantAnalysis", discriminant_analysis.LinearDiscriminantAnalysis, "two three"),
    ("QuadraticDiscriminantAnalysis", lambda: discriminant_analysis.QuadraticDiscriminantAnalysis(reg_param=0.1), "two three"),
    ("GaussianNB", naive_bayes.GaussianNB, "two three two_names three_names"),
    ("BernoulliNB", lambda: naive_bayes.BernoulliNB(binarize=0.4), "two three"),
    ("MultinomialNB", naive_bayes.MultinomialNB, "unit_three counts_three"),
    ("ComplementNB", naive_bayes.ComplementNB, "unit_three"),
    ("CategoricalNB", lambda: naive_bayes.CategoricalNB(min_categories=4), "codes_three"),
    # Preprocessing.
    ("StandardScaler", preprocessing.StandardScaler, "number doubles counts_three"),
    ("MinMaxScaler", lambda: preprocessing.MinMaxScaler(clip=True), "number"),
    ("MaxAbsScaler", preprocessing.MaxAbsScaler, "number"),
    ("RobustScaler", preprocessing.RobustScaler, "number"),
    ("Normalizer", preprocessing.Normalizer, "number"),
    ("Binarizer", lambda: preprocessing.Binarizer(threshold=0.3), "number"),
    ("PolynomialFeatures", lambda: preprocessing.PolynomialFeatures(2), "number"),
    ("PowerTransformer", preprocessing.PowerTransformer, "number"),
    ("QuantileTransformer", lambda: preprocessing.QuantileTransformer(n_quantiles=50, **SEED), "number"),
    ("KBinsDiscretizer", lambda: preprocessing.KBinsDiscretizer(4, encode="onehot-dense"), "number"),
    ("KBinsDiscretizer.ordinal", lambda: preprocessing.KBinsDiscretizer(4, encode="ordinal"), "number"),
    ("KernelCenterer", preprocessing.KernelCenterer, "kernel"),
    ("FunctionTransformer", preprocessing.FunctionTransformer, "number"),
    ("LabelBinarizer", preprocessing.LabelBinarizer, "labels names"),
    ("LabelEncoder", preprocessing.LabelEncoder, "labels names"),
    ("OneHotEncoder", lambda: preprocessing.OneHotEncoder(handle_unknown="ignore"), "codes_three words"),
    ("OrdinalEncoder", lambda: preprocessing.OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1), "codes_three words"),
    ("TargetEncoder", lambda: preprocessing.TargetEncoder(target_type="continuous", **SEED), "codes_three words"),
    ("SimpleImputer", impute.SimpleImputer, "holes"),
    ("KNNImputer", lambda: impute.KNNImputer(n_neighbors=3), "holes"),
    ("PCA", lambda: decomposition.PCA(3, **SEED), "number"),
    ("IncrementalPCA", lambda: decomposition.IncrementalPCA(3), "number"),
    ("KernelPCA", lambda: decomposition.KernelPCA(3, kernel="rbf", **SEED), "number"),
    ("TruncatedSVD", lambda: decomposition.TruncatedSVD(3, **SEED), "number"),
    ("PLSRegression", lambda: cross_decomposition.PLSRegression(2), "number several"),
    ("GaussianRandomProjection", lambda: random_projection.GaussianRandomProjection(3, **SEED), "number"),
    ("SelectKBest", lambda: feature_selection.SelectKBest(k=3), "three"),
    ("SelectPercentile", lambda: feature_selection.SelectPercentile(percentile=50), "three"),
    ("SelectFpr", lambda: feature_selection.SelectFpr(alpha=0.3), "three"),
    ("SelectFdr", lambda: feature_selection.SelectFdr(alpha=0.3), "three"),
    ("SelectFwe", lambda: feature_selection.SelectFwe(alpha=0.3), "three"),
    ("SelectFromModel", lambda: feature_selection.SelectFromModel(small), "three"),
    ("GenericUnivariateSelect", lambda: feature_selection.GenericUnivariateSelect(mode="k_best", param=2), "three"),
    ("RFE", lambda: feature_selection.RFE(logistic, n_features_to_select=3), "three"),
    ("RFECV", lambda: feature_selection.RFECV(logistic, cv=2), "three"),
    ("VarianceThreshold", lambda: feature_selection.VarianceThreshold(0.5), "number"),
    ("TfidfTransformer", text.TfidfTransformer, "counts"),
    ("CountVectorizer", text.CountVectorizer, "sentences"),
    ("CountVectorizer.pairs", lambda: text.CountVectorizer(ngram_range=(1, 2)), "sentences"),
    ("CountVectorizer.letters", lambda: text.CountVectorizer(analyzer="char", ngram_range=(1, 3)), "sentences"),
    ("TfidfVectorizer", text.TfidfVectorizer, "sentences"),
    ("TfidfVectorizer.binary", lambda: text.TfidfVectorizer(binary=True, norm=None), "sentences"),
    ("Pipeline.words", lambda: pipeline.make_pipeline(text.TfidfVectorizer(), logistic), "sentences_two"),
    ("FeatureUnion", lambda: pipeline.make_union(decomposition.PCA(2, **SEED), preprocessing.StandardScaler()), "number"),
    ("ColumnTransformer", lambda: compose.ColumnTransformer([("a", preprocessing.StandardScaler(), [0, 1]), ("b", "passthrough", [3])]), "number"),
    ("SimpleImputer.text", lambda: impute.SimpleImputer(missing_values="", strategy="most_frequent"), "words"),
    ("Pipeline.mixed", lambda: pipeline.make_pipeline(columns(), logistic), "mixed mixed_names"),
    ("Pipeline.forest", lambda: pipeline.make_pipeline(columns(), ensemble.RandomForestClassifier(**forest)), "!mixed !mixed_names"),
    ("Pipeline.number", lambda: pipeline.make_pipeline(columns(), ensemble.GradientBoostingRegressor(n_estimators=20, **SEED)), "!mixed_number"),
    ("Pipeline", lambda: pipeline.make_pipeline(impute.SimpleImputer(), preprocessing.StandardScaler(), logistic), "holes_two"),
]  # fmt: skip


def boosters():
    """The libraries of gradient boosting, each with its own way to ONNX."""
    import catboost
    import lightgbm
    import xgboost
    from onnxmltools import convert_lightgbm, convert_xgboost
    from onnxmltools.convert.common.data_types import FloatTensorType

    given = [("X", FloatTensorType([None, COLUMNS]))]
    quiet = dict(n_estimators=20, n_jobs=1, **SEED)

    def of_catboost(model):
        path = pathlib.Path(of_catboost.work) / "catboost.onnx"
        model.save_model(str(path), format="onnx")
        return onnx.load(path)

    light = lambda model: convert_lightgbm(model, initial_types=given)
    extreme = lambda model: convert_xgboost(model, initial_types=given)
    cat = dict(iterations=20, depth=4, verbose=False, allow_writing_files=False, thread_count=1, random_seed=0)
    return of_catboost, [
        ("LGBMClassifier", lambda: lightgbm.LGBMClassifier(verbose=-1, **quiet), "two three holes_two two_names three_names", light),
        ("LGBMRegressor", lambda: lightgbm.LGBMRegressor(verbose=-1, **quiet), "!number !holes", light),
        ("LGBMRegressor.poisson", lambda: lightgbm.LGBMRegressor(objective="poisson", verbose=-1, **quiet), "above", light),
        ("LGBMRegressor.forest", lambda: lightgbm.LGBMRegressor(boosting_type="rf", bagging_freq=1, bagging_fraction=0.8, verbose=-1, **quiet), "number", light),
        ("XGBClassifier", lambda: xgboost.XGBClassifier(**quiet), "two three holes_two", extreme),
        ("XGBRegressor", lambda: xgboost.XGBRegressor(**quiet), "!number !holes", extreme),
        ("XGBRegressor.logistic", lambda: xgboost.XGBRegressor(objective="reg:logistic", base_score=0.4, **quiet), "two", extreme),
        ("XGBRFClassifier", lambda: xgboost.XGBRFClassifier(**quiet), "two three", extreme),
        ("CatBoostClassifier", lambda: catboost.CatBoostClassifier(**cat), "two three holes_two two_names three_names", of_catboost),
        ("CatBoostRegressor", lambda: catboost.CatBoostRegressor(**cat), "!number !holes", of_catboost),
    ]


# Tables for which a map of probabilities is not what onnxruntime runs.
NO_MAPS = ("bits", "doubles_two")

# The short selection: some of each kind.
SHORT = (
    "LinearRegression", "LogisticRegression", "SGDClassifier", "LinearSVC", "SVC.probability", "SVR", "DecisionTreeClassifier", "RandomForestClassifier",
    "RandomForestRegressor", "GradientBoostingClassifier", "HistGradientBoostingClassifier", "IsolationForest", "VotingClassifier", "KNeighborsClassifier",
    "MLPClassifier", "GaussianNB", "KMeans", "StandardScaler", "OneHotEncoder", "Pipeline", "Pipeline.mixed", "LGBMClassifier", "LGBMRegressor", "XGBClassifier", "XGBRegressor",
    "CatBoostClassifier", "MultiOutputClassifier", "Pipeline.words",
)  # fmt: skip


def of_sklearn(x, table):
    import skl2onnx.common._container as container
    from skl2onnx import to_onnx
    from skl2onnx.common.data_types import FloatTensorType, Int64TensorType, StringTensorType

    def whole(value):
        """Truth values in a list of integers, which the newest protobuf takes for none."""
        return [int(entry) if isinstance(entry, bool) else entry for entry in value] if isinstance(value, list) else value

    def make_node(*arguments, **attributes):
        return onnx.helper.make_node(*arguments, **{key: whole(value) for key, value in attributes.items()})

    container.make_node = make_node
    more = {}
    if isinstance(x, pandas.DataFrame):
        kind = lambda column: StringTensorType if column.dtype.kind in "UO" else FloatTensorType
        more["initial_types"] = [(name, kind(x[name].to_numpy())([None, 1])) for name in x]
        x = None
    elif x.dtype == object:
        more["initial_types"] = [("X", StringTensorType([None, 1 if x.ndim == 1 else x.shape[1]]))]
    elif x.ndim == 1:
        more["initial_types"] = [("X", Int64TensorType([None, 1]))]
    if table in NO_MAPS:
        more["options"] = {"zipmap": False}

    def convert(model):
        if isinstance(model, ensemble.IsolationForest):
            more["target_opset"] = {"": 18, "ai.onnx.ml": 3}
        file = to_onnx(model, None if x is None else x[:1], **more)
        # Onnxruntime asks the machine for the locale en_US, which few have; this one has the same letters.
        for node in (node for node in file.graph.node if node.op_type == "StringNormalizer"):
            node.attribute.append(onnx.helper.make_attribute("locale", "C.UTF-8"))
        return file

    return convert


def of_onnxruntime(model, inputs):
    """The outputs by name; a list of maps as the table of its values, a list of tensors as outputs with numbers."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    values = session.run(names, inputs)
    flat = {}
    for name, value in zip(names, values):
        if isinstance(value, list) and value and isinstance(value[0], dict):
            value = np.array([list(row.values()) for row in value], np.float32)
        if isinstance(value, list) and value and isinstance(value[0], np.ndarray):
            flat.update({f"{name}.{index}": tensor for index, tensor in enumerate(value)})
        else:
            flat[name] = np.asarray(value)
    return flat


def difference(found, right, exact):
    if list(found) != list(right):
        return f"the outputs are {list(found)}, not {list(right)}"
    for name, want in right.items():
        have = found[name]
        if have.dtype != want.dtype or have.shape != want.shape:
            return f"{name} is {have.dtype}{list(have.shape)}, not {want.dtype}{list(want.shape)}"
        if want.dtype.kind == "f":
            near = 0 if exact else NEAR_ZERO * np.nanmax(np.abs(want), initial=0, where=np.isfinite(want))
            same = np.isclose(have, want, 0 if exact else TOLERANCE, near, equal_nan=True)
        else:
            same = have == want
        if not same.all():
            at = tuple(np.argwhere(~same)[0])
            return f"{name} at {[int(i) for i in at]} is {have[at]}, not {want[at]}; {int((~same).sum())} of {same.size} differ"
    return None


def judge(engine, make, table, convert):
    """`right`, `refused`, `wrong`, or `none` if it has no ONNX or onnxruntime does not run it, and why."""
    exact, table = table.startswith("!"), table.lstrip("!")
    (x, y), (asked, _) = LEARNED[table], UNSEEN[table]
    try:
        model = make()
        model.fit(x) if y is None else model.fit(x, y)
        file = (convert or of_sklearn(x, table))(model)
        if isinstance(asked, pandas.DataFrame):
            inputs = {name: asked[name].to_numpy().reshape(-1, 1) for name in asked}
        else:
            inputs = {file.graph.input[0].name: asked.reshape(-1, 1) if asked.ndim == 1 else asked}
        file = file.SerializeToString()
        right = of_onnxruntime(file, inputs)
    except Exception as why:
        return "none", f"{type(why).__name__}: {' '.join(str(why).split())[:200]}"
    try:
        found = engine.run(file, inputs)
    except Failed as why:
        return "refused", str(why)
    why = difference(found, right, exact)
    return ("wrong", why) if why else ("right", "")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("work", type=pathlib.Path)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--only", default="")
    parser.add_argument("--list", type=pathlib.Path)
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    from skl2onnx._supported_operators import sklearn_operator_name_map

    named = {name.split(".")[0] for name, *_ in ESTIMATORS}
    unknown = {estimator.__name__ for estimator in sklearn_operator_name_map} - named - LEFT_OUT.keys()
    if unknown:
        sys.exit(f"skl2onnx converts estimators that are not asked: {', '.join(sorted(unknown))}")
    of_catboost, boosted = boosters()
    of_catboost.work = arguments.work
    cases = [(name, make, tables.split(), None) for name, make, tables in ESTIMATORS] + [(name, make, tables.split(), convert) for name, make, tables, convert in boosted]
    cases = [case for case in cases if arguments.only in case[0] and (not arguments.short or case[0] in SHORT)]
    engine = Engine(arguments.work)
    lines, verdicts = [], collections.defaultdict(set)
    for name, make, tables, convert in cases:
        for table in tables:
            verdict, why = judge(engine, make, table, convert)
            verdicts[name].add(verdict)
            lines.append(f"{name}\t{table.lstrip('!')}\t{verdict}\t{why}\n")
            if verdict != "right":
                print(f"{name} on {table.lstrip('!')}: {verdict}: {why}", file=sys.stderr)
    if arguments.list:
        arguments.list.write_text("".join(lines))
    wrong = [name for name, found in verdicts.items() if "wrong" in found]
    refused = [name for name, found in verdicts.items() if found & {"refused", "none"} and "wrong" not in found]
    print(f"{len(verdicts)} estimators, {len(lines)} models: {len(verdicts) - len(wrong) - len(refused)} right in all, {len(refused)} refused or without ONNX in some, {len(wrong)} wrong")
    if wrong:
        sys.exit("an answer is wrong, see above")
    left_out = 0 if arguments.short else len(LEFT_OUT)
    if 100 * (len(refused) + left_out) > MOST_REFUSED * (len(verdicts) + left_out) and not arguments.only:
        sys.exit(f"more than {MOST_REFUSED} % of the estimators are refused")


if __name__ == "__main__":
    main()
