"""The command that repeats a run says what was given, and nothing else."""

import pytest

from mlp.command.options import verify_again
from mlp.command.parser import parser


@pytest.mark.parametrize(
    ("given", "again"),
    [
        ("", "--seed 0"),
        ("--seed 3 --shapes (3,4)->() --wrt 0,b", "--seed 3 --shapes '(3,4)' --wrt 0,b"),
        ("--accept 0", "--seed 0 --accept 0.0"),
        ("--accept W=1e-6,b=1e-4", "--seed 0 --accept W=1e-06,b=0.0001"),
        ("--along S=symmetric,L=lower", "--seed 0 --along S=symmetric,L=lower"),
        ("--timeout 5 --memory 2", "--seed 0 --timeout 5 --memory 2"),
        ("--no-tangent --allow-inconclusive", "--seed 0 --no-tangent --allow-inconclusive"),
        ("--verbose --workers 2 --skip-empty", "--seed 0"),
    ],
)
def test_the_command_that_repeats_a_run_says_what_was_given(given, again):
    args = parser().parse_args(["verify", "layers.py", *given.split()])
    assert verify_again(args, "layers.py") == f"mlp verify layers.py {again}"
