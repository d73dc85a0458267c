"""The point of a convex hull that is nearest to another: whether a mean of some points can be it.

Source: Wolfe 1976 (Finding the nearest point in a polytope). Tested in
tests/gradcheck/judge/test_hull.py.
"""

import numpy as np

from mlp.gradcheck.block import Vector

NEAR = 2.0**-40  # relative: a corner that is nearer by less is no nearer
ROUNDS = 1000  # corners taken at most; it ends by itself long before


def nearest(corners: Vector, wanted: Vector) -> Vector:
    """Return the mean of corners, (k, n), nearest to the point wanted, (n,).

    A few corners are kept whose mean is the nearest that they have. The corner that lies farthest
    on the other side of it joins them, until there is none; whose share would be negative leaves.
    """
    P = corners - wanted
    kept = [int(np.einsum("kn,kn->k", P, P).argmin())]
    shares = np.ones(1)
    tiny = NEAR * float(np.abs(P).max(initial=0.0)) ** 2
    for _ in range(ROUNDS):
        mean = shares @ P[kept]
        beyond = int((P @ mean).argmin())
        if beyond in kept or P[beyond] @ mean >= mean @ mean - tiny:
            break
        kept, shares = [*kept, beyond], np.append(shares, 0.0)
        while (better := _balanced(P[kept])).min() < 0:
            falling = better < 0
            step = (shares[falling] / (shares[falling] - better[falling])).min()
            shares = shares + step * (better - shares)
            stays = shares > NEAR
            kept, shares = [k for k, stay in zip(kept, stays, strict=True) if stay], shares[stays]
        shares = better
    found: Vector = wanted + shares @ P[kept]
    return found


def _balanced(P: Vector) -> Vector:
    """Return the shares, of sum 1 and any sign, whose mean of these points is nearest to 0."""
    k = len(P)
    system = np.zeros((k + 1, k + 1))
    system[0, 1:] = system[1:, 0] = 1
    system[1:, 1:] = P @ P.T
    shares: Vector = np.linalg.lstsq(system, np.eye(k + 1)[0], rcond=None)[0][1:]
    return shares
