"""The table of a run holds with long names, has no empty column, and counts what has passed."""

import re
import time

import numpy as np
import pytest

from mlp.command.console import print_table
from mlp.command.html import text
from mlp.runner.targets import Target
from mlp.runner.verdicts import judge


def target(name, argument, dtype="", factor=1.0):
    def forward(p):
        return p[argument] ** 2

    def backward(dO, p):
        return {argument: factor * 2 * dO * p[argument]}

    return Target(
        name, forward, backward, lambda rng: ({argument: rng.normal(size=3)},), None, dtype
    )


def printed(capsys, *targets, **options):
    """Return the lines of a run, up to the first that is empty, and the last of all."""
    done = []
    print_table(targets, lambda t: judge(t, 0, 60), 0, done, **options)
    lines = capsys.readouterr().out.splitlines()
    return lines[: lines.index("")], lines[-1], done


def starts(line):
    """Return where the cells of a line begin, or for numbers end."""
    return [m.end() for m in re.finditer(r"\S+(?: \S+)*", line)]


def test_a_table_holds_with_long_names(capsys):
    table, _, _ = printed(capsys, target("op", "a"), target("longer", "decoder.attention.weight"))
    assert [line.split()[0] for line in table] == ["op", "op", "op", "longer"]
    for head, row in (table[:2], table[2:]):
        assert head.index("verdict") == row.index("correct")
        assert head.index("by hand") + len("by hand") in starts(row)


@pytest.mark.parametrize(("dtypes", "shown"), [(("", ""), False), (("float32", "float64"), True)])
def test_a_column_is_there_where_it_says_something(capsys, dtypes, shown):
    table, _, done = printed(capsys, *(target(f"op{k}", "a", d) for k, d in enumerate(dtypes)))
    assert ("dtype" in table[0]) is shown
    page = text(done, 0)
    assert ('<th class="word">dtype' in page) is shown
    rows = re.findall(r"<tr>(.*?)(?=<tr>|</table>)", page.partition("</table>")[0] + "</table>")
    assert len({row.count("<td") + row.count("<th") for row in rows}) == 1


def test_several_points_of_one_op_are_counted_beside_it(capsys):
    table, last, _ = printed(capsys, target("op", "a"), target("op", "a"))
    assert "×2" in table[1]
    assert "1 checked at 2 points" in last


def test_the_worst_is_counted_first_and_one_point_is_one(capsys):
    _, last, _ = printed(capsys, target("op", "a", factor=3.0))
    assert last.startswith("1 checked at 1 point: 1 wrong (seed 0, ")


def test_the_seconds_are_those_that_have_passed(capsys):
    _, last, _ = printed(capsys, target("op", "a"), since=time.perf_counter() - 90)
    assert float(re.search(r"([\d.]+) s\)$", last)[1]) >= 90


def test_drawing_a_point_takes_its_time():
    def slow(rng):
        time.sleep(0.2)
        return (rng.normal(size=2),)

    op = Target("op", np.sin, lambda dO, x: dO * np.cos(x), slow)
    assert judge(op, 0, 60).report.seconds >= 0.2
