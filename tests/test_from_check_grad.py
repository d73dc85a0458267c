"""Coming from SciPy: each line of the translation on a right and a wrong gradient, both ways."""

import numpy as np
import pytest
from scipy.optimize import approx_fprime, check_grad, rosen, rosen_der, rosen_hess

import mlp

x0 = np.array([1.3, 0.7, 0.8])
adapter = mlp.adapters.scipy


def off(x):
    """Return the gradient with one entry wrong."""
    return rosen_der(x) + np.array([0, 1, 0])


def power(x, k):
    return (x**k).sum()


def power_der(x, k):
    return k * x ** (k - 1)


def power_der_of_2(x, k):
    return 2 * x ** (k - 1)


def skew(x):
    return rosen_hess(x) + np.eye(3, k=1)


def verdicts(*adapted, **options):
    return [each.check(x0, **options).verdict for each in adapted]


def test_check_grad_func_grad_x0():
    assert check_grad(rosen, rosen_der, x0) < 1e-4 < check_grad(rosen, off, x0)
    assert verdicts(adapter(rosen, rosen_der), adapter(rosen, off)) == ["correct", "wrong"]


def test_check_grad_args():
    assert check_grad(power, power_der, x0, 3) < 1e-4 < check_grad(power, power_der_of_2, x0, 3)
    adapted = adapter(power, power_der, (3,)), adapter(power, power_der_of_2, (3,))
    assert verdicts(*adapted) == ["correct", "wrong"]


@pytest.mark.parametrize("scale", [1e-8, 1.0, 1e8])
def test_check_grad_epsilon(scale):
    """Whoever chooses steps chooses one for each scale."""
    point = x0 * scale
    epsilon = 1e-8 * scale

    def func(x):
        return np.sin(x / scale).sum()

    def right(x):
        return np.cos(x / scale) / scale

    def wrong(x):
        return np.sin(x / scale) / scale

    error, fault = (check_grad(func, grad, point, epsilon=epsilon) for grad in (right, wrong))
    assert error * scale < 1e-6 < fault * scale
    assert adapter(func, right).check(point).verdict == "correct"
    assert adapter(func, wrong).check(point).verdict == "wrong"


def test_check_grad_direction_all():
    report = adapter(rosen, off).check(x0, exhaustive=True)
    assert report.verdict == "wrong"
    entries = report.arguments[0].entries
    beside = [abs(e.by_hand - e.numeric) > 0.5 for e in entries]
    assert [e.index for e in entries] == [(0,), (1,), (2,)]
    assert beside == [False, True, False]
    assert adapter(rosen, rosen_der).check(x0, exhaustive=True).verdict == "correct"


def test_check_grad_direction_random():
    far = check_grad(rosen, off, x0, direction="random", rng=0)
    assert check_grad(rosen, rosen_der, x0, direction="random", rng=0) < 1e-4 < far
    report = adapter(rosen, off).check(x0)
    assert [entry.index for entry in report.findings[0].entries] == [(1,)]
    assert adapter(rosen, rosen_der).check(x0).evaluations < 60


def test_check_grad_rng():
    reports = [adapter(rosen, off).check(x0, rng=seed) for seed in (0, 0, 1)]
    assert {report.verdict for report in reports} == {"wrong"}
    first, same, other = (report.arguments[0].by_hand for report in reports)
    assert first == same != other
    assert adapter(rosen, rosen_der).check(x0, rng=np.random.default_rng(1))


def test_check_grad_assert():
    adapter(rosen, rosen_der).verify(x0)
    with pytest.raises(mlp.GradientError, match="1 of 3 entries wrong"):
        adapter(rosen, off).verify(x0)


def test_check_grad_jacobian():
    differences = approx_fprime(x0, rosen_der)
    assert np.abs(differences - rosen_hess(x0)).max() < 1e-2
    adapted = adapter(rosen_der, rosen_hess), adapter(rosen_der, skew)
    assert verdicts(*adapted) == ["correct", "wrong"]
