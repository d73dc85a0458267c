"""A run as a page."""

import json
import re
from pathlib import Path

from outcomes import SAMPLES, outcomes

from mlp.cli import main
from mlp.command.html import pictured, text
from mlp.command.verdicts import gather, judge


def test_the_table_comes_first_and_then_what_failed():
    page = text(outcomes(), 3)
    assert "<title>mlp verify: 3 wrong, 1 inconclusive, 2 error, 2 correct</title>" in page
    rows = re.findall(r'<tr><td>(?:<a href="#(op\d)">(.*?)</a>)?', page)
    assert ("op0", "three_<wbr>wrong.<wbr>sigmoid") in rows
    sections = re.findall(r'<(h2|details) id="(op\d)"', page)
    assert [tag for tag, _ in sections] == ["h2"] * 6 + ["details"] * 2
    assert {name for _, name in sections} == {name for name, _ in rows if name}


def test_a_reason_stands_where_there_are_no_numbers():
    page = text(outcomes(), 3)
    assert re.search(r'colspan="5">the gradient must have the shape \(2,\) of b', page)
    assert re.search(r"error</span> \S*nowhere.py</h2><pre>no such file</pre>", page)


def test_what_is_shown_is_judged_once_more_for_its_picture_and_nothing_else():
    targets = gather(
        ["relu", str(SAMPLES / "three_wrong.py") + "::sigmoid", "nowhere.py"], None, None, 60
    )
    plain = [judge(target, seed=0, timeout=60) for target in targets]
    drawn = pictured(targets, plain, lambda t: judge(t, seed=0, timeout=60, picture=True))
    with_entries = [o for o in drawn if o.report is not None and o.report.arguments[0].entries]
    assert [o.name for o in with_entries] == ["relu", "relu", "three_wrong.sigmoid"]
    assert [o.verdict for o in drawn] == [o.verdict for o in plain]


def test_every_file_is_written_in_one_run(tmp_path, capsys):
    files = [tmp_path / name for name in ("page.html", "junit.xml", "run.sarif")]
    options = zip(("--html", "--junit-xml", "--sarif"), map(str, files), strict=True)
    words = [word for option in options for word in option]
    assert main(["verify", "--json", str(SAMPLES / "three_wrong.py"), *words]) == 1
    assert json.loads(capsys.readouterr().out)["status"] == 1
    starts = [path.read_text(encoding="utf-8")[:15] for path in files]
    assert starts == ["<!doctype html>", '<?xml version="', '{\n "$schema": "']
    assert "12 of 12 entries wrong; the strongest" in files[0].read_text(encoding="utf-8")


def test_a_file_that_cannot_be_written_is_said_after_the_results(tmp_path, capsys):
    nowhere = str(tmp_path / "no" / "page.html")
    assert main(["verify", "affine", "--html", nowhere]) == 3
    captured = capsys.readouterr()
    assert "2 correct" in captured.out
    assert captured.err.startswith("mlp verify: --html is not written: ")
    assert main(["verify", str(SAMPLES / "three_wrong.py"), "--html", nowhere]) == 1
    assert not Path(nowhere).exists()
