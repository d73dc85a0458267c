"""Each explanation carries what supports it, and none holds for a right gradient."""

import numpy as np
import pytest
from probes import place_of, probe_of

from mlp.gradcheck.diagnosis.evidence import measured
from mlp.gradcheck.diagnosis.mistakes import CHEAP, MISTAKES, ignores_cotangent
from mlp.gradcheck.probe import compare

SHAPES = [(4, 3), (3, 3), (6,), ()]


def seen_of(change, shape=(4, 3)):
    x = np.random.default_rng(0).normal(size=shape)
    g = np.asarray(change(np.cos(x)))
    return measured(probe_of(np.sin, g, x))


def named(seen, mistakes=MISTAKES):
    """Return the names of all explanations that hold."""
    offered = (one for mistake in mistakes for one in mistake(seen))
    return [one.name for one in offered if seen.explained_by(one)]


@pytest.mark.parametrize("shape", SHAPES)
def test_no_explanation_holds_for_a_right_gradient(shape):
    assert named(seen_of(lambda g: g, shape)) == []


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("sign", np.negative),
        ("factor", lambda g: 3 * g),
        ("rolled", lambda g: np.roll(g, 1, axis=0)),
        ("permuted", lambda g: g[[1, 0, 3, 2]]),
        ("derivative missing", np.ones_like),
        ("mean missing", lambda g: g - g.mean(axis=0)),
    ],
)
def test_the_explanation_that_holds_first_is_the_mistake_that_was_made(name, change):
    assert named(seen_of(change))[0] == name


def test_a_square_gradient_may_be_transposed_and_a_long_one_may_not():
    assert named(seen_of(np.transpose, (3, 3)))[0] == "transpose"
    assert "transpose" not in named(seen_of(np.negative))


def test_a_factor_and_a_sign_need_no_jacobian():
    assert named(seen_of(np.negative), CHEAP) == ["sign"]
    assert {*CHEAP} < {*MISTAKES}


def test_an_ignored_cotangent_gives_the_same_gradient_for_the_opposite_one():
    x = np.array([0.3, 1.2])
    assert ignores_cotangent(probe_of(np.sin, np.cos(x), x))
    signed = place_of(np.sin, lambda dO, x: dO * np.cos(x), x)
    line = signed.line(signed.problem.blocks[0], np.ones(2), np.ones(2))
    assert not ignores_cotangent(compare(line, np.cos(x)))
