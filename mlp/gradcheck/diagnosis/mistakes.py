"""The mistakes that people make in gradients, each as what it would explain.

They are tried in the order of ``MISTAKES``, the simplest first. Each carries the number or the
place that supports it: the factor and the size it equals, the order of the rows, λ.
"""

import math
from collections.abc import Callable, Iterator
from typing import TypeAlias

import numpy as np

from mlp.gradcheck.block import Anything, Vector
from mlp.gradcheck.diagnosis.evidence import Evidence, Explanation
from mlp.gradcheck.diagnosis.factors import EXACT, FACTORS, factor_named
from mlp.gradcheck.diagnosis.jacobian import at_output
from mlp.gradcheck.probe import Probe

Mistake: TypeAlias = Callable[[Evidence], Iterator[Explanation]]

NEAR = 1e-3  # distance of a factor from 1 below which it is shown by itself
FITTED = 3  # numbers more than are fitted, at least

# ------------------------------------------------------------------ everything at once


def _cotangent_ignored(seen: Evidence) -> Iterator[Explanation]:
    if ignores_cotangent(seen.probe, seen.index):
        said = "by hand is the same for the cotangents v and -v: the cotangent is ignored"
        yield Explanation("cotangent ignored", said, *seen.pull(np.ones_like(seen.probe.line.v)))


def ignores_cotangent(probe: Probe, index: tuple[Anything, ...] = ()) -> bool:
    """Tell whether the gradient is the same for the opposite cotangent."""
    problem = probe.line.place.problem
    other = problem.gradients(-probe.line.v)[problem.blocks.index(probe.line.block)]
    return other is not None and bool((other[index] == probe.gradient[index]).all())


def _scaled(seen: Evidence) -> Iterator[Explanation]:
    m = np.where(np.isfinite(seen.bar), seen.numeric, 0.0)
    if not m.any() or not seen.by_hand.any():
        return
    c = float(np.vdot(m, seen.by_hand) / np.vdot(m, m))
    fitted = c * seen.numeric, abs(c) * seen.bar
    size = factor_named(seen, abs(c))
    if abs(c + 1) < EXACT:
        yield Explanation("sign", f"by hand = {c:.3f} × numeric: the sign", *fitted)
    elif size or _varies(seen, np.abs(m[m != 0])).any():  # one number always has a factor
        factor = f"{c:#.5g}" if abs(c - 1) > NEAR else f"(1 {c - 1:+.1e})"
        yield Explanation("factor", f"by hand = {factor} × numeric{size}", *fitted)


# ------------------------------------------------------------------ the right numbers elsewhere


def _transposed(seen: Evidence) -> Iterator[Explanation]:
    shape = seen.by_hand.shape
    if len(shape) == 2 and shape[0] == shape[1] and (seen.axes[0] == seen.axes[1]).all():
        said = f"by hand = numericᵀ: the gradient of {seen.name} is transposed"
        yield Explanation("transpose", said, seen.numeric.T, seen.bar.T)


def _rolled(seen: Evidence) -> Iterator[Explanation]:
    for axis, length in _whole_axes(seen):
        for k in range(1, length):
            by = k if k <= length // 2 else k - length
            said = f"by hand is numeric with its {_lines(seen, axis)} moved on by {by}"
            rolled = np.roll(seen.numeric, k, axis), np.roll(seen.bar, k, axis)
            yield Explanation("rolled", said, *rolled)


def _permuted(seen: Evidence) -> Iterator[Explanation]:
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
            yield Explanation("permuted", said, *moved)


def _whole_axes(seen: Evidence) -> Iterator[tuple[int, int]]:
    """Yield the axes that were measured from end to end."""
    for axis, length in enumerate(seen.probe.line.block.value.shape):
        if len(seen.axes[axis]) == length > 1:
            yield axis, length


def _lines(seen: Evidence, axis: int) -> str:
    """Return what runs across an axis: rows, columns, entries."""
    if seen.by_hand.ndim > 2:
        return f"slices along axis {axis}"
    return "entries" if seen.by_hand.ndim == 1 else ("rows", "columns")[axis]


# ------------------------------------------------------------------ the batch


def _one_sample(seen: Evidence) -> Iterator[Explanation]:
    shape = seen.result_shape()
    if not shape or shape[0] < 2:
        return
    width, moved = math.prod(shape[1:]), seen.moved
    for i in range(shape[0]):
        row = slice(i * width, (i + 1) * width)
        if moved[row].any(axis=0).mean() < 0.5:
            continue  # an argument with a row for each example is not summed over any
        said = f"by hand is the share of row {i} of {shape[0]} alone: sum over the batch"
        yield Explanation("one sample", said, *seen.pull(seen.probe.line.v[row], row))


# ------------------------------------------------------------------ the Jacobian of the op


def _diagonal_only(seen: Evidence) -> Iterator[Explanation]:
    own = _own_place(seen)
    if own is not None and (seen.moved & (own == 0)).any():
        said = "by hand is the diagonal of the Jacobian alone: what lies off it is missing"
        yield Explanation("diagonal only", said, *seen.pull(own * seen.probe.line.v[:, None]))


def _derivative_missing(seen: Evidence) -> Iterator[Explanation]:
    if _own_place(seen) is not None:
        v = seen.at(seen.probe.line.v.reshape(seen.probe.line.block.value.shape))
        said = "by hand is the cotangent itself: the derivative is missing"
        yield Explanation("derivative missing", said, v, 0 * v)


def _derivative_at_output(seen: Evidence) -> Iterator[Explanation]:
    own = _own_place(seen)
    if own is None or (seen.moved & (own == 0)).any():
        return
    there = at_output(seen.probe)
    if there is not None:
        shape = seen.probe.line.block.value.shape
        value, bar = (seen.at(a.reshape(shape)) for a in there.pull(seen.probe.line.v[None, :]))
        said = f"by hand is the derivative taken at forward({seen.name}) instead of {seen.name}"
        yield Explanation("derivative at the output", said, value, bar)


def _own_place(seen: Evidence) -> Anything | None:
    """Return (outputs, directions) ones where an output has the place of the entry moved."""
    shape = seen.probe.line.block.value.shape
    if seen.result_shape() != shape or not shape:
        return None
    places = np.arange(math.prod(shape))
    own: Anything = (places[:, None] == seen.at(places.reshape(shape)).ravel()).astype(np.float64)
    return own


# ------------------------------------------------------------------ terms and masks


def _wrong_mask(seen: Evidence) -> Iterator[Explanation]:
    none, never = seen.by_hand == 0, np.abs(seen.numeric) <= seen.bar + seen.slack
    lost, extra = int((none & ~never).sum()), int((never & ~none).sum())
    kept = int((~none & ~never).sum())
    if lost and extra and kept > 1:
        said = (
            f"by hand = numeric in {kept} entries, but is 0 in {lost} others and numeric in "
            f"{extra}: the wrong mask"
        )
        yield Explanation(
            "wrong mask", said, np.where(none | never, seen.by_hand, seen.numeric), seen.bar
        )


def _term_of_argument(seen: Evidence) -> Iterator[Explanation]:
    x, rest = seen.x, np.where(np.isfinite(seen.bar), seen.by_hand - seen.numeric, 0.0)
    if not _varies(seen, x).any():
        return
    c = float(np.vdot(x, rest) / np.vdot(x, x))
    v = seen.probe.line.v
    decay = c / float(v[0]) if v.size == 1 else c
    said = "is missing" if decay < 0 else "is too much"
    text = (
        f"by hand - numeric = {c:.5g} {seen.name}: weight decay, or a norm's share, "
        f"λ {seen.name} {said}, λ = {abs(decay):.5g}"
    )
    yield Explanation("weight decay", text, seen.numeric + c * x, seen.bar)


def _reparametrised(seen: Evidence) -> Iterator[Explanation]:
    """Offer the factors of a chain rule that log-parameters and their like need."""
    if not _varies(seen, seen.x).any():
        return
    for spelled, factor in FACTORS.items():
        h, text = factor(seen.x), spelled.format(seen.name)
        lacks = f"by hand lacks the factor {text}: the chain rule of a parametrisation"
        yield Explanation("factor missing", lacks, seen.numeric / h, seen.bar / np.abs(h))
        twice = f"by hand has the factor {text} once too often"
        yield Explanation("factor too much", twice, seen.numeric * h, seen.bar * np.abs(h))


def _sign_in_part(seen: Evidence) -> Iterator[Explanation]:
    turned = seen.by_hand * seen.numeric < 0
    count = int((turned & seen.off).sum())
    if count > 1 and (~turned & ~seen.off & (seen.by_hand != 0)).sum() > 0:
        said = f"by hand = -numeric in {count} of {turned.size} entries, and numeric in the others"
        yield Explanation("sign in part", said, np.where(turned, -1, 1) * seen.numeric, seen.bar)


def _mean_missing(seen: Evidence) -> Iterator[Explanation]:
    weight = np.isfinite(seen.bar) / np.where(np.isfinite(seen.bar), 1.0, np.inf)
    rest = np.where(weight > 0, seen.by_hand - seen.numeric, 0.0)
    for axis, length in enumerate(rest.shape):
        lines = rest.size // length
        if lines * (length - 1) < 3:
            continue
        mean = rest.sum(axis, keepdims=True) / np.maximum(weight.sum(axis, keepdims=True), 1)
        uneven = _varies(seen, seen.numeric, axis) & _varies(seen, seen.by_hand, axis)
        if uneven.mean() > 0.5:
            if rest.ndim > 1:
                along, missing = f"along axis {axis}", "the mean's share is missing"
            else:
                along, missing = "everywhere", "a constant is off, or the mean's share is missing"
            at = f"({float(mean.flat[0]):.5g} at first)"
            centred = np.abs(seen.by_hand.mean(axis)).max() <= 1e-9 * np.abs(mean).max()
            if centred and np.isfinite(seen.bar).all():
                missing = "its mean is subtracted, though that of numeric is not 0"
            said = f"by hand - numeric is constant {along} {at}: {missing}"
            yield Explanation("mean missing", said, seen.numeric + mean, seen.bar)


def _statistic_neglected(seen: Evidence) -> Iterator[Explanation]:
    """Offer what a mean, a variance or a norm leaves over if it is taken for a constant: a + b x.

    One a and one b for all entries, or for each line along an axis.
    """
    rest = np.where(np.isfinite(seen.bar), seen.by_hand - seen.numeric, 0.0)
    if not _varies(seen, rest).any():
        return  # a constant is no statistic's share
    flat: list[tuple[int | None, Vector, Vector]] = [
        (None, seen.x.reshape(1, -1), rest.reshape(1, -1))
    ]
    along = [(k, *(np.moveaxis(a, k, -1) for a in (seen.x, rest))) for k in range(rest.ndim)]
    for axis, x, off in (*flat, *(along if rest.ndim > 1 else ())):
        length = x.shape[-1]
        if length < FITTED or off.size // length * (length - 2) < FITTED:
            continue
        mean = x.mean(-1, keepdims=True)
        spread = ((x - mean) ** 2).sum(-1, keepdims=True)
        slope = ((x - mean) * off).sum(-1, keepdims=True) / np.where(spread > 0, spread, np.inf)
        level = off.mean(-1, keepdims=True)
        fitted = level + slope * (x - mean)
        where = "over all entries" if axis is None else f"along axis {axis}"
        near = EXACT * np.abs(fitted).max()
        statistic = (
            "variance"
            if np.abs(level).max() <= near
            else "norm"
            if np.abs(level - slope * mean).max() <= near
            else "mean and variance"
        )
        candidate = fitted.reshape(rest.shape) if axis is None else np.moveaxis(fitted, -1, axis)
        are = "are" if "and" in statistic else "is"
        said = (
            f"by hand - numeric = a + b {seen.name} {where}, at first with "
            f"b = {float(slope.flat[0]):.3g}: its {statistic} {where} {are} neglected"
        )
        yield Explanation("statistic neglected", said, seen.numeric + candidate, seen.bar)


def _varies(seen: Evidence, a: Vector, axis: int | None = None) -> Anything:
    """Tell whether an array varies, in all or along an axis, more than its error bars."""
    spread = np.ptp(a, axis=axis) if a.size else np.zeros(1)
    room = np.where(np.isfinite(seen.bar), seen.bar, 0.0).max() + seen.slack
    return np.asarray(spread > 10 * room)


CHEAP: tuple[Mistake, ...] = (_scaled, _term_of_argument)  # these need no Jacobian
MISTAKES: tuple[Mistake, ...] = (
    _cotangent_ignored,
    _scaled,
    _transposed,
    _rolled,
    _permuted,
    _one_sample,
    _diagonal_only,
    _mean_missing,
    _derivative_missing,
    _sign_in_part,
    _derivative_at_output,
    _wrong_mask,
    _reparametrised,
    _term_of_argument,
    _statistic_neglected,
)
