"""The table of the two witnesses, cell by cell: with a pair made up, and on real functions."""

from dataclasses import replace

import numpy as np
import pytest
from probes import place_of

from mlp import check
from mlp.gradcheck.judge import second
from mlp.gradcheck.judge.answers import Answer, doubtful
from mlp.gradcheck.judge.judge import Judge
from mlp.tangent import Silence, Witnessed

X = np.array([0.3, -1.2, 2.0, 0.7])


def sine_judge():
    place = place_of(np.sin, lambda dO, x: dO * np.cos(x), X)
    return Judge(place, np.random.default_rng(0), 0, None)


def fake(monkeypatch, says):
    """Let the second witness say this of every probe: a factor of by hand, or a reason."""

    def witnessed(probe, heard=None):
        if isinstance(says, str):
            return Silence(says)
        slope, digits = says * probe.by_hand, 50 if heard else 16
        return Witnessed(slope, 1e-14, np.inf, np.inf, np.zeros_like(X), digits=digits)

    monkeypatch.setattr(second, "witnessed", witnessed)
    monkeypatch.setattr(second, "in_fifty", witnessed)


def found_by_differences(judge, row):
    """Return what differences alone have found, made up where they find something else here."""
    probe = judge.probe(0)
    if row == "agree":
        return Answer("correct", probe)
    if row == "differ":
        wrong = replace(probe, slope=replace(probe.slope, value=1.5 * probe.by_hand))
        return Answer("wrong", wrong)
    return doubtful("x", "noise", "made up")


SILENT = "it is made up"
CELLS = [  # differences, the tangent as a factor of by hand, verdict, who decided
    ("agree", 1.0, ("agree", "agrees"), "correct", "differences"),
    ("agree", 1 + 1e-8, ("agree", "differs"), "correct", "both"),  # with a note
    ("agree", SILENT, ("agree", "silent"), "correct", "differences"),
    ("differ", 1.0, ("differ", "agrees"), "correct", "both"),  # for differences agree nearby
    ("differ", 1.5, ("differ", "the same"), "wrong", "both"),
    ("differ", 3.0, ("differ", "differs"), "wrong", "both"),
    ("differ", SILENT, ("differ", "silent"), "wrong", "differences"),
    ("blunt", 1.0, ("blunt", "agrees"), "correct", "tangent"),
    ("blunt", 1.5, ("blunt", "differs"), "wrong", "tangent"),
    ("blunt", SILENT, ("blunt", "silent"), "inconclusive", "differences"),
]


@pytest.mark.parametrize(("row", "says", "cell", "verdict", "decided_by"), CELLS)
def test_each_cell_of_the_table(monkeypatch, row, says, cell, verdict, decided_by):
    judge = sine_judge()
    before = found_by_differences(judge, row)
    if cell == ("agree", "differs"):  # so blunt that they allow for it
        probe = before.probe
        before = replace(before, probe=replace(probe, slope=replace(probe.slope, bar=1e-3)))
    fake(monkeypatch, says)
    found = judge.second_look(before)
    assert (found.verdict, found.decided_by) == (verdict, decided_by)
    assert found.silent == (SILENT if says == SILENT else "")
    assert cell in second.TABLE


@pytest.mark.parametrize(
    ("says", "word", "verdict", "decided_by"),
    [
        (1.0, "agrees", "correct", "tangent"),
        (1.5, "differs", "correct", "differences"),  # by the search
        (SILENT, "silent", "correct", "differences"),
    ],
)
def test_each_cell_at_a_kink(monkeypatch, says, word, verdict, decided_by):
    x = np.array([0.0, 1.5, -2.0])
    place = place_of(lambda x: np.maximum(x, 0), lambda dO, x: dO * (x > 0), x)
    judge = Judge(place, np.random.default_rng(0), 0, None)
    fake(monkeypatch, says)
    found = judge.by_differences()
    assert ("kink", word) in second.TABLE
    assert found.verdict == verdict
    assert found.decided_by == decided_by
    assert [f.kind for f in found.findings] == ["kink"]


def test_every_cell_is_tried():
    tried = {cell for _, _, cell, _, _ in CELLS}
    assert tried | {("kink", w) for w in ("agrees", "differs", "silent")} == {*second.TABLE}


def test_witnesses_that_contradict_nearby_too_decide_nothing(monkeypatch):
    judge = sine_judge()
    judge.nearby = True  # no other point to look at
    fake(monkeypatch, 1.0)
    monkeypatch.setattr(second, "in_fifty", lambda *_: Silence("too large"))
    found = judge.second_look(found_by_differences(judge, "differ"))
    assert found.verdict == "inconclusive"
    assert "contradict each other" in found.findings[0].message


def test_fifty_digits_that_side_with_by_hand_decide_between_the_witnesses(monkeypatch):
    judge = sine_judge()
    judge.nearby = True  # no other point to look at
    fake(monkeypatch, 1.0)
    found = judge.second_look(found_by_differences(judge, "differ"))
    assert (found.verdict, found.decided_by) == ("correct", "tangent")


# ------------------------------------------------------------------ wrong by the tangent alone


def answered(monkeypatch, change):
    """Return what a tangent that differs comes to, after a change to what else is known."""
    judge = sine_judge()
    fake(monkeypatch, 1.5)
    change(monkeypatch, judge)
    return judge.second_look(found_by_differences(judge, "blunt"))


def sometimes(*factors):
    """Return a change: the tangent says these factors of by hand, one after another."""

    def change(monkeypatch, _):
        left = iter(factors)
        monkeypatch.setattr(
            second,
            "witnessed",
            lambda p: Witnessed(next(left) * p.by_hand, 1e-14, np.inf, np.inf, np.zeros_like(X)),
        )

    return change


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (sometimes(1.5, 1.0), "along one direction alone"),
        (sometimes(1.5, 1.5, 1.0), "not at a nudged point"),
        (
            lambda m, _: m.setattr(second, "in_fifty", lambda *_: Silence("another", doubt=True)),
            "but another",
        ),
        (
            lambda m, _: m.setattr(
                second,
                "in_fifty",
                lambda p, _: Witnessed(p.by_hand, 1e-15, np.inf, np.inf, 0, digits=50),
            ),
            "not in fifty digits",
        ),
        (lambda m, _: m.setattr(second, "unsteady", lambda p, _: abs(p.by_hand)), "rounding of"),
        (lambda m, _: m.setattr(second, "unsteady", lambda *_: None), "rounding of backward"),
    ],
)
def test_it_is_not_called_wrong_unless_all_of_it_says_so(monkeypatch, change, why):
    found = answered(monkeypatch, change)
    assert found.verdict == "inconclusive"
    assert why in found.silent


def test_where_fifty_digits_have_no_rule_floats_must_do(monkeypatch):
    change = lambda m, _: m.setattr(second, "in_fifty", lambda *_: Silence("no rule"))  # noqa: E731  # one line
    found = answered(monkeypatch, change)
    assert (found.verdict, found.decided_by) == ("wrong", "tangent")
    assert "along two directions and at a nudged point" in found.findings[0].message


def test_what_only_the_tangent_sees_is_noted_and_wrong_where_rtol_asks(monkeypatch):
    judge = sine_judge()
    fake(monkeypatch, 1 + 1e-8)
    probe = judge.probe(0)
    blunt = Answer("correct", replace(probe, slope=replace(probe.slope, bar=1e-3)))
    found = judge.second_look(blunt)
    assert found.verdict == "correct"
    assert "by the tangent of forward's operations by hand is off" in found.findings[0].message
    judge.rtol = 1e-10
    assert judge.second_look(blunt).verdict == "wrong"
    judge.rtol = 1e-5
    assert judge.second_look(blunt).verdict == "correct"


def test_a_tangent_of_one_direction_alone_decides_nothing(monkeypatch):
    judge = sine_judge()
    answers = iter(["agrees", "differs"])

    def witnessed(probe):
        sign = 1 if next(answers) == "agrees" else -1
        return Witnessed(sign * probe.by_hand, 1e-14, np.inf, np.inf, np.zeros_like(X))

    monkeypatch.setattr(second, "witnessed", witnessed)
    found = judge.second_look(doubtful("x", "noise", "made up"))
    assert found.verdict == "inconclusive"
    assert found.silent == "it agrees with by hand along one direction alone"


@pytest.mark.parametrize(
    ("found", "word", "reason"),
    [
        (Silence("made up"), "silent", "made up"),
        (Witnessed(1.0, 1e-12, np.inf, np.inf, 0.0), "agrees", ""),
        (Witnessed(1.5, 1e-12, np.inf, np.inf, 0.0), "differs", ""),
        (Witnessed(1.0, 1e-3, np.inf, np.inf, 0.0), "silent", "rounding blurs it: "),
        (Witnessed(1.0 + 5e-9, 1e-9, np.inf, np.inf, 0.0), "silent", "it is neither near by hand"),
        (Witnessed(1.0, 1e-12, 1e-9, np.inf, 0.0), "silent", "forward leaps 1e-09 from here"),
    ],
)
def test_what_counts_as_a_word_and_why_the_others_do_not(found, word, reason):
    place = place_of(lambda x: x.sum(), lambda dO, x: dO * np.ones_like(x), np.ones(1))
    judge = Judge(place, np.random.default_rng(0), 0, None)
    probe = judge.probe(0)
    scale = probe.by_hand
    if isinstance(found, Witnessed):
        found = Witnessed(found.slope * scale, found.bar, found.jump, found.bend, found.noise)
    assert second.said(probe, found, None) == word
    assert second.silence(probe, found, None).startswith(reason)
    assert bool(reason) == (word == "silent")


@pytest.mark.parametrize("says", [1.0, 1.5, SILENT])
@pytest.mark.parametrize(
    ("forward", "backward", "x", "kind"),
    [
        (lambda x: x + 5.0 * (x >= 1), lambda dO, _: dO, np.ones(4), "jump"),
        (np.cbrt, lambda dO, _: dO, np.zeros(4), "jump"),  # unbounded
        (lambda x: np.sqrt(-x * x), lambda dO, _: dO, np.zeros(4), "domain"),
        (lambda x: np.maximum(x, 0), lambda dO, x: dO * (x > 0), -np.ones(4), "vacuous"),
    ],
)
def test_where_differences_show_no_slope_no_tangent_decides(
    monkeypatch, forward, backward, x, kind, says
):
    fake(monkeypatch, says)
    with np.errstate(all="ignore"):
        judge = Judge(place_of(forward, backward, x), np.random.default_rng(0), 0, None)
        found = judge.answer()
    assert {f.kind for f in found.findings} == {kind}
    assert (found.verdict == "inconclusive") == (kind != "vacuous")
    assert found.decided_by == "differences"


# ------------------------------------------------------------------ real functions

SLIT = 2.0**-40  # of a ripple: x / SLIT is exact


def ripple(x, width=SLIT):
    return x + width * np.sin(x / width)


def without_a_tangent(x):
    mantissa, exponent = np.frexp(x)
    return mantissa * 2.0**exponent


def offset_by(size, inner=lambda x: x):
    return lambda x: (size + np.tanh(inner(x))).sum()


def slope_by(factor):
    return lambda dL, x: factor * dL / np.cosh(x) ** 2


def quotient(x):
    return (np.cos(x) - 1) / x


SMALL = np.array([1.0, 2.3, 3.1]) * 1e-6
REAL = {  # each with the verdict, and who has decided it
    ("agree", "agrees"): (offset_by(1e6), slope_by(1), X, "correct", "differences"),
    ("agree", "differs"): (offset_by(1e6), slope_by(1 + 1e-8), X, "correct", "both"),
    ("agree", "silent"): (
        *(offset_by(1e6, without_a_tangent), slope_by(1), X, "correct", "differences"),
    ),
    ("differ", "agrees"): (ripple, lambda dO, x: dO * (1 + np.cos(x / SLIT)), X, "correct", "both"),
    ("differ", "the same"): (np.tanh, slope_by(1.5), X, "wrong", "both"),
    ("differ", "differs"): (ripple, lambda dO, _: 3.0 * dO, X, "wrong", "both"),
    ("differ", "silent"): (without_a_tangent, lambda dO, _: 1.5 * dO, X, "wrong", "differences"),
    ("blunt", "agrees"): (quotient, lambda dO, _: dO * -0.5, SMALL / 100, "correct", "tangent"),
    ("blunt", "differs"): (quotient, lambda dO, _: dO * -0.25, SMALL / 100, "wrong", "tangent"),
    ("blunt", "silent"): (
        lambda x: np.round((np.tanh(x) ** 2).sum(), 3),
        lambda dL, x: dL * 2 * np.tanh(x) / np.cosh(x) ** 2,
        *(X, "inconclusive", "differences"),
    ),
    ("kink", "agrees"): (
        lambda x: ripple(x, 4 * SLIT),
        lambda dO, x: dO * (1 + np.cos(x / SLIT / 4)),
        *(X, "correct", "tangent"),
    ),
    ("kink", "differs"): (*(lambda x: ripple(x, 16 * SLIT), lambda dO, _: dO, X, "wrong", "both"),),
    ("kink", "silent"): (
        lambda x: np.maximum(x, 0),
        lambda dO, x: dO * (x > 0),
        *(np.array([0.0, 1.5, -2.0]), "correct", "differences"),
    ),
}


@pytest.mark.parametrize("cell", second.TABLE, ids=" ".join)
def test_each_cell_is_met_by_a_real_function(monkeypatch, cell):
    class Met(dict):
        def __getitem__(self, cell):
            met.append(cell)
            return super().__getitem__(cell)

    met = []
    monkeypatch.setattr(second, "TABLE", Met(second.TABLE))
    forward, backward, x, verdict, decided_by = REAL[cell]
    (row,) = check(forward, backward, x).arguments
    assert cell in met or (cell[1] == "silent" and row.silent)
    assert (row.verdict, row.decided_by) == (verdict, decided_by)


def softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def pull_softmax(dP, z):
    p = softmax(z)
    return p * (dP - (p * dP).sum(axis=-1, keepdims=True))


def log1p_quotient(x):
    return np.log(1 + x) / x


def slope_of_quotient(dO, x):
    return dO * (-1 / 2 + 2 * x / 3 - 3 * x * x / 4)


@pytest.mark.parametrize("seed", range(8))
def test_a_gradient_that_is_zero_to_rounding_is_correct_and_noted(seed):
    z = np.random.default_rng(seed).normal(size=(4, 6))
    report = check(
        lambda z: softmax(z).sum(),
        lambda dL, z: pull_softmax(dL * np.ones_like(z), z),
        z,
        rng=seed,
    )
    assert report.verdict == "correct"
    assert [(f.kind, f.severity) for f in report.findings] == [("vacuous", "note")]


@pytest.mark.parametrize("factor", [-1.0, 5.0, 0.0])
def test_what_is_small_beside_an_offset_is_not_taken_for_rounding(factor):
    report = check(
        lambda x: (1e8 + 1e-9 * np.sin(x)).sum(),
        lambda dL, x: factor * dL * 1e-9 * np.cos(x) * np.ones_like(x),
        X,
    )
    assert report.verdict != "correct"


@pytest.mark.parametrize("seed", range(8))
def test_a_forward_that_cancels_is_not_called_wrong_and_its_faults_are_not_excused(seed):
    x = 10.0 ** np.random.default_rng(seed).uniform(-7, -4, 5)
    right = check(log1p_quotient, slope_of_quotient, x, rng=seed)
    assert right.verdict != "wrong"
    wrong = check(log1p_quotient, lambda dO, x: 1.3 * slope_of_quotient(dO, x), x, rng=seed)
    assert wrong.verdict != "correct"


def test_saturation_is_decided_by_the_tangent():
    rng = np.random.default_rng(17)
    x, W = rng.normal(size=(16, 100)), rng.normal(size=(100, 100))

    def backward(dO, x, W):
        dZ = dO / np.cosh(x @ W) ** 2
        return dZ @ W.T, x.T @ dZ

    assert check(lambda x, W: np.tanh(x @ W), backward, x, W).verdict == "correct"
    wrong = check(
        lambda x, W: np.tanh(x @ W), lambda *a: tuple(1.3 * g for g in backward(*a)), x, W
    )
    assert wrong.verdict != "correct"


@pytest.mark.parametrize("seed", range(6))
def test_a_rounded_result_is_not_called_wrong(seed):
    x = np.random.default_rng(seed).normal(size=5)
    report = check(
        lambda x: np.round((np.tanh(x) ** 2).sum(), 3),
        lambda dL, x: dL * 2 * np.tanh(x) / np.cosh(x) ** 2,
        x,
        rng=seed,
    )
    assert report.verdict != "wrong"


@pytest.mark.parametrize("scales", [(1e-10, 1e10), (1.0, 1e16)])
def test_entries_of_far_scales_are_not_called_wrong_where_the_witnesses_part(scales):
    c = np.array(scales)
    report = check(lambda x: np.sin(x * c), lambda dO, x: dO * c * np.cos(x * c), 1 / c)
    assert report.verdict != "wrong"
    flipped = check(lambda x: np.sin(x * c), lambda dO, x: -dO * c * np.cos(x * c), 1 / c)
    assert flipped.verdict != "correct"


def test_two_branches_that_meet_do_not_leap():
    beta = 7.8243690468e-02
    x = np.array([-beta, 7e-3, 2.3e-2, -215.0, -4e-5, -944.0, -1.9e-2, -8e-3, 1486.0, 0.47, beta])
    report = check(
        lambda x: np.where(np.abs(x) < beta, x * x / 2 / beta, np.abs(x) - beta / 2),
        lambda dO, x: dO * np.clip(x, -1, 1),
        *(x,),
        rng=3,
    )
    assert report.verdict == "wrong"


def test_a_staircase_with_the_gradient_of_a_line_is_wrong():
    x = np.array([0.3, 1.2, -0.8])
    assert check(np.round, lambda dO, _: dO, x).verdict == "wrong"


def test_the_option_leaves_it_to_differences_alone(monkeypatch):
    monkeypatch.setattr(second, "witnessed", lambda _: pytest.fail("it was asked"))
    report = check(np.sin, lambda dO, x: -dO * np.cos(x), X, tangent=False)
    assert report.verdict == "wrong"
    assert "tangent=False" in report.reproduce
    assert check(np.sin, lambda dO, x: dO * np.cos(x), X).verdict == "correct"  # nobody doubts


@pytest.mark.parametrize("seed", range(12))
def test_a_result_that_is_one_has_no_grid_of_one(seed):
    z = np.random.default_rng(seed).normal(size=7)
    report = check(lambda z: softmax(z).sum(), lambda dL, z: softmax(z) * dL, z)
    assert report.verdict == "wrong"


@pytest.mark.parametrize("x", [[6.2e-5, 5.2e-5, 6.5e-5], [3e-5, 2.35e-5]])
def test_a_plateau_of_the_same_slope_as_a_wrong_sign_is_not_called_correct(x):
    x = np.array(x)

    def quotient(x):
        return (np.cos(x) - 1) / x

    report = check(quotient, lambda dO, x: dO * (1 / 2 - x * x / 8), x)  # the sign
    assert report.verdict != "correct"


def test_bars_that_have_grown_over_a_fault_make_it_no_correct_gradient(monkeypatch):
    judge = sine_judge()
    probe = judge.probe(0)
    noise = np.full_like(X, 1e-3)  # so much that differences show nothing

    def witnessed(probe):
        return Witnessed(0.9 * probe.by_hand, 1e-14, np.inf, np.inf, noise)

    monkeypatch.setattr(second, "witnessed", witnessed)
    monkeypatch.setattr(second, "drowns", lambda *_: True)
    monkeypatch.setattr(type(judge), "by_differences", lambda _: Answer("correct", probe))
    found = judge.second_look(Answer("wrong", probe))
    assert (found.verdict, found.decided_by) == ("inconclusive", "both")
    assert "lies within the noise of differences" in found.findings[0].message


# ------------------------------------------------------------------ who decided


def offset(x):
    return (1e9 + np.tanh(x)).sum()


def slope_of_offset(dL, x):
    return dL / np.cosh(x) ** 2


TINY = 10.0 ** np.random.default_rng(25).uniform(-8, -2, 4)


def test_what_the_tangent_decides_it_has_decided_along_the_steps_that_are_shown():
    report = check(offset, slope_of_offset, TINY, rng=25)
    (row,) = report.arguments
    assert (row.verdict, row.decided_by, report.decided_by) == ("correct", "tangent", "tangent")
    assert row.remark == "correct, by the tangent"
    assert len(row.ladder.rungs) > 2
    assert row.ladder.tangent == pytest.approx(row.ladder.by_hand, rel=1e-9)


def test_what_both_call_wrong_both_have_decided():
    (row,) = check(np.sin, lambda dO, x: dO * np.sin(x), X).arguments
    assert (row.decided_by, row.silent) == ("both", "")
    assert row.remark == "wrong, by both witnesses"
    assert row.ladder.tangent == pytest.approx(row.numeric)


def test_who_is_not_asked_decides_nothing_and_is_not_called_silent():
    for report in (
        check(np.sin, lambda dO, x: dO * np.cos(x), X),
        check(np.sin, lambda dO, x: dO * np.sin(x), X, tangent=False),
    ):
        (row,) = report.arguments
        assert (row.decided_by, row.silent, row.ladder.tangent) == ("differences", "", None)


def test_where_the_tangent_is_lost_the_report_says_at_which_line():
    def lost(x):
        return np.pad(x, 1, mode="linear_ramp")

    report = check(lost, lambda dO, _: 2 * dO[1:-1], X)
    (row,) = report.arguments
    assert (row.verdict, row.decided_by) == ("wrong", "differences")
    assert row.silent.startswith("np.pad of mode 'linear_ramp' at test_second.py:")
    assert f"the tangent is silent: {row.silent} (x)\n" in str(report)


# ------------------------------------------------------------------ lies at which it is silent


def bisection(x):
    low, high, c = 0.0, 10.0, (x * x).sum()
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if middle * middle < c else (low, middle)
    return middle * np.ones(1)


GRID = np.linspace(-4, 4, 4001)


def cached(x, kept={}):  # noqa: B006  # it is the cache
    return kept.setdefault(round(float(x[0]), 6), 2 * x)


@pytest.mark.parametrize(
    ("forward", "size", "reason"),
    [
        (bisection, 1, "forward leaps"),
        (lambda x: (GRID**2)[np.round((x + 4) * 500).astype(int)], 4, "forward leaps"),
        (lambda x: np.round(x, 5), 4, "forward leaps"),
        (cached, 4, "forward leaps"),
        (lambda x: np.sin(x).astype(np.float32) * 1.0, 4, "a value is cast to fewer digits"),
        (lambda x: np.array([float(f"{v:.17g}") for v in x]), 4, "format() at test_second.py:"),
        (lambda x: np.abs(x - X), 4, "a tie"),
        (lambda x: x + np.sqrt(x * 0), 4, "a derivative is not finite"),
        (lambda x: x * np.frombuffer(memoryview(x)), 4, "TypeError"),
    ],
)
def test_at_each_lie_it_is_silent_and_decides_nothing(forward, size, reason):
    with np.errstate(all="ignore"):
        judge = Judge(
            place_of(forward, lambda dO, x: 3 * x * dO.sum() / size, X),
            *(np.random.default_rng(0), 0, None),
        )
        probe = judge.unmeasured(0)
        heard = second.witnessed(probe)
        assert second.silence(probe, heard, None).startswith(reason)
        found = judge.second_look(doubtful("x", "noise", "made up"))
    assert (found.verdict, found.decided_by) == ("inconclusive", "differences")
    assert found.silent


@pytest.mark.parametrize(("factor", "verdict"), [(1, "correct"), (-1, ""), (1.01, ""), (5, "")])
def test_a_gradient_below_rounding_is_right_where_the_tangent_has_it(factor, verdict):
    """Terms that cancel: by hand is no noise, and rougher than what counts as its own rounding."""

    def forward(x):
        return np.log(2) + 1e-21 * ((3e12 + np.sin(x)) - 3e12).sum()

    def backward(dO, x):
        return factor * dO * 1e-21 * ((3e12 + np.cos(x)) - 3e12)

    report = check(forward, backward, np.array([0.3, 1.1]))
    assert report.verdict == (verdict or "inconclusive")
    assert ("below the slope that rounding of forward hides" in str(report)) == bool(verdict)


@pytest.mark.parametrize(("factor", "verdict"), [(1, "correct"), (1.02, ""), (-1, "")])
def test_the_formula_before_a_cast_settles_what_its_rounding_hides(factor, verdict):
    def forward(x):
        return (np.tanh(x).sum().astype(np.float32) + np.float32(3e4)).astype(np.float64) / 7

    def backward(dO, x):
        return factor * dO / np.cosh(x) ** 2 / 7

    report = check(forward, backward, np.array([0.3, -0.5, 1.1]))
    assert (report.verdict == "correct") == bool(verdict), report
    if verdict:
        assert report.arguments[0].decided_by == "tangent"
        assert "before what they cast to fewer digits" in str(report)


def test_a_wrong_sign_is_close_to_neither_witness_and_stays_wrong():
    def flipped(dO, x):
        return -dO * (2 * x / 3 - 1 / 2)

    x = np.array([1e-6, 3e-7, 2e-6])
    assert check(lambda x: np.log(1 + x) / x, flipped, x).verdict == "wrong"


def test_a_rounded_result_does_not_make_the_formula_before_it_wrong() -> None:
    def forward(x):
        return np.round(np.mean(x**3), 2)

    def backward(v, x):
        return v * 3 * x**2 / x.size

    x = np.array([0.02, 0.01, 0.03])
    assert check(forward, backward, x).verdict == "inconclusive"
    assert check(forward, lambda v, x: -backward(v, x), x).verdict != "correct"


@pytest.mark.parametrize("factor", [1.0, 2.0, -1.0])
@pytest.mark.parametrize("size", [1e-9, 3e-9, 1e-8])
def test_no_gradient_is_0_to_rounding_where_the_tangent_is_as_large(factor, size):
    def backward(d, x):  # all its digits are lost here: by hand is -1 where the slope is -1/2
        return factor * d * (-np.sin(x) * x - (np.cos(x) - 1)) / x**2

    assert check(quotient, backward, np.full(3, size)).verdict in {"inconclusive", "wrong"}
