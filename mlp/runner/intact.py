"""What a stranger's code must leave as it is, for it is ours to answer with: modules and functions.

Tested in tests/runner/test_intact.py.
"""

import sys
from types import ModuleType

ROOTS = {"builtins", "mlp", "numpy"}  # whose functions and classes we call
MOST = 3  # names in a message


class Intact:
    """The modules that are loaded now, and what the functions and classes in some are called."""

    def __init__(self) -> None:
        self.table = sys.modules
        self.modules = dict(sys.modules)
        self.names = {
            name: {key: value for key, value in vars(module).items() if callable(value)}
            for name, module in self.modules.items()
            if name.partition(".")[0] in ROOTS and isinstance(module, ModuleType)
        }

    def modules_back(self) -> str:
        """Put back the modules that were removed since; say which, or nothing."""
        gone = [name for name in self.modules if name not in sys.modules]
        sys.modules = self.table
        self.table.update({name: self.modules[name] for name in gone})
        return f"removed {listed(gone)} from sys.modules" if gone else ""

    def names_back(self) -> str:
        """Put back the functions and classes that were replaced since; say which, or nothing."""
        other = []
        for name, known in self.names.items():
            now = vars(self.modules[name])
            changed = [key for key, value in known.items() if now.get(key) is not value]
            now.update({key: known[key] for key in changed})
            other += [f"{name}.{key}" for key in changed]
        return f"replaced {listed(other)}" if other else ""


def listed(names: list[str]) -> str:
    """Return some names, and how many more there are."""
    more = len(names) - MOST
    return ", ".join(names[:MOST]) + (f" and {more} more" if more > 0 else "")
