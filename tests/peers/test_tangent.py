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
    followed, silent = collections.Counter(), {}
    for name, answers in said.items():
        package = name.split()[0].split(".")[0]
        reasons = [why for answer, _ in answers if (why := obstacle(answer))]
        followed[package] += not reasons
        silent |= {name: reasons[0]} if reasons else {}
    packages = collections.Counter(name.split()[0].split(".")[0] for name in said)
    for package, count in packages.items():
        print(f"{followed[package]:4} of {count} forwards of {package}")  # noqa: T201  # as asked for
    print(f"{followed.total():4} of {len(said)} in all; the others:")  # noqa: T201  # as above
    for name, reason in silent.items():
        print(f"      {name}: {reason}")  # noqa: T201  # as above
    for reason, count in collections.Counter(silent.values()).most_common():
        print(f"{count:4}  {reason}")  # noqa: T201  # as above
    assert followed.total() >= SHARE * len(said)


def obstacle(answer):
    """Return why an answer does not count, with the line of forward; "" where it does."""
    if isinstance(answer, Silence):
        return answer.reason
    blunt = answer.bar > SHARP * abs(answer.slope)
    return f"its bar is {answer.bar:.0e} of {abs(answer.slope):.0e}" if blunt else ""


def test_a_forward_that_is_not_followed_does_not_count():
    assert obstacle(Silence("a tie")) == "a tie"
    x, d = np.array([1e-9]), np.ones(1)
    assert obstacle(ask(lambda x: (1 - np.cos(x)) / x, [x], [d], np.ones(1))).startswith("its bar")
    assert not obstacle(ask(np.sin, [x], [d], np.ones(1)))
