"""Pages and code are proved from the command line; the exit status is that of the worst line."""

import json

import pytest

from mlp.cli import main

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
    return np.array([float(x) for x in z])


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


def test_an_op_of_a_file_is_proved_and_a_wrong_derivation_refused(capsys):
    assert main(["prove", "layers.py::cube"]) == 0
    assert main(["prove", "layers.py::gelu"]) == 1
    printed = capsys.readouterr().out
    assert "layers.gelu:8: z[0" in printed
    assert "by hand" in printed


def test_what_no_symbol_runs_through_is_not_proved(capsys):
    assert main(["prove", "layers.py::lost"]) == 2
    assert "float()" in capsys.readouterr().out


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
