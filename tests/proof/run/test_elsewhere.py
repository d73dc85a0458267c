"""What was proved at small sizes is looked at once more, where no two lengths coincide."""

import numpy as np
import pytest

from mlp import prove
from mlp.ops import OPS, softmax_cross_entropy
from mlp.proof.run.elsewhere import Seen, look
from mlp.proof.run.question import poses


def seen(forward, backward, shapes, **sizes):
    (question,) = poses(forward, backward, shapes, None, (), sizes, elsewhere=True)
    return look(question)


@pytest.mark.parametrize("op", OPS, ids=lambda op: op.__name__)
def test_no_counterexample_is_found_to_an_op(op):
    forward = getattr(op, "definition", op.forward)
    backward = getattr(op, "definition_backward", op.backward)
    signature = op.forward.shapes
    labels = "y" if "y" in forward.__annotations__ else ()
    (question,) = poses(forward, backward, signature, None, labels, {}, elsewhere=True)
    assert look(question) == Seen()


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
    assert seen(forward, backward, "(n,m)->()") == Seen()


def test_the_lengths_all_differ_and_those_given_stay():
    (question,) = poses(
        np.multiply, np.multiply, "(n,m),(3,k)->()", None, (), {"m": 5}, elsewhere=True
    )
    assert question.shapes == (((7, 5),), ((3, 6),))


def test_a_wrong_entry_is_found_with_its_numbers():
    found = seen(lambda x: (x**2).mean(), lambda d, x: d * x, "(n)->()").counterexample
    assert found.index == (0,)
    point = {name: float(value) for name, value in found.point.items()}
    assert found.by_hand == pytest.approx(point["dO"] * point["x[0]"])
    assert found.true == pytest.approx(point["dO"] * point["x[0]"] * 2 / 5)


def test_a_gradient_of_another_shape_is_refused():
    found = seen(lambda x: x.sum(), lambda d, x: np.full(2, d), "(n)->()")
    assert found.verdict == "refused"
    assert "shape (5,) of x" in found.reason


def test_of_code_that_cannot_run_at_other_lengths_nothing_is_said():
    def forward(x):
        return x @ np.ones((2, 2))

    assert seen(forward, lambda d, x: d @ np.ones((2, 2)), "(n)->(n)") is None
    proof = prove(forward, lambda d, x: d @ np.ones((2, 2)), shapes="(n)->(n)")
    assert proof.verdict == "proved"
    assert not proof.also


def test_a_proof_says_where_no_counterexample_was_found():
    proof = prove(softmax_cross_entropy.forward, softmax_cross_entropy.backward)
    assert proof.also == {"Z": "(5, 7)", "y": "(5,) or (5, 7)"}
    assert "and no counterexample at Z (5, 7)" in str(proof)
