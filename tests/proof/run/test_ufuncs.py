"""Ufuncs by their definitions, in place, and refused by name."""

import numpy as np
import pytest
import scipy.special as sp
from proof.run.exactly import agrees, point
from scipy import stats

from mlp.proof.run.symbolic import Unprovable


def is_plain(v):
    return v.__class__ is np.ndarray


BY_DEFINITION = {
    "logaddexp": np.logaddexp,
    "logaddexp of a masked score": lambda a, b: np.logaddexp(np.where([1, 0, 1], a, -np.inf), b),
    "arctan2 on every side": lambda a, b: np.arctan2(a - 0.5, b - 0.9),
    "hypot": np.hypot,
    "cbrt": lambda a, b: np.cbrt(a - b),
    "copysign": lambda a, b: np.copysign(a, b - 1),
    "heaviside": lambda a, b: np.heaviside(a - 0.5, 0.5) * b,
    "arcsin and arccos": lambda a, b: np.arcsin(a) + np.arccos(a) * b,
    "arctanh and arccosh": lambda a, b: np.arctanh(a) + np.arccosh(b + 1),
    "isfinite": lambda a, b: np.where(np.isfinite(a) & ~np.isnan(b), a, b),
    "expit": lambda a, b: sp.expit(a - b),
    "erf": lambda a, b: sp.erf(a) - sp.erfc(b),
    "ndtr": lambda a, b: sp.ndtr(a - b),
    "xlogy": lambda a, b: sp.xlogy(a, b) + sp.xlogy([0, 1, 0], b - 0.5),
    "xlog1py": sp.xlog1py,
    "entr": lambda a, b: sp.entr(a) + sp.rel_entr(a, b) + sp.kl_div(a, b),
    "huber": lambda a, b: sp.huber(0.4, a - b) + sp.pseudo_huber(0.5, b),
    "logit": lambda a, b: sp.logit(a) + sp.log_expit(b),
    "where= with out=": lambda a, b: np.log(a - 0.3, out=np.zeros_like(b), where=a > 0.3),
}


@pytest.mark.parametrize("name", BY_DEFINITION)
def test_a_ufunc_is_its_definition(name):
    assert agrees(lambda v: BY_DEFINITION[name](v[:3], v[3:6]))


def test_a_wrong_definition_does_not_agree():
    assert not agrees(lambda v: stats.logistic.cdf(v) if is_plain(v) else sp.ndtr(v))
    assert not agrees(lambda v: v + is_plain(v))


MASK = np.array([[True, False, True], [False, True, True], [True, True, False]])


@pytest.mark.parametrize(
    "reduced",
    [
        lambda A: np.sum(A, axis=1, where=MASK),
        lambda A: A.prod(where=A > 0.5),
        lambda A: A.mean(axis=0, where=MASK[:1].T),
        lambda A: np.var(A, axis=-1, ddof=1, where=MASK, keepdims=True),
        lambda A: np.max(A, axis=1, where=MASK, initial=-np.inf),
        lambda A: np.sum(A, axis=0, where=MASK, initial=2.5),
        lambda A: np.logaddexp.reduce(A, axis=(0, 1)),
        lambda A: np.logaddexp.reduce(A, axis=1, where=MASK, initial=0.5),
        lambda A: np.hypot.reduce(A, axis=1, where=MASK),
        lambda A: np.where([np.any(A), np.all(A), np.any(A < 0)], A[0], 0),
    ],
)
def test_a_reduction_of_a_part_of_the_entries(reduced):
    assert agrees(lambda v: reduced(v.reshape(3, 3)))


def test_what_is_added_at_places_that_come_twice_arrives():
    def scattered(v):
        g = np.zeros_like(v[:2])
        np.add.at(g, [0, 1, 0], v[:3])
        np.subtract.at(v, [0, 0], v[5])
        np.exp.at(v, [1])
        return g, v

    assert agrees(scattered)


@pytest.mark.parametrize(
    "in_place",
    [
        lambda v: np.add(v, 1, out=v),
        lambda v: v.__imul__(3),
        lambda v: np.minimum(v, 0.5, out=v[::1]),
        lambda v: np.maximum.accumulate(v, out=v),
        lambda v: np.logaddexp(v, 1, out=v),
        lambda v: np.isfinite(v, out=v),
    ],
)
def test_what_works_in_place_reaches_the_array(in_place):
    def run(v):
        held = v.copy()
        in_place(held)
        return held

    assert agrees(run)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (np.floor, r"np.floor: floor\(\) needs a number"),
        (lambda v: np.remainder(v, 1), r"np.remainder: % needs a number"),
        (lambda v: np.nextafter(v, 1), r"np.nextafter: has no exact form"),
        (np.modf, r"np.modf has no exact form"),
        (np.power.reduce, r"np.power.reduce is not what it says"),
        (lambda v: np.add(v, 1, dtype=np.float32), r"np.add with dtype=float32"),
        (lambda v: np.add(v, 1, out=np.ones(9)), r"np.add would write exact numbers into"),
        (lambda v: np.add.at(np.ones(9), [0], v[:1]), r"np.add.at would write exact numbers"),
        (lambda v: np.less.at(v, [0], 1), r"np.less.at would write truths"),
        (lambda v: np.log(v, where=v > 1), r"np.log with where= leaves entries unfilled"),
    ],
)
def test_what_has_no_exact_form_is_refused_by_name(call, said):
    with pytest.raises(Unprovable, match=said):
        call(point())
