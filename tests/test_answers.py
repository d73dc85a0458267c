"""A gradient that is not like its parameter is refused, and the leaf is named."""

from fractions import Fraction

import numpy as np
import pytest

from mlp.answers import as_answer, examples, parameter
from mlp.descent import descend, flatten, objective

START = [(np.ones((4, 2)), np.ones(2)), (np.ones((2, 3)), np.ones(3))]
X, y = np.ones((5, 4)), np.zeros(5, int)


def like_them(change):
    """Return the gradient of half the squares, changed."""
    return lambda p, X, y: (1.0, change([list(pair) for pair in p]))  # noqa: ARG005


def with_leaf(at, part, make):
    """Return a change of one leaf."""

    def change(gradients):
        gradients[at][part] = make(gradients[at][part])
        return gradients

    return change


WRONG = {  # each by the leaf that its message names
    "transposed": (with_leaf(0, 0, np.transpose), r"parameters\[0\]\[0\] in the shape \(4, 2\)"),
    "one vector": (with_leaf(0, 0, np.ravel), r"parameters\[0\]\[0\] in .* returned \(8,\)"),
    "a column": (with_leaf(1, 1, lambda b: b[:, None]), r"parameters\[1\]\[1\] in .*\(3, 1\)"),
    "swapped": (lambda g: [g[0][::-1], g[1]], r"parameters\[0\]\[0\] in .* returned \(2,\)"),
    "other order": (lambda g: g[::-1], r"parameters\[0\]\[0\] in .* returned \(2, 3\)"),
    "float32": (
        with_leaf(1, 0, lambda W: W.astype("f")),
        r"parameters\[1\]\[0\] in float64, but returned float32",
    ),
    "complex": (with_leaf(0, 1, lambda b: b + 0j), r"parameters\[0\]\[1\] must hold real numbers"),
    "None": (with_leaf(0, 1, lambda _: None), r"parameters\[0\]\[1\] must be a NumPy array"),
    "fractions": (
        with_leaf(0, 1, lambda b: np.array([Fraction(1)] * len(b))),
        r"parameters\[0\]\[1\] in float64, but returned object",
    ),
    "ragged": (
        with_leaf(0, 0, lambda _: [[1], [1, 2]]),
        r"rows of the gradient of parameters\[0\]",
    ),
    "one missing": (lambda g: [g[0], g[1][:1]], r"2 parts as .* parameters\[1\], but returned 1"),
    "one more": (lambda g: [*g, g[0]], r"2 parts as the gradient of parameters, but returned 3"),
    "flat": (lambda _: np.ones(17), r"2 parts as .* but returned an array of shape \(17,\)"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_gradient_unlike_its_parameter_is_refused_by_the_name_of_the_leaf(name):
    change, message = WRONG[name]
    with pytest.raises((ValueError, TypeError), match=f"^descend: value_and_grad.* {message}"):
        next(descend(like_them(change), START, X, y, rate=0.1))
    fun, x0, _ = objective(like_them(change), START, X, y)
    with pytest.raises((ValueError, TypeError), match=f"^objective: value_and_grad.* {message}"):
        fun(x0)


@pytest.mark.parametrize("loss", [None, "1", 1j, [1.0], np.ones(1), np.ones(2), object()])
def test_a_loss_that_is_not_one_number_is_refused(loss):
    with pytest.raises(TypeError, match=r"^descend: value_and_grad must return one number as its"):
        next(descend(lambda p, X, y: (loss, p), START, X, y, rate=0.1))  # noqa: ARG005


@pytest.mark.parametrize("answer", [None, 1.0, (1.0,), (1.0, [], []), [1.0, START]])
def test_an_answer_that_is_no_pair_is_refused(answer):
    with pytest.raises(TypeError, match="must return the loss and the gradients, but returned"):
        next(descend(lambda *_: answer, START, X, y, rate=0.1))


def test_lists_and_whole_numbers_are_gradients_too():
    loss, gradient = as_answer(
        "f", (np.float32(2), [[1, 2], (3,)]), [np.ones(2), [4.0]], np.dtype("f")
    )
    assert (loss, gradient.dtype, gradient.tolist()) == (2.0, np.float32, [1, 2, 3])


def test_examples_are_equally_many_rows():
    assert examples("f", abs, [[1], [2]], [0, 1])[1].dtype.kind == "i"
    for one, other in (([1, 2], [1]), ([], []), (np.ones((0, 2)), [])):
        with pytest.raises(ValueError, match=r"^f: y must have as many rows as X, which has"):
            examples("f", abs, one, other)
    for one in (3, None, "ab", {1: 2}):
        with pytest.raises(ValueError, match=r"^f: X must be an array, a row for each example"):
            examples("f", abs, one, [1])
    with pytest.raises(ValueError, match=r"^f: the rows of X must have one length, but they"):
        examples("f", abs, [[1], [1, 2]], [1, 2])
    with pytest.raises(TypeError, match=r"^f: value_and_grad must be a function, but is 3$"):
        examples("f", 3, [1], [1])


def test_a_parameter_that_is_no_real_array_is_named():
    assert parameter("f", "p", [1, 2]).tolist() == [1, 2]
    for leaf in (None, "x", 1j, np.ma.ones(2), np.array([1, "a"], object)):
        with pytest.raises(TypeError, match=r"^f: parameters must be real arrays .* but p\[0\] is"):
            parameter("f", "p[0]", leaf)
    circle = []
    circle.append(circle)
    with pytest.raises(
        ValueError,
        match=r"^flatten: parameters must have at most 100 levels, but has more, or holds itself",
    ):
        flatten(circle)
