"""Gradients that others derived by hand, from installed scientific packages: a table.

What is asked of them stands in tests/peers; what must be installed, in the dependency group there.
"""

import functools

import autograd
import autograd.numpy as anp
import autograd.scipy.special
import autograd.scipy.stats
import numpy as np
import scipy.optimize
import scipy.special
import statsmodels.api as sm
from scipy.interpolate import CubicSpline
from sklearn import _loss
from sklearn.gaussian_process import GaussianProcessRegressor, kernels
from sklearn.linear_model._huber import _huber_loss_and_gradient
from sklearn.linear_model._linear_loss import LinearModelLoss
from sklearn.neighbors import NeighborhoodComponentsAnalysis
from sklearn.neural_network import MLPClassifier, MLPRegressor
from statsmodels.discrete.conditional_models import ConditionalLogit

RNG = np.random.default_rng(7)
X = RNG.normal(size=(20, 4))
Y = RNG.integers(2, size=20)
PEERS = {}


def peer(name, forward, backward, *point):
    """Enter a function, its gradient and a point."""
    PEERS[name] = (forward, backward, point)


def loss(name, value_and_gradient, *point):
    """Enter a loss that returns its value and its gradient."""
    peer(
        name,
        lambda *p: value_and_gradient(*p)[0],
        lambda dL, *p: dL * value_and_gradient(*p)[1],
        *point,
    )


def elementwise(name, f, slope, *point):
    """Enter a function of one number and its derivative."""
    peer(name, f, lambda dO, *p: dO * slope(*p), *point)


# ------------------------------------------------------------------ SciPy

x = RNG.normal(size=6)
peer(
    "scipy.optimize.rosen_der",
    scipy.optimize.rosen,
    lambda dL, x: dL * scipy.optimize.rosen_der(x),
    x,
)
peer(
    "scipy.optimize.rosen_hess_prod, of the gradient",
    scipy.optimize.rosen_der,
    lambda dG, x: scipy.optimize.rosen_hess_prod(x, dG),
    x,
)
peer(
    "scipy.optimize.rosen_hess, of the gradient",
    scipy.optimize.rosen_der,
    lambda dG, x: scipy.optimize.rosen_hess(x) @ dG,
    x,
)
elementwise(
    "scipy.special.jvp",
    functools.partial(scipy.special.jv, 2),
    functools.partial(scipy.special.jvp, 2),
    np.abs(x) + 1,
)
elementwise(
    "scipy.special.kvp",
    functools.partial(scipy.special.kv, 1),
    functools.partial(scipy.special.kvp, 1),
    np.abs(x) + 1,
)
elementwise(
    "scipy.special.airy", lambda x: scipy.special.airy(x)[0], lambda x: scipy.special.airy(x)[1], x
)
elementwise(
    "scipy.special.spherical_jn",
    functools.partial(scipy.special.spherical_jn, 2),
    functools.partial(scipy.special.spherical_jn, 2, derivative=True),
    np.abs(x) + 1,
)
spline = CubicSpline(np.linspace(-4, 4, 9), np.sin(np.linspace(-4, 4, 9)))
elementwise("scipy.interpolate.CubicSpline.derivative", spline, spline.derivative(), x)

# ------------------------------------------------------------------ scikit-learn


def network(name, kind, activation, target):
    """Enter scikit-learn's backpropagation: the loss and its gradient by all weights and biases."""
    classes = {"classes": np.unique(target)} if kind is MLPClassifier else {}
    model = kind(
        hidden_layer_sizes=(5, 3), activation=activation, alpha=0.1, solver="sgd", random_state=0
    )
    model.partial_fit(X, target, **classes)
    depth = len(model.coefs_)
    y = model._label_binarizer.transform(target) if classes else target[:, None]  # noqa: SLF001  # peers

    def backprop(*weights):
        model.coefs_, model.intercepts_ = list(weights[:depth]), list(weights[depth:])
        activations = [X] + [np.empty((len(X), len(b))) for b in model.intercepts_]
        deltas = [np.empty_like(a) for a in activations[1:]]
        dW, db = ([np.empty_like(w) for w in ws] for ws in (model.coefs_, model.intercepts_))
        return model._backprop(X, y, None, activations, deltas, dW, db)  # noqa: SLF001  # as above

    def backward(dL, *weights):
        _, dW, db = backprop(*weights)
        return tuple(dL * g for g in (*dW, *db))

    peer(
        f"sklearn {name}, {activation}",
        lambda *weights: backprop(*weights)[0],
        backward,
        *model.coefs_,
        *model.intercepts_,
    )


for activation in ("identity", "logistic", "tanh", "relu"):
    network("MLPClassifier", MLPClassifier, activation, Y)
    network("MLPClassifier with three classes", MLPClassifier, activation, Y + (X[:, 0] > 0.5))
    network("MLPRegressor", MLPRegressor, activation, X[:, 0] * X[:, 1])

KERNELS = {
    "RBF": kernels.RBF([0.7, 1.1, 0.9, 1.4]),
    "Matern 1/2": kernels.Matern(0.8, nu=0.5),
    "Matern 3/2": kernels.Matern(0.8, nu=1.5),
    "Matern 5/2": kernels.Matern(0.8, nu=2.5),
    "RationalQuadratic": kernels.RationalQuadratic(0.9, 1.3),
    "ExpSineSquared": kernels.ExpSineSquared(1.1, 2.3),
    "DotProduct": kernels.DotProduct(0.6),
    "a sum of products": 1.7 * kernels.RBF(0.8)
    + kernels.DotProduct(0.5) ** 2
    + kernels.WhiteKernel(0.2),
}
for name, kernel in KERNELS.items():
    peer(
        f"sklearn kernel {name}",
        lambda theta, k=kernel: k.clone_with_theta(theta)(X),
        lambda dK, theta, k=kernel: np.einsum(
            "ij,ijt", dK, k.clone_with_theta(theta)(X, eval_gradient=True)[1]
        ),
        kernel.theta,
    )

process = GaussianProcessRegressor(
    1.3 * kernels.RBF(0.8) + kernels.WhiteKernel(0.3), optimizer=None
)
process.fit(X, np.sin(X[:, 0]))
loss(
    "sklearn GaussianProcessRegressor.log_marginal_likelihood",
    lambda theta: process.log_marginal_likelihood(theta, eval_gradient=True),
    process.kernel_.theta,
)
loss(
    "sklearn logistic regression",
    lambda w: LinearModelLoss(_loss.HalfBinomialLoss(), fit_intercept=True).loss_gradient(
        w, X, Y.astype(float), l2_reg_strength=0.3
    ),
    RNG.normal(size=5),
)
loss(
    "sklearn Poisson regression",
    lambda w: LinearModelLoss(_loss.HalfPoissonLoss(), fit_intercept=True).loss_gradient(
        w, X, Y + 1.0, l2_reg_strength=0.3
    ),
    RNG.normal(size=5) * 0.3,
)
loss(
    "sklearn HuberRegressor",
    lambda w: _huber_loss_and_gradient(
        w, X, X[:, 1] + Y, epsilon=1.35, alpha=0.2, sample_weight=np.ones(20)
    ),
    np.append(RNG.normal(size=5), 0.8),
)
analysis = NeighborhoodComponentsAnalysis(n_components=2)
analysis.n_iter_ = 1
loss(
    "sklearn NeighborhoodComponentsAnalysis",
    lambda A: analysis._loss_grad_lbfgs(A, X, Y[:, None] == Y[None, :], -1.0),  # noqa: SLF001
    RNG.normal(size=8),
)

# ------------------------------------------------------------------ statsmodels

C = sm.add_constant(X[:, :2])
counts = RNG.poisson(2, size=20)
groups = np.repeat(np.arange(4), 5)
both = np.tile([0, 1, 1, 0, 1], 4)
MODELS = {
    "Logit": (sm.Logit(Y, C), 3),
    "Probit": (sm.Probit(Y, C), 3),
    "Poisson": (sm.Poisson(counts, C), 3),
    "NegativeBinomial": (sm.NegativeBinomial(counts, C), 4),
    "GeneralizedPoisson": (sm.GeneralizedPoisson(counts, C), 4),
    "MNLogit": (sm.MNLogit(counts % 3, C), 6),
    "ConditionalLogit": (ConditionalLogit(both, X[:, :2], groups=groups), 2),
    "GLM, gamma": (sm.GLM(counts + 0.5, C, sm.families.Gamma(sm.families.links.Log())), 3),
}
for name, (model, size) in MODELS.items():
    point = np.append(RNG.normal(size=size - 1) * 0.3, 0.4)
    scale = {"scale": 1.0} if "GLM" in name else {}
    peer(
        f"statsmodels {name}.score",
        functools.partial(model.loglike, **scale),
        lambda dL, w, model=model, scale=scale: dL * np.ravel(model.score(w, **scale)),
        point,
    )

# ------------------------------------------------------------------ autograd


def spread(A):
    """Return a symmetric, positive definite matrix."""
    return A @ A.T + 3 * anp.eye(len(A))


Q = RNG.normal(size=(3, 3))
V, W = RNG.normal(size=(2, 5))
FUNCTIONS = {
    "arctan2": (anp.arctan2, V, W),
    "logaddexp": (anp.logaddexp, V, W),
    "sinc": (anp.sinc, V),
    "power": (anp.power, np.abs(V) + 0.3, W),
    "prod": (anp.prod, V),
    "var": (anp.var, V),
    "std": (anp.std, V),
    "sort": (anp.sort, V),
    "cumsum": (anp.cumsum, V),
    "kron": (anp.kron, Q, V[:2]),
    "tensordot": (lambda a, b: anp.tensordot(a, b, axes=1), Q, Q.T + 1),
    "einsum": (lambda a, b: anp.einsum("ij,kj->ik", a, b), Q, Q + 1),
    "linalg.inv": (anp.linalg.inv, Q),
    "linalg.det": (anp.linalg.det, Q),
    "linalg.slogdet": (lambda A: anp.linalg.slogdet(A)[1], Q),
    "linalg.solve": (anp.linalg.solve, Q, V[:3]),
    "linalg.norm": (anp.linalg.norm, V),
    "linalg.pinv": (anp.linalg.pinv, Q),
    "linalg.svd, singular values": (lambda A: anp.linalg.svd(A, compute_uv=False), Q),
    "linalg.eigh, eigenvalues": (lambda A: anp.linalg.eigh(spread(A))[0], Q),
    "linalg.cholesky": (lambda A: anp.linalg.cholesky(spread(A)), Q),
    "special.logsumexp": (autograd.scipy.special.logsumexp, V),
    "special.gammaln": (autograd.scipy.special.gammaln, np.abs(V) + 0.5),
    "special.erfinv": (autograd.scipy.special.erfinv, np.tanh(V)),
    "special.beta": (autograd.scipy.special.beta, np.abs(V) + 0.5, np.abs(W) + 0.5),
    "stats.norm.logpdf": (autograd.scipy.stats.norm.logpdf, V, W, np.abs(W) + 0.5),
    "stats.norm.logcdf": (autograd.scipy.stats.norm.logcdf, V),
    "stats.t.logpdf": (autograd.scipy.stats.t.logpdf, V, np.abs(W) + 2, W, np.abs(V) + 0.5),
    "stats.multivariate_normal.logpdf": (
        lambda x, m, A: autograd.scipy.stats.multivariate_normal.logpdf(x, m, spread(A)),
        V[:3],
        W[:3],
        Q,
    ),
}


def pull(f, dO, *point):
    """Pull a cotangent back by autograd's vjps."""
    vjp, _ = autograd.make_vjp(lambda p: f(*p))(point)
    gradients = tuple(np.asarray(g) for g in vjp(dO if np.ndim(dO) else float(dO)))
    return gradients if len(gradients) > 1 else gradients[0]


for name, (f, *point) in FUNCTIONS.items():
    peer(f"autograd {name}", f, functools.partial(pull, f), *point)
