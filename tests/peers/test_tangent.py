"""How many forwards of installed packages the second witness can follow, and what stops it.

``make peers ARGS="-s -k tangent"`` prints the coverage and the obstacles, the commonest first.
"""

import collections

import numpy as np
import pytest
from derived_by_hand import PEERS

from mlp.tangent import Silence, ask

SHARP = 1e-8  # relative to the slope
SHARE = 0.8  # of the forwards


def said_of(name):
    """Ask about each argument of a peer; return what was said beside the slope by hand."""
    forward, backward, point = PEERS[name]
    rng = np.random.default_rng(0)
    point = [np.asarray(p, np.float64) for p in point]
    base = np.asarray(forward(*point))
    v = rng.uniform(0.5, 1.5, base.shape)
    gradients = backward(v if base.ndim else float(v), *point)
    gradients = gradients if isinstance(gradients, tuple) else (gradients,)
    for place, (p, g) in enumerate(zip(point, gradients, strict=True)):
        d = rng.uniform(0.5, 1.5, p.shape)
        directions = [d if k == place else None for k in range(len(point))]
        yield ask(forward, point, directions, v.ravel()), float(np.vdot(g, d))


@pytest.fixture(scope="module")
def said():
    return {name: [*said_of(name)] for name in PEERS}


def test_what_it_says_is_what_was_derived_by_hand(said):
    off = [
        (name, witnessed, by_hand)
        for name, answers in said.items()
        for witnessed, by_hand in answers
        if not isinstance(witnessed, Silence)
        and abs(witnessed.slope - by_hand) > witnessed.bar + 1e-10 * max(abs(by_hand), 1e-3)
    ]
    assert off == []


def test_four_fifths_of_the_forwards_are_followed_sharply(said):
    sharp, obstacles = [], collections.Counter()
    for name, answers in said.items():
        silent = [a.reason for a, _ in answers if isinstance(a, Silence)]
        blunt = [
            a for a, _ in answers if not isinstance(a, Silence) and a.bar > SHARP * abs(a.slope)
        ]
        obstacles.update({*silent})
        sharp += [] if silent or blunt else [name]
        for reason in {*silent}:
            print(f"silent  {name}: {reason}")  # noqa: T201  # the figures are asked for
    print(f"{len(sharp)} of {len(said)} forwards are followed")  # noqa: T201  # as above
    for reason, count in obstacles.most_common():
        print(f"{count:4}  {reason}")  # noqa: T201  # as above
    assert len(sharp) >= SHARE * len(said)
