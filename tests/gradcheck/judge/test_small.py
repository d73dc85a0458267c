"""A small difference is shown in the digits that differ, with its size and a likely cause."""

import re

import numpy as np
import pytest

import mlp

X = np.random.default_rng(3).uniform(0.4, 1.4, size=7)
PATTERN = (
    r"off by (\S+) of the largest entry(, as left by (.*?))?; if it is by design, accept=(\S+)"
)


def said_of(off, x=X):
    """Return the size, the cause and the option that a report on such a gradient offers."""
    report = mlp.check(np.sin, lambda dO, x: dO * np.cos(x) * (1 + off(x)), x)
    assert report.verdict == "wrong"
    found = re.search(PATTERN, str(report))
    return (float(found[1]), found[3] or "", float(found[4])) if found else None


@pytest.mark.parametrize("size", [1e-10, 1e-8, 6e-8, 1e-6, 1e-4, 3e-3])
def test_the_size_is_said_with_what_has_it_and_the_option_accepts_it(size):
    off, cause, accept = said_of(lambda x: size * x)
    assert size / 10 < off < 2 * size
    assert "a solver's tolerance" in cause
    assert ("float32" in cause) == (1e-9 <= off <= 1e-6)
    assert mlp.check(np.sin, lambda dO, x: dO * np.cos(x) * (1 + size * x), X, accept=accept)


def test_a_constant_in_single_precision_is_told_by_its_size():
    c = 0.7

    def backward(dO, x):
        return dO * c * np.cos(c * x)

    report = mlp.check(lambda x: np.sin(float(np.float32(c)) * x), backward, X)
    assert "a constant or an intermediate in float32 on one side" in str(report)


def test_what_is_off_in_few_entries_or_follows_a_pattern_has_no_such_cause():
    many = np.linspace(0.4, 1.4, 500)
    off, cause, _ = said_of(lambda x: 1e-4 * (np.arange(x.size) == 17), many)
    assert (off > 1e-6, cause) == (True, "")
    report = mlp.check(np.sin, lambda dO, x: dO * np.cos(x) + 1e-4 * dO[0] * x, X)
    assert report.findings[0].diagnosis == "weight decay"
    assert "solver" not in str(report)
    assert "if it is by design" in str(report)


def test_a_large_difference_is_no_matter_of_design():
    assert said_of(lambda x: 0.3 * x) is None
    assert "accept=" not in str(mlp.check(np.sin, lambda dO, x: -dO * np.cos(x), X))


def test_numbers_that_differ_are_shown_in_digits_that_do():
    report = mlp.check(np.sin, lambda dO, x: dO * np.cos(x) * (1 + 3e-11 * x), X)
    assert report.verdict == "wrong"
    pairs = re.findall(r"by hand (\S+), numeric (\S+) ±", str(report))
    pairs += [report.arguments[0].numbers(11)]
    assert len(pairs) > 2
    assert all(by_hand != numeric for by_hand, numeric in pairs)
    assert report.arguments[0].numbers(11)[0] in report.to_html()


def test_a_factor_near_one_is_shown_as_what_it_is_beside_one():
    report = mlp.check(np.sin, lambda dO, x: dO * np.cos(x) * (1 + 2e-5), X)
    assert "by hand = (1 +2.0e-05) × numeric" in str(report)
