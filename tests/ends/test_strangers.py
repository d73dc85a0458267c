"""What ends the process that it runs in, or never ends, is a row of the table like any other."""

import time

import pytest

pytestmark = pytest.mark.long

DEAD = {
    "leaves.py": "exit status 0",
    "leaves_at_once.py": "exit status 0",
    "falls.py": "signal 11",
    "unlocks.py": "took longer than the timeout of 1 s",
    "deaf.py": "took longer than the timeout of 1 s",
    "hungry.py": "--memory",
}


@pytest.mark.parametrize("file", [*DEAD])
def test_its_death_is_its_own(file, shell):
    start = time.monotonic()
    ended = shell(f"mlp verify --timeout 1 --memory 4 {file} $RIGHT")
    assert ended.status == 3, ended
    assert time.monotonic() - start < 40
    (row,) = (line for line in ended.out.splitlines() if " error  " in line)
    assert DEAD[file] in row
    assert ended.out.count(" correct  ") == 5


def test_a_wrong_gradient_beside_all_of_them_is_still_seen(shell):
    ended = shell(f"mlp verify --timeout 1 --memory 4 {' '.join(DEAD)} $WRONG")
    assert ended.status == 1
    assert ended.out.count(" error  ") == len(DEAD)


@pytest.mark.parametrize("file", ["leaves.py", "leaves_at_once.py", "leaves.md", "unlocks.py"])
def test_a_proof_sees_it_too(file, shell):
    ended = shell(f"mlp prove --shapes '(3)->(3)' --timeout 1 {file} one.md")
    assert ended.status == 3, ended
    assert "1 proved" in ended.out
    assert "exit status 0" in ended.out or "timeout of 1 s" in ended.out


@pytest.mark.parametrize("file", ["leaves.py", "leaves_at_once.py", "leaves.md", "falls.py"])
def test_pytest_sees_it_too(file, shell):
    ended = shell(f'"$PYTHON" -m pytest -p no:cacheprovider -q --mlp {file} --mlp one.md')
    assert ended.status in {1, 2}, ended
    assert "exit status 0" in ended.out or "signal 11" in ended.out


def test_what_it_writes_does_not_reach_our_results(shell):
    ended = shell("mlp verify --json writes.py")
    assert ended.status == 0
    assert "noise" not in ended.out
    assert "noise" in ended.err


def test_a_limit_of_memory_says_what_to_do(shell):
    ended = shell("mlp verify --memory 2 hungry.py")
    assert "more memory than 2 GB" in ended.out, ended
