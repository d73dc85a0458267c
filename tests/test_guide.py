"""What the guide promises in prose and tables is there: kinds, tests, links."""

import re

from pages import ROOT

from mlp.command.sarif import RULES

GUIDE = ROOT / "derivations/guide"


def rows(page):
    """Return the rows of the tables of a page, without their heads, each a list of cells."""
    text = (GUIDE / page).read_text(encoding="utf-8")
    lines = re.findall(r"^\|(.*)\|$", text, re.MULTILINE)
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)] for line in lines]


def test_the_page_of_failures_says_of_every_kind_of_finding_what_to_do():
    told = {
        kind for row in rows("gradient-check-fails.md") for kind in re.findall(r"`(\w+)`", row[0])
    }
    assert told == {*RULES} | {"unjudged"}  # which never stands alone
