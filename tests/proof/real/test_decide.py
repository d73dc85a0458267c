"""Zero is proved where it is zero, refused at a point where it is not, and nothing else is said."""

from fractions import Fraction

import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from mlp.proof.real import decide
from mlp.proof.real.decide import Decider, is_zero
from mlp.proof.real.numbers import Numbers
from mlp.proof.real.polynomial import Ring

x, y, z = sympy.symbols("x y z", real=True)
a, b = sympy.symbols("a b", positive=True)
exp, log, sqrt, tanh, erf = sympy.exp, sympy.log, sympy.sqrt, sympy.tanh, sympy.erf
cbrt = sympy.cbrt
sigma = 1 / (1 + exp(-x))
loss = log(exp(x) + exp(y) + exp(z))

IDENTITIES = {
    "log(eˣ eʸ) = x + y": log(exp(x) * exp(y)) - x - y,
    "log(1/(1+e⁻ˣ)) = −log(1+e⁻ˣ)": log(sigma) + log(1 + exp(-x)),
    "log(1+eˣ) − x = log(1+e⁻ˣ)": log(1 + exp(x)) - x - log(1 + exp(-x)),
    "(eˣ)² = e²ˣ": exp(x) ** 2 - exp(2 * x),
    "(e^{x/2})² = eˣ": exp(x / 2) ** 2 - exp(x),
    "e^{x/3} e^{x/2} = e^{5x/6}": exp(x / 3) * exp(x / 2) - exp(5 * x / 6),
    "tanh x = 2/(1+e⁻²ˣ) − 1": tanh(x) - 2 / (1 + exp(-2 * x)) + 1,
    "tanh' = 1 − tanh²": tanh(x).diff(x) - 1 + tanh(x) ** 2,
    "tanh(−x) = −tanh x": tanh(y - x) + tanh(x - y),
    "σ' = σ (1 − σ)": sigma.diff(x) - sigma * (1 - sigma),
    "∂ log Σe = softmax": loss.diff(x) - exp(x - y) / (1 + exp(x - y) + exp(z - y)),
    "shifting all changes nothing": log(1 + exp(y - x) + exp(z - x)) + x - loss,
    "log ab = log a + log b": log(a * b * exp(x)) - log(a) - log(b) - x,
    "log 12 = 2 log 2 + log 3": log(12) - 2 * log(2) - log(3),
    "log aˣ = x log a": log(a**x) - x * log(a),
    "√12 = 2 √3": sqrt(12) - 2 * sqrt(3),
    "√(x²+1)³ = (x²+1) √(x²+1)": sqrt(x**2 + 1) ** 3 - (x**2 + 1) * sqrt(x**2 + 1),
    "√3 √(x²/3 + 1) = √(x² + 3)": sqrt(3) * sqrt(x**2 / 3 + 1) - sqrt(x**2 + 3),
    "∛(x²+1)⁴ = (x²+1) ∛(x²+1)": cbrt(x**2 + 1) ** 4 - (x**2 + 1) * cbrt(x**2 + 1),
    "(x²+1)^{3/5}, derived": ((y + z) * (x**2 + 1) ** sympy.Rational(3, 5)).diff(x)
    - (y + z) * 6 * x / 5 / (x**2 + 1) ** sympy.Rational(2, 5),
    "erf' = 2/√π e^{−x²}": erf(x / sqrt(2)).diff(x) - sqrt(2 / sympy.pi) * exp(-(x**2) / 2),
    "sin² + cos² = 1": sympy.sin(x) ** 2 + sympy.cos(x) ** 2 - 1,
    "cosh² − sinh² = 1": sympy.cosh(x) ** 2 - sympy.sinh(x) ** 2 - 1,
    "|x|² = x²": sympy.Abs(x) ** 2 - x**2,
    "√(x²) = |x|": sqrt(x**2) - sympy.Abs(x),
    "0 = 0": sympy.Integer(0),
}

FALSE = {
    "√x² ≠ x": sqrt(x**2) - x,
    "√(x+1)² ≠ x + 1": sqrt(x**2 + 2 * x + 1) - x - 1,
    "|x| ≠ x": sympy.Abs(x) - x,
    "|x+y| ≠ |x| + |y|": sympy.Abs(x + y) - sympy.Abs(x) - sympy.Abs(y),
    "log(x²) ≠ 2 log|x| + 1": log(x**2) - 2 * log(sympy.Abs(x)) - 1,
    "eˣ ≠ 1 + x + x²/2": exp(x) - 1 - x - x**2 / 2,
    "σ' ≠ σ": sigma.diff(x) - sigma,
    "tanh' ≠ 1 − tanh": tanh(x).diff(x) - 1 + tanh(x),
    "log(a + b) ≠ log a + log b": log(a + b) - log(a) - log(b),
    "√(a + b) ≠ √a + √b": sqrt(a + b) - sqrt(a) - sqrt(b),
    "√3 ∛(x²+1)³ ≠ √3 x²": sqrt(3) * (cbrt(x**2 + 1) ** 3 - x**2),
    "10⁻¹⁵ x ≠ 0": x / 10**15,
    "e ≠ 2.718281828459045": exp(1) - sympy.Rational(2718281828459045, 10**15),
}

UNDEFINED_IN_PLACES = {  # the right side has no value for x < 0, where the left has one
    "log x² ≠ 2 log x": log(x**2) - 2 * log(x),
    "log xy ≠ log x + log y": log(x * y) - log(x) - log(y),
}


@pytest.mark.parametrize("name", IDENTITIES)
def test_an_identity_is_proved(name):
    assert is_zero(IDENTITIES[name]) == decide.Decision("proved")


@pytest.mark.parametrize("name", FALSE)
def test_what_is_no_identity_is_refused_at_a_point_where_it_fails(name):
    decision = is_zero(FALSE[name])
    assert decision.verdict == "refused"
    value = Numbers(decision.counterexample).of(FALSE[name])
    assert float(value) == pytest.approx(decision.difference)
    assert decision.difference != 0
    assert not decision


@pytest.mark.parametrize("name", UNDEFINED_IN_PLACES)
def test_a_logarithm_is_split_only_where_its_factors_are_positive(name):
    decision = is_zero(UNDEFINED_IN_PLACES[name])
    assert decision.verdict == "not proved"
    assert "real" in decision.reason
    assert is_zero(UNDEFINED_IN_PLACES[name], positive=[x, y])


@pytest.mark.parametrize(
    ("e", "condition"),
    [
        (sympy.Abs(x) - x, x > 0),
        (sympy.Abs(x) + x, x < 0),
        (sqrt((x - y) ** 2) - x + y, x > y),
        (sqrt(x**2 - 2 * x * y + y**2) - x + y, y < x),
        (log((1 - x) ** 2) - 2 * log(1 - x), x < 1),
    ],
)
def test_a_condition_decides(e, condition):
    assert is_zero(e, conditions=[condition])
    assert not is_zero(e)
    assert not is_zero(e, conditions=[condition.negated])


def test_a_condition_that_always_holds_is_none_and_one_that_never_does_is_refused():
    assert is_zero(x - x, conditions=[sympy.true])
    with pytest.raises(ValueError, match="contradict each other"):
        is_zero(x, conditions=[x > 0, sympy.false])


def test_a_counterexample_lies_in_the_region():
    decision = is_zero(sympy.Abs(x - y) - x + y, conditions=[x < y, y > 3])
    assert decision.counterexample[x] < decision.counterexample[y]
    assert decision.counterexample[y] > 3
    assert all(isinstance(value, Fraction) for value in decision.counterexample.values())


def test_a_counterexample_is_looked_for_near_a_point_of_the_region():
    narrow = [x > 1000, x < 1001]
    assert is_zero(x, conditions=narrow).verdict == "not proved"
    assert is_zero(x, conditions=narrow, near={x: Fraction(2001, 2)}).verdict == "refused"


def test_roots_of_small_primes_exist_modulo_the_prime():
    assert sympy.isprime(decide.PRIME)
    assert all(pow(q, decide.HALF, decide.PRIME) == 1 for q in sympy.primerange(102))


def test_what_is_too_long_to_expand_is_checked_and_not_called_proved(monkeypatch):
    e = (x + y + 1) ** 6 - sympy.expand((x + y + 1) ** 6)
    monkeypatch.setattr(Ring, "__init__", _with_budget(Ring.__init__, 20))
    assert is_zero(e).verdict == "checked"
    assert is_zero(e + x).verdict == "refused"
    assert not is_zero(e)


def _with_budget(right, budget):
    def init(self):
        right(self, budget=budget)

    return init


@pytest.mark.parametrize("e", [sympy.I * x, sympy.Max(x, y) - sympy.Max(y, x + 1), x / 0])
def test_what_is_no_smooth_real_function_is_never_proved(e):
    assert is_zero(e).verdict in {"not proved", "refused"}


def test_what_has_been_worked_out_serves_the_next_and_a_finer_exponent_corrects_it():
    decider = Decider()
    assert decider.is_zero(exp(x) * exp(-x) - 1)
    assert decider.is_zero(exp(x / 6) ** 6 - exp(x))
    assert decider.is_zero(log(1 + exp(x / 4)) - log(1 + exp(-x / 4)) - x / 4)
    assert decider.is_zero(exp(x) - exp(x / 4)).verdict == "refused"


names = st.sampled_from([x, y, z])
trees = st.recursive(
    names | st.integers(-3, 3).map(sympy.Integer),
    lambda inner: st.one_of(
        st.builds(lambda u, v: u + v, inner, inner),
        st.builds(lambda u, v: u * v, inner, inner),
        st.builds(lambda u: u / (1 + u**2), inner),
        st.builds(tanh, inner),
        st.builds(lambda u: exp(u / (1 + u**2)), inner),
        st.builds(lambda u: log(1 + exp(tanh(u))), inner),
        st.builds(lambda u: sqrt(1 + u**2), inner),
    ),
    max_leaves=6,
)


@settings(max_examples=60)
@given(trees, trees)
def test_a_proof_holds_in_sixty_digits(e, f):
    difference = sympy.expand(e * (f + 1)) - e * f - e
    if is_zero(difference):
        point = {x: Fraction(3, 7), y: Fraction(-5, 4), z: Fraction(2)}
        assert abs(Numbers(point).of(difference)) < 1e-40
    else:
        assert is_zero(difference).verdict != "refused"
    decision = is_zero(e - f)
    if decision:
        assert (
            abs(Numbers({x: Fraction(1, 3), y: Fraction(-4, 7), z: Fraction(5)}).of(e - f)) < 1e-40
        )
