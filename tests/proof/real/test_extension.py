"""exp, log, roots and |·| of quotients obey their laws, split over positive factors only."""

from fractions import Fraction

import pytest

from mlp.proof.real.extension import LARGEST, Extension, Finer, key_of
from mlp.proof.real.polynomial import TooLarge


@pytest.fixture
def extension():
    return Extension()


def two(extension, *, positive=False):
    """Return the quotients of two variables."""
    return [extension.ring.variable(extension.atom(name, positive=positive)) for name in ("x", "y")]


def equal(extension, p, q):
    return not extension.ring.sum([p, extension.scaled(q, -1)]).num


def test_what_has_a_name_is_one_variable(extension):
    assert extension.atom("x") == extension.atom("x") != extension.atom("y")
    assert extension.positive == set()
    assert extension.atom("x", positive=True) in extension.positive


def test_an_exponential_of_a_sum_is_a_product_and_its_logarithm_the_sum(extension):
    x, y = two(extension)
    total = extension.ring.sum([x, extension.scaled(y, 2)])
    product = extension.ring.product(
        [extension.exponential([x]), *[extension.exponential([y])] * 2]
    )
    assert equal(extension, extension.exponential([total]), product)
    assert equal(extension, extension.log(product), total)
    assert extension.sign(product) == 1


def test_an_exponential_of_a_half_asks_for_a_finer_unit(extension):
    x, _ = two(extension)
    half = extension.ring.product([x, extension.ring.number(1, 2)])
    extension.exponential([x])
    with pytest.raises(Finer) as finer:
        extension.exponential([half])
    assert finer.value.unit == Fraction(1, 2)
    extension.units[finer.value.term] = finer.value.unit  # and now the work begins again
    squared = extension.ring.integer_power(extension.exponential([half]), 2)
    assert equal(extension, squared, extension.exponential([x]))


def test_an_exponent_that_no_variable_holds_is_too_large(extension):
    x, _ = two(extension)
    extension.exponential([x])
    with pytest.raises(TooLarge):
        extension.exponential([extension.scaled(x, LARGEST + 1)])


def test_a_logarithm_is_split_over_positive_factors_alone(extension):
    x, y = two(extension)
    p, q = (extension.ring.variable(extension.atom(name, positive=True)) for name in "pq")
    parts = [extension.log(p), extension.scaled(extension.log(q), -1)]
    quotient = extension.ring.product([p, extension.ring.inverse(q)])
    assert equal(extension, extension.log(quotient), extension.ring.sum(parts))
    parts = [extension.log(x), extension.log(y)]  # xy is positive where x and y are negative, too
    assert not equal(
        extension, extension.log(extension.ring.product([x, y])), extension.ring.sum(parts)
    )


def test_a_root_squared_is_what_it_is_the_root_of(extension):
    for q in (*two(extension), extension.ring.number(8), extension.ring.number(-1, 3)):
        assert equal(extension, extension.root(q, 2, 2), q)


def test_a_root_of_a_square_is_the_absolute_value_and_neither_is_the_number(extension):
    x, _ = two(extension)
    square = extension.ring.product([x, x])
    for found in (extension.root(square, 1, 2), extension.absolute(x)):
        assert equal(extension, extension.ring.product([found, found]), square)
        assert not equal(extension, found, x)


def test_what_is_positive_comes_out_of_roots_and_absolute_values(extension):
    p, _ = two(extension, positive=True)
    square = extension.ring.product([p, p])
    assert equal(extension, extension.root(square, 1, 2), p)
    assert equal(extension, extension.absolute(extension.scaled(p, -3)), extension.scaled(p, 3))


def test_a_sign_that_is_assumed_is_that_of_the_only_factor_it_can_be_of(extension):
    x, y = two(extension)
    assert extension.sign(x) == 0
    extension.assume_positive(extension.ring.product([x, y]))  # both may be negative
    assert (extension.sign(x), extension.sign(y)) == (0, 0)
    extension.assume_positive(extension.scaled(x, -2))
    assert (extension.sign(x), extension.sign(y)) == (-1, 0)
    extension.assume_positive(extension.ring.product([x, y]))
    assert extension.sign(y) == -1


def test_a_square_may_be_zero_and_tells_nothing_of_what_is_squared(extension):
    x, _ = two(extension)
    square = extension.ring.product([x, x])
    assert extension.sign(square) == 0
    extension.assume_positive(square)
    assert extension.sign(x) == 0


def test_polynomials_of_the_same_terms_are_the_same_key():
    assert key_of({1: 2, 0: 3}) == key_of({0: 3, 1: 2}) != key_of({0: 2, 1: 3})
