"""What a ladder says of the point: its kind, both sides, and what its finest rungs rule out."""

import math

import pytest

from mlp.gradcheck.numbers.slope import slope


@pytest.mark.parametrize(
    ("kind", "phi"),
    [
        ("smooth", lambda t: math.sin(3 * t)),
        ("smooth", lambda t: 0.0 * t),
        ("kink", abs),
        ("kink", lambda t: max(t, -0.01 * t)),
        ("jump", lambda t: float(t > 0)),
        ("jump", lambda t: t + (1.0 if t else 0.0)),
        ("unbounded", lambda t: math.copysign(math.sqrt(abs(t)), t)),
        ("domain", lambda t: math.nan * t),
    ],
)
def test_each_kind_of_point_is_told(kind, phi):
    found = slope(phi)
    assert found.kind == kind
    assert math.isnan(found.value) == math.isinf(found.bar) == (kind != "smooth")


def test_at_a_kink_both_sides_are_known():
    found = slope(lambda t: 3 * t if t > 0 else -2 * math.sin(t))
    assert abs(found.right.value - 3) <= found.right.bar < 1e-9
    assert abs(found.left.value + 2) <= found.left.bar < 1e-9


def test_at_the_edge_of_the_domain_one_side_serves():
    found = slope(lambda t: math.expm1(t) if t >= 0 else math.nan)
    assert found.kind == "smooth"
    assert abs(found.value - 1) <= found.bar < 1e-6


def test_the_finest_rungs_contradict_a_wrong_slope_and_no_right_one():
    found = slope(lambda t: math.sin(t) + math.sin(t) ** 2)
    assert not found.contradicts(1.0)
    assert found.contradicts(1.01)
