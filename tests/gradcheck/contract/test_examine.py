"""What every backward owes its forward, found before any arithmetic."""

import numpy as np
import pytest
from probes import X, contract_of, cosine

from mlp.gradcheck.contract.examine import examine_forward
from mlp.gradcheck.line import DOUBLE, HALF, SINGLE
from mlp.gradcheck.pose import pose

RNG = np.random.default_rng


def forward_of(forward, *point):
    """Return the place and the kinds of what is found in a forward."""
    place, found = examine_forward(pose(forward, cosine, point), RNG(0))
    return place, [f.kind for f in found]


def test_nothing_is_found_where_the_contract_is_kept():
    assert forward_of(np.sin, X)[1] == []
    assert contract_of(cosine) == (True, [])


def test_a_forward_that_returns_nothing_or_nothing_finite_is_no_place():
    for kind, forward in {"vacuous": lambda x: x[:0], "nonfinite": lambda x: x / 0}.items():
        assert forward_of(forward, X) == (None, [kind])


def test_hidden_state_shows_after_a_visit_elsewhere():
    seen = [0.0]

    def remembers(x):
        last, seen[0] = seen[0], x[0, 0]
        return np.sin(x) + last

    assert forward_of(remembers, X) == (None, ["nondeterminism"])


def test_a_small_waver_is_measured_and_allowed_for():
    noise = RNG(0)
    place, found = forward_of(lambda x: np.sin(x) + 1e-10 * noise.normal(size=x.shape), X)
    assert found == ["nondeterminism"]
    assert 1e-12 < place.jitter < 1e-9


@pytest.mark.parametrize(
    ("unit", "forward"),
    [
        (DOUBLE, np.sin),
        (SINGLE, lambda x: np.sin(x.astype(np.float32))),
        (SINGLE, lambda x: np.sin(x.astype(np.float32)).astype(np.float64)),
        (HALF, lambda x: np.sin(x.astype(np.float16)).astype(np.float64)),
        (DOUBLE, np.round),
    ],
)
def test_the_precision_inside_forward_shows_in_its_results(unit, forward):
    assert forward_of(forward, X)[0].unit == unit
