"""Every block of every derivation is a test; the guide's pages are run by tests/test_pages.py."""

from pathlib import Path

import pytest
from page_items import PageFile

HERE = Path(__file__).parent


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> PageFile | None:
    """Collect the pages."""
    derivation = file_path.suffix == ".md" and file_path.parent == HERE
    return PageFile.from_parent(parent, path=file_path) if derivation else None
