"""One sweep along the graph returns what SymPy's diff returns symbol by symbol."""

from fractions import Fraction

import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from mlp.proof.real.decide import is_zero
from mlp.proof.real.numbers import Numbers
from mlp.proof.run.chain import derivatives, local_slope, nodes

x, y, z = symbols = sympy.symbols("x y z", real=True)

trees = st.recursive(
    st.sampled_from(symbols) | st.integers(-3, 3).map(sympy.Integer),
    lambda inner: st.one_of(
        st.builds(lambda u, v: u + v, inner, inner),
        st.builds(lambda u, v: u * v, inner, inner),
        st.builds(lambda u, n: (1 + u**2) ** n, inner, st.sampled_from([-1, 2, sympy.S.Half])),
        st.builds(sympy.tanh, inner),
        st.builds(lambda u: sympy.log(1 + sympy.exp(sympy.sin(u))), inner),
        st.builds(lambda u: 2 ** sympy.erf(u), inner),
    ),
    max_leaves=8,
)


@settings(max_examples=50)
@given(trees)
def test_every_partial_derivative_is_that_of_sympy(e):
    found = derivatives(e, symbols)
    for s in symbols:
        assert is_zero(found[s] - sympy.diff(e, s)).verdict == "proved"


def test_a_shared_part_is_visited_once_and_adds_up():
    u = x
    for _ in range(30):  # 2³⁰ ways lead from the top to x
        u = sympy.sin(u) + sympy.cos(u)
    assert len(nodes(u)) == 91
    slope_at = Numbers({x: Fraction(1, 2)}).of(derivatives(u, [x])[x])
    h = Fraction(1, 10**20)
    above, below = (Numbers({x: Fraction(1, 2) + sign * h}).of(u) for sign in (1, -1))
    assert abs((above - below) / (2 * h.numerator) * h.denominator - slope_at) < 1e-15


def test_a_symbol_that_does_not_occur_has_the_derivative_zero():
    assert derivatives(x**2, [x, y]) == {x: 2 * x, y: 0}
    assert derivatives(sympy.Integer(3), [x]) == {x: 0}


def test_a_power_has_a_slope_in_base_and_exponent():
    a = sympy.Symbol("a", positive=True)
    assert [local_slope(a**x, i) for i in (0, 1)] == [x * a ** (x - 1), a**x * sympy.log(a)]
