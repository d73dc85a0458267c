"""What a function of JAX has beside its vjp: a ``custom_jvp``, and the gradient of its gradient.

The rule of a ``custom_jvp`` runs in forward mode, as it was written; what JAX transposes of it is
reverse mode, which may be impossible. Second order is ``jax.vjp`` of ``jax.vjp``.
Tested in tests/peers/test_jax_rules.py.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mlp import tree
from mlp.adapters.jax_trees import Pytree, still
from mlp.adapters.question import conjugated, drawn, dressed
from mlp.gradcheck.rules import Rules


@dataclass(frozen=True)
class JaxRules:
    """Makes rules of a function that ``vjp`` runs on arrays at a point."""

    vjp: Any  # with its function, its trees and its positions
    name: str
    names: tuple[str, ...]
    point: tuple[Any, ...]

    def rules(self) -> Rules:
        """Return the tangent, where one was written, and second order."""
        if not isinstance(self.vjp.f, self.vjp.framework.custom_jvp):
            return Rules(twice=self.twice)
        tangent = dressed(self.tangent, f"jvp of {self.name}", ("tangents", *self.names))
        return Rules(tangent, alone=True, twice=self.twice)

    def tangent(self, tangents: Any, *args: Any) -> Any:
        """Return how the result changes along tangents, by the rule that was written."""
        vjp = self.vjp
        each = tangents if len(vjp.positions) > 1 else (tangents,)
        along = still(args, dict(zip(vjp.positions, each, strict=True)))
        with vjp.precision(args):
            dots = vjp.moving(vjp.handed(along)).given
            return tree.rebuilt(vjp.push(dots, *vjp.handed(args)), np.asarray)

    def twice(self) -> tuple[Callable[..., Any], Callable[..., Any], Any, Any]:
        """Return the gradient as a function, its backward, its point, and what it is of."""
        v = drawn(self.vjp.forward(*self.point))
        again = replace(
            self.vjp,
            f=self.pulled,
            trees=(Pytree(self.vjp.framework, v), *self.vjp.trees),
            first=False,
            positions=(0, *(position + 1 for position in self.vjp.positions)),
        )
        count = sum(name.startswith("cotangent") for name in self.names)
        names = (f"cotangent{count + 1 if count else ''}", *self.names)
        name, point = f"the gradient of {self.name}", (v, *self.point)
        rules = replace(self, vjp=again, name=name, names=names, point=point)
        forward = dressed(again.forward, name, names)
        backward: Any = dressed(again.backward, "vjp of vjp", ("w", *names))
        backward.rules = Rules(rules.forwards(), twice=rules.twice)
        return forward, backward, point, again.positions

    def forwards(self) -> Callable[..., Any] | None:
        """Return the tangent of a gradient, forward over reverse, where JAX has one."""
        moves = [drawn(self.point[i]) for i in self.vjp.positions]
        try:
            self.tangent(moves if len(moves) > 1 else moves[0], *self.point)
        except Exception:  # noqa: BLE001  # a callback, or a rule for reverse mode alone
            return None
        return dressed(self.tangent, "forward over reverse", ("tangents", *self.names))

    def pulled(self, v: Any, *whole: Any) -> Sequence[Any]:
        """Return the gradient by every float of the differentiated arguments, in JAX."""
        found: Sequence[Any] = self.vjp.pull([*map(conjugated, tree.flat(v))], *whole)
        return found
