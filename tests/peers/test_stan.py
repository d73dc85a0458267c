"""What Stan's expect_ad checks, asked here: derivatives in Stan's types, right and wrong.

Stan's headers come with httpstan; its test framework is not among them. The source is
stan/cube.cpp, whose ``Fault`` says which derivative is off.
"""

import ctypes
import shutil
import subprocess
from pathlib import Path

import httpstan
import numpy as np
import pytest

import mlp

NONE, REVERSE, FORWARD, SECOND, THIRD, CONSTANT, DOMAIN = range(7)
X, W = np.random.default_rng(0).uniform(0.5, 2, size=(2, 4))
T = np.array([0.5, -1.0, 2.0, 1.0])


@pytest.fixture(scope="module")
def stan(tmp_path_factory):
    """Return the functions of a library that is compiled once, for all faults."""
    library = tmp_path_factory.mktemp("stan") / "cube.so"
    source = Path(__file__).with_name("stan") / "cube.cpp"
    there = Path(httpstan.__file__).parent
    headers, own = there / "include", there / "lib"
    flags = ["-std=c++17", "-O0", "-w", "-shared", "-fPIC", "-D_REENTRANT"]
    where = [f"-I{headers}", f"-I{headers / 'lib/eigen'}", f"-L{own}", f"-Wl,-rpath,{own}", "-ltbb"]
    compiler = shutil.which("c++") or "c++"
    subprocess.run([compiler, *flags, "-o", library, source, *where], check=True)  # noqa: S603  # our own few lines
    loaded = ctypes.CDLL(str(library))
    loaded.tangent.restype = ctypes.c_double
    return loaded


def passed(*arrays):
    return [None if a is None else a.ctypes.data_as(ctypes.c_void_p) for a in arrays]


class Cube:
    """The library with one fault, as functions of arrays."""

    def __init__(self, stan, fault=NONE):
        self.stan, self.fault = stan, fault

    def ask(self, name, *arrays):
        own = [None if a is None else np.ascontiguousarray(a, float) for a in arrays[:-1]]
        return getattr(self.stan, name)(self.fault, len(own[0]), *passed(*own, arrays[-1]))

    def forward(self, x, w):
        out = np.empty(())
        if self.ask("value", x, w, out):
            raise ValueError("cube: x must be above -2")
        return out[()]

    def backward(self, d, x, w):
        dx, dw = np.empty((2, len(x)))
        own = [np.ascontiguousarray(a) for a in (x, w)]
        self.stan.gradient(self.fault, len(x), *passed(*own, dx, dw))
        return d * dx, d * dw

    def gradient(self, x):
        """Return that by x where W is a constant, a double to Stan."""
        dx, own = np.empty(len(x)), np.ascontiguousarray(x)
        self.stan.gradient(self.fault, len(x), *passed(own, W, dx, None))
        return dx

    def tangent(self, t, x):
        t, x = np.ascontiguousarray(t), np.ascontiguousarray(x)
        return self.stan.tangent(self.fault, len(x), *passed(x, W, t))

    def hvp(self, t, x):
        out = np.empty(len(x))
        self.ask("hvp", x, W, t, out)
        return out

    def hessian(self, x):
        return np.stack([self.hvp(e, x) for e in np.eye(len(x))])

    def third(self, x):
        out = np.empty(len(x))
        self.ask("third_order", x, W, T, out)
        return out


def verdicts(stan, fault, ask):
    return [ask(Cube(stan, which)).verdict for which in (NONE, fault)]


def test_stan_reverse_mode(stan):
    right, wrong = (
        mlp.check(c.forward, c.backward, X, W) for c in (Cube(stan), Cube(stan, REVERSE))
    )
    assert [row.verdict for row in right.arguments] == ["correct", "correct"]
    assert [row.verdict for row in wrong.arguments] == ["wrong", "correct"]
    assert "by hand = 0.66667 × numeric" in str(wrong)


def test_stan_every_entry(stan):
    for fault, verdict in ((NONE, "correct"), (REVERSE, "wrong")):
        cube = Cube(stan, fault)
        report = mlp.check(cube.forward, cube.backward, X, W, exhaustive=True)
        assert report.verdict == verdict
        assert report.evaluations > 2 * (X.size + W.size)


def test_stan_forward_mode(stan):
    def ask(cube):
        return mlp.check_tangent(lambda x: cube.forward(x, W), cube.tangent, X)

    assert verdicts(stan, FORWARD, ask) == ["correct", "wrong"]


def test_stan_constants(stan):
    """A double beside a var is a constant; as a var it has a gradient."""

    def ask(cube):
        return mlp.check(cube.forward, lambda d, x, _: (d * cube.gradient(x), None), X, W, wrt=0)

    assert verdicts(stan, REVERSE, ask) == ["correct", "wrong"]
    assert ask(Cube(stan, CONSTANT)).verdict == "correct"
    cube = Cube(stan, CONSTANT)
    assert mlp.check(cube.forward, cube.backward, X, W).verdict == "wrong"


def test_stan_containers(stan):
    """A vector of vectors, as expect_ad takes it: one of the two is wrong."""

    def ask(cube, other):
        def forward(pair):
            return cube.forward(pair[0], W) + cube.forward(pair[1], W)

        return mlp.check(
            forward, lambda d, p: [d * cube.gradient(p[0]), d * other.gradient(p[1])], [X, 2 * X]
        )

    assert ask(Cube(stan), Cube(stan)).verdict == "correct"
    report = ask(Cube(stan), Cube(stan, REVERSE))
    assert [row.verdict for row in report.arguments] == ["correct", "wrong"]


def test_stan_second_order(stan):
    """The gradient of a slope: a var in the value of an fvar."""

    def ask(cube):
        return mlp.check(cube.gradient, cube.hvp, X)

    assert verdicts(stan, SECOND, ask) == ["correct", "wrong"]


def test_stan_hessian(stan):
    def ask(cube):
        return mlp.check(cube.gradient, cube.hessian, X, order=2)

    assert verdicts(stan, SECOND, ask) == ["correct", "wrong"]


def test_stan_both_modes_together(stan):
    """The same numbers as the tangent of the gradient."""

    def ask(cube):
        return mlp.check_tangent(cube.gradient, cube.hvp, X)

    assert verdicts(stan, SECOND, ask) == ["correct", "wrong"]


def test_stan_third_order(stan):
    def ask(cube):
        return mlp.check(lambda x: T @ cube.hvp(T, x), lambda d, x: d * cube.third(x), X)

    assert verdicts(stan, THIRD, ask) == ["correct", "wrong"]


def plain(x, w):
    """Return what is meant, in NumPy."""
    if not (x > -2).all():
        raise ValueError("plain: x must be above -2")
    return (x**3 * w).sum()


def test_stan_values(stan):
    cube = Cube(stan)
    assert mlp.check(cube.forward, cube.backward, X, W, against=plain).verdict == "correct"
    other = mlp.check(cube.forward, cube.backward, X, W, against=lambda x, w: (x**2 * w).sum())
    assert other.verdict == "wrong"
    assert "values differ" in str(other)


def test_stan_exceptions(stan):
    """What the reference refuses is to be refused."""

    def ask(cube, x):
        return mlp.check(cube.forward, cube.backward, x, W, against=plain)

    right, wrong = Cube(stan), Cube(stan, DOMAIN)
    assert [ask(cube, X).verdict for cube in (right, wrong)] == ["correct", "correct"]
    assert "as plain does" in str(ask(right, X - 4))
    report = ask(wrong, X - 4)
    assert report.verdict == "wrong"
    assert "forward returns, but plain raises ValueError" in str(report)
