"""The left tails of the gated units, to the last digits:  f(−t) and f'(−t) for t ≥ 0, in float64.

For f(z) = z·gate(z) with gate(z) + gate(−z) = 1, this is all that silu and gelu need:

    f(z) = max(z, 0) + f(−|z|)          f'(z) = 1 − f'(−z)

Every tail is a well-behaved factor times exp(−v(t)), and its slope has a root, which anchors it.
Near 0 a few terms of the series are a half, or half of z, and a small rest: one sum rounds visibly.
What symbols cannot run through is here and nowhere else: rounded constants, splits and two tables,
each pinned by tests. Derived in derivations/03-activations.md.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from mlp.shapes import Array

# One root per unit, where f'(−t) = 0: the nearest double, and what that rounding took away.
SILU_ROOT, SILU_REST = 1.2784645427610737, 1.0946994183093437e-16
SILU_E = 0.2784645427610738  # e⁻ᵛ at the root
GELU_ROOT, GELU_REST = 0.7517915246935645, -1.4956759177009883e-17
TANH_ROOT, TANH_REST = 0.7524614220710163, -3.635560509207687e-17
TANH_E = 0.29195521191476714

# v(t) = K₁ t + K₃ t³ of gelu's tanh form, K₁ = √(8/π) and K₃ = 0.044715 K₁, and a short part of
# each: with t on a grid of 1/256 their products are exact.
K1, K1_SHORT, K1_REST = 1.5957691216057308, 209161 / 2**17, -2.6679450505382404e-06
K3, K3_SHORT, K3_REST = 0.07135481627260025, 9353 / 2**17, -2.9107781810012236e-06

ROOT_2PI = 2.5066282746310007  # √(2π)

# Two nearly flat functions of t as polynomials in u = 2.25 t/(t + 5) − 1, which carries 0 ≤ t ≤ 40
# to −1 ≤ u ≤ 1: truncated Chebyshev series, multiplied out, highest power first.
MILLS = (  # Φ(−t) e^(t²/2) (2 + √(2π) t), from 1 up to 1.19 and down towards 1
    *(1.4417176798555708e-10, 4.5239694881495843e-10, -1.700356340059845e-09),
    *(-6.450955103659782e-09, 1.3034686245734913e-08, 6.077529204053554e-08),
    *(-1.049582638716165e-07, -5.152798232205453e-07, 1.1076343229073605e-06),
    *(4.035311981098061e-06, -1.4494978292195097e-05, -2.069621854901494e-05),
    *(0.00019110282384460467, -0.00023242764097979008, -0.0015454168648936701),
    *(0.009329872311700991, -0.02846321327313167, 0.05917437557056254),
    *(-0.08737385432318046, 0.08186495063848023, -0.008570532494375144),
    *(-0.14046423016739398, 1.1354308142581806),
)
SLOPE = (  # f'(−t) e^(t²/2) / (root − t), from 0.67 down towards 0.40
    *(2.0609109305493988e-11, -3.473898318064584e-11, -3.046231166246939e-10),
    *(4.425409001371231e-10, 3.1176259831912777e-09, -4.59815050930597e-09),
    *(-3.0002636409902474e-08, 6.114571631628436e-08, 2.7687788256160335e-07),
    *(-1.0129059930070517e-06, -1.7527469336470555e-06, 1.7015380390815423e-05),
    *(-2.3541451896678986e-05, -0.00017870044429203785, 0.0012995724007943373),
    *(-0.004983998154015104, 0.01394030743494703, -0.03119805824885098),
    *(0.05827790964893583, -0.09302930866976138, 0.4622112440495753),
)

NEAR = 2.0**-8  # there the first term that a series leaves out is below 2⁻⁶⁰ of its sum
BLOCK = 2**13  # numbers at a time: the many short-lived arrays below then stay in the cache

Elementwise = Callable[[Array], Array]


class Unit(NamedTuple):
    """A gated unit: f(−t), f'(−t), and the a, b, c of f(z) = z/2 + a z² + b z⁴ + c z⁶ near 0."""

    tail: Elementwise
    tail_slope: Elementwise
    series: tuple[float, float, float]


def value(Z: Array, unit: Unit) -> Array:
    """Return f(Z), computed in float64 and rounded once to the dtype of Z."""
    a, b, c = unit.series

    def both_sides(z: Array) -> Array:
        t = np.abs(z)
        A: Array = np.maximum(z, 0) + unit.tail(t)
        near = np.flatnonzero(t < NEAR)
        z = z[near]
        w = z * z
        A[near] = z / 2 + w * (a + w * (b + w * c))
        if Z.dtype == np.float32:  # half of a subnormal number may be a tie: f(z) lies above z/2
            A = np.where(t < 1e-30, np.nextafter(A, 1), A)
        return A

    return _in_blocks(both_sides, Z)


def slope(Z: Array, unit: Unit) -> Array:
    """Return f'(Z), computed in float64 and rounded once to the dtype of Z."""
    a, b, c = unit.series

    def both_sides(z: Array) -> Array:
        t = np.abs(z)
        left = unit.tail_slope(t)
        A = np.where(z < 0, left, 1 - left)
        near = np.flatnonzero(t < NEAR)
        z = z[near]
        w = z * z
        A[near] = 1 / 2 + z * (2 * a + w * (4 * b + w * (6 * c)))
        return A

    return _in_blocks(both_sides, Z)


def _in_blocks(f: Elementwise, Z: Array) -> Array:
    if Z.dtype == object:
        raise TypeError("tails are made of floats, the definition is not")
    z, A = Z.reshape(-1), np.empty(Z.size, Z.dtype)
    for i in range(0, Z.size, BLOCK):
        A[i : i + BLOCK] = f(z[i : i + BLOCK].astype(np.float64))
    return A.reshape(Z.shape)


def silu(t: Array) -> Array:
    """Return f(−t) = −t e⁻ᵗ / (1 + e⁻ᵗ)."""
    t = np.minimum(t, 800)  # e⁻⁸⁰⁰ is 0 already, and 0·∞ is not met; likewise below
    a, b = decay(t)
    return -t * a * b / (1 + a * b)


def silu_slope(t: Array) -> Array:
    """Return f'(−t) = (1 + e⁻ᵗ − t) e⁻ᵗ / (1 + e⁻ᵗ)², the first factor as a sum of like signs."""
    t = np.minimum(t, 800)
    a, b = decay(t)
    d = (t - SILU_ROOT) - SILU_REST
    return logistic_slope(SILU_E * np.expm1(-d) - d, a, b)


def gelu(t: Array) -> Array:
    """Return f(−t) = −t Φ(−t)."""
    t = np.minimum(t, 40)
    a, b = normal_decay(t)
    return -t * (np.polyval(MILLS, compressed(t)) / (2 + ROOT_2PI * t)) * a * b


def gelu_slope(t: Array) -> Array:
    """Return f'(−t) = Φ(−t) − t φ(t)."""
    t = np.minimum(t, 40)
    a, b = normal_decay(t)
    d = (t - GELU_ROOT) - GELU_REST
    return -d * np.polyval(SLOPE, compressed(t)) * a * b


def gelu_tanh(t: Array) -> Array:
    """Return f(−t) = −t e⁻ᵛ / (1 + e⁻ᵛ), v = K₁ t + K₃ t³."""
    t = np.minimum(t, 22)
    a, b = cubic_decay(t)
    return -t * a * b / (1 + a * b)


def gelu_tanh_slope(t: Array) -> Array:
    """Return f'(−t) = (1 + e⁻ᵛ − t v') e⁻ᵛ / (1 + e⁻ᵛ)², the first factor as in silu."""
    t = np.minimum(t, 22)
    a, b = cubic_decay(t)
    d = (t - TANH_ROOT) - TANH_REST
    s = t * t + t * TANH_ROOT + TANH_ROOT**2  # t³ − root³ = d s
    return logistic_slope(TANH_E * np.expm1(-d * (K1 + K3 * s)) - d * (K1 + 3 * K3 * s), a, b)


def logistic_slope(factor: Array, a: Array, b: Array) -> Array:
    """Return factor · e / (1 + e)² for e = a b."""
    e = a * b
    return factor * a * b / (1 + e * (2 + e))


def decay(v: Array) -> tuple[Array, Array]:
    """Return e⁻ᵛ as a · b, one factor at a time: a product with both underflows only at its end."""
    far = v > 700  # the last normal number is e⁻⁷⁰⁸
    a = np.exp(-v / np.where(far, 2, 1))
    return a, np.where(far, a, 1)


def normal_decay(t: Array) -> tuple[Array, Array]:
    """Return e^(−t²/2) like decay, from t² = s² + r (t + s): an exact square and a small rest."""
    s, r = on_grid(t)
    a, b = decay(s * s / 2)
    return a + a * np.expm1(-r * (t + s) / 2), b


def cubic_decay(t: Array) -> tuple[Array, Array]:
    """Return e⁻ᵛ like decay: the short constants make v(s) exact but for a small rest."""
    s, r = on_grid(t)
    a, b = decay((K1_SHORT + K3_SHORT * s * s) * s)
    rest = (K1_REST + K3_REST * s * s) * s + r * (K1 + K3 * (3 * s * t + r * r))
    return a + a * np.expm1(-rest), b


def compressed(t: Array) -> Array:
    """Return the u of the tables."""
    return 2.25 * t / (t + 5) - 1


def on_grid(t: Array) -> tuple[Array, Array]:
    """Split t into the nearest multiple of 1/256 and the rest, both exact."""
    s = np.round(256 * t) / 256
    return s, t - s


# z times the gate's own series: 1/2 + v/4 − v³/48 + v⁵/480 of σ(v), or that of Φ.
SILU = Unit(silu, silu_slope, (1 / 4, -1 / 48, 1 / 480))
GELU = Unit(gelu, gelu_slope, (1 / ROOT_2PI, -1 / (6 * ROOT_2PI), 1 / (40 * ROOT_2PI)))
GELU_TANH = Unit(
    gelu_tanh,
    gelu_tanh_slope,
    (K1 / 4, K3 / 4 - K1**3 / 48, K1**5 / 480 - K1**2 * K3 / 16),
)
