"""python tests/gate [--calls 100000] [--seed N] [--workers 2] [--case N]

Makes generated calls of every public function and counts those that end neither in the right answer
nor in one line. A call is repeated by its line:  python tests/gate --case 17 --seed 0
The exit status is 1 where one ended badly.
"""

import argparse
import sys
from collections import Counter
from pathlib import Path

sys.path[0] = str(Path(__file__).parents[1])  # a directory that is run puts itself there instead

from gate import judge, run  # noqa: E402  # needs the line above


def main():
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python tests/gate", description="Try the gate.")
    parser.add_argument("--calls", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--case", type=int, help="the number of one call to repeat")
    parser.add_argument("--all", action="store_true", help="list a call of every kind")
    asked = parser.parse_args()
    print(f"seed {asked.seed}", flush=True)  # noqa: T201  # the answer, here and below
    if asked.case is not None:
        return shown(asked.case, asked.seed)
    found = run.run(asked.calls, asked.seed, asked.workers)
    print(run.table(found, asked.calls))  # noqa: T201
    kinds = Counter((m.function, m.label, m.fault) for m in found)
    for (function, label, fault), count in kinds.most_common(None if asked.all else 25):
        case = next(
            m.case for m in found if (m.function, m.label, m.fault) == (function, label, fault)
        )
        print(f"  {count:>5}  {function}({label}) {fault}   --case {case} --seed {asked.seed}")  # noqa: T201
    return bool(found)


def shown(case, seed):
    """Print one call and how it ends."""
    function, call, label = run.drawn(seed, case)
    print(function.name, label)  # noqa: T201
    ending = judge.end(function, call)
    print(f"{ending.error!r}"[:2000] if ending.error else ending.result)  # noqa: T201
    found = run.misses(case, seed)
    print(*(miss.fault for miss in found), sep="\n")  # noqa: T201
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
