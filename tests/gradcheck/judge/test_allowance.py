"""What by hand may be off by design: accepted up to the limit, and never beyond."""

import numpy as np
import pytest
from probes import probe_of

import mlp
from mlp.gradcheck.judge import allowance

RNG = np.random.default_rng(5)
MANY = RNG.uniform(0.5, 1.5, size=4000) * RNG.choice([-1, 1], size=4000)
FEW = MANY[:6]


def sine(dO, x, off=0.0):
    """Pull back through sin, off by a share of the largest slope in alternating entries."""
    signs = np.where(np.arange(x.size) % 2, 1.0, -1.0).reshape(x.shape)
    return dO * (np.cos(x) + off * np.abs(np.cos(x)).max() * signs)


def noted(report):
    return [f.message for f in report.findings if f.kind == "accepted"]


@pytest.mark.parametrize("x", [FEW, MANY], ids=len)
@pytest.mark.parametrize("off", [1e-9, 1e-5, 1e-3])
def test_what_is_off_by_less_is_correct_and_what_is_off_by_more_is_wrong(x, off):
    def by_hand(dO, x):
        return sine(dO, x, off)

    assert mlp.check(np.sin, by_hand, x).verdict == "wrong"
    for seed in range(3):  # a cotangent is at most three times another
        report = mlp.check(np.sin, by_hand, x, accept=4 * off, rng=seed)
        assert (report.verdict, len(noted(report))) == ("correct", 1)
        assert mlp.check(np.sin, by_hand, x, accept=off / 4, rng=seed).verdict == "wrong"


@pytest.mark.parametrize(("x", "how"), [(FEW, "all 6 entries measured"), (MANY, "of 4000 entries")])
def test_a_note_says_the_size_and_how_many_entries_were_measured(x, how):
    def by_hand(dO, x):
        return sine(dO, x, 1e-5)

    report = mlp.check(np.sin, by_hand, x, accept=2.5e-5)
    (said,) = noted(report)
    assert "of the largest entry, within accept=2.5e-05" in said
    assert how in said
    assert 1e-6 < float(said.split()[2]) < 2.5e-5
    assert report.arguments[0].smallest_detectable >= 2.5e-5


def test_a_small_departure_along_the_directions_needs_no_entries():
    def by_hand(dO, x):
        return dO * np.cos(x) * (1 + 1e-7)

    plain = mlp.check(np.sin, lambda dO, x: dO * np.cos(x), FEW)
    report = mlp.check(np.sin, by_hand, FEW, accept=1e-3)
    assert "along random directions" in noted(report)[0]
    assert report.evaluations <= plain.evaluations + 20


def test_one_entry_of_many_that_is_off_by_more_is_found():
    def by_hand(dO, x):
        g = sine(dO, x, 1e-6)
        g[1234] *= 1.02
        return g

    report = mlp.check(np.sin, by_hand, MANY, accept=1e-4)
    assert report.verdict == "wrong"
    (found,) = report.findings
    assert [e.index for e in found.entries] == [(1234,)]
    assert "more than accept=0.0001" in found.message


def test_a_flipped_gradient_and_none_at_all_stay_wrong_with_the_most_that_is_accepted():
    for by_hand in (lambda dO, x: -dO * np.cos(x), lambda dO, x: 0 * dO * x):
        assert mlp.check(np.sin, by_hand, FEW, accept=0.0999).verdict == "wrong"


def test_a_dictionary_accepts_by_argument():
    def forward(x, w):
        return np.sin(x) * w

    def backward(dO, x, w):
        return dO * np.cos(x) * w * 1.001, dO * np.sin(x) * 1.001

    for accept, verdicts in (
        ({"x": 0.01}, ["correct", "wrong"]),
        ({"w": 0.01}, ["wrong", "correct"]),
        (0.01, ["correct", "correct"]),
    ):
        report = mlp.check(forward, backward, FEW, FEW + 2, accept=accept)
        assert [row.verdict for row in report.arguments] == verdicts
        assert f"accept={accept!r}" in report.reproduce
        assert report.to_dict()["accept"] == accept


def test_it_raises_no_rtol_and_is_never_implied():
    def noisy(x):
        return np.float32(np.sin(x)).astype(float)

    def by_hand(dO, x):
        return dO * np.cos(x)

    assert mlp.check(noisy, by_hand, FEW, accept=0.05).rtol == mlp.check(noisy, by_hand, FEW).rtol
    assert mlp.check(noisy, by_hand, FEW, rtol=1e-9, accept=0.05).verdict == "inconclusive"
    assert mlp.check(np.sin, by_hand, FEW).accept == 0


def test_entries_that_cannot_be_measured_leave_it_open():
    def by_hand(dO, x):
        return sine(dO, x, 1e-3)

    probe = probe_of(np.sin, np.cos(FEW) * 1.001, FEW, accept=1e-3)
    seen = allowance.departure(probe, RNG)
    assert seen.measured == 6
    blunt = allowance.Departure(1e-3, measured=6, blunt=2)
    assert blunt.blunt == 2
    assert mlp.check(np.sin, by_hand, FEW, accept=2e-3, max_evaluations=7).verdict != "correct"


@pytest.mark.parametrize("at", [0, 2])
def test_a_kink_is_judged_by_what_is_accepted_as_well(at):
    x = FEW.copy()
    x[at] = 0

    def by_hand(dO, x, off=1e-4):
        return dO * (x > 0) * (1 + off)

    def relu(x):
        return np.maximum(x, 0)

    assert mlp.check(relu, by_hand, x).verdict == "wrong"
    assert mlp.check(relu, by_hand, x, accept=1e-3).verdict == "correct"
    assert mlp.check(relu, lambda dO, x: by_hand(dO, x, 1e-2), x, accept=1e-3).verdict == "wrong"
    assert (
        mlp.check(relu, lambda dO, x: dO * ((x > 0) + 7 * (x == 0)), x, accept=1e-3).verdict
        == "wrong"
    )


@pytest.mark.parametrize(("accept", "verdict"), [(0, "wrong"), (1e-5, "wrong"), (1e-2, "correct")])
def test_exhaustive_keeps_what_is_accepted(accept, verdict):
    def by_hand(dO, x):
        g = dO * np.cos(x)
        g[3] *= 1 + 1e-3
        return g

    assert mlp.check(np.sin, by_hand, FEW, accept=accept, exhaustive=True).verdict == verdict


def test_by_hand_moves_towards_numeric_by_no_more_than_is_accepted():
    probe = probe_of(np.sin, np.cos(FEW) * 1.05, FEW, d=np.eye(6)[1])
    assert allowance.lenient(probe) is probe
    probe = probe_of(np.sin, np.cos(FEW) * 1.05, FEW, d=np.eye(6)[1], accept=0.01)
    moved = abs(allowance.lenient(probe).by_hand - probe.by_hand)
    assert moved == pytest.approx(0.01 / 1.01 * np.abs(probe.gradient).max())
    probe = probe_of(np.sin, np.cos(FEW) * 1.001, FEW, d=np.eye(6)[1], accept=0.01)
    assert allowance.lenient(probe).by_hand == probe.slope.value


def test_a_backward_that_is_not_quite_linear_is_accepted_up_to_the_limit():
    def by_hand(dO, x):
        return dO * np.cos(x) * (1 + 1e-4 * np.tanh(np.abs(dO).max()))

    wrong = mlp.check(np.sin, by_hand, FEW)
    assert wrong.verdict == "wrong"
    assert "cotangent" in {f.kind for f in wrong.findings}
    assert "as a solver that chooses its steps leaves" in str(wrong)
    assert mlp.check(np.sin, by_hand, FEW, accept=1e-5).verdict == "wrong"
    right = mlp.check(np.sin, by_hand, FEW, accept=1e-3)
    assert right.verdict == "correct"
    assert any("not linear in its cotangent" in said for said in noted(right))


@pytest.mark.parametrize(
    ("by_hand", "kind"),
    [
        (lambda dO, x: (dO * np.cos(x))[:3], "shape"),
        (lambda dO, x: dO * np.cos(x) * np.where(np.arange(6) == 2, np.nan, 1), "nonfinite"),
    ],
)
def test_shape_and_what_is_not_finite_are_never_accepted(by_hand, kind):
    report = mlp.check(np.sin, by_hand, FEW, accept=0.09)
    assert report.verdict == "wrong"
    assert report.findings[0].kind == kind


def test_mutation_is_never_accepted():
    def by_hand(dO, x):
        dO *= np.cos(x)
        return dO

    report = mlp.check(np.sin, by_hand, FEW, accept=0.09)
    assert "mutation" in {f.kind for f in report.findings}
    assert report.verdict == "wrong"


def test_a_probe_that_is_off_by_more_than_all_entries_may_be_needs_none_of_them():
    probe = probe_of(np.sin, np.cos(FEW) * 1.01, FEW, accept=1e-3)
    assert allowance.exceeded(probe)
    assert not allowance.exceeded(probe_of(np.sin, np.cos(FEW) * 1.01, FEW, accept=0.05))
    assert not allowance.exceeded(probe_of(np.sin, np.cos(FEW) * (1 + 1e-5), FEW, accept=1e-5))
