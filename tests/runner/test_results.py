"""A report is told argument by argument; nothing that it says is lost on the way."""

import json
from pathlib import Path

import numpy as np
import pytest

from mlp.gradcheck import check
from mlp.op import place_of
from mlp.ops import affine, relu
from mlp.runner.results import Examination, no_result, result_of, split
from mlp.runner.targets import Fault, Target

X, W, b = affine.example(np.random.default_rng(0))


def examined(forward, backward, *point, wrt=None):
    return Examination(Target("f", forward, backward, lambda _: point, wrt), 0, 60.0)


def results(examination):
    return {name: examination.result(name) for name in examination.arguments}


def test_each_argument_has_a_result_with_its_own_numbers():
    found = results(examined(affine.forward, affine.backward, X, W, b))
    assert list(found) == ["X", "W", "b"]
    assert all(found.values())
    assert len({result.numeric for result in found.values()}) == 3


def test_a_wrong_gradient_is_said_of_its_argument_alone():
    def backward(dO, X, W, b):
        dX, dW, db = affine.backward(dO, X, W, b)
        return dX, 2 * dW, db

    found = results(examined(affine.forward, backward, X, W, b))
    assert [name for name, result in found.items() if not result] == ["W"]
    assert found["W"].message.startswith("mismatch: ")
    assert "2.0000 × numeric" in found["W"].message
    assert "W[0, 0]" in found["W"].text
    assert "mismatch" not in found["X"].text


def test_what_another_argument_keeps_from_being_judged_is_inconclusive():
    def backward(dO, X, W, b):
        return *affine.backward(dO, X, W, b)[:2], dO

    found = results(examined(affine.forward, backward, X, W, b))
    assert [r.verdict for r in found.values()] == ["inconclusive", "inconclusive", "wrong"]
    assert found["X"].message.startswith("unjudged: not judged, for b stands in the way: shape: ")


def test_a_fault_of_the_cotangent_or_of_a_constant_is_one_of_every_argument():
    def forward(x, y, order):
        order += 1
        return x * y

    def backward(dO, x, y, _):
        return dO * y, dO * x

    order = np.array([1, 2])
    found = results(examined(forward, backward, np.ones(3), np.ones(3), order))
    assert [r.verdict for r in found.values()] == ["wrong", "wrong"]
    assert {r.message for r in found.values()} == {
        "mutation: forward writes into order; let it work on a copy"
    }


def test_the_leaves_of_a_structure_are_told_apart_and_share_what_is_said_of_it():
    def forward(p):
        return p["W"].sum() + p["b"].sum()

    def backward(dO, p):
        return {"W": dO * np.ones_like(p["W"]), "b": dO * 2 * np.ones_like(p["b"])}

    found = results(examined(forward, backward, {"W": np.ones((2, 3)), "b": np.ones(3)}))
    assert [(name, r.verdict) for name, r in found.items()] == [
        ("p['W']", "correct"),
        ("p['b']", "wrong"),
    ]


def test_an_argument_declared_constant_is_unchecked():
    found = results(examined(np.multiply, lambda dO, _, y: (dO * y, None), np.ones(3), 0.5))
    assert [r.verdict for r in found.values()] == ["correct", "unchecked"]


def raising(*_):
    raise ArithmeticError("no")


@pytest.mark.parametrize(
    ("examination", "message"),
    [
        (Examination(Fault("f", "no point"), 0, 1.0), "no point"),
        (Examination(Target("f", np.sin, np.cos, raising), 0, 1.0), "ArithmeticError: no"),
        (examined(np.sin, np.cos, 1), "vacuous: no argument holds floats"),
        (examined(raising, np.cos, 1.0), "raised: forward, evaluation"),
    ],
)
def test_what_cannot_be_checked_is_one_result_that_says_why(examination, message):
    (result,) = results(examination).values()
    assert not result
    assert result.message.startswith(message)
    assert "\n" not in result.message


def test_a_report_is_split_by_the_arguments_that_it_names():
    report = check(affine.forward, affine.backward, X, W, b)
    assert list(split(report)) == ["X", "W", "b"]
    assert all(len(own.arguments) == 1 for own in split(report).values())
    nothing = check(np.sin, np.cos, 1)
    assert split(nothing) == {"": nothing}


def test_a_result_is_plain_data_even_where_a_number_is_infinite():
    report = check(lambda x: 0 * x, lambda dO, x: 0 * dO * x, np.ones(3))
    row = result_of(report, "f", "x", None).to_dict()
    assert json.loads(json.dumps(row, allow_nan=False)) == row
    assert row["smallest_detectable"] == "inf"
    assert "text" not in row


def test_a_result_says_where_backward_is_defined():
    (result,) = results(examined(relu.forward, relu.backward, X)).values()
    source = Path(result.file).read_text(encoding="utf-8").splitlines()
    assert source[result.line - 1].startswith("def backward(")
    assert no_result("f", "", 0, "no point", place_of(np.sin)).file is None
