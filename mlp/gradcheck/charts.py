"""Arguments with structure: how a step that moves freely becomes one that keeps to a set.

    along={"S": "symmetric"}    a linear set: x + P(step), where P projects directions
    retract={"R": f}            a curved one: f(x, ξ), where f(x, 0) = x and ξ is free

A block that has a chart moves through it everywhere: along directions, to points nearby and far
away, and entry by entry, where the basis vector is projected. Its gradient is by the free step: of
a linear set Pᵀ g, and on a curved one what backward returns, in tangent coordinates.

Tested in tests/gradcheck/test_charts.py.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Values: TypeAlias = npt.NDArray[Any]
Project: TypeAlias = Callable[[Values], Values]
Along: TypeAlias = Mapping[str, str | Project]  # by the name of an argument
Retract: TypeAlias = Mapping[str, Callable[[Any, Any], Any]]

LINEAR = 1e-9  # relative distance from linear, and from P(P(d)) = P(d), that rounding explains
KEEPS = 64.0  # units in the last place that f(x, 0) may be off x
MATRIX = 512  # entries up to which a projection that is not orthogonal is kept as a matrix


def _symmetric(d: Values) -> Values:
    mean: Values = (d + np.swapaxes(d, -1, -2)) / 2
    return mean


SETS: dict[str, Project] = {"symmetric": _symmetric, "lower": np.tril, "upper": np.triu}


@dataclass(frozen=True)
class Projection:
    """A linear set of directions: P, and its matrix where P is not its own adjoint."""

    project: Project
    matrix: Values | None = None

    def point(self, x: Values, step: Values) -> Values:
        """Return where a step leads."""
        return np.asarray(x + self.project(step), x.dtype)

    def pull(self, gradient: Values) -> Values:
        """Return the gradient by the free step, Pᵀ g."""
        if self.matrix is None:
            return np.asarray(self.project(gradient), gradient.dtype)
        pulled = self.matrix.T @ gradient.ravel()
        return np.asarray(pulled.reshape(gradient.shape), gradient.dtype)

    def start(self, x: Values, value: Values) -> Values:
        """Return what steps are counted from, at another point x; ``value`` is that before."""
        del value
        return x

    def unseen(self, gradient: Values) -> Values:
        """Return the part of a gradient that no direction in the set sees."""
        if self.matrix is None:
            return gradient - self.project(gradient)
        seen = self.matrix @ np.linalg.lstsq(self.matrix, gradient.ravel(), rcond=LINEAR)[0]
        return gradient - seen.reshape(gradient.shape)


@dataclass(frozen=True)
class Retraction:
    """A curved set: f(x, ξ) leads from x along ξ, and f(x, 0) is x."""

    retract: Callable[[Any, Any], Any]

    def point(self, x: Values, step: Values) -> Values:
        """Return where a step leads."""
        moved = np.asarray(self.retract(x, step), x.dtype)
        if moved.shape != x.shape:
            raise ValueError(f"f(x, xi) has the shape {moved.shape}, but x has {x.shape}")
        return moved

    def pull(self, gradient: Values) -> Values:
        """Return the gradient as it is: it is in tangent coordinates already."""
        return gradient

    def start(self, x: Values, value: Values) -> Values:
        """Return what steps are counted from: always 0."""
        del x
        return np.zeros_like(value)

    def unseen(self, gradient: Values) -> Values:
        """Return 0: every tangent direction is tried."""
        return np.zeros_like(gradient)


Chart: TypeAlias = Projection | Retraction


def projection(name: str, along: Any, x: Values) -> Projection:
    """Return the projection that ``along`` has for an argument, or refuse it in one line."""
    if isinstance(along, str) and along in SETS:
        if x.ndim < 2 or x.shape[-1] != x.shape[-2]:
            raise ValueError(
                f"check: along={{{name!r}: {along!r}}} is for square matrices, but the shape of "
                f"{name} is {x.shape}"
            )
        if along == "symmetric" and not is_symmetric(x):
            raise ValueError(f"check: {name} must be symmetric for along, but it is not")
        return Projection(SETS[along])
    if not callable(along):
        raise TypeError(
            f"check: along must be {', '.join(map(repr, SETS))} or a projection of directions, but "
            f"for {name} it is {along!r}; on a curved set, such as rotations, say "
            f"retract={{{name!r}: f}} with f(x, 0) = x"
        )
    return _checked(name, along, x)


def is_symmetric(x: Values) -> bool:
    """Tell whether square matrices are symmetric to rounding."""
    apart = np.abs(x - np.swapaxes(x, -1, -2)).max(initial=0.0)
    return bool(apart <= np.finfo(x.dtype).eps ** 0.5 * np.abs(x).max(initial=0.0))


def _checked(name: str, project: Project, x: Values) -> Projection:
    """Return the user's projection if it is one; whether it is orthogonal too is tried."""
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, *x.shape)).astype(x.dtype)
    pa, pb, both, twice = (np.asarray(_applied(name, project, d)) for d in (a, b, a - 3 * b, a))
    if not all(p.shape == x.shape for p in (pa, pb)):
        raise ValueError(
            f"check: along must keep the shape {x.shape} of directions of {name}, but returned "
            f"{pa.shape}"
        )
    twice = _applied(name, project, pa)
    room = max(LINEAR, float(np.finfo(x.dtype).eps) * 64) * float(np.abs([pa, pb, a]).max())
    off = max(np.abs(both - pa + 3 * pb).max(initial=0.0), np.abs(twice - pa).max(initial=0.0))
    if not off <= room:
        raise ValueError(
            f"check: along must project directions of {name}, linearly and onto themselves, "
            f"P(a + b) = P(a) + P(b) and P(P(a)) = P(a), but is off by {off:.0e}; on a curved set "
            f"say retract={{{name!r}: f}} with f(x, 0) = x"
        )
    if abs(np.vdot(pa, b) - np.vdot(a, pb)) <= room * a.size:
        return Projection(project)
    if a.size > MATRIX:
        raise ValueError(
            f"check: along must be an orthogonal projection, <P a, b> = <a, P b>, for as many "
            f"entries as {name} has, {a.size}"
        )
    columns = [_applied(name, project, e.reshape(x.shape)).ravel() for e in np.eye(a.size)]
    return Projection(project, np.array(columns, np.float64).T)


def _applied(name: str, project: Project, d: Values) -> Values:
    try:
        return np.asarray(project(d.copy()))
    except Exception as error:
        raise ValueError(
            f"check: along must project directions of {name}, arrays of the shape {d.shape}, but "
            f"raised {type(error).__name__}: {error}"
        ) from error


def retraction(name: str, retract: Any) -> Retraction:
    """Return the retraction of an argument, or refuse what is none."""
    if not callable(retract):
        raise TypeError(
            f"check: retract must be a function f(x, xi) with f(x, 0) = x, but for {name} it is "
            f"{retract!r}"
        )
    return Retraction(retract)


def kept(name: str, x: Values, there: Values) -> None:
    """Refuse a retraction whose f(x, 0) is not x to rounding."""
    size = float(np.abs(x).max(initial=0.0))
    off = float(np.abs(there - x).max(initial=0.0))
    if not off <= KEEPS * float(np.finfo(x.dtype).eps) * size:
        raise ValueError(
            f"check: retract of {name} must keep the point, f(x, 0) = x, but is off by {off:.1e}"
        )
