"""A word on the command line: the file or module that it names, imported, and the op in that.

    my_layers.py::gelu    a file, and gelu in it       pkg.layers:gelu    a module, likewise
    page.md               a page of Markdown

Tested in tests/runner/test_words.py.
"""

import contextlib
import difflib
import importlib
import inspect
import re
import sys
from collections.abc import Sequence
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

from mlp.runner.guard import TargetError


def short_of(word: str) -> str:
    """Return what ``find`` put before the names of the ops that a word names."""
    place, _ = parted(word)
    if is_file(place):
        return Path(place).stem
    return place if place in sys.modules else place.rpartition(".")[0]


def parted(word: str) -> tuple[str, str | None]:
    """Return the file or module that a word names, and the op in it, if it names one."""
    member = re.fullmatch(r"(.+?)::?([^\W\d]\w*)", word)
    return (member[1], member[2]) if member else (word, None)


def imported(place: str, known: Sequence[str] = ()) -> ModuleType:
    """Import a file or a module, and let it import its neighbours."""
    if is_file(place):
        return _imported_file(Path(place))
    with contextlib.suppress(FileNotFoundError):  # the working directory is gone
        if (here := str(Path.cwd())) not in sys.path:
            sys.path.insert(0, here)
    try:
        return importlib.import_module(place)
    except ModuleNotFoundError as error:
        if error.name and f"{place}.".startswith(f"{error.name}."):
            close = difflib.get_close_matches(place, known, n=1)
            hint = f"; did you mean {close[0]}?" if close else ""
            raise TargetError(f"no op, file or module of this name{hint}") from None
        raise


def is_file(place: str) -> bool:
    """Tell whether a word means a file rather than a module."""
    return place.endswith(".py") or Path(place).name != place


def is_page(place: str) -> bool:
    """Tell whether a word means a page of Markdown rather than code."""
    return Path(place).suffix in {".md", ".markdown"}


def to_be_read(path: Path) -> None:
    """Raise ``TargetError`` for what is no file: reading a pipe would not end."""
    if not path.is_file():
        other = "a pipe or device, and no file" if path.exists() else "no such file"
        raise TargetError("a directory; name a file in it" if path.is_dir() else other)


def _imported_file(path: Path) -> ModuleType:
    """Import a file: by its dotted name where it lies in a package, else by its path."""
    to_be_read(path)
    path = path.resolve()
    if asking := _asking(path):
        return asking
    root = path.parent
    while (root / "__init__.py").is_file():
        root = root.parent
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    if root != path.parent:
        dotted = ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
        module = importlib.import_module(dotted)
        if module.__file__ and not path.samefile(module.__file__):
            raise TargetError(
                f"{dotted} is already another file, {module.__file__}; check it by itself"
            )
        return module
    spec = spec_from_file_location(str(path), path)
    if spec is None or spec.loader is None:
        raise TargetError("not a Python file")
    module = sys.modules[spec.name] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _asking(path: Path) -> ModuleType | None:
    """Return the module of a file whose own lines ask for it now, as a test beside its op does."""
    frame = inspect.currentframe()
    while frame:
        file = frame.f_globals.get("__file__")
        if frame.f_code.co_name == "<module>" and file and Path(file).resolve() == path:
            return sys.modules.get(frame.f_globals["__name__"])
        frame = frame.f_back
    return None
