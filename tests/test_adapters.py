"""Each convention as its users write it: right code is correct, and their mistakes are found."""

import copy
import inspect
import math
import sys

import numpy as np
import pytest
import scipy.optimize
import scipy.sparse
from scipy.sparse.linalg import aslinearoperator

import mlp
from mlp import adapters
from mlp.op import place_of

rng = np.random.default_rng(0)
x, w, b = rng.normal(size=(3, 2, 2)), rng.normal(size=(4, 5)), rng.normal(size=5)


def verdict_and_kinds(report):
    return report.verdict, [finding.kind for finding in report.findings]


# CS231n: out, cache = forward(x, w, b)


def affine_forward(x, w, b):
    out = x.reshape(x.shape[0], -1).dot(w) + b
    return out, (x, w, b)


def affine_backward(dout, cache):
    x, w, _ = cache
    dx = dout.dot(w.T).reshape(x.shape)
    dw = x.reshape(x.shape[0], -1).T.dot(dout)
    return dx, dw, np.sum(dout, axis=0)


def batchnorm_forward(x, gamma, beta, bn_param):
    eps, momentum = bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    mean, var = x.mean(axis=0), x.var(axis=0)
    running = bn_param.get("running_mean", np.zeros(x.shape[1], dtype=x.dtype))
    bn_param["running_mean"] = momentum * running + (1 - momentum) * mean
    x_hat = (x - mean) / np.sqrt(var + eps)
    return gamma * x_hat + beta, (x_hat, gamma, var, eps)


def batchnorm_backward(dout, cache):
    x_hat, gamma, var, eps = cache
    d = dout * gamma
    dx = (d - d.mean(axis=0) - x_hat * (d * x_hat).mean(axis=0)) / np.sqrt(var + eps)
    return dx, (dout * x_hat).sum(axis=0), dout.sum(axis=0)


def dropout_forward(x, dropout_param):
    if "seed" in dropout_param:
        np.random.seed(dropout_param["seed"])  # noqa: NPY002  # as the course writes it
    p = dropout_param["p"]
    mask = (np.random.rand(*x.shape) < p) / p  # noqa: NPY002  # likewise
    return x * mask, (dropout_param, mask)


def dropout_backward(dout, cache):
    return dout * cache[1]


def cell_forward(x, c):
    return np.tanh(x) * c, x + c, (x, c)


def cell_backward(dh, dc, cache):
    x, c = cache
    return dh * c * (1 - np.tanh(x) ** 2) + dc, dh * np.tanh(x) + dc


def test_a_layer_of_cs231n_is_verified_in_one_line():
    report = adapters.cs231n(affine_forward, affine_backward).verify(x, w, b)
    assert [argument.name for argument in report.arguments] == ["x", "w", "b"]
    assert report.subject == "affine_backward as the gradient of affine_forward"
    assert report.reproduce.startswith(
        "mlp.adapters.cs231n(affine_forward, affine_backward).check("
    )


def test_a_question_is_what_check_takes():
    assert mlp.check(*adapters.cs231n(affine_forward, affine_backward).at(x, w, b))


def test_what_is_off_by_design_is_accepted_by_argument():
    def nearly(dout, cache):
        dx, dw, db = affine_backward(dout, cache)
        return dx, dw * (1 + 1e-4), db

    layer = adapters.cs231n(affine_forward, nearly)
    assert layer.check(x, w, b).verdict == "wrong"
    report = layer.verify(x, w, b, accept={"w": 1e-3})
    assert report.accept == {"w": 1e-3}
    assert "accept={'w': 0.001}" in report.reproduce
    assert layer.check(x, w, b, accept={"w": 1e-6, "x": 0.01}).verdict == "wrong"


def test_annotations_point_at_what_the_user_wrote():
    question = adapters.cs231n(affine_forward, affine_backward).at(x, w, b)
    assert place_of(question.backward) == place_of(affine_backward)
    assert [*inspect.signature(question.backward).parameters] == ["dout", "x", "w", "b"]


def test_a_part_of_the_gradients_can_be_asked_for():
    layer = adapters.cs231n(affine_forward, affine_backward)
    assert [a.name for a in layer.verify(x, w, b, wrt=("b", 0)).arguments] == ["b", "x"]
    with pytest.raises(ValueError, match=r"wrt must name arguments \(x, w, b\), not 'v'"):
        layer.check(x, w, b, wrt="v")


def test_options_in_a_dict_are_constants_and_stay_as_they_are():
    bn_param = {"mode": "train", "eps": 1e-5, "running_mean": np.ones(3)}
    given = copy.deepcopy(bn_param)
    report = adapters.cs231n(batchnorm_forward, batchnorm_backward).verify(
        rng.normal(size=(5, 3)), rng.normal(size=3), rng.normal(size=3), bn_param
    )
    assert [argument.name for argument in report.arguments] == ["x", "gamma", "beta"]
    assert bn_param.keys() == given.keys()
    assert (bn_param["running_mean"] == 1).all()


@pytest.mark.parametrize("dropout_param", [{"p": 0.5}, {"p": 0.5, "seed": 3}])
def test_dropout_drops_the_same_units_and_leaves_the_random_state_alone(dropout_param):
    before = np.random.get_state()  # noqa: NPY002  # likewise
    layer = adapters.cs231n(dropout_forward, dropout_backward)
    (argument,) = layer.verify(np.ones((4, 5)), dropout_param).arguments
    after = np.random.get_state()  # noqa: NPY002  # likewise
    assert 0 < argument.dead < 20
    assert (before[1] == after[1]).all()
    assert before[2] == after[2]


def test_a_layer_may_have_several_outputs():
    assert adapters.cs231n(cell_forward, cell_backward).verify(b, b + 1)


def test_a_network_without_floats_in_a_constant_needs_no_wrt():
    def embedding_forward(x, W):
        return W[x], (x, W)

    def embedding_backward(dout, cache):
        x, W = cache
        dW = np.zeros_like(W)
        np.add.at(dW, x, dout)
        return dW

    layer = adapters.cs231n(embedding_forward, embedding_backward)
    assert layer.verify(np.array([[0, 2], [2, 1]]), w)


def sigmoid_forward(x):
    out = 1 / (1 + np.exp(-x))
    return out, out.copy()


def spoils_its_cache(dout, cache):
    cache *= 1 - cache
    return dout * cache


def writes_into_x(dout, cache):
    x, _, _ = cache
    gradients = affine_backward(dout, cache)
    x[0] = 0
    return gradients


def writes_into_dout(dout, cache):
    dout[dout < -5] = 0
    return affine_backward(dout, cache)


MISTAKES = {
    "not summed": (lambda dout, c: (*affine_backward(dout, c)[:2], dout), "not summed over the"),
    "forgotten": (lambda dout, c: affine_backward(dout, c)[:2], "returned 2 gradients for 3"),
    "sign": (lambda dout, c: (*affine_backward(dout, c)[:2], -dout.sum(axis=0)), "numeric"),
    "writes into x": (writes_into_x, "writes into x; let it work on a copy"),
    "writes into dout": (writes_into_dout, "writes into its cotangent; let it work on a copy"),
    "no cotangent": (lambda dout, c: affine_backward(np.ones_like(dout), c), "is ignored"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_wrong_layer_is_found_and_its_mistake_named(mistake):
    wrong, said = MISTAKES[mistake]
    report = adapters.cs231n(affine_forward, wrong).check(x, w, b)
    assert report.verdict == "wrong"
    assert said in str(report)
    with pytest.raises(mlp.GradientError, match="WRONG: "):
        adapters.cs231n(affine_forward, wrong).verify(x, w, b)


def test_a_backward_that_spoils_its_cache_is_found():
    report = adapters.cs231n(sigmoid_forward, spoils_its_cache).check(w)
    assert verdict_and_kinds(report) == ("wrong", ["mutation", "mismatch"])
    assert report.findings[0].message.startswith("spoils_its_cache writes into its cache: ")


def test_a_forward_without_a_cache_is_told_so():
    report = adapters.cs231n(lambda x: 2 * x, lambda dout, _: 2 * dout).check(w)
    assert report.verdict == "inconclusive"
    assert "lambda must return (out, cache), but returned ndarray" in str(report)


# float32 is computed in float64 where the code does the same there


def test_float32_is_computed_in_float64_and_the_report_says_so():
    single = [a.astype(np.float32) for a in (x, w, b)]
    report = adapters.cs231n(affine_forward, affine_backward).verify(*single)
    assert verdict_and_kinds(report) == ("correct", ["dtype"])
    assert report.findings[0].message.startswith("float32 computed in float64, where it gives")
    assert max(argument.error_bar for argument in report.arguments) < 1e-11
    stays = adapters.cs231n(affine_forward, affine_backward, double=False).verify(*single)
    assert stays.findings == ()
    assert max(argument.error_bar for argument in stays.arguments) > 1e-6


def test_code_that_is_other_code_in_float64_stays_in_float32():
    def forward(x):
        return x**2 if x.dtype == np.float32 else x**3, x

    def backward(dout, cache):
        return 2 * dout * cache if cache.dtype == np.float32 else 5 * dout

    (note,) = adapters.cs231n(forward, backward).verify(w.astype(np.float32)).findings
    assert "computed in float32: in float64 this code gives other numbers" in note.message


def test_a_mistake_in_float32_alone_is_found():
    def backward(dout, cache):
        return dout * np.cos(cache) * (3 if cache.dtype == np.float32 else 1)

    sine = adapters.cs231n(lambda x: (np.sin(x), x), backward)
    assert sine.verify(w)
    assert sine.check(w.astype(np.float32)).verdict == "wrong"


def test_code_that_insists_on_float32_stays_there():
    def forward(x):
        if x.dtype != np.float32:
            raise TypeError("expected float32")
        return x**2, x

    square = adapters.cs231n(forward, lambda dout, x: 2 * dout * x)
    (note,) = square.verify(w.astype(np.float32)).findings
    assert note.message == "computed in float32: in float64 it raises TypeError: expected float32"
    assert square.check(w).findings[0].kind == "raised"


def in_a_buffer_of_float32(dout, x):
    dx = np.zeros(x.shape, np.float32)
    dx += dout * np.cos(x)
    return dx


def by_a_factor_of_float32(dout, x):
    return dout * np.cos(x.astype(np.float32)).astype(x.dtype)


@pytest.mark.parametrize("backward", [in_a_buffer_of_float32, by_a_factor_of_float32])
def test_code_that_goes_through_float32_is_judged_as_float32(backward):
    sine = adapters.cs231n(lambda x: (np.sin(x), x), backward)
    single = w.astype(np.float32)
    (note,) = sine.verify(single).findings  # the rounding of its own operations may explain it
    assert note.message.startswith(("computed in float32: in float64 ", "float32 computed in"))


SMALL = {
    "in one entry": lambda dx: dx + 1e-6 * dx * (np.arange(dx.size).reshape(dx.shape) == 7),
    "in a row": lambda dx: dx + 1e-6 * dx * (np.arange(len(dx)) == 2)[:, None],
    "by a factor": lambda dx: dx * (1 + 1e-6),
    "everywhere": lambda dx: dx + 1e-5 * np.cos(99 * dx),
}


@pytest.mark.parametrize("fault", SMALL)
def test_a_small_fault_that_is_no_rounding_is_found_in_float32(fault):
    sine = adapters.cs231n(lambda x: (np.sin(x), x), lambda d, x: SMALL[fault](d * np.cos(x)))
    assert sine.check(w.astype(np.float32)).verdict == "wrong"


# a function beside its gradient


def svm_loss(W, X, y, reg):
    scores = X.dot(W)
    margins = np.maximum(0, scores - scores[np.arange(len(y)), y][:, None] + 1)
    margins[np.arange(len(y)), y] = 0
    d = (margins > 0).astype(float)
    d[np.arange(len(y)), y] -= d.sum(axis=1)
    return margins.sum() / len(y) + reg * np.sum(W * W), X.T.dot(d) / len(y) + 2 * reg * W


DATA = rng.normal(size=(6, 4)), np.array([0, 1, 2, 4, 3, 0]), 0.1


def test_a_loss_that_returns_its_gradient_is_verified():
    report = adapters.gradient(svm_loss, df=True).verify(w, *DATA, wrt="W")
    assert report.subject == "svm_loss[1] as the gradient of svm_loss"


def test_a_loss_with_several_arrays_says_that_wrt_is_wanted():
    report = adapters.gradient(svm_loss, df=True).check(w, *DATA)
    assert report.verdict == "wrong"
    assert "1 gradient for 2 differentiated arguments (W, X)" in report.findings[0].message


@pytest.mark.parametrize(
    ("f", "df", "point"),
    [
        (np.tanh, lambda x: 1 - np.tanh(x) ** 2, w),  # elementwise
        (math.sin, math.cos, 0.5),
        (lambda w: (w**2).sum(), lambda w: 2 * w, w),
        (lambda w: w @ np.ones(5), lambda _: np.kron(np.eye(4), np.ones(5)).reshape(4, 4, 5), w),
        (lambda t: np.array([np.sin(t), t**2]), lambda t: np.array([np.cos(t), 2 * t]), 0.5),
    ],
)
def test_a_derivative_may_be_a_gradient_elementwise_or_a_jacobian(f, df, point):
    assert adapters.gradient(f, df).verify(point)
    assert adapters.gradient(f, lambda x: 1.001 * df(x)).check(point).verdict == "wrong"


def squares(P):
    return P**2


def rows_of_squares(P):
    return np.stack([np.diag(2 * p) for p in P])


def turned(P):
    return np.stack([[p[1:] * p[0], p[:-1]] for p in P])


def test_a_jacobian_may_be_given_row_by_row():
    P = np.arange(1.0, 13.0).reshape(4, 3)
    assert adapters.gradient(squares, rows_of_squares).verify(P)
    wrong = adapters.gradient(squares, lambda P: 1.001 * rows_of_squares(P))
    assert wrong.check(P).verdict == "wrong"
    narrow = adapters.gradient(lambda P: P[:, :2] * P[:, 1:], turned)
    assert narrow.check(P).verdict == "wrong"


def test_what_stands_beside_a_loss_is_left_alone():
    def loss(w):
        return (w**2).sum(), {"norm": np.linalg.norm(w)}

    def both(w):
        return loss(w), 2 * w

    for pair in ((both, True), (loss, lambda w: 2 * w), (loss, lambda w: (2 * w, "text"))):
        assert adapters.gradient(*pair).verify(b)
    assert adapters.gradient(loss, lambda w: (3 * w, None)).check(b).verdict == "wrong"


def test_a_gradient_may_be_a_tuple_with_constants():
    pair = adapters.gradient(lambda a, b: a @ b, lambda _, b: (b, None))
    assert pair.verify(b, b + 1, wrt="a")
    assert "a constant? say wrt='a'" in str(pair.check(b, b + 1))


def test_a_gradient_may_have_the_structure_of_its_argument():
    def loss(model, X):
        return ((X @ model["W"] + model["b"]) ** 2).sum()

    def slope(model, X):
        R = 2 * (X @ model["W"] + model["b"])
        return {"W": X.T @ R, "b": R.sum(axis=0)}

    model, X = {"W": np.ones((3, 2)), "b": np.array([0.5, 2.0])}, np.arange(12.0).reshape(4, 3)
    pair = adapters.gradient(loss, slope)
    assert [row.name for row in pair.verify(model, X, wrt="model").arguments] == [
        "model['W']",
        "model['b']",
    ]
    wrong = adapters.gradient(loss, lambda model, X: slope(model, X) | {"b": np.ones(2)})
    assert wrong.check(model, X, wrt=0).findings[0].argument == "model['b']"
    (said,) = adapters.gradient(loss, lambda *_: model["W"]).check(model, X, wrt=0).findings
    assert (
        said.message == "the gradient of model must have its structure, but there is none for "
        "model['W']"
    )


# SciPy


def fun_with_jac(x, a):
    return np.sum((a - x) ** 2 + np.cos(x)), -2 * (a - x) - np.sin(x)


SCIPY = {
    "fun and jac": (scipy.optimize.rosen, scipy.optimize.rosen_der),
    "hess": (scipy.optimize.rosen_der, scipy.optimize.rosen_hess),
    "jac=True": (lambda x: fun_with_jac(x, 3.0), True),
    "sparse": (np.sqrt, lambda x: scipy.sparse.diags_array(0.5 / np.sqrt(x))),
    "operator": (np.sqrt, lambda x: aslinearoperator(np.diag(0.5 / np.sqrt(x)))),
}


@pytest.mark.parametrize("form", SCIPY)
def test_what_scipy_minimises_or_solves_is_verified(form):
    fun, jac = SCIPY[form]
    assert adapters.scipy(fun, jac).verify([1.3, 0.7, 0.8, 1.9])


@pytest.mark.parametrize("args", [(np.array([1.0, 2.0]),), np.array([1.0, 2.0])])
def test_arguments_of_scipy_are_constants(args):
    report = adapters.scipy(fun_with_jac, True, args).verify([1, 2])  # noqa: FBT003  # as in SciPy
    assert [argument.name for argument in report.arguments] == ["x"]
    said = "mlp.adapters.scipy(fun_with_jac, True, (np.array([1.0, 2.0]),)).check("
    assert report.reproduce.startswith(said)


@pytest.mark.parametrize("bounds", [scipy.optimize.Bounds([0, 0], np.inf), [(0, None), (0, 5)]])
def test_bounds_of_scipy_are_kept(bounds):
    def fun(x):
        assert (x >= 0).all()
        return np.sum(x**1.5)

    assert adapters.scipy(fun, lambda x: 1.5 * np.sqrt(x), bounds=bounds).verify([1e-3, 2])


def test_a_wrong_jac_of_scipy_is_found():
    wrong = adapters.scipy(scipy.optimize.rosen, lambda x: -scipy.optimize.rosen_der(x))
    report = wrong.check([1.3, 0.7, 0.8])
    assert report.findings[0].diagnosis == "sign"
    turned = adapters.scipy(lambda x: x[:2] * x[1:], lambda x: np.array([x[1:], x[:2]]))
    assert turned.check([1.3, 0.7, 0.8]).verdict == "wrong"


def test_what_scipy_would_estimate_itself_is_refused():
    with pytest.raises(TypeError, match="jac must be a function or True, but is '2-point'"):
        adapters.scipy(scipy.optimize.rosen, "2-point")
    with pytest.raises(TypeError, match="give x alone to check"):
        adapters.scipy(scipy.optimize.rosen, scipy.optimize.rosen_der).check(b, b)


# estimators


class TwoLayerNet:
    """As in the assignments of CS231n; decay=0 forgets the gradient of the penalty."""

    def __init__(self, decay=1.0):
        self.params = {"W1": w.copy(), "b1": b.copy(), "W2": rng.normal(size=(5, 3))}
        self.reg, self.decay, self.steps = 0.3, decay, 0

    def loss(self, X, y):
        self.steps += 1
        W1, b1, W2 = self.params["W1"], self.params["b1"], self.params["W2"]
        hidden = np.maximum(0, X @ W1 + b1)
        P = np.exp(hidden @ W2)
        P /= P.sum(axis=1, keepdims=True)
        L = -np.log(P[np.arange(len(y)), y]).mean() + 0.5 * self.reg * ((W1**2).sum())
        P[np.arange(len(y)), y] -= 1
        dH = (P @ W2.T) * (hidden > 0) / len(y)
        return L, {
            "W1": X.T @ dH + self.decay * self.reg * W1,
            "b1": dH.sum(axis=0),
            "W2": hidden.T @ P / len(y),
        }


X, y = rng.normal(size=(6, 4)), np.array([0, 1, 2, 2, 1, 0])


def test_a_model_with_params_and_loss_is_verified_and_left_alone():
    model = TwoLayerNet()
    params = copy.deepcopy(model.params)
    report = adapters.estimator(model).verify(X, y)
    assert [a.name for a in report.arguments] == ["params['W1']", "params['b1']", "params['W2']"]
    assert report.subject == "TwoLayerNet.gradient as the gradient of TwoLayerNet.loss"
    assert model.steps == 0
    assert all((model.params[name] == params[name]).all() for name in params)


def test_a_model_that_forgets_its_penalty_is_told_so():
    report = adapters.estimator(TwoLayerNet(decay=0)).check(X, y)
    assert report.findings[0].argument == "params['W1']"
    assert "weight decay" in report.findings[0].message


class Ridge:
    def loss_gradient(self, coef, X, y, strength=0.0):
        r = X @ coef - y
        return r @ r + strength * coef @ coef, 2 * X.T @ r + 2 * strength * coef


class RidgeInTwo:
    def loss(self, coef, X, y):
        return Ridge().loss_gradient(coef, X, y)[0]

    def gradient(self, coef, X, y):
        return Ridge().loss_gradient(coef, X, y)[1]


def test_a_loss_and_its_gradient_are_verified_together_or_apart():
    together = adapters.estimator(Ridge(), strength=0.5).verify(b[:4], X, y)
    assert together.subject == "Ridge.loss_gradient[1] as the gradient of Ridge.loss_gradient"
    assert [argument.name for argument in together.arguments] == ["coef"]
    assert adapters.estimator(RidgeInTwo()).verify(b[:4], X, y)


def test_an_object_that_exposes_nothing_is_refused():
    with pytest.raises(TypeError, match="estimator: int must have loss_gradient"):
        adapters.estimator(3)


# what is not there


@pytest.mark.parametrize("package", ["torch", "jax", "autograd"])
def test_a_framework_that_is_missing_is_named_in_one_line(package, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ModuleNotFoundError) as refusal:
        getattr(adapters, package)(np.sin)
    assert str(refusal.value) == (
        f"mlp.adapters.{package} needs the package {package}, which is not installed: "
        f"pip install {package}"
    )


def test_a_point_is_asked_for():
    with pytest.raises(TypeError, match=r"no point was given; call \.check\(\*point\)"):
        adapters.gradient(np.sin, np.cos).check()


@pytest.mark.parametrize(
    ("forward", "gradient", "said"),
    [
        (np.sin, np.cos, None),
        (np.sin, lambda x: np.cos(x, dtype=float), "gradient is float64, the argument float32"),
        (lambda x: np.sin(x) * np.float64(1), np.cos, "returns float64, its arguments are float32"),
    ],
)  # fmt: skip
def test_dtypes_are_held_to_those_of_the_arguments(forward, gradient, said):
    x = np.array([0.3, -1.2, 2.0], np.float32)
    adapter = adapters.gradient(forward, gradient)
    assert adapter.check(x)
    report = adapter.check(x, dtypes=True)
    assert report.verdict == ("correct" if said is None else "wrong")
    assert said is None or said in str(report)
    assert "dtypes=True" in report.reproduce
    assert adapter.check(x.astype(float), dtypes=True)


def recurrent_forward(xt, a_prev, parameters):
    a = np.tanh(parameters["Waa"] @ a_prev + parameters["Wax"] @ xt + parameters["ba"])
    return a, (a, a_prev, xt, parameters)


def recurrent_backward(da, cache, factor=1.0):
    a, a_prev, xt, parameters = cache
    dz = da * (1 - a**2)
    return {
        "dxt": parameters["Wax"].T @ dz,
        "da_prev": parameters["Waa"].T @ dz,
        "dWax": factor * dz @ xt.T,
        "dWaa": dz @ a_prev.T,
        "dba": dz.sum(1, keepdims=True),
    }


def test_gradients_of_parameters_in_a_dict_come_by_their_names():
    rng = np.random.default_rng(0)
    shapes = {"Waa": (4, 4), "Wax": (4, 3), "ba": (4, 1)}
    point = rng.normal(size=(3, 2)), rng.normal(size=(4, 2))
    parameters = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    report = mlp.adapters.cs231n(recurrent_forward, recurrent_backward).check(*point, parameters)
    assert {row.name: row.verdict for row in report.arguments} == dict.fromkeys(
        ["xt", "a_prev", *(f"parameters[{name!r}]" for name in parameters)], "correct"
    )
    half = lambda da, cache: recurrent_backward(da, cache, 0.5)  # noqa: E731  # as people write it
    halved = mlp.adapters.cs231n(recurrent_forward, half)
    wrong = [row for row in halved.check(*point, parameters).arguments if row.verdict == "wrong"]
    assert [row.name for row in wrong] == ["parameters['Wax']"]
