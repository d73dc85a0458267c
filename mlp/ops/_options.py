"""Constants that an op takes as keyword-only options, checked in one place."""

from typing import Any

import numpy as np

from mlp.inputs import demand, is_exact, is_number


def constant(who: str, **option: Any) -> Any:
    """Return the option, one finite number, as a scalar that leaves the dtype of arrays alone.

    Exact scalars (symbols, balls, fractions) pass. Raises ``ValueError`` for anything else.
    """
    ((name, value),) = option.items()
    scalar = value.item() if isinstance(value, np.generic) else value  # float64 would widen float32
    fits = is_number(scalar) or (is_exact(scalar) and not isinstance(scalar, int))
    demand(who, name, value, fits, "be a finite number")
    return scalar
