"""Pytest inside of this process, where all that is slow to import is there."""

import contextlib
import io
import os
import sys
from pathlib import Path
from unittest import mock

import pytest

OUTER = ("CI", "GITHUB_ACTIONS", "PYTEST_XDIST_WORKER")  # what the run around it must not tell it


def below(*places):
    """Return the modules, by name, that came from these folders and files."""
    found = {
        name: Path(path)
        for name, module in sys.modules.items()
        if (path := getattr(module, "__file__", None))
    }
    return {
        name: sys.modules[name]
        for name, path in found.items()
        if any(path.is_relative_to(place) for place in places)
    }


def run(*words, anew=(), **environment):
    """Run pytest in the present directory; return the exit status and all that it prints.

    Modules below the directory, and below the places ``anew``, are imported anew and not kept.
    """
    known = below(*anew)
    said, path = io.StringIO(), [*sys.path]
    with (
        mock.patch.dict(os.environ, environment),
        contextlib.redirect_stdout(said),
        contextlib.redirect_stderr(said),
    ):
        for name in OUTER:
            os.environ.pop(name, None)
        for name in known:
            del sys.modules[name]
        sys.path.insert(0, os.getcwd())  # noqa: PTH109  # as python -m pytest does, word by word
        try:
            status = pytest.main([*words, "--capture=sys", "-pno:cacheprovider"])
        finally:
            sys.path[:] = path
            for name in below(Path.cwd()):
                del sys.modules[name]
            sys.modules.update(known)
    return int(status), said.getvalue()
