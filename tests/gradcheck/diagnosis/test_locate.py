"""The wrong entries are named, all of them and no other, in O(log n) slopes each."""

from dataclasses import replace

import numpy as np
import pytest
from probes import place_of

from mlp.gradcheck.diagnosis.locate import DIRECT, FOUND, entry, exhaust, is_wrong, locate, sample
from mlp.gradcheck.directions import direction
from mlp.gradcheck.probe import compare


def wrong_at(size, places, factor=1.5, seed=0):
    """Return a probe of sin at a random point, with a gradient that is off in some entries."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=size)
    g = np.cos(x)
    g.flat[[*places]] *= factor
    place = place_of(np.sin, np.multiply, x)
    block = place.problem.blocks[0]
    return compare(place.line(block, np.ones(x.size), direction(rng, block, g)), g)


def calls(probe):
    return probe.line.place.problem.spent.calls[0]


@pytest.mark.parametrize("places", [[7], [3, 4], [0, 999], [1, 10, 100, 500, 998]])
def test_the_wrong_entries_are_found_and_no_other(places):
    probe = wrong_at(1000, places)
    found = locate(probe)
    assert sorted(e.index[0] for e in found.entries) == places
    assert found.complete
    for e in found.entries:
        assert abs(e.by_hand - 1.5 * e.numeric) <= 2 * e.error_bar


@pytest.mark.parametrize("factor", [2.0, -1.0, 1 + 1e-6])
def test_one_of_ten_thousand_costs_150_evaluations_at_most(factor):
    probe = wrong_at(10_000, [4321], factor)
    before = calls(probe)
    assert [e.index for e in locate(probe).entries] == [(4321,)]
    assert calls(probe) - before <= 150


def test_few_entries_are_measured_one_by_one_and_so_are_errors_that_cancel_elsewhere():
    probe = wrong_at((4, 4), [5, 10])
    found = locate(probe)
    assert [e.index for e in found.entries] == [(1, 1), (2, 2)]
    assert (found.measured, found.complete) == (DIRECT, True)


def test_where_nearly_everything_is_wrong_a_sample_is_measured():
    probe = wrong_at(10_000, range(10_000))
    before = calls(probe)
    found = locate(probe)
    assert not found.complete
    assert len(found.entries) == found.measured < 10
    assert calls(probe) - before <= 150


def test_no_more_entries_are_named_than_can_be_read():
    probe = wrong_at(1000, range(100, 130))
    found = locate(probe)
    assert len(found.entries) == FOUND
    assert not found.complete
    assert {e.index[0] for e in found.entries} <= {*range(100, 130)}


def test_in_a_right_gradient_no_entry_is_wrong():
    probe = wrong_at(12, [])
    assert locate(probe).entries == ()
    assert sample(probe).entries == ()


def test_an_entry_is_wrong_beyond_its_bar_and_its_own_rounding():
    probe = wrong_at(5, [2], 1 + 1e-6)
    assert [is_wrong(probe, entry(probe, i)) for i in range(5)] == [i == 2 for i in range(5)]
    single = replace(probe, gradient=probe.gradient.astype(np.float32))
    assert not is_wrong(single, entry(single, 1))


def test_one_by_one_every_entry_is_measured():
    probe = wrong_at(4, [])
    found = exhaust(probe, 1e-6, map)
    assert (found.entries, found.measured, found.complete) == ((), 4, True)
    probe.gradient[2] *= 1 + 1e-9
    assert [e.index for e in exhaust(probe, 1e-6, map).entries] == [(2,)]
