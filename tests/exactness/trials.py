"""The measurement: a trial is a call, the truth of its result, and how far a result is off it.

Off by how many ULPs:  |result − r| / ulp(r),  r the correctly rounded truth. A true difference is
measured in ulp(t), t the sum of the absolute values of its terms. *Lost* is a result without one
right bit, off by half of r (of t) or more, where r (t) is a normal number; so are NaN and ∞.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from oracle import exact, mp, rounded

from exactness import sample
from exactness.functions import TRUTH
from exactness.rows import Row, as_floats, tabulate

FORWARD, BACKWARD = 0, 1


@dataclass(frozen=True)
class Trial:
    """A call of an op in one direction, and the truth of it."""

    op: str
    direction: int
    arguments: tuple[Any, ...]
    truth: Any  # float64, correctly rounded
    size: Any = None  # what a difference is measured by; None is the truth itself

    @property
    def name(self):
        return f"{self.op} {('forward', 'backward')[self.direction]}"


@dataclass(frozen=True)
class Error:
    """The worst of many results: normal ones, subnormal ones, and how many are lost."""

    normal: float = 0.0
    subnormal: float = 0.0
    lost: int = 0
    where: str = ""  # the call that was worst

    def __or__(self, other):
        worse = max(self, other, key=lambda e: (e.lost > 0, e.normal))
        return Error(
            max(self.normal, other.normal),
            max(self.subnormal, other.subnormal),
            self.lost + other.lost,
            worse.where,
        )

    def __str__(self):
        if self.lost:
            return "lost"
        return f"{self.normal:.0f}" if self.normal < 100 else f"{self.normal:.2g}"


def units(result, trial):
    """Return how many ULPs each entry is off, which are normal numbers, and which are lost."""
    dtype = result.dtype
    truth = np.asarray(trial.truth)
    size = np.abs(truth if trial.size is None else trial.size)
    with np.errstate(all="ignore"):
        off = np.abs(result.astype(float) - truth.astype(dtype).astype(float))
        off = np.where(np.isnan(off), np.inf, off)
        found = off / np.spacing(size.astype(dtype)).astype(float)
    normal = size >= np.finfo(dtype).tiny
    return found, normal, (normal & (off >= size / 2)) | ~np.isfinite(off)


def error(result, trial):
    """Return how far a result is from the truth of its trial."""
    result = np.asarray(result)
    off, normal, lost = units(result, trial)
    if not result.size:
        return Error()
    worst = np.unravel_index(np.where(lost, np.inf, np.where(normal, off, 0)).argmax(), off.shape)
    truth = np.asarray(trial.truth)
    return Error(
        float(off[normal].max(initial=0)),
        float(off[~normal].max(initial=0)),
        int(lost.sum()),
        f"{trial.name} {entry(trial, worst)}: {result[worst]!r} for {truth[worst]!r}",
    )


def entry(trial, worst):
    """Return the arguments of the worst result, or of its row."""
    at = worst[:1] if len(worst) == 2 else worst
    parts = (a[at] if np.ndim(a) else a for a in trial.arguments)
    text = ", ".join(np.array2string(np.asarray(p), threshold=9, floatmode="unique") for p in parts)
    return f"{text} [{worst[1]}]" if len(worst) == 2 else text


def called(library, trial):
    """Return what a library makes of a trial."""
    with np.errstate(all="ignore"):
        return np.asarray(library[trial.op][trial.direction](*trial.arguments))


def off(library, trial):
    """Return the error of a library in a trial."""
    return error(called(library, trial), trial)


def one_way(name, direction, Z):
    """Return the trial of an elementwise op at these numbers; the cotangent is 1."""
    f = TRUTH[name][direction]
    truth = np.array([rounded(mp.mpf(f(mp.mpf(float(z))))) for z in Z])
    return Trial(name, direction, (np.ones_like(Z), Z) if direction else (Z,), truth)


def elementwise(name, Z):
    """Return both trials of an elementwise op at these numbers."""
    return [one_way(name, direction, Z) for direction in (FORWARD, BACKWARD)]


def softmax_family(Z, G, Y, y):
    """Yield the trials of softmax and its kin at these rows; losses row by row, and their mean."""
    n, one = len(Z), Z.dtype.type(1)
    rows = [Row(z) for z in Z]

    def of(op, direction, arguments, pairs):
        return Trial(op, direction, arguments, *tabulate(pairs))

    yield of("softmax", FORWARD, (Z,), [r.softmax() for r in rows])
    yield of(
        "softmax", BACKWARD, (G, Z), [r.softmax_backward(g) for r, g in zip(rows, G, strict=True)]
    )
    yield of("log_softmax", FORWARD, (Z,), [r.log_softmax() for r in rows])
    yield of(
        "log_softmax",
        BACKWARD,
        (G, Z),
        [r.log_softmax_backward(g) for r, g in zip(rows, G, strict=True)],
    )
    for op, t in (("softmax_cross_entropy", y), ("softmax_cross_entropy, soft", Y)):
        losses = [r.loss(k) for r, k in zip(rows, t, strict=True)]
        slopes = [r.loss_backward(k) for r, k in zip(rows, t, strict=True)]
        yield from mean(op, (Z, t), losses)
        for i in range(n):
            yield from mean(op, (Z[i : i + 1], t[i : i + 1]), losses[i : i + 1])
        yield of(op, BACKWARD, (one, Z[:1], t[:1]), slopes[:1])
        yield of(op, BACKWARD, (one, Z, t), [over(n, pair) for pair in slopes])


def over(n, pair):
    """Return truth and size of a row, divided by n."""
    truth, size = pair
    return [x / n for x in truth], None if size is None else [x / n for x in size]


def mean(op, arguments, losses):
    """Yield the trial of the mean of these losses, pairs of truth and size."""
    truth, size = zip(*losses, strict=True)
    total = None if size[0] is None else as_floats(mp.fsum(size) / len(size))
    yield Trial(op, FORWARD, arguments, as_floats(mp.fsum(truth) / len(truth)), total)


def probabilities(P, Y, y):
    """Yield the trials of cross_entropy at these probabilities; row by row, and their mean."""
    n, one = len(P), P.dtype.type(1)
    p = exact(P)
    for op, t in (("cross_entropy", y), ("cross_entropy, soft", Y)):
        Y_exact = exact(np.eye(P.shape[1])[t] if t is y else t)
        losses, slopes = [], []
        for row, target in zip(p, Y_exact, strict=True):
            terms = [-u * mp.log(x) if u else mp.mpf(0) for u, x in zip(target, row, strict=True)]
            losses.append((mp.fsum(terms), None if t is y else mp.fsum(map(abs, terms))))
            slopes.append(
                [-u / (n * x) if u else mp.mpf(0) for u, x in zip(target, row, strict=True)]
            )
        yield from mean(op, (P, t), losses)
        for i in range(n):
            yield from mean(op, (P[i : i + 1], t[i : i + 1]), losses[i : i + 1])
        yield Trial(op, BACKWARD, (one, P, t), as_floats(slopes))


def squares(O, Y):
    """Yield the trials of squared_error at one batch."""
    D = [
        [a - b for a, b in zip(*pair, strict=True)] for pair in zip(exact(O), exact(Y), strict=True)
    ]
    L = mp.fsum(d * d for row in D for d in row) / O.size
    yield Trial("squared_error", FORWARD, (O, Y), as_floats(L))
    yield Trial(
        "squared_error",
        BACKWARD,
        (O.dtype.type(1), O, Y),
        as_floats([[2 * d / O.size for d in row] for row in D]),
    )


def of_rows(dtype, share=1.0, seed=0):
    """Yield the trials of every op that works on rows."""
    rng = np.random.default_rng(seed)
    for Z in sample.rows(dtype, share, seed):
        n, c = Z.shape
        y = np.where(rng.random(n) < 0.5, Z.argmax(axis=1), rng.integers(c, size=n))
        yield from softmax_family(Z, sample.cotangents(rng, Z), sample.targets(rng, Z), y)
        P = sample.probabilities(rng, n, c, dtype)
        yield from probabilities(P, sample.targets(rng, Z), y)
        yield from squares(*sample.predictions(rng, Z))
    for row in sample.FOUND_ROWS:
        Z, G, Y = (np.array([a], dtype) for a in row[:3])
        yield from softmax_family(Z, G, Y, np.array([row[3]]))
    yield from large_batches(rng, dtype, round(1000 * min(1, share**0.5)))


def large_batches(rng, dtype, n):
    """Yield trials of the mean over n rows, of few classes and of few kinds."""
    for kind in sample.KINDS:
        Z = np.array([kind(rng, 3) for _ in range(n)]).astype(dtype)
        y = np.where(rng.random(n) < 0.9, Z.argmax(axis=1), rng.integers(3, size=n))
        Y = sample.targets(rng, Z)
        rows = [Row(z) for z in Z]
        for op, t in (("softmax_cross_entropy", y), ("softmax_cross_entropy, soft", Y)):
            yield from mean(op, (Z, t), [r.loss(k) for r, k in zip(rows, t, strict=True)])
        yield from squares(*sample.predictions(rng, Z))


def everything(dtype, *, share=1.0, seed=0, only=()):
    """Yield the trials of every op, or of those named."""
    Z = sample.numbers(dtype, share, seed)
    for name in TRUTH:
        if not only or name in only:
            yield from elementwise(name, Z)
    if not only or {*only} - {*TRUTH}:
        for trial in of_rows(dtype, share, seed):
            if not only or trial.op.partition(",")[0] in only:
                yield trial
