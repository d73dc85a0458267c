"""What a command says where it cannot do what it is asked, or what it found cannot be handed over.

A ``UsageError`` refuses it; what else goes wrong costs no result that there is. All of it goes to
stderr, and each has its exit status. Tested in tests/test_cli.py.
"""
# ruff: noqa: PLC0415, T201  # help must not wait for NumPy; printing is what it is for

import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

from mlp.command.parser import OURS, USAGE
from mlp.command.streams import Lasting
from mlp.plain import plain

PACKAGES = {"numpy", "scipy", "tqdm"}  # there is no mlp without them
MISSING = "mlp needs {0}, which this Python does not have: pip install {0}"
HIDDEN = "mlp needs {0}, but {1.path} hides it: give that file another name"
CONFESSION = (
    "mlp: a fault of mlp's own, which says nothing of your gradients: please open an issue of "
    "mlp-reference with the lines above ({made_with})"
)


class UsageError(Exception):
    """A command cannot be carried out; the message says why in one line."""


def complain(text: str) -> None:
    """Say what is not a result."""
    print(plain(text), file=sys.stderr)


def told(out: Lasting) -> set[int]:
    """Return the exit statuses of a command whose results were printed, or could not be."""
    out.flush()
    if out.lost:
        complain(f"mlp: what was found cannot be printed: {out.lost}")
    return {0, USAGE if out.lost else 0}


def confess(error: Exception) -> int:
    """Show the traceback of a fault of our own, say where to report it; return its status.

    That a package of ours is missing, or hidden by a file of its name, is said in one line.
    """
    package = (getattr(error, "name", None) or "").partition(".")[0]
    if isinstance(error, ImportError) and package in PACKAGES:
        complain(MISSING.format(package) if error.path is None else HIDDEN.format(package, error))
        return USAGE
    from mlp.gradcheck.versions import made_with

    complain(traceback.format_exc())
    complain(CONFESSION.format(made_with=made_with()))
    return OURS


@contextmanager
def losing(what: str, known: set[int]) -> Iterator[None]:
    """Go on where a report cannot be written: say so, and add its exit status to those known."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        complain(f"{what} is not written: {error}")
        known.add(USAGE)
    except Exception as error:  # noqa: BLE001  # one report must not cost the others
        known.add(confess(error))


def need(package: str, extra: str, whose: str = "") -> None:
    """Refuse a command, or an option of it, whose package is not installed."""
    if not find_spec(package.lower()):
        raise UsageError(f"{whose}needs {package}: pip install 'mlp-reference[{extra}]'")


@contextmanager
def refused(errors: type[Exception] | tuple[type[Exception], ...], why: str) -> Iterator[None]:
    """Refuse a command in whose body one of the errors is raised."""
    try:
        yield
    except errors as error:
        raise UsageError(f"{why}{error}") from error
