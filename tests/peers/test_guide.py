"""The blocks of the guide that need a framework: they run, and print what their page shows."""

import pages
import pytest
import torch

torch.set_num_threads(1)
PAGES = [
    page
    for page in sorted((pages.ROOT / "derivations/guide").glob("*.md"))
    if "\n```py\n" in page.read_text(encoding="utf-8")
]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_blocks_of_a_page_print_what_it_shows(page):
    pages.check(page)
    if lacking := pages.skipped(page):
        pytest.skip("; ".join(lacking))  # the others ran, and hold
