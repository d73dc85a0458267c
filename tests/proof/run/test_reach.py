"""What code looks up is found: arrays to be filled, math, float; and what draws is refused."""

import functools
import math
import os
import random
import time

import numpy as np
import pytest
import scipy.special as sp
from proof.run.exactly import agrees, point

from mlp.proof.run.code import prove
from mlp.proof.run.reach import either_way, reach_of
from mlp.proof.run.symbolic import Unprovable
from mlp.shapes import ShapeError, shapes

RNG = np.random.default_rng(0)
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


@pytest.mark.parametrize(
    ("draw", "said"),
    [
        (lambda v: v * np.random.rand(9), "np.random.rand draws at random"),  # noqa: NPY002  # it is
        (lambda v: v * RNG.normal(), "Generator.normal draws at random"),
        (random.choice, "random.choice draws at random"),  # it is
        (lambda v: v * np.random.default_rng().normal(), "default_rng"),
        (lambda v: v * os.urandom(1)[0], "os.urandom draws at random"),
        (lambda v: v * time.time(), "time.time reads a clock"),
        (np.frombuffer, "np.frombuffer has no exact form"),
        (lambda v: sp.logsumexp(v, return_sign=True), "return_sign"),
        (lambda v: np.zeros(9, np.float32).__setitem__(0, v[0]), "float()"),
    ],
)
def test_what_cannot_be_proved_is_refused_by_name(draw, said):
    v = point()
    with pytest.raises(Unprovable) as refused:
        reach_of(v.record).stand_in(draw)(v)
    assert said in str(refused.value)


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


def test_a_windowed_view_cannot_be_written_to():
    v = point()
    windows = reach_of(v.record).stand_in(np.lib.stride_tricks.as_strided)(v, (8, 2), (8, 8))
    assert windows[3, 1].expr == v[4].expr
    with pytest.raises(ValueError, match="read-only"):
        windows[0, 0] = 1


def test_what_numpy_makes_inside_itself_is_exact_too():
    def backward(dO, x):
        return np.array([dO * np.prod(np.delete(x, i)) for i in range(x.size)])

    assert prove(np.prod, backward, shapes="(3)->()")
    assert prove(np.prod, lambda dO, x: 2 * backward(dO, x), shapes="(3)->()").verdict == "refused"
