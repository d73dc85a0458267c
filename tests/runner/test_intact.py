"""What a stranger removes or replaces of ours is put back and named."""

import builtins
import sys

import numpy as np

from mlp.runner.intact import Intact, listed


def test_what_is_left_alone_is_no_news():
    kept = Intact()
    np.unheard_of = lambda x: x  # what is added spoils nothing
    del np.unheard_of
    assert (kept.modules_back(), kept.names_back()) == ("", "")


def test_removed_modules_are_put_back():
    kept, there = Intact(), sys.modules
    sys.modules = {}
    assert kept.modules_back().endswith(f"and {len(there) - 3} more from sys.modules")
    assert sys.modules is there
    del sys.modules["mlp.runner.intact"]
    assert kept.modules_back() == "removed mlp.runner.intact from sys.modules"
    assert "mlp.runner.intact" in sys.modules


def test_replaced_functions_are_put_back():
    kept, right = Intact(), (builtins.abs, np.linalg.norm)
    try:
        builtins.abs = np.linalg.norm = lambda _: 0
        said = kept.names_back()
    finally:
        changed = (builtins.abs, np.linalg.norm)
        builtins.abs, np.linalg.norm = right
    assert said == "replaced builtins.abs, numpy.linalg.norm"
    assert changed == right


def test_many_names_are_cut():
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c", "d"]) == "a, b, c and 1 more"
