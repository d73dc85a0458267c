"""A session is the same for a seed, and a mutant dies, survives, or waits for the next run."""

from pathlib import Path

import pytest
from cosmic_ray.work_db import WorkDB, use_db

from mutation import session
from mutation.mirror import ROOT
from mutation.score import Score


@pytest.fixture(autouse=True, scope="module")
def _in_a_copy(tmp_path_factory):
    tree = session.copied(tmp_path_factory.mktemp("mutants") / "tree")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tree)
        patch.setenv("PYTHONPATH", str(tree))
        yield


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


def test_one_mutant_dies_and_one_survives_and_the_rest_wait(tmp_path, monkeypatch):
    monkeypatch.setattr(session, "mirror", lambda _: ["tests/test_relu.py"])
    path = tmp_path / "relu"
    session.drawn(path, ["mlp/ops/relu.py"], 0, None)
    with use_db(str(path), WorkDB.Mode.open) as opened:
        items = sorted(opened.work_items, key=session.place)
        slips = [i for i in items if i.mutations[0].definition_name == "backward"]
        dies = next(i for i in slips if i.mutations[0].operator_name.endswith("Mul_Div"))
        lives = next(i for i in slips if i.mutations[0].operator_name.endswith("LtE_Lt"))
        for item in (dies, lives):
            opened.set_result(item.job_id, session.tried(item, timeout=120))
    assert Path("mlp/ops/relu.py").read_text() == (ROOT / "mlp/ops/relu.py").read_text()
    score = Score.read(path, "formulas")
    assert [m.survived for m in score.mutants].count(True) == 1
    assert score.untried == len(items) - 2
    assert score.falls_short
