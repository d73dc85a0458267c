"""Checks for a test suite: they raise, warn, return, become pytest tests and Hypothesis tests."""

import inspect
import re
import sys
import unittest
from pathlib import Path

import hypothesis
import numpy as np
import pytest
from hypothesis.errors import InvalidArgument, Unsatisfiable
from support import UNEXPLAINED

import mlp
from mlp.runner.guard import TargetError
from mlp.runner.targets import Target
from mlp.shapes import Array, shapes
from mlp.testing import (
    GradientWarning,
    ResultError,
    check_gradients,
    checks_of,
    given_points,
    parametrize_with_checks,
)

SAMPLES = Path(__file__).parent / "samples"
plain = {
    "deadline": None,
    "derandomize": True,
    "database": None,
    "phases": UNEXPLAINED,
}
few = hypothesis.settings(max_examples=10, **plain)
no_shrinking = hypothesis.settings(few, max_examples=100, phases=[hypothesis.Phase.generate])


@shapes("(n,d),(d)->(n,d)")
def scale(X: Array, gain: Array) -> Array:
    """Multiply every row."""
    return X * gain


@shapes("(n,d),(n,d),(d)->(n,d),(d)")
def scale_backward(dO: Array, X: Array, gain: Array):
    """Forget half of a row, which shows in two columns only."""
    return dO * gain, (dO * X).sum(axis=0) * np.where(np.arange(len(gain)) == 1, 0.5, 1)


class Square:
    """A layer in the style of a class."""

    def forward(self, x):
        """Square."""
        return x**2

    def backward(self, dO, x):
        """Twice."""
        return 2 * x * dO

    def example(self, rng, n=3):
        """Draw a vector."""
        return (rng.normal(size=n),)


def constant(x):
    """Depend on nothing."""
    return np.ones(2) + 0 * x.sum()


def constant_backward(dO, x):
    """Return nothing."""
    return 0 * x * dO.sum()


def constant_example(rng):
    """Draw a vector."""
    return rng.normal(size=3)


class Undefined:
    """A layer that has no value anywhere."""

    def forward(self, x):
        """Return no number."""
        return np.nan * x

    def backward(self, dO, x):
        """Return nothing."""
        return 0 * x * dO

    def example(self, rng):
        """Draw a vector."""
        return (rng.normal(size=3),)


# what is an op


@pytest.mark.parametrize("op", [Square, Square(), f"{SAMPLES / 'right.py'}::cube", mlp.relu])
def test_an_op_comes_in_many_forms(op):
    (result,) = check_gradients(op)
    assert result.verdict == "correct"


def test_a_function_is_an_op_with_its_backward_beside_it():
    assert [repr(one) for one in checks_of(scale)] == ["scale-X", "scale-gain"]


@pytest.mark.parametrize("thing", [len, 7, object(), constant_backward, np])
def test_what_is_no_op_is_refused_in_one_line(thing):
    with pytest.raises(TargetError, match="is no op: an op has forward and backward"):
        list(checks_of(thing))


# raise, warn or return


def test_a_wrong_gradient_raises_with_its_report():
    with pytest.raises(
        ResultError, match="WRONG: scale_backward as the gradient of scale"
    ) as error:
        check_gradients(scale)
    assert (error.value.result.argument, error.value.result.verdict) == ("gain", "wrong")
    assert isinstance(error.value, mlp.GradientError)


def test_a_wrong_gradient_warns_and_the_rest_is_checked():
    with pytest.warns(GradientWarning, match="^scale-gain: wrong: mismatch: "):
        results = check_gradients(scale, on_fail="warn")
    assert [bool(result) for result in results] == [True, False]


def test_results_are_returned_whatever_they_are():
    results = check_gradients(f"{SAMPLES / 'three_wrong.py'}", on_fail=None)
    verdicts = [result.verdict for result in results]
    assert verdicts == ["wrong", "wrong", "inconclusive", "inconclusive", "wrong"]


def test_an_undecided_gradient_raises_too():
    with pytest.raises(ResultError, match="INCONCLUSIVE"):
        check_gradients(constant)


def test_the_seed_and_the_timeout_are_passed_on():
    assert check_gradients(mlp.relu, rng=5)[0].seed == 5
    (result,) = check_gradients(f"{SAMPLES / 'misbehaving.py'}::hangs", on_fail=None, timeout=0.1)
    assert result.verdict == "error"
    assert "0.1 s" in result.message


def test_a_misspelt_option_is_refused():
    with pytest.raises(ValueError, match="on_fail must be raise, warn or None, not 'ignore'"):
        check_gradients(mlp.relu, on_fail="ignore")


def test_a_gradient_declared_constant_is_skipped():
    def backward(dO, _, y):
        return dO * y, None

    def draw(rng):
        return rng.normal(size=3), rng.normal()

    op = Target("f", np.multiply, backward, draw)
    assert [result.verdict for result in check_gradients(op)] == ["correct", "unchecked"]
    with pytest.raises(unittest.SkipTest):
        [*checks_of(op)][1]()


# pytest tests


def test_checks_become_tests_named_after_op_and_argument():
    @parametrize_with_checks([mlp.affine, Square, "mlp.ops.relu"])
    def test_gradients(check):
        pass

    (mark,) = test_gradients.pytestmark
    assert (mark.name, mark.args[0]) == ("parametrize", "check")
    assert [*map(mark.kwargs["ids"], mark.args[1])] == [
        *("affine-X", "affine-W", "affine-b", "Square-x", "mlp.ops.relu-Z")
    ]


def test_a_wrong_gradient_fails_its_own_test_alone():
    checks = {one.argument: one for one in checks_of(scale)}
    assert checks["X"]()
    with pytest.raises(ResultError):
        checks["gain"]()


@pytest.mark.parametrize("ops", ["layers.py", mlp.relu])
def test_ops_must_be_a_list(ops):
    with pytest.raises(TypeError, match="ops must be a list of ops"):
        parametrize_with_checks(ops)


# Hypothesis tests


@given_points(mlp.affine)
@few
def test_affine_is_right_at_every_point(point):
    X, W, b = point
    assert mlp.affine.forward(X, W, b).shape == (X.shape[0], b.size)


class TestInAClass:
    @given_points(Square)
    @few
    def test_points_go_along_with_self_and_fixtures(self, point, tmp_path_factory):
        assert tmp_path_factory.getbasetemp().exists()
        assert len(point) == 1


def failure(test):
    with pytest.raises(AssertionError) as error:
        test()
    return str(error.value)


def test_a_wrong_gradient_shrinks_to_the_smallest_sizes_at_which_it_is_wrong():
    @given_points(scale)
    @hypothesis.settings(**plain)
    def test_scale(point):
        pass

    said = failure(test_scale)
    assert "point = (np.array([[0.0, 0.0]]), np.array([0.0, 0.0]))" in said  # one row, two columns
    assert "gain[1]  by hand" in said


def test_what_a_failure_prints_repeats_it_where_it_is_pasted(capsys, monkeypatch):
    monkeypatch.syspath_prepend(SAMPLES)

    import three_wrong

    @given_points(three_wrong.mean_loss, shapes="(n,d),(n,d)->()")
    @hypothesis.settings(**plain)
    def test_mean_loss(point):
        pass

    said = failure(test_mean_loss)
    code, _, example = said.partition("To repeat it elsewhere:\n\n")[2].rpartition("\n\n")
    assert example.startswith("@hypothesis.example(point=point)")
    assert "from three_wrong import mean_loss" in code
    exec(code, {})  # noqa: S102  # we wrote it
    assert capsys.readouterr().out.startswith("WRONG: mean_loss_backward as the gradient of mean_")
    del sys.modules["three_wrong"]


def test_a_point_that_was_found_is_tried_first_as_an_example():
    tried = []

    @hypothesis.example(point=(np.array([3.0]),))
    @given_points(mlp.relu)
    @few
    def test_relu(point):
        tried.append(point)

    test_relu()
    assert tried[0][0] == 3


def test_the_body_of_the_test_may_say_more():
    @given_points(mlp.relu)
    @no_shrinking
    def test_relu(point):
        assert point[0].size < 3, "too large"

    assert failure(test_relu).startswith("too large")


def test_hypothesis_is_told_the_relative_error(monkeypatch):
    told = []
    monkeypatch.setattr(hypothesis, "target", lambda value, label: told.append((value, label)))
    test_affine_is_right_at_every_point()
    assert len(told) >= 10
    assert max(told) < (-8, "")
    assert {label for _, label in told} == {"log10 of the relative error"}


def test_an_op_that_is_inconclusive_everywhere_does_not_pass():
    checks = [hypothesis.HealthCheck.filter_too_much, hypothesis.HealthCheck.too_slow]

    @given_points(Undefined)
    @hypothesis.settings(max_examples=2, suppress_health_check=checks, **plain)
    def test_undefined(point):
        pass

    with pytest.raises(Unsatisfiable):
        test_undefined()


def test_an_op_that_raises_fails():
    @given_points(f"{SAMPLES / 'misbehaving.py'}::raises")
    @few
    def test_raises(point):
        pass

    assert "the moon is full" in failure(test_raises)


def test_a_failure_shows_the_test_and_none_of_our_lines():
    @given_points(Scaled)
    @few
    def test_scaled(point):
        pass

    with pytest.raises(mlp.GradientError) as caught:
        test_scaled()
    shown = caught.traceback.filter(caught)
    assert {Path(str(entry.path)).name for entry in shown} == {Path(__file__).name}


def test_a_file_may_name_an_op_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lines = inspect.getsource(Square)
    head = "import mlp\nfrom mlp.shapes import shapes\nimport numpy as np\n"
    asked = "@mlp.testing.given_points('own.py::Square')\ndef test(point): pass\n"
    (tmp_path / "own.py").write_text(f"{head}{lines}\n\n{asked}", encoding="utf-8")
    (result,) = check_gradients("own.py")
    assert result


def test_a_module_that_is_an_op_is_asked_for_whatever_lies_in_it():
    @given_points(mlp.gelu)
    @few
    def test_gelu(point):
        pass

    test_gelu()


def test_the_test_must_take_the_point():
    with pytest.raises(TypeError, match="test_nothing must take an argument named point"):

        @given_points(mlp.relu)
        def test_nothing():
            pass


def test_settings_stand_below():
    @given_points(mlp.relu)
    def test_relu(point):
        pass

    assert test_relu._hypothesis_internal_use_settings.deadline is None  # noqa: SLF001
    with pytest.raises(InvalidArgument, match="already been decorated"):
        few(test_relu)


@pytest.mark.parametrize(("asked", "deadline"), [({}, None), ({"deadline": 5000}, 5)])
def test_there_is_no_deadline_but_one_that_is_asked_for(asked, deadline):
    @given_points(mlp.relu)
    @hypothesis.settings(max_examples=7, **asked)
    def test_relu(point):
        pass

    found = test_relu._hypothesis_internal_use_settings  # noqa: SLF001
    assert found.max_examples == 7
    assert (found.deadline and found.deadline.total_seconds()) == deadline
    assert hypothesis.Phase.explain not in found.phases


def test_one_op_at_a_time():
    with pytest.raises(TargetError, match=re.escape("here are right, right.cube")):
        given_points(SAMPLES / "right.py")


def test_the_tangent_may_be_left_out_in_every_way(monkeypatch):
    monkeypatch.setattr("mlp.gradcheck.judge.second.witnessed", lambda _: pytest.fail("asked"))
    results = check_gradients(Scaled, on_fail=None, tangent=False)
    assert [r.verdict for r in results] == ["wrong"]
    assert "check_gradients(Scaled, rng=0, tangent=False)" in results[0].text
    (one,) = checks_of(Scaled, tangent=False)
    assert one.result().decided_by == "differences"
    mark = parametrize_with_checks([Scaled], tangent=False)
    assert mark.args[1][0].result().verdict == "wrong"

    @given_points(Scaled, tangent=False)
    @few
    def test_it(point):
        assert point

    with pytest.raises(mlp.GradientError, match=r"\*point, tangent=False\)\)"):
        test_it()


class Scaled:
    """An op whose gradient is half of what it should be."""

    @staticmethod
    def forward(x):
        """Twice."""
        return 2 * x

    @staticmethod
    @shapes("(n),(n)->(n)")
    def backward(dO, _):
        """Once."""
        return dO * 1.0

    @staticmethod
    def example(rng, n=3):
        """Draw."""
        return (rng.normal(size=n),)


def test_the_line_to_repeat_checks_it_again():
    (result,) = check_gradients(Scaled, on_fail=None, rng=5)
    assert result.report.reproduce == "mlp.testing.check_gradients(Scaled, rng=5)"
    line = result.report.reproduce.replace(")", ", on_fail=None)")
    (again,) = eval(line, {"mlp": mlp, "Scaled": Scaled})  # noqa: S307  # our own line
    assert (again.by_hand, again.numeric) == (result.by_hand, result.numeric)
    (by_word,) = check_gradients(f"{SAMPLES / 'three_wrong.py'}::sigmoid", on_fail=None)
    assert by_word.report.reproduce.endswith("three_wrong.py::sigmoid', rng=0)")
    assert "report" not in by_word.to_dict()


def test_what_is_off_by_design_is_accepted_where_it_is_said():
    word = str(SAMPLES / "by_design.py")
    told, untold, _ = check_gradients(word, on_fail=None)
    assert (told.verdict, untold.verdict) == ("correct", "wrong")
    assert all(check_gradients(word, accept=1e-3))
    assert [bool(r) for r in check_gradients(word, on_fail=None, accept=1e-7)] == [
        True,
        False,
        True,
    ]
    assert [one().verdict for one in checks_of(word, accept={"x": 1e-3})] == ["correct"] * 3
    _, marked = parametrize_with_checks([word], accept=1e-3).args
    assert [one().verdict for one in marked] == ["correct"] * 3


@pytest.mark.parametrize(("accept", "right"), [(None, False), (1e-7, False), (1e-3, True)])
def test_points_are_judged_by_what_is_accepted(accept, right):
    @given_points(f"{SAMPLES / 'by_design.py'}::untold", shapes="(n)->(n)", accept=accept)
    @few
    def test(point):
        assert point

    if right:
        test()
        return
    with pytest.raises(mlp.GradientError, match="off by"):
        test()


def test_ops_are_judged_by_what_they_mean_or_by_what_is_said():
    word = str(SAMPLES / "meant.py")
    results = check_gradients(word, on_fail=None)
    assert {r.op.partition(".")[2]: r.verdict for r in results} == {
        "log_det": "correct",
        "untold": "wrong",
        "Round": "correct",
        "fast": "correct",
        "rotated": "correct",
    }
    (one,) = check_gradients(f"{word}::untold", along={"S": "symmetric"})
    assert one.report.reproduce.endswith("along={'S': 'symmetric'})")
    _, checks = parametrize_with_checks([f"{word}::untold"], along={"S": "symmetric"}).args
    assert checks[0]()
    with pytest.raises(TypeError, match="no option 'allong'"):
        check_gradients(f"{word}::untold", allong={})


def test_points_of_a_surrogate_are_judged_by_it():
    def judged(**options):
        word = f"{SAMPLES / 'by_design.py'}::untold"

        @given_points(word, shapes="(n)->(n)", accept=1e-3, **options)
        @hypothesis.settings(no_shrinking, max_examples=5)
        def test(point):
            assert point

        test()

    judged(surrogate=np.sin)
    judged(against=np.sin)
    for name in ("surrogate", "against"):
        with pytest.raises(mlp.GradientError):
            judged(**{name: np.tanh})


# what a failure shows of us


def shown_of(run):
    """Return the modules of ours whose lines pytest shows of a failure."""
    with pytest.raises(AssertionError) as error:
        run()
    shown = [entry for entry in error.traceback if not entry.ishidden(error)]
    return [entry.frame.f_globals["__name__"] for entry in shown[1:]]


def test_a_failure_shows_none_of_our_lines():
    @given_points(scale)
    @hypothesis.settings(**{**plain, "max_examples": 5})
    def test_scale(point):
        pass

    point = np.ones((2, 3)), np.ones(3)
    ways = (
        lambda: mlp.verify(scale, scale_backward, *point),
        lambda: check_gradients(scale),
        test_scale,
    )
    for way in ways:
        assert not [name for name in shown_of(way) if name.startswith("mlp.")]
