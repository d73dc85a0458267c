"""Points nearby: at the distance asked for, inside the bounds, where forward has a value."""

import numpy as np
import pytest
from probes import place_of

from mlp.gradcheck.judge.nearby import place_nearby

X = np.array([1.0, 2.0])


def moved(forward=np.sin, x=X, distance=1.0, seed=0, bounds=None, **options):
    """Return the first argument at a point elsewhere, None where there is no such place."""
    place = place_of(forward, np.multiply, x, bounds=bounds)
    found = place_nearby(place, np.random.default_rng(seed), distance, **options)
    return found and found.problem.blocks[0].value


@pytest.mark.parametrize("distance", [2.0**-10, 1.0, 16.0])
def test_points_elsewhere_stay_inside_the_bounds(distance):
    there = moved(np.log, distance=distance, bounds=[(1, None)])
    assert (there >= 1).all()
    assert (there != X).any()


@pytest.mark.parametrize("distance", [2.0**-10, 1.0, 16.0])
def test_every_entry_moves_by_half_to_three_halves_of_the_distance(distance):
    step = np.abs(moved(distance=distance) - X) / (2 * distance)  # 2 is the scale of X
    assert (step > 0.499).all()
    assert (step < 1.501).all()


def test_the_opposite_point_lies_opposite():
    assert moved(turn=-1) - X == pytest.approx(X - moved())


def test_what_nothing_is_differentiated_by_stays_unless_everything_is_to_move():
    place = place_of(np.add, np.multiply, X, 3 * X, wrt=0)
    for everything in (False, True):
        there = place_nearby(place, np.random.default_rng(0), 1.0, everything=everything)
        assert (there.problem.point[1] != 3 * X).any() is np.bool_(everything)


def raises_elsewhere(x):
    if not np.array_equal(x, X):
        raise ValueError("elsewhere")
    return x


@pytest.mark.parametrize("forward", [raises_elsewhere, lambda x: np.where(x == X, x, np.nan)])
def test_where_forward_has_no_value_there_is_no_place(forward):
    assert moved(forward) is None
