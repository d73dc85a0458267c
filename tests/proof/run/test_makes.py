"""Arrays that code makes; tests/proof/run/test_reach.py has code for each."""

import numpy as np
import pytest
from proof.run.exactly import agrees, point

from mlp.proof.run.reach import reach_of
from mlp.proof.run.symbolic import Unprovable


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (np.frombuffer, "np.frombuffer has no exact form"),
        (lambda v: np.zeros(9, np.float32).__setitem__(0, v[0]), "float()"),
    ],
)
def test_what_cannot_hold_exact_numbers_is_refused_by_name(make, said):
    v = point()
    with pytest.raises(Unprovable) as refused:
        reach_of(v.record).stand_in(make)(v)
    assert said in str(refused.value)


def test_a_windowed_view_cannot_be_written_to():
    v = point()
    windows = reach_of(v.record).stand_in(np.lib.stride_tricks.as_strided)(v, (8, 2), (8, 8))
    assert windows[3, 1].expr == v[4].expr
    with pytest.raises(ValueError, match="read-only"):
        windows[0, 0] = 1


def test_whole_numbers_and_what_is_not_exact_stay_plain():
    stand_in = reach_of(point().record).stand_in
    assert stand_in(np.full)(2, 7).dtype == int
    assert stand_in(np.empty)(2, int).dtype == int
    assert stand_in(np.array)([1, 2]).tolist() == [1, 2]
    assert stand_in(np.fromiter)([1, 2], int).tolist() == [1, 2]


def test_vectorize_rounds_as_the_first_result_says_or_is_refused():
    def clipped(x):
        return 0 if x > 0.5 else x

    assert agrees(np.vectorize(clipped, otypes=[float]))
    assert agrees(lambda v: np.vectorize(clipped)(v[1:]))
    assert agrees(np.vectorize(lambda x: (x * x, x + 1)))
    for rounded in (np.vectorize(clipped), np.vectorize(lambda x: x, otypes=[int])):
        with pytest.raises(Unprovable, match=r"np.vectorize rounds all .* otypes="):
            agrees(rounded)
    with pytest.raises(Unprovable, match="signature="):
        agrees(np.vectorize(lambda x: x.sum(), signature="(n)->()"))
