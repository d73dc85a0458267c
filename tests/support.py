"""What the tests of the elementwise ops share: points, hard inputs, and the distance to the truth.

A truth is a function of one number in the arithmetic of ``oracle.mp``, 60 digits.
"""

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes
from oracle import exact, ulps

few = settings(max_examples=15)
seeds = st.integers(0, 2**32 - 1)
points = st.builds(
    lambda shape, seed: np.random.default_rng(seed).normal(size=shape),
    array_shapes(min_dims=0, max_dims=3, min_side=2, max_side=4),
    seeds,
)

ROOTS = (0.7517915246935645, 0.7524614220710163, 1.278464542761074)  # of the slopes of gelu, silu
WHERE_DIGITS_GO = (*ROOTS, 1, 5, 13, 20, 21, 37, 38, 88, 103, 373, 708, 745)


def hard_inputs(dtype):
    """Return finite numbers of both signs: all magnitudes, dense at roots and underflow points."""
    rng = np.random.default_rng(0)
    near = np.outer(WHERE_DIGITS_GO, 1 + rng.normal(size=5) * 10.0 ** -np.arange(1, 6))
    top = np.finfo(dtype).max / 2
    z = [[0, top, np.finfo(dtype).smallest_subnormal], WHERE_DIGITS_GO, near.ravel()]
    z += [np.geomspace(np.finfo(dtype).tiny, 1e4, 60), rng.uniform(0, 40, size=60)]
    z = np.concatenate(z).astype(dtype)
    return np.concatenate([z, -z])


def worst(function, truth, dtype=np.float64):
    """Return how far a function is off at its worst hard input, in ULPs, and that input."""
    Z = hard_inputs(dtype)
    return max((ulps(a, truth(exact(z))), z) for a, z in zip(function(Z), Z, strict=True))


def slope_of(op, **options):
    """Return the function Z ↦ backward(1, Z), the derivative that backward multiplies with."""
    return lambda Z: op.backward(np.ones_like(Z), Z, **options)
