"""python tests/exactness [op ...]

Prints the table of every op in every library; --search climbs to the worst inputs of ours, and
--exhaustive tries every float32. The exit status is 1 where ours misses a goal.
"""
# ruff: noqa: T201  # what is printed is the answer

import argparse
import sys
import warnings
from pathlib import Path

sys.path[0] = str(Path(__file__).parents[1])  # a directory that is run puts itself there instead

import numpy as np  # noqa: E402  # needs the line above

from exactness import exhaustive, ordinary, search, table  # noqa: E402  # likewise
from exactness.functions import TRUTH  # noqa: E402  # likewise
from exactness.libraries import LIBRARIES, OURS, all_of_them  # noqa: E402  # likewise

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "derivations" / "15-digits.md"


def main():
    """Read the command line, and run what it asks for."""
    names = list(dict.fromkeys(name.partition(",")[0] for name in OURS))
    parser = argparse.ArgumentParser(prog="python tests/exactness", description=__doc__)
    flag = {"action": "store_true"}
    parser.add_argument("ops", nargs="*", metavar="op", help=", ".join(names))
    parser.add_argument("--share", type=float, default=1.0, help="of the sample, such as 0.05")
    parser.add_argument("--seed", type=int, default=0, help="of the sample, or of the search")
    parser.add_argument("--float32", **flag, help="measure float32, not float64")
    parser.add_argument("--alone", **flag, help="without torch and JAX")
    parser.add_argument("--short", **flag, help="the short table, at ordinary inputs, alone")
    parser.add_argument("--write", **flag, help="all tables, into derivations/")
    parser.add_argument("--search", **flag, help="climb to the worst inputs of ours")
    parser.add_argument("--rounds", type=int, default=200, help="of the search, for each direction")
    parser.add_argument("--exhaustive", **flag, help="every float32, for an elementwise function")
    parser.add_argument(
        "--step", type=int, default=1, help="with --exhaustive: 1 for every one, 17 for every 17th"
    )
    parser.add_argument("--derivative", **flag, help="with --exhaustive: for its derivative")
    asked = parser.parse_args()
    asked.dtype = np.float32 if asked.float32 else np.float64
    known = [*TRUTH] if asked.exhaustive else names
    if unknown := {*asked.ops} - {*known}:
        parser.error(f"no op {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    asked.ops = asked.ops or known
    warnings.simplefilter("ignore")  # others warn where they overflow; it is their results we want
    if asked.exhaustive:
        return every_float32(asked)
    if asked.search:
        return worst_inputs(asked)
    if asked.short or asked.write:
        ordinary_inputs(asked)
    if asked.short:
        return False
    if asked.write and not asked.float32:
        asked.dtype = np.float32
        side_by_side(asked)
        asked.dtype = np.float64
    return side_by_side(asked)


def side_by_side(asked):
    """Print the table; return whether ours misses a goal."""
    libraries = LIBRARIES if asked.alone else all_of_them()
    found = table.measure(
        libraries, asked.dtype, share=asked.share, seed=asked.seed, only=asked.ops
    )
    cells = [*table.rows(found, libraries, asked.dtype)]
    name = np.dtype(asked.dtype).name
    print(f"{name}: forward / backward, maximum error in ULPs (t: in ULPs of the terms)\n")
    print(table.markdown(cells))
    missed = table.missed(found, asked.dtype)
    print(*missed, sep="\n")
    if asked.write:
        table.put(PAGE, f"### {name}", cells)
    return bool(missed)


def ordinary_inputs(asked):
    """Print the short table of the guide."""
    every = all_of_them()
    cells = [*ordinary.rows({name: every[name] for name in ("ours", "PyTorch", "JAX")})]
    print(table.markdown(cells), end="\n\n")
    if asked.write:
        table.put(ROOT / "derivations" / "guide" / "digits.md", "# ", cells)


def worst_inputs(asked):
    """Climb to the worst inputs of each op, both ways; return whether one of them misses a goal."""
    missed = False
    for name, direction in ((name, d) for name in OURS for d in (0, 1)):
        if name.partition(",")[0] in asked.ops:
            worst = search.hunt(OURS, name, direction, asked.dtype, asked.seed, asked.rounds)
            print(
                f"{name} {('forward', 'backward')[direction]}: {worst.units:.3g} ULP, "
                f"{worst.share:.0%} of its goal, at {worst.where}",
                flush=True,
            )
            missed |= worst.share > 1
    return missed


def every_float32(asked):
    """Run the functions one after the other; return whether one of them is off by too much."""
    missed = False
    for name in asked.ops:
        print(f"{name}{' derivative' if asked.derivative else ''}", flush=True)
        tally = exhaustive.run(
            name, derivative=asked.derivative, step=asked.step, report=sys.stderr.write
        )
        print(tally, flush=True)
        missed |= not tally.kept
    return missed


if __name__ == "__main__":
    sys.exit(main())
