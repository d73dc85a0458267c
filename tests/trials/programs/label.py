"""Right, a fault, or neither: by hand held against the exact gradient, of fifty digits.

    right   every argument within 1e-9 (1e-4 where float32 occurs) of the larger of the two largest
            entries; or within the natural floor, where the exact gradient lies below it too
    fault   one argument at least off by 1e-3 of that size and by ten floors

under two cotangents, both times. What is neither is dropped, with its reason, and counted; so is
what no tool could be blamed for:

    a fault that makes 0 of the gradient of a result that is rounded: it is the stair's
    a tie that is no plain kink: several tied comparisons of which not every combination can be had
    nearby (their slopes depend on each other), where backprop's gradient may be none; and any tie
    beside a fault, which may be another branch's gradient and as right
    an exact gradient that is not finite, or not sharp at fifty digits

The natural floor of an argument is u ⟨|v|, |f|⟩ / h: what rounding of forward's result alone lets
a difference of the step h see, a quarter of the argument's size (or a quarter, where that is 0).
"""

from dataclasses import dataclass

import flint
import numpy as np

from trials.family import RIGHT
from trials.programs import digits

FAULT = "fault"
CLOSE, CLOSE_FLOAT32, FAR, FLOORS = 1e-9, 1e-4, 1e-3, 10


@dataclass(frozen=True)
class Exact:
    """The exact gradients of a program under some cotangents, and what the way there met."""

    cotangents: tuple[np.ndarray, ...]
    gradients: tuple[list[np.ndarray], ...]  # balls
    ties: int
    free: bool  # the ties: every combination of their branches is found nearby


def cotangents(rng, O):
    """Draw two cotangents, ±U(½, 3/2) in every entry."""
    sign = rng.choice([-1, 1], size=(2, *O.shape))
    return tuple(np.asarray(sign * rng.uniform(0.5, 1.5, size=sign.shape), O.dtype))


def exact(program, vs):
    """Differentiate a program in fifty digits."""
    with flint.ctx.workdps(digits.DIGITS), np.errstate(all="ignore"):
        ties = []
        leaves = [digits.leaf(x, ties) for x in program.point]
        O = run(program, leaves)
        gradients = tuple(
            digits.pulled_back(
                zip(O, map(flint.arb, np.ravel(np.float64(v)).tolist()), strict=True),
                leaves,
            )
            for v in vs
        )
        met = list({tie.age: tie for tie in ties}.values())
        kinks = [digits.pulled_back([(tie, flint.arb(1))], leaves) for tie in met]
        return Exact(vs, gradients, len(met), free(kinks))


def run(program, leaves):
    """Return the entries of forward's output as numbers.

    After each step a number is given the float that the float run has in its place, by which it
    compares from there on.
    """
    for x, floats in zip(program.states(*leaves), program.states(*program.point), strict=True):
        numbers = digits.entries(x)
        for n, near in zip(numbers, np.ravel(floats), strict=True):
            n.float = float(near)
    return numbers


def floats(balls):
    """Return an array of balls as floats."""
    return np.array([float(b.mid()) for b in balls.flat]).reshape(balls.shape)


def sharp(balls, least):
    """Tell whether balls are finite, and far smaller than their largest entry or than `least`."""
    if not all(b.is_finite() for b in balls.flat):
        return False
    width = max(float(b.rad()) for b in balls.flat)
    return width <= 1e-16 * max(float(b.abs_upper()) for b in balls.flat) or width <= 1e-6 * least


def free(kinks):
    """Tell whether the slopes of tied differences are independent of each other."""
    if not kinks:
        return True
    slopes = np.array([np.concatenate([np.ravel(floats(g)) for g in kink]) for kink in kinks])
    sizes = np.linalg.norm(slopes, axis=1, keepdims=True)
    if not np.isfinite(slopes).all() or not sizes.all():
        return False
    return int(np.linalg.matrix_rank(slopes / sizes, 1e-8)) == len(kinks)


def floors(program, O, v, unit):
    """Return the natural floor of each argument."""
    noise = unit * float(np.abs(np.float64(v) * O).sum())
    return [4 * noise / (float(np.abs(x).max()) or 1.0) for x in program.point]


def label(program, truth, by_hand, *, float32, stair=False):
    """Say what a gradient by hand is; `by_hand` gives it for a cotangent.

    Of a ``stair``, a program that rounds its result, 0 is a right gradient as well.
    """
    O = np.float64(program.forward(*program.point))
    unit = 2.0**-24 if float32 else 2.0**-53
    close = CLOSE_FLOAT32 if float32 else CLOSE
    right, fault = True, True
    for v, gradients in zip(truth.cotangents, truth.gradients, strict=True):
        far = False
        hands = by_hand(v)
        for g, balls, floor in zip(hands, gradients, floors(program, O, v, unit), strict=True):
            if not np.isfinite(g).all() or not sharp(balls, floor):
                return "not finite, or not sharp"
            wanted = floats(balls)
            off, size = np.abs(g - wanted).max(), max(np.abs(g).max(), np.abs(wanted).max())
            lost = np.abs(wanted).max() <= floor
            right &= bool(off <= close * size or (lost and off <= floor))
            flat = stair and np.abs(g).max() <= floor
            far |= bool(off > FAR * size and off > FLOORS * floor and not flat)
        fault &= far
    if truth.ties and not (right and truth.free):
        return "tied"
    return RIGHT if right else FAULT if fault else "between"
