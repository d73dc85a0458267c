"""The probes of one argument: how many, and how sharp they must be."""

import numpy as np
from probes import judged, said

from mlp.gradcheck.directions import MANY, product
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


def test_a_large_probe_lets_go_of_its_arrays_and_has_the_same_again_where_they_are_asked_for():
    x = np.linspace(0.5, 1, MANY)
    judge, found = judged(lambda x: np.sin(x).sum(), cosine, x)
    assert found.verdict == "correct"
    assert all(gradients == [None] for _, gradients in judge.pulled.values())
    light = found.probe
    whole = judge.whole(light)
    assert (light.gradient.size, whole.gradient.shape, whole.line.d.shape) == (0, x.shape, x.shape)
    assert product(whole.gradient, whole.line.d) == whole.by_hand == light.by_hand
    assert whole.smallest_detectable == light.smallest_detectable


def test_a_large_gradient_that_only_the_second_cotangent_shows_wrong_is_located():
    def backward(dO, x):
        dx = dO * np.cos(x)
        dx[7] *= 1 + 0.1 * (abs(dO) > 1.37)  # the first is 1.35, the second 1.39
        return dx

    x = np.linspace(0.5, 1, MANY)
    judge, found = judged(lambda x: np.sin(x).sum(), backward, x)
    assert [*judge.aside] == [0]
    assert found.verdict == "wrong"
    assert [e.index for e in found.findings[0].entries] == [(7,)]
