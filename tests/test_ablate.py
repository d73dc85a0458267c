"""Every mechanism of the checker that has a witness: without it a verdict turns false."""

import warnings
from dataclasses import replace

import pytest
from trials.ablate import MECHANISMS, UNMISSED, tried, without


@pytest.mark.parametrize("mechanism", MECHANISMS, ids=lambda mechanism: mechanism.name)
def test_without_a_mechanism_the_verdict_of_its_witness_turns_false(mechanism):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a witness divides by what is left of it
        said, off = tried(mechanism)
    assert said in mechanism.witness.true
    assert off not in mechanism.witness.true


def test_what_is_switched_off_is_switched_on_again_and_nothing_else_changes_a_verdict():
    same = replace(MECHANISMS[0], off=lambda old: old)
    said, off = tried(same)
    assert said == off
    for mechanism in (*MECHANISMS, *UNMISSED):
        with without(mechanism):
            pass
    assert tried(same) == (said, off)
