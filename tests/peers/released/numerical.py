"""Gradients that NumPy packages hold, asked for as the package has them."""

import numpy as np
from peers.released.cases import case, table

import mlp

RNG = np.random.default_rng(0)
X = RNG.normal(size=(12, 3))
R = RNG.normal(size=12)
POSITIVE = RNG.uniform(0.5, 2, size=12)
COUNTS = np.array([0, 2, 1, 0, 3, 1, 0, 4, 2, 0, 1, 5])
POINT = RNG.uniform(0.1, 0.9, size=7)


def slope(f, df, x, **options):
    """Ask whether df is the gradient, or the Jacobian, of f."""
    return mlp.adapters.gradient(f, df).check(x, **options)


def entrywise(f, df, x):
    """Ask whether df is the derivative of f, a function of each entry."""
    return mlp.check(f, lambda d, x: d * df(x), x)


# scikit-learn


def sklearn_loss(name, y, options):
    from sklearn import _loss

    loss = getattr(_loss.loss, name)(**options)

    def forward(raw):
        return loss.loss(y_true=y, raw_prediction=raw)

    def backward(d, raw):
        gradient = loss.gradient(y_true=y, raw_prediction=raw)
        return d.reshape(d.shape + (1,) * (gradient.ndim - 1)) * gradient

    return mlp.check(forward, backward, X.copy() if name == "HalfMultinomialLoss" else R)


LOSSES = {
    "HalfSquaredError": POSITIVE,
    "HalfGammaLoss": POSITIVE,
    "HalfPoissonLoss": POSITIVE,
    "HalfMultinomialLoss": np.arange(12) % 3 * 1.0,
    "AbsoluteError": POSITIVE,
    "ExponentialLoss": np.arange(12) % 2 * 1.0,
}
table("scikit-learn", {name: (name, y, {}) for name, y in LOSSES.items()}, sklearn_loss)
OPTIONS = {
    "HalfTweedieLoss": {"power": 1.5},
    "PinballLoss": {"quantile": 0.3},
    "HuberLoss": {"delta": 0.8},
}
LOSSES = {name: (name, POSITIVE, options) for name, options in OPTIONS.items()}
table("scikit-learn", LOSSES, sklearn_loss)


def sklearn_kernel(name, options):
    from sklearn.gaussian_process import kernels

    kernel = getattr(kernels, name)(**options)

    def gram(theta):
        return kernel.clone_with_theta(theta)(X, eval_gradient=True)

    return mlp.adapters.gradient(gram, df=True).check(kernel.theta)


KERNELS = {
    "Matern 1.5": ("Matern", {"length_scale": 0.8, "nu": 1.5}),
    "Matern 2.5": ("Matern", {"length_scale": [0.8, 1.2, 0.7], "nu": 2.5}),
    "RationalQuadratic": ("RationalQuadratic", {"length_scale": 0.8, "alpha": 1.7}),
    "ExpSineSquared": ("ExpSineSquared", {"length_scale": 0.8, "periodicity": 2.3}),
    "DotProduct": ("DotProduct", {"sigma_0": 0.6}),
}
table("scikit-learn", KERNELS, sklearn_kernel)


@case("scikit-learn")
def huber_regression():
    from sklearn.linear_model._huber import _huber_loss_and_gradient

    def loss(w):
        return _huber_loss_and_gradient(w, X, R, 1.35, 0.1, np.ones(12))

    return mlp.adapters.scipy(loss, jac=True).check(np.array([0.2, -0.1, 0.4, 0.3, 0.9]))


@case("scikit-learn")
def t_sne():
    from sklearn.manifold._t_sne import _kl_divergence

    P = RNG.uniform(size=15)
    P /= 2 * P.sum()
    return mlp.adapters.scipy(lambda y: _kl_divergence(y, P, 1, 6, 2), jac=True).check(
        RNG.normal(size=12)
    )


# statsmodels


def score(name, y, size, options):
    import statsmodels.api as sm

    model = getattr(sm, name)(y, X, **options)
    return slope(model.loglike, model.score, RNG.uniform(0.1, 0.4, size=size))


MODELS = {
    "Logit": ("Logit", COUNTS > 1, 3, {}),
    "Probit": ("Probit", COUNTS > 1, 3, {}),
    "Poisson": ("Poisson", COUNTS, 3, {}),
    "MNLogit": ("MNLogit", np.arange(12) % 3, 6, {}),
    "NegativeBinomial": ("NegativeBinomial", COUNTS, 4, {}),
    "NegativeBinomialP": ("NegativeBinomialP", COUNTS, 4, {}),
    "GeneralizedPoisson": ("GeneralizedPoisson", COUNTS, 4, {}),
    "ZeroInflatedPoisson": ("ZeroInflatedPoisson", COUNTS, 4, {}),
    "PHReg": ("PHReg", POSITIVE, 3, {}),
    "PHReg efron": ("PHReg", np.round(POSITIVE, 1), 3, {"ties": "efron"}),
}
table("statsmodels", MODELS, score)


def hessian(name, y):
    import statsmodels.api as sm

    model = getattr(sm, name)(y, X)
    return slope(model.score, model.hessian, np.array([0.2, -0.3, 0.4]))


HESSIANS = {"Probit, Hessian": ("Probit", COUNTS > 1), "PHReg, Hessian": ("PHReg", POSITIVE)}
table("statsmodels", HESSIANS, hessian)


def link(name, f, df):
    from statsmodels.genmod.families import links

    made = getattr(links, name)()
    return entrywise(getattr(made, f), getattr(made, df), POINT)


LINKS = {
    f"{name}.{df}": (name, f, df)
    for name in (
        "Logit",
        "Probit",
        "Cauchy",
        "CLogLog",
        "LogLog",
        "NegativeBinomial",
        "InverseSquared",
    )
    for f, df in (("__call__", "deriv"), ("deriv", "deriv2"), ("inverse", "inverse_deriv"))
}
table("statsmodels", LINKS, link)


def norm(name):
    from statsmodels.robust import norms

    made = getattr(norms, name)()
    return entrywise(made.rho, made.psi, 2 * R)


NORMS = ("HuberT", "RamsayE", "AndrewWave", "TrimmedMean", "Hampel", "TukeyBiweight")
table("statsmodels", {name: (name,) for name in NORMS}, norm)


# SciPy, cma, POT, mord


@case("scipy")
def rosen_der():
    from scipy.optimize import rosen, rosen_der

    return slope(rosen, rosen_der, POINT)


@case("scipy")
def rosen_hess():
    from scipy.optimize import rosen_der, rosen_hess

    return slope(rosen_der, rosen_hess, POINT)


def fitness(name):
    import cma

    return slope(getattr(cma.ff, name), getattr(cma.ff, f"grad_{name}"), POINT)


table("cma", {n: (n,) for n in ("sphere", "cigar", "tablet", "elli", "rosen")}, fitness)

A, B, COST = np.full(4, 0.25), np.full(3, 1 / 3), RNG.uniform(size=(4, 3))


def smooth(name, options):
    import ot

    regul = getattr(ot.smooth, name)(**options)

    def dual(alpha, beta):
        return ot.smooth.dual_obj_grad(alpha, beta, A, B, COST, regul)

    return mlp.check(
        lambda alpha, beta: dual(alpha, beta)[0],
        lambda d, alpha, beta: tuple(d * g for g in dual(alpha, beta)[1:]),
        RNG.normal(size=4),
        RNG.normal(size=3),
    )


SMOOTH = {"smooth NegEntropy": ("NegEntropy", {"gamma": 0.7})}
SMOOTH["smooth SquaredL2"] = ("SquaredL2", {"gamma": 0.7})
table("pot", SMOOTH, smooth)


@case("pot")
def semi_dual():
    import ot

    regul = ot.smooth.SquaredL2(gamma=0.7)
    ask = mlp.adapters.scipy(
        lambda alpha: ot.smooth.semi_dual_obj_grad(alpha, A, B, COST, regul), jac=True
    )
    return ask.check(RNG.normal(size=4))


@case("pot")
def gromov_wasserstein():
    from ot.gromov import gwggrad, gwloss, init_matrix

    C1, C2 = (C + C.T for C in (RNG.uniform(size=(4, 4)), RNG.uniform(size=(3, 3))))

    def parts(T):
        return init_matrix(C1, C2, T.sum(1), T.sum(0), "square_loss")

    return slope(lambda T: gwloss(*parts(T), T), lambda T: gwggrad(*parts(T), T), COST)


# mygrad


def mygrad(f, *point):
    import mygrad as mg

    def backward(d, *point):
        tensors = [mg.tensor(x) for x in point]
        f(mg, *tensors).backward(d)
        return tuple(t.grad for t in tensors)

    return mlp.check(lambda *point: f(mg, *map(mg.tensor, point)).data, backward, *point)


IMAGE = RNG.normal(size=(2, 3, 6, 6))
GRADED = {
    "arctan2": (lambda mg, x, y: mg.arctan2(x, y), R, POSITIVE),
    "logaddexp2": (lambda mg, x, y: mg.logaddexp2(x, y), R, POSITIVE),
    "cumprod": (lambda mg, x: mg.cumprod(x), POINT),
    "sinc": (lambda mg, x: mg.sinc(x), R),
    "std": (lambda mg, x: mg.std(x, axis=1), X),
    "einsum": (lambda mg, x, y: mg.einsum("ij,ik->jk", x, y), X, X[:, :2]),
    "conv_nd": (
        lambda mg, x, w: mg.nnet.layers.conv_nd(x, w, stride=1, padding=1),
        IMAGE,
        RNG.normal(size=(2, 3, 3, 3)),
    ),
    "max_pool": (lambda mg, x: mg.nnet.layers.max_pool(x, (2, 2), 2), IMAGE),
    "batchnorm": (
        lambda mg, x, g, b: mg.nnet.layers.batchnorm(x, gamma=g, beta=b, eps=1e-5),
        IMAGE,
        POINT[:3],
        R[:3],
    ),
    "softmax_crossentropy": (
        lambda mg, x: mg.nnet.losses.softmax_crossentropy(x, np.arange(12) % 3),
        X,
    ),
    "multiclass_hinge": (lambda mg, x: mg.nnet.losses.multiclass_hinge(x, np.arange(12) % 3), X),
    "logsoftmax": (lambda mg, x: mg.nnet.activations.logsoftmax(x), X),
}
table("mygrad", GRADED, mygrad)


# pylops, pyproximal


def adjoint(make):
    import pylops

    operator = make(pylops)
    x = RNG.normal(size=operator.shape[1]).astype(operator.dtype)
    return mlp.check(operator.matvec, lambda d, _: operator.rmatvec(d), x)


OPERATORS = {
    "FirstDerivative": (lambda p: p.FirstDerivative(9, edge=True, order=5),),
    "FirstDerivative forward": (lambda p: p.FirstDerivative(9, kind="forward"),),
    "SecondDerivative": (lambda p: p.SecondDerivative(9, edge=True),),
    "Laplacian": (lambda p: p.Laplacian((5, 4), edge=True),),
    "CausalIntegration": (lambda p: p.CausalIntegration(9, kind="trapezoidal"),),
    "Convolve1D": (lambda p: p.signalprocessing.Convolve1D(9, POINT[:3], offset=1),),
    "Smoothing1D": (lambda p: p.Smoothing1D(3, 9),),
    "Shift": (lambda p: p.signalprocessing.Shift(9, 1.3),),
    "Symmetrize": (lambda p: p.Symmetrize(9),),
}
table("pylops", OPERATORS, adjoint)


def proximal(make):
    import pylops
    import pyproximal

    f = make(pyproximal, pylops)
    return slope(f, f.grad, POINT)


PROXIMAL = {
    "L2": (lambda p, _: p.L2(b=R[:7], sigma=0.7),),
    "L2 of an operator": (lambda p, lo: p.L2(lo.MatrixMult(COST_7), R[:5], sigma=0.7),),
    "Euclidean": (lambda p, _: p.Euclidean(0.7),),
    "Quadratic": (lambda p, lo: p.Quadratic(lo.MatrixMult(COST_7.T @ COST_7), R[:7], 0.3),),
}
COST_7 = RNG.normal(size=(5, 7))
table("pyproximal", PROXIMAL, proximal)


# numpy-ml


def activation(name, options, f, df):
    import collections

    collections.Hashable = collections.abc.Hashable  # it was written for Python 3.9
    from numpy_ml.neural_nets import activations

    made = getattr(activations, name)(**options)
    return entrywise(getattr(made, f), getattr(made, df), R)


ACTIVATIONS = {
    "Sigmoid": {},
    "ReLU": {},
    "LeakyReLU": {"alpha": 0.2},
    "GELU": {"approximate": False},
    "Tanh": {},
    "Affine": {"slope": 1.5, "intercept": 0.3},
    "ELU": {"alpha": 0.7},
    "Exponential": {},
    "SELU": {},
    "HardSigmoid": {},
    "SoftPlus": {},
}
ACTIVATED = {
    f"{name}.{df}": (name, options, f, df)
    for name, options in ACTIVATIONS.items()
    for f, df in (("fn", "grad"), ("grad", "grad2"))
}
ACTIVATED["GELU approximate.grad"] = ("GELU", {"approximate": True}, "fn", "grad")
table("numpy-ml", ACTIVATED, activation)


# iminuit, ASE


def line(x, a, b):
    return a + b * x


def line_gradient(x, *_):
    return np.array([np.ones_like(x), x])


def least_squares(loss):
    from iminuit.cost import LeastSquares

    cost = LeastSquares(X[:, 0], R, POSITIVE, line, loss=loss, grad=line_gradient)
    return slope(lambda p: cost(*p), lambda p: cost.grad(*p), np.array([0.4, 0.7]))


table("iminuit", {f"LeastSquares {n}": (n,) for n in ("linear", "soft_l1")}, least_squares)


@case("iminuit")
def unbinned():
    from iminuit.cost import UnbinnedNLL

    cost = UnbinnedNLL(
        POSITIVE,
        lambda x, a: a * np.exp(-a * x),
        grad=lambda x, a: ((1 - a * x) * np.exp(-a * x))[None],
    )
    return slope(lambda p: cost(*p), lambda p: cost.grad(*p), np.array([0.8]))


def forces(name, options):
    from ase import Atoms
    from ase.calculators import emt, lj, morse

    calculator = {"emt": emt.EMT, "lj": lj.LennardJones, "morse": morse.MorsePotential}[name]

    def placed(positions):
        return Atoms("Cu4", positions=positions, calculator=calculator(**options))

    start = 2.3 * np.array([[0, 0, 0], [1, 0, 0], [0, 1.1, 0], [0.2, 0.3, 1.0]])
    return slope(
        lambda p: placed(p).get_potential_energy(), lambda p: -placed(p).get_forces(), start
    )


FORCES = {
    "EMT": ("emt", {}),
    "LennardJones": ("lj", {"sigma": 2.0, "rc": 6.0}),
    "LennardJones smooth": ("lj", {"sigma": 2.0, "rc": 3.0, "ro": 2.0, "smooth": True}),
    "MorsePotential": ("morse", {"r0": 2.0, "rho0": 4.0, "rcut1": 1.2, "rcut2": 1.9}),
}
table("ase", FORCES, forces)


@case("ase")
def angle_derivatives():
    from ase.geometry import get_angles, get_angles_derivatives

    def arms(p):
        return p[:1] - p[1:2], p[2:] - p[1:2]

    return slope(
        lambda p: get_angles(*arms(p))[0], lambda p: get_angles_derivatives(*arms(p))[0], X[:3]
    )


@case("ase")
def dihedral_derivatives():
    from ase.geometry import get_dihedrals, get_dihedrals_derivatives

    def arms(p):
        return tuple(p[k + 1 : k + 2] - p[k : k + 1] for k in range(3))

    return slope(
        lambda p: get_dihedrals(*arms(p))[0],
        lambda p: get_dihedrals_derivatives(*arms(p))[0],
        X[:4],
    )
