"""The interface of check and verify: what they take, what they promise, and what they refuse."""

import inspect
import itertools
import json
import re
import sys

import numpy as np
import pytest

import mlp
from mlp.gradcheck import GradientError, check, verify
from mlp.gradcheck.answering import judging_float32
from mlp.gradcheck.diagnosis import locate
from mlp.gradcheck.report import LINES, SCHEMA

X = np.array([0.3, -1.2, 2.5])
POINT = (np.arange(6.0).reshape(3, 2) / 7, np.arange(8.0).reshape(2, 4) - 3.3, np.ones(4) / 3)


def cosine(dO, x):
    return dO * np.cos(x)


def affine(X, W, b):
    return X @ W + b


def affine_backward(dO, X, W, _):
    return dO @ W.T, X.T @ dO, dO.sum(axis=0)


def numbers(report):
    """Return everything in a report but the time it took."""
    return {key: value for key, value in report.to_dict().items() if key != "seconds"}


# ------------------------------------------------------------------ what it answers


def test_the_names_and_defaults_are_those_promised():
    parameters = inspect.signature(check).parameters.values()
    assert {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY} == {
        "wrt": None,
        "rng": 0,
        "rtol": None,
        "accept": 0.0,
        "exhaustive": False,
        "max_evaluations": None,
        "workers": 1,
        "bounds": None,
        "along": None,
        "retract": None,
        "against": None,
        "surrogate": None,
        "order": 1,
        "tangent": True,
    }
    assert (mlp.check, mlp.verify) == (check, verify)


def test_a_tangent_is_checked_with_the_same_options():
    parameters = inspect.signature(mlp.check_tangent).parameters.values()
    others = {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}
    same = {p.name: p.default for p in inspect.signature(check).parameters.values()}
    assert others.pop("backward") is None  # to be held against it
    assert others.pop("witness") is True  # what check calls tangent, which is a function here
    assert others == {name: same[name] for name in others}
    assert [*inspect.signature(mlp.check_tangent).parameters][:3] == ["forward", "tangent", "point"]


@pytest.mark.parametrize(
    ("verdict", "backward", "options"),
    [
        ("correct", cosine, {}),
        ("wrong", lambda dO, x: -cosine(dO, x), {}),
        ("inconclusive", cosine, {"max_evaluations": 5}),
    ],
)
def test_only_correct_is_true_and_only_correct_is_let_pass(verdict, backward, options):
    report = check(np.sin, backward, X, **options)
    assert report.verdict == verdict
    assert bool(report) == (verdict == "correct")
    if report:
        assert verify(np.sin, backward, X, **options).verdict == "correct"
    else:
        with pytest.raises(AssertionError) as caught:
            verify(np.sin, backward, X, **options)
        assert caught.type is GradientError
        seconds = re.compile(r"[^ ]+ s, ")
        assert seconds.sub("", str(caught.value)) == seconds.sub("", str(report))


def test_every_argument_says_what_the_check_could_have_seen():
    report = check(affine, affine_backward, *POINT)
    assert [a.name for a in report.arguments] == ["X", "W", "b"]
    for a in report.arguments:
        assert 0 < a.smallest_detectable < 1e-8
        assert abs(a.by_hand - a.numeric) <= a.error_bar + 1e-12


def test_an_error_above_the_smallest_detectable_is_seen():
    power = check(np.sin, cosine, X).arguments[0].smallest_detectable
    largest = abs(np.cos(X)).max()
    for seed, entry in itertools.product(range(5), range(3)):
        off = np.where(np.arange(3) == entry, 10 * power * largest, 0)
        wrong = lambda dO, x, off=off: dO * (np.cos(x) + off)  # noqa: E731  # the bug
        assert check(np.sin, wrong, X, rng=seed).verdict == "wrong"


def test_entries_that_are_0_are_counted():
    report = check(lambda x: np.maximum(x, 0), lambda dO, x: dO * (x > 0), X)
    assert [(a.size, a.dead) for a in report.arguments] == [(3, 1)]
    assert "correct, 1 of 3 are 0" in str(report)


def test_none_claims_0_of_an_array_and_nothing_of_a_number():
    missing = lambda *p: (None, *affine_backward(*p)[1:])  # noqa: E731  # of X, which counts
    report = check(affine, missing, *POINT)
    assert (report.verdict, report.unchecked) == ("wrong", ())
    assert "None claims that the gradient is 0" in str(report)
    report = check(
        lambda x, c: np.sin(c * x), lambda dO, x, c: (c * cosine(dO, c * x), None), X, 0.5
    )
    assert (report.verdict, report.unchecked) == ("correct", ("c",))
    assert "unchecked: c" in str(report)
    nothing = check(lambda c: c**2, lambda *_: None, 0.5)
    assert (nothing.verdict, nothing.findings[0].kind) == ("inconclusive", "vacuous")


# ------------------------------------------------------------------ options


@pytest.mark.parametrize("wrt", [1, "W", (1,), ["W"]])
def test_one_argument_is_chosen_by_position_or_name(wrt):
    report = check(affine, lambda *p: affine_backward(*p)[1], *POINT, wrt=wrt)
    assert (report.verdict, [a.name for a in report.arguments]) == ("correct", ["W"])


def test_several_are_chosen_in_an_order_of_their_own():
    backward = lambda *p: affine_backward(*p)[::-2]  # noqa: E731  # db, dX
    report = check(affine, backward, *POINT, wrt=("b", "X"))
    assert (report.verdict, [a.name for a in report.arguments]) == ("correct", ["b", "X"])


def test_forward_stays_inside_the_bounds_and_none_is_no_bound():
    seen = []
    x = np.array([1.0, 2.0, 3.0])
    forward = lambda x, c: seen.append(x) or np.log(x) + c  # noqa: E731  # a spy
    report = check(forward, lambda dO, x, _: dO / x, x, 1.0, wrt=0, bounds=[(1, None), None])
    assert report.verdict == "correct"
    assert min(x.min() for x in seen) == 1


def test_a_tolerance_that_is_given_is_never_raised():
    noise = np.random.default_rng(0)
    noisy = lambda x: np.sin(x) + 1e-9 * noise.normal(size=x.shape)  # noqa: E731  # forward
    free = check(noisy, cosine, X)
    assert (free.verdict, free.rtol_raised) == ("correct", True)
    assert free.rtol > 1e-6
    held = check(noisy, cosine, X, rtol=1e-7)
    assert (held.verdict, held.rtol_raised, held.rtol) == ("inconclusive", False, 1e-7)


def test_exhaustive_measures_every_entry_besides():
    x = np.linspace(1, 2, 50)
    usual, all_of_them = (check(np.sin, cosine, x, exhaustive=e) for e in (False, True))
    assert all_of_them.verdict == usual.verdict == "correct"
    assert all_of_them.evaluations >= usual.evaluations + 6 * x.size
    assert len(all_of_them.arguments[0].entries) == 50


EVERY = {
    "most are wrong": (np.sin, lambda dy, x: dy * np.cos(x) * np.where(x > 1.1, 2, 1), 18),
    "two are wrong": (np.sin, lambda dy, x: dy * np.cos(x) * np.where(x > 1.9, 2, 1), 2),
    "all are wrong": (np.sin, lambda dy, x: -dy * np.cos(x), 20),
    "at a kink": (lambda x: abs(x - 1), lambda dy, x: dy * np.where(x > 1, 1, 0), 0),
    "asleep": (lambda x: np.maximum(x - 3, 0), lambda dy, x: dy * (x > 3), 0),
}


@pytest.mark.parametrize("name", EVERY)
def test_exhaustive_keeps_every_entry_whatever_the_verdict(name):
    forward, backward, wrong = EVERY[name]
    report = check(forward, backward, np.linspace(1, 2, 20), exhaustive=True)
    (row,) = report.arguments
    assert [e.index for e in row.entries] == [(i,) for i in range(20)]
    off = sum(abs(e.by_hand - e.numeric) > e.error_bar for e in row.entries)
    assert off == wrong
    if wrong:
        assert f"{wrong} of 20 entries wrong" in str(report)
        assert f"{wrong} of 20 entries wrong" in report.to_html()


def test_exhaustive_names_the_mistake_of_a_large_argument_as_well():
    report = check(np.square, lambda dy, x: dy * x, np.linspace(1, 2, 110), exhaustive=True)
    assert "by hand = 0.50000 × numeric" in str(report)


@pytest.mark.parametrize("alone", [[0, 1, 2], [1]])
def test_exhaustive_is_not_content_with_entries_that_cannot_be_moved_alone(alone):
    x = np.array([0.3, 0.7, 1.1])

    def pinned(z):
        moved = np.flatnonzero(z != x)
        if moved.size == 1 and moved[0] in alone:
            raise ValueError("never one alone")
        return np.sin(z)

    assert check(pinned, cosine, x)
    report = check(pinned, cosine, x, exhaustive=True)
    assert (report.verdict, report.findings[0].kind) == ("inconclusive", "domain")
    assert f"{len(alone)} of 3 entries cannot be measured by themselves" in str(report)
    assert "ValueError: never one alone" in str(report)
    wrong = check(pinned, lambda dy, x: 2 * cosine(dy, x), x, exhaustive=True)
    assert wrong.verdict == "wrong"


def test_a_heat_map_calls_nothing_wrong_that_the_verdict_does_not():
    x = np.linspace(1, 2, 20)
    by_design = check(
        np.sin, lambda dy, x: dy * np.cos(x) * 1.0005, x, exhaustive=True, accept=1e-3
    )
    assert by_design.verdict == "correct"
    assert "20 of 20 entries off by more than their error bars" in by_design.to_html()
    assert "entries wrong" not in by_design.to_html()
    beside = check(
        lambda x: abs(x - 1), lambda dy, x: dy * np.where(x > 1, 1, 3), x, exhaustive=True
    )
    assert "at a nudged point, off the kink here: 1 of 20 entries wrong" in str(beside)
    assert "none of 20 entries wrong at the point itself" in beside.to_html()


def test_nudged_points_are_not_called_right_where_the_wrong_entry_is_wrong_there_too():
    x = np.linspace(1, 2, 20)
    slightly = 1 + 3e-8 * (np.arange(20) == 3)  # less than a probe of all entries shows
    report = check(
        lambda x: np.sin(x) * [*[1.0] * 3, 1e-3, *[1.0] * 16],
        lambda dy, x: dy * np.cos(x) * [*[1.0] * 3, 1e-3, *[1.0] * 16] * slightly,
        x,
        exhaustive=True,
    )
    assert report.verdict == "wrong"
    assert "nudged" not in str(report)


@pytest.mark.parametrize("seed", [1, 5])
def test_a_point_beside_its_kinks_is_judged_there_where_it_can_be(seed):
    x = np.random.default_rng(seed).normal(size=(20, 20)).astype("f")
    with judging_float32(in_double=False):  # whose steps reach over the nearest kink
        report = check(lambda x: np.maximum(x, 0), lambda dy, x: dy * (x > 0), x, rng=seed)
        bad = check(lambda x: np.maximum(x, 0), lambda dy, x: dy * (x > 0.1), x, rng=seed)
    assert report.verdict == "correct"
    assert "nudged" not in str(report)
    assert bad.verdict == "wrong"


# ------------------------------------------------------------------ the seed


def test_a_generator_is_spent_on_one_integer():
    given, twin = np.random.default_rng(5), np.random.default_rng(5)
    report = check(np.sin, cosine, X, rng=given)
    assert report.seed == twin.integers(2**32)
    assert given.bit_generator.state == twin.bit_generator.state
    assert numbers(check(np.sin, cosine, X, rng=report.seed)) == numbers(report)


def test_another_seed_is_another_direction():
    first, second = (check(np.sin, cosine, X, rng=seed).arguments[0] for seed in (1, 2))
    assert first.by_hand != second.by_hand


def test_the_global_seed_is_left_alone():
    before = np.random.get_state()[1].copy()  # noqa: NPY002  # that is what is watched
    check(np.sin, cosine, X)
    assert (np.random.get_state()[1] == before).all()  # noqa: NPY002  # as above


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"wrt": "x", "rtol": 1e-4, "accept": 1e-3},
        {"exhaustive": True},
        {"bounds": ((-3.0, None),)},
    ],
)
@pytest.mark.parametrize("factor", [1.0, 1.5])
def test_the_line_to_repeat_repeats_every_number(options, factor):
    def off(dO, x):
        return factor * cosine(dO, x)

    def sine(x):
        return np.sin(x)

    report = check(sine, off, X, rng=np.random.default_rng(9), **options)
    line = re.sub(r"\b\w+\.(sine|off)\b", r"\1", report.reproduce)
    names = {"mlp": mlp, "sine": sine, "off": off, "X": X}
    assert numbers(eval(line, names)) == numbers(report)  # noqa: S307  # our own line


# ------------------------------------------------------------------ the forms of the report


def many(count):
    """Return a forward and a backward that is wrong for each of many arguments."""
    return (
        lambda *xs: sum(np.sin(x) for x in xs),
        lambda dO, *xs: tuple(k * dO * np.cos(x) for k, x in enumerate(xs, 2)),
        *(np.linspace(1, 2, 30) + k for k in range(count)),
    )


def test_a_report_of_many_arguments_and_findings_fits_on_a_screen():
    report = check(*many(20))
    assert len(report.findings) == len(report.arguments) == 20
    assert len(str(report).splitlines()) == LINES


def test_an_error_of_many_lines_fits_too():
    def forward(_):
        raise ValueError("\n".join(map(str, range(100))))

    assert len(str(check(forward, cosine, X)).splitlines()) <= LINES


def test_json_and_html_are_made_of_real_reports():
    for report in (check(*many(3)), check(np.sin, cosine, X), check(np.sin, cosine, X * np.nan)):
        read = json.loads(report.to_json(), parse_constant=pytest.fail)
        assert (read["schema"], read["verdict"]) == (SCHEMA, report.verdict)
        assert len(read["arguments"]) == len(report.arguments)
        assert "<lambda>" not in report.to_html()
        assert f"<title>{report.verdict}: " in report.to_html()


def test_the_names_in_a_structure_are_escaped_in_html():
    evil = "<b>"
    page = check(
        lambda p: np.sin(p[evil]), lambda dO, p: {evil: 2 * cosine(dO, p[evil])}, {evil: X}
    ).to_html()
    assert evil not in page
    assert "&lt;b&gt;" in page


def test_a_progress_bar_is_for_who_waits_at_a_terminal(capsys, monkeypatch):
    monkeypatch.setattr(locate, "PATIENCE", 0.0)
    assert check(np.sin, cosine, X, exhaustive=True)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert check(np.sin, cosine, X, exhaustive=True)
    assert f"/{X.size} [" in capsys.readouterr().err
    monkeypatch.undo()
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert check(np.sin, cosine, X, exhaustive=True)  # it is over before anybody wonders
    assert capsys.readouterr().err == ""


def test_a_call_that_does_not_fit_says_what_backward_takes():
    (found,) = check(np.sin, lambda x: np.cos(x), X).findings  # noqa: PLW0108  # one argument
    assert found.message.endswith(
        "; backward takes the cotangent and then every argument of forward"
    )
    with pytest.raises(TypeError, match="returned None; is a return missing"):
        check(lambda x: None, cosine, X)  # noqa: ARG005  # as if forgotten
    assert "; pass floats" in check(np.sin, cosine, 1).findings[0].message


def test_an_exception_is_traced_through_the_code_of_the_user_alone():
    (found,) = (f for f in check(raises_half_way, cosine, X).findings if f.kind == "raised")
    assert found.message.splitlines()[0].endswith(" raised RuntimeError: half-way")
    assert "test_check.py" in found.message
    assert "problem.py" not in found.message


# ------------------------------------------------------------------ what the caller passed


def raises_half_way(x):
    x[0] = 99
    raise RuntimeError("half-way")


def writes_into_all(dO, x):
    dO[:] = 0
    x[:] = 0
    return dO


@pytest.mark.parametrize(
    ("forward", "backward"),
    [
        (np.sin, cosine),
        (raises_half_way, cosine),
        (np.sin, lambda _, x: raises_half_way(x)),
        (np.sin, writes_into_all),
    ],
)
def test_arguments_are_unchanged_bit_by_bit_whatever_the_code_does(forward, backward):
    x = np.array([0.3, -0.0, 2.5])
    before = x.tobytes()
    check(forward, backward, x)
    assert x.tobytes() == before
    assert x.flags.writeable


def test_arrays_of_the_caller_are_never_handed_out_and_copies_are_read_only():
    seen = []
    layer = {"W": X, "b": [X[:2], np.ones(3)], "labels": np.arange(3)}

    def forward(p):
        seen.extend([p["W"], *p["b"], p["labels"]])
        return np.sin(p["W"])

    def backward(dO, p):
        seen.extend([dO, p["W"], p["labels"]])
        return {"W": cosine(dO, p["W"]), "b": [None, None]}

    assert check(forward, backward, layer)
    assert len(seen) > 20
    for a, mine in itertools.product(seen, (X, *layer["b"], layer["labels"])):
        assert not np.shares_memory(a, mine)
    assert not any(a.flags.writeable for a in seen)


def test_an_exception_is_reported_with_its_line_and_evaluation():
    report = check(raises_half_way, cosine, X)
    assert report.verdict == "inconclusive" or report.findings[0].kind == "mutation"
    said = "\n".join(f.message for f in report.findings)
    assert "forward, evaluation 2 raised RuntimeError: half-way" in said
    assert 'raise RuntimeError("half-way")' in said


def test_what_the_user_interrupts_is_interrupted():
    def forward(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check(forward, cosine, X)


# ------------------------------------------------------------------ what it refuses


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"workers": 0}, ValueError, "check: workers must be a positive int, -1 for every core,"),
        ({"workers": 2.0}, ValueError, "or a callable like map, but is 2.0"),
        ({"workers": True}, ValueError, "or a callable like map, but is True"),
        ({"rtol": 0.0}, ValueError, "check: rtol must lie between 0 and 1, but is 0.0"),
        ({"rtol": 1.0}, ValueError, "check: rtol must lie between 0 and 1, but is 1.0"),
        ({"rtol": np.nan}, ValueError, "check: rtol must lie between 0 and 1, but is nan"),
        ({"wrt": "y"}, ValueError, "check: wrt must name arguments of forward (x), not 'y'"),
        ({"bounds": (0, 1)}, ValueError, "check: bounds must hold one (low, high) or None for"),
        ({"bounds": [(0, 1)]}, ValueError, "check: x must lie inside its bounds, but does not"),
        ({"tolerance": 1}, TypeError, "tolerance"),
    ],
)
def test_an_option_that_does_not_fit_is_refused_in_one_line(options, error, says):
    for tool in (check, verify):
        with pytest.raises(error, match=re.escape(says)) as caught:
            tool(np.sin, cosine, X, **options)
        assert "\n" not in str(caught.value)


def test_where_the_search_for_entries_ends_it_says_that_there_may_be_more():
    x = np.linspace(0.1, 2, 40)
    wrong = np.where(np.arange(40) < 14, 1.5, 1.0)
    report = check(np.sin, lambda dO, x: dO * np.cos(x) * wrong, x)
    assert report.findings[0].message.startswith("10 or more of 40 entries wrong; along")
    assert len(report.findings[0].entries) == 10
