"""A cluster comes to the same report as one process, also when it loses a worker half-way."""

import dataclasses
import os
import signal
import time

import numpy as np

from mlp import check
from mlp.ops import affine

POINT = affine.example(np.random.default_rng(0), n=5, d=31, m=43)


def wrong(dO, X, W, b):
    dX, dW, db = affine.backward(dO, X, W, b)
    dW[2, 1] *= 1.001
    return dX, dW, -db


def ends_its_worker(X, W, b):
    """End every process but that of the tests, which has no Dask worker in it."""
    from distributed import get_worker

    try:
        get_worker()
    except ValueError:
        return affine.forward(X, W, b)
    os._exit(1)


def told(**options):
    """Return the report on a wrong gradient, without its seconds."""
    return dataclasses.replace(check(affine.forward, wrong, *POINT, **options), seconds=0.0)


def test_a_client_or_its_map_serves_as_workers(client):
    for options in ({}, {"exhaustive": True}):
        alone = told(**options)
        assert told(workers=client, **options) == told(workers=client.map, **options) == alone


def test_a_worker_that_is_killed_half_way_changes_nothing(client):
    killed = []

    def losing_one(function, items):
        tasks = client.map(function, items)
        while len(items) > 2 and not killed and client.status == "running":
            if sum(task.done() for task in tasks) >= len(tasks) / 3:
                assert not all(task.done() for task in tasks)
                address, pid = next(iter(client.run(os.getpid).items()))
                os.kill(pid, signal.SIGKILL)
                killed.append(address)
            time.sleep(0.001)
        return tasks

    alone = told(exhaustive=True)
    assert told(exhaustive=True, workers=losing_one) == alone
    assert len(killed) == 1


def test_a_forward_that_ends_every_worker_is_a_finding(client):
    report = check(ends_its_worker, wrong, *POINT, workers=client)
    assert report.verdict == "inconclusive"
    assert report.findings[-1].kind == "raised"
    assert "died (KilledWorker)" in report.findings[-1].message


def test_joblib_serves_as_workers():
    from joblib import Parallel

    assert told(workers=Parallel(n_jobs=2), exhaustive=True) == told(exhaustive=True)
