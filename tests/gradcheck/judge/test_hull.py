"""A point of the hull is found as it is; one outside gets the nearest, which no corner improves."""

import numpy as np
import pytest

from mlp.gradcheck.judge.hull import nearest

SQUARE = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])


@pytest.mark.parametrize(
    ("wanted", "found"),
    [((0.3, 0.4), (0.3, 0.4)), ((2, 0.5), (1, 0.5)), ((3, -1), (1, 0)), ((1, 1), (1, 1))],
)
def test_the_nearest_point_of_a_square(wanted, found):
    assert nearest(SQUARE, np.array(wanted, float)) == pytest.approx(found, abs=1e-12)


def test_of_one_corner_it_is_that_corner():
    assert nearest(SQUARE[:1], np.array([2.0, 3.0])).tolist() == [0, 0]


@pytest.mark.parametrize("seed", range(20))
def test_no_corner_lies_on_the_side_of_the_point_wanted(seed):
    rng = np.random.default_rng(seed)
    corners, wanted = rng.normal(size=(30, 6)), 2 * rng.normal(size=6)
    found = nearest(corners, wanted)
    assert ((corners - found) @ (wanted - found)).max() < 1e-9
    mean = rng.dirichlet(np.ones(30)) @ corners
    assert nearest(corners, mean) == pytest.approx(mean, abs=1e-7)


def test_corners_that_repeat_do_no_harm():
    corners = np.repeat(SQUARE, 3, axis=0)
    assert nearest(corners, np.array([2.0, 0.25])) == pytest.approx([1, 0.25], abs=1e-12)
