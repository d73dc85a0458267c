"""Ops become pytest items, a fixture checks gradients inside a test, and both are summed up."""

import json
import shlex
import shutil
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
import scipy.special  # noqa: F401  # it loads once in a process, and pytester forgets what it loads
import yaml
from pages import ROOT

import mlp.testing
from mlp.cli import main
from mlp.pytest_summary import annotated, summary
from mlp.runner.find import one_op
from mlp.runner.targets import Target

SAMPLE = Path(__file__).parent / "sample_package"
SAMPLES = Path(__file__).parent / "samples"
RIGHT = {"linear-X", "linear-W", "linear-b", "softplus-X", "centre-weight"}
RIGHT |= {"layer_norm-X", "layer_norm-gain", "layer_norm-bias"}
WRONG = {"softmax-Z", "mean_square-O", "scale-gain", "relu-X", "centre-X"}
UNJUDGED = {"scale-X"}  # for the gradient of gain has the wrong shape
QUIET = ("-pno:randomly", "-pno:xdist", "-pno:hypothesispytest", "-Werror")


@pytest.fixture
def sample(pytester, monkeypatch):
    """Stand in a copy of the sample package, as if it were one's own project."""
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    shutil.copytree(SAMPLE, pytester.path, dirs_exist_ok=True)
    return pytester


def run(pytester, *args):
    return pytester.runpytest_inprocess(*QUIET, *args)


def by_outcome(result):
    """Return the ops and arguments of the items that passed, and of those that failed."""
    lines = [line.split() for line in result.outlines if "::" in line and "[" in line]
    named = {(line[1], "-".join(line[0].split("::")[1:])) for line in lines}
    return ({name for said, name in named if said == word} for word in ("PASSED", "FAILED"))


# ops become items


def test_every_argument_of_every_op_in_the_ini_is_an_item(sample):
    result = run(sample, "-v")
    passed, failed = by_outcome(result)
    assert passed == RIGHT
    assert failed == WRONG | UNJUDGED
    result.assert_outcomes(passed=8, failed=6)


@pytest.mark.usefixtures("sample")
def test_mlp_verify_says_the_same_of_the_sample(capsys):
    assert main(["verify", "blocks/in_numpy.py"]) == 1
    assert "8 checked at 8 points: 5 wrong, 3 correct" in capsys.readouterr().out


@pytest.mark.usefixtures("sample")
def test_the_pre_commit_hook_says_the_same_of_the_sample(capsys):
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    _, *words = hook["entry"].split()
    assert main([*words, "blocks/__init__.py", "blocks/in_numpy.py"]) == 1
    assert "8 checked at 8 points: 5 wrong, 3 correct" in capsys.readouterr().out


def test_a_failure_shows_the_report_at_the_line_of_backward_and_no_traceback(sample):
    result = run(sample, "-k", "softmax")
    result.stdout.fnmatch_lines(
        [
            "*gradient of in_numpy.softmax-Z*",
            "WRONG: softmax_backward as the gradient of softmax",
            "*by hand is the diagonal of the Jacobian alone*",
            "FAILED blocks/in_numpy.py::softmax::Z - wrong: mismatch: *",
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*results.py*")


def test_an_item_can_be_named_by_its_id(sample):
    run(sample, "blocks/in_numpy.py::scale::gain").assert_outcomes(failed=1)
    run(sample, "blocks/in_numpy.py::linear").assert_outcomes(passed=3)


def test_last_failed_runs_what_failed(sample):
    run(sample, "-k", "linear or relu").assert_outcomes(passed=3, failed=1, deselected=10)
    run(sample, "--lf").assert_outcomes(failed=1, deselected=13)


def test_the_ini_is_for_the_whole_suite_and_not_for_a_file_that_is_named(sample):
    sample.makepyfile(test_other="def test_other(): pass")
    run(sample, "test_other.py").assert_outcomes(passed=1)
    run(sample).assert_outcomes(passed=9, failed=6)


def test_the_option_is_for_what_it_names_alone(sample):
    sample.makepyfile(test_other="def test_other(): pass")
    run(sample, "--mlp", "blocks.in_numpy.softplus").assert_outcomes(passed=1)
    run(sample, "--mlp", "blocks.in_numpy:linear").assert_outcomes(passed=3)
    run(sample, "--mlp=blocks/in_numpy.py::relu", "test_other.py").assert_outcomes(
        passed=1, failed=1
    )


def test_a_file_beside_the_option_is_one_of_ops_where_it_has_no_tests(sample):
    ops = "def scale(x): return 2 * x\ndef scale_backward(dO, x): return {} * dO\n"
    ops += "def scale_example(rng): return (rng.normal(size=3),)\n"
    sample.makepyfile(a=ops.format(2), b=ops.format(3), neither="x = 1")
    sample.makefile(".md", page="```math\nx \\in R^n\nx + x = 3 x\n```")
    run(sample, "--mlp", "a.py", "b.py").assert_outcomes(passed=1, failed=1)
    run(sample, "--mlp", "a.py", "b.py::scale::x").assert_outcomes(passed=1, failed=1)
    run(sample, "--mlp", "a.py", "page.md").assert_outcomes(passed=1, failed=1)
    result = run(sample, "--mlp", "a.py", "neither.py")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["mlp: *neither.py: no op in it: *"])


def test_ops_outside_of_the_project_are_found_too(pytester):
    result = run(pytester, "--mlp", "mlp.ops.affine", "--mlp", str(SAMPLES / "right.py"))
    result.assert_outcomes(passed=8)


def test_an_op_in_two_words_is_one_op(sample):
    words = ("--mlp", "blocks/in_numpy.py::linear", "--mlp", "blocks/in_numpy.py")
    assert run(sample, *words, "--collect-only", "-q").outlines[-1].startswith("14 tests")


FLAT = """
import numpy as np
def forward(x): return np.ones(3)
def backward(dO, x): return np.zeros(3)
def example(rng): return (rng.normal(size=3),)
"""

# what cannot be checked


@pytest.mark.parametrize(
    ("word", "complaint"),
    [
        ("nowhere.py", "ERROR: mlp: no file nowhere.py, looked for in *"),
        ("no.where", "ERROR: mlp: no file or module no.where"),
    ],
)
def test_a_word_that_names_nothing_is_a_usage_error(pytester, word, complaint):
    result = run(pytester, "--mlp", word)
    result.stderr.fnmatch_lines([complaint])
    assert result.ret == pytest.ExitCode.USAGE_ERROR


@pytest.mark.parametrize(
    "word",
    [
        "--mlp-seed=-1",
        "--mlp-seed=1.5",
        "--mlp-timeout=nan",
        "--mlp-timeout=inf",
        "--mlp-timeout=0",
    ],
)
def test_a_seed_or_a_limit_that_is_none_is_a_usage_error(pytester, word):
    result = run(pytester, "--mlp", "mlp.ops.relu", word)
    result.stderr.fnmatch_lines([f"*argument {word.partition('=')[0]}: must be a * but is *"])
    assert result.ret == pytest.ExitCode.USAGE_ERROR


def test_a_file_without_the_op_is_an_error_of_collection(sample):
    result = run(sample, "--mlp", "blocks/in_numpy.py::gelu")
    result.stdout.fnmatch_lines(["mlp: *in_numpy.py::gelu: no op gelu in it, but linear*"])
    result.assert_outcomes(errors=1)


def test_ops_that_raise_hang_or_have_no_point_fail_in_one_line_each(pytester):
    result = run(pytester, "--mlp", str(SAMPLES / "misbehaving.py"), "--mlp-timeout=0.3", "-v")
    passed, failed = by_outcome(result)
    assert passed == {"prints-x", "right-x"}
    assert {"raises-x", "hangs-x", "exits-x", "no_point-gradient", "Needy-gradient"} <= failed
    result.stdout.fnmatch_lines(["took longer than the timeout of 0.3 s; allow more"])


def test_an_argument_declared_constant_is_skipped(pytester):
    pytester.makepyfile(
        layers="""
        def f(x, y): return x * y
        def f_backward(dO, x, y): return dO * y, None
        def f_example(rng): return rng.normal(size=3), 2.0
        """
    )
    run(pytester, "--mlp", "layers.py").assert_outcomes(passed=1, skipped=1)


UNDECIDED = """
import numpy as np
import pytest
import mlp.testing

def constant(x): return np.ones(3)
def constant_backward(dO, x): return np.zeros_like(x)
def constant_example(rng): return (rng.normal(size=4),)

def test_fixture(gradcheck):
    gradcheck(constant, constant_backward, np.ones(4))

@mlp.testing.parametrize_with_checks([constant])
def test_parametrized(check):
    check()
"""


def test_inconclusive_fails_unless_it_is_allowed(pytester):
    pytester.makepyfile(test_undecided=UNDECIDED)
    words = ("--mlp", "test_undecided.py", "test_undecided.py")
    run(pytester, *words).assert_outcomes(failed=3)
    allowed = run(pytester, *words, "--mlp-allow-inconclusive", "-rx")
    allowed.assert_outcomes(xfailed=3)
    allowed.stdout.fnmatch_lines(["XFAIL *inconclusive: vacuous: by hand and numeric are both 0*"])


def test_an_op_that_says_why_may_be_inconclusive(pytester):
    own = 'ALLOW_INCONCLUSIVE = "it is flat"\n'
    pytester.makepyfile(flat=own + FLAT)
    allowed = run(pytester, "--mlp", "flat.py", "-rx")
    allowed.assert_outcomes(xfailed=1)
    allowed.stdout.fnmatch_lines(["XFAIL *inconclusive: vacuous: *(it is flat)*"])


def test_a_wrong_gradient_fails_even_where_inconclusive_is_allowed(sample):
    result = run(sample, "--mlp-allow-inconclusive")
    result.assert_outcomes(passed=8, failed=5, xfailed=1)


# the fixture

FIXTURE = """
import mlp
import numpy as np
import pytest
from blocks.in_numpy import relu, linear, mean_square, mean_square_backward

O, Y = np.ones((2, 3)), np.zeros((2, 3))

def test_op(gradcheck):
    assert all(gradcheck(linear))

def test_right(gradcheck):
    report = gradcheck(np.sin, lambda dO, x: dO * np.cos(x), np.ones(3))
    assert report.seed == 7

def test_adapter(gradcheck):
    cube = mlp.adapters.gradient(lambda x: (x**3).sum(), lambda x: 3 * x**2)
    assert gradcheck(cube, np.array([1.0, 2.0])).seed == 7

def test_wrong(gradcheck):
    gradcheck(mean_square, mean_square_backward, O, Y, wrt="O")

def test_wrong_op(gradcheck):
    gradcheck(relu)

def test_an_option_without_a_point(gradcheck):
    with pytest.raises(TypeError, match="an op alone takes no options"):
        gradcheck(linear, rtol=1e-3)
"""


def test_the_fixture_checks_an_op_or_two_functions_at_a_point(sample):
    sample.makepyfile(test_fixture=FIXTURE)
    result = run(sample, "test_fixture.py", "--mlp-seed=7")
    result.assert_outcomes(passed=4, failed=2)
    result.stdout.fnmatch_lines(
        [
            '>       gradcheck(mean_square, mean_square_backward, O, Y, wrt="O")',
            "E*WRONG: mean_square_backward as the gradient of mean_square",
            "E*by hand = 3.0000 × numeric; 3 is O.shape[[]1]*",
            "8 gradients of 5 ops: 2 wrong, 0 inconclusive, 5 correct, 1 unchecked",
        ]
    )


def repeats(result):
    """Return the words after pytest in the lines that repeat what failed.

    Where CI is set, pytest shows whole messages once more in its summary.
    """
    lines = dict.fromkeys(line.removeprefix("E").strip() for line in result.outlines)
    return [shlex.split(line)[2:] for line in lines if line.startswith("repeat: pytest")]


def test_the_line_to_repeat_runs_what_failed_and_nothing_else(sample):
    sample.makepyfile(test_fixture=FIXTURE)
    first = run(sample, "--mlp", "blocks/in_numpy.py::relu", "--mlp-seed=3")
    (words,) = repeats(first)
    assert words == ["--mlp", "blocks/in_numpy.py::relu", "--mlp-seed=3"]
    again = run(sample, *words)
    again.assert_outcomes(failed=1)
    (numbers,) = {line for line in first.outlines if line.startswith("  X ")}
    assert numbers in again.outlines
    found = repeats(run(sample, "test_fixture.py", "--mlp-no-tangent"))
    assert found == [
        [f"test_fixture.py::test_{name}", "--mlp-seed=0", "--mlp-no-tangent"]
        for name in ("wrong", "wrong_op")
    ]
    run(sample, *found[0]).assert_outcomes(failed=1)


@pytest.mark.parametrize("way", ["option", "ini"])
def test_the_tangent_may_be_left_out(way, sample, monkeypatch):
    monkeypatch.setattr("mlp.gradcheck.judge.second.witnessed", lambda _: pytest.fail("asked"))
    sample.makepyfile(test_fixture=FIXTURE)
    words = ["--mlp-no-tangent"] if way == "option" else ["-o", "mlp_tangent=false"]
    result = run(sample, "blocks/in_numpy.py::relu", "test_fixture.py", "--mlp-seed=7", *words)
    result.assert_outcomes(passed=4, failed=3)
    assert "second.witnessed" not in result.stdout.str()
    result.stdout.no_fnmatch_line("*asked*")


def test_a_report_is_shown_in_full_with_vv(pytester):
    pytester.makepyfile(
        test_wide="""
        import numpy as np
        import mlp

        def test_wide(gradcheck):
            def total(*xs):
                return sum(np.sin(x) for x in xs)

            def total_backward(dO, *xs):
                return tuple(2 * dO * np.cos(x) for x in xs)

            gradcheck(total, total_backward, *np.linspace(1, 2, 81).reshape(9, 9))
        """
    )
    words = "test_wide.py", "--tb=short"
    run(pytester, *words).stdout.fnmatch_lines(["E * more lines: repeat with -vv"])
    full = run(pytester, *words, "-vv").stdout
    full.no_fnmatch_line("E * more lines: *")
    full.fnmatch_lines([f"E *, NumPy {np.__version__}, *"])


def test_parametrized_checks_are_summed_up_too(sample):
    sample.makepyfile(
        test_them="""
        import mlp.testing
        from blocks import in_numpy

        @mlp.testing.parametrize_with_checks([in_numpy.linear, "blocks/in_numpy.py::relu"])
        def test_gradients(check):
            check()
        """
    )
    result = run(sample, "test_them.py")
    result.stdout.fnmatch_lines(
        [
            "4 gradients of 2 ops: 1 wrong, 0 inconclusive, 3 correct",
            "FAILED test_them.py::test_gradients[[]in_numpy.relu-X] - *",
        ]
    )


# what is said at the end


def test_the_summary_counts_and_names_the_least_sharp_and_the_slowest(sample):
    result = run(sample)
    result.stdout.fnmatch_lines(
        [
            "mlp: --mlp-seed=0",
            "*= gradients (mlp) =*",
            "14 gradients of 8 ops: 5 wrong, 1 inconclusive, 8 correct",
            "smallest detectable error, at worst: ?e-?? of the largest entry, blocks/in*::*",
            "slowest: in_numpy.*, 0.?? s, * evaluations",
        ]
    )


def test_the_least_sharp_is_the_largest_of_the_smallest_detectable():
    row = {"op": "f", "verdict": "correct", "seconds": 0.1, "evaluations": 9}
    rows = [
        {**row, "nodeid": f"l.py::f::{name}", "smallest_detectable": size}
        for name, size in [("x", 1e-9), ("y", "inf"), ("z", None)]
    ]
    assert list(summary(rows))[1].endswith("inf of the largest entry, l.py::f::y")


def test_junit_gets_the_numbers_as_properties_and_one_line_as_message(sample):
    run(sample, "--junitxml=j.xml", "-k", "mean_square")
    (case,) = ET.parse("j.xml").iter("testcase")  # noqa: S314  # we wrote it
    properties = {p.get("name"): p.get("value") for p in case.iter("property")}
    assert properties["mlp.O.verdict"] == "wrong"
    ratio = float(properties["mlp.O.by_hand"]) / float(properties["mlp.O.numeric"])
    assert ratio == pytest.approx(3)
    (failure,) = case.iter("failure")
    assert failure.get("message").startswith("wrong: mismatch: ")
    assert "\n" not in failure.get("message")


def test_each_gradient_is_a_line_of_json(sample):
    run(sample, "--mlp-json", "out.jsonl")
    rows = [json.loads(line) for line in Path("out.jsonl").read_text().splitlines()]
    assert len(rows) == 14
    (row,) = (row for row in rows if row["nodeid"].endswith("softmax::Z"))
    assert (row["schema"], row["verdict"], row["outcome"]) == ("mlp-result/2", "wrong", "failed")
    source = Path(row["file"]).read_text().splitlines()
    assert source[row["line"] - 1] == "def softmax_backward(dP, Z):"


def test_github_marks_the_line_of_each_wrong_backward_once(sample, monkeypatch):
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(sample.path))
    result = run(sample)
    marks = [line for line in result.outlines if line.startswith("::")]
    assert len(marks) == 5
    source = Path("blocks/in_numpy.py").read_text().splitlines()
    line = 1 + source.index("def softmax_backward(dP, Z):")
    assert any(m.startswith(f"::error file=blocks/in_numpy.py,line={line},title=") for m in marks)


def test_an_annotation_keeps_to_one_line_whatever_it_says():
    row = {"op": "f", "argument": "x", "verdict": "wrong", "file": "a,b:c.py", "line": 3}
    said = annotated({**row, "message": "50 %\nof it"}, Path("/root"), Path("/root"))
    assert said == (
        "::error file=a%2Cb%3Ac.py,line=3,title=gradient of f by x%3A wrong::50 %25%0Aof it"
    )
    assert annotated({**row, "file": None, "message": ""}, Path(), Path()).startswith(
        "::error title="
    )


# it stays out of the way, and works beside others

SILENT = """
import sys

def test_nothing_was_imported():
    assert "mlp.pytest_plugin" in sys.modules
    known = {name for name in sys.modules if name.partition(".")[0] in {"mlp", "numpy", "scipy"}}
    assert known == {"mlp", "mlp.pytest_plugin"}
"""


def test_nothing_is_imported_and_nothing_said_before_it_is_used(pytester):
    pytester.makepyfile(SILENT)
    result = pytester.runpytest_subprocess(*QUIET)
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*gradients*")
    result.stdout.no_fnmatch_line("mlp:*")


def test_two_processes_in_random_order_end_in_one_summary(sample):
    words = ("-n2", "-prandomly", "-pno:hypothesispytest", "-Werror", "--mlp-json=out.jsonl")
    result = sample.runpytest_subprocess(*words)
    result.assert_outcomes(passed=8, failed=6)
    assert sum("gradients of" in line for line in result.outlines) == 1
    result.stdout.fnmatch_lines(["14 gradients of 8 ops: 5 wrong, 1 inconclusive, 8 correct"])
    result.stdout.fnmatch_lines(["FAILED blocks/in_numpy.py::softmax::Z - wrong: mismatch*"])
    assert len(Path("out.jsonl").read_text().splitlines()) == 14


def test_an_op_is_examined_once_for_all_of_its_arguments():
    drawn = []

    def example(rng):
        drawn.append(rng)
        return mlp.affine.example(rng)

    op = one_op(mlp.affine)
    counted = Target("affine", op.forward, op.backward, example)
    checks = list(mlp.testing.checks_of(counted))
    assert len(drawn) == 1  # to learn the names
    assert all(check() for check in checks)
    assert len(drawn) == 2
    assert np.array_equal(*(rng.normal(size=3) for rng in drawn))


# what is off by design


@pytest.fixture
def by_design(pytester):
    """Stand beside a file of two ops, of which one says what it is off by design."""
    shutil.copy(SAMPLES / "by_design.py", pytester.path)
    return pytester


def test_an_op_that_is_off_by_design_fails_unless_it_or_the_ini_accepts_it(by_design):
    run(by_design, "--mlp", "by_design.py").assert_outcomes(passed=2, failed=1)
    by_design.makeini("[pytest]\nmlp_accept = 1e-3\nmlp_ops = by_design.py\n")
    run(by_design).assert_outcomes(passed=3)
    by_design.makeini("[pytest]\nmlp_accept = x=1e-7\nmlp_ops = by_design.py\n")
    run(by_design).assert_outcomes(passed=2, failed=1)


def test_the_fixture_accepts_what_the_ini_or_the_call_says(by_design):
    by_design.makepyfile(
        test_it="""
        import numpy as np
        from by_design import untold, untold_backward

        x = np.ones(3) / 2

        def test_ini(gradcheck):
            assert gradcheck(untold, untold_backward, x).accept == 1e-3
            assert gradcheck(untold)

        def test_call(gradcheck):
            gradcheck(untold, untold_backward, x, accept=1e-7)
        """
    )
    by_design.makeini("[pytest]\nmlp_accept = 1e-3\n")
    run(by_design, "test_it.py").assert_outcomes(passed=1, failed=1)


def test_what_cannot_be_accepted_is_a_usage_error(by_design):
    by_design.makeini("[pytest]\nmlp_accept = 0.5\nmlp_ops = by_design.py\n")
    result = run(by_design)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert result.stderr.str().startswith("ERROR: mlp_accept: '0.5' is no number from 0")


def test_sets_references_and_surrogates_are_read_from_files_and_taken_by_the_fixture(pytester):
    shutil.copy(SAMPLES / "meant.py", pytester.path)
    result = run(pytester, "--mlp", "meant.py")
    result.assert_outcomes(passed=4, failed=1)
    result.stdout.fnmatch_lines(["*say ALONG = {'S': 'symmetric'}*"])
    pytester.makepyfile(
        test_it="""
        import numpy as np
        from meant import fast_forward, log_det_example, plain, untold, untold_backward

        def test_set(gradcheck):
            (S,) = log_det_example(np.random.default_rng(0))
            gradcheck(untold, untold_backward, S, along={"S": "symmetric"})

        def test_surrogate(gradcheck):
            x = np.ones(3)
            gradcheck(np.sign, lambda d, x: d + 0 * x, x, surrogate=lambda x: x)

        def test_reference(gradcheck):
            x = np.ones(3)
            gradcheck(np.sin, lambda d, x: d * np.cos(x), x, against=plain)
        """
    )
    run(pytester, "test_it.py").assert_outcomes(passed=2, failed=1)
