"""Whoever does the work, the report is the same."""

import dataclasses
import os
import re
import signal
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool

import numpy as np
import pytest

from mlp import check
from mlp.gradcheck.pose import pose
from mlp.gradcheck.problem import Exhausted, Raised
from mlp.gradcheck.workers import apart, mapper, spread
from mlp.ops import affine
from mlp.runner.verdicts import verdict_of
from mlp.verdict import exit_status

POINT = affine.example(np.random.default_rng(0), n=5, d=11, m=13)


def wrong_in_two(dO, X, W, b):
    dX, dW, db = affine.backward(dO, X, W, b)
    dW[2, 1] *= 1.001
    return dX, dW, -db


def raises_for_W(X, W, b):
    if not np.array_equal(W, POINT[1]):
        raise RuntimeError("W has moved")
    return affine.forward(X, W, b)


def told(report):
    """Return a report without its seconds."""
    return dataclasses.replace(report, seconds=0.0)


def wrong_in_one(dO, X, W, b):
    return wrong_in_two(dO, X, W, b)[1]


@pytest.fixture(scope="module")
def threads():
    with ThreadPoolExecutor(2) as pool:
        yield pool


@pytest.mark.parametrize(
    ("backward", "options"),
    [
        (affine.backward, {}),
        (affine.backward, {"exhaustive": True}),
        (wrong_in_two, {}),
        (wrong_in_two, {"rng": 5}),
        (wrong_in_one, {"wrt": "W"}),
    ],
)
def test_the_report_does_not_depend_on_who_works(backward, options, threads):
    alone = told(check(affine.forward, backward, *POINT, **options))
    assert alone.verdict == ("correct" if backward is affine.backward else "wrong")
    for workers in (futures(threads), threads):  # an executor stands for its map
        assert told(check(affine.forward, backward, *POINT, workers=workers, **options)) == alone


def test_processes_come_to_the_same_report():
    alone = told(check(affine.forward, wrong_in_two, *POINT))
    assert told(check(affine.forward, wrong_in_two, *POINT, workers=2)) == alone


def futures(pool):
    """Return what maps as a Dask client does: to futures, of lists alone, and some tasks twice."""

    def over(function, items):
        assert isinstance(items, list)
        again = [pool.submit(function, item) for item in items[::2]]  # its worker was lost
        tasks = [pool.submit(function, item) for item in items]
        return [again[k // 2] if k % 2 == 0 else task for k, task in enumerate(tasks)]

    return over


def test_the_evaluations_of_a_search_are_shared_out():
    handed = []

    def watching(function, items):
        handed.append(items)
        return map(function, items)

    report = check(affine.forward, wrong_in_one, *POINT, wrt="W", workers=watching)
    assert [e.index for e in report.findings[0].entries] == [(2, 1)]
    assert len(handed) >= 8
    assert {len(items) for items in handed} == {6}


def test_what_joblib_calls_parallel_is_handed_calls():
    class Parallel:
        n_jobs = 2

        def __call__(self, calls):
            return [function(*words, **options) for function, words, options in calls]

    alone = check(affine.forward, wrong_in_two, *POINT)
    assert told(check(affine.forward, wrong_in_two, *POINT, workers=Parallel())) == told(alone)


def test_a_map_of_ones_own_is_handed_every_argument_or_every_part():
    handed = []

    def watching(function, items):
        handed.append([*items])
        return map(function, handed[-1])

    check(affine.forward, affine.backward, *POINT, workers=watching)
    assert handed == [[0, 1, 2]]
    handed.clear()
    check(affine.forward, affine.backward, *POINT, workers=watching, exhaustive=True)
    assert [sum(map(len, parts)) for parts in handed] == [55, 143, 13]


def ends_elsewhere(X, W, b):
    """Die by the system's hand, as where memory is used up, in every process but the first."""
    if os.getpid() != int(os.environ["HERE"]):
        os.kill(os.getpid(), signal.SIGKILL)
    return affine.forward(X, W, b)


def exits_elsewhere(X, W, b):
    if os.getpid() != int(os.environ["HERE"]):
        os._exit(0)
    return affine.forward(X, W, b)


@pytest.mark.parametrize("forward", [ends_elsewhere, exits_elsewhere])
def test_a_worker_that_dies_leaves_it_undecided(forward, monkeypatch):
    monkeypatch.setenv("HERE", str(os.getpid()))
    report = check(forward, affine.backward, *POINT, workers=2, exhaustive=True)
    assert report.verdict == "inconclusive"
    (finding,) = report.findings
    assert (finding.kind, finding.severity) == ("raised", "doubt")
    assert "a process that shared the work died" in finding.message
    assert verdict_of(report) == "error"  # which ends a run with status 3
    assert exit_status([verdict_of(report)]) == 3


def test_a_map_that_has_lost_its_workers_does_so_too():
    killed = type("KilledWorker", (Exception,), {})  # Dask's, where a task costs several workers
    for error in (BrokenProcessPool, killed):

        def lost(function, items, error=error):
            yield function(items[0])
            raise error("gone")

        report = check(affine.forward, affine.backward, *POINT, workers=lost)
        assert report.verdict == "inconclusive"
        assert [row.name for row in report.arguments] == ["X"]
        assert f"died ({error.__name__})" in report.findings[-1].message


def test_what_cannot_travel_between_processes_is_refused_in_one_line():
    says = (
        r"check: workers= sends forward and backward to other processes, but .*<lambda>.*; define"
    )
    with pytest.raises(TypeError, match=says) as caught:
        check(lambda x: x, lambda dO, _: dO, np.ones(3), workers=2)
    assert "\n" not in str(caught.value)


def test_what_is_raised_in_a_worker_is_told_with_its_line(threads):
    report = check(raises_for_W, affine.backward, *POINT, workers=threads)
    assert report.verdict == "inconclusive"
    said = "\n".join(f.message for f in report.findings)
    assert re.search(r"forward, evaluation \d+ raised RuntimeError: W has moved", said)
    assert 'raise RuntimeError("W has moved")' in said


@pytest.mark.parametrize("limit", [70, 110, 190])
def test_the_limit_of_evaluations_holds_over_all_workers(limit, threads):
    alone = check(affine.forward, wrong_in_two, *POINT, max_evaluations=limit)
    assert alone.evaluations <= limit
    report = check(affine.forward, wrong_in_two, *POINT, workers=threads, max_evaluations=limit)
    assert told(report) == told(alone)


# ------------------------------------------------------------------ the parts


def spending(calls, stop=None):
    """Return a task that calls forward so often."""

    def work(problem):
        for _ in range(calls):
            problem.forward()
        if stop:
            raise stop
        return calls

    return work


def shared(problem, works, across=map):
    """Spread tasks, each of which is some work."""
    return spread(problem, across, lambda work: apart(problem, work), works)


def test_accounts_add_up_in_order():
    problem = pose(np.sin, np.cos, (np.ones(2),), max_evaluations=10)
    assert [*shared(problem, [spending(3), spending(4)])] == [3, 4]
    assert problem.spent.calls == [7, 0]


@pytest.mark.parametrize("across", [map, lambda task, items: [*map(task, items)]])
def test_a_task_stops_at_what_is_left_and_so_do_tasks_side_by_side(across):
    problem = pose(np.sin, np.cos, (np.ones(2),), max_evaluations=10)
    assert isinstance(apart(problem, spending(11)).stop, Exhausted)
    answers = shared(problem, [spending(6), spending(6)], across)
    assert next(answers) == 6
    with pytest.raises(Exhausted):
        next(answers)
    assert problem.spent.calls == [10, 0]


def test_what_stopped_a_task_is_raised_again():
    problem = pose(np.sin, np.cos, (np.ones(2),))
    with pytest.raises(Raised, match="half-way"):
        [*shared(problem, [spending(2, Raised("half-way"))])]
    assert problem.spent.calls == [2, 0]


def test_one_worker_is_the_map_of_every_day():
    with mapper(1, ()) as across:
        assert across is map
