"""The last line of a report can be pasted, and repeats the report to its last digit."""

import functools

import balls
import numpy as np
import pytest
from scipy import optimize, special

import mlp
from mlp.gradcheck.repeat import given, spelled, written

VALUES = [
    np.array([[0.1, 1 / 3], [-0.0, 1e-300]]),
    np.array([0.1, 2.5], dtype=np.float32),
    np.array([1, 2]),
    np.array([True]),
    np.array(2.0),
    np.float64(0.1),
    {"W": np.ones((2, 1)), "b": (np.zeros(1), [1.5, "relu"])},
    (np.array([np.nan, np.inf, -np.inf]),),
    [(0.0, None), (-np.inf, np.inf)],
]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_a_value_is_written_as_code_that_gives_it_back(value):
    again = eval(written(value), {"np": np})  # noqa: S307  # we wrote it
    assert repr(again) == repr(np.asarray(value) if isinstance(value, np.generic) else value)
    assert getattr(again, "dtype", None) == getattr(value, "dtype", None)


def test_what_is_long_or_no_code_is_a_word():
    options = {"a": 1, "b": None, "bounds": np.zeros(999), "workers": object()}
    assert given(options) == ", a=1, bounds=bounds, workers=workers"


def scale(x):
    return 2 * x


class Layer:
    def forward(self, x):
        return x

    @staticmethod
    def pull(dO, _):
        return dO


@pytest.mark.parametrize(
    ("thing", "code"),
    [
        (scale, "scale"),
        (np.sin, "np.sin"),
        (np.linalg.norm, "np.linalg.norm"),
        (special.expit, "scipy.special.expit"),
        (optimize.rosen, "scipy.optimize.rosen"),
        (mlp.affine.forward, "mlp.ops.affine.forward"),
        (Layer.pull, "Layer.pull"),
        (Layer().forward, "it"),
        (Layer(), "it"),
        ("word".upper, "it"),
        (functools.partial(scale), "functools.partial(scale)"),
        (functools.partial(np.sum, axis=0), "functools.partial(np.sum, axis=0)"),
        (functools.partial(Layer().forward, 1), "it"),
        (lambda x: x**3, "lambda x: x ** 3"),
        (lambda x, /, *, k=2: x + k, "lambda x, /, *, k=2: x + k"),
        (eval("lambda x: x", {}), "it"),  # its source is nowhere  # noqa: S307  # ours
    ],
    ids=map(str, range(16)),  # the name of a function holds its address
)
def test_a_function_is_said_by_the_name_it_has_for_its_user(monkeypatch, thing, code):
    monkeypatch.setattr("mlp.gradcheck.repeat.LIBRARIES", ("",))  # nobody's names are looked at
    assert spelled(thing, "it") == code


def test_a_thing_is_said_by_the_name_it_has_where_we_are_called():
    net, double = Layer(), functools.partial(scale)
    own = net.forward
    assert spelled(net, "it") == "net"
    assert spelled(net.forward, "it") == "net.forward"
    assert spelled(own, "it") == "own"
    assert spelled(functools.partial(net.forward, 1), "it") == "functools.partial(net.forward, 1)"
    assert spelled(double, "it") == "functools.partial(scale)"
    assert spelled(balls.enclosed, "it") == "balls.enclosed"


def test_two_lambdas_of_one_line_are_told_apart():
    pair = (lambda x: np.sin(x), lambda dO, x: dO * np.cos(x))  # noqa: PLW0108  # a name is none
    assert [spelled(f, "it") for f in pair] == [
        "lambda x: np.sin(x)",
        "lambda dO, x: dO * np.cos(x)",
    ]


def test_a_lambda_over_several_lines_is_said_in_one_and_a_long_one_by_its_name():
    broken = lambda dO, x: (  # noqa: E731  # its source is what is asked
        dO * np.cos(x)
    )
    assert spelled(broken, "it") == "lambda dO, x: dO * np.cos(x)"
    long = lambda x: x + x + x + x + x + x + x + x + x + x + x + x + x + x + x + x + x + x + x + x  # noqa: E731  # likewise
    assert spelled(long, "it") == "long"
    assert spelled([long].pop(), "it") == "long"


X = np.array([0.5, 2.0, 1.0])


def numbers(report):
    return [(a.name, a.by_hand, a.numeric, a.error_bar, a.verdict) for a in report.arguments]


@pytest.mark.parametrize(
    ("pair", "options"),
    [
        ((np.sin, lambda dO, x: dO * np.cos(x)), {}),
        ((lambda x: x**3, lambda dO, x: dO * x**2), {"rng": 7, "rtol": 1e-4}),
        ((scale, lambda dO, x: 2 * dO), {"bounds": [(0.0, np.inf)]}),  # noqa: ARG005  # its signature
        ((scale, lambda dO, x: 3 * dO), {"tangent": False, "wrt": "x"}),  # noqa: ARG005  # likewise
    ],
    ids=["a ufunc", "lambdas", "a function and bounds", "no tangent"],
)
def test_the_line_of_a_check_repeats_it(pair, options):
    report = mlp.check(*pair, X, **options)
    names = {"mlp": mlp, "np": np, "scale": scale, "X": X}
    assert numbers(eval(report.reproduce, names)) == numbers(report)  # noqa: S307  # our own line
    assert "lambda," not in report.reproduce


def loss(x):
    return (x**2).sum(), 2 * x


class Scaled:
    def __init__(self, by):
        self.by = by

    def forward(self, x):
        return self.by * x

    def backward(self, dout):
        return self.by**2 * dout


def powered(x, k):
    return k * x**2


def made():
    def forward(x):
        return x**2

    def backward(dO, x):
        return dO * x

    return forward, backward


layer, (square, pull) = Scaled(3.0), made()
MANY = np.linspace(-1, 1, 900).reshape(30, 30)
PAIR = (X, X + 1)
WAYS = {
    "names": lambda: mlp.check(scale, np.multiply, MANY),
    "numbers": lambda: mlp.check(scale, np.multiply, X / 3),
    "a tuple": lambda: mlp.check(np.multiply, lambda d, _, y: (d * y, d * y), *PAIR),
    "methods": lambda: mlp.check(layer.forward, lambda d, _: layer.backward(d), X),
    "made": lambda: mlp.check(square, pull, X),
    "a partial": lambda: mlp.check(functools.partial(powered, k=3.0), lambda d, x: d * 3 * x, X),
    "a long lambda": lambda: mlp.check(
        lambda x: (
            np.sin(x) * x + np.exp(-x * x) * 0.3333333333333 + np.tanh(x * 2) + 12 * np.sin(x)
        ),
        lambda d, x: d * x,
        X,
    ),
    "accepted": lambda: mlp.check(lambda x: x + 1e-7 * x * x, lambda d, _: d, X, accept=1e-5),
    "bounds that are arrays": lambda: mlp.check(
        scale, lambda d, _: 2 * d, X, bounds=[(-9 * np.ones(3) / 7, X + 1 / 3)]
    ),
    "along": lambda: mlp.check(
        lambda S: (S @ S).sum(), lambda d, S: d * S, np.outer(X, X), along={"S": "symmetric"}
    ),
    "a layer": lambda: mlp.adapters.layer(layer).check(X),
    "a closure": lambda: mlp.adapters.closure(lambda x: (x**2, lambda d: d * x)).check(X),
    "bounded": lambda: mlp.adapters.scipy(loss, True, bounds=[(0, None)] * 3).check(X / 2),  # noqa: FBT003  # as in SciPy
    "structures": lambda: mlp.check(lambda p: p["x"][0] ** 3, lambda d, _: {"x": [d]}, {"x": [X]}),
    "a tangent": lambda: mlp.check_tangent(np.sin, lambda x_dot, x: x_dot * x, X),
}


@pytest.mark.parametrize("way", WAYS)
def test_what_is_printed_can_be_pasted_and_repeats(way):
    report = WAYS[way]()
    assert "#" not in report.reproduce
    again = eval(report.reproduce, globals())  # noqa: S307  # our own line
    assert numbers(again) == numbers(report)
    assert again.verdict == report.verdict


def test_what_has_no_name_and_is_long_is_said():
    report = mlp.check(scale, np.multiply, np.linspace(-1, 1, 1999))
    assert (
        report.reproduce == "mlp.check(scale, np.multiply, *point, rng=0)  # point: as in this call"
    )


def test_a_word_for_what_has_no_name_is_the_name_of_nothing_else():
    point, bounds, backward = (X,), [(0, 1)], scale
    many, none = np.linspace(0, 1, 1999), (-np.inf, np.inf)
    report = mlp.check(scale, made()[1], many + 0, bounds=[(-1 - many, many + 2)])
    said = "mlp.check(scale, backward_, *point_, rng=0, bounds=bounds_)"
    assert report.reproduce == f"{said}  # backward_, point_, bounds_: as in this call", (
        point,
        bounds,
        backward,
        none,
    )


def relu_forward(x):
    return np.maximum(0, x), x


def relu_backward(dout, cache):
    return dout * (cache > 0)


class Line:
    def __init__(self):
        self.params = {"w": np.array([0.5, 2.0, 1.0])}

    def loss(self, x):
        r = x @ self.params["w"]
        return r * r, {"w": 2 * r * x}


@pytest.mark.parametrize(
    ("adapter", "point", "options"),
    [
        (mlp.adapters.gradient(np.sin, np.cos), (X,), {"rtol": 1e-5}),
        (mlp.adapters.gradient(loss, df=True, double=False), (X,), {}),
        (mlp.adapters.gradient(lambda x: x**3, lambda x: x**2), (X,), {"rng": 3}),
        (mlp.adapters.scipy(loss, True, bounds=[(0, None)] * 3), (X,), {}),  # noqa: FBT003  # as in SciPy
        (
            mlp.adapters.scipy(loss, True, bounds=optimize.Bounds(0, [2, 3, np.inf])),  # noqa: FBT003  # likewise
            (X,),
            {},
        ),
        (mlp.adapters.scipy(lambda x, a: a * x, lambda x, a: a + 0 * x, (2.0,)), (X,), {}),
        (mlp.adapters.cs231n(relu_forward, relu_backward), (X - 0.7,), {"wrt": "x"}),
        (mlp.adapters.estimator(Line()), (X,), {"tangent": False}),
    ],
    ids=lambda value: value.code if isinstance(value, mlp.adapters.Adapter) else None,
)
def test_the_line_of_an_adapter_repeats_it_with_every_option(adapter, point, options):
    report = adapter.check(*point, **options)
    names = {"mlp": mlp, "np": np, "model": Line(), "point": point, **globals()}
    assert numbers(eval(report.reproduce, names)) == numbers(report)  # noqa: S307  # our own line


def test_a_partial_of_a_function_and_a_repr_that_is_no_code_break_no_report():
    calm = functools.partial(lambda f, x: f(x), np.exp)
    assert "np.exp" in str(mlp.check(calm, lambda dO, x: dO * np.exp(x), np.ones(2)))
    odd = functools.partial(lambda _, x: 2 * x, object())
    assert mlp.check(odd, lambda dO, x: 2 * dO + 0 * x, np.ones(2)).verdict == "correct"
