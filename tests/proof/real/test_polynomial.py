"""Quotients of polynomials obey the laws of fractions, and sympy agrees."""

import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from mlp.proof.real.polynomial import (
    EXPONENT,
    ONE,
    Quotient,
    Ring,
    TooLarge,
    add,
    divide,
    exponents,
    variable,
)

X, Y = variable(0), variable(1)
SYMBOLS = sympy.symbols("x y z")

polynomials = st.dictionaries(
    st.builds(lambda *n: sum(variable(v, k) for v, k in enumerate(n)), *[st.integers(0, 3)] * 3),
    st.integers(-5, 5).filter(bool),
    max_size=5,
)
nonzero = polynomials.filter(bool)


def ring():
    found = Ring()
    for _ in SYMBOLS:
        found.new_variable()
    return found


def told(p):
    """Return a polynomial as SymPy has it."""
    return sympy.Add(
        *(c * sympy.prod(SYMBOLS[v] ** n for v, n in exponents(m).items()) for m, c in p.items())
    )


def value(r, q):
    """Return a quotient as SymPy has it."""
    return told(q.num) / q.whole / sympy.prod(told(r.factors[f]) ** n for f, n in q.powers)


@given(polynomials, polynomials)
def test_sums_and_products_are_those_of_sympy(a, b):
    assert sympy.expand(told(add(a, b, 3)) - told(a) - 3 * told(b)) == 0
    assert sympy.expand(told(ring().times(a, b)) - told(a) * told(b)) == 0


@given(polynomials, nonzero)
def test_a_product_divides_and_what_leaves_a_rest_does_not(a, b):
    product = ring().times(a, b)
    assert divide(product, b) == a
    if set(b) != {0}:
        assert divide(add(product, ONE), b) is None or divide(ONE, b) is not None


def test_an_exponent_does_not_borrow_from_its_neighbour():
    assert divide({Y: 1}, {X: 1}) is None
    assert divide({Y + X: 1}, {X: 1}) == {Y: 1}


@settings(max_examples=30)
@given(nonzero, nonzero, nonzero)
def test_quotients_obey_the_laws_of_fractions(a, b, c):
    r = ring()
    p, q, s = Quotient(a), r.inverse(Quotient(b)), Quotient(c, 6)
    left = r.product([r.sum([p, q]), s])
    right = r.sum([r.product([p, s]), r.product([q, s])])
    assert r.sum([left, r.product([right, r.number(-1)])]).num == {}
    assert r.product([q, Quotient(b)]) == Quotient(ONE)
    assert sympy.cancel(value(r, left) - (told(a) + 1 / told(b)) * told(c) / 6) == 0


@settings(max_examples=30)
@given(nonzero, nonzero)
def test_a_polynomial_is_the_product_of_its_factors(a, b):
    r = ring()
    r.split(b)
    content, powers = r.split(r.times(a, b))
    product = {0: content}
    for f, n in powers.items():
        product = r.times(product, r.power(r.factors[f], n))
    assert product == r.times(a, b)


def test_a_known_factor_is_recognised_in_a_square():
    r = ring()
    r.split({X: 1, 0: 1})
    assert r.split({2 * X: 1, X: 2, 0: 1}) == (1, {0: 2})


def test_powers_of_a_root_are_replaced():
    r = ring()
    r.relations[0] = (2, {Y: 1, 0: 1})  # x² = y + 1
    assert r.power({X: 1}, 5) == {X + 2 * Y: 1, X + Y: 2, X: 1}
    inverse = r.inverse(Quotient({X: 1}))
    assert r.sum([r.product([inverse, Quotient({Y: 1, 0: 1})]), Quotient({X: -1})]).num == {}


def test_zero_has_no_inverse_and_work_has_a_limit():
    r = Ring(budget=10)
    with pytest.raises(ZeroDivisionError):
        r.inverse(Quotient({}))
    with pytest.raises(TooLarge):
        r.power({X: 1, 0: 1}, 9)


def test_an_exponent_that_would_reach_into_its_neighbour_is_too_large():
    r = Ring()
    half = {variable(0, EXPONENT // 2): 1}
    assert r.times({variable(0, EXPONENT // 4): 1}, {X: 1}) == {variable(0, EXPONENT // 4 + 1): 1}
    with pytest.raises(TooLarge):
        r.times(half, {X: 1})
