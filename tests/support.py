"""What the tests of the ops share: points, hard inputs, and the distance to the truth.

A truth is a function of one number in the arithmetic of ``oracle.mp``, 60 digits.
"""

import numpy as np
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes
from oracle import exact, mp, ulps

from mlp.ops import softmax

few = settings(max_examples=15)
# as given_points has it where a test has no settings; to explain a failure took half a minute
UNEXPLAINED = [phase for phase in Phase if phase is not Phase.explain]
sizes = st.integers(2, 6)
seeds = st.integers(0, 2**32 - 1)
points = st.builds(
    lambda shape, seed: np.random.default_rng(seed).normal(size=shape),
    array_shapes(min_dims=0, max_dims=3, min_side=2, max_side=4),
    seeds,
)

ROOTS = (0.7517915246935645, 0.7524614220710163, 1.278464542761074)  # of the slopes of gelu, silu
WHERE_DIGITS_GO = (*ROOTS, 1, 5, 13, 20, 21, 37, 38, 88, 103, 373, 708, 745)


def soft(rng, n, c):
    """Draw n rows of c probabilities."""
    return softmax.forward(rng.normal(size=(n, c)))


def hard_inputs(dtype):
    """Return finite numbers of both signs: all magnitudes, dense at roots and underflow points."""
    rng = np.random.default_rng(0)
    near = np.outer(WHERE_DIGITS_GO, 1 + rng.normal(size=5) * 10.0 ** -np.arange(1, 6))
    top = np.finfo(dtype).max / 2
    z = [[0, top, np.finfo(dtype).smallest_subnormal], WHERE_DIGITS_GO, near.ravel()]
    z += [np.geomspace(np.finfo(dtype).tiny, 1e4, 60), rng.uniform(0, 40, size=60)]
    z = np.concatenate(z).astype(dtype)
    return np.concatenate([z, -z])


def near_zero(count):
    """Return numbers of both signs below 1/256."""
    rng = np.random.default_rng(0)
    return np.exp2(rng.uniform(-30, -8, size=count)) * rng.choice([-1, 1], size=count)


def worst(function, truth, dtype=np.float64, Z=None):
    """Return how far a function is off at its worst input, in ULPs, and that input: a hard one."""
    Z = hard_inputs(dtype) if Z is None else Z
    return max((ulps(a, truth(exact(z))), z) for a, z in zip(function(Z), Z, strict=True))


def series_of(truth):
    """Return the coefficients of 1, z, z², z⁴ and z⁶ in the Taylor series of a function at 0."""
    series = mp.taylor(truth, 0, 6)
    return [float(series[k]) for k in (0, 1, 2, 4, 6)]


def slope_of(op, **options):
    """Return the function Z ↦ backward(1, Z), the derivative that backward multiplies with."""
    return lambda Z: op.backward(np.ones_like(Z), Z, **options)
