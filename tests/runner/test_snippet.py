"""Code that repeats a check runs where it is pasted, to the last digit."""

import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from mlp.ops import affine, relu
from mlp.runner.find import find, one_op
from mlp.runner.snippet import snippet, spoken

SQUARE = lambda x: x * x  # noqa: E731  # as people write them
DOUBLE = partial(np.multiply, 2)
SAMPLES = Path(__file__).parents[1] / "samples"


def test_functions_are_imported_by_the_names_they_have():
    assert spoken(relu.forward) == (["from mlp.ops import relu"], "relu.forward")
    assert spoken(np.linalg.norm)[1] == "norm"
    assert spoken(lambda x: x) == ([], "lambda x: x")
    assert spoken(SQUARE) == ([f"from {__name__} import SQUARE"], "SQUARE")
    assert spoken(DOUBLE) == (["import functools"], "functools.partial(np.multiply, 2)")
    assert spoken(partial(SQUARE, 1)) == (
        ["import functools"],
        "functools.partial(lambda x: x * x, 1)",
    )
    assert spoken(eval("lambda x: x", {})) == ([], "...")  # its source is nowhere  # noqa: S307  # ours


@pytest.mark.parametrize("name", ["cube", "picked", "Scale", "Power", "right"])
def test_the_snippet_of_an_op_in_a_file_runs_by_itself(name):
    word = f"{SAMPLES / 'right.py'}" + (f"::{name}" if name != "right" else "")
    target = find(word)[0]
    point = target.draw(np.random.default_rng(0))
    code = snippet(target, point)
    if name == "cube":  # a fresh process once, for it takes its time
        run = [sys.executable, "-c", code]
        said = subprocess.run(run, capture_output=True, text=True, check=True).stdout  # noqa: S603
        assert said.startswith("CORRECT: cube_backward as the gradient of cube")
    else:
        exec(code, {})  # noqa: S102  # we wrote it


def test_the_snippet_says_what_is_accepted():
    told, untold, _ = find(f"{SAMPLES / 'by_design.py'}")
    point = told.draw(np.random.default_rng(0))
    assert "*point, accept=0.0001))" in snippet(told, point)
    assert "accept=" not in snippet(untold, point)
    exec(snippet(told, point), {})  # noqa: S102  # we wrote it


def test_the_snippet_says_what_is_differentiated():
    (target,) = find(f"{SAMPLES / 'three_wrong.py'}::mean_loss")
    assert "*point, wrt=(0,)))" in snippet(target, target.draw(np.random.default_rng(0)))


def test_the_snippet_of_a_shipped_op_is_short():
    point = (np.array([[1.0]]), np.array([[2.0]]), np.array([3.0]))
    assert snippet(one_op(affine), point).splitlines() == [
        "import numpy as np",
        "",
        "import mlp",
        "from mlp.ops import affine",
        "",
        "point = (np.array([[1.0]]), np.array([[2.0]]), np.array([3.0]))",
        "print(mlp.check(affine.forward, affine.backward, *point))",
    ]
