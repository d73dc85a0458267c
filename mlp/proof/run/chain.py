"""Every partial derivative of an expression in one sweep, by the chain rule along its graph.

    ∂L/∂u = Σ ∂L/∂v · ∂v/∂u      over the nodes v that u enters; L = itself: 1

SymPy's ``diff`` does the same for one symbol, and walks shared parts again each time that they
occur. Only the derivative of a node by what enters it is taken from SymPy here. Tested in
tests/proof/run/test_chain.py.
"""

from collections.abc import Iterable
from typing import Any

import sympy


def derivatives(L: Any, symbols: Iterable[Any]) -> dict[Any, Any]:
    """Return ∂L/∂s for each of the symbols."""
    wanted = set(symbols)
    found = dict.fromkeys(wanted, sympy.S.Zero)
    order = nodes(L)
    varying: set[Any] = set()
    for v in order:
        if v.is_Symbol or not varying.isdisjoint(v.args):
            varying.add(v)
    pulled: dict[Any, list[Any]] = {L: [sympy.S.One]}
    for v in reversed(order):
        if v not in pulled:
            continue
        dv = sympy.Add(*pulled.pop(v))
        if v in wanted:
            found[v] = dv
        for i, u in enumerate(v.args):
            if u in varying:
                pulled.setdefault(u, []).append(dv * local_slope(v, i))
    return found


def nodes(L: Any) -> list[Any]:
    """Return every part of an expression once, after its own parts."""
    order: dict[Any, None] = {}
    stack = [(L, False)]
    while stack:
        node, done = stack.pop()
        if done:
            order[node] = None
        elif node not in order:
            stack.append((node, True))
            stack.extend((a, False) for a in node.args)
    return list(order)


def local_slope(v: Any, i: int) -> Any:
    """Return the derivative of a node by what enters it at place i."""
    if v.is_Add:
        return sympy.S.One
    if v.is_Mul:
        return sympy.Mul(*v.args[:i], *v.args[i + 1 :])
    if v.is_Pow:
        base, exponent = v.args
        return v * sympy.log(base) if i else exponent * base ** (exponent - 1)
    return v.fdiff(i + 1)
