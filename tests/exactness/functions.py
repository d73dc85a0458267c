"""What the elementwise functions and their derivatives really are: a number in, 60 digits out.

Written so that nothing cancels: sums have terms of one sign, but for the slopes of the gated units
at their one root, where the nearest double leaves 40 of the 60 digits. ``BLIND`` holds the textbook
definitions, which cancel without shame: with thousands of digits they must agree.
"""

from oracle import mp


def near(z):
    """Return z, or ±10⁶, beyond which every gate is open or shut to 10⁵ digits."""
    return max(-(10**6), min(z, 10**6))


def sigmoid(z):
    return 1 / (1 + mp.exp(-near(z)))


def sigmoid_slope(z):
    return 1 / (mp.exp(near(z)) + 2 + mp.exp(-near(z)))


def tanh_slope(z):
    return 4 * sigmoid_slope(2 * z)


def elu(z):
    return z if z > 0 else mp.expm1(near(z))


def elu_slope(z):
    return mp.exp(near(min(z, 0)))


def softplus(z):
    return max(z, 0) + mp.log1p(mp.exp(-near(abs(z))))


def gated(z, v, vdot):
    """Return z σ(v) and its slope, where v depends on z with the slope vdot."""
    return z * sigmoid(v), sigmoid(v) * (1 + z * vdot * sigmoid(-v))


def cdf(z):
    return mp.erfc(-z / mp.sqrt(2)) / 2


def density(z):
    return mp.exp(-z * z / 2) / mp.sqrt(2 * mp.pi)


def cubic(z):
    """Return v = √(8/π) (z + 0.044715 z³) and its slope."""
    z, a = near(z), mp.mpf(44715) / 10**6
    return mp.sqrt(8 / mp.pi) * (z + a * z**3), mp.sqrt(8 / mp.pi) * (1 + 3 * a * z**2)


def gelu_slope(z):
    z = max(-(10**4), min(z, 10**4))
    return cdf(z) + z * density(z)


TRUTH = {  # name: the function and its derivative
    "identity": (lambda z: z, lambda _: 1),
    "sigmoid": (sigmoid, sigmoid_slope),
    "tanh": (lambda z: mp.tanh(near(z)), tanh_slope),
    "relu": (lambda z: max(z, 0), lambda z: int(z > 0)),
    "leaky_relu": (lambda z: z if z > 0 else z * mp.mpf(0.01), lambda z: 1 if z > 0 else 0.01),
    "elu": (elu, elu_slope),
    "softplus": (softplus, sigmoid),
    "silu": (lambda z: gated(z, z, 1)[0], lambda z: gated(z, z, 1)[1]),
    "gelu": (lambda z: z * cdf(max(-(10**4), min(z, 10**4))), gelu_slope),
    "gelu_tanh": (lambda z: gated(z, *cubic(z))[0], lambda z: gated(near(z), *cubic(z))[1]),
}
