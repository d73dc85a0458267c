"""Output lasts, whatever becomes of the stream under it."""

import io
import sys

import pytest

from mlp.command.streams import Lasting, lasting


class Failing(io.StringIO):
    """A stream whose every write fails in the same way."""

    def __init__(self, error):
        super().__init__()
        self.error = error

    def write(self, _):
        raise self.error


def test_letters_that_the_encoding_lacks_are_escaped():
    raw = io.BytesIO()
    out = Lasting(io.TextIOWrapper(raw, encoding="ascii"))
    out.write("3 × 4 \udce9")
    out.flush()
    assert raw.getvalue() == rb"3 \xd7 4 \udce9"
    assert out.lost == ""


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (OSError(28, "No space left on device"), "No space left on device"),
        (ValueError("I/O operation on closed file"), "I/O operation on closed file"),
    ],
)
def test_what_cannot_be_written_is_remembered_and_nothing_raises(error, why):
    out = Lasting(Failing(error))
    out.write("one")
    assert out.lost == why
    out.write("two")
    out.flush()
    assert not out.isatty()


def test_a_stream_that_was_closed_from_the_start_is_lost():
    out = Lasting(None)
    out.write("one")
    out.flush()
    assert (out.lost, out.isatty(), out.encoding) == ("it is closed", False, "utf-8")


def test_that_nobody_reads_is_an_exception_still():
    with pytest.raises(BrokenPipeError):
        Lasting(Failing(BrokenPipeError())).write("one")


def test_prints_go_through_it_within_the_body(capsys):
    with lasting() as out:
        sys.stdout.write("one\n")
    assert capsys.readouterr().out == "one\n"
    assert out.lost == ""
