"""A report is whole or not there; a run that is stopped leaves those of what it checked."""

import json
import time

import pytest

pytestmark = pytest.mark.long

OPTIONS = {"html": "h", "junit-xml": "j", "sarif": "s"}


@pytest.mark.parametrize("name", [*OPTIONS])
def test_a_full_disk_leaves_the_old_report(name, shell, tmp_path):
    report = tmp_path / "kept"
    report.write_text("old")
    ended = shell(f"ulimit -f 1; mlp verify $WRONG --{name} kept")
    assert ended.status == 1
    assert report.read_text() == "old"
    assert f"--{name} is not written" in ended.err
    assert not [p for p in tmp_path.iterdir() if p.name.startswith((".kept", "kept."))]


@pytest.mark.parametrize(
    ("line", "file"),
    [
        ("mlp vectors --out .", "vectors.json"),
        ("mlp train --epochs 1 --plot vectors.json.png", "vectors.json.png"),
        ("mlp prove one.md --html .", "one.html"),
    ],
)
def test_so_do_the_other_commands(line, file, shell, tmp_path):
    (tmp_path / file).write_text("old")
    ended = shell(f"export MPLCONFIGDIR=$PWD/m; ulimit -f 1; {line}")
    assert ended.status == 3, ended
    assert (tmp_path / file).read_text() == "old"


def test_a_report_may_still_be_a_device(shell):
    ended = shell("mlp verify $RIGHT --sarif /dev/stderr")
    assert ended.status == 0
    assert json.loads(ended.err)["version"] == "2.1.0"


def test_an_interrupt_leaves_the_reports_of_what_was_checked(shell, tmp_path):
    start = time.monotonic()
    ended = shell(
        'timeout --preserve-status -s INT 12 "$PYTHON" -m mlp verify --timeout 60 '
        "--sarif s --junit-xml j --html h $WRONG deaf.py"
    )
    assert ended.status == 130, ended
    assert time.monotonic() - start < 40
    (run,) = json.loads((tmp_path / "s").read_text(encoding="utf-8"))["runs"]
    assert len(run["results"]) >= 3
    assert (tmp_path / "j").exists()
    assert (tmp_path / "h").exists()
