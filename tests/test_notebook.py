"""The example notebook, run in a kernel as a reader runs it: each cell shows what it should."""

import json
import re

import pytest
from pages import ROOT

NOTEBOOK = ROOT / "derivations" / "guide" / "notebook.ipynb"
SHOWN = [  # by the cells of code, one after another
    ("wrong", "scale_backward as the gradient of scale", "By hand − numeric, entry by entry"),
    ("correct", "mended_backward as the gradient of scale", "V-curve"),
]


def cells(notebook):
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def test_the_notebook_is_kept_without_what_it_printed():
    kept = cells(json.loads(NOTEBOOK.read_text(encoding="utf-8")))
    assert [(cell["outputs"], cell["execution_count"]) for cell in kept] == [([], None)] * len(
        SHOWN
    )


def test_each_cell_shows_its_report(tmp_path, monkeypatch):
    nbclient = pytest.importorskip("nbclient")
    nbformat = pytest.importorskip("nbformat")
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")  # as its next version does, which it warns of
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    resources = {"metadata": {"path": str(tmp_path)}}
    nbclient.NotebookClient(notebook, timeout=60, resources=resources).execute()
    for cell, (verdict, *words) in zip(cells(notebook), SHOWN, strict=True):
        (output,) = cell["outputs"]
        html = output["data"]["text/html"]
        assert verdict in re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL).lower()
        assert all(word in html for word in words)
        assert "<script" not in html
        assert verdict.upper() in output["data"]["text/plain"].upper()
