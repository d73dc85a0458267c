"""Gradients that others derived by hand, from installed scientific packages.

The reach of the checker on code that was not written for it: every gradient must be called correct,
and the same gradient with one entry in a thousand of its size off must be called wrong.
"""

import numpy as np
import pytest
from derived_by_hand import PEERS

from mlp import check


@pytest.mark.parametrize("name", PEERS)
def test_what_others_derived_by_hand_is_called_correct(name):
    forward, backward, point = PEERS[name]
    report = check(forward, backward, *point)
    assert report, report


@pytest.mark.parametrize("name", PEERS)
def test_the_same_with_an_entry_off_by_a_thousandth_is_called_wrong(name):
    forward, backward, point = PEERS[name]

    def spoiled(dO, *p):
        gradients = backward(dO, *p)
        first, *others = gradients if isinstance(gradients, tuple) else (gradients,)
        factor = np.ones(np.shape(first))
        factor.flat[where] += 1e-3
        first = first * factor
        return (first, *others) if others else first

    O = forward(*point)
    right = backward(np.ones_like(O), *point)
    where = np.abs(right[0] if isinstance(right, tuple) else right).argmax()
    assert check(forward, spoiled, *point).verdict == "wrong"
