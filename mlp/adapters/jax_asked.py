"""Every way in which JAX may ask a rule that somebody wrote: their answers must agree.

Results that no loss uses and arguments that do not move come as symbolic zeros, to a rule that
takes these; ``vmap`` asks for many points, cotangents and tangents at once. JAX's own rules are
not on trial, so nothing is asked where there are no others. What is held against these is the
answer to the plain question, which ``check`` judges. Tested in tests/peers/test_jax_asked.py.
"""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from mlp import tree
from mlp.adapters.asked import MANY, GradientsByPath, held_against, off, settled
from mlp.adapters.jax_trees import floats
from mlp.adapters.jax_witness import equations
from mlp.adapters.question import drawn
from mlp.gradcheck import Finding

RULED = frozenset(  # equations that follow a rule of the author's
    ("custom_vjp_call", "custom_vjp_call_jaxpr", "custom_jvp_call", "custom_vmap_call")
)


def departures(vjp: Any, names: Sequence[str], point: tuple[Any, ...]) -> Iterator[Finding]:
    """Yield what differs where the same gradient is asked for in another way."""
    with contextlib.suppress(Exception), vjp.precision(point):  # check says what it raises
        asked = Asked(vjp, names, point)
        if asked.ruled:
            found = [*asked.tangents()]
            with contextlib.suppress(Exception):  # a rule for forward mode alone
                found += [*asked.dtypes(), *asked.departures()]
                plain = asked.pulled(vjp, asked.v)
                found = [*settled(found, plain, partial(asked.pulled, vjp, asked.v))]
            yield from found


@dataclass
class Asked:
    """A function of JAX at a point, with a cotangent, asked in every way."""

    vjp: Any  # with its function and its positions
    names: Sequence[str]
    point: tuple[Any, ...]

    def __post_init__(self) -> None:
        self.jax = self.vjp.framework
        self.whole = self.vjp.handed(self.point)
        self.moving = self.vjp.moving(self.whole)
        self.v = drawn(tree.flat(self.vjp.forward(*self.point)))
        found = [*equations(self.vjp.run.jaxpr(*self.whole))]
        self.ruled = RULED & {eqn.primitive.name for eqn in found}
        self.zeros = any(eqn.params.get("symbolic_zeros") for eqn in found)

    def pulled(self, vjp: Any, v: Any) -> GradientsByPath:
        """Return gradients by their paths in all arguments."""
        found = vjp.backward(v, *self.point)
        each = found if len(vjp.positions) > 1 else (found,)
        pairs = zip(vjp.positions, each, strict=True)
        return {
            (i, *path): g
            for i, gradient in pairs
            for path, g in tree.leaves(gradient)
            if g is not None
        }

    def named(self) -> list[str]:
        """Return the name of every float that is differentiated."""
        numbered = self.moving.rebuilt(
            [*map(np.asarray, range(len(self.moving.given)))], lambda _: None
        )
        found = {
            int(k): self.names[i] + tree.spell(path)
            for i, numbers in zip(self.vjp.positions, numbered, strict=True)
            for path, k in tree.leaves(self.vjp.trees[i].shown(numbers))
            if k is not None
        }
        return [found[k] for k in range(len(self.moving.given))]

    def dtypes(self) -> Iterator[Finding]:
        """Note gradients in another dtype than that of their argument."""
        gradients = self.pull([*map(self.jax.numpy.asarray, self.v)])
        for name, g, x in zip(self.named(), gradients, self.moving.given, strict=True):
            kinds = [self.jax.numpy.result_type(a) for a in (g, x)]
            if kinds[0] != kinds[1]:
                said = f"the gradient is {kinds[0]}, the argument {kinds[1]}"
                yield Finding("dtype", "note", name, said)

    def departures(self) -> Iterator[Finding]:
        """Ask in every way."""
        if self.zeros:
            yield from self.undefined()
            yield from self.alone()
        yield from self.many("cotangents", "gradient", self.pull, self.v)
        yield from self.many_points()

    def tangents(self) -> Iterator[Finding]:
        """Ask for tangents in every way."""
        if "custom_jvp_call" in self.ruled:
            yield from self.many(
                "tangents", "tangent", self.push, [*map(np.asarray, self.moving.given)]
            )

    def undefined(self) -> Iterator[Finding]:
        """Ask with a cotangent of one result alone; the others are symbolic zeros."""
        for k in range(len(self.v) if len(self.v) > 1 else 0):

            def one(*whole: Any, k: int = k) -> list[Any]:
                return [floats(self.jax, self.vjp.f(*whole))[k]]

            zeroed = [part if i == k else np.zeros_like(part) for i, part in enumerate(self.v)]
            plain = self.pulled(self.vjp, zeroed)
            ask = partial(self.pulled, replace(self.vjp, f=one, once=True), [self.v[k]])
            asked = f"where the cotangents of every result but number {k + 1} are undefined (zero)"
            yield from held_against(self.names, plain, ask, asked, self.vjp.positions, "fault")

    def alone(self) -> Iterator[Finding]:
        """Ask for the gradient of each argument alone; the others do not move."""
        plain = self.pulled(self.vjp, self.v)
        for i in self.vjp.positions if len(self.vjp.positions) > 1 else ():
            ask = partial(self.pulled, replace(self.vjp, positions=(i,), once=True), self.v)
            asked = f"where {self.names[i]} alone is differentiated"
            yield from held_against(self.names, plain, ask, asked, (i,))

    def pull(self, parts: list[Any], *at: Any) -> list[Any]:
        """Return the gradients for a cotangent, at the point or at other floats."""
        return [*self.vjp.pull(parts, *self.moving.placed(at or self.moving.given))]

    def push(self, parts: list[Any]) -> list[Any]:
        """Return the tangents along the differentiated floats."""
        return [*tree.flat(self.vjp.push(parts, *self.whole))]

    def many(
        self, what: str, which: str, ask: Callable[[list[Any]], list[Any]], like: list[Any]
    ) -> Iterator[Finding]:
        """Ask for several at once; that it cannot be asked so is no fault."""
        place = self.jax.numpy.asarray
        each = [[place(a) for a in drawn(like, 1 + k)] for k in range(MANY)]
        stacked = [self.jax.numpy.stack(parts) for parts in zip(*each, strict=True)]
        with contextlib.suppress(Exception):
            wanted = [np.stack(parts) for parts in zip(*map(ask, each), strict=True)]
            found = self.jax.vmap(ask)(stacked)  # of the trace that the single ones have made
            if any(off(a, np.asarray(b)) for a, b in zip(wanted, found, strict=True)):
                names = self.named() if len(wanted) == 1 and which == "gradient" else [None]
                said = f"where {what} come many at once (vmap), its {which} differs"
                yield Finding("asked", "fault", names[0], said)

    def many_points(self) -> Iterator[Finding]:
        """Ask for values and gradients at several points at once."""
        points = [[x * (1 + 0.125 * k) for x in self.moving.given] for k in range(MANY)]
        v = [*map(self.jax.numpy.asarray, self.v)]

        def both(at: list[Any]) -> tuple[list[Any], list[Any]]:
            return tree.flat(self.vjp.run(*self.moving.placed(at))), self.pull(v, *at)

        stacked = [self.jax.numpy.stack(parts) for parts in zip(*points, strict=True)]
        with contextlib.suppress(Exception):
            singles = [*map(both, points)]
            found = self.jax.vmap(both)(stacked)
            for which, k in (
                ("values differ from those one by one", 0),
                ("its gradient differs", 1),
            ):
                wanted = [np.stack(parts) for parts in zip(*(s[k] for s in singles), strict=True)]
                if any(off(a, np.asarray(b)) for a, b in zip(wanted, found[k], strict=True)):
                    yield Finding("asked", "fault", None, f"under jax.vmap, {which}")
                    return
