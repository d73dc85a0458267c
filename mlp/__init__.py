"""Multilayer perceptrons in explicit mathematics, and the checker that proves them right."""

import importlib
import re
from typing import Any

# the contents, of which a type checker reads the same
_CONTENTS = __spec__.loader.get_data(f"{__path__[0]}/__init__.pyi").decode()
_HOME = {name: home for home, name in re.findall(r"from (\S+) import \w+ as (\w+)", _CONTENTS)}

__all__ = sorted(_HOME)  # noqa: PLE0605  # that file is the list


def __getattr__(name: str) -> Any:
    """Import a public name on first use."""
    if name == "__version__":
        return importlib.import_module("importlib.metadata").version("mlp-reference")
    if name not in _HOME:
        raise AttributeError(f"module 'mlp' has no attribute {name!r}")
    if _HOME[name] in {"mlp", "mlp.ops"}:
        found = importlib.import_module(f"{_HOME[name]}.{name}")
    else:
        found = getattr(importlib.import_module(_HOME[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return [*globals(), *__all__]
