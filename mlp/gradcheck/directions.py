"""Directions and cotangents that are drawn, and what they make of a gradient.

Entries are ±U(½, 3/2): never near 0, where an error would hide, and never of one size, where two
errors would cancel. An error E of a gradient is then missed with a probability of at most
τ / max|E| for a resolution τ, whatever its dimension. The entries are multiples of 2⁻¹⁰, so that
x + t d is exact down to the finest step.

Tested in tests/gradcheck/test_directions.py.
"""

import math

import numpy as np

from mlp.gradcheck.block import Anything, Block, Vector

BITS, SINGLE_BITS = 10, 3  # of a direction's entries
QUANTUM = 2.0 ** (1 - BITS)  # of which a cotangent's entries are multiples
MANY = 10**5  # entries beyond which a second draw costs more than it helps
TRIES = 4  # directions drawn, of which the one along which the gradient shows best is used


def signed_uniform(rng: np.random.Generator, like: Anything, bits: int) -> Anything:
    """Draw ±U(½, 3/2) in multiples of 2^-bits, in the shape, dtype and memory order given."""
    low, high = 2 ** (bits - 1), 3 * 2 ** (bits - 1)
    drawn = np.empty_like(like)
    drawn[...] = rng.integers(low, high, size=like.shape, dtype=np.int32, endpoint=True)
    drawn *= 2.0**-bits
    np.negative(drawn, out=drawn, where=rng.integers(2, size=like.shape, dtype=np.int8) == 1)
    return drawn


def cotangent(rng: np.random.Generator, size: int) -> Vector:
    """Draw a cotangent, in few enough bits to be exact in half precision too."""
    return signed_uniform(rng, np.empty(size), BITS - 1)


def direction(rng: np.random.Generator, block: Block, gradient: Anything) -> Anything:
    """Draw a direction along which this gradient shows well, pointing into the bounds."""
    bits = SINGLE_BITS if block.single else BITS
    bits -= block.chart is not None  # the mean of two entries needs one more
    best, shown = block.value, -1.0
    for _ in range(TRIES if gradient.size < MANY else 1):
        d = _inward(block, signed_uniform(rng, block.value, bits))
        if abs(product(gradient, d)) > shown:
            best, shown = d, abs(product(gradient, d))
    return best


def axis(like: Anything, i: int) -> Anything:
    """Return the direction of entry i alone, counted in C order."""
    d = np.zeros_like(like)
    d.flat[i] = 1
    return d


def _inward(block: Block, d: Anything) -> Anything:
    if block.low is not None:
        d[...] = np.where(block.value == block.low, abs(d), d)
        d[...] = np.where(block.value == block.high, -abs(d), d)
    if block.fixed is not None:
        d[block.fixed] = 0
    return d


def product(gradient: Anything, d: Anything) -> float:
    """Return ⟨gradient, d⟩ in double precision."""
    return float(np.vdot(*(a.astype(np.float64, copy=False) for a in (gradient, d))))


def largest(a: Anything) -> float:
    """Return the largest magnitude in an array, of a large one without a copy."""
    if a.size < MANY:
        return float(np.abs(a).max(initial=0.0))
    return max(float(a.max()), -float(a.min()))


def length(a: Anything) -> float:
    """Return the Euclidean norm of an array, where squares of its entries overflow too."""
    doubles = a.astype(np.float64, copy=False)
    norm = float(np.linalg.norm(doubles))
    most = largest(doubles) if norm in {0.0, math.inf} else 0.0
    return most * float(np.linalg.norm(doubles / most)) if 0 < most < math.inf else norm
