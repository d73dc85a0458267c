"""Gradients that PyTorch and JAX packages hold, asked for as the package has them."""

from importlib.machinery import SourceFileLoader
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from peers.released.cases import case, table

import mlp

RNG = np.random.default_rng(1)
X = RNG.normal(size=(4, 5))
SMALL = 0.4 * RNG.normal(size=(2, 7))
S = X @ X.T + np.eye(4)
V = RNG.uniform(0.2, 2, size=6)


def tensor(f, *point, **options):
    """Ask for a function of tensors, which is imported only now."""
    return mlp.adapters.torch(f).check(*point, **options)


def named(module, name):
    from importlib import import_module

    return getattr(import_module(module), name)


# timm, entmax


def activation(name):
    # by its file: timm as a whole wants the torchvision of the same build of torch
    place = Path(find_spec("timm").origin).with_name("layers") / "activations_me.py"
    return tensor(vars(SourceFileLoader("activations_me", str(place)).load_module())[name], 3 * X)


ACTIVATIONS = ("Swish", "Mish", "HardSigmoid", "HardSwish", "HardMish")
table("timm", {name: (f"{name}AutoFn",) for name in ACTIVATIONS}, activation)


def sparse(name, *rest, **options):
    return tensor(named("entmax", name), X, *rest, **options)


Y = np.array([0, 2, 1, 4])
ENTMAX = {name: (name,) for name in ("sparsemax", "entmax15", "sparsemax_bisect", "entmax_bisect")}
ENTMAX |= {name: (name, Y) for name in ("sparsemax_loss", "entmax15_loss", "entmax_bisect_loss")}
table("entmax", ENTMAX, sparse)


@case("entmax")
def entmax_of_alpha():
    return tensor(named("entmax", "entmax_bisect"), X, np.full((4, 1), 1.4))


# snntorch, vector-quantize-pytorch: surrogates, declared


def spike(name, option, surrogate):
    return tensor(named("snntorch.surrogate", name)(option), X, surrogate=surrogate)


def sigmoid(u):
    import torch

    return torch.sigmoid(25 * u)


def atan(u):
    import torch

    return torch.atan(torch.pi * u) / torch.pi


SPIKES = {
    "fast_sigmoid": ("fast_sigmoid", 25, lambda u: u / (1 + 25 * u.abs())),
    "sigmoid": ("sigmoid", 25, sigmoid),
    "atan": ("atan", 2.0, atan),
}
table("snntorch", SPIKES, spike)


@case("vector-quantize-pytorch")
def round_ste():
    f = named("vector_quantize_pytorch.finite_scalar_quantization", "round_ste")
    return tensor(f, X, surrogate=lambda x: x)


# GPyTorch and linear_operator


@case("gpytorch")
def log_normal_cdf():
    return tensor(named("gpytorch.functions", "log_normal_cdf"), 3 * X)


def squared(x, z):
    return (x[:, None] - z[None]).pow(2).sum(-1)


@case("gpytorch")
def rbf_covariance():
    f = named("gpytorch.functions", "RBFCovariance")
    return tensor(
        lambda x, scale: f.apply(x, x + 1, scale, squared), X, np.array([[0.8]]), wrt="scale"
    )


def matern(nu):
    f = named("gpytorch.functions", "MaternCovariance")

    def covariance(x, z, scale):
        return f.apply(x, z, scale, nu, lambda a, b: squared(a, b).sqrt())

    return tensor(covariance, X, X[:3] + 1, np.array([[0.8]]), wrt="scale")


table("gpytorch", {f"matern {nu}": (nu,) for nu in (0.5, 1.5, 2.5)}, matern)


@case("linear-operator")
def solve():
    return tensor(named("linear_operator", "solve"), S, X, along={"input": "symmetric"})


def of_matrix(name, *rest):
    to = named("linear_operator", "to_linear_operator")

    def f(S):
        return getattr(to(S), name)()

    def g(S, B):
        return getattr(to(S), name)(B)

    return tensor(g if rest else f, S, *rest, along={"S": "symmetric"})


OF_MATRICES = {"logdet": ("logdet",), "inv_quad": ("inv_quad", X), "matmul": ("matmul", X)}
table("linear-operator", OF_MATRICES, of_matrix)


# pypose


def through(kind, size, f):
    import pypose

    algebra = getattr(pypose, kind)

    def composed(x, z):
        return f(algebra(x).Exp(), algebra(z).Exp(), algebra)

    x, z = SMALL[:, :size], SMALL[::-1, :size] + 0.1
    return tensor(composed, x, z.copy())


KINDS = {"so3": 3, "se3": 6, "rxso3": 4, "sim3": 7}
WAYS = {
    "Log of a product": lambda g, h, _: (g * h).Log().tensor(),
    "Log of an inverse": lambda g, h, _: (g.Inv() * h).Log().tensor(),
    "Act": lambda g, h, _: g.Act(h.Act(h.tensor()[..., :3] * 0 + 0.7)),
    "Adj": lambda g, h, _: g.Adj(h.Log()).tensor(),
    "AdjT": lambda g, h, _: g.AdjT(h.Log()).tensor(),
}
COMPOSED = {
    f"{kind}, {name}": (kind, size, way)
    for kind, size in KINDS.items()
    for name, way in WAYS.items()
}
table("pypose", COMPOSED, through)


# xitorch, torchkbnufft, torchdiffeq


@case("xitorch")
def rootfinder():
    f = named("xitorch.optimize", "rootfinder")

    def root(A):
        return f(lambda y, A: (A @ y).tanh() + 0.5 * y - 0.1, A[0] * 0, params=(A,))

    return tensor(root, X[:, :4], accept=1e-4)


@case("xitorch")
def quad():
    f = named("xitorch.integrate", "quad")
    return tensor(
        lambda a, b, p: f(lambda t, p: (p * t).sin().exp(), a, b, params=(p,)),
        *(np.array(0.1), np.array(1.3), V),
        accept=1e-6,
    )


@case("xitorch")
def linear_solve():
    f, operator = named("xitorch.linalg", "solve"), named("xitorch", "LinearOperator")
    return tensor(lambda S, B: f(operator.m(S, is_hermitian=False), B), S, X)


@case("torchkbnufft")
def nufft():
    import torch

    f = named("torchkbnufft", "KbNufft")((6, 5), dtype=torch.complex128)
    places = torch.from_numpy(RNG.uniform(-3, 3, size=(2, 8)))
    image = RNG.normal(size=(1, 1, 6, 5)) + 1j * RNG.normal(size=(1, 1, 6, 5))
    return tensor(lambda z: f(z, places), image)


@case("torchkbnufft")
def nufft_adjoint():
    import torch

    f = named("torchkbnufft", "KbNufftAdjoint")((6, 5), dtype=torch.complex128)
    places = torch.from_numpy(RNG.uniform(-3, 3, size=(2, 8)))
    return tensor(lambda z: f(z, places), RNG.normal(size=(1, 1, 8)) * (1 + 1j))


@case("torchdiffeq")
def odeint_adjoint():
    import torch

    f = named("torchdiffeq", "odeint_adjoint")

    class Field(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = torch.nn.Parameter(torch.from_numpy(0.5 * X[:, :4]))

        def forward(self, t, y):
            return torch.tanh(self.weight @ y) * (1 + t)

    class Flow(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.field = Field()

        def forward(self, y):
            times = torch.tensor([0.0, 1.0], dtype=y.dtype)
            return f(self.field, y, times, rtol=1e-9, atol=1e-9)[-1]

    return tensor(Flow(), X[:, 0], accept=1e-5)


# JAX packages, autograd-gamma


def rule(module, name, *point, **options):
    return mlp.adapters.jax(named(module, name)).check(*point, **options)


TFP = "tensorflow_probability.substrates.jax.math"
RULES = {
    "optax: projection_simplex": ("optax.projections", "projection_simplex", V),
    "optax: weighted_logsoftmax": (
        "optax.losses._classification",
        "weighted_logsoftmax",
        V,
        V[::-1].copy(),
    ),
    "jaxopt: projection_simplex": ("jaxopt.projection", "projection_simplex", V),
    "jaxopt: projection_l1_ball": ("jaxopt.projection", "projection_l1_ball", V),
    "jaxopt: isotonic_l2_pav": ("jaxopt.isotonic", "isotonic_l2_pav", V),
    "distrax: multiply_no_nan": ("distrax._src.utils.math", "multiply_no_nan", V, V + 1),
    "distrax: power_no_nan": ("distrax._src.utils.math", "power_no_nan", V, V + 1),
    "lineax: two_norm": ("lineax.internal", "two_norm", X),
    "lineax: rms_norm": ("lineax.internal", "rms_norm", X),
    "lineax: max_norm": ("lineax.internal", "max_norm", X),
    "tfp: lambertw": (TFP, "lambertw", V),
    "tfp: owens_t": (TFP, "owens_t", V, V[::-1].copy()),
    "tfp: log_bessel_kve": (TFP, "log_bessel_kve", V + 0.3, V),
    "tfp: bessel_iv_ratio": (TFP, "bessel_iv_ratio", V + 1, V),
    "tfp: logerfcx": (TFP, "logerfcx", V),
    "tfp: erfcx": (TFP, "erfcx", V),
    "tfp: betainc": (TFP, "betainc", V, V + 1, V / 3),
    "tfp: igammainv": ("tensorflow_probability.substrates.jax.math", "igammainv", V, V / 3),
}
for name, row in RULES.items():
    table(name.partition(":")[0], {name.partition(": ")[2]: row}, rule)


def gamma(name, *point):
    return mlp.adapters.autograd(named("autograd_gamma", name)).check(*point, accept=1e-5)


GAMMA = {
    "gammainc": ("gammainc", V, V + 0.2),
    "gammaincc": ("gammaincc", V, V + 0.2),
    "gammaincln": ("gammaincln", V, V + 0.2),
    "gammainccln": ("gammainccln", V, V + 0.2),
    "gammaincinv": ("gammaincinv", V, V / 3),
    "betainc": ("betainc", V, V + 1, V / 3),
    "betaincln": ("betaincln", V, V + 1, V / 3),
}
table("autograd-gamma", GAMMA, gamma)
