"""A fork stands where the one who asks stands, dies alone, and tells how it ended."""

import contextlib
import os

import pytest
from nursery import HAS_FORK, Nursery

pytestmark = pytest.mark.skipif(not HAS_FORK, reason="there is no fork on this system")


@pytest.fixture(scope="module")
def nursery():
    one = Nursery()
    yield one
    one.end()


@pytest.fixture
def born(nursery):
    """Fork a process for some code."""
    with contextlib.ExitStack() as ends:

        def run(code):
            one = nursery.born(["python", "-c", code])
            ends.enter_context(one.stdin)
            ends.enter_context(one.stdout)
            return one

        yield run


def test_it_hears_and_answers_in_the_directory_and_environment_of_now(born, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OF_NOW", "here")
    code = "import os; print(os.getcwd(), os.environ['OF_NOW'], input(), flush=True)"
    one = born(code)
    one.stdin.write(b"heard\n")
    assert one.stdout.readline().decode().split() == [os.getcwd(), "here", "heard"]  # noqa: PTH109
    assert one.wait() == 0


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("import os; os._exit(7)", 7),
        ("import sys; sys.exit(3)", 3),
        ("import sys; sys.stderr = None; 1 / 0", 1),
        ("import os; os.kill(os.getpid(), 11)", -11),
    ],
)
def test_it_tells_how_it_ended(code, status, born):
    one = born(code)
    assert one.stdout.read() == b""
    assert (one.wait(), one.wait()) == (status, status)


def test_one_that_does_not_end_is_killed_and_the_next_is_born_all_the_same(born):
    one = born("while True: pass")
    one.kill()
    assert one.wait() == -9
    one.kill()
    assert born("pass").wait() == 0
