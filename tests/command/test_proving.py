"""Pages and code are proved from the command line; the exit status is that of the worst line."""

import json
import os
from pathlib import Path

import pytest

from mlp.cli import main
from mlp.ops import softmax

PAGE = """\
# A page

```math
x \\in \\mathbb{R}
```

```math
y := x^2
```

```math
\\frac{\\partial y}{\\partial x} = 2 x
```
"""
LAYERS = """\
import numpy as np


def gelu(z):
    return z / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (z + 0.044715 * z**3)))


def gelu_backward(dA, z):
    t = np.tanh(np.sqrt(2 / np.pi) * (z + 0.044715 * z**3))
    return dA * ((1 + t) / 2 + z * (1 - t**2) / 2)  # the slope of the cubic is missing


def gelu_example(rng):
    return (rng.normal(size=(2, 3)),)


def cube(z):
    return z**3


def cube_backward(dA, z):
    return 3 * z**2 * dA


def cube_example(rng):
    return (rng.normal(size=2),)


def lost(z):
    return np.array([int(x) for x in z])


def lost_backward(dA, z):
    return dA


def lost_example(rng):
    return (rng.normal(size=2),)
"""


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "right.md").write_text(PAGE, encoding="utf-8")
    (tmp_path / "wrong.md").write_text(PAGE.replace("= 2 x", "= 3 x"), encoding="utf-8")
    (tmp_path / "odd.md").write_text(PAGE.replace("= 2 x", r"\approx 2 x"), encoding="utf-8")
    (tmp_path / "layers.py").write_text(LAYERS, encoding="utf-8")
    return tmp_path


def test_a_page_that_holds_is_proved_line_by_line(capsys):
    assert main(["prove", "right.md"]) == 0
    printed = capsys.readouterr().out
    assert "right.md:12" in printed
    assert "1 equation in 1 place, 1 entry: 1 proved" in printed


def test_a_wrong_line_fails_at_its_number_with_a_counterexample(capsys):
    assert main(["prove", "right.md", "wrong.md"]) == 1
    assert "\nwrong.md:12: differs by " in capsys.readouterr().out


@pytest.mark.parametrize("target", ["odd.md", "missing.md", "missing.py", "layers.py::nothing"])
def test_what_cannot_be_read_is_an_error_of_its_own(target, capsys):
    assert main(["prove", target]) == 3
    assert f"\n{target}" in capsys.readouterr().out


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has none")
@pytest.mark.parametrize("name", ["pipe.md", "pipe.py"])
def test_a_pipe_is_not_read_for_it_would_not_end(name, here, capsys):
    os.mkfifo(here / name)
    assert main(["prove", name]) == 3
    assert f"\n{name}: a pipe or device, and no file\n" in capsys.readouterr().out


def test_an_op_of_a_file_is_proved_and_a_wrong_derivation_refused(capsys):
    assert main(["prove", "layers.py::cube"]) == 0
    assert main(["prove", "layers.py::gelu"]) == 1
    printed = capsys.readouterr().out
    assert "layers.gelu:8: z[0" in printed
    assert "by hand" in printed


def test_what_no_symbol_runs_through_is_not_proved(capsys):
    assert main(["prove", "layers.py::lost"]) == 2
    assert "int()" in capsys.readouterr().out


def test_refused_comes_before_errors_and_these_before_doubt():
    assert main(["prove", "layers.py::lost", "odd.md", "wrong.md"]) == 1
    assert main(["prove", "layers.py::lost", "odd.md", "right.md"]) == 3


def test_a_length_of_an_axis_may_be_given(here, capsys):
    page = "```math\nv \\in \\mathbb{R}^{q}\n```\n\n```math\n2 v = v + v\n```\n"
    (here / "v.md").write_text(page, encoding="utf-8")
    assert main(["prove", "v.md", "--size", "q=7", "--json"]) == 0
    (line,) = json.loads(capsys.readouterr().out)["lines"]
    assert (line["entries"], line["sizes"]) == (7, {"q": 7})


def test_the_ledger_as_json_has_totals(capsys):
    assert main(["prove", "right.md", "wrong.md", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["schema"], told["status"]) == ("mlp-prove/1", 1)
    assert told["totals"]["verdicts"] == {"proved": 1, "refused": 1}
    assert told["lines"][0]["equation"].startswith(r"\frac{\partial y}")


def test_the_pages_can_be_written_with_a_mark_beside_each_equation(here):
    assert main(["prove", "right.md", "--html", "out"]) == 0
    assert "proved" in (here / "out" / "right.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("wrong", [[], ["--size", "n"], ["--size", "n=0"], ["--size", "2=n"]])
def test_wrong_usage_has_its_own_status(wrong):
    with pytest.raises(SystemExit) as stop:
        main(["prove", *(["right.md"] if wrong else []), *wrong])
    assert stop.value.code == 3


def test_blocks_that_are_not_read_are_errors_and_not_passed_over(here, capsys):
    (here / "lost.md").write_text("# A\n\n```math\nx + x = 3x\n", encoding="utf-8")
    assert main(["prove", "right.md", "lost.md"]) == 3
    assert "\nlost.md:3: the block has no end" in capsys.readouterr().out


def test_a_run_without_an_equation_has_proved_nothing(here, capsys):
    (here / "empty.md").write_text("", encoding="utf-8")
    assert main(["prove", "empty.md"]) == 2
    assert capsys.readouterr().out == "nothing to prove: no equation in a ```math block\n"
    assert main(["prove", "empty.md", "right.md"]) == 0


def test_a_page_that_is_no_utf_8_is_an_error(here, capsys):
    (here / "latin.md").write_bytes("é".encode("latin-1"))
    assert main(["prove", "latin.md"]) == 3
    assert "\nlatin.md: not UTF-8" in capsys.readouterr().out


@pytest.mark.parametrize(
    "code", ["import sys\n\nsys.exit(0)", "raise SystemExit", "exit()", "raise GeneratorExit"]
)
def test_code_that_ends_the_process_ends_no_proof(code, here, capsys):
    page = f"```python\n{code}\n```\n\n{PAGE.replace('= 2 x', '= 3 x')}"
    (here / "exit.md").write_text(page, encoding="utf-8")
    assert main(["prove", "exit.md"]) == 1
    printed = capsys.readouterr().out
    assert "\nexit.md:2: " in printed
    assert "Exit" in printed
    assert "differs by" in printed


def test_an_op_that_ends_the_process_is_an_error(here, capsys):
    code = "import sys\n\ndef f(x):\n    sys.exit(0)\n\n\ndef f_backward(dO, x):\n    return dO\n"
    example = "\n\ndef f_example(rng):\n    return (rng.normal(size=2),)\n"
    (here / "ends.py").write_text(code + example, encoding="utf-8")
    page = "```python\nfrom ends import f\n```\n\n```math\nx \\in \\mathbb{R}\n```\n\n"
    (here / "ends.md").write_text(page + "```math\nx = \\texttt{f}(x)\n```\n", encoding="utf-8")
    for target, said in (("ends.py", "sys.exit(0)"), ("ends.md", "ends.md:2")):
        assert main(["prove", target]) == 3
        assert said in capsys.readouterr().out


def test_an_op_with_an_exact_form_is_proved_by_its_definition(capsys):
    assert main(["prove", "mlp.ops.silu"]) == 0
    printed = capsys.readouterr().out
    assert "proved (definition)" in printed
    assert main(["prove", "silu", "--json"]) == 0
    (line,) = json.loads(capsys.readouterr().out)["lines"]
    assert line["verdict"] == "proved (definition)"


def test_an_op_of_ours_stands_at_its_own_line(capsys):
    assert main(["prove", "softmax", "mlp.ops.softmax", "--json"]) == 0
    lines = json.loads(capsys.readouterr().out)["lines"]
    assert [line["page"] for line in lines] == ["softmax", "mlp.ops.softmax"]
    for line in lines:
        assert softmax.__file__ is not None
        text = Path(softmax.__file__).read_text(encoding="utf-8").splitlines()
        assert text[line["line"] - 1].startswith("def backward(")


@pytest.mark.parametrize(
    ("target", "complaint"),
    [
        ("mlp.network", "list of arrays"),
        ("", "empty"),
        ("softmix", "did you mean softmax"),
    ],
)
def test_what_cannot_be_proved_says_what_to_do_in_a_line(target, complaint, capsys):
    assert main(["prove", target]) == 3
    assert complaint in capsys.readouterr().out


def test_shapes_may_come_with_their_result_or_without(capsys):
    for shapes in ("(n)", "(n)->(n)"):
        assert main(["prove", "layers.py::cube", "--shapes", shapes]) == 0
        assert "1 proved" in capsys.readouterr().out


def test_a_length_of_no_axis_is_an_error(capsys):
    assert main(["prove", "right.md", "--size", "q=2"]) == 3
    assert "\n--size: no axis q on any page: there is none" in capsys.readouterr().out


def test_pages_of_one_name_are_two_places(here, capsys):
    (here / "sub").mkdir()
    (here / "sub" / "right.md").write_text(PAGE, encoding="utf-8")
    assert main(["prove", "right.md", "sub/right.md"]) == 0
    printed = capsys.readouterr().out
    assert "sub/right.md:12" in printed
    assert "in 2 places" in printed


def test_a_page_may_end_in_markdown(here, capsys):
    (here / "x.markdown").write_text(PAGE, encoding="utf-8")
    assert main(["prove", "x.markdown"]) == 0
    assert "1 proved" in capsys.readouterr().out


def test_what_an_op_prints_is_kept_out_of_the_json(here, capfd):
    loud = LAYERS.replace("    return z**3", "    print('loud')\n    return z**3")
    (here / "loud.py").write_text(loud, encoding="utf-8")
    assert main(["prove", "loud.py::cube", "--json"]) == 0
    captured = capfd.readouterr()
    assert json.loads(captured.out)["status"] == 0
    assert "loud" in captured.err


def test_a_page_that_does_not_end_is_stopped(tmp_path, capsys):
    page = tmp_path / "loop.md"
    page.write_text(
        "```python\nwhile True: pass\n```\n\n```math\nx \\in \\mathbb{R}\n```\n\n"
        "```math\nx = \\texttt{f}(x)\n```\n"
    )
    assert main(["prove", "--timeout", "0.5", str(page)]) == 3
    assert "took longer than the timeout of 0.5 s" in capsys.readouterr().out
