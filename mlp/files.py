"""Write a file whole or not at all: beside its place, under another name, and then renamed.

Where it fails the old file stays as it was. What is no regular file, such as /dev/stdout, is
written as it is. Letters that UTF-8 lacks, as names of files may have, are escaped.
Tested in tests/test_files.py.
"""

import contextlib
import os
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path


def write_whole(path: Path, content: str | bytes | Callable[[Path], object]) -> None:
    """Write text, bytes, or what a function writes to the path that it is given.

    Raises ``OSError`` where that fails, and whatever the function raises.
    """
    path = Path(os.path.realpath(path)) if path.is_symlink() else path
    if path.exists() and not path.is_file():
        _fill(path, content)
        return
    handle, name = tempfile.mkstemp(path.suffix, f".{path.stem[:100]}.", path.parent)
    os.close(handle)
    beside = Path(name)
    try:
        _fill(beside, content)
        beside.chmod(_mode(path))
        beside.replace(path)
    finally:
        with contextlib.suppress(OSError):  # it was renamed
            beside.unlink()


def try_place(path: Path) -> None:
    """Raise ``OSError`` where no file can be written, before work is done that is to go there."""
    if not path.exists() or path.is_file():
        with tempfile.TemporaryFile(dir=path.resolve().parent):
            pass


def _fill(path: Path, content: str | bytes | Callable[[Path], object]) -> None:
    if callable(content):
        content(path)
        return
    text = content.encode("utf-8", "backslashreplace") if isinstance(content, str) else content
    with path.open("wb") as file:
        file.write(text)


def _mode(path: Path) -> int:
    """Return the permissions that a file has, or those that a new one gets."""
    with contextlib.suppress(OSError):
        return stat.S_IMODE(path.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
