"""Spread independent measurements over processes, or over whatever maps like ``map``.

A task keeps an account of its own of what it called, and hands it back with its answer. Its random
numbers come from the seed and its place in the order. So the answer does not depend on who works.

The convention is SciPy's: an int counts processes, -1 takes every core, a callable serves as it is.
"""

import contextlib
import multiprocessing
import os
import pickle
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from mlp.gradcheck.problem import Exhausted, Problem, Raised, Spent

Mapper: TypeAlias = Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]]
Workers: TypeAlias = int | Mapper


@dataclass(frozen=True)
class Done:
    """What a task has to say: its account, and its answer or what stopped it."""

    spent: Spent
    answer: Any = None
    stop: Exhausted | Raised | None = None


def apart(problem: Problem, work: Callable[[Problem], Any]) -> Done:
    """Do a task on an account of its own."""
    own = problem.on_account(problem.spent.rest())
    try:
        with np.errstate(all="ignore"):  # in another process there is none around it
            return Done(own.spent, work(own))
    except (Exhausted, Raised) as stop:
        return Done(own.spent, stop=stop)


def collect(problem: Problem, tasks: Iterable[Done]) -> Iterator[Any]:
    """Yield the answers in order, add up the accounts, and raise what stopped a task."""
    for done in tasks:
        problem.spent.add(done.spent)
        if done.stop is not None:
            raise done.stop
        if problem.spent.calls[0] > problem.spent.limit:
            raise Exhausted
        yield done.answer


@contextlib.contextmanager
def mapper(workers: Workers, functions: tuple[Callable[..., Any], ...]) -> Iterator[Mapper]:
    """Provide the map that was asked for; refuse what cannot be one, in one line."""
    if callable(workers):
        yield workers
        return
    if type(workers) is not int or workers < -1 or workers == 0:
        raise ValueError(
            f"check: workers must be a positive int, -1 for every core, or a callable like map, "
            f"but is {workers!r}"
        )
    if workers == 1:
        yield map
        return
    try:
        pickle.dumps(functions)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise TypeError(
            f"check: workers={workers} sends forward and backward to other processes, but {error}; "
            f"define them in a module, or pass workers=ThreadPoolExecutor().map"
        ) from None
    count = os.cpu_count() if workers == -1 else workers
    with multiprocessing.Pool(count) as pool:
        yield pool.imap
