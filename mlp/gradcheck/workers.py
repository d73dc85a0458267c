"""Spread independent measurements over processes, or over whatever maps like ``map``.

A task keeps an account of its own of what it called, and hands it back with its answer. Its random
numbers come from the seed and its place in the order. So the answer does not depend on who works,
nor on how often one of them had to begin again.

The convention is SciPy's: an int counts processes, -1 takes every core, a callable serves as it is.
So does what has a ``map``, and joblib's ``Parallel``.

What starts processes is loaded where they are started. Tested in tests/gradcheck/test_workers.py,
and on a cluster in tests/distributed.
"""
# ruff: noqa: PLC0415  # see above

import contextlib
import itertools
import os
import pickle
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from mlp.gradcheck.problem import Exhausted, Problem, Raised, Spent

Mapper: TypeAlias = Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]]
Workers: TypeAlias = int | Mapper

NEAR = 64  # calls left, from which on it matters to a task how many there are
LOST = ("KilledWorker", "FutureCancelledError", "TerminatedWorkerError")  # of Dask, and of loky
DIED = (
    "a process that shared the work died ({}): killed, out of memory, or ended by forward or "
    'backward; a script needs `if __name__ == "__main__":` around its calls'
)


class Deferred(Exception):  # noqa: N818  # a signal between our own functions, not an error
    """A task has work to share out itself, and is to be done where that can be."""


@dataclass(frozen=True)
class Done:
    """What a task has to say: its account, and its answer or what stopped it."""

    spent: Spent
    answer: Any = None
    stop: Exhausted | Raised | Deferred | None = None


def apart(problem: Problem, work: Callable[[Problem], Any]) -> Done:
    """Do a task on an account of its own."""
    own = problem.on_account(problem.spent.rest())
    try:
        with np.errstate(all="ignore"):  # in another process there is none around it
            return Done(own.spent, work(own))
    except (Exhausted, Raised, Deferred) as stop:
        return Done(own.spent, stop=stop)


def spread(
    problem: Problem,
    across: Mapper,
    task: Callable[[Any], Done],
    items: Iterable[Any],
    here: Callable[[Any], Done] | None = None,
) -> Iterator[Any]:
    """Yield the answer of the task for each item, in order; add up the accounts.

    What stopped a task is raised. A task that the others left fewer calls than it was granted is
    done once more with these, and what is deferred is done ``here``; so the sum is that of one
    worker who takes one item after another.
    """
    items = [*items]
    answers = iter(across(task, items))
    for item in items:
        done = _resolved(answers)
        if isinstance(done.stop, Deferred) and here:
            done = here(item)
        elif across is not map and problem.spent.left - done.spent.calls[0] < NEAR:
            done = (here or task)(item)
        problem.spent.add(done.spent)
        if done.stop is not None:
            raise done.stop
        yield done.answer


def deferring(_: Any, __: Iterable[Any]) -> Iterable[Any]:
    """Map nothing: whoever would share out work here is to do it elsewhere."""
    raise Deferred


def _resolved(answers: Iterator[Any]) -> Done:
    """Return the next answer, which may be a future; ``Raised`` where its process has died."""
    try:
        done: Any = next(answers)
        result: Done = done if isinstance(done, Done) else done.result()
    except Exception as error:
        from concurrent.futures import BrokenExecutor, CancelledError

        if isinstance(error, (BrokenExecutor, CancelledError)) or type(error).__name__ in LOST:
            raise Raised(DIED.format(type(error).__name__)) from error
        raise
    return result


@contextlib.contextmanager
def mapper(workers: Workers, functions: tuple[Callable[..., Any], ...]) -> Iterator[Mapper]:
    """Provide the map that was asked for; refuse what cannot be one, in one line."""
    if like_map := _like_map(workers):
        yield like_map
        return
    if type(workers) is not int or workers < -1 or workers == 0:
        raise ValueError(
            f"check: workers must be a positive int, -1 for every core, or a callable like map, "
            f"but is {workers!r}"
        )
    if workers == 1:
        yield map
        return
    with processes(workers) as across:
        sent(functions)
        yield across


def _like_map(workers: Any) -> Mapper | None:
    """Return what maps: a callable, the map of an executor or a client, joblib's Parallel."""
    if callable(workers) and hasattr(workers, "n_jobs"):
        return lambda function, items: workers((function, (item,), {}) for item in items)
    found = getattr(workers, "map", workers)
    return found if callable(found) else None


@contextlib.contextmanager
def processes(count: int) -> Iterator[Mapper]:
    """Provide a map over so many processes, -1 for every core, that outlives none of them.

    They are started anew, for a fork of a process with threads may hang. What they do lies in a
    file that each of them reads once, so only items go through their pipes.
    """
    import multiprocessing
    import tempfile
    from concurrent.futures import ProcessPoolExecutor

    count = (os.cpu_count() or 1) if count == -1 else count
    pool = ProcessPoolExecutor(count, multiprocessing.get_context("spawn"))
    number = itertools.count()

    def across(function: Callable[[Any], Any], items: Iterable[Any]) -> Iterable[Any]:
        file = Path(folder, str(next(number)))
        file.write_bytes(sent(function))
        return pool.map(partial(_fetched, str(file)), items)

    with tempfile.TemporaryDirectory() as folder:
        try:
            yield across
        finally:
            pool.shutdown(cancel_futures=True)


def sent(function: Any) -> bytes:
    """Return what another process can read; refuse in one line what cannot travel."""
    try:
        return pickle.dumps(function)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise _stays(error) from None


def _stays(error: Exception) -> TypeError:
    """Say that forward and backward cannot be had in other processes."""
    return TypeError(
        f"check: workers= sends forward and backward to other processes, but {error}; "
        f"define them in a module, or pass workers=ThreadPoolExecutor().map"
    )


def _fetched(file: str, item: Any) -> Any:
    """Do the work that lies in a file."""
    return _read(file)(item)


@lru_cache(maxsize=1)
def _read(file: str) -> Callable[[Any], Any]:
    try:
        function: Callable[[Any], Any] = pickle.loads(Path(file).read_bytes())  # noqa: S301  # ours
    except (AttributeError, ImportError) as error:  # of a notebook, or of what is not on its path
        raise _stays(error) from None
    return function
