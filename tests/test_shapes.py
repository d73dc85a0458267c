from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import eye_array

import mlp.shapes
from mlp.inputs import is_exact, is_number, is_whole
from mlp.shapes import Array, Labels, ShapeError, as_array, shapes
from mlp.signature import match, parse, spell


@shapes("(n,d),(d,m),(m)->(n,m)")
def affine(X: Array, W: Array, b: Array) -> Array:
    return X @ W + b


@shapes("(),(n,c),(n)|(n,c)->(n,c)")
def loss_backward(dL: Array, Z: Array, y: Labels | Array) -> Array:
    return dL * Z[:, : y.ndim]


@shapes("(...),(...)->(...)")
def product(dA: Array, Z: Array) -> Array:
    return dA * Z


# the notation


def test_a_signature_is_read_into_groups_of_alternatives():
    arguments, results = parse("(n,c), (n)|(n,c), (), (...) -> ()")
    assert arguments == ((("n", "c"),), (("n",), ("n", "c")), ((),), (("...",),))
    assert results == (((),),)


def test_a_signature_can_be_read_back():
    assert affine.shapes == "(n,d),(d,m),(m)->(n,m)"
    assert affine.__name__ == "affine"


@given(
    groups=st.lists(
        st.lists(st.lists(st.sampled_from("ncdm"), max_size=3).map(tuple), min_size=1, max_size=2),
        max_size=4,
    )
)
def test_what_is_spelled_is_read_back_the_same(groups):
    groups = tuple(map(tuple, groups))
    assert parse(",".join(map(spell, groups)) + "->()")[0] == groups


@pytest.mark.parametrize("text", ["", "n->m", "(n", "(n)", "(n)->", "(n)(m)->()", "(n,)->()", "->"])
def test_what_is_no_signature_is_refused(text):
    with pytest.raises(ValueError, match=r"^shapes: .* is no signature such as"):
        parse(text)


def test_a_signature_names_every_positional_argument():
    with pytest.raises(ValueError, match=r"takes 2 positional arguments, but its signature names"):
        shapes("(n)->(n)")(lambda x, y: x + y)


# what passes


@settings(max_examples=30)
@given(n=st.integers(1, 5), d=st.integers(1, 5), m=st.integers(1, 5))
def test_shapes_that_fit_pass_and_come_out_as_promised(n, d, m):
    assert affine(np.ones((n, d)), np.ones((d, m)), np.ones(m)).tolist() == [[d + 1.0] * m] * n


def test_an_accepted_argument_arrives_as_it_is():
    @shapes("(n)->(n)")
    def same(x: Array) -> Array:
        return x

    x = np.ones(3)
    assert same(x) is x
    assert same(x) is x  # the second time by memory


def test_lists_and_integers_become_float64():
    assert affine([[1, 2]], [[3], [4]], [5]).tolist() == [[16.0]]
    assert product(np.arange(3), np.arange(3)).dtype == np.float64


def test_float32_stays_float32_and_takes_a_scalar_along():
    Z, y = np.ones((2, 3), np.float32), np.array([0, 2])
    assert loss_backward(1, Z, y).dtype == np.float32
    assert loss_backward(np.float64(1), Z, y).dtype == np.float32
    assert loss_backward(1.0, Z, y=y).dtype == np.float32


def test_either_alternative_passes():
    Z = np.ones((2, 3))
    assert loss_backward(1.0, Z, np.array([0, 2])).shape == (2, 1)
    assert loss_backward(1.0, Z, np.full((2, 3), 0.5)).shape == (2, 2)


def test_exact_scalars_pass_as_objects():
    half = np.array([Fraction(1, 2)])
    assert product(half, half).tolist() == [Fraction(1, 4)]
    assert product(Fraction(1, 2), Fraction(1, 2)) == Fraction(1, 4)


# what is refused, and how


SHAPE_MESSAGES = {
    "affine: b must be (m) with m = 2 from W, but its shape is (3, 1)": lambda: affine(
        np.ones((3, 4)), np.ones((4, 2)), np.ones((3, 1))
    ),
    "affine: W must be (d,m) with d = 4 from X, but its shape is (2, 4)": lambda: affine(
        np.ones((3, 4)), np.ones((2, 4)), np.ones(4)
    ),
    "affine: X must be (n,d), but its shape is (4,)": lambda: affine(
        np.ones(4), np.ones((4, 2)), np.ones(2)
    ),
    "affine: X must be (n,d) without an empty axis, but its shape is (0, 4)": lambda: affine(
        np.ones((0, 4)), np.ones((4, 2)), np.ones(2)
    ),
    "affine: the rows of X must have one length, but they differ": lambda: affine(
        [[1, 2], [3]], np.ones((2, 2)), np.ones(2)
    ),
    "product: Z must have the shape (2,) of dA, but its shape is (2, 1)": lambda: product(
        np.ones(2), np.ones((2, 1))
    ),
    "loss_backward: dL must be (), but its shape is (2,)": lambda: loss_backward(
        np.ones(2), np.ones((2, 3)), np.array([0, 1])
    ),
    "loss_backward: y must be (n)|(n,c) with n = 2 from Z, c = 3 from Z, but its shape is (3,)": (
        lambda: loss_backward(1.0, np.ones((2, 3)), np.array([0, 1, 2]))
    ),
}


@pytest.mark.parametrize("message", SHAPE_MESSAGES)
def test_a_wrong_shape_is_one_line(message):
    with pytest.raises(ShapeError) as caught:
        SHAPE_MESSAGES[message]()
    assert str(caught.value) == f"test_shapes.{message}"
    assert isinstance(caught.value, ValueError)


def test_a_wrong_shape_is_refused_after_a_right_one_was_accepted():
    point = np.ones((3, 4)), np.ones((4, 2)), np.ones(2)
    affine(*point)
    with pytest.raises(ShapeError):
        affine(*point[:2], np.ones((3, 1)))


@pytest.mark.parametrize(
    ("Z", "kind"),
    [
        (np.ma.ones(2), "numpy.MaskedArray"),
        (np.ones((1, 2)).view(np.matrix), "numpy.matrix"),
        ("12", "str"),
        (None, "NoneType"),
        ({1: 2}, "dict"),
        (eye_array(2), "scipy.dia_array"),
    ],
)
def test_what_only_looks_like_an_array_is_refused_by_name(Z, kind):
    with pytest.raises(TypeError) as caught:
        product(np.ones(2), Z)
    assert str(caught.value) == (
        f"test_shapes.product: Z must be a NumPy array, but is a {kind}; convert it first"
    )


@pytest.mark.parametrize("Z", [np.ones(2, complex), 1j, np.array(["1", "2"]), [None, None]])
def test_only_real_numbers_pass(Z):
    with pytest.raises(TypeError, match=r"^test_shapes.product: Z must hold real numbers, but its"):
        product(np.ones(2), Z)


def test_two_dtypes_are_not_mixed_in_silence():
    with pytest.raises(TypeError) as caught:
        product(np.ones(2), np.ones(2, np.float32))
    assert str(caught.value) == (
        "test_shapes.product: all arguments must share one dtype, "
        "but dA is float64, Z is float32; use .astype on one"
    )


@pytest.mark.parametrize("call", [lambda: product(np.ones(2)), lambda: product(1, 2, slope=3)])
def test_a_wrong_call_says_whose(call):
    with pytest.raises(TypeError, match=r"^test_shapes.product: "):
        call()


# labels


@pytest.mark.parametrize(("wrong", "at"), [(-1, 0), (3, 1)])
def test_a_label_outside_the_classes_is_refused_on_every_call(wrong, at):
    Z, y = np.ones((2, 3)), np.array([0, 2])
    loss_backward(1.0, Z, y)
    y[at] = wrong
    with pytest.raises(ValueError, match=rf"y must hold classes 0..2, but y\[{at}\] is {wrong}$"):
        loss_backward(1.0, Z, y)
    with pytest.raises(ValueError, match=rf"y must hold classes 0..2, but y\[{at}\] is {wrong}$"):
        loss_backward(np.float64(1), Z, y)


def test_labels_are_integers():
    with pytest.raises(TypeError, match=r"y must be integer class labels, .* use y.astype\(int\)"):
        loss_backward(1.0, np.ones((2, 3)), np.array([0.0, 1.0]))


# the parts


@given(shape=st.lists(st.integers(0, 4), max_size=3).map(tuple))
def test_any_shape_is_the_same_wherever_it_stands(shape):
    known = match(("...",), shape, {})
    assert known == {"...": shape}
    assert match(("...",), shape, known) == known
    assert match(("...",), (*shape, 2), known) is None


def test_an_axis_named_twice_has_one_length():
    assert match(("n", "n"), (3, 3), {}) == {"n": 3}
    assert match(("n", "n"), (3, 2), {}) is None


def test_memory_of_accepted_shapes_is_bounded(monkeypatch):
    monkeypatch.setattr(mlp.shapes, "REMEMBERED", 3)
    for n in range(1, 12):
        assert product(np.ones(n), np.ones(n)).shape == (n,)


# what was accepted once


@pytest.fixture
def looked_at(monkeypatch):
    """Note the arguments that are looked at, one by one."""
    seen, looks = [], as_array
    monkeypatch.setattr(
        mlp.shapes, "as_array", lambda *asked, **how: seen.append(asked[1]) or looks(*asked, **how)
    )
    return seen


@shapes("(n),(n)->(n)")
def scaled(x: Array, y: Array, *, factor: float = 1) -> Array:
    return factor * x + y


def test_arrays_of_shapes_seen_before_are_not_looked_at_again(looked_at):
    two, three = np.ones(2), np.ones(3)
    for x, options in ((two, {}), (three, {}), (two, {}), (two, {"factor": 3}), (three, {})):
        scaled(x, x, **options)
    assert looked_at == ["x", "y"] * 2


@pytest.mark.parametrize(
    ("x", "y"),
    [([1.0, 2.0], np.ones(2)), (np.ones(2), np.arange(2)), (np.array([Fraction(1)]),) * 2],
    ids=["a list", "whole numbers", "exact scalars"],
)
def test_what_is_converted_or_exact_is_looked_at_every_time(looked_at, x, y):
    for _ in range(3):
        scaled(x, y)
    assert looked_at == ["x", "y"] * 3


# errors of the function's own


class UndecidedError(TypeError):
    pass


@shapes("(n),(n)->(n)")
def strict(_: Array, y: Array) -> Array:
    raise {Fraction: UndecidedError}.get(type(y.flat[0]), TypeError)("of its own")


def test_what_a_function_raises_on_floats_is_left_as_it_is():
    for _ in range(2):
        with pytest.raises(TypeError, match=r"^of its own$"):
            strict(np.ones(2), np.ones(2))


def test_what_numbers_cannot_do_is_said_with_the_first_of_them():
    class Odd(Fraction):
        pass

    y = np.array([Odd(1), Fraction(2)], dtype=object)
    with pytest.raises(TypeError, match=r"strict: y must hold .* but Odd does not: .*of its own"):
        strict(np.ones(2), y)


def test_an_error_that_a_proof_has_of_its_own_comes_through():
    with pytest.raises(UndecidedError):
        strict(np.ones(2), np.array([Fraction(1)] * 2))


# what becomes an array


class Unwilling:
    def __array__(self, dtype=None, copy=None):
        raise RuntimeError("not today")


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        (np.array(["a", "b"], dtype=object), TypeError, r"holds 'a'$"),
        ([Unwilling()], TypeError, r"who: x must hold real numbers, but NumPy says: .*not today"),
        (10**400, ValueError, r"range of float64"),
    ],
)
def test_what_is_no_array_of_numbers_is_said_in_one_line(given, error, said):
    with pytest.raises(error, match=said):
        as_array("who", "x", given)


def test_whole_numbers_of_any_size_become_floats_and_labels_stay():
    assert as_array("who", "x", [10**20, 1]).tolist() == [1e20, 1.0]
    assert as_array("who", "x", np.array([0, 2])).dtype == np.float64
    assert as_array("who", "y", np.array([0, 2]), labels=True).dtype.kind == "i"
    assert as_array("who", "y", [[0, 1], [1, 0]], labels=True).dtype == np.float64


def test_a_function_of_scalars_alone_takes_them():
    @shapes("(),()->()")
    def power(x: Array, y: Array) -> Array:
        return x**y

    assert power(2.0, 3) == power(2.0, 3.0) == 8
    assert power(np.float32(2), np.float64(3)) == 8  # no array says which precision


def test_the_first_label_outside_the_classes_is_named():
    with pytest.raises(ValueError, match=r"y\[1\] is 7$"):
        loss_backward(1.0, np.ones((3, 3)), np.array([0, 7, 8]))


class Closed:
    """A proxy outside its context: any attribute fails, its class too."""

    def __getattribute__(self, name):
        raise RuntimeError("outside of context")


def test_what_fails_when_it_is_looked_at_is_refused_by_its_type():
    for read in (is_whole, is_number, is_exact):
        assert read(Closed()) is False
    with pytest.raises(TypeError, match=r"^test_shapes.product: Z must be .* is a tests.Closed"):
        product(np.ones(2), Closed())


def test_a_number_whose_arithmetic_signals_is_named():
    with pytest.raises(TypeError, match=r"^test_shapes.product: dA must hold .* Decimal does not"):
        product(Decimal("sNaN"), Fraction(1))
