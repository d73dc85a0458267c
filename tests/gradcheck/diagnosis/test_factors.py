"""A factor is named by the number that it equals, and by none that it does not."""

import numpy as np
import pytest
from probes import probe_of

from mlp.gradcheck.diagnosis.evidence import measured
from mlp.gradcheck.diagnosis.factors import FACTORS, expit, factor_named

RATE = 0.37
X = np.random.default_rng(0).normal(size=(5, 3))


def scaled(x):
    return RATE * np.sin(x) + 0.0 * 0.81


SEEN = measured(probe_of(scaled, RATE * np.cos(X), X))


@pytest.mark.parametrize(
    ("c", "said"),
    [
        (5.0, "; 5 is n, the batch size: mean or sum?"),
        (1 / 3, "; it is 1/3; 3 is x.shape[1]"),
        (3**0.5, "; it is √3; 3 is x.shape[1]"),
        (RATE, "; it is RATE, 0.37"),
        (1 / RATE, "; it is 1/RATE, 0.37"),
        (1.234, ""),
        (5.0001, ""),
    ],
)
def test_a_factor_is_the_number_that_it_equals(c, said):
    assert factor_named(SEEN, c).startswith(said)
    assert bool(factor_named(SEEN, c)) == bool(said)


def test_functions_of_an_argument_are_the_slopes_of_what_it_stands_for():
    x, h = np.array([0.3, 1.7]), 1e-6
    slopes = {
        "exp({})": np.exp,
        "1/{}": np.log,
        "1/(2 √{})": np.sqrt,
        "2 {}": np.square,
        "σ({0}) (1 - σ({0}))": expit,
        "1 - tanh({})²": np.tanh,
    }
    for spelled, stands_for in slopes.items():
        slope = (stands_for(x + h) - stands_for(x - h)) / (2 * h)
        assert FACTORS[spelled](x) == pytest.approx(slope, rel=1e-8)
