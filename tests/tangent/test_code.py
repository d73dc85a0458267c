"""The user's own code is reached through its globals; nothing that others see is changed."""

import abc
import copy
import functools
import math
import re
import sys
import types
from collections import OrderedDict, defaultdict, deque
from typing import ClassVar

import numpy as np
import pytest
import scipy.special
from differences import along, direction
from scipy.special import logsumexp

from mlp.standins import Globals
from mlp.tangent.array import TangentArray
from mlp.tangent.code import Reach
from mlp.tangent.trail import Lost, Trail

X = np.random.default_rng(0).uniform(0.3, 1.7, size=(3, 4))


def fill_row_by_row(x):
    out = np.zeros(x.shape[0])
    for i in range(len(out)):
        out[i] = math.sin(x[i, 0]) * float(x[i, 1])
    return out


def as_arrays(x):
    x = np.asarray(x, dtype=float)
    return (
        np.array([np.exp(x[0]), x[1] * 2]) + np.full((2, 4), x[0, 0]) + np.ascontiguousarray(x[:2])
    )


def helper(h):
    return np.array([math.tanh(entry) for entry in h.ravel()])


def by_a_helper(x):
    return helper(x) * sum(map(float, x[0]))


def by_names_of_modules(x):
    return scipy.special.expit(x).sum() + logsumexp(np.asanyarray(x), axis=0) + np.linalg.norm(x)


def kinds(x):
    if (
        isinstance(x, np.ndarray)
        and not isinstance(x, (str, list))
        and not np.isscalar(x.sum() > 0)
    ):
        return x * 0
    return x * 2


def twice(f):
    @functools.wraps(f)
    def run(x):
        return f(f(x))

    return run


@twice
def decorated(x):
    return np.array([v * v for v in x.ravel()]).reshape(x.shape)


class Abstract(abc.ABC):
    """A class whose metaclass is not type."""

    @abc.abstractmethod
    def forward(self, x): ...


class Concrete(Abstract):
    def forward(self, x):
        return np.asarray(x) * 2


class Announced(Concrete):
    """A class whose parents hear of it, and are asked by ``super``."""

    heard: ClassVar = []

    def __init_subclass__(cls):
        cls.heard.append(cls)

    def forward(self, x):
        return super().forward(x) + 1


class Deeper(Announced):
    scale = 3.0

    def __init__(self):
        super().__init__()
        self.w = np.array([self.scale])

    def forward(self, x):
        past = super(Announced, self).forward(x)  # its grandparent's
        return float(super().forward(x)[0, 0]) * self.w + past


class Slotted:
    __slots__ = ("w",)

    def __init__(self):
        self.w = 3.0

    def forward(self, x):
        return self.w * x


CONSTANT = np.ones((3, 4))


def adds_in_place_to_a_constant(x):
    total = CONSTANT @ np.eye(4)
    other = total
    total += x
    total[0] *= 2
    return other


class Layer:
    """Keeps state, and calls itself and others."""

    scale = 3.0

    def __init__(self, inner=None):
        self.kept, self.inner, self.W = None, inner, np.arange(8.0).reshape(4, 2)

    @property
    def doubled(self):
        return np.asarray(self.kept) * 2

    @staticmethod
    def squared(h):
        return np.asarray(h) ** 2

    @classmethod
    def scaled(cls, h):
        return cls.scale * np.asarray(h)

    def forward(self, x):
        self.kept = x @ self.W
        h = self.squared(self.doubled) + self.scaled(self.kept)
        return self.inner.forward(np.tile(h, 2)) if self.inner else h

    __call__ = forward


def makes_a_layer(x):
    return Layer()(np.asarray(x))


def closes_over(w):
    def f(x):
        return np.asarray(x) * g(w)

    def g(v):
        return float(v) + 1

    return f


def recursive(x, n=3):
    return np.asarray(x) if n == 0 else recursive(np.sin(x), n - 1)


FORWARDS = {
    "fill row by row": fill_row_by_row,
    "as arrays": as_arrays,
    "by a helper": by_a_helper,
    "by names of modules": by_names_of_modules,
    "kinds": kinds,
    "decorated": decorated,
    "a method": Layer(Layer()).forward,
    "a callable object": Layer(),
    "a layer made inside": makes_a_layer,
    "a closure": closes_over(2.0),
    "an abstract class": Concrete().forward,
    "parents by name": Deeper().forward,
    "an object made inside": lambda x: Deeper().forward(x),
    "a copy of an object": lambda x: copy.deepcopy(Deeper()).forward(copy.copy(x)),
    "a mask of constants": lambda x: x[~(np.add(CONSTANT, 0) > 2) & (x > 0)],
    "slots": Slotted().forward,
    "a constant": adds_in_place_to_a_constant,
    "strides": lambda x: np.lib.stride_tricks.as_strided(
        x, (2, 4), (x.strides[0] * 2, x.strides[1])
    ),
    "recursive": recursive,
    "partial": functools.partial(recursive, n=2),
    "vectorize": np.vectorize(math.exp),
    "a vectorized function": np.vectorize(math.exp),
    "a table of functions": lambda x, t={"f": helper}, u=(helper,): t["f"](x) + u[0](x),
    "math": lambda x: np.array([math.sqrt(v) + math.atan2(v, 2) + math.pow(v, 3) for v in x[0]]),
    "fresh arrays": lambda x: np.ones(4) + np.eye(4)[0] * x[0] + np.empty(4) * 0 + np.arange(4.0),
    "builtins": lambda x: max(x[0, 0], x[1, 1]) + min(x[2]) + abs(-x[0, 1]) + pow(x[0, 2], 2),
}


def reached(f, trail=None):
    return Reach(trail or Trail()).stand_in(f)


@pytest.mark.parametrize("name", FORWARDS)
def test_a_function_is_followed_through_what_it_looks_up(name):
    f = FORWARDS[name]
    d, trail = direction(np.random.default_rng(1), X.shape), Trail()
    found = reached(f, trail)(TangentArray(X.copy(), d.copy(), trail))
    np.testing.assert_allclose(found.value, f(X), rtol=1e-13)
    np.testing.assert_allclose(found.tangent, along(f, X, d), rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize("name", FORWARDS)
def test_a_stand_in_gives_plain_arrays_what_the_function_gives(name):
    f = FORWARDS[name]
    np.testing.assert_array_equal(np.asarray(getattr(reached(f)(X), "value", reached(f)(X))), f(X))


def test_without_stand_ins_these_lose_the_tangent():
    trail = Trail()
    x = TangentArray(X, X, trail)
    for f in (fill_row_by_row, as_arrays, by_a_helper):
        with pytest.raises((Lost, TypeError, ValueError)):
            f(x)
    assert len(trail.lost) >= 3


def test_nothing_that_others_see_is_changed():
    layer = Layer(Layer())
    before = (np.zeros, math.sin, float, helper.__globals__["helper"], Layer.forward, {**globals()})
    trail = Trail()
    reached(layer.forward, trail)(TangentArray(X, X, trail))
    assert layer.kept is None
    assert layer.inner.kept is None
    assert type(layer) is Layer
    assert before == (
        *(np.zeros, math.sin, float, helper.__globals__["helper"], Layer.forward),
        {**globals()},
    )


def test_globals_that_a_function_writes_stay_its_own():
    space = {"count": 0}
    exec("def f(x):\n    global count\n    count += 1\n    return x * count", space)  # noqa: S102  # its own globals
    x = TangentArray(X, X, Trail())
    assert (reached(space["f"])(x).value == X).all()
    assert space["count"] == 0


def test_names_are_looked_up_as_python_does():
    def f():
        return unknown_name  # noqa: F821  # it is to be missing

    with pytest.raises(NameError, match="unknown_name"):
        reached(f)()
    looked_up = Globals(helper.__globals__, Reach(Trail()))
    assert issubclass(looked_up["Layer"], Layer)
    assert isinstance(looked_up["helper"], types.FunctionType)


@pytest.mark.parametrize(
    ("f", "said"),
    [
        (lambda x: math.gcd(x[0, 0], 2), r"gcd has no rule at test_code\.py"),
        (memoryview, "memoryview"),
        (
            lambda x: np.lib.stride_tricks.as_strided(x[::2]),
            "as_strided of an array that is a view",
        ),
    ],
)
def test_what_c_code_takes_is_lost(f, said):
    trail = Trail()
    with pytest.raises((Lost, TypeError, AttributeError), match=said):
        reached(f, trail)(TangentArray(X, X, trail))


def test_parents_are_asked_once_and_hear_of_no_stand_in():
    heard, asked = [*Announced.heard], []

    class Base:
        def forward(self, x):
            asked.append(type(self).__name__)
            return x

    class Child(Base):
        def forward(self, x):
            return 2 * super().forward(x)

    x = TangentArray(X, X, Trail())
    found = reached(lambda x: (Child().forward(x), asked[:]))(x)
    assert (found[0].tangent == 2 * X).all()
    assert found[1] == ["Child"]
    reached(Deeper().forward)(x)
    assert Announced.heard == heard == [Deeper]


@pytest.mark.parametrize(
    "f", [lambda: np.isscalar(np.zeros(2)), lambda: "re" in sys.modules, lambda: re.compile("a")]
)
def test_what_is_asked_of_things_is_said_of_stand_ins(f):
    assert reached(f)() == f()


def test_an_import_within_a_function_finds_its_package():
    space = {"__name__": "mlp.tangent.somewhere", "__package__": "mlp.tangent", "__spec__": None}
    exec("def f():\n    from .trail import Trail\n    return Trail", space)  # noqa: S102  # as above
    assert reached(space["f"])() is Trail


def test_this_python_looks_up_missing_globals_in_a_dict_of_ours():
    assert sys.version_info >= (3, 11)

    class Asked(dict):
        def __missing__(self, name):
            return name

    code = compile("lambda: some_name", "here", "eval").co_consts[0]
    assert types.FunctionType(code, Asked(__builtins__={}))() == "some_name"


class Rows(list):
    """A list of somebody's own."""


KEPT = {
    "deque": deque(maxlen=3),
    "defaultdict": defaultdict(list),
    "ordered": OrderedDict(),
    "rows": Rows(),
    "list": [],
}
LOOSE_DEQUE, LOOSE_DEFAULT, LOOSE_ROWS = deque(maxlen=9), defaultdict(list), Rows()


def keeps_everywhere(x):
    y = np.exp(x)
    for kept in (LOOSE_DEQUE, LOOSE_ROWS, KEPT["deque"], KEPT["rows"], KEPT["list"]):
        kept.append(y)
    LOOSE_DEFAULT["y"].append(y)
    KEPT["defaultdict"]["y"].append(y)
    KEPT["ordered"]["y"] = y
    return 2 * LOOSE_ROWS[-1]


def test_no_tangent_stays_in_what_the_user_keeps():
    from mlp.tangent import ask, shaken

    x = np.array([0.5, 2.0])
    said = ask(keeps_everywhere, [x], [np.ones(2)], np.ones(2))
    assert said.slope == pytest.approx(2 * np.exp(x).sum())
    assert len(shaken(keeps_everywhere, [x])) == 3
    kept = [*LOOSE_DEQUE, *LOOSE_ROWS, *LOOSE_DEFAULT["y"], *KEPT["deque"], *KEPT["rows"]]
    kept += [*KEPT["list"], *KEPT["defaultdict"]["y"], *KEPT["ordered"].values()]
    assert {type(y) for y in kept} == {np.ndarray}
    assert type(KEPT["rows"]) is Rows
    assert KEPT["deque"].maxlen == 3
