"""Every branch is reached by a witness, excluded by a contradiction, or counted as missed."""

from fractions import Fraction

import numpy as np
import pytest
import sympy

from mlp.proof.run.regions import Explorer, contradictory
from mlp.proof.run.symbolic import Scalar
from mlp.proof.run.trace import Condition, Tie, Trace

x, y, z = symbols = sympy.symbols("x y z", real=True)


def explored(code, *over, limit=64):
    """Return an explorer that has been through some code, and the regions it reached."""
    explorer = Explorer(over)
    explorer.limit = limit
    regions = list(explorer.regions(lambda trace: code(*(Scalar.of(s, trace) for s in over))))
    return explorer, regions


def results(code, *over):
    explorer, regions = explored(code, *over)
    assert explorer.missed == []
    return {getattr(region.result, "expr", region.result) for region in regions}


def test_both_sides_of_a_comparison_are_reached():
    assert results(abs, x) == {x, -x}
    assert results(lambda a, b: max(a, b, 0), x, y) == {x, y, 0}


def test_code_without_branches_has_one_region():
    _, regions = explored(lambda a: a * a, x)
    assert [region.path for region in regions] == [()]


def test_a_far_region_and_a_narrow_one_are_reached():
    assert results(lambda a: 1 if a > 700 else 0, x) == {0, 1}
    assert results(lambda a: 1 if (a > 2) and (a * 50 < 101) else 0, x) == {0, 1}


def test_a_curved_region_that_no_point_of_the_pool_is_in_is_walked_to():
    def code(a, b, c):
        return 1 if abs(a - 41) + abs(b + 29) + abs(c - a * b / 100) < 1 else 0

    explorer, regions = explored(code, *symbols)
    assert 1 in {region.result for region in regions}
    assert explorer.left == 0


def test_every_sign_pattern_of_a_relu_layer_is_reached():
    W = np.array([[1, 2], [-1, 1]])
    _, regions = explored(lambda a, b: [z > 0 for z in np.array([a, b], object) @ W], x, y)
    assert len(regions) == 4


def test_a_witness_satisfies_the_conditions_of_its_region():
    _, regions = explored(lambda a, b: a * a + b > 1 and a < b, x, y)
    assert len(regions) == 3
    for region in regions:
        assert all(c.relation.subs(region.witness) for c in region.path)
        assert all(isinstance(value, Fraction) for value in region.witness.values())


def test_what_contradicts_itself_is_excluded_and_not_missed():
    explorer, regions = explored(lambda a: ((a > 1), (a < -1), (a > 0)), x)
    assert {region.result for region in regions} == {
        (True, False, True),
        (False, False, True),
        (False, False, False),
        (False, True, False),
    }
    assert explorer.missed == []


def test_what_is_neither_reached_nor_excluded_is_missed():
    explorer, regions = explored(lambda a, b: a**4 + b**4 + 1 < a * a * b, x, y)
    assert len(regions) == 1
    assert len(explorer.missed) == 1


def test_regions_beyond_the_limit_are_counted():
    explorer, regions = explored(lambda *a: [v > 0 for v in a], *symbols, limit=5)
    assert len(regions) == 5
    assert explorer.left > 0


def test_the_outside_of_a_domain_is_no_region():
    explorer, regions = explored(lambda a, b: (a - b).log(), x, y)
    assert [region.result.expr for region in regions] == [sympy.log(x - y)]
    assert [[c.relation for c in region.path] for region in regions] == [[x - y > 0]]
    assert explorer.missed == []
    _, regions = explored(lambda a: (-a * a).sqrt(), x)
    assert regions == []


def test_a_tie_at_every_witness_is_an_error():
    def code(a):
        raise Tie("always")

    with pytest.raises(Tie, match="always"):
        explored(code, x)


def test_a_witness_whose_floats_are_wrong_is_not_believed():
    def always(a, b):
        noise = (a + b) ** 2 - a * a - 2 * a * b - b * b  # 0, but not in floats
        return 10**20 * noise + 1 > 0

    trace = Trace({x: Fraction(7, 10), y: Fraction(1, 10)})
    assert not always(Scalar.of(x, trace), Scalar.of(y, trace))
    assert results(always, x, y) == {True}


@pytest.mark.parametrize(
    ("relations", "expected"),
    [
        ([x > 0, x < 0], True),
        ([x > 0, x < 1], False),
        ([x - y > 0, y - z > 0, z - x > 0], True),
        ([x - y > 0, y - z > 0, x - z > 0], False),
        ([x * y - 1 > 0, x * y < 0], True),
        ([sympy.Lt(x**2, 0, evaluate=False)], False),  # beyond linear inequalities
        ([2 * x + 3 * y > 6, x < 1, y < 1], True),
        ([2 * x + 3 * y > 4, x < 1, y < 1], False),
        ([], False),
    ],
)
def test_a_contradiction_is_found_where_the_terms_show_it(relations, expected):
    path = tuple(Condition(r.lhs - r.rhs, 1 if r.rel_op == ">" else -1) for r in relations)
    assert contradictory(path) is expected


def test_the_same_points_are_tried_every_time():
    first, second = ([*Explorer(symbols).witnesses(())] for _ in range(2))
    assert first == second
    assert 0 not in first[0].values()
    assert len(set(first[0].values())) == 3
