"""Write a check as code that runs where it is pasted: imports, the point, the call.

Tested in tests/runner/test_snippet.py.
"""

import inspect
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from mlp.gradcheck.repeat import given, spelled, written
from mlp.runner.targets import Target


def snippet(target: Target, point: Sequence[Any], **options: Any) -> str:
    """Return code that repeats the check of a target at a point, with options of ``check``."""
    imports, forward = spoken(target.forward)
    more, backward = spoken(target.backward)
    options = {"wrt": target.wrt, "accept": target.accept or None, **target.meant, **options}
    lines = ["import numpy as np", "", "import mlp", *dict.fromkeys([*imports, *more]), ""]
    lines.append(f"point = {written(tuple(point))}")
    lines.append(f"print(mlp.check({forward}, {backward}, *point{given(options)}))")
    return "\n".join(lines)


def spoken(function: Callable[..., Any]) -> tuple[list[str], str]:
    """Return what to import for a function, and how to say it after that."""
    function = inspect.unwrap(function) if not inspect.ismethod(function) else function
    inner = function.func if isinstance(function, partial) else function
    place = str(getattr(inner, "__module__", ""))
    name = str(getattr(function, "__qualname__", type(function).__qualname__))
    if inspect.ismethod(function):  # of a layer made without arguments
        owner, _, method = name.rpartition(".")
        name = name if inspect.isclass(function.__self__) else f"{owner}().{method}"
    if "<lambda>" in name or inner is not function:  # a module may have a name for it
        held = vars(sys.modules.get(place, object)).items()
        name = next((known for known, value in held if value is function), "<")
    if "<" in name or place == "__main__" or place not in sys.modules:
        code = spelled(function, "...")
        return ["import functools"] * code.startswith("functools."), code
    lines = []
    if place.endswith(".py"):  # a file that was loaded by its path
        lines = ["import sys", f"sys.path.insert(0, {str(Path(place).parent)!r})"]
        place = Path(place).stem
    package, _, module = place.rpartition(".")
    if name not in {"forward", "backward"}:
        return [*lines, f"from {place} import {name.partition('.')[0].removesuffix('()')}"], name
    lines.append(f"from {package} import {module}" if package else f"import {module}")
    return lines, f"{module}.{name}"
