"""Hints are said in the words of where they are printed, and never name what is not there."""

import numpy as np
import pytest

import mlp
from mlp.command.parser import parser
from mlp.runner.hints import in_words_of
from mlp.runner.targets import Target
from mlp.runner.verdicts import judge

HINTS = {  # as check says it, on the command line, and under pytest --mlp
    "say wrt='x'": ("say --wrt x", "say WRT = 'x'"),
    "say wrt=('X', 'W')": ("say --wrt X,W", "say WRT = ('X', 'W')"),
    "say wrt=...": ("say --wrt ...", "say WRT = ..."),
    "by design, accept=2e-06": ("by design, --accept 2e-06", "by design, ACCEPT = 2e-06"),
    "say along={'S': 'symmetric'}": ("say --along S=symmetric", "say ALONG = {'S': 'symmetric'}"),
    "say along={'p': P}": ("say ALONG = {'p': P}", "say ALONG = {'p': P}"),
    "declare it, surrogate=f": ("declare it, SURROGATE = f", "declare it, SURROGATE = f"),
    "side; give bounds=, or another point": ("side; choose another point",) * 2,
    "in double precision, or give a larger rtol": ("in double precision",) * 2,
}
FACES = ("mlp verify layers.py::f --seed 0", "pytest --mlp layers.py::f --mlp-seed=0")


@pytest.mark.parametrize("hint", HINTS)
def test_a_hint_is_in_the_words_of_its_face(hint):
    assert tuple(in_words_of(face, hint) for face in FACES) == HINTS[hint]
    assert in_words_of("mlp.check(f, f_backward, *point, rng=0)", hint) == hint


def test_an_option_that_is_hinted_at_is_one():
    for option in ("--wrt x", "--accept 2e-06", "--along S=symmetric", "--shapes (3)"):
        parser().parse_args(["verify", *option.split()])


def test_a_report_that_is_printed_elsewhere_speaks_so():
    def squared(x, w):
        return x**2 * w

    def squared_backward(dO, x, w):
        return 2 * x * w * dO, None

    op = Target("op", squared, squared_backward, lambda rng: (rng.normal(size=3),) * 2)
    said = {face: str(judge(op, 0, 60, repeat=lambda _, f=face: f).report) for face in FACES}
    assert "say --wrt x" in said[FACES[0]]
    assert "say WRT = 'x'" in said[FACES[1]]
    point = np.ones(3), np.ones(3)
    assert "say wrt='x'" in str(mlp.check(squared, squared_backward, *point))


def test_shapes_are_asked_for_where_they_can_be_given():
    why = "no point to check it at: write f_example(rng), or pass --shapes '(3,4),(4,2),(2)'"
    assert in_words_of(FACES[0], why) == why
    for face in (FACES[1], "mlp.testing.check_gradients(f, rng=0)"):
        assert in_words_of(face, why) == "no point to check it at: write f_example(rng)"
