"""What the tests of the checker's inner modules share: a place to probe from, and a probe there."""

import numpy as np

from mlp.gradcheck.contract.calls import mutations
from mlp.gradcheck.contract.examine import examine_backward, examine_forward
from mlp.gradcheck.judge.judge import Judge
from mlp.gradcheck.pose import pose
from mlp.gradcheck.probe import compare


def place_of(forward, backward, *point, **options):
    """Return the place at which a problem is examined."""
    return examine_forward(pose(forward, backward, point, **options), np.random.default_rng(0))[0]


def probe_of(forward, gradient, x, *, d=None, **options):
    """Compare a gradient for a cotangent of ones with forward at x, along d or along ones."""
    place = place_of(forward, lambda *_: gradient, x, **options)
    line = place.line(
        place.problem.blocks[0], np.ones(place.base.size), np.ones_like(x) if d is None else d
    )
    return compare(line, np.asarray(gradient))


X = np.array([[0.3, -1.2, 2.5], [1.1, 0.7, -0.4]])


def cosine(dO, x):
    """Pull back through sin."""
    return dO * np.cos(x)


def contract_of(backward, forward=np.sin, x=X):
    """Tell whether gradients can be compared, and what is found in a backward."""
    problem = pose(forward, backward, (x,))
    place, _ = examine_forward(problem, np.random.default_rng(0))
    comparable, found = examine_backward(place, np.random.default_rng(0))
    return comparable, [*found, *mutations(problem)]


def breach_of(backward, **point):
    """Return whether gradients can be compared, and the only finding's kind and message."""
    comparable, (finding,) = contract_of(backward, **point)
    return comparable, finding.kind, finding.message


def judged(forward, backward, *point, rtol=None, exhaustive=False, tangent=True, **options):
    """Judge the first argument; return the judge and its answer."""
    place = place_of(forward, backward, *point, **options)
    judge = Judge(place, np.random.default_rng(0), 0, rtol, exhaustive, tangent=tangent)
    return judge, judge.answer()


def said(answer):
    """Return the verdict, and the kind and severity of each finding."""
    return answer.verdict, [(f.kind, f.severity) for f in answer.findings]
