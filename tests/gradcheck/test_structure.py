"""What no step sees is told of, and steps on a curved set have the form of the gradient."""

import numpy as np
from structured import R, S, cloud, cloud_backward, log_det, log_det_backward, notes

import mlp


def test_what_no_direction_sees_is_noted_with_its_size_and_not_judged():
    def skewed(dO, S):
        G = log_det_backward(dO, S)
        return (
            G
            + 0.25 * np.abs(G).max() * np.triu(np.ones((4, 4)), 1)
            - np.tril(0.25 * np.abs(G).max() * np.ones((4, 4)), -1)
        )

    report = mlp.check(log_det, skewed, S, along={"S": "symmetric"})
    assert report.verdict == "correct"
    (note,) = notes(report)
    assert note.startswith("no direction along S sees a part of by hand, ")
    assert not notes(mlp.check(log_det, log_det_backward, S, along={"S": "symmetric"}))
    assert not mlp.check(log_det, skewed, S)


def test_a_retraction_that_raises_is_told_of():
    def broken(*_):
        raise RuntimeError("no such thing")

    report = mlp.check(cloud, cloud_backward, R, retract={"R": broken})
    assert report.verdict == "inconclusive"
    assert "the chart of R raised RuntimeError: no such thing" in str(report)


def test_without_a_gradient_the_form_of_a_step_is_not_known():
    report = mlp.check(cloud, lambda *_: None, R, retract={"R": lambda R, xi: R + 0 * xi[0]})
    assert report.verdict == "wrong"
    assert "backward has no gradient for R, so the form of xi is not known" in str(report)
