"""Gradients that released packages hold, and what each got. The list came before the answers."""

import pytest
from peers.released import numerical, tensors
from peers.released.cases import CASES

LISTS = (numerical, tensors)


@pytest.mark.filterwarnings("ignore")  # what the packages warn of is theirs
@pytest.mark.parametrize("name", CASES)
def test_a_gradient_of_a_package(name):
    assert CASES[name]().verdict == "correct"
