"""Who writes into what it was given is named, and results that share memory are noted."""

import numpy as np
from probes import breach_of, contract_of, cosine


def test_who_wrote_into_what_is_named():
    def on_its_cotangent(dO, x):
        dO *= np.cos(x)
        return dO

    comparable, kind, message = breach_of(on_its_cotangent)
    assert (comparable, kind) == (True, "mutation")
    assert message == "backward writes into its cotangent; let it work on a copy"


def test_writing_the_same_bits_is_no_mutation():
    def backward(dO, x):
        x[:] = x
        return cosine(dO, x)

    assert contract_of(backward) == (True, [])


def test_a_result_that_is_a_view_is_noted():
    comparable, kind, message = breach_of(lambda dO, _: dO, forward=lambda x: x + 1)
    assert (comparable, kind) == (True, "aliasing")
    assert message == "what backward returns shares memory with its cotangent"
