"""python tests/exactness [op ...] [--share 0.1] [--seed N] [--float32] [--write FILE]

Prints the table of every op in every library, and exits with 1 where ours misses a goal.
"""

import argparse
import sys
import warnings
from pathlib import Path

sys.path[0] = str(Path(__file__).parents[1])  # a directory that is run puts itself there instead

import numpy as np  # noqa: E402  # needs the line above

from exactness import exhaustive, table  # noqa: E402  # likewise
from exactness.functions import TRUTH  # noqa: E402  # likewise
from exactness.libraries import LIBRARIES, OURS, all_of_them  # noqa: E402  # likewise


def main():
    """Read the command line."""
    names = list(dict.fromkeys(name.partition(",")[0] for name in OURS))
    parser = argparse.ArgumentParser(prog="python tests/exactness", description=__doc__)
    parser.add_argument("ops", nargs="*", metavar="op", help=", ".join(names))
    parser.add_argument("--share", type=float, default=1.0, help="of the sample, such as 0.05")
    parser.add_argument("--seed", type=int, default=0, help="of the sample")
    parser.add_argument("--float32", action="store_true", help="measure float32, not float64")
    parser.add_argument("--alone", action="store_true", help="without torch and JAX")
    parser.add_argument(
        "--exhaustive", action="store_true", help="every float32 of elementwise ops"
    )
    parser.add_argument(
        "--derivative", action="store_true", help="with --exhaustive: its derivative"
    )
    asked = parser.parse_args()
    known = [*TRUTH] if asked.exhaustive else names
    if unknown := {*asked.ops} - {*known}:
        parser.error(f"no op {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    warnings.simplefilter("ignore")  # others warn where they overflow; it is their results we want
    if asked.exhaustive:
        return every_float32(asked.ops or [*TRUTH], derivative=asked.derivative)
    libraries = LIBRARIES if asked.alone else all_of_them()
    dtype = np.float32 if asked.float32 else np.float64
    found, calls = table.measure(
        libraries, dtype, share=asked.share, seed=asked.seed, only=asked.ops
    )
    print(table.title(dtype, calls, asked.seed), end="\n\n")  # noqa: T201  # the answer
    print(table.markdown(table.rows(found, libraries, dtype)))  # noqa: T201  # likewise
    print(*table.missed(found, dtype), sep="\n")  # noqa: T201  # likewise
    return bool(table.missed(found, dtype))


def every_float32(names, *, derivative):
    """Run the functions one after the other; return whether one of them was rounded wrongly."""
    wrong = 0
    for name in names:
        print(f"{name}{' derivative' if derivative else ''}", flush=True)  # noqa: T201  # the answer
        tally = exhaustive.run(name, derivative=derivative, report=sys.stderr.write)
        print(tally, flush=True)  # noqa: T201  # the answer
        wrong += len(tally.wrong)
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
