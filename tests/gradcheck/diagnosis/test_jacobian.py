import numpy as np
import pytest

from mlp.gradcheck.contract.examine import examine_forward
from mlp.gradcheck.diagnosis.jacobian import at_output, measure
from mlp.gradcheck.pose import pose
from mlp.gradcheck.probe import compare


def probed(forward, x, bounds=None, along=1.0):
    """Return a probe of forward at x, for a cotangent of ones."""
    problem = pose(forward, lambda dO, _: dO, (x,), bounds=bounds)
    place, _ = examine_forward(problem, np.random.default_rng(0))
    line = place.line(problem.blocks[0], np.ones(place.base.size), along * np.ones_like(x))
    return compare(line, np.zeros_like(x))


X = np.array([0.3, -1.2, 2.5])


def softmax(x):
    e = np.exp(x - x.max())
    return e / e.sum()


@pytest.mark.parametrize("v", [np.ones(3), np.array([1.0, -2.0, 0.5]), np.eye(3)])
def test_one_measurement_serves_every_cotangent(v):
    P = softmax(X)
    exact = np.diag(P) - np.outer(P, P)
    uneven = np.array([1, -0.5, 0.25])  # softmax does not notice a shift, nor would the steps
    probe = probed(lambda x: softmax(x) * [1, 2, 3], X, along=uneven)
    value, bar = measure(probe, range(3)).pull(v)
    truth = (v[:, None] if v.ndim == 1 else v) * (np.array([1, 2, 3])[:, None] * exact)
    assert (np.abs(value - truth.sum(axis=0)) <= bar).all()
    assert (bar < 1e-7).all()


def test_only_the_chosen_entries_are_measured():
    value, bar = measure(probed(np.sin, X), [2, 0]).pull(np.ones(3))
    assert (np.abs(value - np.cos(X[[2, 0]])) <= bar).all()


def test_at_a_kink_the_bar_spans_both_sides():
    smooth = np.array([0.0, 1.0])
    probe = probed(lambda x: np.abs(x) + x, np.array([0.0, 1.0]), along=smooth)
    value, bar = measure(probe, [0, 1]).pull(np.ones(2))
    assert bar[0] >= 1
    assert abs(value[1] - 2) <= bar[1] < 1e-9


def test_beyond_the_domain_nothing_is_known():
    probe = probed(np.sin, X, bounds=[(-1.2, 2.5)], along=np.array([1.0, 0.0, 0.0]))
    _, bar = measure(probe, range(3)).pull(np.ones(3))
    assert np.isinf(bar).tolist() == [False, True, True]


def test_an_elementwise_forward_is_measured_at_its_result_by_one_direction():
    value, bar = at_output(probed(np.tanh, X)).pull(np.ones((1, 3)))
    assert (np.abs(value - (1 - np.tanh(np.tanh(X)) ** 2)) <= bar).all()
    assert (np.abs(value - (1 - np.tanh(X) ** 2)) > bar).all()


def test_a_result_at_which_forward_raises_is_no_point():
    def forward(x):
        if x.max() > 3:
            raise ValueError
        return np.exp(x)

    assert at_output(probed(forward, X)) is None
