"""The families of kinds that fooled the checker: their labels are true, whatever it says of them.

A label is held to differences of what forward stands for, extrapolated; at ties to the hull of the
gradients at points nearby; where a slope is infinite to quotients that grow; and where memory is
read, to the same cotangent laid out otherwise. None of it knows the checker.
"""

import itertools
from functools import partial

import flint
import numpy as np
import pytest
from differences import along, direction
from scipy.optimize import nnls
from trials import naive, run
from trials.family import RIGHT, fingerprint
from trials.kinds import design
from trials.kinds.family import FAMILIES, KINDS

SEED = 2026
TIED = {"kind-tie", "kind-limit"}
CLOSE, CLOSE_FLOAT32, FAR = 1e-6, 1e-4, 1e-3

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")  # 1 / 0 is what some kind is


def gradients_of(member, v):
    """Return the gradient by hand for each argument; None, or none at all, claims 0."""
    by_hand = member.backward(v, *member.point)
    by_hand = by_hand if isinstance(by_hand, tuple) else (by_hand,)
    for x, g in itertools.zip_longest(member.point, by_hand):
        g = np.zeros_like(x) if g is None else np.asarray(g)  # noqa: PLW2901  # it claims 0
        assert g.shape == x.shape or "retract" in member.options
        yield np.float64(g)


def moving(member):
    """Tell which arguments are differentiated."""
    return member.options.get("wrt", range(len(member.point)))


def stands_for(member):
    """Return what forward stands for, on float64."""
    forward = member.drawn.definition or member.forward
    return lambda *point: forward(*map(np.float64, point))


def slope(phi, finest=5):
    """Return φ'(0) from the step at which two extrapolations agree best."""
    estimates = [along(phi, 0.0, 1.0, step=10.0**-k) for k in range(1, finest + 1)]
    real = [e if np.isrealobj(e) else np.nan for e in estimates]
    pairs = [(abs(a - b), b) for a, b in itertools.pairwise(real) if np.isfinite(a - b)]
    return min(pairs)[1]


def exact_slope(phi):
    """Return φ'(0) by a difference in fifty digits."""
    with flint.ctx.workdps(50):
        h = flint.arb("1e-15")
        return float((phi(h) - phi(-h)) / (2 * h))


SIDES = np.array([-1.0, 0.0, 1.0])


def off_by_entry(member):
    """Return how far by hand is from differences in the worst entry that lies on no kink."""
    (x,), worst = member.point, 0.0
    (g,) = gradients_of(member, np.ones(x.shape))
    for i, own in enumerate(x):
        steps = [(abs(own) or 1) * 10.0**k for k in range(-8, 8)]
        seen = [(h, member.forward(own + h * SIDES)) for h in steps]
        sides = [(np.ptp(d := np.diff(f) / h) + 1e-15 * abs(f).max() / h, *d) for h, f in seen]
        _, left, right = min(sides)  # least of bend and of rounding
        size = max(abs(g[i]), abs(left), abs(right))
        if size and abs(left - right) < 1e-5 * size:
            worst = max(worst, abs(g[i] - (left + right) / 2) / size)
    return worst


def off(member, rng, slope=slope, least=0.0):
    """Return how far by hand is from differences, along the worst of a few directions."""
    f, worst = member.drawn.definition or member.forward, 0.0
    point = [np.float64(x) for x in member.point]
    for _ in range(3):
        O = np.asarray(member.forward(*member.point))
        v = np.asarray(direction(rng, O.shape), O.dtype)[()]
        shapes = [np.shape(g) for g in gradients_of(member, v)]  # as ξ where there is a retraction
        sizes = [np.abs(x).max() or 1 for x in point]
        ds = [direction(rng, s) * size for s, size in zip(shapes, sizes, strict=True)]
        ds = [within(member, d) if k in moving(member) else 0 * d for k, d in enumerate(ds)]

        def phi(t, v=v, ds=ds):
            moved = [step(member, x, t * d) for x, d in zip(point, ds, strict=True)]
            try:
                return np.sum(v * f(*moved))
            except np.linalg.LinAlgError:  # outside the domain
                return np.nan

        parts = [np.ravel(g * d) for g, d in zip(gradients_of(member, v), ds, strict=True)]
        numeric, by_hand = slope(phi), sum(part.sum() for part in parts)
        size = np.linalg.norm([abs(numeric), *map(np.linalg.norm, parts)])
        worst = max(worst, abs(by_hand - numeric) / max(size, least))
    return worst


def within(member, d):
    """Return a direction in the set of the argument that has one, its only argument."""
    word = next(iter(member.options.get("along", {}).values()), None)
    sets = {"symmetric": lambda d: (d + d.T) / 2, "lower": np.tril, "upper": np.triu}
    return sets.get(word, lambda d: d)(d)


def step(member, x, d):
    """Return the point one step away, on a curved set by its retraction."""
    retraction = next(iter(member.options.get("retract", {}).values()), np.add)
    return retraction(x, d)


def outside(member, rng):
    """Return how far by hand is from the hull of the gradients at points nearby."""
    O = member.forward(*member.point)
    v = direction(rng, np.shape(O))
    sizes = [x.size for x in member.point]

    def phi(flat):
        parts = np.split(flat, np.cumsum(sizes)[:-1])
        point = (p.reshape(x.shape) for p, x in zip(parts, member.point, strict=True))
        return np.sum(v * member.forward(*point))

    at, unit = np.concatenate([np.ravel(x) for x in member.point]), np.eye(sum(sizes))

    def nearby():
        x = at + 1e-3 * rng.uniform(-1, 1, size=at.shape)
        return [(phi(x + 1e-8 * d) - phi(x - 1e-8 * d)) / 2e-8 for d in unit]

    hull = np.unique(np.round([nearby() for _ in range(300)], 4), axis=0)
    by_hand = np.concatenate([np.ravel(g) for g in gradients_of(member, v)])
    ones = np.ones((len(hull), 1))  # the weights sum to 1
    return nnls(np.hstack([hull, 10 * ones]).T, np.append(by_hand, 10))[1]


def laid_out(v):
    """Yield the same cotangent in other strides; behind each of them its memory goes on."""
    yield np.array(v, order="F")
    room = np.full((2, *v.shape, 2), np.nan, v.dtype)
    backwards = np.flip(room[0, ..., 0])
    backwards[...] = v
    yield backwards


def misread(member, rng):
    """Tell whether a cotangent that is laid out otherwise has another gradient."""
    O = member.forward(*member.point)
    v = direction(rng, O.shape).astype(O.dtype)
    plain, close = list(gradients_of(member, v)), 1e-8 if O.dtype == np.float64 else 1e-3

    def alike(a, b):
        return np.abs(a - b).max() <= close * np.abs(a).max()  # not where a NaN was read

    others = (gradients_of(member, other) for other in laid_out(v))
    return not all(alike(a, b) for other in others for a, b in zip(plain, other, strict=True))


def grows_alike(member, rng):
    """Tell whether by hand is infinite where, and with the sign with which, quotients grow."""
    v = direction(rng, np.shape(member.forward(*member.point)))
    inside = -1 if "at 1" in member.name else 1
    gradients = list(gradients_of(member, v))
    size = max(np.abs(g[np.isfinite(g)]).max(initial=0) for g in gradients)
    for k, g in enumerate(gradients):
        for place in np.ndindex(g.shape):

            def quotient(h, k=k, place=place):
                point = [x.copy() for x in member.point]
                point[k][place] += inside * h
                moved = np.asarray(member.forward(*point)) - member.forward(*member.point)
                return inside * np.sum(v * moved) / h

            coarse, fine, finest = (quotient(h) for h in (1e-3, 1e-6, 1e-9))
            # a log gains as much by each step; what converges gains less and less
            grows = abs(finest - fine) > 0.5 * abs(fine - coarse) > 1e-3 * abs(coarse)
            if grows != np.isinf(g[place]) or (grows and np.sign(finest) != np.sign(g[place])):
                return False
            if not grows and abs(g[place] - fine) > 1e-4 * max(abs(coarse), size):
                return False
    return True


def is_right(family, member, rng):
    """Tell whether a member is a right one, or that it is neither."""
    if family.name in TIED:
        distance = outside(member, rng)
        assert not 2e-3 < distance < 2e-2
        return distance < 1e-2
    if family.name == "kind-strides":
        close = CLOSE_FLOAT32 if member.point[0].dtype == np.float32 else CLOSE
        return off(member, rng) < close and not misread(member, rng)
    if family.name == "kind-infinite":
        return grows_alike(member, rng)
    if family.name == "kind-tolerance":
        size, accept = (
            design.sizes(member.drawn, {"": member.backward}, rng)[""],
            member.options["accept"],
        )
        assert size > design.LEAST / 10
        assert not accept < size < 2 * accept
        return size < accept
    if family.name == "kind-sizes":
        error = off_by_entry(member)
    elif family.name == "kind-zero":  # 1e-9 is what rounding makes of ones
        error = off(member, rng, partial(slope, finest=3), least=1e-2)
    elif family.name == "kind-cancels":
        error = off(member, rng, exact_slope)
    elif family.name == "kind-complex":  # near the edge of the domain
        error = off(member, rng, partial(slope, finest=9))
    else:
        error = off(member, rng)
    close = CLOSE_FLOAT32 if member.point[0].dtype == np.float32 else CLOSE
    assert not close < error < FAR
    return error < FAR


def members(family, count, seed=SEED):
    return [family.case(index, seed) for index in range(count)]


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_a_label_is_true(family):
    rng = np.random.default_rng(SEED)
    for member in members(family, 40):
        assert is_right(family, member, rng) == member.right, member.name


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_half_of_a_kind_is_right_and_its_point_is_plain(family):
    drawn = members(family, family.sample)
    assert [member.right for member in drawn] == [True, False] * (family.sample // 2)
    assert len({member.name for member in drawn}) > len(drawn) / 2
    assert family.cases >= 120
    for member in drawn:
        assert all(isinstance(x, np.ndarray) and x.dtype.kind == "f" for x in member.point)
        before = fingerprint(member.point)
        v = np.ones(np.shape(member.forward(*member.point)))[()]
        member.backward(v, *member.point)
        assert fingerprint(member.point) == before


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_a_member_is_settled_by_the_seed_and_its_number(family):
    def prints(seed):
        found = []
        for member in members(family, 8, seed):
            v = np.ones(np.shape(member.forward(*member.point)))[()]
            gradients = list(gradients_of(member, v))
            found.append(fingerprint([member.name, member.point, gradients]))
        return found

    assert prints(SEED) == prints(SEED)
    assert all(one != other for one, other in zip(prints(SEED), prints(SEED + 1), strict=True))


def test_there_are_seventeen_and_what_slipped_through_since_and_each_has_a_title():
    assert len(KINDS) == 18 == len({kind.name for kind in KINDS})
    assert all(family.name in run.BY_NAME for family in FAMILIES)
    assert len({kind.title for kind in KINDS}) == 18


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_a_checker_that_always_says_the_same_is_found_out(family):
    def missed(tool):
        outcomes = [family.trial(index, SEED, tool) for index in range(family.sample)]
        return [limit.promise for limit in family.limits if not limit.holds(outcomes)]

    assert "wrong, passed" in missed(naive.credulous)
    assert "right, called wrong" in missed(naive.suspicious)
    if family.name == "kind-tolerance":
        assert any("not told why" in promise for promise in missed(naive.credulous))


def test_a_checker_that_raises_breaks_a_limit_and_its_member_keeps_its_label():
    def broken(*_, **__):
        raise ZeroDivisionError("no")

    family = FAMILIES[0]
    outcomes = [family.trial(index, SEED, broken) for index in range(2)]
    assert [RIGHT in o.figures for o in outcomes] == [True, False]
    text, held = run.report(family, outcomes, 0.0)
    assert not held
    for words in ("broke down, or changed the point: 1", "wrong members, 1: raised 1"):
        assert words in text
