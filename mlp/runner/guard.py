"""Run a stranger's code: whatever it does, the answer is a value or one ``TargetError``.

It may raise, call ``sys.exit``, print to the stream that carries our results, or never return.
Tested in tests/runner/test_guard.py.
"""

import contextlib
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from mlp.plain import said_by

R = TypeVar("R")
SOON = 1e-3  # seconds in which a limit rings that has passed meanwhile


class TargetError(Exception):
    """What was to be checked cannot be; the message says why in one line."""


class EmptyError(TargetError):
    """There is no op where one was looked for."""


class TooLong(TargetError):  # noqa: N818  # its name says what the error is
    """It took longer than it may."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"took longer than the timeout of {seconds:g} s; allow more")


class TimeUp(BaseException):
    """The time limit has passed. No ``Exception``, so that the code under test lets it through."""


def guarded(call: Callable[[], R], seconds: float) -> R:
    """Return ``call()``, or raise ``TargetError`` for whatever goes wrong in it.

    Only Ctrl-C passes, where it is not ignored. What the call prints goes to stderr.
    """
    try:
        with deadline(seconds), contextlib.redirect_stdout(sys.stderr):
            return call()
    except TargetError:
        raise
    except TimeUp:
        raise TooLong(seconds) from None
    except SystemExit as error:
        raise TargetError(f"called sys.exit({error.code!r}){_line_of(error)}") from error
    except BaseException as error:  # a stranger's exception may derive from anything
        if (
            isinstance(error, KeyboardInterrupt)
            and signal.getsignal(signal.SIGINT) != signal.SIG_IGN
        ):
            raise
        raise TargetError(fault_of(error)) from error


def fault_of(error: BaseException) -> str:
    """Say in one line what was raised and where."""
    what = " ".join(said_by(error).split())
    kind = type(error).__name__
    return (f"{kind}: {what}" if what else kind) + _line_of(error)


def can_stop() -> bool:
    """Tell whether a time limit can be kept here: on Unix, in the main thread."""
    return hasattr(signal, "setitimer") and (threading.current_thread() is threading.main_thread())


@contextlib.contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Raise ``TimeUp`` in the body once the seconds have passed, where ``can_stop()``.

    A limit that was set before, such as that of pytest-timeout, is kept: it rings at its own time.
    """
    if not can_stop():
        yield
        return

    start = time.monotonic()
    left, interval = signal.getitimer(signal.ITIMER_REAL)  # of the limit before
    before = signal.getsignal(signal.SIGALRM)

    limit = min(seconds, left or seconds)

    def ring(number: int, frame: Any) -> None:
        passed = time.monotonic() - start
        if passed < limit:  # the code under test has set the timer
            signal.setitimer(signal.ITIMER_REAL, max(limit - passed, SOON), 1)
            return
        if 0 < left <= passed and callable(before):
            before(number, frame)
        raise TimeUp

    signal.signal(signal.SIGALRM, ring)
    # It rings again every second, for code that swallows every exception.
    signal.setitimer(signal.ITIMER_REAL, limit, 1)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if left:
            rest = max(left - (time.monotonic() - start), SOON)
            signal.setitimer(signal.ITIMER_REAL, rest, interval)


def _line_of(error: BaseException) -> str:
    """Name the innermost line of a file that the exception came through, as ' (file:line)'."""
    if isinstance(error, SyntaxError):  # its own message names the line
        return ""
    here = {__file__, contextlib.__file__}
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename not in here and not frame.filename.startswith("<")
    ]
    return f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
