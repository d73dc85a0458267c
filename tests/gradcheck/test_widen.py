"""Single precision judged in double, where that judges the same."""

import numpy as np
import pytest

import mlp
from mlp.gradcheck import widen
from mlp.gradcheck.answering import judging_float32
from mlp.gradcheck.contract.examine import examine_forward
from mlp.gradcheck.pose import pose
from mlp.gradcheck.widen import IN_DOUBLE, ROUNDING, STEPS, widened

SINGLE = np.finfo(np.float32).eps


def layer(x, K):
    return np.tanh(x @ K.T / np.sqrt(4))  # a float64 scalar: NumPy 2 widens, and K stays float32


def layer_backward(dO, x, K):
    dZ = dO * (1 - layer(x, K) ** 2) / np.sqrt(4)
    return dZ @ K, dZ.T @ x


@pytest.fixture
def point():
    rng = np.random.default_rng(7)
    return tuple(rng.normal(size=s).astype(np.float32) for s in ((5, 4), (3, 4)))


def place_of(forward, backward, *point):
    return examine_forward(pose(forward, backward, point), np.random.default_rng(0))[0]


def test_a_right_gradient_of_float32_is_checked_to_the_digits_of_float64(point):
    report = mlp.check(layer, layer_backward, *point)
    assert report.verdict == "correct"
    assert max(a.error_bar for a in report.arguments) < 1e-9
    assert {a.smallest_detectable for a in report.arguments} == {
        STEPS * SINGLE
    }  # below it float32 rounds
    assert report.rtol == 1e-6


def test_a_fault_of_1e_5_shows_in_float32(point):
    report = mlp.check(layer, lambda *a: [g * (1 + 1e-5) for g in layer_backward(*a)], *point)
    assert report.verdict == "wrong"


def test_a_fault_that_only_float32_has_is_judged_there(point):
    def backward(dO, x, K):
        dx, dK = layer_backward(dO, x, K)
        return (dx if x.dtype == np.float64 else 1.2 * dx), dK

    report = mlp.check(layer, backward, *point)
    assert [a.verdict for a in report.arguments] == ["wrong", "correct"]


def only_single(x):
    if x.dtype != np.float32:
        raise TypeError("float32 only")
    return np.sin(x)


def narrowing(x):
    return np.sin(x).astype(np.float32)


def other_in_double(x):
    return np.sin(x) if x.dtype == np.float32 else np.cos(x)


@pytest.mark.parametrize("forward", [only_single, narrowing, other_in_double])
def test_a_forward_that_is_another_one_in_double_is_judged_as_it_is(forward):
    x = np.linspace(0.1, 1, 5, dtype=np.float32)
    place = place_of(forward, lambda d, x: d * np.cos(x), x)
    assert widened(place, np.random.default_rng(1))[0] is place
    report = mlp.check(forward, lambda d, x: d * np.cos(x).astype(np.float32), x)
    assert report.verdict == "correct"
    assert report.arguments[0].smallest_detectable > 1e-6
    assert not any(f.kind == "raised" for f in report.findings)


def test_double_precision_stays_where_it_is():
    place = place_of(np.sin, lambda d, x: d * np.cos(x), np.ones(3))
    assert widened(place, np.random.default_rng(1))[0] is place


def test_structures_scalars_and_what_is_not_differentiated_are_widened():
    point = ({"w": np.float32([1, 2]), "n": 3}, np.float32(0.5), np.float32([2, 1]))

    def forward(p, s, c):
        return p["w"] * s * c

    place = place_of(
        forward, lambda d, p, s, c: ({"w": d * s * c}, (d * p["w"] * c).sum(), None), *point
    )
    found = widened(place, np.random.default_rng(1))[0].problem
    assert [b.value.dtype for b in found.blocks] == [np.float64] * 3
    assert found.point[0]["n"] == 3
    assert found.spent is place.problem.spent


def test_float32_is_judged_as_it_is_where_that_is_asked_for(point):
    with judging_float32(in_double=False):
        report = mlp.check(layer, layer_backward, *point)
    assert report.verdict == "correct"
    assert max(a.smallest_detectable for a in report.arguments) > 1e-6
    assert IN_DOUBLE.format("float32") not in str(report)


@pytest.mark.parametrize(("factor", "verdict"), [(1 + 3e-8, "correct"), (1 + 1e-6, "wrong")])
def test_a_constant_rounded_to_float32_is_right_for_float32_and_a_larger_factor_is_not(
    point, factor, verdict
):
    report = mlp.check(layer, lambda *a: [g * factor for g in layer_backward(*a)], *point)
    assert report.verdict == verdict
    assert (ROUNDING.format("float32") in str(report)) == (verdict == "correct")


def test_what_cancels_to_a_few_units_is_not_taken_for_float32():
    noise, wave = 2.0**-53 * np.array([3.0, -1.0, 0.0, 7.0]), np.cos(np.arange(4.0))
    single = wave.astype(np.float32).astype(np.float64)
    assert widen._is_single(single, 1.0)  # noqa: SLF001  # a gradient of few digits is chance
    assert not widen._is_single(wave, 1.0)  # noqa: SLF001  # likewise
    assert not widen._is_single(noise, 0.0)  # noqa: SLF001  # likewise
    assert not widen._is_single(2.0**-45 * single, 1.0)  # noqa: SLF001  # likewise


@pytest.mark.parametrize("seed", [1, 4])
def test_a_constant_in_float32_is_no_fault_where_few_of_many_entries_are_measured(seed):
    rng = np.random.default_rng(seed)
    x, c = rng.normal(size=12_000).astype(np.float32), np.float32(rng.uniform(0.5, 3))

    def forward(x):  # c² is rounded to float32, in float64 too, and backward has none
        return (c**2 * (np.sqrt(1 + (x / c) ** 2) - 1)).sum(dtype=np.float64)

    def backward(dL, x):
        return (dL * x / np.sqrt(1 + (x / c) ** 2)).astype(x.dtype)

    def half(dL, x):
        dX = backward(dL, x)
        dX[:6000] *= np.float32(1.001)
        return dX

    assert mlp.check(forward, backward, x).verdict == "correct"
    assert mlp.check(forward, half, x).verdict == "wrong"


def test_a_sum_of_the_cotangent_alone_is_no_sign_of_float32_inside():
    X, b = np.ones((10, 6), np.float32), np.ones(6, np.float32)
    for seed in range(20):
        report = mlp.check(lambda X, b: X + b, lambda dO, *_: (1 * dO, dO.sum(0)), X, b, rng=seed)
        assert [f.message for f in report.findings] == [IN_DOUBLE.format("float32")]


@pytest.mark.parametrize("factor", [1.0, 1.01])
def test_a_short_number_is_no_sign_of_float32_inside(factor):
    """Products of a float16 and of a cotangent of few digits fit into a float32."""
    rng = np.random.default_rng(3)
    x, W = (rng.normal(size=shape).astype(np.float16) for shape in ((5, 4), (4, 3)))
    report = mlp.check(np.matmul, lambda d, x, W: (d @ W.T, factor * (x.T @ d)), x, W)
    assert IN_DOUBLE.format("float16") in str(report)
    assert report.verdict == ("correct" if factor == 1 else "wrong")
