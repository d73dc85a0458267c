"""The verdicts on the layers of tests/tasks, held in this process; `python tests/tasks` times them.

A proof that takes longer than a second here is left to the command.
"""

import pytest
from tasks import ways

HERE = [task for task in ways.TASKS if task not in ways.NEEDS]  # the others: tests/peers
PROVED = {  # of the right layer and of the wrong one
    "embedding": ("proved", "refused"),  # at the sizes of its example, which its tokens need
    "focal": ("proved", "refused"),
    "batchnorm": ("proved", "refused"),  # beside a dict of options, and with a cache
    "rms_norm": ("proved", "refused"),  # √3 comes in
}


@pytest.mark.parametrize("task", HERE)
def test_a_right_layer_is_correct_and_a_wrong_one_is_wrong(task):
    right, wrong = ways.TASKS[task]
    assert ways.checked(task, right) == "correct"
    assert ways.checked(task, wrong) == "wrong"


@pytest.mark.parametrize("task", PROVED)
def test_a_right_layer_is_proved_and_a_wrong_one_is_refused(task):
    assert tuple(ways.proved_here(task, op) for op in ways.TASKS[task]) == PROVED[task]
