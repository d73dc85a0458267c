"""Benchmarks run where they are asked for by name (`pytest tests/benchmarks`), nowhere else.

Asked for, a missing package is an error, never a skip.
"""

from pathlib import Path

HERE = Path(__file__).parent


def pytest_ignore_collect(config):
    asked = any(
        HERE in [p := Path(arg.split("::")[0]).resolve(), *p.parents] for arg in config.args
    )
    return None if asked else True
