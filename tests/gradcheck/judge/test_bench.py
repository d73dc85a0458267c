"""The probes of one argument: how many, and how sharp they must be."""

import numpy as np
from probes import judged, said

from mlp.gradcheck.judge.bench import COARSEST, RTOL

X = np.array([0.3, -1.2, 2.5, 0.8])


def cosine(dO, x):
    return dO * np.cos(x)


def test_correct_needs_two_sharp_probes():
    judge, _ = judged(np.sin, cosine, X)
    assert len(judge.pulled) == 2
    assert judge.used_rtol == RTOL


def test_noise_raises_the_tolerance_only_where_none_is_given():
    noise = np.random.default_rng(1)
    noisy = lambda x: np.sin(x) + 1e-9 * noise.normal(size=x.shape)  # noqa: E731  # forward
    judge, found = judged(noisy, cosine, X)
    assert found.verdict == "correct"
    assert RTOL < judge.used_rtol <= COARSEST
    judge, found = judged(noisy, cosine, X, rtol=1e-9)
    assert said(found) == ("inconclusive", [("noise", "doubt")])
