"""What NumPy's functions make of a tangent, by kind.

Most are linear: they treat the tangent as they treat the value. Products are linear in each factor.
Some are plain, of shapes. Some have rules of their own (rules.py, linalg.py), or choose places by
the values (decisions.py). All others run by their own definition, NumPy's Python, whose array
functions come back here (code.py).
Tested in tests/tangent/test_functions.py, each rule against extrapolated differences.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from mlp.tangent.array import (
    PROTOCOLS,
    Inputs,
    Options,
    Rule,
    TangentArray,
    paired,
    trail_of,
    value_of,
)
from mlp.tangent.trail import Trail
from mlp.tangent.ufuncs import linear_in_each, stored

LAPACKS = frozenset(("numpy.linalg", "numpy.fft"))  # modules whose rules call C code for floats
INVERTING = frozenset((np.linalg.inv, np.linalg.solve, np.linalg.det))
IN_FLOATS = frozenset((np.interp, np.bincount, np.nan_to_num, np.digitize, np.isclose, np.isneginf))
RULES: dict[Any, Rule] = {}  # function -> (trail, *args, **options) -> result

LINEAR = """
    array_split atleast_1d atleast_2d atleast_3d block broadcast_arrays broadcast_to column_stack
    concatenate copy cumsum cumulative_sum delete diag diagflat diagonal diff dsplit dstack ediff1d
    expand_dims flip fliplr flipud gradient hsplit hstack imag matrix_transpose mean moveaxis ravel
    real repeat reshape resize roll rollaxis rot90 split squeeze stack sum swapaxes take
    take_along_axis tile trace transpose trapezoid tril triu unstack vsplit vstack
"""  # in their first argument, or in the arrays of the list that it is
PRODUCTS = "convolve correlate cross dot inner kron outer tensordot vdot"
PLAIN = """
    can_cast common_type diag_indices_from einsum_path iscomplex iscomplexobj isneginf isposinf
    isreal isrealobj may_share_memory min_scalar_type ndim result_type shape shares_memory size
    tril_indices_from triu_indices_from
"""  # of shapes and types, and of what does not change nearby


def rule(*functions: Any) -> Callable[[Rule], Rule]:
    """Enter a rule for some functions; those that this NumPy does not have are left out."""

    def entered(found: Rule) -> Rule:
        RULES.update(dict.fromkeys(filter(None, functions), found))
        return found

    return entered


def called(function: Any, args: Inputs, options: Options) -> Any:
    """Call a NumPy function some of whose arguments carry tangents."""
    trail = trail_of((*args, *options.values()))
    assert trail is not None  # noqa: S101  # NumPy calls us because one of them carries one
    out = options.pop("out", None)
    lapacks = function in RULES and function.__module__ in LAPACKS
    if function in IN_FLOATS or (lapacks and function not in INVERTING):
        trail.exact(f"{function.__module__.replace('numpy', 'np')}.{function.__name__}")
    if trail.rng and lapacks:  # good to a few units of what it is given
        args = mapped(args, lambda a: _shaken(trail, a))
    if function not in RULES:
        return stored(trail, PROTOCOLS["definition"](trail, function, args, options), (out,))
    with np.errstate(all="ignore"):
        return stored(trail, RULES[function](trail, *args, **options), (out,))


def _shaken(trail: Trail, a: Any) -> Any:
    """Return an array with its entries rounded at random; anything else as it is."""
    if isinstance(a, TangentArray):
        return TangentArray(trail.rounded(a.value), trail.rounded(a.tangent), trail)
    return trail.rounded(a) if isinstance(a, np.ndarray) else a


def mapped(a: Any, change: Callable[[Any], Any]) -> Any:
    """Change all arrays in lists and tuples."""
    if isinstance(a, (list, tuple)):
        return type(a)(mapped(part, change) for part in a)
    return change(a)


def tangent_or_zero(a: Any) -> Any:
    """Return the tangent of what may carry one; what does not has 0 everywhere."""
    return a.tangent if isinstance(a, TangentArray) else np.zeros_like(a, dtype=np.float64)


def linear(function: Any) -> Rule:
    """Return the rule of a function that is linear in its first argument, or in a list of them."""

    def found(trail: Trail, *args: Any, **options: Any) -> Any:
        if np.broadcast_arrays is function or function in {np.atleast_1d, np.atleast_2d}:
            values, dots = mapped(args, value_of), mapped(args, tangent_or_zero)
            return paired(trail, function(*values), function(*dots))
        first, *rest = args or (options.pop("a"),)
        if trail_of(rest):
            raise trail.lose(f"np.{function.__name__} of a tangent that is no first argument")
        values, dots = mapped(first, value_of), mapped(first, tangent_or_zero)
        constant = {"initial", "prepend", "append", "to_begin", "to_end"} & {*options}
        if constant and function not in {np.sum, getattr(np, "cumulative_sum", None)}:
            raise trail.lose(f"np.{function.__name__}({constant.pop()}=)")
        if trail.digits:
            options.pop("dtype", None)  # a sum in other floats is a sum
        homogeneous = {key: o for key, o in options.items() if key not in constant}
        return paired(
            trail, function(values, *rest, **options), function(dots, *rest, **homogeneous)
        )

    return found


def product(function: Any) -> Rule:
    """Return the rule of a function that is linear in each of its first two arguments."""

    def found(trail: Trail, a: Any, b: Any, *args: Any, **options: Any) -> Any:
        return linear_in_each(trail, lambda *ab: function(*ab, *args, **options), (a, b))

    return found


def plain(function: Any) -> Rule:
    """Return the rule of a function that looks at shapes, or at what does not change nearby."""

    def found(_: Trail, *args: Any, **options: Any) -> Any:
        return function(*mapped(args, value_of), **options)

    return found


for _names, _kind in ((LINEAR, linear), (PRODUCTS, product), (PLAIN, plain)):
    for _function in filter(None, (getattr(np, _name, None) for _name in _names.split())):
        RULES[_function] = _kind(_function)


PROTOCOLS["function"] = called
