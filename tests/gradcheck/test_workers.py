"""Whoever does the work, the report is the same."""

import dataclasses
import re
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from mlp import check
from mlp.gradcheck.pose import pose
from mlp.gradcheck.problem import Exhausted, Raised
from mlp.gradcheck.workers import apart, collect, mapper
from mlp.ops import affine

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


@pytest.fixture(scope="module")
def threads():
    with ThreadPoolExecutor(2) as pool:
        yield pool.map


@pytest.mark.parametrize("backward", [affine.backward, wrong_in_two])
@pytest.mark.parametrize("options", [{}, {"exhaustive": True}, {"rng": 5}])
def test_the_report_does_not_depend_on_who_works(backward, options, threads):
    alone = check(affine.forward, backward, *POINT, **options)
    for workers in (2, threads):
        report = check(affine.forward, backward, *POINT, workers=workers, **options)
        assert report.findings == alone.findings
        assert report.arguments == alone.arguments
        assert report.evaluations == alone.evaluations
        assert report.reproduce == alone.reproduce
    assert alone.verdict == ("correct" if backward is affine.backward else "wrong")


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


def test_what_cannot_travel_between_processes_is_refused_in_one_line():
    says = (
        r"check: workers=2 sends forward and backward to other processes, but .*<lambda>.*; define"
    )
    with pytest.raises(TypeError, match=says) as caught:
        check(lambda x: x, lambda dO, _: dO, np.ones(3), workers=2)
    assert "\n" not in str(caught.value)


def test_what_is_raised_in_a_worker_is_told_with_its_line():
    report = check(raises_for_W, affine.backward, *POINT, workers=2)
    assert report.verdict == "inconclusive"
    said = "\n".join(f.message for f in report.findings)
    assert re.search(r"forward, evaluation \d+ raised RuntimeError: W has moved", said)
    assert 'raise RuntimeError("W has moved")' in said


def test_the_limit_of_evaluations_holds_over_all_workers():
    report = check(affine.forward, wrong_in_two, *POINT, workers=2, max_evaluations=150)
    assert report.verdict == "wrong"
    assert len(report.arguments) < 3
    assert "used up" in report.findings[-1].message


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


def test_accounts_add_up_in_order():
    problem = pose(np.sin, np.cos, (np.ones(2),), max_evaluations=10)
    tasks = (apart(problem, spending(calls)) for calls in (3, 4))
    assert [*collect(problem, tasks)] == [3, 4]
    assert problem.spent.calls == [7, 0]


def test_a_task_stops_at_what_is_left_and_so_do_tasks_side_by_side():
    problem = pose(np.sin, np.cos, (np.ones(2),), max_evaluations=10)
    assert isinstance(apart(problem, spending(11)).stop, Exhausted)
    side_by_side = [apart(problem, spending(6)), apart(problem, spending(6))]
    answers = collect(problem, side_by_side)
    assert next(answers) == 6
    with pytest.raises(Exhausted):
        next(answers)


def test_what_stopped_a_task_is_raised_again():
    problem = pose(np.sin, np.cos, (np.ones(2),))
    with pytest.raises(Raised, match="half-way"):
        [*collect(problem, [apart(problem, spending(2, Raised("half-way")))])]
    assert problem.spent.calls == [2, 0]


def test_one_worker_is_the_map_of_every_day():
    with mapper(1, ()) as across:
        assert across is map
