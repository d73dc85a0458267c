"""The lines that ship are mathematics: the same ones run on fractions and on rigorous balls.

A ball of ``flint.arb`` encloses every real number that its arithmetic could mean. So an op on balls
encloses the truth of its own line, and its result in floats must lie within its goal of that. The
gated units are not pure: rounded constants, splits and tables stand in ``mlp/ops/_tails.py``, and
what ships is tied by enclosure to the textbook line, which is their ``definition``.
"""

from fractions import Fraction

import flint
import numpy as np
import pytest
from exactness.goals import SUBNORMAL, goal
from kinds import BY_NAME, GATED, PURE, ROWS

from mlp.ops import affine, gelu, identity, leaky_relu, relu, silu, softmax, squared_error


@pytest.fixture(autouse=True)
def _digits():
    """Compute with 3,000 bits: the textbook lines of the gated units lose 2,000 of them."""
    before, flint.ctx.prec = flint.ctx.prec, 3000
    yield
    flint.ctx.prec = before


def balls(A):
    """Return floats as exact balls, labels as they are."""
    if A.dtype.kind in "iu":
        return A
    return np.array([flint.arb(float(a)) for a in A.ravel()], dtype=object).reshape(A.shape)


def outside(floats, enclosures, limit, terms=None):
    """List the floats that are not certainly within so many ULPs of their balls."""
    floats, enclosures = np.ravel(floats), [flint.arb(b) for b in np.ravel(enclosures)]
    sizes = [abs(float(b.mid())) for b in enclosures] if terms is None else np.ravel(terms)
    return [
        (a, b)
        for a, b, size, far in zip(
            floats, enclosures, sizes, np.broadcast_to(limit, len(floats)), strict=True
        )
        if not abs(b - flint.arb(float(a)))
        <= flint.arb(float(far if size > 3e-308 else SUBNORMAL)) * float(np.spacing(size))
    ]


HARD = np.array([0.3, -0.3, 1e-9, -1e-9, 5.0, -5.0, 20.0, -20.0, 36.9, -36.9, 300.0, -300.5])
rng = np.random.default_rng(0)
Z = rng.normal(size=(5, 4)) * [[0.1], [1], [5], [30], [200]]
Y, P = softmax.forward(rng.normal(size=(5, 4))), softmax.forward(Z / 10)
y = np.array([0, 3, 2, 1, 0])
POINTS = {
    **dict.fromkeys(PURE, (HARD[None],)),
    **dict.fromkeys(ROWS, (Z,)),
    "cross_entropy": (P, y),
    "softmax_cross_entropy": (Z, y),
    "squared_error": (Z, Y),
}


def test_every_op_is_pure_or_has_its_definition():
    assert {*POINTS, *GATED, "affine"} == {*BY_NAME}
    assert {"silu", "gelu"} == {*GATED}


@pytest.mark.parametrize("name", POINTS)
def test_the_shipped_lines_enclose_the_truth_of_what_they_give_in_floats(name):
    op, point = BY_NAME[name], POINTS[name]
    exact = [balls(a) for a in point]
    forward, enclosed = op.forward(*point), op.forward(*exact)
    assert outside(forward, enclosed, goal(name, 0, np.float64) + 0.5) == []
    dO = np.ones_like(forward)
    if name == "softmax":
        dO = np.cos(point[0])
    backward, enclosed = op.backward(dO, *point), op.backward(balls(dO), *exact)
    terms = np.abs(backward).max() * np.ones(backward.size) if "softmax" in name else None
    assert outside(backward, enclosed, goal(name, 1, np.float64) + 0.5, terms) == []


def test_affine_encloses_its_products():
    X, W, b = affine.example(np.random.default_rng(0))
    O, enclosed = affine.forward(X, W, b), affine.forward(balls(X), balls(W), balls(b))
    assert outside(O, enclosed, 8, np.abs(X) @ np.abs(W) + np.abs(b)) == []
    for part, ball in zip(
        affine.backward(O, X, W, b),
        affine.backward(balls(O), balls(X), balls(W), balls(b)),
        strict=True,
    ):
        assert outside(part, ball, 20, np.full(part.size, np.abs(part).max())) == []


RATIONAL = {
    identity: lambda z: (z, 1),
    relu: lambda z: (max(z, 0), int(z > 0)),
    leaky_relu: lambda z: (z, 1) if z > 0 else (z / 100, Fraction(1, 100)),
}


@pytest.mark.parametrize("op", RATIONAL, ids=lambda op: op.__name__)
def test_on_fractions_there_is_no_rounding(op):
    z = [Fraction(1, 3), Fraction(-2, 7), Fraction(5)]
    options = {"slope": Fraction(1, 100)} if op is leaky_relu else {}
    Z, dA = (np.array(a, dtype=object) for a in (z, [Fraction(1)] * 3))
    assert op.forward(Z, **options).tolist() == [RATIONAL[op](x)[0] for x in z]
    assert op.backward(dA, Z, **options).tolist() == [RATIONAL[op](x)[1] for x in z]


def test_a_squared_error_of_fractions_is_exact():
    O, Y = np.array([[[Fraction(1, 3), Fraction(1)]], [[Fraction(1, 2), Fraction(1, 7)]]])
    assert squared_error.forward(O, Y) == (Fraction(1, 36) + Fraction(36, 49)) / 2
    assert squared_error.backward(Fraction(1), O, Y).tolist() == [[Fraction(-1, 6), Fraction(6, 7)]]


# the gated units

DENSE = np.concatenate(
    [
        np.linspace(-8, 8, 33),
        [-37.4, -21.3, -12.7, -1.2784645427610737, -0.7517915246935645, -0.7524614220710163],
        [1e-9, -1e-9, 1e-300, 25.0, 700.0],
    ]
)
FORMS = {
    "silu": (silu, {}),
    "gelu": (gelu, {}),
    "gelu_tanh": (gelu, {"approximate": "tanh"}),
}


def by_sigma(z):
    """Return z σ(z) and its slope, as books print them."""
    p = 1 / (1 + (-z).exp())
    return z * p, p + z * p * (1 - p)


def by_erf(z):
    gate = (1 + (z / flint.arb(2).sqrt()).erf()) / 2
    return z * gate, gate + z * (-z * z / 2).exp() / (2 * flint.arb.pi()).sqrt()


def by_tanh(z):
    k, a = (2 / flint.arb.pi()).sqrt(), flint.arb(44715) / 10**6
    t = (k * (z + a * z**3)).tanh()
    return z / 2 * (1 + t), (1 + t) / 2 + z / 2 * (1 - t * t) * k * (1 + 3 * a * z * z)


@pytest.mark.parametrize(
    ("name", "textbook"), [("silu", by_sigma), ("gelu", by_erf), ("gelu_tanh", by_tanh)]
)
def test_what_ships_is_tied_to_the_textbook_line_by_enclosure(name, textbook):
    op, options = FORMS[name]
    A, dZ = zip(*map(textbook, balls(DENSE)), strict=True)
    assert outside(op.forward(DENSE, **options), A, goal(name, 0, np.float64) + 0.5) == []
    slope = op.backward(np.ones_like(DENSE), DENSE, **options)
    assert outside(slope, dZ, goal(name, 1, np.float64) + 0.5) == []


@pytest.mark.parametrize("name", ["silu", "gelu_tanh"])
def test_the_definition_that_is_proved_is_the_textbook_line(name):
    op, options = FORMS[name]
    Z = DENSE[np.abs(DENSE) < 9]
    A, _ = zip(*map(by_sigma if name == "silu" else by_tanh, balls(Z)), strict=True)
    for a, b in zip(A, op.definition(balls(Z), **options), strict=True):
        assert abs(a - b) <= abs(b) * 1e-13  # √(2/π) and 0.044715 are rounded in it


def test_the_textbook_line_in_floats_is_found_outside():
    Z = np.array([-30.0, -8.0])
    wide = {"approximate": "tanh"}
    assert outside(gelu.definition(Z, **wide), gelu.definition(balls(Z), **wide), 1e4)
    assert len(outside(silu.definition(Z) * 1.01, silu.definition(balls(Z)), 1e4)) == 2
