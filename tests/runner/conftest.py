import sys

import pytest


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Write a file for one test, and forget afterwards that it was imported."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    known = set(sys.modules)

    def write(text, path="layers.py"):
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return str(file)

    yield write
    for name in set(sys.modules) - known:
        del sys.modules[name]
