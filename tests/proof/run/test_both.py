"""What backward returns stands beside the derivative of forward, entry by entry."""

import numpy as np
import pytest

from mlp.proof.run.answer import Concluded
from mlp.proof.run.both import Both
from mlp.proof.run.choice import choices
from mlp.proof.run.goal import goals_of
from mlp.proof.run.regions import Explorer


def both(forward, backward, shapes):
    goal, _ = goals_of(forward, backward, shapes, None, (), {})
    return Both(next(choices(goal)))


def test_each_entry_is_compared_in_each_region():
    pair = both(lambda x: np.maximum(x, 0), lambda d, x: (2 * d * (x > 0),), "(1)->(1)")
    x, dO = pair.symbols
    found = {
        region.path[0].sign: [*pair.compared(region)]
        for region in Explorer(pair.symbols).regions(pair.run)
    }
    ((name, (entry,)),) = found[1]
    assert (name, entry.index, entry.by_hand, entry.true) == ("x", (0,), 2 * dO, dO)
    ((_, (entry,)),) = found[-1]
    assert (entry.by_hand, entry.true) == (0, 0)
    assert str(x) == "x[0]"


def test_an_argument_that_is_declared_constant_has_no_entries():
    pair = both(lambda x, y: x * y, lambda d, x, y: (d * y, None), "(n),(n)->(n)")
    (region,) = Explorer(pair.symbols).regions(pair.run)
    assert [(name, len(entries)) for name, entries in pair.compared(region)] == [("x", 2), ("y", 0)]


def test_a_forward_that_runs_nowhere_is_an_answer():
    with pytest.raises(Concluded, match="ZeroDivisionError") as answer:
        both(lambda _: 1 / 0, lambda d, x: d * x, "(n)->()")
    assert answer.value.verdict == "not proved"
