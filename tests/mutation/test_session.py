"""A session is the same for a seed, and a mutant dies, survives, or waits for the next run."""

import os
import signal
import time

import pytest
from cosmic_ray.work_db import WorkDB, use_db

from mutation import server, session
from mutation.score import Score


def places(path):
    with use_db(str(path), WorkDB.Mode.open) as opened:
        return sorted(map(session.place, opened.work_items))


def test_the_seed_draws_the_same_mutants(tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        session.drawn(tmp_path / name, ["mlp/rows.py", "mlp/tree.py"], seed, 20)
    assert places(tmp_path / "a") == places(tmp_path / "b") != places(tmp_path / "c")
    assert len(places(tmp_path / "a")) == 20


def test_annotations_and_unlikely_slips_are_left_out(tmp_path):
    session.drawn(tmp_path / "all", ["mlp/shapes.py"], 0, None)
    found = places(tmp_path / "all")
    spans = session.annotations("mlp/shapes.py")
    assert spans
    assert not [at for _, at, _, _ in found for begin, end in spans if begin <= at < end]
    assert not [operator for *_, operator, _ in found if operator.endswith("_BitXor")]


def last_tried_alone(folder, module, change):
    """Return the score, before and after, of a session of the last such mutant of a module."""
    path = folder / change
    session.drawn(path, [module], 0, None)
    with use_db(str(path), WorkDB.Mode.open) as opened:
        items = sorted(opened.work_items, key=session.place)
        last = [item for item in items if item.mutations[0].operator_name.endswith(change)][-1]
        opened.clear()
        opened.add_work_items([last])
    waits = Score.read([path], "formulas")
    session.run(path, 1)
    return waits, Score.read([path], "formulas")


@pytest.mark.parametrize(("change", "survived"), [("Mul_Div", False), ("RemoveDecorator", True)])
def test_a_mutant_waits_and_then_it_dies_or_survives(tmp_path, monkeypatch, change, survived):
    monkeypatch.setattr(server, "mirror", lambda _: ["tests/test_relu.py"])
    waits, score = last_tried_alone(tmp_path, "mlp/ops/relu.py", change)
    assert (waits.untried, waits.mutants) == (1, [])
    assert [m.survived for m in score.mutants] == [survived]
    assert score.falls_short is survived


def test_the_clock_of_a_mutant_is_the_processor():
    def sleeps():
        time.sleep(1.5)
        os._exit(0)

    def computes():
        while True:
            pass

    for work, said, status in ((sleeps, "", 0), (computes, server.CLOCK, -signal.SIGXCPU)):
        ended = server.ended(0)
        if ended is None:
            work()
        assert (ended.status, ended.said) == (status, said)


def test_modules_that_the_tests_of_right_code_fail_are_not_tried(tmp_path, monkeypatch, capfd):
    (tmp_path / "test_no.py").write_text("def test_no(): assert 1 == 2")
    monkeypatch.setattr(server, "mirror", lambda _: [str(tmp_path / "test_no.py")])
    with pytest.raises(SystemExit, match=r"The tests of mlp/ops/relu.py"):
        last_tried_alone(tmp_path, "mlp/ops/relu.py", "Mul_Div")
    assert "assert 1 == 2" in capfd.readouterr().out
