"""The benchmark itself: what falls short is marked and named, and what does not is not."""

import turns


def test_a_miss_is_marked_and_named(tmp_path, monkeypatch):
    monkeypatch.setattr(turns, "HERE", tmp_path)
    rows = [["quick", turns.against(0.5, 0.9), "3"], ["slow", turns.against(1.8, 0.9), "7"]]
    short = turns.write(
        "name", "A title", ["", "× torch", "ms"], rows, [("quick", 0.6), ("slow", 2)]
    )
    assert short == ["slow: × torch 1.80 (0.9) !"]
    assert "| slow | 1.80 (0.9) ! | 7 |" in (tmp_path / "name.md").read_text(encoding="utf-8")
    assert "slow" in (tmp_path / "name.svg").read_text(encoding="utf-8")
