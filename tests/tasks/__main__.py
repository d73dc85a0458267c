"""python tests/tasks [task ...] [--seed N]

Goes every way in with every layer, right and wrong, and prints verdict and seconds. What needs a
package that is not installed is skipped by name. The exit status is 1 where a right layer is called
wrong, or a wrong one right, or a check ends undecided.
"""

import argparse
import sys
import time
from pathlib import Path

sys.path[0] = str(Path(__file__).parents[1])  # a directory that is run puts itself there instead

from tasks.ways import TASKS, WAYS, missing  # noqa: E402  # needs the line above

FITS = {"right": {"correct", "proved", "checked"}, "wrong": {"wrong", "refused"}}
OPEN = "not proved"  # what a proof may say of either


def main():
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python tests/tasks", description="Try users' layers.")
    parser.add_argument("tasks", nargs="*", metavar="task", choices=[[], *TASKS])
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    print(f"seed {asked.seed}\n{'layer':<20}" + "".join(f"{way:>22}" for way in WAYS))  # noqa: T201  # the answer
    ok = True
    for task in asked.tasks or TASKS:
        if package := missing(task):
            print(f"{task:<20}  skipped: {package} is not installed")  # noqa: T201
            continue
        for kind, op in zip(FITS, TASKS[task], strict=True):
            cells = []
            for way in WAYS.values():
                started = time.perf_counter()
                verdict = way(task, op, asked.seed)
                cells.append(f"{verdict:>14} {time.perf_counter() - started:5.1f} s")
                ok &= verdict in FITS[kind] or verdict == OPEN
            print(f"{op:<20}" + "".join(cells), flush=True)  # noqa: T201
    return not ok


if __name__ == "__main__":
    sys.exit(main())
