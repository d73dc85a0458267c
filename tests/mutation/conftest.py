"""Collect this folder only where Cosmic Ray is installed, or where it is asked for by name."""

from importlib.util import find_spec
from pathlib import Path


def pytest_ignore_collect(config):
    asked = any(Path(argument).resolve() == Path(__file__).parent for argument in config.args)
    return None if asked or find_spec("cosmic_ray") else True
