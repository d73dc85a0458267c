"""Ops judged side by side: each file is loaded by as many processes as have an op of it in hand.

    with sharing(targets, judge, 4) as judge:
        outcomes = [judge(target) for target in targets]      as if there were one

Tested in tests/runner/test_sharing.py.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace

from mlp.runner.child import Child, Stranger
from mlp.runner.verdicts import Judged, Outcome

Judge = Callable[[Judged], Outcome]


@contextmanager
def sharing(targets: Sequence[Judged], judge: Judge, workers: int) -> Iterator[Judge]:
    """Judge targets in so many processes, and provide what waits for the outcome of each."""
    if workers == 1:
        yield judge
        return
    children: list[Child] = []
    idle: defaultdict[int, list[Child]] = defaultdict(list)  # by the child that loaded the file

    def apart(target: Judged) -> Outcome:
        if not isinstance(target, Stranger):
            return judge(target)
        mine = idle[id(target.child)]
        try:
            child = mine.pop()
        except IndexError:
            child = target.child.another()
            children.append(child)
        try:
            return judge(replace(target, child=child))
        finally:
            mine.append(child)

    with ThreadPoolExecutor(workers) as threads:  # each of which waits for a process
        try:
            begun = {id(target): threads.submit(apart, target) for target in targets}
            yield lambda target: begun[id(target)].result()
        finally:
            threads.shutdown(wait=False, cancel_futures=True)
            for child in children:
                child.end()
