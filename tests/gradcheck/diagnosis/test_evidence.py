"""It holds if it explains every entry within its bar, and errors that stand out of it."""

import numpy as np
import pytest
from probes import probe_of

from mlp.gradcheck.diagnosis.evidence import (
    FEWEST,
    WHOLE,
    Explanation,
    index_of,
    measured,
    recalled,
)
from mlp.gradcheck.diagnosis.locate import locate


def seen_of(factor, shape=(3, 4)):
    x = np.random.default_rng(0).normal(size=shape)
    g = factor * np.cos(x)
    return measured(probe_of(np.sin, g, x))


def test_what_is_measured_is_the_gradient_itself():
    seen = seen_of(2)
    assert (np.abs(seen.numeric - np.cos(seen.x)) <= seen.bar).all()
    assert (seen.bar < 1e-9).all()
    assert seen.off.all()
    assert not seen_of(1).off.any()


@pytest.mark.parametrize(
    ("shape", "axes"), [((3, 4), (3, 4)), ((5, 100), (5, 12)), ((12, 12), (8, 8)), ((400,), (64,))]
)
def test_of_a_large_argument_a_grid_is_measured(shape, axes):
    seen = seen_of(2, shape)
    assert tuple(a.size for a in seen.axes) == axes
    assert FEWEST <= seen.by_hand.size <= WHOLE


def test_an_explanation_must_explain_every_entry_and_sharply():
    seen = seen_of(2)
    bar = np.abs(seen.bar)
    assert seen.explained_by(Explanation("factor", "", 2 * seen.numeric, 2 * bar))
    assert not seen.explained_by(Explanation("factor", "", 2.001 * seen.numeric, 2 * bar))
    assert not seen.explained_by(Explanation("blunt", "", 2 * seen.numeric, bar + 1))
    unknown = np.where(np.arange(12).reshape(3, 4) < 6, np.inf, bar)
    assert not seen.explained_by(Explanation("half unknown", "", 2 * seen.numeric, unknown))


def test_a_right_gradient_supports_no_explanation():
    seen = seen_of(1)
    assert not seen.explained_by(Explanation("nothing", "", seen.numeric, seen.bar))


def test_what_the_search_measured_is_recalled():
    x = np.random.default_rng(0).normal(size=(3, 4))
    g = np.cos(x)
    g[[0, 2], [1, 3]] *= 2
    probe = probe_of(np.sin, g, x)
    located = locate(probe)
    assert [a.tolist() for a in index_of(probe, located)] == [[0, 2], [1, 3]]
    seen = recalled(probe, located)
    assert (seen.by_hand == g[[0, 2], [1, 3]]).all()
    assert (seen.x == x[[0, 2], [1, 3]]).all()
