"""One differentiated array: its bounds and its scale."""

import math

import numpy as np
import pytest
from posed import X, affine, posed

from mlp.gradcheck.block import power_of_two


@pytest.mark.parametrize(
    ("bounds", "inside", "outside"),
    [
        ((-1, 4), [-1, 0, 4], [-1, 0, 4.1]),
        ((None, 4), [-1e300, 0, 4], [0, 0, 5]),
        ((0, None), [0, 1, 1e300], [0, -1e-300, 1]),
        ((np.array([0, 1, 2]), 9), [0, 1, 2], [0, 1, 1]),
        (None, [-1e300, 0, 1e300], None),
    ],
)
def test_bounds_are_closed_and_none_is_no_bound(bounds, inside, outside):
    (block,) = posed(np.sin, point=(np.array([2.0, 2.0, 2.0]),), bounds=[bounds]).blocks
    assert block.inside(np.array(inside, dtype=float))
    assert outside is None or not block.inside(np.array(outside, dtype=float))


@pytest.mark.parametrize(
    ("size", "power"), [(1.0, 1.0), (1.5, 1.0), (0.3, 0.25), (0.0, 0.0), (1e-301, 0.0)]
)
def test_the_power_of_two_below_a_size(size, power):
    assert power_of_two(size) == power
    assert power == 0 or math.frexp(power)[0] == 0.5


def test_the_scale_of_a_block_is_that_of_its_largest_entry():
    zero, large = posed(affine, point=(np.zeros((2, 2)), 5 * np.eye(2), X[0, :2])).blocks[:2]
    assert (zero.scale, large.scale) == (1.0, 4.0)
