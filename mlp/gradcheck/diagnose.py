"""What mistake a wrong gradient looks like, with the numbers that support it.

The numeric gradient is measured entry by entry, and each known mistake is a claim: a gradient that
by hand would then be equal to. The first claim that explains every entry within its error bar is
the diagnosis. Where none does, the entries that are off may still share a row, a column or a side
of a threshold, and the sentence that says so bears no name.
"""

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from mlp.gradcheck.jacobian import Jacobian, at_output, measure
from mlp.gradcheck.locate import Located
from mlp.gradcheck.probe import DOUBLE, SINGLE, Place, Probe, compare, direction
from mlp.gradcheck.problem import Anything, Block, Problem, Vector

WHOLE = 64  # entries measured at most, in six evaluations each
WORK = 9 * 10**4  # numbers handled for them at most, unless these are the fewest
FEWEST = 9  # entries measured of an argument however large
CLEAR = 100.0  # an error supports a claim that is sharper by so much
USABLE = 0.75  # of the entries have a slope, or nothing is claimed
EXACT = 1e-6  # relative distance of a factor from the size that it is said to be
RARE = 50  # a threshold splits the entries by chance in one of so many cases


@dataclass(frozen=True)
class Diagnosis:
    """The name of a mistake, None where only its place is known, and a sentence about it."""

    name: str | None
    text: str


@dataclass(frozen=True)
class Claim:
    """What by hand would be if this were the mistake, with the error bar of that."""

    name: str
    text: str
    candidate: Vector
    bar: Vector


@dataclass(frozen=True)
class Seen:
    """What was measured: arrays over some of the argument's entries, which ``index`` selects.

    Without a Jacobian these are the entries that the search for wrong ones measured on its way.
    """

    probe: Probe
    index: tuple[Anything, ...]
    by_hand: Vector
    numeric: Vector
    bar: Vector
    jacobian: Jacobian | None = None

    @property
    def slack(self) -> float:
        """The rounding of by hand."""
        line, largest = self.probe.line, float(np.abs(self.by_hand).max())
        return 64 * max(line.unit, SINGLE if line.block.single else DOUBLE) * largest

    @property
    def axes(self) -> tuple[Anything, ...]:
        """The indices along each axis, where the entries form a grid."""
        return tuple(along.ravel() for along in self.index)

    @property
    def moved(self) -> Anything:
        """Which outputs change along which entry: (outputs, entries)."""
        assert self.jacobian is not None  # noqa: S101  # only claims that need none are made then
        return np.asarray((self.jacobian.changes != 0).any(axis=(0, 1)))

    @property
    def problem(self) -> Problem:
        """The functions and their point."""
        return self.probe.line.place.problem

    @property
    def name(self) -> str:
        """The argument's."""
        return self.probe.line.block.name

    @property
    def x(self) -> Vector:
        """The argument's entries."""
        return self.at(self.probe.line.block.value)

    @property
    def off(self) -> Anything:
        """Which entries are wrong."""
        found: Anything = np.abs(self.by_hand - self.numeric) > self.bar + self.slack
        return found

    def at(self, values: Anything) -> Vector:
        """Return the grid's entries of an array of the argument's shape."""
        return np.asarray(values[self.index], dtype=np.float64)

    def pull(self, v: Vector) -> tuple[Vector, Vector]:
        """Return the numeric gradient for a cotangent, and its error bars."""
        assert self.jacobian is not None  # noqa: S101  # as above
        value, bar = self.jacobian.pull(v)
        return value.reshape(self.by_hand.shape), bar.reshape(self.by_hand.shape)

    def result_shape(self) -> tuple[int, ...] | None:
        """Return the shape of forward's result, if that is one array."""
        sizes = self.problem.sizes
        return sizes[0][0] if len(sizes) == 1 else None

    def explained_by(self, claim: Claim) -> bool:
        """Tell whether a claim explains every entry, and sharply."""
        room = claim.bar + self.slack
        here = np.isfinite(room)
        if (
            here.mean() < USABLE
            or (np.abs(self.by_hand - claim.candidate)[here] > room[here]).any()
        ):
            return False
        clear = np.abs(self.by_hand - self.numeric)[here] > CLEAR * room[here]
        return bool(clear.sum() >= min(2, here.size))

    def evidence(self, claim: Claim) -> str:
        """Return how many entries a claim explains, and how well."""
        here = np.isfinite(claim.bar)
        rest = float(np.abs(self.by_hand - claim.candidate)[here].max())
        share = rest / float(np.abs(self.numeric).max() or np.abs(self.by_hand).max())
        return f" ({int(here.sum())} entries, to {share:.0e})"


def diagnose(probe: Probe, gradient: Anything, located: Located) -> Diagnosis | None:
    """Name the mistake that explains all measured entries, or say where they are, if anything."""
    if len(located.entries) < min(2, gradient.size):
        return None
    if located.complete and gradient.size > WHOLE:
        return _where(probe, *_indices(gradient, located))
    if len(located.entries) == located.measured and not _cotangent_unused(probe, gradient):
        found = _first(_recalled(probe, located), CHEAP)
        if found:
            return found
    seen = _measured(probe, gradient)
    return _first(seen, HYPOTHESES) or _where(probe, seen.axes, seen.off)


def _first(
    seen: Seen, hypotheses: tuple[Callable[[Seen], Iterator[Claim]], ...]
) -> Diagnosis | None:
    """Return the first claim that explains what was seen."""
    for claim in (claim for hypothesis in hypotheses for claim in hypothesis(seen)):
        if seen.explained_by(claim):
            return Diagnosis(claim.name, f"{claim.text}{seen.evidence(claim)}")
    return None


def diagnose_shape(
    place: Place, block: Block, v: Vector, came: Anything, rng: np.random.Generator
) -> Diagnosis | None:
    """Name the mistake behind a wrong shape: undone, it leaves a gradient that a probe finds right.

    ``came`` is what backward returned for the cotangent ``v``.
    """
    wanted = block.value.shape
    leading = tuple(range(came.ndim - len(wanted)))
    for name, what, undone in (
        ("transpose", "its transpose", came.T),
        ("not summed", "its sum over the batch", came.sum(axis=leading)),
    ):
        if undone.shape == wanted:
            probe = compare(place.line(block, v, direction(rng, block, undone)), undone)
            if probe.agrees and not probe.quiet:
                by_hand, numeric = probe.by_hand, probe.slope.value
                text = f"{what} is right: by hand {by_hand:.8g}, numeric {numeric:.8g}"
                return Diagnosis(name, text)
    return None


def _recalled(probe: Probe, located: Located) -> Seen:
    """Return what the search for wrong entries has measured already."""
    index = tuple(np.array([entry.index for entry in located.entries], dtype=int).T)
    by_hand, numeric, bar = np.array(
        [(entry.by_hand, entry.numeric, entry.error_bar) for entry in located.entries]
    ).T
    shape = (len(located.entries),) if index else ()
    return Seen(probe, index, by_hand.reshape(shape), numeric.reshape(shape), bar.reshape(shape))


def _measured(probe: Probe, gradient: Anything) -> Seen:
    """Measure a grid of entries: all of them, or fewer, along the last axes first."""
    place = probe.line.place
    load = place.base.size + sum(block.value.size for block in place.problem.blocks)
    room = min(WHOLE, max(FEWEST, WORK // load))
    counts = list(gradient.shape)
    if gradient.size > room and len(set(counts)) == 1:  # square: transposing must stay inside
        counts = [max(2, int(room ** (1 / len(counts))))] * len(counts)
    for axis in reversed(range(len(counts))):
        rest = math.prod(counts) // counts[axis]
        counts[axis] = min(counts[axis], max(2, room // rest))
    axes = tuple(
        np.linspace(0, n - 1, count).astype(int)
        for n, count in zip(gradient.shape, counts, strict=True)
    )
    index = np.ix_(*axes)
    jacobian = measure(probe, np.arange(gradient.size).reshape(gradient.shape)[index].ravel())
    by_hand = np.asarray(gradient[index], dtype=np.float64)
    numeric, bar = (a.reshape(by_hand.shape) for a in jacobian.pull(probe.line.v))
    return Seen(probe, index, by_hand, numeric, bar, jacobian)


# ------------------------------------------------------------------ everything at once


def _cotangent_ignored(seen: Seen) -> Iterator[Claim]:
    if _cotangent_unused(seen.probe, seen.by_hand, seen.index):
        said = "by hand is the same for the cotangents v and -v: the cotangent is ignored"
        yield Claim("cotangent ignored", said, *seen.pull(np.ones_like(seen.probe.line.v)))


def _cotangent_unused(probe: Probe, by_hand: Anything, index: tuple[Anything, ...] = ()) -> bool:
    """Tell whether the gradient is the same for the opposite cotangent."""
    problem = probe.line.place.problem
    other = problem.gradients(-probe.line.v)[problem.blocks.index(probe.line.block)]
    return other is not None and bool((other[index] == by_hand).all())


def _scaled(seen: Seen) -> Iterator[Claim]:
    m = np.where(np.isfinite(seen.bar), seen.numeric, 0.0)
    if not m.any() or not seen.by_hand.any():
        return
    c = float(np.vdot(m, seen.by_hand) / np.vdot(m, m))
    fitted = c * seen.numeric, abs(c) * seen.bar
    size = _size(seen, abs(c))
    if abs(c + 1) < EXACT:
        yield Claim("sign", f"by hand = {c:.3f} × numeric: the sign", *fitted)
    elif size or _varies(seen, np.abs(m[m != 0])).any():  # one number always has a factor
        yield Claim("factor", f"by hand = {c:#.5g} × numeric{size}", *fitted)


def _size(seen: Seen, c: float) -> str:
    """Say which size a factor equals, if one."""
    for size, what in _sizes(seen):
        for value, spelled in (
            (size, f"{size}"),
            (1 / size, f"it is 1/{size}; {size}"),
            (size**0.5, f"it is √{size}; {size}"),
            (size**-0.5, f"it is 1/√{size}; {size}"),
        ):
            if abs(c - value) < EXACT * value:
                return f"; {spelled} is {what}"
    return ""


def _sizes(seen: Seen) -> Iterator[tuple[int, str]]:
    """Yield the sizes that a factor may be, with what they are."""
    yield 2, "what the derivative of a square brings"
    named = [
        (seen.problem.names[b.position], b.value)
        for b in (*seen.problem.blocks, *seen.problem.others)
    ]
    for name, value in named[:1]:
        if value.ndim:
            what = "batch size" if value.ndim > 1 else f"length of {name}"
            yield len(value), f"n, the {what}: mean or sum?"
    for name, value in named:
        yield from ((n, f"{name}.shape[{k}]") for k, n in enumerate(value.shape))
        yield value.size, f"the number of entries of {name}: mean or sum?"
    for shape, _ in seen.problem.sizes:
        yield from ((n, f"shape[{k}] of the result") for k, n in enumerate(shape))
        yield math.prod(shape), "the number of entries of the result: mean or sum?"


# ------------------------------------------------------------------ the right numbers elsewhere


def _transposed(seen: Seen) -> Iterator[Claim]:
    shape = seen.by_hand.shape
    if len(shape) == 2 and shape[0] == shape[1] and (seen.axes[0] == seen.axes[1]).all():
        said = f"by hand = numericᵀ: the gradient of {seen.name} is transposed"
        yield Claim("transpose", said, seen.numeric.T, seen.bar.T)


def _rolled(seen: Seen) -> Iterator[Claim]:
    for axis, length in _whole_axes(seen):
        for k in range(1, length):
            by = k if k <= length // 2 else k - length
            said = f"by hand is numeric with its {_lines(seen, axis)} moved on by {by}"
            rolled = np.roll(seen.numeric, k, axis), np.roll(seen.bar, k, axis)
            yield Claim("rolled", said, *rolled)


def _permuted(seen: Seen) -> Iterator[Claim]:
    for axis, length in _whole_axes(seen):
        g, m, r = (
            np.moveaxis(a, axis, 0).reshape(length, -1)
            for a in (seen.by_hand, seen.numeric, seen.bar)
        )
        left = list(range(length))
        order: list[int] = []
        for row in g:
            same = (j for j in left if (np.abs(row - m[j]) <= r[j] + seen.slack).all())
            found = next(same, None)
            if found is None:
                break
            left.remove(found)
            order.append(found)
        if not left:
            shown = ", ".join(map(str, order[:8])) + (", ..." if length > 8 else "")
            said = f"by hand is numeric with its {_lines(seen, axis)} in the order {shown}"
            moved = np.take(seen.numeric, order, axis), np.take(seen.bar, order, axis)
            yield Claim("permuted", said, *moved)


def _whole_axes(seen: Seen) -> Iterator[tuple[int, int]]:
    """Yield the axes that were measured from end to end."""
    for axis, length in enumerate(seen.probe.line.block.value.shape):
        if len(seen.axes[axis]) == length > 1:
            yield axis, length


def _lines(seen: Seen, axis: int) -> str:
    """Return what runs across an axis: rows, columns, entries."""
    if seen.by_hand.ndim > 2:
        return f"slices along axis {axis}"
    return "entries" if seen.by_hand.ndim == 1 else ("rows", "columns")[axis]


# ------------------------------------------------------------------ the batch


def _one_sample(seen: Seen) -> Iterator[Claim]:
    shape = seen.result_shape()
    if not shape or shape[0] < 2:
        return
    v = seen.probe.line.v.reshape(shape[0], -1)
    for i in range(shape[0]):
        alone = np.zeros_like(v)
        alone[i] = v[i]
        if seen.moved[alone.ravel() != 0].any(axis=0).mean() < 0.5:
            continue  # an argument with a row for each example is not summed over any
        said = f"by hand is the share of row {i} of {shape[0]} alone: sum over the batch"
        yield Claim("one sample", said, *seen.pull(alone.ravel()))


# ------------------------------------------------------------------ the Jacobian of the op


def _diagonal_only(seen: Seen) -> Iterator[Claim]:
    own = _own(seen)
    if own is not None and (seen.moved & (own == 0)).any():
        said = "by hand is the diagonal of the Jacobian alone: what lies off it is missing"
        yield Claim("diagonal only", said, *seen.pull(own * seen.probe.line.v[:, None]))


def _derivative_missing(seen: Seen) -> Iterator[Claim]:
    if _own(seen) is not None:
        v = seen.at(seen.probe.line.v.reshape(seen.probe.line.block.value.shape))
        said = "by hand is the cotangent itself: the derivative is missing"
        yield Claim("derivative missing", said, v, 0 * v)


def _derivative_at_output(seen: Seen) -> Iterator[Claim]:
    own = _own(seen)
    if own is None or (seen.moved & (own == 0)).any():
        return
    there = at_output(seen.probe)
    if there is not None:
        shape = seen.probe.line.block.value.shape
        value, bar = (seen.at(a.reshape(shape)) for a in there.pull(seen.probe.line.v[None, :]))
        said = f"by hand is the derivative taken at forward({seen.name}) instead of {seen.name}"
        yield Claim("derivative at the output", said, value, bar)


def _own(seen: Seen) -> Anything | None:
    """Return (outputs, directions) ones where an output has the place of the entry moved."""
    shape = seen.probe.line.block.value.shape
    if seen.result_shape() != shape or not shape:
        return None
    places = np.arange(math.prod(shape))
    own: Anything = (places[:, None] == seen.at(places.reshape(shape)).ravel()).astype(np.float64)
    return own


# ------------------------------------------------------------------ terms and masks


def _wrong_mask(seen: Seen) -> Iterator[Claim]:
    none, never = seen.by_hand == 0, np.abs(seen.numeric) <= seen.bar + seen.slack
    lost, extra = int((none & ~never).sum()), int((never & ~none).sum())
    kept = int((~none & ~never).sum())
    if lost and extra and kept > 1:
        said = (
            f"by hand = numeric in {kept} entries, but is 0 in {lost} others and numeric in "
            f"{extra}: the wrong mask"
        )
        yield Claim(
            "wrong mask", said, np.where(none | never, seen.by_hand, seen.numeric), seen.bar
        )


def _term_of_argument(seen: Seen) -> Iterator[Claim]:
    x, rest = seen.x, np.where(np.isfinite(seen.bar), seen.by_hand - seen.numeric, 0.0)
    if not _varies(seen, x).any():
        return
    c = float(np.vdot(x, rest) / np.vdot(x, x))
    v = seen.probe.line.v
    decay = c / float(v[0]) if v.size == 1 else c
    said = "is missing" if decay < 0 else "is too much"
    text = (
        f"by hand - numeric = {c:.5g} {seen.name}: weight decay λ {seen.name} {said}, "
        f"λ = {abs(decay):.5g}"
    )
    yield Claim("weight decay", text, seen.numeric + c * x, seen.bar)


def _mean_missing(seen: Seen) -> Iterator[Claim]:
    weight = np.isfinite(seen.bar) / np.where(np.isfinite(seen.bar), 1.0, np.inf)
    rest = np.where(weight > 0, seen.by_hand - seen.numeric, 0.0)
    for axis, length in enumerate(rest.shape):
        lines = rest.size // length
        if lines * (length - 1) < 3:
            continue
        mean = rest.sum(axis, keepdims=True) / np.maximum(weight.sum(axis, keepdims=True), 1)
        uneven = _varies(seen, seen.numeric, axis) & _varies(seen, seen.by_hand, axis)
        if uneven.mean() > 0.5:
            along = f"along axis {axis}" if rest.ndim > 1 else "everywhere"
            said = (
                f"by hand - numeric is constant {along} ({float(mean.flat[0]):.5g} at first): "
                f"the mean's share is missing"
            )
            yield Claim("mean missing", said, seen.numeric + mean, seen.bar)


def _varies(seen: Seen, a: Vector, axis: int | None = None) -> Anything:
    """Tell whether an array varies, in all or along an axis, more than its error bars."""
    spread = np.ptp(a, axis=axis) if a.size else np.zeros(1)
    room = np.where(np.isfinite(seen.bar), seen.bar, 0.0).max() + seen.slack
    return np.asarray(spread > 10 * room)


CHEAP = (_scaled, _term_of_argument)
HYPOTHESES = (
    _cotangent_ignored,
    _scaled,
    _transposed,
    _rolled,
    _permuted,
    _one_sample,
    _diagonal_only,
    _mean_missing,
    _derivative_missing,
    _derivative_at_output,
    _wrong_mask,
    _term_of_argument,
)

# ------------------------------------------------------------------ where


def _indices(gradient: Anything, located: Located) -> tuple[tuple[Anything, ...], Anything]:
    """Return the grid of all entries, and which of them are wrong."""
    off = np.zeros(gradient.shape, dtype=bool)
    off[tuple(np.array([entry.index for entry in located.entries]).T)] = True
    return tuple(np.arange(n) for n in gradient.shape), off


def _where(probe: Probe, axes: tuple[Anything, ...], off: Anything) -> Diagnosis | None:
    """Say what the wrong entries of a grid have in common."""
    if off.all() or off.sum() < 2:
        return None
    said = next(itertools.chain(_whole_lines(axes, off), _thresholds(probe, axes, off)), None)
    return Diagnosis(None, said) if said else None


def _whole_lines(axes: tuple[Anything, ...], off: Anything) -> Iterator[str]:
    """Yield what says that a few whole rows or columns are wrong."""
    for axis in range(off.ndim if off.ndim > 1 else 0):
        across = tuple(k for k in range(off.ndim) if k != axis)
        every, some = off.all(axis=across), off.any(axis=across)
        if (every == some).all() and some.sum() <= max(1, min(3, off.shape[axis] // 2)):
            named = ", ".join(str(int(i)) for i in axes[axis][some])
            line = ("row", "column")[axis] if off.ndim == 2 else f"axis {axis}, index"
            yield f"where: all of {line} {named} and nothing else"


def _thresholds(probe: Probe, axes: tuple[Anything, ...], off: Anything) -> Iterator[str]:
    """Yield what says that the wrong entries lie on one side of a threshold of some array."""
    if math.comb(off.size, int(off.sum())) < RARE:
        return
    problem, shape = probe.line.place.problem, probe.line.block.value.shape
    arrays = [(block.name, block.value) for block in (*problem.blocks, *problem.others)]
    if [size for size, _ in problem.sizes] == [shape]:
        arrays.append(("the result", probe.line.place.base.reshape(shape)))
    for name, values in arrays:
        if values.shape != shape:
            continue
        wrong, right = values[np.ix_(*axes)][off], values[np.ix_(*axes)][~off]
        if wrong.min() > right.max():
            yield f"where: only entries with {name} > {right.max():.4g}"
        elif wrong.max() < right.min():
            yield f"where: only entries with {name} < {right.min():.4g}"
