"""A signature of shapes becomes lengths and labels, and what does not fit is refused in a line."""

from functools import partial

import numpy as np
import pytest

from mlp import two_layer
from mlp.ops import affine, cross_entropy, gelu, relu, softmax_cross_entropy
from mlp.proof.run.goal import goals_of, other_lengths


def posed(forward, shapes=None, *, wrt=None, labels=(), **sizes):
    return goals_of(forward, None, shapes, wrt, labels, sizes)[0]


def test_a_signature_names_every_argument_and_its_shape():
    goal = posed(affine.forward, d=2)
    assert goal.names == ("X", "W", "b")
    assert goal.wrt == (0, 1, 2)
    assert goal.spelled == {"X": "(2, 2)", "W": "(2, 2)", "b": "(2,)"}


def test_any_shape_is_two_by_two_at_first_and_then_two():
    shapes = [goal.shapes for goal in goals_of(relu.forward, None, None, None, (), {})[:-1]]
    assert shapes == [(((2, 2),),), (((2,),),)]
    assert len(goals_of(affine.forward, None, None, None, (), {})) == 3  # the second is shrunk


def test_what_is_differentiated_is_declared_by_the_module_or_given():
    assert posed(cross_entropy.forward).wrt == (0,)
    assert posed(partial(cross_entropy.forward)).wrt == (0,)
    assert posed(two_layer.forward).wrt == (0, 1, 2, 3, 4)
    assert posed(affine.forward, wrt=("b", 0)).wrt == (2, 0)
    assert posed(affine.forward, wrt="W").wrt == (1,)

    def square(x, y):
        return x * y

    square.WRT = (1,)
    assert posed(square, "(n),(n)->(n)").wrt == (1,)


def test_a_partial_keeps_the_signature_of_its_function():
    assert posed(partial(gelu.definition, approximate="tanh")).names == ("Z",)
    assert posed(np.sin, "(n)->(n)").names == ("x0",) or posed(np.sin, "(n)->(n)").names == ("x",)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"k": 2}, "prove: no axis k in shapes, but n, d, m"),
        ({"n": 0}, "prove: n must be a positive int, but is 0"),
        ({"n": 1.5}, "prove: n must be a positive int, but is 1.5"),
        ({"wrt": "V"}, "prove: no argument 'V' of forward, which takes X, W, b"),
        ({"wrt": 3}, "prove: no argument 3 of forward, which takes X, W, b"),
        ({"labels": ("X", "W", "b")}, "prove: labels need an axis c of classes, but shapes is"),
        ({"shapes": "(n,d)->(n)"}, "prove: forward takes X, W, b, but shapes is"),
        ({"shapes": "n,d"}, "shapes: 'n,d' is no signature"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(options, message):
    with pytest.raises(ValueError, match=r"prove|shapes") as refusal:
        posed(affine.forward, options.pop("shapes", None), **options)
    assert str(refusal.value).startswith(message)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("shapes", "classes"),
    [
        ("(n,k),(n)->()", "k"),
        ("(n,vocab),(n)->(n)", "vocab"),
        ("(v,d),(n)->(n,d)", "v"),  # rows of a table, as an embedding has them
        ("(v,d),(n)->(d)", "v"),
        ("(v),(n)->(n)", "v"),
        ("(n),(n)->(bins)", "bins"),
        ("(n,d),(n)->(segments,d)", "segments"),
        ("(n,d),(d,k),(n)->()", "k"),
        ("(n,d),(k,d),(n)->()", "k"),
        ("(n,d),(d,h),(h),(h,k),(k),(n)->()", "k"),
        ("(n,t,v),(n,t)->()", "v"),
        ("(n,c),(c,d),(n)->(n,d)", "c"),
    ],
)
def test_labels_count_an_axis_of_any_name(shapes, classes):
    names = "abcdefg"[: shapes.partition("->")[0].count("(")]
    forward = eval(f"lambda {','.join(names)}: 0")  # noqa: S307  # a function of so many arguments
    goal = posed(forward, shapes, labels=names[-1], n=1, **{classes: 5})
    assert goal.classes == 5


def test_a_function_without_a_signature_and_too_many_labels_are_refused():
    with pytest.raises(ValueError, match="forward has no @shapes: pass shapes="):
        posed(lambda x: x)
    with pytest.raises(ValueError, match="10000000000 vectors of labels, more than 256"):
        posed(softmax_cross_entropy.forward, n=10, c=10)
    assert posed(relu.forward).classes == 0


def test_the_lengths_elsewhere_all_differ_and_those_given_stay():
    *_, goal = goals_of(np.multiply, np.multiply, "(n,m),(3,k)->()", None, (), {"m": 5})
    assert goal.shapes == (((7, 5),), ((3, 6),))


@pytest.mark.parametrize("given", [{}, {"n": 2}])
def test_other_lengths_all_differ_and_those_given_stay(given):
    found = other_lengths("ncd", given, range(3, 99), {"n": 2, "c": 3, "d": 4})
    assert len({*found.values()}) == 3
    assert found["n"] == given.get("n", 3)
    assert found["c"] != 3
