"""Collect this folder only where its packages are installed, or where it is asked for by name.

Asked for by name (`pytest tests/distributed`) a missing package is an error, never a skip.
"""

from importlib.util import find_spec
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PACKAGES = ("dask", "distributed", "joblib")


def pytest_ignore_collect(config):
    asked = any(
        HERE in [p := Path(arg.split("::")[0]).resolve(), *p.parents] for arg in config.args
    )
    return None if asked or all(map(find_spec, PACKAGES)) else True


@pytest.fixture(scope="session")
def client():
    """Return the client of a cluster of two processes on this machine."""
    from distributed import Client, LocalCluster

    cluster = LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    )
    with cluster, Client(cluster) as client:
        yield client
