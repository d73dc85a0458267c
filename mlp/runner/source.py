"""Where a function is written: what an annotation in CI points at.

Tested in tests/runner/test_source.py.
"""

import functools
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple


class Place(NamedTuple):
    """A line of a file, whose path is relative if it lies below the working directory."""

    file: str
    line: int


def place_of(function: Callable[..., Any]) -> Place | None:
    """Return the line of ``def`` of a function, None for what is not written in a file."""
    while isinstance(function, functools.partial):
        function = function.func
    try:
        plain = inspect.unwrap(function)
        path = inspect.getsourcefile(plain)
        lines, first = inspect.getsourcelines(plain)
    except (OSError, TypeError, ValueError):  # no file, not written in Python, wrapped in a circle
        return None
    if not path:
        return None
    decorators = (k for k, line in enumerate(lines) if not line.lstrip().startswith(("@", "#")))
    return Place(relative(path), first + next(decorators, 0))


def relative(path: str) -> str:
    """Return a path with slashes, relative to the working directory if it lies below."""
    whole = Path(path).resolve()
    return (whole.relative_to(Path.cwd()) if whole.is_relative_to(Path.cwd()) else whole).as_posix()
