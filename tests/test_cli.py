"""The command line, through ``main(argv)``: what it prints, where, and with which exit status."""

import json
import os
import re
import shlex
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from mlp.cli import main
from mlp.command.complaints import confess
from mlp.command.console import in_colour
from mlp.command.parser import OURS, USAGE

SAMPLES = Path(__file__).parent / "samples"
THREE_WRONG, RIGHT, MISBEHAVING, BY_DESIGN = (
    str(SAMPLES / f"{name}.py") for name in ("three_wrong", "right", "misbehaving", "by_design")
)


def usage(capsys, *argv):
    """Return the exit status and the complaint of a command that argparse refuses."""
    with pytest.raises(SystemExit) as refusal:
        main(argv)
    captured = capsys.readouterr()
    assert captured.out == ""
    return refusal.value.code, captured.err


def row(table, op):
    """Return the first line of the table that begins with this op."""
    return next(line for line in table.splitlines() if line.split()[:1] == [op])


def test_three_wrong_gradients_exit_1_and_each_mistake_is_named(capsys):
    assert main(["verify", THREE_WRONG]) == 1
    printed = capsys.readouterr().out
    for op in ("sigmoid", "mean_loss", "affine"):
        assert "wrong" in row(printed, f"three_wrong.{op}")
        assert re.search(rf"^three_wrong\.{op}$", printed, re.MULTILINE)  # its full report
    assert printed.splitlines()[-1].startswith("3 checked at 3 points: 3 wrong (")


def test_right_gradients_of_every_form_exit_0(capsys):
    assert main(["verify", RIGHT]) == 0
    printed = capsys.readouterr().out
    assert printed.splitlines()[-1].startswith("5 checked at 5 points: 5 correct (")


def test_named_ops_are_checked_at_several_sizes_and_dtypes(capsys):
    assert main(["verify", "affine", "relu"]) == 0
    printed = capsys.readouterr().out
    arguments = re.findall(r"([A-Zb]) +correct ", printed)
    assert arguments == [*"XWb", *"XWb", "Z", "Z"]
    assert re.findall(r"float\d\d ×\d", printed) == 2 * ["float64 ×3", "float32 ×3"]


def test_no_column_of_numbers_is_headed_where_there_are_none(capsys, tmp_path):
    (tmp_path / "shapes.py").write_text(
        "import numpy as np\n"
        "def f(x): return 2 * x\n"
        "def f_backward(d, x): return d.sum()\n"
        "def f_example(rng): return rng.normal(size=3)\n"
    )
    main(["verify", str(tmp_path / "shapes.py")])
    assert capsys.readouterr().out.splitlines()[0].split() == ["op", "argument", "verdict"]
    main(["verify", str(tmp_path / "shapes.py"), "relu"])
    lines = capsys.readouterr().out.splitlines()
    assert [("error bar" in line) for line in lines if line.startswith("op ")] == [True]


def test_the_table_has_a_heading_for_every_column(capsys):
    main(["verify", "relu"])
    heading = capsys.readouterr().out.splitlines()[0]
    assert re.split(r"\s\s+", heading) == [
        *("op", "dtype", "argument", "verdict", "by hand", "numeric", "error bar"),
        *("evaluations", "time"),
    ]


def test_one_fault_hides_no_other_result(capsys):
    words = [MISBEHAVING, "no_such_op", THREE_WRONG + "::sigmoid", "affine"]
    assert main(["verify", "--timeout", "0.5", *words]) == 1
    captured = capsys.readouterr()
    reasons = {
        "misbehaving.raises": r"ArithmeticError: the moon is full",
        "misbehaving.exits": r"called sys\.exit\(7\) \(misbehaving\.py:\d+\)",
        "misbehaving.hangs": r"took longer than the timeout of 0\.5 s; allow more",
        "misbehaving.no_point": r"no point to check it at: write no_point_example\(rng\)",
        "misbehaving.lonely": r"lonely_backward is there, but no function lonely beside it",
        "misbehaving.bad_example": r"LookupError: no number left \(misbehaving\.py:\d+\)",
        "misbehaving.Needy": r"Needy\(\) cannot be made without arguments",
        "no_such_op": r"no op, file or module of this name",
    }
    for op, reason in reasons.items():
        assert re.search(rf" error +.*{reason}", row(captured.out, op)), row(captured.out, op)
    for op in ("misbehaving.prints", "misbehaving.right", "affine"):
        assert " correct " in row(captured.out, op)
    assert " wrong " in row(captured.out, "three_wrong.sigmoid")
    assert "noise from the op" not in captured.out


@pytest.mark.parametrize(
    ("targets", "status"),
    [
        ([RIGHT], 0),
        ([RIGHT, THREE_WRONG], 1),
        ([RIGHT, str(SAMPLES / "undecided.py")], 2),
        ([RIGHT, str(SAMPLES / "undecided.py"), MISBEHAVING + "::raises"], 3),
        ([str(SAMPLES / "undecided.py"), "missing.py", THREE_WRONG], 1),
        (["missing.py"], 3),
        ([MISBEHAVING + "::exits"], 3),
        ([MISBEHAVING + "::no_point"], 3),
    ],
)
def test_the_exit_status_is_that_of_the_worst(targets, status, capsys):
    assert main(["verify", *targets]) == status
    assert capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("def f(:\n", r"SyntaxError: .*line 1"),
        ("1 / 0\n", r"ZeroDivisionError: division by zero \(broken\.py:1\)"),
        ("import sys\nsys.exit('no')\n", r"called sys\.exit\('no'\) \(broken\.py:2\)"),
        ("while True: pass\n", r"took longer than the timeout of 0\.2 s"),
        ("import nowhere_at_all\n", r"ModuleNotFoundError: No module named 'nowhere_at_all'"),
        ("", r"no op in it: an op is forward with backward"),
    ],
)
def test_a_file_that_cannot_be_loaded_says_why_in_one_line(text, reason, tmp_path, capsys):
    path = tmp_path / "broken.py"
    path.write_text(text, encoding="utf-8")
    assert main(["verify", "--timeout", "0.2", str(path)]) == 3
    assert re.search(rf" error +.*{reason}", row(capsys.readouterr().out, str(path)))


def test_shapes_and_wrt_serve_an_op_that_says_nothing(tmp_path, capsys):
    path = tmp_path / "bare.py"
    path.write_text("def mul(x, k): return x * k\ndef mul_backward(dO, x, k): return dO * k\n")
    assert main(["verify", str(path), "--shapes", "(3,2),()", "--wrt", "x"]) == 0
    assert row(capsys.readouterr().out, "bare.mul").split()[1:3] == ["x", "correct"]


def test_a_wrong_gradient_of_a_wrt_argument_is_still_wrong(tmp_path, capsys):
    path = tmp_path / "bare.py"
    path.write_text("def mul(x, k): return x * k\ndef mul_backward(dO, x, k): return dO * x\n")
    assert main(["verify", str(path), "--shapes", "(3,2),()", "--wrt", "0"]) == 1
    assert " wrong " in row(capsys.readouterr().out, "bare.mul")


@pytest.mark.parametrize("options", [[], ["--seed", "7", "--no-tangent", "--timeout", "30"]])
def test_the_line_to_repeat_is_a_command_that_repeats_it(options, capsys):
    main(["verify", THREE_WRONG, *options])
    printed = capsys.readouterr().out
    lines = re.findall(r"^repeat: mlp (verify .*::(\w+) --seed.*)$", printed, re.MULTILINE)
    assert [op for _, op in lines] == ["sigmoid", "mean_loss", "affine"]
    for line, op in lines:
        assert {*options} <= {*shlex.split(line)}
        assert main(shlex.split(line)) == 1
        again = capsys.readouterr().out
        assert (
            row(again, f"three_wrong.{op}").split()[:6]
            == (row(printed, f"three_wrong.{op}").split()[:6])
        )


def test_shapes_and_wrt_are_in_the_line_to_repeat(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("my ops.py").write_text(
        "def mul(x, k): return x * k\ndef mul_backward(dO, x, k): return dO * x\n"
    )
    for accept in ("1e-06", "x=1e-06,k=0.01"):
        words = ["--shapes", "(3,2),()", "--wrt", "0", "--accept", accept]
        main(["verify", "my ops.py", *words])
        (line,) = re.findall("^repeat: mlp (.*)$", capsys.readouterr().out, re.MULTILINE)
        assert line == f"verify 'my ops.py::mul' --seed 0 {shlex.join(words)}"
        assert main(shlex.split(line)) == 1
        capsys.readouterr()


def test_without_the_tangent_nobody_asks_it(capsys, monkeypatch):
    monkeypatch.setattr("mlp.gradcheck.judge.second.witnessed", lambda _: pytest.fail("it was"))
    assert main(["verify", "--no-tangent", THREE_WRONG]) == 1
    assert "by both" not in capsys.readouterr().out


def test_verbose_says_all_and_with_what_it_was_made(tmp_path, capsys):
    path = tmp_path / "wide.py"
    path.write_text(
        "import numpy as np\n"
        "def add(*xs): return sum(np.sin(x) for x in xs)\n"
        "def add_backward(dO, *xs): return tuple(2 * dO * np.cos(x) for x in xs)\n"
        "def add_example(rng): return tuple(rng.normal(size=9) for _ in range(9))\n"
    )
    main(["verify", str(path)])
    short = capsys.readouterr().out
    assert re.search(r"^\.\.\. and \d+ more lines: repeat with --verbose$", short, re.MULTILINE)
    assert f"NumPy {np.__version__}" not in short
    main(["verify", "--verbose", str(path)])
    long = capsys.readouterr().out
    assert "more lines" not in long
    assert "more entries" not in long
    assert long.count("mismatch: ") == 9
    assert f", NumPy {np.__version__}, " in long.splitlines()[-3]


def test_an_op_says_what_it_is_off_by_design_and_the_option_serves_those_that_do_not(capsys):
    assert main(["verify", "--json", BY_DESIGN]) == 1
    told, untold, _ = json.loads(capsys.readouterr().out)["checks"]
    assert (told["verdict"], told["report"]["accept"]) == ("correct", 1e-4)
    assert (untold["verdict"], untold["report"]["accept"]) == ("wrong", 0)
    for accept in ("1e-3", "x=1e-3"):
        assert main(["verify", "--json", "--accept", accept, BY_DESIGN]) == 0
        told, untold, _ = json.loads(capsys.readouterr().out)["checks"]
        assert told["report"]["accept"] == 1e-4
        assert untold["report"]["accept"] in (1e-3, {"x": 1e-3})
    assert main(["verify", "--accept", "1e-7", BY_DESIGN]) == 1
    assert main(["verify", "--accept", "0.05", THREE_WRONG]) == 1


def test_json_is_all_there_is_on_stdout(capsys):
    assert main(["verify", "--json", "--seed", "7", THREE_WRONG, MISBEHAVING + "::prints"]) == 1
    answer = json.loads(capsys.readouterr().out)
    assert (answer["schema"], answer["seed"], answer["status"]) == ("mlp-verify/2", 7, 1)
    verdicts = {check["target"]: check["verdict"] for check in answer["checks"]}
    assert verdicts == {
        "three_wrong.sigmoid": "wrong",
        "three_wrong.mean_loss": "wrong",
        "three_wrong.affine": "wrong",
        "misbehaving.prints": "correct",
    }


def test_the_seed_is_printed_and_repeats_the_numbers(capsys):
    def numbers(seed):
        main(["verify", "--seed", seed, "relu"])
        printed = capsys.readouterr().out
        assert f"seed {seed}" in printed
        return row(printed, "relu").split()[4:8]

    assert numbers("3") == numbers("3") != numbers("4")


def test_an_interrupt_is_130(capsys, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("mlp.runner.verdicts.judge", interrupted)
    assert main(["verify", "relu"]) == 130
    assert capsys.readouterr().err == "interrupted\n"


def test_where_no_time_limit_can_be_kept_one_line_says_so(capsys):
    statuses = []
    thread = threading.Thread(target=lambda: statuses.append(main(["verify", "relu"])))
    thread.start()
    thread.join()
    captured = capsys.readouterr()
    assert statuses == [0]
    assert captured.err.startswith("mlp verify: no time limit here, for it takes the main thread")
    assert captured.err.count("\n") == 1


@pytest.mark.parametrize(
    ("argv", "reason"),
    [
        (["verfy"], "invalid choice: 'verfy'"),
        (["verify", "--sede=1"], "--sede=1, did you mean --seed?; mlp verify --help says more"),
        (["train", "--epoch-count", "1"], "arguments: --epoch-count 1, did you mean --epochs?"),
        (["prove", "--qqq", "x.md"], "mlp prove: unrecognized arguments: --qqq; mlp prove --help"),
        (["verify", "--seed", "-1"], "'-1' is no whole number such as 7"),
        (["verify", "--timeout", "0"], "'0' is no positive number"),
        (["verify", "--timeout", "soon"], "'soon' is no positive number"),
        (["verify", "--shapes", "3,4"], "'3,4' is no list such as '(3,4),(4,2),(2)'"),
        (["verify", "--json", "--github"], "argument --github: not allowed with argument --json"),
        (["verify", "--html"], "argument --html: expected one argument"),
        (["verify", "--wrt", "0;1"], "'0;1' is no list of positions or names such as 0,b"),
        (["verify", "--accept", "0.5"], "'0.5' is no number from 0, below 0.1, such as 1e-6"),
        (["train", "--epochs", "0"], "must be at least 1"),
        (["train", "--activation", "rely"], "activation must be one of identity, sigmoid, tanh"),
        (["train", "--width", "wide"], "'wide' is no whole number such as 7"),
    ],
)
def test_wrong_usage_is_3_and_one_line(argv, reason, capsys):
    status, complaint = usage(capsys, *argv)
    assert status == 3
    assert reason in complaint
    assert complaint.count("\n") == 1


def test_colour_is_for_terminals_and_can_be_refused(capsys, monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    main(["verify", "relu"])
    assert "\x1b" not in capsys.readouterr().out
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    main(["verify", "relu"])
    assert "\x1b[32mcorrect" in capsys.readouterr().out
    monkeypatch.setenv("NO_COLOR", "1")
    main(["verify", "relu"])
    assert "\x1b" not in capsys.readouterr().out


def test_each_verdict_has_its_colour_and_a_heading_has_none(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert in_colour("checked") == "\x1b[33mchecked\x1b[0m"
    assert in_colour("proved (definition)", "cell ") == "\x1b[32mcell \x1b[0m"
    assert in_colour("verdict") == "verdict"


def test_a_progress_bar_is_for_terminals_and_leaves_the_table_whole(capsys, monkeypatch):
    main(["verify", "relu"])
    plain = capsys.readouterr()
    assert plain.err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    for options in ([], ["--json"]):
        main(["verify", "relu", *options])
        watched = capsys.readouterr()
        assert re.search(r"\d/6 \[.*point", watched.err)
        assert watched.err.endswith("\r")  # gone in the end
    assert len(plain.out.splitlines()) == 5
    assert json.loads(watched.out)["status"] == 0


ALLOWED = """
ALLOW_INCONCLUSIVE = "the table is flat between its knots"
import numpy as np
def forward(x): return np.ones(3)
def backward(dO, x): return np.zeros(3)
def example(rng): return (rng.normal(size=3),)
"""


def test_what_may_be_inconclusive_passes_and_its_reason_is_printed(tmp_path, capsys):
    path, xml, sarif = (tmp_path / name for name in ("table.py", "r.xml", "r.sarif"))
    path.write_text(ALLOWED)
    words = ["verify", str(path), "--junit-xml", str(xml), "--sarif", str(sarif)]
    assert main(words) == 0
    reason = "the table is flat between its knots"
    assert f"allowed to be inconclusive: table: {reason}\n" in capsys.readouterr().out
    assert 'skipped="1"' in xml.read_text()
    assert reason in xml.read_text()
    (run,) = json.loads(sarif.read_text())["runs"]
    assert run["invocations"][0]["exitCode"] == 0
    assert [r["suppressions"][0]["justification"] for r in run["results"]] == [reason]


def test_all_that_is_inconclusive_may_pass_but_nothing_else_does(capsys):
    undecided, wrong = str(SAMPLES / "undecided.py"), str(SAMPLES / "three_wrong.py")
    assert main(["verify", undecided]) == 2
    capsys.readouterr()
    assert main(["verify", undecided, "--allow-inconclusive", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["status"], told["checks"][0]["allowed"]) == (0, "--allow-inconclusive")
    assert main(["verify", undecided, wrong, "--allow-inconclusive"]) == 1


def test_a_reason_that_is_no_words_is_a_fault(tmp_path, capsys):
    path = tmp_path / "table.py"
    path.write_text(ALLOWED.replace('"the table is flat between its knots"', "True"))
    assert main(["verify", str(path)]) == 3
    assert "ALLOW_INCONCLUSIVE must be the reason, in words" in capsys.readouterr().out


def test_training_prints_its_settings_its_seed_and_both_accuracies(capsys):
    assert main(["train", "--seed", "4", "--epochs", "2", "--width", "16", "--rate", "0.2"]) == 0
    captured = capsys.readouterr()
    settings, result = captured.out.splitlines()
    assert settings == (
        "64-16-10 network, relu; 2 epochs in mini-batches of 32, rate 0.2, momentum 0.9; "
        "held out 20%"
    )
    assert re.fullmatch(
        r"seed 4:  train \d\d\.\d\d%  held out \d\d\.\d\d%  \(\d+ of 359, \d\.\d s\)", result
    )
    assert captured.err == ""  # no progress bar where nobody watches


def test_several_seeds_end_in_their_mean(capsys):
    assert main(["train", "--seeds", "2", "--epochs", "1", "--width", "8"]) == 0
    *runs, mean = capsys.readouterr().out.splitlines()[1:]
    shares = [float(re.search(r"held out ([\d.]+)%", line)[1]) for line in [*runs, mean]]
    assert shares[2] == pytest.approx((shares[0] + shares[1]) / 2, abs=0.01)


def test_training_saves_a_picture(tmp_path, capsys):
    picture = tmp_path / "learned.png"
    assert main(["train", "--epochs", "1", "--plot", str(picture)]) == 0
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert capsys.readouterr().out.endswith(f"picture of seed 0 in {picture}\n")


def test_without_matplotlib_one_line_says_what_to_install(monkeypatch, capsys):
    monkeypatch.setattr("mlp.command.complaints.find_spec", lambda _: None)
    assert main(["train", "--plot", "learned.png"]) == 3
    assert capsys.readouterr() == (
        "",
        "mlp train: --plot needs matplotlib: pip install 'mlp-reference[plot]'\n",
    )


@pytest.mark.parametrize("name", ["nowhere/learned.png", "learned.xyz"])
def test_a_picture_that_cannot_be_saved_is_said_before_training(name, tmp_path, capsys):
    assert main(["train", "--epochs", "1", "--plot", str(tmp_path / name)]) == 3
    captured = capsys.readouterr()
    assert captured.out == ""
    assert [*tmp_path.iterdir()] == []
    assert captured.err.startswith("mlp train: no picture: ")


def test_a_rate_that_explodes_is_one_line(capsys):
    with np.errstate(all="ignore"):
        assert main(["train", "--epochs", "1", "--rate", "1e200"]) == 3
    assert capsys.readouterr().err.startswith("mlp train: descend: step ")


def test_an_accuracy_of_a_tenth_is_said_to_be_chance(capsys):
    assert main(["train", "--epochs", "1", "--rate", "1e9"]) == 0
    assert "no better than chance (10%): try a lower --rate" in capsys.readouterr().out
    assert main(["train", "--epochs", "1"]) == 0
    assert "chance" not in capsys.readouterr().out


def test_a_reader_who_leaves_early_gets_no_traceback():
    with subprocess.Popen(
        [sys.executable, "-m", "mlp", "verify", "affine"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


def test_mlp_alone_is_help(capsys):
    assert main([]) == 0
    assert "mlp verify my_layers.py    check yours" in capsys.readouterr().out


def test_the_last_lines_have_the_wrong_ones_and_name_them_first(capsys):
    undecided = str(SAMPLES / "undecided.py")
    main(["verify", THREE_WRONG + "::affine", undecided, RIGHT])
    printed = capsys.readouterr().out
    assert printed.index("\nundecided.") < printed.index("\nthree_wrong.affine\n")
    counts = printed.splitlines()[-1].partition(": ")[2]
    assert counts.startswith("1 wrong, 1 inconclusive, 5 correct (")
    main(["verify", THREE_WRONG + "::affine"])
    assert "1 checked at 1 point: 1 wrong (" in capsys.readouterr().out


@pytest.mark.parametrize("command", [[], ["verify"], ["train"]])
def test_help_teaches(command, capsys):
    with pytest.raises(SystemExit) as ending:
        main([*command, "--help"])
    assert ending.value.code == 0
    printed = capsys.readouterr().out
    assert "mlp" in printed
    assert max(map(len, printed.splitlines())) <= 100


def test_the_version_is_that_of_the_distribution(capsys):
    from importlib.metadata import version

    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out == f"mlp {version('mlp-reference')}\n"


def test_help_imports_no_numpy():
    code = (
        "import sys; from mlp.cli import parser; parser();"
        "print({'numpy', 'scipy', 'tqdm', 'matplotlib'} & set(sys.modules))"
    )
    done = subprocess.run(  # noqa: S603  # our own interpreter and words
        [sys.executable, "-c", code], check=False, capture_output=True, text=True
    )
    assert (done.stdout, done.stderr) == ("set()\n", "")


def test_python_dash_m_mlp_is_mlp():
    done = subprocess.run(  # noqa: S603  # our own interpreter and words
        [sys.executable, "-m", "mlp", "verify", THREE_WRONG],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        encoding="utf-8",
    )
    assert done.returncode == 1
    assert done.stderr == ""
    assert "three_wrong.mean_loss" in done.stdout


def test_the_last_line_counts_the_proofs(capsys):
    assert main(["verify", "relu", "--prove"]) == 0
    assert "; 1 proof: 1 proved (seed 0" in capsys.readouterr().out.splitlines()[-1]


MEANT = str(SAMPLES / "meant.py")


def test_ops_say_what_they_mean_and_the_option_serves_those_that_do_not(capsys):
    assert main(["verify", "--json", MEANT]) == 1
    checks = {c["target"]: c for c in json.loads(capsys.readouterr().out)["checks"]}
    verdicts = {name.partition(".")[2]: c["verdict"] for name, c in checks.items()}
    assert verdicts.pop("untold") == "wrong"
    assert {*verdicts.values()} == {"correct"}
    assert checks["meant.Round"]["report"]["surrogate"] == "Round.SURROGATE"
    assert "say --along S=symmetric" in checks["meant.untold"]["report"]["findings"][0]["message"]
    along = ["--along", "S=symmetric", f"{MEANT}::untold"]
    assert main(["verify", *along]) == 0
    with pytest.raises(SystemExit):
        main(["verify", "--along", "S=round", MEANT])
    assert "is no list such as S=symmetric" in capsys.readouterr().err


def test_a_surrogate_is_said_in_the_table(capsys):
    assert main(["verify", f"{MEANT}::Round"]) == 0
    assert "correct (surrogate)" in capsys.readouterr().out


def test_a_proof_is_one_of_the_surrogate(capsys):
    assert main(["verify", "--prove", f"{MEANT}::Round"]) == 0
    assert "refused" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ModuleNotFoundError("No", name="tqdm"), "mlp needs tqdm, which this Python does not have"),
        (ImportError("No", name="tqdm", path="/a/tqdm.py"), "but /a/tqdm.py hides it"),
        (ImportError("No", name="mlp.rows"), "please open an issue"),
    ],
)
def test_a_package_that_is_missing_or_hidden_is_no_fault_of_ours(error, said, capsys):
    assert confess(error) == (OURS if "issue" in said else USAGE)
    told = capsys.readouterr().err.strip().splitlines()
    assert said in told[-1]
    assert (len(told) == 1) == ("issue" not in said)
