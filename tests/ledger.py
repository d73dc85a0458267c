"""A row of a ledger as the renderer wants it, for tests that prove nothing."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    page: str
    line: int
    verdict: str = "proved"
    entries: int = 6
    conditions: tuple[str, ...] = ()
    equation: str = ""
    message: str = ""
