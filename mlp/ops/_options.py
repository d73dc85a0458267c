"""Constants that an op takes as keyword-only options, checked in one place."""

import math
from typing import Any

import numpy as np


def constant(who: str, **option: Any) -> Any:
    """Return the option, one finite number, as a scalar that leaves the dtype of arrays alone.

    Exact scalars (symbols, balls, fractions) pass. Raises ``ValueError`` for anything else.
    """
    ((name, value),) = option.items()
    scalar = value.item() if isinstance(value, np.generic) else value  # float64 would widen float32
    if (
        not hasattr(scalar, "__neg__")
        or hasattr(scalar, "shape")  # an array or a tensor would be broadcast in silence
        or isinstance(scalar, complex)
        or (isinstance(scalar, float) and not math.isfinite(scalar))
    ):
        raise ValueError(f"{who}: {name} must be a finite number, but is {value!r}")
    return scalar
