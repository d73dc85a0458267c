"""Where a function is written."""

import functools
from pathlib import Path

import numpy as np
import pytest

from mlp.ops import affine
from mlp.runner.source import Place, place_of, relative

HERE = Path(__file__)


def decorated(function):
    @functools.wraps(function)
    def wrapper(*args):
        return function(*args)

    return wrapper


@decorated
# why
@decorated
def backward(dO, x):
    return dO * x


class Op:
    @staticmethod
    def backward(dO, x):
        return dO * x


def line_of(text):
    lines = HERE.read_text(encoding="utf-8").splitlines()
    return next(k for k, line in enumerate(lines, 1) if line == text)


@pytest.mark.parametrize("function", [backward, functools.partial(backward, 1)])
def test_the_line_is_that_of_def_however_the_function_is_wrapped(function):
    assert place_of(function) == Place(relative(HERE), line_of("def backward(dO, x):"))


def test_a_method_and_a_lambda_have_a_line_too():
    assert place_of(Op.backward).line == line_of("    def backward(dO, x):")
    assert place_of(lambda dO: dO).file == relative(HERE)


def test_an_op_of_ours_is_found_behind_its_signature():
    place = place_of(affine.backward)
    line = Path(place.file).read_text(encoding="utf-8").splitlines()[place.line - 1]
    assert line.startswith("def backward(")


def test_what_is_written_in_no_file_has_no_place():
    made = {}
    exec("def f(x): return x", made)  # noqa: S102  # as a notebook's cell might be
    assert [place_of(f) for f in (np.sin, made["f"], np.ndarray.sum)] == [None] * 3


def test_paths_below_the_working_directory_are_relative(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert relative(tmp_path / "a" / "b.py") == "a/b.py"
    assert relative(HERE) == HERE.as_posix()
