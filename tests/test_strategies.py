"""Points are drawn in sizes that fit, shrink to small ones, and hold the numbers asked for."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import hypothesis
import numpy as np
import pytest
from hypothesis import Phase, given
from hypothesis import strategies as st
from support import UNEXPLAINED

import mlp
from mlp import strategies
from mlp.ops import affine, cross_entropy, relu, softmax_cross_entropy
from mlp.runner.find import one_op
from mlp.runner.points import aimed
from mlp.runner.words import imported

few = hypothesis.settings(max_examples=25, deadline=None)


def smallest(strategy, such=lambda _: True):
    """Return what a strategy shrinks to."""
    settings = hypothesis.settings(derandomize=True, database=None, deadline=None)
    return hypothesis.find(strategy, such, settings=settings)


# points


@given(strategies.points(affine))
@few
def test_sizes_fit_the_signature(point):
    X, W, b = point
    assert X.shape[1] == W.shape[0]
    assert W.shape[1:] == b.shape
    assert affine.forward(*point).shape == (len(X), len(b))


@given(strategies.points(softmax_cross_entropy, max_side=6))
@few
def test_labels_are_classes_of_the_logits(point):
    Z, y = point
    assert y.dtype == np.int64
    assert y.shape == Z.shape[:1]
    assert y.min() >= 0
    assert y.max() < Z.shape[1]


@given(strategies.points(affine, dtype=np.float32))
@few
def test_arrays_have_the_dtype_asked_for(point):
    assert {a.dtype for a in point} == {np.dtype(np.float32)}


@given(strategies.points(cross_entropy, P=strategies.probabilities))
@few
def test_an_argument_can_have_a_strategy_of_its_own(point):
    P, _ = point
    np.testing.assert_allclose(P.sum(axis=1), 1)


def test_any_shape_is_drawn_where_any_shape_will_do():
    for ndim in range(4):
        (Z,) = smallest(strategies.points(relu), lambda point, n=ndim: point[0].ndim == n)
        assert Z.shape == (1,) * ndim


def test_points_shrink_to_the_smallest_sizes_and_then_to_simple_numbers():
    X, W, b = smallest(strategies.points(affine), lambda point: (point[0] > 1).any())
    assert (X.shape, W.shape, b.shape) == ((1, 1), (1, 1), (1,))
    assert (X.item(), W.item(), b.item()) == (2, 0, 0)


def test_an_op_without_a_signature_is_drawn_by_its_example_in_any_size():
    class Square:
        forward, backward = np.square, np.positive

        @staticmethod
        def example(rng, n=3, d=5):
            return rng.normal(size=(n, d))

    (small,) = smallest(strategies.points(Square))
    (wide,) = smallest(strategies.points(Square), lambda point: point[0].shape[1] > 2)
    assert (small.shape, wide.shape) == ((1, 1), (1, 3))
    with pytest.raises(TypeError, match="Square has no @shapes, so its example draws it all"):
        strategies.points(Square, entries=strategies.ordinary())
    (given_shapes,) = smallest(strategies.points(Square, shapes="(n,7)->(n,7)"))
    assert given_shapes.shape == (1, 7)


def test_an_argument_that_is_not_there_is_refused():
    with pytest.raises(TypeError, match="affine has no argument x, but X, W, b"):
        strategies.points(affine, x=strategies.ordinary())


# numbers

KINKS = (0.0, 6.0)


def test_numbers_on_kinks_hit_them_and_lie_right_beside_them():
    numbers = strategies.on_kinks(*KINKS)
    assert smallest(numbers, lambda x: x == 6) == 6
    assert smallest(numbers, lambda x: 0 < abs(x - 6) < 1e-8) != 6
    assert smallest(strategies.on_kinks(), lambda x: 0 < abs(x) < 1e-8) != 0


@given(strategies.off_kinks(*KINKS, margin=0.5))
@few
def test_numbers_off_kinks_keep_their_distance(x):
    assert min(abs(x - kink) for kink in KINKS) >= 0.5


@mlp.testing.given_points(relu, entries=strategies.on_kinks(0.0))
@few
def test_relu_has_a_subgradient_at_its_kink(point):
    hypothesis.event(f"{np.count_nonzero(point[0] == 0)} at the kink")


def test_a_value_that_is_no_subgradient_is_found_at_the_kink_alone():
    class Relu:
        @staticmethod
        def forward(Z):
            return relu.forward(Z)

        @staticmethod
        def backward(dA, Z):
            return np.where(Z == 0, 7 * dA, relu.backward(dA, Z))

    def verify(entries):
        @mlp.testing.given_points(Relu, shapes="(n)->(n)", entries=entries)
        @hypothesis.settings(few, derandomize=True, database=None, phases=UNEXPLAINED)
        def test(point):
            pass

        test()

    verify(strategies.off_kinks(0.0))
    with pytest.raises(mlp.GradientError):
        verify(strategies.on_kinks(0.0))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_extreme_numbers_reach_from_one_end_of_the_range_to_the_other(dtype):
    numbers = strategies.extreme(dtype)
    largest, tiny = float(np.finfo(dtype).max), float(np.finfo(dtype).tiny)
    assert smallest(numbers, lambda x: abs(x) > largest / 8) <= largest
    assert 0 < smallest(numbers, lambda x: 0 < x < tiny) < tiny
    assert str(smallest(numbers, lambda x: str(x) == "-0.0")) == "-0.0"


@given(strategies.points(relu, dtype="float32", entries=strategies.extreme("float32")))
@few
def test_extreme_numbers_stay_finite_in_their_dtype(point):
    assert np.isfinite(point[0]).all()


# logits and labels


def test_logits_tie_stand_far_from_zero_and_apart():
    logits = strategies.logits(1, 3)
    assert len(set(smallest(logits)[0])) == 1
    assert smallest(logits, lambda Z: Z.min() > 500).shape == (1, 3)
    assert np.ptp(smallest(logits, lambda Z: np.ptp(Z) > 900)) > 900


@given(strategies.logits(dtype=np.float32), st.data())
@few
def test_the_number_of_rows_and_classes_is_drawn_unless_given(Z, data):
    assert Z.dtype == np.float32
    assert Z.shape[1] >= 2
    y = data.draw(strategies.labels(*Z.shape))
    assert softmax_cross_entropy.forward(Z, y) >= 0


def test_without_hypothesis_one_line_says_what_to_install():
    code = "import sys; sys.modules['hypothesis'] = None; import mlp; mlp.strategies"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)  # noqa: S603
    assert run.stderr.splitlines()[-1] == (
        "ImportError: mlp.strategies needs Hypothesis, which is not installed: "
        "pip install 'mlp-reference[test]'"
    )


# points aimed at the numbers in the code: of 30 runs of 100 examples none misses `trimmed`

SAMPLES = Path(__file__).parent / "samples"
BOUNDED, RIGHT = (imported(str(SAMPLES / name)) for name in ("bounded.py", "thresholds.py"))
AIMED = ("relu6", "hardtanh", "trimmed", "shrunk", "huber", "Threshold")


@pytest.mark.parametrize("name", AIMED)
def test_another_constant_in_backward_is_found(name):
    @mlp.testing.given_points(getattr(BOUNDED, name), shapes="(n)->(n)")
    @hypothesis.settings(max_examples=500, database=None, phases=[Phase.generate])
    def test(point):
        pass

    with pytest.raises(mlp.GradientError):
        test()


@pytest.mark.parametrize("name", AIMED)
def test_it_is_found_of_an_op_that_has_an_example_alone(name):
    op = one_op(getattr(BOUNDED, name), "(n)->(n)")
    alone = SimpleNamespace(
        forward=op.forward, backward=op.backward, example=lambda rng, n=3: rng.normal(size=n)
    )

    @mlp.testing.given_points(alone)
    @hypothesis.settings(max_examples=500, database=None, phases=[Phase.generate])
    def test(point):
        pass

    with pytest.raises(mlp.GradientError):
        test()


@pytest.mark.parametrize(
    "name", [name.removesuffix("_example") for name in vars(RIGHT) if name.endswith("_example")]
)
def test_a_right_gradient_is_not_accused_at_the_numbers_of_its_code(name):
    @mlp.testing.given_points(getattr(RIGHT, name))
    @hypothesis.settings(max_examples=8, derandomize=True, database=None, phases=[Phase.generate])
    def test(point):
        pass

    test()


def test_what_an_example_gives_keeps_its_sign_and_its_constants():
    rng = np.random.default_rng(0)
    point = (rng.uniform(1, 2, size=50), rng.normal(size=50))
    first, second = aimed(np.multiply, point, {0}, (0.0, -1.5, 1.75), rng)
    assert second is point[1]
    assert first.min() > 0
    assert (first == 1.75).any()
    assert len({*first}) < 50  # ties


def test_a_point_that_forward_does_not_take_is_left_as_it_was():
    rng = np.random.default_rng(0)
    point = (rng.normal(size=50),)
    assert aimed(lambda x: 1 / (x != 0.5).all(), point, {0}, (0.5,), rng) is point


def drawn_by(points):
    """Return a sample of what is drawn, all entries in one array."""
    found = []

    @given(points)
    @hypothesis.settings(few, derandomize=True, database=None, phases=[Phase.generate])
    def collect(point):
        found.append(point[0])

    collect()
    return np.concatenate(found)


def test_the_numbers_of_the_code_and_what_lies_beside_them_are_drawn():
    x = drawn_by(strategies.points(BOUNDED.relu6, shapes="(9)->(9)"))
    assert (x == 6).any()
    assert ((x != 5.5) & (np.abs(x - 5.5) < 2e-3)).any()
    assert (np.abs(x) < 4).mean() > 0.5


def test_given_entries_are_all_that_is_drawn():
    x = drawn_by(strategies.points(BOUNDED.relu6, shapes="(9)->(9)", entries=strategies.ordinary()))
    assert (np.abs(x) <= 4).all()


def test_shapes_serve_a_function_of_any_number_of_arguments():
    class Summed:
        forward = staticmethod(lambda *point: sum(point))
        backward = staticmethod(lambda d, *point: (d,) * len(point))

    drawn = []

    @mlp.testing.given_points(Summed, shapes="(n),(n)->(n)")
    @hypothesis.settings(few, derandomize=True, database=None)
    def test(point):
        drawn.append(len(point))

    test()
    assert {*drawn} == {2}
