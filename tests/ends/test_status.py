"""Exit status 1 means a wrong gradient, and nothing else does, whatever becomes of the output.

A command that cannot say what it found has failed (3), unless a gradient was wrong (1).
"""

import pytest

pytestmark = pytest.mark.long


def traceless(ended):
    """Tell whether nothing of a traceback was printed."""
    return "Traceback" not in ended.out + ended.err and "Exception ignored" not in ended.err


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("mlp verify $RIGHT >&-", 3),
        ("mlp verify $WRONG >&-", 1),
        ("mlp verify --json $RIGHT >/dev/full", 3),
        ("mlp verify $RIGHT >/dev/full", 3),
        ("mlp verify $WRONG >/dev/full", 1),
        ("mlp verify --github $WRONG >/dev/full 2>&1", 1),
        ("mlp verify $RIGHT 2>&-", 0),
        ("mlp prove one.md >/dev/full", 3),
        ("mlp prove --json false.md >/dev/full", 1),
        ("mlp train --epochs 1 >/dev/full", 3),
        ("mlp --help >/dev/full", 3),
        ("mlp verify --html /dev/full $RIGHT", 3),
        ("mlp verify --sarif nowhere/x --junit-xml nowhere/y $WRONG", 1),
        ("mlp prove --html /dev/full/x false.md", 1),
        ("mlp prove --html /dev/full/x one.md", 3),
    ],
)
def test_lost_output_is_3_unless_a_gradient_is_wrong(line, status, shell):
    ended = shell(line)
    assert (ended.status, traceless(ended)) == (status, True), ended


@pytest.mark.parametrize("encoding", ["ascii", "cp437", "latin-1"])
def test_letters_that_a_terminal_lacks_are_escaped(encoding, shell):
    ended = shell("mlp verify affine $WRONG; echo $?", PYTHONIOENCODING=encoding)
    assert traceless(ended), ended
    assert ended.out.splitlines()[-1] == "1"
    assert shell("mlp prove one.md false.md", PYTHONIOENCODING=encoding).status == 1
    assert shell("mlp train --help", PYTHONIOENCODING=encoding).status == 0


@pytest.mark.parametrize(("file", "status"), [("$RIGHT", 3), ("$WRONG", 1)])
def test_a_summary_that_cannot_be_written_is_one_line(file, status, shell):
    for page in ("/nowhere/page", "/dev/full", "/"):
        ended = shell(f"mlp verify --github {file}", GITHUB_STEP_SUMMARY=page)
        assert (ended.status, traceless(ended)) == (status, True), ended
        assert "GITHUB_STEP_SUMMARY" in ended.err


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("mlp verify relu", 0),
        ("mlp verify $WRONG", 1),
        ("mlp verify $RIGHT", 0),
        ("mlp verify no_such_module", 3),
        ("mlp prove $HERE/one.md", 0),
        ("mlp prove no_such_module", 3),
        ("mlp verify --html x.html $RIGHT", 3),
    ],
)
def test_a_working_directory_that_is_gone_is_no_gradient(line, status, shell, tmp_path):
    ended = shell(f"mkdir gone; cd gone; rmdir ../gone; {line}", HERE=str(tmp_path))
    assert (ended.status, traceless(ended)) == (status, True), ended


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("mlp prove deep.md one.md", 3),
        ("mlp prove deep.md false.md", 1),
        ("mlp train --width 1000000000 --epochs 1", 3),
        ("mlp verify mute.py", 3),
        ("mlp verify mute_later.py", 3),
        ("mlp verify mute.py mute_later.py $WRONG", 1),
        ("mlp prove mute.py one.md", 3),
        ("mlp conformance .", 3),
        ("mlp vectors --out /dev/full/x", 3),
    ],
)
def test_what_cannot_be_carried_out_is_3(line, status, shell):
    ended = shell(line)
    assert (ended.status, traceless(ended)) == (status, True), ended


def test_nothing_else_is_lost_with_a_mute_exception(shell):
    ended = shell("mlp verify mute.py mute_later.py $RIGHT")
    assert ended.out.count(" correct  ") == 5, ended
    assert ended.out.count(" error  ") == 2
    assert "Mute" in ended.out


FAULTY = """
import sys
from mlp.command import console
def broken(*_, **__): raise KeyError("ours")
console.reports = broken
from mlp.cli import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize(("file", "status"), [("$RIGHT", 4), ("$WRONG", 1)])
def test_a_fault_of_our_own_is_4_with_a_traceback_and_where_to_tell_us(file, status, shell):
    ended = shell(f'"$PYTHON" -c "$FAULTY" verify {file}', FAULTY=FAULTY)
    assert ended.status == status, ended
    assert "KeyError: 'ours'" in ended.err
    assert "please open an issue" in ended.err.splitlines()[-1]
