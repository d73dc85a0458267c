"""Which tests a mutant answers to, and what its survival means."""

import pytest
from mutation import score
from mutation.mirror import LAWS, ROOT, mirror, strangers


@pytest.mark.parametrize(
    ("module", "first"),
    [
        ("mlp/ops/relu.py", "tests/test_relu.py"),  # named in its docstring
        ("mlp/gradcheck/numbers/ladder.py", "tests/gradcheck/numbers/test_ladder.py"),  # beside it
        ("mlp/gradcheck/contract/__init__.py", "tests/gradcheck/contract"),  # its folder's
        ("mlp/ops/_options.py", "tests/test_elu.py"),  # of what imports it
        ("mlp/ops/_tails.py", "tests/test_gelu.py"),  # ... as a part of its package
    ],
)
def test_a_module_answers_to_its_mirror(module, first):
    assert mirror(module)[0] == first


@pytest.mark.parametrize("room", ["ops", "gradcheck", "tangent", "adapters"])
def test_every_module_answers_to_tests_that_are_there(room):
    for path in (ROOT / "mlp" / room).rglob("*.py"):
        module = str(path.relative_to(ROOT))
        assert mirror(module), module
        assert all((ROOT / test).exists() for test in mirror(module))


def test_an_op_answers_to_the_laws_of_all_ops_too():
    assert mirror("mlp/ops/relu.py")[1:] == list(LAWS)


def test_strangers_import_a_module_in_no_way():
    assert "mlp.gradcheck.check" in strangers("mlp/ops/relu.py")
    assert "mlp.gradcheck.check" not in strangers("mlp/tree.py")  # it imports what imports tree


def scored(group, survived, untried=0):
    tried = [
        score.Mutant("mlp/rows.py", f"f{k}", "a + b", "a - b", lives)
        for k, lives in enumerate(survived)
    ]
    return score.Score(group, tried, untried)


@pytest.mark.parametrize(
    ("group", "survived", "untried", "short"),
    [
        ("formulas", [False] * 5, 0, False),
        ("formulas", [False] * 5, 1, True),
        ("formulas", [False] * 999 + [True], 0, True),
        ("engine", [False] * 1000, 0, False),
        ("engine", [False] * 930 + [True] * 70, 0, False),
        ("engine", [False] * 910 + [True] * 90, 0, True),  # 91 %, at least 89.0 %
        ("engine", [], 0, True),
    ],
)
def test_survivors_fall_short_all_of_the_formulas_and_a_tenth_of_the_checker(
    group, survived, untried, short
):
    assert scored(group, survived, untried).falls_short is short


def test_a_survivor_with_a_reason_is_counted_apart(monkeypatch):
    monkeypatch.setattr(score, "reasons", lambda: {"mlp/rows.py:f0: a + b -> a - b": "b is 0"})
    known = scored("formulas", [True, False])
    assert not known.falls_short
    assert "| mlp/rows.py | 2 | 1 | 1 | 0 |" in str(known)
    assert "survived mlp/rows.py:f1: a + b -> a - b" in str(scored("formulas", [True, True]))


def test_each_reason_is_of_a_line_that_is_still_there():
    for name, why in score.reasons().items():
        module, _, change = name.partition(":")
        lines = (ROOT / module).read_text(encoding="utf-8").splitlines()
        after = change.partition(": ")[2]
        assert any(line and after.startswith(f"{line} -> ") for line in map(str.strip, lines)), name
        assert why
