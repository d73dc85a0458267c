"""Numbers of our own that NumPy code compares:  all comparisons by one sign, that of a − b.

    a < b, a <= b, a == b, ...    ask sign_against; None there is what is no number
    |a|                           −a where a < 0

A number beside ±∞ is settled here. Scalars (symbolic.py) and duals (dual.py) are such numbers.
Tested in tests/proof/run/test_compared.py.
"""

import math
from collections.abc import Callable
from typing import Any, Self

import numpy as np


class Compared:
    """A real number that says on which side of another it lies."""

    __slots__ = ()

    def sign_against(self, other: Any, *, equal: bool) -> int | None:
        """Return the sign of self − other, None for no number; equal tells that == is asked."""
        raise NotImplementedError

    def __neg__(self) -> Self:
        raise NotImplementedError

    def __pos__(self) -> Self:
        return self

    def __abs__(self) -> Self:
        return -self if self < 0 else self

    def conjugate(self) -> Self:
        """Return the number itself, which is real."""
        return self

    def __lt__(self, other: Any) -> Any:
        return self._told(other, lambda sign: sign < 0)

    def __le__(self, other: Any) -> Any:
        return self._told(other, lambda sign: sign <= 0)

    def __gt__(self, other: Any) -> Any:
        return self._told(other, lambda sign: sign > 0)

    def __ge__(self, other: Any) -> Any:
        return self._told(other, lambda sign: sign >= 0)

    def __eq__(self, other: object) -> Any:
        return self._told(other, lambda sign: sign == 0, equal=True)

    def __ne__(self, other: object) -> Any:
        return self._told(other, lambda sign: sign != 0, equal=True)

    def __hash__(self) -> int:
        raise NotImplementedError

    def __bool__(self) -> bool:
        return bool(self != 0)

    def _told(self, other: Any, ask: Callable[[int], bool], *, equal: bool = False) -> Any:
        if isinstance(other, (float, np.floating)) and math.isinf(other):
            return ask(-1 if other > 0 else 1)
        sign = self.sign_against(other, equal=equal)
        return NotImplemented if sign is None else ask(sign)
