"""JAX: a ``custom_vjp``, a ``custom_jvp``, or any function of arrays and pytrees of arrays.

Double precision is turned on around each call, in this thread only; jax's configuration stays as
it is. Where jax refuses what a rule returned, check gets that as it came, to say why.
Tested in tests/peers/test_jax.py.
"""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from mlp import tree
from mlp.adapters.adapter import Adapter
from mlp.adapters.jax_asked import departures
from mlp.adapters.jax_compiled import Compiled
from mlp.adapters.jax_rules import JaxRules
from mlp.adapters.jax_trees import (
    IDLE,
    Floats,
    Pytree,
    array_of,
    cotangent_of,
    floats,
    plain,
    pulled_back,
    still,
)
from mlp.adapters.jax_witness import needed, pushed
from mlp.adapters.question import (
    Question,
    arrays_of,
    chosen,
    code_of,
    conjugated,
    one_or_all,
    posed,
    require,
)
from mlp.gradcheck import Finding
from mlp.gradcheck.repeat import spelled
from mlp.op import Wrt, argument_names, name_of, padded
from mlp.tangent import TangentArray, Trail


def jax(f: Callable[..., Any], *, double: bool = True) -> Adapter:
    """Adapt a function that JAX differentiates, with a rule of its own or without.

    Every float array is differentiated, also in a pytree, unless ``wrt`` says which; functions,
    names and numbers beside them are constants. A pytree of
    dicts, lists, tuples and dataclasses keeps its structure; of any other kind it becomes a dict,
    and its leaves are named by their paths: ``model['layers.0.weight']``. The rule of a
    ``custom_jvp`` is checked in forward mode; ``order=2`` checks the gradient of the gradient.

    Parameters
    ----------
    f : Callable
        A function of arrays; what it returns is an array or a pytree of arrays.
    double : bool, default True
        Compute float32 in float64 where that gives the same within rounding. The report says so.

    Returns
    -------
    Adapter
        ``.check(*arrays)`` and ``.verify(*arrays)``.

    Raises
    ------
    ModuleNotFoundError
        Where jax is not installed.

    Examples
    --------
    >>> import jax
    >>> import mlp
    >>> @jax.custom_vjp
    ... def cube(x):
    ...     return x**3
    >>> cube.defvjp(lambda x: (x**3, x), lambda x, dy: (3 * x**2 * dy,))
    >>> mlp.adapters.jax(cube).verify(jax.numpy.array([1.0, 2.0])).verdict
    'correct'
    """
    framework = require("jax")
    name = name_of(f)
    code = code_of("jax", spelled(f, "f"), double=double)

    def pose(args: tuple[Any, ...], wrt: Wrt) -> Question:
        args = arrays_of(args)
        names = padded(argument_names(f), len(args))
        trees = tuple(Pytree(framework, arg) for arg in args)
        point = tuple(tree.arrays for tree in trees)
        positions = chosen(code, wrt, names, point)
        vjp = _Vjp(framework, f, trees, positions)
        pulled = (vjp.backward, f"vjp of {name}", getattr(f, "bwd", f))
        question = posed(
            point,
            positions,
            names,
            (vjp.forward, name),
            pulled,
            pushforward=vjp.pushforward,
            rules=JaxRules(vjp, name, names, point).rules(),
        )
        return question.noted(*vjp.notes(point), *departures(vjp, names, point))

    return Adapter(code, pose, double, lambda g: jax(g, double=double))


@dataclass(frozen=True)
class _Vjp:
    """Forward and backward on arrays, by way of ``jax.vjp``."""

    framework: Any
    f: Callable[..., Any]
    trees: tuple[Pytree, ...]  # one for each argument
    positions: tuple[int, ...]  # of the differentiated ones
    once: bool = False  # asked once, so not worth compiling
    first: bool = True  # of first order

    def forward(self, *args: Any) -> Any:
        """Return what the function returns, as arrays."""
        with self.precision(args):
            return tree.rebuilt(self.run(*self.handed(args)), array_of)

    def backward(self, v: Any, *args: Any) -> Any:
        """Return the gradient of each differentiated argument, as jax finds them."""
        with self.precision(args):
            whole = self.handed(args)
            moving = self.moving(whole)
            parts = [self.framework.numpy.asarray(part) for part in tree.flat(v)]
            try:
                gradients = [
                    IDLE if idle and not np.any(np.asarray(g)) else g
                    for idle, g in zip(self.idle(whole), self.pull(parts, *whole), strict=True)
                ]
                found = moving.rebuilt(gradients, lambda _: None)
            except (TypeError, ValueError):
                by_rule = self._by_rule(whole, cotangent_of(self.framework, self.f(*whole), v))
                if not isinstance(by_rule, tuple):
                    raise
                found = [*by_rule]
            shown = zip(self.positions, found, strict=True)
            return one_or_all([tree.rebuilt(self.trees[i].shown(g), pulled_back) for i, g in shown])

    def idle(self, whole: Sequence[Any]) -> list[bool]:
        """Tell on which differentiated floats no result depends, as the trace of forward has it."""
        given = self.moving(whole).given
        try:
            trace = self.run.jaxpr(*whole) if self.first else None
        except Exception:  # noqa: BLE001  # who runs it hears what it raises
            trace = None
        if trace is None:
            return [False] * len(given)
        used = zip(self.run.moving(whole), needed(trace.jaxpr), strict=True)
        unused = {id(array) for array, needs in used if not needs}
        return [id(leaf) in unused for leaf in given]

    @cached_property
    def run(self) -> Compiled:
        """Return what runs the function on pytrees."""
        return self.compiled(lambda *whole: plain(self.framework, self.f(*whole)))

    @cached_property
    def pull(self) -> Compiled:
        """Return what pulls the parts of a cotangent back to the differentiated floats."""

        def pulled(parts: list[Any], *whole: Any) -> Any:
            outs, vjp = self.framework.vjp(self.of_floats(whole), *self.moving(whole).given)
            place = self.framework.numpy.asarray
            return vjp(
                [conjugated(place(v, out.dtype)) for v, out in zip(parts, outs, strict=True)]
            )

        return self.compiled(pulled)

    @cached_property
    def push(self) -> Compiled:
        """Return what pushes tangents of the differentiated floats forwards."""

        def pushed(dots: list[Any], *whole: Any) -> Any:
            moving = self.moving(whole)

            def of_moving(*given: Any) -> Any:
                return plain(self.framework, self.f(*moving.placed(given)))

            return self.framework.jvp(of_moving, moving.given, dots)[1]

        return self.compiled(pushed)

    def compiled(self, function: Callable[..., Any]) -> Compiled:
        """Return what runs a function of pytrees, compiled unless it is asked once."""
        return Compiled(self.framework, function, plainly=self.once)

    def moving(self, whole: Sequence[Any]) -> Floats:
        """Return the floats that are differentiated, of what the function takes."""
        return Floats(self.framework, whole, self.positions)

    def of_floats(self, whole: Sequence[Any]) -> Callable[..., list[Any]]:
        """Return the function of the floats that are differentiated."""
        moving = self.moving(whole)
        return lambda *given: floats(self.framework, self.f(*moving.placed(given)))

    def pushforward(
        self, point: Sequence[Any], directions: Sequence[Any], trail: Trail
    ) -> list[TangentArray]:
        """Run the function with tangents, one operation after another."""
        args = tuple(point)
        along = still(args, dict(enumerate(directions)))
        with self.precision(args):
            whole, moves = self.handed(args), self.handed(along)
            pairs = pushed(self.framework, self.run, whole, moves, trail)
        return [TangentArray(value, dot, trail) for value, dot in pairs]

    def notes(self, point: tuple[Any, ...]) -> Iterator[Finding]:
        """Say of a rule what would only be an exception of jax."""
        if not callable(getattr(self.f, "bwd", None)):
            return
        with contextlib.suppress(Exception), self.precision(point):
            whole, out = self.handed(point), self.forward(*point)
            ones = [*map(np.ones_like, tree.flat(out))]
            try:
                self.pull([*map(self.framework.numpy.asarray, ones)], *whole)
            except (TypeError, ValueError):
                said = self._by_rule(whole, cotangent_of(self.framework, self.f(*whole), ones))
                if isinstance(said, str):
                    yield Finding("shape", "fault", None, said)

    def _by_rule(self, args: list[Any], cotangent: Any) -> tuple[Any, ...] | str | None:
        """Return the gradients that the rule of a custom_vjp returns, before jax looks at them.

        Where they are not a tuple with one for each argument, return what is to be said of that;
        where there is no rule, None.
        """
        rule: Any = self.f
        if not callable(getattr(rule, "bwd", None)):
            return None
        _, residuals = rule.fwd(*args)
        raw = rule.bwd(*(args[i] for i in rule.nondiff_argnums), residuals, cotangent)
        free = [i for i in range(len(args)) if i not in rule.nondiff_argnums]
        if isinstance(raw, tuple) and len(raw) == len(free):
            return tuple(raw[free.index(i)] for i in self.positions)
        came = f"{len(raw)}" if isinstance(raw, tuple) else f"a {type(raw).__name__}"
        return (
            f"{name_of(rule.bwd)} must return a tuple with a gradient for each of the {len(free)} "
            f"arguments, but returned {came}"
        )

    def precision(self, args: tuple[Any, ...]) -> Any:
        """Return the context in which jax computes in the precision of the arguments."""
        wide = {np.dtype(np.float64), np.dtype(np.complex128)}
        leaves = tree.flat(args)
        dtypes = {getattr(leaf, "dtype", np.dtype(int)) for leaf in leaves}
        alone = not any(getattr(dtype, "kind", "") in "fc" for dtype in dtypes)
        if not (dtypes & wide or (alone and any(isinstance(leaf, float) for leaf in leaves))):
            return contextlib.nullcontext()
        if hasattr(self.framework, "enable_x64"):
            return self.framework.enable_x64(True)  # noqa: FBT003  # jax names it so
        return require("jax.experimental").enable_x64()  # before jax 0.8

    def handed(self, args: tuple[Any, ...]) -> list[Any]:
        return [tree.handed(arg) for tree, arg in zip(self.trees, args, strict=True)]
