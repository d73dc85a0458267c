"""A report says with what it was made, and nothing is imported to find out."""

import subprocess
import sys
from types import SimpleNamespace

import numpy as np

import mlp
from mlp.gradcheck import check
from mlp.gradcheck.versions import machine, versions


def test_the_versions_are_those_that_run():
    found = versions()
    assert [*found][:5] == ["mlp", "Python", "NumPy", "BLAS", "SciPy"]
    assert found["mlp"] == mlp.__version__
    assert found["NumPy"] == np.__version__
    assert found["Python"] == sys.version.partition(" ")[0]


def test_a_framework_is_named_where_it_is_loaded_and_only_there(monkeypatch):
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    assert "PyTorch" not in versions()
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(__version__="2.0"))
    assert versions()["PyTorch"] == "2.0"


def test_what_does_not_know_its_version_is_looked_up(monkeypatch):
    monkeypatch.setitem(sys.modules, "autograd", SimpleNamespace())
    monkeypatch.setattr("importlib.metadata.version", lambda word: f"that of {word}")
    assert versions()["autograd"] == "that of autograd"


def test_a_version_is_plain_text_whatever_a_package_makes_of_it(monkeypatch):
    kind = type("Version", (str,), {})  # as torch has one, which no report can carry elsewhere
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(__version__=kind("2.13")))
    assert type(versions()["PyTorch"]) is str


def test_scipy_is_not_imported_for_its_version():
    code = (
        "import sys; from mlp.gradcheck.versions import versions; found = versions();"
        "print('scipy' in sys.modules, 'SciPy' in found)"
    )
    run = [sys.executable, "-c", code]
    assert subprocess.run(run, capture_output=True, text=True, check=True).stdout == "False True\n"  # noqa: S603  # ours


def test_a_report_has_them_and_says_them_where_it_is_asked():
    report = check(np.sin, lambda dO, x: dO * np.cos(x), np.ones(3))
    assert (report.versions, report.platform) == (versions(), machine())
    said = f"NumPy {np.__version__}"
    assert said not in str(report)
    assert said in report.text(verbose=True)
    assert said in report.to_html()
    assert report.to_dict()["versions"]["NumPy"] == np.__version__
