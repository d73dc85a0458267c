"""Rungs, tableaux and what they say together: estimates, their errors, and noise."""

import math

import pytest

from mlp.gradcheck.numbers.ladder import ORDERS, UNIT, Ladder, Rung, Tableau

STEPS = [4.0**-k for k in range(1, 9)]


def climbed(phi, *, floor=0.0):
    """Return the ladder of φ over STEPS."""
    ladder = Ladder(1.0, 1.0, floor, UNIT)
    for h in STEPS:
        ladder.push(Rung(h, phi(h), phi(-h)))
    return ladder


def test_a_rung_knows_its_quotients_and_how_far_its_sides_are_apart():
    rung = Rung(0.5, 2.0, -1.0)
    assert (rung.right, rung.left, rung.central, rung.gap) == (4.0, 2.0, 3.0, 2.0)
    assert not rung.flat
    assert Rung(0.5, 0.0, 0.0).flat


def test_column_j_of_a_tableau_is_free_of_the_first_j_terms():
    tableau = Tableau(2)
    for h in STEPS[: ORDERS + 1]:
        tableau.push(h, 2 + 3 * h**2 + 5 * h**4 + 7 * h**6)
    assert tableau.rows[2][1][0] != 2
    assert tableau.rows[2][2][0] != 2
    assert tableau.rows[3][3][0] == pytest.approx(2, rel=4 * UNIT)
    assert [len(row) for row in tableau.rows] == [1, 2, 3, 4, 5, 5]


def test_a_gap_begins_a_tableau_afresh():
    tableau = Tableau(2)
    for h, quotient in zip(STEPS, (1.0, math.nan, 3.0, 3.5), strict=False):
        tableau.push(h, quotient)
    assert [len(row) for row in tableau.rows] == [1, 0, 1, 2]
    assert tableau.rows[2] == [(3.0, math.inf, 1 / STEPS[2])]


@pytest.mark.parametrize("power", [1, 2])
def test_steps_of_any_ratio_are_extrapolated_and_noise_grows_by_the_gain(power):
    steps, noise = [0.3, 0.09, 0.017, 0.006], [1e-6, -1e-6, 1e-6, -1e-6]
    exact, loud = Tableau(power), Tableau(power)
    for h, error in zip(steps, noise, strict=True):
        quotient = 2 + 3 * h**power - 5 * h ** (2 * power)
        exact.push(h, quotient)
        loud.push(h, quotient + error / h)
    assert exact.rows[-1][2].value == pytest.approx(2, rel=1e-12)
    for seen, true in zip(loud.rows[-1], exact.rows[-1], strict=True):
        assert abs(seen.value - true.value) <= 1e-6 * seen.gain * (1 + 1e-9)
    assert abs(loud.rows[-1][1].value - exact.rows[-1][1].value) > 0.9e-6 * loud.rows[-1][1].gain


def test_noise_is_what_goes_on_to_the_finest_rung_and_nothing_below_the_floor():
    smooth = climbed(math.expm1, floor=UNIT)
    assert smooth.noise() < 64 * UNIT
    loud = climbed(lambda t: math.expm1(t) + 1e-6 * math.sin(1e9 * t), floor=UNIT)
    assert 1e-7 < loud.noise() < 1e-5


def test_the_best_entry_holds_the_truth_and_a_finer_kink_overrules_coarse_ones():
    ladder = climbed(math.expm1, floor=UNIT)
    found = ladder.best(ladder.noise(), ladder.sides)
    assert abs(found.value - 1) < found.bar < 1e-9
    bent = climbed(lambda t: math.expm1(t) + max(0.0, abs(t) - 1e-3), floor=UNIT)
    assert abs(bent.best(bent.noise(), bent.sides).value - 1) < 1e-6


@pytest.mark.parametrize(("steps", "settles"), [(math.expm1, True), (abs, False)])
def test_a_ladder_settles_where_finer_rungs_change_nothing(steps, settles):
    ladder = climbed(steps, floor=2.0**-30)
    assert ladder.settled(ladder.noise()) is settles
