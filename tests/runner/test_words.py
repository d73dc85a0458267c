"""A word names a file or a module, which is imported beside its neighbours, and hides none."""

import sys
from pathlib import Path

import pytest

from mlp.runner.guard import TargetError
from mlp.runner.words import imported


def test_a_file_does_not_hide_the_module_whose_name_it_bears(write):
    import random

    imported(write("", "random.py"))
    assert sys.modules["random"] is random


def test_two_files_of_one_name_in_packages_of_one_name_are_not_mixed_up(write):
    for parent in ("one", "two"):
        write("", f"{parent}/bundle/__init__.py")
    first = write("", "one/bundle/layers.py")
    second = write("", "two/bundle/layers.py")
    imported(first)
    with pytest.raises(TargetError, match=r"bundle\.layers is already another file"):
        imported(second)


def test_a_missing_import_inside_a_module_is_not_taken_for_a_missing_module(write, monkeypatch):
    path = Path(write("import not_there\n", "needs_more.py"))
    monkeypatch.chdir(path.parent)
    with pytest.raises(ModuleNotFoundError, match="not_there"):
        imported("needs_more")
