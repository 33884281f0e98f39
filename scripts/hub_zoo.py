"""Candidates for scripts/hub_models.py: scikit-learn's estimators behind its preprocessing, on the data sets that ship with it.

A candidate is (estimator, preprocessing, data set). Each is fitted once, with one seed: another seed is no other model.
"""

import warnings

import numpy as np
from sklearn import (
    calibration, cluster, cross_decomposition, datasets, decomposition, discriminant_analysis, ensemble, feature_selection,
    gaussian_process, linear_model, mixture, multiclass, naive_bayes, neighbors, neural_network, preprocessing, random_projection, svm,
    tree,
)  # fmt: skip
from sklearn.pipeline import make_pipeline, make_union

warnings.filterwarnings("ignore")
SEED = {"random_state": 0}
# Rows to fit on: models that keep their training data stay small.
ROWS = 400
# Rows of the input that each model is asked about.
ASKED = 4


def scaled(array):
    """To [0, 1], as all estimators like it whatever comes in front of them; the preprocessing is learned on top of it."""
    low, high = array.min(axis=0), array.max(axis=0)
    return ((array - low) / np.where(high > low, high - low, 1)).astype(np.float32)


def shuffled(x, y):
    order = np.random.RandomState(0).permutation(len(x))[:ROWS]
    return scaled(x)[order], y[order]


def classes(load, target=None):
    x, y = load(return_X_y=True)
    return shuffled(x, (y if target is None else target(y)).astype(np.int64))


def column(load, index):
    """A column as what is to be found from the others."""
    x, _ = load(return_X_y=True)
    return shuffled(np.delete(x, index, axis=1), scaled(x)[:, index])


def numbers(load, index=None):
    x, y = load(return_X_y=True)
    return shuffled(x, scaled(y if index is None else y[:, index]))


CLASSES = {
    "iris": lambda: classes(datasets.load_iris),
    "wine": lambda: classes(datasets.load_wine),
    "breast-cancer": lambda: classes(datasets.load_breast_cancer),
    "digits": lambda: classes(datasets.load_digits),
    "digits/odd": lambda: classes(datasets.load_digits, lambda y: y % 2),
    "diabetes/high": lambda: classes(datasets.load_diabetes, lambda y: y > np.median(y)),
}
NUMBERS = {
    "diabetes": lambda: numbers(datasets.load_diabetes),
    "linnerud/waist": lambda: numbers(datasets.load_linnerud, 1),
    "iris/petal-width": lambda: column(datasets.load_iris, 3),
    "wine/alcohol": lambda: column(datasets.load_wine, 0),
    "breast-cancer/radius": lambda: column(datasets.load_breast_cancer, 0),
}

BEFORE = {
    "": lambda _: None,
    "standard-scaler": lambda _: preprocessing.StandardScaler(),
    "min-max-scaler": lambda _: preprocessing.MinMaxScaler((0, 2)),
    "robust-scaler": lambda _: preprocessing.RobustScaler(),
    "normalizer": lambda _: preprocessing.Normalizer(),
    "pca": lambda width: decomposition.PCA(max(1, width // 2), **SEED),
    "truncated-svd": lambda width: decomposition.TruncatedSVD(max(1, width // 2), **SEED),
    "polynomial": lambda width: preprocessing.PolynomialFeatures(2) if width <= 13 else None,
    "select-k-best": lambda width: feature_selection.SelectKBest(k=max(1, width // 2)),
    "random-projection": lambda width: random_projection.GaussianRandomProjection(max(2, width // 2), **SEED),
    "svd+scaler": lambda width: make_union(decomposition.TruncatedSVD(max(1, width // 3), **SEED), preprocessing.StandardScaler()),
}

RBF = gaussian_process.kernels.RBF
CLASSIFIERS = {
    "logistic-regression": lambda: linear_model.LogisticRegression(max_iter=300, **SEED),
    "logistic-regression-ovr": lambda: multiclass.OneVsRestClassifier(linear_model.LogisticRegression(solver="liblinear", penalty="l1", **SEED)),
    "sgd-hinge": lambda: linear_model.SGDClassifier(**SEED),
    "sgd-log": lambda: linear_model.SGDClassifier(loss="log_loss", **SEED),
    "perceptron": lambda: linear_model.Perceptron(**SEED),
    "ridge-classifier": lambda: linear_model.RidgeClassifier(**SEED),
    "linear-svc": lambda: svm.LinearSVC(**SEED),
    "lda": lambda: discriminant_analysis.LinearDiscriminantAnalysis(),
    "qda": lambda: discriminant_analysis.QuadraticDiscriminantAnalysis(reg_param=0.1),
    "gaussian-nb": lambda: naive_bayes.GaussianNB(),
    "bernoulli-nb": lambda: naive_bayes.BernoulliNB(binarize=0.4),
    "multinomial-nb": lambda: naive_bayes.MultinomialNB(),
    "complement-nb": lambda: naive_bayes.ComplementNB(),
    "categorical-nb": lambda: naive_bayes.CategoricalNB(min_categories=8),
    "k-neighbors": lambda: neighbors.KNeighborsClassifier(),
    "k-neighbors-manhattan": lambda: neighbors.KNeighborsClassifier(3, metric="manhattan"),
    "k-neighbors-distance": lambda: neighbors.KNeighborsClassifier(4, weights="distance"),
    "radius-neighbors": lambda: neighbors.RadiusNeighborsClassifier(8.0),
    "mlp-relu": lambda: neural_network.MLPClassifier((12,), max_iter=120, **SEED),
    "mlp-tanh": lambda: neural_network.MLPClassifier((8, 8), activation="tanh", max_iter=120, **SEED),
    "mlp-logistic": lambda: neural_network.MLPClassifier((10,), activation="logistic", max_iter=120, **SEED),
    "decision-tree": lambda: tree.DecisionTreeClassifier(**SEED),
    "extra-tree": lambda: tree.ExtraTreeClassifier(**SEED),
    "random-forest": lambda: ensemble.RandomForestClassifier(8, **SEED),
    "extra-trees": lambda: ensemble.ExtraTreesClassifier(8, **SEED),
    "ada-boost": lambda: ensemble.AdaBoostClassifier(n_estimators=5, **SEED),
    "gradient-boosting": lambda: ensemble.GradientBoostingClassifier(n_estimators=5, **SEED),
    "hist-gradient-boosting": lambda: ensemble.HistGradientBoostingClassifier(max_iter=5, **SEED),
    "bagging-trees": lambda: ensemble.BaggingClassifier(n_estimators=4, **SEED),
    "bagging-logistic": lambda: ensemble.BaggingClassifier(linear_model.LogisticRegression(), n_estimators=3, **SEED),
    "voting": lambda: ensemble.VotingClassifier([("a", linear_model.LogisticRegression()), ("b", naive_bayes.GaussianNB())], voting="soft", flatten_transform=False),
    "stacking": lambda: ensemble.StackingClassifier([("a", tree.DecisionTreeClassifier(max_depth=3, **SEED)), ("b", naive_bayes.GaussianNB())], cv=2),
    "one-vs-rest-trees": lambda: multiclass.OneVsRestClassifier(tree.DecisionTreeClassifier(**SEED)),
    "one-vs-one": lambda: multiclass.OneVsOneClassifier(linear_model.LogisticRegression()),
    "calibrated": lambda: calibration.CalibratedClassifierCV(linear_model.LogisticRegression(), cv=2),
    "svc": lambda: svm.SVC(**SEED),
    "gaussian-process": lambda: gaussian_process.GaussianProcessClassifier(n_restarts_optimizer=0, max_iter_predict=20, **SEED),
}
REGRESSORS = {
    "linear-regression": lambda: linear_model.LinearRegression(),
    "ridge": lambda: linear_model.Ridge(),
    "ridge-cv": lambda: linear_model.RidgeCV(),
    "lasso": lambda: linear_model.Lasso(0.01),
    "lasso-lars": lambda: linear_model.LassoLars(0.01),
    "elastic-net": lambda: linear_model.ElasticNet(0.01),
    "lars": lambda: linear_model.Lars(n_nonzero_coefs=3, **SEED),
    "omp": lambda: linear_model.OrthogonalMatchingPursuit(),
    "bayesian-ridge": lambda: linear_model.BayesianRidge(),
    "ard": lambda: linear_model.ARDRegression(),
    "huber": lambda: linear_model.HuberRegressor(),
    "theil-sen": lambda: linear_model.TheilSenRegressor(max_subpopulation=200, **SEED),
    "ransac": lambda: linear_model.RANSACRegressor(**SEED),
    "sgd": lambda: linear_model.SGDRegressor(**SEED),
    "poisson": lambda: linear_model.PoissonRegressor(),
    "tweedie": lambda: linear_model.TweedieRegressor(power=0),
    "quantile": lambda: linear_model.QuantileRegressor(alpha=0.01),
    "linear-svr": lambda: svm.LinearSVR(**SEED),
    "svr": lambda: svm.SVR(),
    "mlp-relu": lambda: neural_network.MLPRegressor(hidden_layer_sizes=(12,), max_iter=120, **SEED),
    "mlp-tanh": lambda: neural_network.MLPRegressor(hidden_layer_sizes=(8, 8), activation="tanh", max_iter=120, **SEED),
    "mlp-logistic": lambda: neural_network.MLPRegressor(hidden_layer_sizes=(10,), activation="logistic", max_iter=120, **SEED),
    "k-neighbors": lambda: neighbors.KNeighborsRegressor(),
    "k-neighbors-manhattan": lambda: neighbors.KNeighborsRegressor(3, metric="manhattan"),
    "k-neighbors-distance": lambda: neighbors.KNeighborsRegressor(4, weights="distance"),
    "radius-neighbors": lambda: neighbors.RadiusNeighborsRegressor(8.0),
    "gaussian-process": lambda: gaussian_process.GaussianProcessRegressor(RBF(1.0, "fixed"), alpha=0.1),
    "gaussian-process-dot": lambda: gaussian_process.GaussianProcessRegressor(gaussian_process.kernels.DotProduct(), alpha=0.1, optimizer=None),
    "pls": lambda: cross_decomposition.PLSRegression(1),
    "decision-tree": lambda: tree.DecisionTreeRegressor(**SEED),
    "random-forest": lambda: ensemble.RandomForestRegressor(8, **SEED),
    "bagging-ridge": lambda: ensemble.BaggingRegressor(linear_model.Ridge(), n_estimators=3, **SEED),
    "voting": lambda: ensemble.VotingRegressor([("a", linear_model.Ridge()), ("b", linear_model.LinearRegression())]),
    "stacking": lambda: ensemble.StackingRegressor([("a", linear_model.Ridge()), ("b", linear_model.Lasso(0.01))], cv=2),
}
CLUSTERS = {
    "k-means": lambda: cluster.KMeans(4, n_init=1, **SEED),
    "mini-batch-k-means": lambda: cluster.MiniBatchKMeans(4, n_init=1, **SEED),
    "gaussian-mixture": lambda: mixture.GaussianMixture(3, reg_covar=1e-2, **SEED),
    "gaussian-mixture-diag": lambda: mixture.GaussianMixture(3, covariance_type="diag", reg_covar=1e-2, **SEED),
    "bayesian-mixture": lambda: mixture.BayesianGaussianMixture(n_components=3, reg_covar=1e-2, **SEED),
}

KINDS = [("classifier", CLASSIFIERS, CLASSES), ("regressor", REGRESSORS, NUMBERS), ("cluster", CLUSTERS, CLASSES)]


def candidates():
    """All of them, as (kind, estimator, preprocessing, data set)."""
    for kind, estimators, data in KINDS:
        for estimator in estimators:
            for before in BEFORE:
                yield from ((kind, estimator, before, name) for name in data)


def build(kind, estimator, before, data):
    """The ONNX file of a candidate, and the rows to ask it about; None if there is no such thing."""
    from skl2onnx import to_onnx
    from skl2onnx.common.data_types import FloatTensorType

    _, estimators, sets = next(entry for entry in KINDS if entry[0] == kind)
    x, y = sets[data]()
    first = BEFORE[before](x.shape[1])
    if before and first is None:
        return None
    model = estimators[estimator]()
    if first is not None:
        model = make_pipeline(first, model)
    model.fit(x, y)
    given = x[:ASKED]
    # The scaler of ONNX-ML is not among tract's operators; skl2onnx has another way to say it.
    opset = {"": 17, "ai.onnx.ml": 3}
    # Linear support vectors have no probabilities, and no such option.
    options = {id(model): {"zipmap": False}} if kind == "classifier" and estimator != "linear-svc" else None
    inputs = [("X", FloatTensorType([None, x.shape[1]]))]
    onnx = to_onnx(model, initial_types=inputs, options=options, target_opset=opset, black_op={"Scaler"})
    return onnx.SerializeToString(), given
