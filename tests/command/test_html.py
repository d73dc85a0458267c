"""A run as a page."""

import json
import re
from pathlib import Path

from outcomes import SAMPLES, outcomes, proofs

from mlp.cli import main
from mlp.command.html import pictured, text
from mlp.runner.verdicts import gather, judge


def test_the_table_comes_first_and_then_what_failed():
    page = text(outcomes(), 3)
    assert "<title>mlp verify: 3 wrong, 2 error, 1 inconclusive, 2 correct</title>" in page
    rows = re.findall(r'<tr><td>(?:<a href="#(op\d)">(.*?)</a>)?', page)
    assert ("op0", "three_<wbr>wrong.<wbr>sigmoid") in rows
    sections = re.findall(r'<(h2|details) id="(op\d)"', page)
    assert [tag for tag, _ in sections] == ["h2"] * 6 + ["details"] * 2
    assert {name for _, name in sections} == {name for name, _ in rows if name}


def test_a_reason_stands_where_there_are_no_numbers():
    page = text(outcomes(), 3)
    assert '<td class="reason" colspan="5">the gradient must have the shape (2,) of b' in page
    assert ".extra{display:none}" in page  # on a narrow page, where a reason stays
    assert re.search(r"error</span> \S*nowhere.py</h2><pre>no such file</pre>", page)


def test_pictures_of_what_is_right_are_folded_beside_what_is_wrong(tmp_path):
    path = tmp_path / "product.py"
    path.write_text(
        "def times(x, y):\n    return x * y\n\n\n"
        "def times_backward(dO, x, y):\n    return dO * y, 2 * dO * x\n\n\n"
        "def times_example(rng):\n    return rng.normal(size=2), rng.normal(size=2)\n"
    )
    (target,) = gather([str(path)], None, None, 60)
    page = text([judge(target, seed=0, timeout=60)], 0)
    assert re.findall(r"<details( open|)><summary><code>(\w)", page) == [(" open", "y"), ("", "x")]
    assert re.findall(r'<tr><td><code>(\w)</code><td class="word"><span', page) == ["y", "x"]


def test_what_is_shown_is_judged_once_more_for_its_picture_and_nothing_else():
    targets = gather(
        ["relu", str(SAMPLES / "three_wrong.py") + "::sigmoid", "nowhere.py"], None, None, 60
    )
    plain = [judge(target, seed=0, timeout=60) for target in targets]
    drawn = pictured(targets, plain, lambda t: judge(t, seed=0, timeout=60, picture=True))
    with_entries = [o for o in drawn if o.report is not None and o.report.arguments[0].entries]
    assert [o.name for o in with_entries] == ["relu", "relu", "three_wrong.sigmoid"]
    assert [o.verdict for o in drawn] == [o.verdict for o in plain]


def test_proofs_have_a_column_where_they_were_sought():
    table = text(proofs(), 3).partition("</table>")[0]
    assert table.count('<th class="word">proof') == 1
    badges = re.findall(
        r'<td class="word proof"><span class="verdict (\w+)">(.*?)<tr>', f"{table}<tr>"
    )
    assert badges[:4] == [
        ("wrong", "refused</span>"),
        ("correct", "proved</span>"),
        ("inconclusive", "not proved</span>"),
        ("correct", "proved</span> (definition)"),
    ]
    assert "proof" not in text(outcomes(), 3).partition("</style>")[2]


def test_each_op_says_what_its_proof_holds_for_or_where_it_fails():
    page = text(proofs(), 3)
    assert re.search(
        r"proved</span> for all real numbers in Z \(2,\); 2 entries, 4 regions; ", page
    )
    assert "<pre>by the signs of Z[0], Z[1]\nreading 0.1 as 1/10</pre></details>" in page
    assert "<code>approximate=&#x27;tanh&#x27;</code> for all real numbers in Z (2, 2); " in page
    refused = page[page.index("refused</span> cube_backward as the gradient of cube</p><pre>") :]
    assert re.match(r"[^\n]*<pre>x\[0\]  by hand 1\.0\d+, true 1\n  at dO\[0\] = 1/3, x", refused)
    assert "not proved</span> double_backward as the gradient of double</p><pre>Unprova" in page


def test_a_refused_op_comes_first_though_its_numbers_are_right():
    page = text(proofs(), 3)
    assert "<title>mlp verify: 1 wrong, 4 correct</title>" in page
    assert re.findall(r'<(h2|details) id="op(\d)"', page)[0] == ("h2", "1")


def test_every_file_is_written_in_one_run(tmp_path, capsys):
    files = [tmp_path / name for name in ("page.html", "junit.xml", "run.sarif")]
    options = zip(("--html", "--junit-xml", "--sarif"), map(str, files), strict=True)
    words = [word for option in options for word in option]
    assert main(["verify", "--json", str(SAMPLES / "three_wrong.py"), *words]) == 1
    assert json.loads(capsys.readouterr().out)["status"] == 1
    starts = [path.read_text(encoding="utf-8")[:15] for path in files]
    assert starts == ["<!doctype html>", '<?xml version="', '{\n "$schema": "']
    assert "three_<wbr>wrong.<wbr>sigmoid" in files[0].read_text(encoding="utf-8")


def test_a_file_that_cannot_be_written_is_said_after_the_results(tmp_path, capsys):
    nowhere = str(tmp_path / "no" / "page.html")
    assert main(["verify", "affine", "--html", nowhere]) == 3
    captured = capsys.readouterr()
    assert "2 correct" in captured.out
    assert captured.err.startswith("mlp verify: --html is not written: ")
    assert main(["verify", str(SAMPLES / "three_wrong.py"), "--html", nowhere]) == 1
    assert not Path(nowhere).exists()
