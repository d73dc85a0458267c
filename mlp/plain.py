r"""Text of strangers as text alone: no control characters, no commands, no more than is read.

    plain("\x1b[31mred")       '\\x1b[31mred'      what would command a terminal is escaped
    plain("a\n::error ::b")    'a\n\\::error ::b'  and what would command a log of GitHub's
    shortened("www...")        cut once, and it says how long it was

Reports, tables and complaints go through it on their way out. Tested in tests/test_plain.py.
"""

import re

MOST = 2000  # letters of a message
# all but newline and tab: controls, surrogates, what turns the direction of writing, ends a line
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
COMMANDS = re.compile(r"^(\s*)(?=::)|(?<=#)(?=#\[)", re.MULTILINE)


def plain(text: str) -> str:
    """Return a text in which control characters, and beginnings of commands, are escaped."""
    return COMMANDS.sub(r"\1\\", CONTROLS.sub(_escaped, text))


def shortened(text: str, most: int = MOST) -> str:
    """Return a text, or its beginning with its length where it is longer than is read."""
    return text if len(text) <= most else f"{text[:most]} ... ({len(text):,} characters)"


def said_by(error: BaseException) -> str:
    """Return what an exception says, shortened; that it says nothing where its ``str`` raises."""
    try:
        return shortened(str(error))
    except BaseException as another:  # noqa: BLE001  # a stranger's __str__ may raise anything
        return f"(its message cannot be had: {type(another).__name__})"


def _escaped(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"
