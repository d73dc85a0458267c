"""What is not arithmetic becomes variables, whose dependences are listed and no others assumed."""

import pytest
import sympy

from mlp.proof.real.field import Field, NotReal
from mlp.proof.real.polynomial import exponents

x, y = sympy.symbols("x y", real=True)
a = sympy.Symbol("a", positive=True)


def same(e, f, **options):
    """Tell whether two expressions become one quotient."""
    return Field(**options).use(lambda field: field.exact(e - f).num == {})


def sign(e, *conditions):
    return Field(conditions).use(lambda field: field.sign(field.exact(e)))


def test_exponentials_of_multiples_share_a_variable():
    field = Field()
    e = sympy.exp(2 * x) + sympy.exp(-3 * x) + sympy.exp(x / 2) + sympy.exp(x + y)
    field.use(lambda f: f.exact(e))
    used = {v for v in field.exponent if v in _variables(field, e)}
    assert len(used) == 2


def _variables(field, e):
    q = field.use(lambda f: f.exact(e))
    below = [m for f, _ in q.powers for m in field.ring.factors[f]]
    return {v for m in [*q.num, *below] for v in exponents(m)}


def test_a_finer_unit_begins_the_work_again():
    field = Field()
    for k in (1, 2, 3, 4):
        assert field.use(lambda f, k=k: f.exact(sympy.exp(x / k) ** k - sympy.exp(x)).num) == {}


def test_exponents_without_a_common_unit_are_too_large_to_share_one():
    field = Field()
    with pytest.raises(ArithmeticError):
        field.use(lambda f: f.exact(sympy.exp(x) - sympy.exp(x * sympy.Rational(1, 10**9 + 7))))


@pytest.mark.parametrize(
    ("e", "expected"),
    [
        (sympy.exp(x), 1),
        (1 + x**2, 1),
        (-sympy.exp(x) - a, -1),
        (a * x**2 + y**4 + 3, 1),
        (a / (1 + sympy.sqrt(1 + x**2)), 1),
        (x, 0),
        (x**2, 0),  # it may be 0
        (x**2 + y**2, 0),
        (1 + x, 0),
        (sympy.Integer(0), 0),
    ],
)
def test_a_sign_is_known_from_the_terms(e, expected):
    assert sign(e) == expected


def test_a_sign_is_known_from_a_condition():
    assert sign(x - y, x > y) == 1
    assert sign((y - x) * sympy.exp(x), x > y) == -1
    assert sign(3 * x / (1 + y**2), x > 0) == 1
    assert sign(x, sympy.Ne(x, 0)) == 0
    assert sign(x + 1, x > 0) == 1
    assert sign(x - 1, x > 0) == 0


def test_hyperbolic_tangents_turn_into_exponentials_on_request_alone():
    e = 1 - 2 / (sympy.exp(2 * x) + 1)
    assert not same(sympy.tanh(x), e)
    assert same(sympy.tanh(x), e, by_exponentials=True)


def test_roots_of_numerator_and_denominator_are_not_confused():
    under = sympy.sqrt(x / y, evaluate=False)
    assert same(under**2, x / y)
    assert not same(under, sympy.sqrt(x * y) / y)  # false where x and y are negative


@pytest.mark.parametrize("e", [sympy.I, sympy.zoo, sympy.Max(x, y), sympy.sign(x), sympy.Eq(x, y)])
def test_what_is_no_smooth_real_function_is_named(e):
    with pytest.raises(NotReal, match=r"decided|branches"):
        Field().exact(e)
