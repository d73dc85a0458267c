"""What draws or reads a clock is refused by name."""

import os
import random
import time

import numpy as np
import pytest
from proof.run.exactly import point

from mlp.proof.run.reach import reach_of
from mlp.proof.run.symbolic import Unprovable

RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("draw", "said"),
    [
        (lambda v: v * np.random.rand(9), "np.random.rand draws at random"),  # noqa: NPY002  # it is
        (lambda v: v * RNG.normal(), "Generator.normal draws at random"),
        (random.choice, "random.choice draws at random"),  # it is
        (lambda v: v * np.random.default_rng().normal(), "default_rng"),
        (lambda v: v * os.urandom(1)[0], "os.urandom draws at random"),
        (lambda v: v * time.time(), "time.time reads a clock"),
    ],
)
def test_what_is_another_in_every_run_is_refused_by_name(draw, said):
    v = point()
    with pytest.raises(Unprovable) as refused:
        reach_of(v.record).stand_in(draw)(v)
    assert said in str(refused.value)
