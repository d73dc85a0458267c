"""A workflow command of GitHub, which becomes a note at a line of the change once a job prints it.

    ::error file=layers.py,line=12,title=gelu%3A wrong::what was found

Tested in tests/runner/test_annotation.py.
"""

from mlp.plain import plain


def annotation(level: str, title: str, message: str, place: tuple[str, int] | None) -> str:
    """Return the command that notes a message at a place, or of the whole job where it has none."""
    where = {"file": place[0], "line": str(place[1])} if place else {}
    named = {**where, "title": title}.items()
    properties = ",".join(f"{name}={_escaped(value, ':,')}" for name, value in named)
    return f"::{level} {properties}::{_escaped(message)}"


def _escaped(text: str, more: str = "") -> str:
    """Write what would end a command as %25, %0A, ..."""
    for character in f"%\r\n{more}":
        text = text.replace(character, f"%{ord(character):02X}")
    return plain(text)
