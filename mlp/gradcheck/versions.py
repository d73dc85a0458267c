"""With what a check was made, kept in its report: versions, and the machine.

    mlp, Python, NumPy, BLAS, SciPy     always, as far as they are installed
    PyTorch, JAX, ...                   where the check's process has loaded them

Nothing is imported to learn its version; what reads the installed ones, and all of email with it,
is loaded by the first report. Tested in tests/gradcheck/test_versions.py.
"""
# ruff: noqa: PLC0415  # see above

import platform
import sys
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np

INSTALLED = {"mlp": "mlp-reference", "SciPy": "scipy"}  # by the names of their distributions
LOADED = {"PyTorch": "torch", "JAX": "jax", "autograd": "autograd", "TensorFlow": "tensorflow"}


def versions() -> dict[str, str]:
    """Return the versions that may make a difference, by the names of what they are of."""
    return {**_fixed(), **{name: v for name, word in LOADED.items() if (v := _loaded(word))}}


@cache
def machine() -> str:
    """Return operating system and processor in a line."""
    return platform.platform()


def made_with() -> str:
    """Return versions and machine in a line."""
    return in_a_line(versions(), machine())


def in_a_line(of: Mapping[str, str], where: str) -> str:
    """Say versions and a machine in a line."""
    return ", ".join([*(f"{name} {version}" for name, version in of.items()), where])


@cache
def _fixed() -> dict[str, str]:
    """Return the versions that stay while a process runs."""
    from importlib.metadata import PackageNotFoundError, version

    known = {"Python": platform.python_version(), "NumPy": np.__version__, "BLAS": _blas()}
    for name, distribution in INSTALLED.items():
        try:
            known[name] = version(distribution)
        except PackageNotFoundError:
            continue
    order = ("mlp", "Python", "NumPy", "BLAS", "SciPy")
    return {name: known[name] for name in order if known.get(name)}


def _blas() -> str:
    """Return what NumPy multiplies matrices with, "" where it does not say."""
    built: Any = np.show_config(mode="dicts")
    found = built.get("Build Dependencies", {}).get("blas", {})
    return " ".join(found[key] for key in ("name", "version") if found.get(key))


def _loaded(package: str) -> str:
    """Return the version of a package that has been imported, "" of any other."""
    if package not in sys.modules:
        return ""
    from importlib.metadata import PackageNotFoundError, version

    own = getattr(sys.modules[package], "__version__", "")
    try:
        return str(own or version(package))  # torch has a kind of text of its own
    except PackageNotFoundError:
        return ""
