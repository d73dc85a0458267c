"""Verdicts are drawn from reports, put in order, and laid out a row for each argument."""

from dataclasses import replace

import numpy as np
import pytest

import mlp
from mlp.gradcheck import Finding
from mlp.runner.targets import Fault, Target
from mlp.runner.verdicts import CheckedOp, Outcome, gather, judge, verdict_of


def target(backward, forward=lambda x: x**3, name="cube", where=""):
    return Target(name, forward, backward, lambda rng: (rng.normal(size=3),), where=where)


def right(dO, x):
    return 3 * x**2 * dO


def wrong(dO, x):
    return 2 * x**2 * dO


def raising(*_):
    raise ArithmeticError("no")


def verdict(target):
    return judge(target, seed=0, timeout=60).verdict


def test_each_verdict_is_reached():
    assert verdict(target(right)) == "correct"
    assert verdict(target(wrong)) == "wrong"
    assert verdict(target(raising)) == "error"
    assert verdict(Fault("cube", "no point")) == "error"
    assert verdict(target(lambda dO, x: 0 * dO * x, lambda x: 0 * x)) == "inconclusive"


def test_the_point_and_the_probes_do_not_share_a_stream_of_random_numbers():
    seen = []

    def forward(x):
        seen.append(x.copy())
        return x

    judge(target(lambda dO, _: dO, forward), seed=5, timeout=60)
    assert not np.array_equal(seen[0], np.random.default_rng(5).normal(size=3))


def test_a_row_of_several_points_shows_the_worst_and_adds_up_the_cost():
    outcomes = [judge(target(b), seed=0, timeout=60) for b in (right, wrong, right)]
    (row,) = CheckedOp(outcomes).rows()
    assert row[:4] == ("cube", " ×3", "x", "wrong")
    by_hand, numeric, _, evaluations, _ = row.numbers
    assert float(by_hand) == pytest.approx(2 / 3 * float(numeric))
    assert int(evaluations) == sum(outcome.report.evaluations for outcome in outcomes)


def test_what_has_no_numbers_has_a_reason_once():
    outcomes = [judge(target(raising), seed=0, timeout=60) for _ in range(2)]
    (row,) = CheckedOp(outcomes).rows()
    assert (row.op, row.argument, row.verdict, row.numbers) == ("cube", "", "error", ())
    assert "raised ArithmeticError: no" in row.reason


def test_an_outcome_without_a_report_is_still_plain_data():
    outcome = Outcome("cube", "float32", "here", "error", reason="no point")
    assert outcome.to_dict() == {
        "target": "cube",
        "dtype": "float32",
        "where": "here",
        "verdict": "error",
        "reason": "no point",
        "file": None,
        "line": None,
        "report": None,
    }


def test_words_become_targets_and_unknown_words_faults():
    found = gather(["relu", "rleu", "mlp.ops.tanh"], None, None, 60)
    names = list(dict.fromkeys(t.name for t in found))
    assert names == ["relu", "rleu", "mlp.ops.tanh"]
    fault = next(t for t in found if isinstance(t, Fault))
    assert fault.reason == "no op, file or module of this name; did you mean relu?"


def test_what_is_right_in_a_set_alone_is_not_put_to_a_proof():
    def prover(_):
        raise AssertionError("a proof is about all real values")

    op = Target(
        "sum",
        lambda S: S[0, 0] + S[0, 1] / 2 + S[1, 0] / 2 + S[1, 1],
        lambda dO, S: dO * (np.tril(np.ones((2, 2))) + 0 * S),
        lambda _: (np.array([[2.0, 0.5], [0.5, 1.0]]),),
        meant={"along": {"S": "symmetric"}},
    )
    outcome = judge(op, 0, 60, prover=prover)
    assert (outcome.verdict, outcome.proof) == ("correct", None)
    assert judge(replace(op, meant={}), 0, 60).verdict == "wrong"


def test_an_exception_that_is_only_noted_is_no_error():
    """As where the rule of a custom_jvp cannot be transposed, and is right forwards."""
    report = mlp.check(np.sin, lambda d, x: d * np.cos(x), np.ones(3))
    verdicts = [
        verdict_of(replace(report, findings=(Finding("raised", severity, None, "it raised"),)))
        for severity in ("note", "doubt")
    ]
    assert verdicts == ["correct", "error"]
