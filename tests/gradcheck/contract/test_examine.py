"""What every backward owes its forward, found before any arithmetic."""

import re

import numpy as np
import pytest

from mlp.gradcheck.contract.examine import examine_backward, examine_forward, mutations
from mlp.gradcheck.pose import pose
from mlp.gradcheck.probe import DOUBLE, HALF, SINGLE

X = np.array([[0.3, -1.2, 2.5], [1.1, 0.7, -0.4]])
RNG = np.random.default_rng


def cosine(dO, x):
    return dO * np.cos(x)


def forward_of(forward, *point):
    """Return the place and the kinds of what is found in a forward."""
    place, found = examine_forward(pose(forward, cosine, point), RNG(0))
    return place, [f.kind for f in found]


def backward_of(backward, forward=np.sin, x=X):
    """Tell whether gradients can be compared, and what is found in a backward."""
    problem = pose(forward, backward, (x,))
    place, _ = examine_forward(problem, RNG(0))
    comparable, found = examine_backward(place, RNG(0))
    return comparable, [*found, *mutations(problem)]


def told(backward, **point):
    """Return whether gradients can be compared, and the only finding's kind and message."""
    comparable, (finding,) = backward_of(backward, **point)
    return comparable, finding.kind, finding.message


def test_nothing_is_found_where_the_contract_is_kept():
    assert forward_of(np.sin, X)[1] == []
    assert backward_of(cosine) == (True, [])


def test_a_forward_that_returns_nothing_or_nothing_finite_is_no_place():
    for kind, forward in {"vacuous": lambda x: x[:0], "nonfinite": lambda x: x / 0}.items():
        assert forward_of(forward, X) == (None, [kind])


def test_hidden_state_shows_after_a_visit_elsewhere():
    seen = [0.0]

    def remembers(x):
        last, seen[0] = seen[0], x[0, 0]
        return np.sin(x) + last

    assert forward_of(remembers, X) == (None, ["nondeterminism"])


def test_a_small_waver_is_measured_and_allowed_for():
    noise = RNG(0)
    place, found = forward_of(lambda x: np.sin(x) + 1e-10 * noise.normal(size=x.shape), X)
    assert found == ["nondeterminism"]
    assert 1e-12 < place.jitter < 1e-9


@pytest.mark.parametrize(
    ("unit", "forward"),
    [
        (DOUBLE, np.sin),
        (SINGLE, lambda x: np.sin(x.astype(np.float32))),
        (SINGLE, lambda x: np.sin(x.astype(np.float32)).astype(np.float64)),
        (HALF, lambda x: np.sin(x.astype(np.float16)).astype(np.float64)),
        (DOUBLE, np.round),
    ],
)
def test_the_precision_inside_forward_shows_in_its_results(unit, forward):
    assert forward_of(forward, X)[0].unit == unit


def test_who_wrote_into_what_is_named():
    def on_its_cotangent(dO, x):
        dO *= np.cos(x)
        return dO

    comparable, kind, message = told(on_its_cotangent)
    assert (comparable, kind) == (True, "mutation")
    assert message == "backward writes into its cotangent; let it work on a copy"


def test_writing_the_same_bits_is_no_mutation():
    def backward(dO, x):
        x[:] = x
        return cosine(dO, x)

    assert backward_of(backward) == (True, [])


def test_a_result_that_is_a_view_is_noted():
    comparable, kind, message = told(lambda dO, _: dO, forward=lambda x: x + 1)
    assert (comparable, kind) == (True, "aliasing")
    assert message == "what backward returns shares memory with its cotangent"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda g: g.T, r"shape \(2, 3\) of x, but its shape is \(3, 2\): transposed\?"),
        (lambda g: np.stack([g] * 4), r"\(4, 2, 3\): not summed over the batch"),
        (lambda g: g[:, None], r"\(2, 1, 3\): an axis of size 1 too many or too few"),
        (np.ravel, r"\(6,\): the right number of entries, so a reshape is missing"),
        (np.sum, r"\(\)$"),
        (lambda g: g + 1j, "must hold real numbers, but its dtype is complex128"),
    ],
)
def test_a_wrong_shape_is_explained(change, says):
    comparable, found = backward_of(lambda dO, x: change(cosine(dO, x)))
    assert not comparable
    assert [f.kind for f in found if f.severity == "fault"] == ["shape"]
    assert re.search(says, found[-1].message.splitlines()[0])


def test_another_dtype_is_a_note():
    comparable, kind, message = told(lambda dO, x: cosine(dO, x).astype(np.float32))
    assert (comparable, kind) == (True, "dtype")
    assert message == "the gradient is float32, the argument float64"


def test_entries_that_are_not_finite_are_shown():
    comparable, (found,) = backward_of(lambda dO, x: np.where(x == 0.7, np.inf, cosine(dO, x)))
    assert (comparable, found.kind, found.severity) == (False, "nonfinite", "fault")
    assert [(e.index, e.by_hand) for e in found.entries] == [((1, 1), np.inf)]
    assert found.message.startswith("1 of 6 entries")


@pytest.mark.parametrize(
    ("bend", "says"),
    [
        (np.ones_like, "backward(0) is not 0; the cotangent is ignored"),
        (lambda v: v + 1, "backward(0) is not 0"),
        (np.abs, "backward(-v) is not -backward(v); it passes through abs or relu"),
        (lambda v: np.maximum(v, 0), "backward(-v) is not -backward(v); it passes through"),
        (np.square, "backward(-v) is not -backward(v); it is clipped, squared"),
        (lambda v: np.clip(v, -1, 1), "backward(1024 v) is not 1024 backward(v); it is clipped"),
        (lambda v: v / (abs(v).max() or 1), "backward(1024 v) is not 1024 backward(v)"),
        (lambda v: v * (abs(v) == abs(v).max()), "backward(v + w) is not"),
    ],
)
def test_what_is_not_linear_in_the_cotangent_is_named(bend, says):
    comparable, kind, message = told(lambda dO, x: bend(dO) * np.cos(x))
    assert (comparable, kind) == (True, "cotangent")
    assert says in message


def test_a_backward_that_answers_differently_is_not_compared():
    noise = RNG(0)
    comparable, kind, _ = told(lambda dO, x: cosine(dO, x) * (1 + 0.1 * noise.normal()))
    assert (comparable, kind) == (False, "nondeterminism")


def test_arithmetic_in_single_precision_is_linear_enough():
    single = X.astype(np.float32)
    assert backward_of(lambda dO, x: (dO / 3 * np.cos(x)) * 3, x=single) == (True, [])
