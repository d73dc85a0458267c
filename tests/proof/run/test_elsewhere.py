"""What was proved at small sizes is looked at once more, where no two lengths coincide."""

import numpy as np
import pytest

from mlp import prove
from mlp.ops import OPS, softmax_cross_entropy
from mlp.proof.run.answer import Concluded
from mlp.proof.run.elsewhere import runs_elsewhere
from mlp.proof.run.goal import goals_of


def runs(forward, backward, shapes, **sizes):
    *_, goal = goals_of(forward, backward, shapes, None, (), sizes)
    return runs_elsewhere(goal)


def answer(forward, backward, shapes):
    with pytest.raises(Concluded) as found:
        runs(forward, backward, shapes)
    return found.value


@pytest.mark.parametrize("op", OPS, ids=lambda op: op.__name__)
def test_no_counterexample_is_found_to_an_op(op):
    forward = getattr(op, "definition", op.forward)
    backward = getattr(op, "definition_backward", op.backward)
    signature = op.forward.shapes
    labels = "y" if "y" in forward.__annotations__ else ()
    *_, goal = goals_of(forward, backward, signature, None, labels, {})
    assert runs_elsewhere(goal)


@pytest.mark.parametrize(
    ("forward", "backward"),
    [
        (lambda X: X.mean(), lambda d, X: np.full(X.shape, d / X.size)),
        (lambda X: np.log(X).sum(axis=0), lambda d, X: d / X),
        (lambda X: np.log1p(-X).sum(axis=0), lambda d, X: -d / (1 - X)),
        (lambda X: X.max(axis=1), lambda d, X: d[:, None] * (X.max(axis=1)[:, None] == X)),
        (
            lambda X: X / np.sqrt(X.shape[0] * X.shape[1]),
            lambda d, X: d * X.size**-0.5,
        ),
        (lambda X: (X, X.sum()), lambda d, X: d[0] + d[1]),
        (lambda X: [X.sum(), X.mean(axis=0)], lambda d, X: (d[0] + d[1] / len(X) + 0 * X,)),
    ],
)
def test_what_is_right_at_every_size_is_let_be(forward, backward):
    assert runs(forward, backward, "(n,m)->()")


def test_a_wrong_entry_is_found_with_its_numbers():
    found = answer(lambda x: (x**2).mean(), lambda d, x: d * x, "(n)->()").counterexample
    assert found.index == (0,)
    point = {name: float(value) for name, value in found.point.items()}
    assert found.by_hand == pytest.approx(point["dO"] * point["x[0]"])
    assert found.true == pytest.approx(point["dO"] * point["x[0]"] * 2 / 5)


def test_a_gradient_of_another_shape_is_refused():
    found = answer(lambda x: x.sum(), lambda d, x: np.full(2, d), "(n)->()")
    assert found.verdict == "refused"
    assert "shape (5,) of x" in found.reason


def test_of_code_that_cannot_run_at_other_lengths_nothing_is_said():
    def forward(x):
        return x @ np.ones((2, 2))

    assert not runs(forward, lambda d, x: d @ np.ones((2, 2)), "(n)->(n)")
    proof = prove(forward, lambda d, x: d @ np.ones((2, 2)), shapes="(n)->(n)")
    assert proof.verdict == "proved"
    assert not proof.also


def test_a_proof_says_where_no_counterexample_was_found():
    proof = prove(softmax_cross_entropy.forward, softmax_cross_entropy.backward)
    assert proof.also == {"Z": "(5, 7)", "y": "(5,) or (5, 7)"}
    assert "and no counterexample at Z (5, 7)" in str(proof)
