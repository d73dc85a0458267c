"""Standard output that neither breaks nor lies:  what it cannot carry is escaped or remembered.

A letter that a terminal lacks is escaped. Where nothing can be written any more, because the stream
is closed or its disk full, the command goes on without it, and ``lost`` says why. That nobody reads
(``mlp verify | head``) is a BrokenPipeError still. Tested in tests/command/test_streams.py.
"""

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import Any


class Lasting:
    """A text stream around another, which may be None where it was closed from the start."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream
        self.lost = "it is closed" if stream is None else ""

    def __getattr__(self, name: str) -> Any:
        """Answer for all else as the stream does."""
        return getattr(self.stream, name)

    @property
    def encoding(self) -> str:
        """The encoding of the stream."""
        return getattr(self.stream, "encoding", None) or "utf-8"

    def isatty(self) -> bool:
        """Tell whether a person looks at it."""
        return not self.lost and bool(self.stream.isatty())

    def write(self, text: str) -> int:
        """Write what the encoding has of a text, and the rest escaped."""
        text = text.encode(self.encoding, "backslashreplace").decode(self.encoding)
        return self._try("write", text) or 0

    def flush(self) -> None:
        """Hand on what was written."""
        self._try("flush")

    def _try(self, what: str, *words: Any) -> Any:
        if self.lost:
            return None
        try:
            return getattr(self.stream, what)(*words)
        except BrokenPipeError:
            raise
        except (OSError, ValueError) as error:
            self.lost = str(getattr(error, "strerror", None) or error)
            silence(self.stream)
            return None


@contextlib.contextmanager
def lasting() -> Iterator[Lasting]:
    """Let stdout and stderr last within the body; yield stdout."""
    out = Lasting(sys.stdout)
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(Lasting(sys.stderr)):
        yield out


def silence(stream: Any) -> None:
    """Let go what a stream still holds, so that nothing complains when the process ends."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
