"""A problem answered: its calls counted, and as many as are allowed."""

import numpy as np

from mlp.gradcheck import check

X = np.array([0.3, -1.2, 2.5])


def cosine(dO, x):
    return dO * np.cos(x)


def test_the_limit_of_evaluations_is_kept():
    for limit in (1, 3, 8, 20, 44, 60):
        calls = []
        spy = lambda x, calls=calls: calls.append(1) or np.sin(x)  # noqa: E731
        report = check(spy, cosine, X, max_evaluations=limit)
        assert len(calls) == report.evaluations <= limit
        if limit < 8:
            assert (report.verdict, report.findings[0].kind) == ("inconclusive", "evaluations")
        else:
            assert report.verdict == "correct"


def test_evaluations_are_counted():
    calls = [0, 0]

    def forward(x):
        calls[0] += 1
        return np.sin(x)

    def backward(dO, x):
        calls[1] += 1
        return cosine(dO, x)

    report = check(forward, backward, X)
    assert [report.evaluations, report.backward_evaluations] == calls
