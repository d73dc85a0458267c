"""Every choice of labels and of alternatives is an array of symbols or labels per argument."""

import numpy as np
import pytest
from proof.run.test_goal import posed

from mlp.ops import affine, softmax_cross_entropy
from mlp.proof import prove
from mlp.proof.run.answer import Concluded
from mlp.proof.run.choice import choices, floats, symbols


def test_every_argument_is_an_array_of_symbols():
    (choice,) = choices(posed(affine.forward, d=2))
    assert [a.shape for a in choice.arguments] == [(2, 2), (2, 2), (2,)]
    assert str(choice.arguments[1][0, 1]) == "W[0,1]"
    assert all(s.is_real for s in choice.symbols)


def test_every_vector_of_labels_and_every_alternative_is_a_choice():
    found = [*choices(posed(softmax_cross_entropy.forward, c=3))]
    assert len(found) == 9 + 1
    assert found[5].said == "y = [1, 2]"
    assert found[-1].arguments[1].shape == (2, 3)
    assert found[-1].said == ""


def test_labels_may_be_named():
    goal = posed(lambda Z, t: (Z, t), "(n,c),(n)->()", labels="t")
    assert goal.wrt == (0,)
    assert len([*choices(goal)]) == 4


def test_labels_may_be_drawn():
    goal = posed(softmax_cross_entropy.forward, n=4, c=3)
    found = [[*choices(goal, drawn=True)] for _ in range(2)]
    assert found[0][0].said == found[1][0].said
    assert [choice.arguments[1].shape for choice in found[0]] == [(4,), (4, 3)]


def test_axes_may_be_numbers_and_any_shape_is_small():
    (choice,) = choices(posed(lambda A, B: (A, B), "(3,k),(...)->()", k=1))
    assert [a.shape for a in choice.arguments] == [(3, 1), (2, 2)]


def test_a_cotangent_has_the_shape_of_what_forward_returns():
    def cotangents(forward):
        (choice,) = choices(posed(forward, "(n)->(n)"))
        return choice.cotangents(lambda a: np.zeros(a.shape))

    assert str(cotangents(lambda x: x)) == "[dO[0] dO[1]]"
    assert str(cotangents(lambda x: x.sum())[()]) == "dO"
    several = cotangents(lambda x: {"a": x[:1], "b": [0.5]})
    assert (str(several["a"]), str(several["b"][0])) == ("[dO1[0]]", "dO2")


def test_arguments_are_made_afresh_and_labels_are_copied():
    (*_, choice) = choices(posed(lambda x, t: (x, t), "(n,c),(n)->()", labels="t"))
    point = {s: i for i, s in enumerate(choice.symbols)}
    for _ in range(2):
        x, t = choice.output(lambda a: floats(a, point))
        assert (x.tolist(), t.tolist()) == ([[0, 1], [2, 3]], [1, 1])
        x *= 2
        t *= 2


@pytest.mark.parametrize(
    ("returned", "reason"),
    [
        ((np.zeros(2),), "backward must return x, y, but returned 1 arrays"),
        ([np.zeros(2), None, None], "backward must return x, y, but returned 3 arrays"),
        (
            (np.zeros(2), np.zeros((2, 1))),
            "the gradient must have the shape (2,) of y, but its shape is (2, 1)",
        ),
    ],
)
def test_gradients_of_another_number_or_shape_are_refused(returned, reason):
    (choice,) = choices(posed(lambda x, y: x * y, "(n),(n)->(n)"))
    with pytest.raises(Concluded) as answer:
        [*choice.gradients(returned)]
    assert (answer.value.verdict, answer.value.reason) == ("refused", reason)


def test_a_list_is_one_gradient_where_one_is_wanted():
    (choice,) = choices(posed(lambda x: x, "(n)->(n)"))
    ((name, wanted, gradient),) = choice.gradients([1.0, 2.0])
    assert (name, gradient) == ("x", [1.0, 2.0])
    assert (wanted == symbols("x", (2,))).all()
    assert next(choice.gradients(None))[2] is None


def squared(dO, x):
    return 2 * dO * x


def filled(x):
    x.fill(1.0)
    return x**2


def sorted_in_place(x):
    x.sort()
    return x**2


def added(x):
    x += 1
    return x**2


def put(x):
    np.put(x, 0, 1.0)
    return x**2


def first_set(x):
    x[0] = 2.0
    return x**2


def out(x):
    return np.multiply(x, x, out=x)


@pytest.mark.parametrize("forward", [filled, sorted_in_place, added, put, first_set, out])
def test_what_writes_into_an_argument_is_not_proved_by_name(forward):
    for functions, who in (
        ((forward, squared), "forward"),
        ((np.square, lambda dO, x: 2 * dO * np.sqrt(forward(x))), "backward"),
    ):
        proof = prove(*functions, shapes="(n)->(n)", n=2)
        assert proof.verdict == "not proved"
        assert proof.reason == f"{who} writes into x; let it work on a copy"


def test_arrays_of_its_own_may_be_filled():
    def forward(x):
        made = np.empty_like(x)
        made.fill(0)
        made += x
        return np.multiply(made, x, out=made)

    assert prove(forward, squared, shapes="(n)->(n)", n=2).verdict == "proved"


def test_a_number_among_the_arguments_is_proved_as_arrays_are():
    def scaled(x, s):
        return x * s

    signature = "(n),()->(n)"
    assert prove(scaled, lambda d, x, s: (d * s, (d * x).sum()), shapes=signature)
    assert prove(scaled, lambda d, x, s: (d * s, d.sum()), shapes=signature).verdict == "refused"
