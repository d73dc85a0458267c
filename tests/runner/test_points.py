"""Points are drawn from an example or to fit a signature."""

import numpy as np
import pytest

from mlp.ops import affine
from mlp.runner.points import from_example, from_signature, in_dtype


@pytest.fixture
def rng():
    return np.random.default_rng(5)


def shapes_of(point):
    return [np.shape(arg) for arg in point]


def test_a_signature_fixes_the_shapes_and_no_size_is_1_or_used_twice(rng):
    point = from_signature("(n,d),(d,m),(m)->(n,m)")(rng)
    assert shapes_of(point) == [(3, 4), (4, 2), (2,)]
    affine.forward(*point)


def test_numbers_in_a_signature_are_sizes(rng):
    assert shapes_of(from_signature("(6,d),(d,2),()->()")(rng)) == [(6, 3), (3, 2), ()]


def test_any_shape_is_the_same_shape_everywhere(rng):
    assert shapes_of(from_signature("(...),(...)->(...)")(rng)) == [(3, 4), (3, 4)]


def test_the_first_alternative_is_drawn(rng):
    assert shapes_of(from_signature("(n,c),(n)|(n,c)->()")(rng)) == [(3, 4), (3,)]


def test_labels_are_classes_that_the_logits_have(rng):
    Z, y = from_signature("(40,c),(40)->()", {1})(rng)
    assert y.dtype.kind == "i"
    assert set(y.tolist()) == set(range(Z.shape[1]))


def test_labels_without_named_classes_are_0_or_1(rng):
    _, y = from_signature("(40,3),(40)->()", {1})(rng)
    assert set(y.tolist()) == {0, 1}


def test_no_signature_is_refused():
    with pytest.raises(ValueError, match="is no signature"):
        from_signature("3,4")


def test_an_example_is_drawn_as_it_is(rng):
    assert shapes_of(from_example(affine.example)(rng)) == [(3, 4), (4, 2), (2,)]


def test_an_example_grows_and_its_sizes_still_differ(rng):
    assert shapes_of(from_example(affine.example, growth=2)(rng)) == [(7, 9), (9, 5), (5,)]


def test_an_example_comes_in_the_dtype_that_is_asked_and_labels_stay_integers(rng):
    def example(rng, n=3):
        return rng.normal(size=n), np.arange(n), 0.5

    x, y, slope = in_dtype("float32", from_example(example))(rng)
    assert (x.dtype, y.dtype.kind, slope) == (np.float32, "i", 0.5)


def test_a_single_array_is_a_point_of_one_argument(rng):
    assert shapes_of(from_example(lambda rng: rng.normal(size=3))(rng)) == [(3,)]
