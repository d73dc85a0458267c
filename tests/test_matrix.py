"""The matrix runs every cell that can be had, names those that cannot, and fails where one does."""

import sys

import matrix
import pytest

HERE = f"{sys.version_info[0]}.{sys.version_info[1]}"


@pytest.fixture
def cells(monkeypatch):
    """Stand in for two Pythons, of which one is here, and for what happens in their cells."""
    monkeypatch.setattr(matrix, "minors", lambda: ["3.11", "3.14"])
    monkeypatch.setattr(matrix, "found", {"3.11": "python"}.get)
    ends = {"oldest": "passed", "newest": "passed"}
    monkeypatch.setattr(matrix, "cell", lambda _, __, end, ___: (f"NumPy of {end}", ends[end]))
    return ends


def test_the_supported_pythons_and_the_oldest_versions_are_those_declared():
    assert matrix.minors() == ["3.11", "3.12", "3.13", "3.14"]
    assert [line.partition(">=")[0] for line in matrix.declared()] == ["numpy", "scipy"]


def test_the_python_that_runs_is_found_and_one_that_nobody_has_is_not():
    assert matrix.found(HERE)
    assert matrix.found("3.99") is None


def test_what_cannot_be_had_is_named_and_fails_nothing(cells, capsys):  # noqa: ARG001  # it stands in
    assert matrix.main([]) == 0
    assert capsys.readouterr().out.split("\n")[1:-1] == [
        "Python 3.11  oldest  NumPy of oldest              passed",
        "Python 3.11  newest  NumPy of newest              passed",
        "Python 3.14                                       cannot be had on this machine",
    ]


@pytest.mark.parametrize("said", ["FAILED", "cannot be set up"])
def test_a_cell_that_fails_fails_all(cells, said, capsys):
    cells["newest"] = said
    assert matrix.main([]) == 1
    assert said in capsys.readouterr().out
