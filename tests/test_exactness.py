"""Every op keeps to its goals in ULPs; the measurement that says so can fail, and its oracle too.

`make exactness` measures ten times as much, beside other libraries.
"""

import re
from pathlib import Path

import numpy as np
import pytest
from exactness import blind, exhaustive, ordinary, sample, table, trials
from exactness.functions import TRUTH
from exactness.goals import FLOAT64, goal, reached
from exactness.libraries import OURS, TEXTBOOK
from exactness.rows import Row
from kinds import BY_NAME
from oracle import mp, rounded

ROOT = Path(__file__).parents[1]
dtypes = pytest.mark.parametrize("dtype", [np.float64, np.float32], ids=["float64", "float32"])


@pytest.fixture(scope="module", params=[np.float64, np.float32], ids=["float64", "float32"])
def measured(request):
    """Measure ours, the textbook, and formulas that must miss where the textbook does not."""
    libraries = {"ours": OURS, "textbook": TEXTBOOK, "worse": WORSE}
    found = table.measure(libraries, request.param, share=0.02, seed=1)
    return request.param, found


def test_every_goal_is_reached(measured):
    dtype, found = measured
    assert table.missed(found, dtype) == []
    assert {(op, d) for name, op, d in found if name == "ours"} == {
        (op, d) for op in FLOAT64 for d in (0, 1)
    }


# formulas that a measurement must find too far off

WORSE = {
    "identity": (lambda Z: (Z + 1) - 1, lambda dA, Z: dA * Z / Z),
    "sigmoid": (lambda Z: (1 + np.tanh(Z / 2)) / 2, None),
    "tanh": (lambda Z: (np.exp(Z) - np.exp(-Z)) / (np.exp(Z) + np.exp(-Z)), None),
    "relu": (lambda Z: (Z + np.abs(Z)) / 2, lambda dA, Z: dA * np.maximum(Z, 0) / Z),
    "leaky_relu": (
        lambda Z: Z * Z.dtype.type(0.505) + np.abs(Z) * Z.dtype.type(0.495),
        lambda dA, Z: dA * np.where(Z > 0, 1, BY_NAME["leaky_relu"].forward(Z) / Z),
    ),
    "softplus": (None, lambda dA, Z: dA * (1 - 1 / (1 + np.exp(Z)))),
    "softmax": (lambda Z: np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True), None),
    "cross_entropy": (
        lambda P, y: TEXTBOOK["cross_entropy"][0](P + P.dtype.type(1e-12), y),
        lambda dL, P, y: TEXTBOOK["cross_entropy"][1](dL, P + P.dtype.type(1e-12), y),
    ),
    "squared_error": (
        lambda O, Y: (O * O - 2 * O * Y + Y * Y).mean(),
        lambda dL, O, Y: dL * (2 * O / O.size - 2 * Y / O.size),
    ),
}
WORSE["cross_entropy, soft"] = WORSE["cross_entropy"]
WORSE = {  # a formula for each direction: the textbook's where there is no worse one
    op: tuple(f or g for f, g in zip(WORSE.get(op, (None, None)), TEXTBOOK[op], strict=True))
    for op in OURS
}


@pytest.mark.parametrize("direction", [0, 1], ids=["forward", "backward"])
@pytest.mark.parametrize("op", OURS)
def test_a_formula_that_loses_digits_misses_its_goal(op, direction, measured):
    dtype, found = measured
    assert not reached(found["worse", op, direction], op, direction, dtype)


def test_one_unit_too_much_is_a_miss():
    Z = np.array([0.3, 2.0])
    (trial, _) = trials.elementwise("sigmoid", Z)
    for units in (0, 1, 3, 4, 1000):
        error = trials.error(trial.truth + units * np.spacing(trial.truth), trial)
        assert error.normal == units
        assert reached(error, "sigmoid", 0, np.float64) == (units <= 3)


def test_what_is_lost_is_said_so_and_subnormal_results_have_a_limit_of_their_own():
    truth = np.array([1e-300, 3e-320, 0.0])
    trial = trials.Trial("elu", 0, (truth,), truth)
    assert not trials.error(truth, trial).lost
    assert trials.error(truth * [0, 1, 1], trial).lost == 1
    assert trials.error(truth * [np.nan, 1, 1], trial).lost == 1
    off = trials.error(truth + np.array([0, 6 * 5e-324, 0]), trial)
    assert (off.normal, off.subnormal, off.lost) == (0, 6, 0)
    assert not reached(off, "elu", 0, np.float64)
    assert str(trials.error(0 * truth, trial)) == "lost"


def test_a_difference_is_measured_by_its_terms():
    trial = trials.Trial("softmax", 1, (), np.array([1e-16]), np.array([1.0]))
    assert trials.error(np.array([3e-16]), trial).normal < 1
    assert trials.error(np.array([0.1]), trial).normal > 1e14


# the oracle


SOME = (1e-9, 0.3, 1.2784645427610737, 0.7517915246935645, 9.7, 38.0, 9.9e3)


@pytest.mark.parametrize("name", blind.BLIND)
def test_the_oracle_agrees_with_nine_thousand_digits(name):
    for z in SOME:
        for signed in (z, -z):
            if z <= blind.FAR.get(name, 1e4):
                for truth, definition in zip(TRUTH[name], blind.BLIND[name], strict=True):
                    assert blind.disagreement(truth, definition, signed) < 1e-44, signed


@pytest.mark.parametrize("z", [[1e4, -1e4, 0], [1, 1], [0, -800, -30, 5], [2000, 0, 1, -3]])
def test_the_oracle_of_a_row_agrees_with_nine_thousand_digits(z):
    rng, z = np.random.default_rng(0), np.array(z, float)
    g, y = rng.normal(size=(2, len(z)))
    assert blind.row_disagreement(Row, z, g, y) < 1e-55


def test_the_oracle_of_a_row_keeps_the_smallest_cotangent_beside_a_large_one():
    z, g = np.array([9996.3, 7126.8]), np.array([1.267, -3.5e-314])  # found by the search
    assert blind.row_disagreement(Row, z, g, np.eye(2)[0]) < 1e-55


def test_an_oracle_that_cancels_is_found():
    def textbook(z):
        s = 1 / (1 + mp.exp(-z))
        return s * (1 - s)

    definition = blind.BLIND["sigmoid"][1]
    assert blind.disagreement(textbook, definition, 30.0) < 1e-40
    assert blind.disagreement(textbook, definition, 150.0) == 1

    class Cancelling(Row):
        def __init__(self, z):
            super().__init__(z)
            self.q = [1 - p for p in self.p]

    z, g = np.array([200.0, 0, 1]), np.ones(3)
    assert blind.row_disagreement(Cancelling, z, g, np.eye(3)[0]) > 0.5


def test_truths_are_rounded_to_the_nearest_double():
    tiny = mp.mpf(2) ** -1074
    for x, right in (
        (mp.mpf(1) / 3, 1 / 3),
        (1 + mp.mpf(2) ** -53, 1.0),
        (1 + mp.mpf(2) ** -53 + mp.mpf(2) ** -150, 1 + 2.0**-52),
        (tiny * 2.5, 2 * 5e-324),
        (tiny * 2.50001, 3 * 5e-324),
        (-tiny / 3, 0),
    ):
        assert rounded(x) == right


# the sample


@dtypes
def test_the_sample_reaches_what_it_should(dtype):
    Z = np.abs(sample.numbers(dtype))
    assert len(Z) > 28_000
    assert np.isfinite(Z).all()
    info = np.finfo(dtype)
    assert {0, float(info.max), float(info.smallest_subnormal)} <= {*Z.tolist()}
    for point in (*sample.POINTS, 0):
        assert (np.abs(Z - dtype(point)) < 1e-6 * max(1, point)).sum() > 50
    assert np.logical_and(Z, info.tiny > Z).sum() > 500
    rows = [z for A in sample.rows(dtype) for z in A]
    assert len(rows) >= 790
    assert {len(z) for z in rows} == {*sample.SIZES}


def test_a_worst_call_is_shown():
    Z = np.array([0.5, -40.0])
    (_, trial) = trials.elementwise("sigmoid", Z)
    error = trials.off(TEXTBOOK, trial)
    assert error.where.startswith("sigmoid backward 1.0, 0.5: ") or "-40" in error.where
    assert goal("sigmoid", 1, np.float64) == 3


# every float32


def some_float32(first, count=5000):
    return np.arange(first, first + count, dtype=np.uint32).view(np.float32)


@pytest.mark.parametrize("direction", [0, 1], ids=["forward", "derivative"])
@pytest.mark.parametrize("name", TRUTH)
def test_a_float64_result_rounded_once_is_the_correctly_rounded_one(name, direction):
    tally = exhaustive.Tally()
    for first in (0, 0x3F000000, 0xC0000000, 0x7F7FF000):
        x = some_float32(first)
        exhaustive.count(tally, x[np.isfinite(x)], *exhaustive.of(name, direction))
    assert tally.inputs > 15_000
    assert tally.kept, tally


def test_half_an_odd_subnormal_number_is_found_where_it_is_rounded_as_a_tie():
    function, truth, _ = exhaustive.of("silu", 0)
    tally = exhaustive.Tally()
    exhaustive.count(tally, some_float32(0, 64), lambda Z: function(Z.astype(np.float64)), truth)
    assert tally.hard == 32
    assert (len(tally.wrong), len(tally.ties)) == (0, 16)  # ties to even, but the truth goes up


def test_a_float32_result_that_is_too_far_off_is_found():
    function, truth, _ = exhaustive.of("sigmoid", 1)
    tally = exhaustive.Tally()
    exhaustive.count(
        tally,
        some_float32(0x40000000),
        lambda Z: function(Z) * (1 + 1e-6 if Z.dtype == np.float32 else 1),
        truth,
    )
    assert tally.native > 4
    assert not tally.kept


def test_where_the_nearest_float64_lies_midway_no_formula_in_float64_can_know():
    x = np.array([0.00044680992141366005], np.float32)  # the only such input of softplus
    tally = exhaustive.Tally()
    exhaustive.count(tally, x, *exhaustive.of("softplus", 0))
    assert (len(tally.wrong), len(tally.ties)) == (0, 1)
    assert 0 < tally.worst - 0.5 < 1e-10
    assert tally.kept


def test_what_a_better_float64_would_decide_is_wrong_and_no_tie():
    x = np.array([1.0192394256591797e-05], np.float32)  # z³/12 is 0.8 ULP in float64
    _, truth, _ = exhaustive.of("silu", 1)
    tally = exhaustive.Tally()
    exhaustive.count(tally, x, lambda Z: 1 / 2 + Z / 2, truth)
    assert (len(tally.wrong), len(tally.ties)) == (1, 0)
    assert tally.worst - 0.5 < 1e-8
    assert not tally.kept


@pytest.mark.parametrize(
    ("y", "tie"),
    [
        (0.5 + 2.0**-25, True),
        (0.5 + 3 * 2.0**-25, True),
        (-0.5 + 2.0**-26, True),
        (2.0**-150, True),
        (0.5 + 2.0**-25 + 2.0**-53, False),
        (0.5 + 2.0**-24, False),
        (2.0**-149, False),
        (0.0, False),
    ],
)
def test_a_tie_is_exactly_in_the_middle(y, tie):
    assert exhaustive.midway(y) == tie


# the tables in the pages


def columns(page, *, after):
    """Return the first table of a page after a line, as rows of cells, without its head."""
    text = (ROOT / page).read_text(encoding="utf-8").partition(f"\n{after}\n")[2]
    lines = re.search(r"(?:^\|.*\n)+", text, re.MULTILINE)[0].splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


@dtypes
def test_the_table_of_a_page_has_every_op_its_goals_and_ours_within_them(dtype):
    found = {("ours", op, d): trials.Error(goal(op, d, dtype)) for op in OURS for d in (0, 1)}
    rows = columns("derivations/15-digits.md", after=f"### {np.dtype(dtype).name}")
    _, *expected = table.rows(found, {"ours": OURS}, dtype)
    assert [row[:2] for row in rows] == [row[:2] for row in expected]
    for row, limit in zip(rows, expected, strict=True):
        for ours, most in zip(row[2].split(" / "), limit[2].split(" / "), strict=True):
            assert int(ours) <= int(most), row


def differing(shown, given):
    """Name the cells of ours that are not what was given, give or take one ULP, as *row at x*."""
    assert [row[0] for row in shown] == [row[0] for row in given]
    return [
        f"{one[0]} at {x:g}"
        for one, other in zip(shown, given, strict=True)
        for x, a, b in zip(ordinary.AT, one[1].split(", "), other[1].split(", "), strict=True)
        if abs(int(a) - int(b)) > 1
    ]


def test_the_short_table_of_the_guide_has_what_ours_gives():
    rows = columns("derivations/guide/digits.md", after="")
    _, *ours = ordinary.rows({"ours": OURS})
    assert differing(rows, ours) == []
    assert all(int(units) <= 3 for row in ours for units in row[1].split(", "))


def test_a_cell_of_the_short_table_that_is_off_by_two_is_named():
    _, *ours = ordinary.rows({"ours": OURS})
    first, middle, last = map(int, ours[1][1].split(", "))
    spoiled = [*ours[:1], [ours[1][0], f"{first}, {middle + 2}, {last + 1}"], *ours[2:]]
    assert differing(spoiled, ours) == ["tanh′(x) at 10"]
