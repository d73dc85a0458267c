"""Each op is proved once, with what stands for it, and a refusal counts as a wrong gradient."""

import gc
import json
import time
from dataclasses import replace
from functools import partial
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from outcomes import SAMPLES, proofs

from mlp.cli import main
from mlp.gradcheck.finding import Finding
from mlp.op import bare
from mlp.ops import gelu, relu, silu
from mlp.proof.real.decide import TOO_MANY
from mlp.proof.run.regions import Explorer
from mlp.runner.proofs import Prover, attempt, instead, textbook
from mlp.runner.shipped import shipped
from mlp.runner.targets import Target
from mlp.runner.verdicts import judge


def target(forward, backward):
    return Target("op", forward, backward, lambda rng: (rng.normal(size=(5, 3)),))


def small(forward, backward):
    return Target("op", forward, backward, lambda rng: (rng.normal(size=2),))


def cube(x):
    return x**3


def cube_backward(dO, x):
    return 3 * x**2 * dO


def test_an_op_is_proved_once_for_all_its_points():
    prover = Prover(0, 60)
    first, *others = (prover(t) for t in shipped("relu"))
    assert first.verdict == "proved"
    assert all(other is first for other in others)
    assert len(prover.known) == 1


@pytest.mark.parametrize("name", ["silu", "gelu"])
def test_textbook_lines_are_named_as_what_is_proved(name):
    prover = Prover(0, 60)
    verdicts = {prover(t).verdict for t in shipped(name)}
    assert verdicts == {"proved (definition)"}
    assert len(prover.known) == (2 if name == "gelu" else 1)


def test_an_activation_of_the_network_is_proved_by_its_textbook_lines_too():
    (network,) = (
        t for t in shipped("two_layer") if t.where == "silu, sizes × 1" and t.dtype == "float64"
    )
    forward, _, by_definition = textbook(network.forward, network.backward)
    assert by_definition
    assert bare(forward)[1]["activation"].forward is silu.definition


def test_a_pair_without_a_signature_takes_small_sizes_from_its_example():
    proved = Prover(0, 60)(target(cube, cube_backward))
    assert proved.verdict == "proved"
    assert proved.proof.shapes == {"x": "(2, 3)"}


def test_a_refusal_is_a_wrong_gradient_though_no_number_shows_it():
    def nearly(dO, x):
        return cube_backward(dO, x) * (1 + 1e-14)

    prover = Prover(0, 60)
    assert judge(target(cube, nearly), seed=0, timeout=60).verdict == "correct"
    outcome = judge(target(cube, nearly), seed=0, timeout=60, prover=prover)
    assert outcome.verdict == "wrong"
    assert outcome.proof.verdict == "refused"
    assert outcome.proof.proof.counterexample is not None
    assert outcome.to_dict()["proof"]["verdict"] == "refused"


def test_what_is_not_proved_stays_correct():
    outcome = judge(
        target(lambda x: np.frombuffer(x.tobytes()).reshape(x.shape) * 2, lambda dO, _: 2 * dO),
        seed=0,
        timeout=60,
        prover=Prover(0, 60),
    )
    assert outcome.verdict == "correct"
    assert outcome.proof.verdict == "not proved"
    assert "bytes of an array" in outcome.proof.reason


@pytest.fixture
def _uncollected():
    """Let no limit ring in a callback of the garbage collector, where what it raises is lost."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("_uncollected")
def test_a_proof_that_takes_too_long_is_not_proved():
    proved = Prover(0, 0.001)(target(cube, cube_backward))
    assert proved.verdict == "not proved"
    assert "took longer" in proved.reason


def test_a_refusal_is_among_the_faults_of_its_op():
    nearly = next(outcome for outcome in proofs() if outcome.verdict == "wrong")
    (refusal,) = nearly.findings()
    assert (refusal.kind, refusal.severity, refusal.argument) == ("proof", "fault", "x")

    def half(dO, x):
        return cube_backward(dO, x) / 2

    wrong = judge(target(cube, half), seed=0, timeout=60, prover=Prover(0, 60))
    assert [finding.kind for finding in wrong.findings()] == ["mismatch", "proof"]


def test_a_wrong_proof_fails_in_every_report_that_is_written(tmp_path, capsys):
    page, cases, log = (tmp_path / name for name in ("run.html", "run.xml", "run.sarif"))
    files = ["--html", str(page), "--junit-xml", str(cases), "--sarif", str(log)]
    assert main(["verify", "--prove", "--json", f"{SAMPLES / 'nearly.py'}::cube", *files]) == 1
    (check,) = json.loads(capsys.readouterr().out)["checks"]
    assert (check["report"]["verdict"], check["proof"]["verdict"]) == ("correct", "refused")
    assert {"by_hand", "true", "point"} <= {*check["proof"]["counterexample"]}
    assert "<h1>Gradients by hand and numeric: 1 wrong</h1>" in page.read_text(encoding="utf-8")
    assert "refused</span> cube_backward" in page.read_text(encoding="utf-8")
    (suite,) = ET.parse(cases).getroot()  # noqa: S314  # our own
    assert suite.get("failures") == "1"
    (run,) = json.loads(log.read_text(encoding="utf-8"))["runs"]
    assert [(r["ruleId"], r["level"]) for r in run["results"]] == [("proof", "error")]
    assert run["invocations"][0]["exitCode"] == 1


def test_functions_of_one_module_are_told_apart():
    assert textbook(gelu.forward, gelu.backward)[2]
    assert not textbook(relu.forward, relu.backward)[2]


# sizes that small ones give way to


WEIGHTS = np.array([1.0, 2.0, 3.0, 4.0, 5.0])


def weighed(x):
    return x * WEIGHTS


def weighed_backward(dO, x):
    return dO * WEIGHTS + 0 * x


def weighed_wrongly(dO, x):
    return dO * WEIGHTS + 0.5 * x


def test_code_with_sizes_in_it_is_proved_at_those():
    def five(backward):
        return Target("op", weighed, backward, lambda rng: (rng.normal(size=(3, 5)),))

    proof, verdict, _ = attempt(five(weighed_backward), 60)
    assert (verdict, proof.shapes) == ("proved", {"x": "(2, 5)"})
    assert "at x (2, 3): " in str(proof)
    assert attempt(five(weighed_wrongly), 60)[1] == "refused"


def reduced(x, reduction):
    return (x * x).mean() if reduction == "mean" else (x * x).sum()


def reduced_backward(d, x, _reduction):
    return 2 * x * d


@pytest.mark.parametrize(("factor", "verdict"), [(2, "proved"), (3, "refused")])
def test_text_among_the_arguments_is_set(factor, verdict):
    def backward(d, x, reduction):
        g = factor * x * d
        return g / x.size if reduction == "mean" else g

    asked = Target("op", reduced, backward, lambda _: (np.ones(3), "mean"))
    assert attempt(asked, 60)[1] == verdict


def normed(x, gain, options):
    """As CS231n has it: a dict says how, and keeps what is learnt."""
    options["mean"] = 0.9 * options.get("mean", 0) + 0.1 * x.mean(axis=0)
    return gain * (x - x.mean(axis=0)) if options["mode"] == "train" else gain * x


@pytest.mark.parametrize(("axis", "verdict"), [(0, "proved"), (1, "refused")])
@pytest.mark.parametrize("tail", [(), (None,)])
def test_a_dict_of_options_is_set_and_fresh_in_every_call(axis, verdict, tail):
    def backward(d, x, gain, options):
        assert "mean" not in options
        g = gain * d
        return g - g.mean(axis=axis, keepdims=True), (d * (x - x.mean(axis=0))).sum(axis=0), *tail

    asked = Target(
        "op", normed, backward, lambda rng: (rng.normal(size=(3, 2)), np.ones(2), {"mode": "train"})
    )
    assert attempt(asked, 60)[1] == verdict


def test_a_dict_of_arrays_is_named_not_left_out():
    asked = Target("op", cube, cube_backward, lambda _: ({"W": np.ones(2)},))
    said = "x is dict, no array or number: prove a function that takes each array as an argument"
    proved = Prover(0, 60)(asked)
    assert proved.verdict == "not proved"
    assert proved.reason.startswith(said)


def picked(scores, y):
    top = scores.max(axis=1, keepdims=True)
    return (
        np.log(np.exp(scores - top).sum(axis=1)) - scores[np.arange(len(y)), y] + top[:, 0]
    ).mean()


@pytest.mark.parametrize(("sign", "verdict"), [(1, "proved"), (-1, "refused")])
def test_integers_are_labels_where_code_takes_them_for_that(sign, verdict):
    def backward(d, scores, y):
        P = np.exp(scores - scores.max(axis=1, keepdims=True))
        P /= P.sum(axis=1, keepdims=True)
        P[np.arange(len(y)), y] -= sign
        return d * P / len(y)

    asked = Target(
        "op", picked, backward, lambda rng: (rng.normal(size=(4, 3)), np.array([0, 2, 1, 1]))
    )
    proof, found, _ = attempt(asked, 60)
    assert found == verdict
    assert proof.cases > 1 or not proof


def test_integers_that_are_no_labels_are_those_of_the_example():
    def gathered(E, rows):
        return E[rows] ** 2

    def backward(d, E, rows):
        g = np.zeros_like(E)
        np.add.at(g, rows, 2 * d * E[rows])
        return g

    asked = Target(
        "op", gathered, backward, lambda rng: (rng.normal(size=(4, 2)), np.array([3, 0, 3]))
    )
    proof, found, _ = attempt(asked, 60)
    assert (found, proof.partly) == ("proved", "with rows as the example has it")


@pytest.mark.parametrize(("factor", "verdict"), [(2, "proved"), (3, "refused")])
def test_a_number_that_backward_leaves_out_is_a_constant(factor, verdict):
    asked = Target(
        "op", lambda x, p: p * x**2, lambda d, x, p: factor * p * x * d, lambda _: (np.ones(3), 1.7)
    )
    proof, found, _ = attempt(asked, 60)
    assert found == verdict
    assert proof.unchecked == ("p",) or not proof


def switched(x, on):
    return 2 * x if on else x


@pytest.mark.parametrize(("factor", "verdict"), [(2, "proved"), (3, "refused")])
def test_a_switch_needs_no_gradient(factor, verdict):
    def backward(d, _x, on):
        return factor * d if on else d

    asked = Target("op", switched, backward, lambda _: (np.ones(3), True))
    assert attempt(asked, 60)[1] == verdict


def grouped(x, gamma, groups=2):
    n, c, h = x.shape
    x = x.reshape(n, groups, c // groups, h)
    return gamma * (x - x.mean(axis=(2, 3), keepdims=True)).reshape(n, c, h)


def grouped_backward(dO, x, gamma, groups=2):
    n, c, h = x.shape
    of_groups = (n, groups, c // groups, h)
    d = (dO * gamma).reshape(of_groups)
    x = x.reshape(of_groups)
    centred = (x - x.mean(axis=(2, 3), keepdims=True)).reshape(n, c, h)
    dx = (d - d.mean(axis=(2, 3), keepdims=True)).reshape(n, c, h)
    return dx, (dO * centred).sum(axis=(0, 2), keepdims=True)


def grouped_example(rng):
    return rng.normal(size=(2, 4, 3)), rng.normal(size=(1, 4, 1))


def test_other_sizes_are_tried_for_three_reasons_and_no_other():
    asked = Target("op", grouped, grouped_backward, grouped_example)
    proof = attempt(asked, 60)[0]
    assert (proof.verdict, proof.shapes["x"]) == ("proved", "(2, 4, 1)")
    assert "cannot reshape" in proof.partly
    for changes, expected in (
        ({}, None),
        ({"verdict": "refused", "counterexample": "at x[0] = 1"}, None),
        ({"verdict": "refused"}, "(2,4,1),(1,4,1)->()"),
        ({"verdict": "checked", "reason": "more regions"}, "(1,2,1),(1,2,1)->()"),
        ({"reason": f"x[0, 0]: {TOO_MANY}"}, "(1,2,1),(1,2,1)->()"),
        ({"reason": "took longer", "shapes": {}}, "(1,2,1),(1,2,1)->()"),
        ({"entries": 0, "reason": "ValueError: cannot reshape"}, "(2,4,1),(1,4,1)->()"),
        ({"reason": "x[0, 0]: neither an identity nor a counterexample"}, None),
    ):
        verdict = "not proved" if "reason" in changes else proof.verdict
        assert instead(replace(proof, **{"verdict": verdict, **changes}), asked, 0) == expected


def test_what_takes_too_long_is_proved_at_smaller_sizes(monkeypatch):
    def slow(x):
        time.sleep(60 if x.shape == (2, 3) else 0)
        return x**2

    asked = Target("op", slow, lambda d, x: 2 * x * d, lambda rng: (rng.normal(size=(4, 9)),))
    monkeypatch.setattr("mlp.runner.proofs.SHARE", 60)
    proof = attempt(asked, 30)[0]
    assert proof.verdict == "proved"
    assert proof.partly == "at (2,3): took longer than the timeout of 0.5 s"


def summed(x):
    return np.cumsum(np.clip(x, -1, 1), axis=-1)


@pytest.mark.parametrize(("bound", "verdict"), [(1, "proved"), (2, "refused")])
def test_where_regions_are_too_many_a_smaller_size_has_few(bound, verdict, monkeypatch):
    monkeypatch.setattr("mlp.proof.run.code.Explorer", partial(Explorer, limit=12))

    def backward(dO, x):
        d = np.cumsum(dO[..., ::-1], axis=-1)[..., ::-1]
        return d * ((x > -1) & (x < bound))

    proof = attempt(Target("op", summed, backward, lambda rng: (rng.normal(size=(2, 5)),)), 60)[0]
    assert proof.verdict == verdict
    assert proof.partly.startswith("at x (2, 3): 12 regions were proved") == (bound == 1)


@pytest.mark.parametrize(("factor", "verdict"), [(2, "proved"), (3, "refused")])
def test_none_may_stand_for_the_gradient_of_a_mask(factor, verdict):
    asked = Target(
        "op",
        lambda x, mask: 2 * x * mask,
        lambda d, x, mask: (factor * d * mask + 0 * x, None),
        lambda rng: (rng.normal(size=(2, 3)), rng.random((2, 3)) > 0.3),
    )
    assert attempt(asked, 60)[1] == verdict


# doubts of numbers, settled by a proof


def far(x):
    return np.maximum(x - 1000, 0)


def far_backward(dO, x):
    return dO * (x > 1000)


def late_backward(dO, x):
    return dO * (x > 500)  # the same where the point is


def faint(x):
    return 1e15 + x**3


def faint_backward(dO, x):
    return dO * 3 * x**2


def judged(forward, backward, **options):
    return judge(small(forward, backward), 0, 60, prover=Prover(0, 60), **options)


@pytest.mark.parametrize(("forward", "backward"), [(far, far_backward), (faint, faint_backward)])
def test_a_doubt_of_numbers_is_settled_by_a_proof_where_the_point_lies(forward, backward):
    alone = judge(small(forward, backward), 0, 60, tangent=False)
    assert alone.verdict == "inconclusive"
    found = judged(forward, backward, tangent=False)
    assert found.verdict == "correct"
    assert (found.report.decided_by, found.report.arguments[0].verdict) == ("proof", "correct")
    assert "by a proof" in str(found.report)
    assert "for all real numbers in x (2,)" in str(found.report)


def test_the_region_of_the_point_is_named():
    assert "x (2,) where x[0] - 1000 < 0" in str(judged(far, far_backward).report)


def test_what_is_wrong_in_another_region_is_wrong_all_the_same():
    assert judged(far, late_backward).verdict == "wrong"


def test_a_fault_that_numbers_cannot_see_is_not_excused():
    found = judged(faint, lambda dO, x: dO * 3.1 * x**2, tangent=False)
    assert found.verdict == "wrong"


def said_of(*findings):
    """Return what a proof makes of a report with these findings."""
    report = judge(small(far, far_backward), 0, 60).report
    found = tuple(Finding(kind, severity, "x", kind) for kind, severity in findings)
    return Prover(0, 60).settled(small(far, far_backward), replace(report, findings=found)).verdict


def test_no_other_doubt_is_settled_and_none_beside_one_that_stays():
    for kind in ("noise", "truncation", "vacuous"):
        assert said_of((kind, "doubt")) == "correct"
    for kind in ("raised", "jump", "domain", "nondeterminism", "nonfinite", "evaluations", "kink"):
        assert said_of((kind, "doubt")) == "inconclusive"
    assert said_of(("noise", "doubt"), ("jump", "doubt")) == "inconclusive"
    assert said_of(("noise", "doubt"), ("mismatch", "fault")) == "wrong"


@pytest.mark.usefixtures("_uncollected")
def test_a_proof_that_takes_too_long_settles_nothing():
    report = judge(small(far, far_backward), 0, 60).report
    assert Prover(0, 0.001).settled(small(far, far_backward), report) is report
