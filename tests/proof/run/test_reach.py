"""What code looks up is found: arrays to be filled, math, float."""

import functools
import math

import numpy as np
import pytest
import scipy.special as sp
from proof.run.exactly import agrees, point

from mlp.proof.run.code import prove
from mlp.proof.run.reach import either_way, reach_of
from mlp.proof.run.symbolic import Unprovable
from mlp.shapes import ShapeError, shapes

BUFFER = {"kept": None}


def in_a_loop(v):
    total, out = np.zeros(v.shape), np.empty((3, 3))
    for i in range(3):
        total[i] += v[i] * v[i + 1]
        out[i] = v[i : i + 3]
    return total, out


def of_python(v):
    made = [math.exp(x) + math.log(x, 3) + math.hypot(x, 1.0) + float(x) for x in v]
    return np.array(made) * (1 if isinstance(v[0], float) else 0)


@functools.partial(np.vectorize, otypes=[float])
def smooth(x):
    return math.sin(x) if x > 0.5 else x**2


CASES = {
    "arrays that a loop fills": in_a_loop,
    "math, float and isinstance": of_python,
    "type": lambda v: v * (type(v) is np.ndarray) + (type(v[0]) is np.float64),
    "isinstance of a type": lambda v: v * isinstance(type(v), type),
    "c_ and r_": lambda v: (
        np.c_[v[:3], np.ones(3)] @ np.r_[v[:1], 1.0],
        np.c_[v.reshape(3, 3), v[:3]],
    ),
    "what a number has in common with an array": lambda v: (
        v.sum().reshape(1) * (v.mean().shape == ()) * v.max().size,
        v[0].sum().astype(float) + v[0].ndim,
    ),
    "an array of rows": lambda v: np.asarray([v[:3], [1.0, 2.0, v[3]]], dtype=np.float64),
    "full": lambda v: np.full((2, 2), v[1]) + np.full(2, 0.5),
    "vectorize": lambda v: 2 * smooth(v),
    "fromiter": lambda v: np.fromiter((x * x for x in v), float),
    "logsumexp": lambda v: sp.logsumexp(v.reshape(3, 3), axis=1, b=v[:3], keepdims=True),
    "softmax": lambda v: sp.softmax(v.reshape(3, 3), axis=0) @ sp.log_softmax(v[:3]),
    "masked attention": lambda v: sp.softmax(np.where(np.tri(3), v.reshape(3, 3), -np.inf), axis=1),
    "astype and ascontiguousarray": lambda v: np.ascontiguousarray(v.astype(float)).copy(),
    "lists of truths": lambda v: np.logical_and([v[0] > 0], [v[1]]) * v[2],
    "default_rng with a seed": lambda v: v * np.random.default_rng(3).normal(size=9),
}


@pytest.mark.parametrize("name", CASES)
def test_code_finds_what_it_looks_up(name):
    assert agrees(CASES[name])


def test_without_stand_ins_it_does_not():
    with pytest.raises(TypeError):
        agrees(in_a_loop, reached=False)


def test_a_function_of_scipy_without_an_exact_form_is_refused_by_name():
    v = point()
    with pytest.raises(Unprovable, match="return_sign"):
        reach_of(v.record).stand_in(sp.logsumexp)(v, return_sign=True)


def test_shapes_are_checked_still():
    @shapes("(n),(n)->()")
    def dot(u, w):
        return u @ np.asarray(w)

    reached = reach_of(point().record).stand_in(dot)
    assert reached(point(), point()).expr == dot(point(), point()).expr
    with pytest.raises(ShapeError, match="w must be"):
        reached(point(), point()[:3])


def test_code_that_stand_ins_lead_astray_runs_as_it_is():
    def picky(v):
        if type(np).__name__ != "module":
            raise KeyError("np")
        return v.sum()

    v = point()
    assert either_way(lambda reach: reach(picky)(v), v.record).expr == v.sum().expr


def test_what_numpy_makes_inside_itself_is_exact_too():
    def backward(dO, x):
        return np.array([dO * np.prod(np.delete(x, i)) for i in range(x.size)])

    assert prove(np.prod, backward, shapes="(3)->()")
    assert prove(np.prod, lambda dO, x: 2 * backward(dO, x), shapes="(3)->()").verdict == "refused"
