"""The controls: checkers that are no good. Every family must find one of them out.

`check` is what everybody has written once: one fixed step, one random direction, rtol = 1e-5 and
atol = 1e-8, whatever the function. `credulous` always says correct, `suspicious` always wrong.
"""

from types import SimpleNamespace

import numpy as np

STEP = 1e-6


def slope(phi, scale, noise):
    """Return a central difference with a bar of ten digits, in which everybody believes."""
    del scale, noise
    value = (phi(STEP) - phi(-STEP)) / (2 * STEP)
    return SimpleNamespace(value=value, bar=1e-10 * abs(value), evaluations=2)


def check(forward, backward, *point, rng=0, **options):
    """Compare the two sides along one direction per argument, as numpy.allclose does."""
    del options
    rng = np.random.default_rng(rng)
    point = [np.array(x) for x in point]
    v = rng.normal(size=np.shape(forward(*point)))
    by_hand = backward(v, *point)
    by_hand = by_hand if isinstance(by_hand, tuple) else (by_hand,)
    floats = [k for k, x in enumerate(point) if x.dtype.kind == "f"]
    close = True
    for k, g in zip(floats, by_hand, strict=False):
        d = rng.normal(size=point[k].shape)
        ahead, behind = (
            np.sum(v * forward(*point[:k], point[k] + t * d, *point[k + 1 :]))
            for t in (STEP, -STEP)
        )
        close &= bool(np.isclose(np.sum(g * d), (ahead - behind) / (2 * STEP), 1e-5, 1e-8))
    return Report("correct" if close else "wrong", 2 * len(floats) + 1, len(floats))


def credulous(forward, backward, *point, **options):
    """Accept everything."""
    del forward, backward, options
    return Report("correct", 0, len(point))


def suspicious(forward, backward, *point, **options):
    """Reject everything."""
    del forward, backward, options
    return Report("wrong", 0, len(point))


class Report(SimpleNamespace):
    """As much of a report as such a checker has."""

    def __init__(self, verdict, evaluations, arguments):
        findings = () if verdict == "correct" else (SimpleNamespace(kind="mismatch", entries=()),)
        for finding in findings:
            finding.argument, finding.diagnosis, finding.message = "x0", None, ""
        super().__init__(
            verdict=verdict,
            evaluations=evaluations,
            findings=findings,
            arguments=tuple(
                SimpleNamespace(name=f"x{k}", smallest_detectable=1e-5) for k in range(arguments)
            ),
        )

    def __bool__(self):
        return self.verdict == "correct"
