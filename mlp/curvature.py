"""The second derivative σ''(Z) of each activation, a line each, for Hessian-vector products.

    identity, relu, leaky_relu    0, away from the kink
    tanh        −2 tanh z sech² z           sigmoid     −σ'(z) tanh(z/2)
    softplus    σ'(z), of the sigmoid       elu         eᶻ where z ≤ 0, else 0
    silu        σ'(z) (2 − z tanh(z/2))     gelu        φ(z) (2 − z²), φ the normal density

Options stand at their defaults.

Derived in derivations/09-hessian-vector-product.md, tested in tests/test_curvature.py.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from mlp import ops
from mlp.inputs import demand
from mlp.op import name_of
from mlp.ops import Activation, activation_of
from mlp.rows import ieee
from mlp.shapes import Array, shapes

SECOND: dict[Any, Callable[[Array], Array]] = {
    ops.identity: lambda Z: 0 * Z,
    ops.relu: lambda Z: 0 * Z,
    ops.leaky_relu: lambda Z: 0 * Z,
    ops.elu: lambda Z: np.where(Z > 0, 0 * Z, np.exp(np.minimum(Z, 0 * Z))),
    ops.tanh: lambda Z: -2 * np.tanh(Z) * ops.tanh.backward(1 + 0 * Z, Z),
    ops.sigmoid: lambda Z: -np.tanh(Z / 2) * ops.sigmoid.backward(1 + 0 * Z, Z),
    ops.softplus: lambda Z: ops.sigmoid.backward(1 + 0 * Z, Z),
    ops.silu: lambda Z: (2 - Z * np.tanh(Z / 2)) * ops.sigmoid.backward(1 + 0 * Z, Z),
    ops.gelu: lambda Z: (2 - Z * Z) * np.exp(-Z * Z / 2) / math.sqrt(2 * math.pi),
}


def curvature(activation: Activation | str, Z: Array) -> Array:
    """Return σ''(Z), elementwise, of an activation in the table or its name.

    Raises ``ValueError`` for another activation, ``TypeError`` for what is no array of numbers.
    """
    sigma = activation_of(activation, "curvature") if isinstance(activation, str) else activation
    known = ", ".join(map(name_of, SECOND))
    fits = any(sigma is op for op in SECOND)
    demand("curvature", "activation", activation, fits, f"be one of {known}")
    given: Any = Z
    if isinstance(given, np.ndarray) and not given.dtype.isnative:  # 1 + 0 Z would be
        Z = given.astype(given.dtype.newbyteorder("="))
    return curve(Z, second=SECOND[sigma])


@shapes("(...)->(...)")
@ieee
def curve(Z: Array, *, second: Callable[[Array], Array]) -> Array:
    """Return a line of the table at Z."""
    return second(Z)
