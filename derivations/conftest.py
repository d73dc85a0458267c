"""Every block of every page is a test."""

from pathlib import Path

import pytest
from page_items import PageFile


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> PageFile | None:
    """Collect the pages."""
    return PageFile.from_parent(parent, path=file_path) if file_path.suffix == ".md" else None
