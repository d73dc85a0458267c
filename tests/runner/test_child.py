"""Whatever a file does to its process, ours lives on and says what happened."""

import contextlib
import io
import itertools
import os
import pickle
import threading
import time
from fractions import Fraction

import numpy as np
import pytest

from mlp.runner import child as other
from mlp.runner.child import Child, ServedError, death, exactly, strangers, unpickled
from mlp.runner.guard import EmptyError, TargetError
from mlp.runner.targets import Fault
from mlp.runner.verdicts import judge

PROVING = False
OPS = """
import os, time
def leaves(x): os._exit(7)
def sleeps(x):
    while True:
        try: time.sleep(60)
        except BaseException: pass
def right(x): return x
def leaves_backward(dO, x): return dO
def lonely_backward(dO, x): return dO
right_backward = sleeps_backward = leaves_backward
def leaves_example(rng): return (rng.normal(size=3),)
right_example = sleeps_example = leaves_example
"""


@pytest.fixture
def child():
    one = Child()
    yield one
    one.end()


def test_deaths_and_limits_are_outcomes_and_the_next_op_is_judged_all_the_same(
    child, tmp_path, monkeypatch
):
    monkeypatch.setattr(other, "GRACE", 0.5)
    path = tmp_path / "ops.py"
    path.write_text(OPS)
    found = {one.name: one for one in strangers(child, str(path), None, None, 60)}
    assert isinstance(found["ops.lonely"], Fault)
    assert judge(found["ops.right"], 0, 60).verdict == "correct"
    left = judge(found["ops.leaves"], 0, 60)
    assert (left.verdict, left.reason) == (
        "error",
        "ended the process that it ran in: exit status 7",
    )
    start = time.monotonic()
    slept = judge(found["ops.sleeps"], 0, 0.5)
    assert slept.reason == "took longer than the timeout of 0.5 s; allow more"
    assert time.monotonic() - start < 120
    assert judge(found["ops.right"], 0, 60).verdict == "correct"
    assert child.ask("arguments", found["ops.right"].key, 0, 60, seconds=60) == ("x",)


SPOILING = """
import contextlib, os
from mlp.gradcheck import report
def lies(x):
    report.Report.verdict = property(lambda _: "correct")
    return x * x
def writes(x):
    for k in range(3, 50):
        with contextlib.suppress(OSError): os.write(k, bytes(64))
    return x * x
def closes(x):
    os.closerange(3, 50)
    return x * x
def lies_backward(dO, x): return 3 * x * dO
writes_backward = closes_backward = lies_backward
def lies_example(rng): return (rng.normal(size=3),)
writes_example = closes_example = lies_example
"""


def test_who_spoils_the_answer_is_named_and_believed_nothing(child, tmp_path):
    path = tmp_path / "ops.py"
    path.write_text(SPOILING)
    found = [judge(one, 0, 60) for one in strangers(child, str(path), None, None, 60)]
    lies, writes, closes = sorted(found, key=lambda one: "lwc".index(one.name[4]))
    assert (lies.verdict, writes.verdict, closes.verdict) == ("wrong", "error", "error")
    assert writes.reason.startswith("wrote into what mlp answers there: its answer cannot be read")
    assert closes.reason == "ended the process that it ran in: exit status 1"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no forks")
def test_the_forks_of_a_process_end_with_it(child, tmp_path):
    path, forked = tmp_path / "ops.py", tmp_path / "forked"
    path.write_text(
        "import os, pathlib, time\n"
        "def f(x):\n"
        " if not os.fork():\n"
        f"  pathlib.Path({str(forked)!r}).write_text(str(os.getpid()))\n"
        "  time.sleep(60)\n"
        " time.sleep(60)\n"
        "def f_backward(dO, x): return dO\n"
        "def f_example(rng): return (rng.normal(size=3),)\n"
    )
    (op,) = strangers(child, str(path), None, None, 60)
    assert judge(op, 0, 1).verdict == "error"
    child.end()
    fork, until = int(forked.read_text()), time.monotonic() + 20
    with contextlib.suppress(ProcessLookupError):
        while True:
            os.kill(fork, 0)
            assert time.monotonic() < until


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no such file")
def test_a_pipe_is_no_file_and_is_not_waited_for(child, tmp_path):
    os.mkfifo(tmp_path / "ops.py")
    with pytest.raises(TargetError, match=r"^a pipe or device, and no file$"):
        strangers(child, str(tmp_path / "ops.py"), None, None, 60)


@pytest.mark.parametrize("framework", ["torch", "jax", "tensorflow"])
def test_the_import_of_a_framework_takes_none_of_the_time_of_an_op(
    child, tmp_path, monkeypatch, framework
):
    monkeypatch.setattr(other, "GRACE", 0.5)
    slow = "import time; time.sleep(0.4)\ndef f(x): return x\ndef f_backward(dO, x): return dO\n"
    path = tmp_path / "slow.py"
    path.write_text(f"# import {framework}\n{slow}")
    child.ask("ready", PROVING, seconds=60)
    with pytest.raises(TargetError, match=r"longer than the timeout of 0\.2 s"):
        strangers(child, str(path), None, None, 0.2)
    path.write_text(f"if False:\n    from {framework} import numpy\n{slow}")
    (found,) = strangers(child, f"{path}::f", None, None, 0.2)
    assert found.name == "slow.f"


def test_what_the_file_is_not_is_said_as_within_one_process(child, tmp_path):
    (tmp_path / "empty.py").write_text("")
    with pytest.raises(EmptyError, match="no op in it"):
        strangers(child, str(tmp_path / "empty.py"), None, None, 60)
    with pytest.raises(TargetError, match=r"^no such file$"):
        strangers(child, str(tmp_path / "missing.py"), None, None, 60)


def test_a_fault_of_our_own_on_the_other_side_is_one_here(child):
    with pytest.raises(ServedError, match="TypeError"):
        child.ask("load", seconds=60)


def test_few_processes_wait(monkeypatch):
    monkeypatch.setattr(other, "MOST", 1)
    monkeypatch.setattr(Child, "alive", [])  # others of this run may still wait
    one, two = Child(), Child()
    one.ask("ready", PROVING, seconds=60)
    two.ask("ready", PROVING, seconds=60)
    assert one.process is None
    one.ask("ready", PROVING, seconds=60)
    assert two.process is None
    one.end()
    assert Child.alive == []


@pytest.mark.parametrize(
    "plain", [1, "a", (1.5, None), [{"a": {1}}], np.float64(2), Fraction(1, 3), Fault("f", "why")]
)
def test_plain_data_comes_back(plain):
    assert unpickled(pickle.dumps(plain)) == plain


@pytest.mark.parametrize("foreign", [print, judge, io.BytesIO, np.sum])
def test_nothing_else_is_unpickled(foreign):
    with pytest.raises(ServedError, match=r"its answer cannot be read: .* is no"):
        unpickled(pickle.dumps(foreign))


def test_a_broken_answer_is_one_line():
    with pytest.raises(ServedError, match="cannot be read"):
        unpickled(b"\x80")


def test_a_stream_that_ends_early_has_no_message():
    assert exactly(io.BytesIO(b"abc"), 3) == b"abc"
    assert exactly(io.BytesIO(b"ab"), 3) is None


@pytest.mark.parametrize(
    ("status", "said"), [(0, "exit status 0"), (-11, "signal 11, SIGSEGV"), (-99, "signal 99")]
)
def test_a_death_is_said_in_words(status, said):
    assert death(status) == said


def test_the_number_of_a_pipe_is_not_free_while_its_reader_may_read(child, tmp_path, monkeypatch):
    (tmp_path / "ops.py").write_text(OPS)
    receive, calls, may = other.receive, itertools.count(), threading.Event()

    def late(stream):
        if next(calls) == 2:  # after ready, and the ops
            may.wait(60)
        return receive(stream)

    monkeypatch.setattr(other, "receive", late)
    strangers(child, str(tmp_path / "ops.py"), None, None, 60)
    number = child.process.stdout.fileno()
    child.end()
    os.fstat(number)  # raises where it was closed, and may be another's
    may.set()
