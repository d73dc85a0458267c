"""The layers of tests/tasks that are written for PyTorch and JAX."""

import pytest
from tasks import ways


@pytest.mark.parametrize("task", ways.NEEDS)
def test_a_right_layer_is_correct_and_a_wrong_one_is_wrong(task):
    right, wrong = ways.TASKS[task]
    assert ways.checked(task, right) == "correct"
    assert ways.checked(task, wrong) == "wrong"
