"""A point nearby: difference quotients of several blocks at once, to both sides."""

import numpy as np
import pytest

from mlp.gradcheck.judge.spot import Spot
from mlp.gradcheck.pose import pose


def spot_of(forward, *point, **options):
    problem = pose(forward, forward, point, **options)
    return Spot(problem, problem.forward(), np.ones(1), 0.0)


def test_both_sides_of_a_tie_are_seen_along_both_arguments():
    spot = spot_of(lambda x, y: np.maximum(x, y).sum(), np.ones(1), np.ones(1))
    assert spot.quotients({0: np.ones(1), 1: -np.ones(1)}, 2.0**-20) == (1.0, -1.0)
    assert spot.quotients({0: np.ones(1), 1: np.ones(1)}, 2.0**-20) == (1.0, 1.0)


def test_there_is_no_slope_out_of_bounds_and_where_forward_raises():
    spot = spot_of(lambda x: x.sum(), np.ones(1), bounds=[(1, None)])
    right, left = spot.quotients({0: np.ones(1)}, 0.25)
    assert (right, np.isnan(left)) == (1.0, True)

    def positive(x):
        if (x < 1).any():
            raise ValueError("below 1")
        return x.sum()

    assert np.isnan(spot_of(positive, np.ones(1)).quotients({0: np.ones(1)}, 0.25)[1])


@pytest.mark.parametrize("h", [2.0**-10, 2.0**-20])
def test_of_a_plane_both_sides_are_its_slope(h):
    spot = spot_of(lambda x: (3 * x).sum(), np.ones(4))
    assert spot.quotients({0: np.ones(4)}, h) == (12.0, 12.0)
