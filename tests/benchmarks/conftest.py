"""Benchmarks run where they are asked for by name (`pytest tests/benchmarks`), nowhere else.

Asked for, a missing package is an error, never a skip.
"""

import os
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
os.environ.setdefault(
    "XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
)


def pytest_ignore_collect(config):
    asked = any(
        HERE in [p := Path(arg.split("::")[0]).resolve(), *p.parents] for arg in config.args
    )
    return None if asked else True


@pytest.fixture(autouse=True)
def _one_thread():
    """NumPy's matrix products take one thread, as those of the others."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        yield
