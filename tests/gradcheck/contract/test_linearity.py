"""What is not linear in the cotangent, or not steady, is found."""

import numpy as np
import pytest
from probes import X, breach_of, contract_of, cosine


@pytest.mark.parametrize(
    ("bend", "says"),
    [
        (np.ones_like, "backward(0) is not 0; the cotangent is ignored"),
        (lambda v: v + 1, "backward(0) is not 0"),
        (np.abs, "backward(-v) is not -backward(v); it passes through abs or relu"),
        (lambda v: np.maximum(v, 0), "backward(-v) is not -backward(v); it passes through"),
        (np.square, "backward(-v) is not -backward(v); it is clipped, squared"),
        (lambda v: np.clip(v, -1, 1), "backward(1024 v) is not 1024 backward(v); it is clipped"),
        (lambda v: v / (abs(v).max() or 1), "backward(1024 v) is not 1024 backward(v)"),
        (lambda v: v * (abs(v) == abs(v).max()), "backward(v + w) is not"),
    ],
)
def test_what_is_not_linear_in_the_cotangent_is_named(bend, says):
    comparable, kind, message = breach_of(lambda dO, x: bend(dO) * np.cos(x))
    assert (comparable, kind) == (True, "cotangent")
    assert says in message


def test_a_backward_that_answers_differently_is_not_compared():
    noise = np.random.default_rng(0)
    comparable, kind, _ = breach_of(lambda dO, x: cosine(dO, x) * (1 + 0.1 * noise.normal()))
    assert (comparable, kind) == (False, "nondeterminism")


def test_arithmetic_in_single_precision_is_linear_enough():
    single = X.astype(np.float32)
    assert contract_of(lambda dO, x: (dO / 3 * np.cos(x)) * 3, x=single) == (True, [])


def test_a_gradient_that_is_all_rounding_is_linear_enough():
    def unit(dO, x):  # of one number alone: 0
        length = np.sqrt(x @ x)
        return (dO - x * (x @ dO) / length**2) / length

    draw = np.random.default_rng(3)
    found = [contract_of(unit, np.sign, x=draw.normal(size=1))[1] for _ in range(60)]
    assert not any(found)


@pytest.mark.parametrize("seed", range(6))
def test_what_cancels_in_single_precision_inside_is_linear_enough(seed):
    """Units in the last place of a double are none in float32: other factors show its rounding."""

    def inside(dO, x):
        G = dO.astype(np.float32) * np.float32(1 / 3)
        return ((G + np.float32(1e-4) * x.astype(np.float32) * G) - G).astype(float)

    x = np.random.default_rng(seed).normal(size=3)
    assert contract_of(inside, np.sin, x=x) == (True, [])


@pytest.mark.parametrize("fault", [1e-2, 1e-4])
@pytest.mark.parametrize("seed", range(4))
def test_rounding_excuses_a_sum_that_is_off_by_as_much_and_no_more(seed, fault):
    """Terms that cancel to a billionth waver by 1e-7, and what is lost in abs is no rounding."""

    def cancels(dO, x, fault=0.0):
        whole = (1e9 * x + np.cos(x)) * dO
        return whole - 1e9 * x * dO + fault * dO * (abs(dO) == abs(dO).max())

    x = np.random.default_rng(seed).normal(size=6)
    assert contract_of(cancels, x=x) == (True, [])
    comparable, kind, message = breach_of(lambda dO, x: cancels(dO, x, fault), x=x)
    assert (comparable, kind) == (True, "cotangent")
    assert "backward(v + w) is not" in message
