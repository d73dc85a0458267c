"""python tests/trials [family ...] [--share 0.01] [--seed N] [--workers 2]

Runs the families in full, or a share of each, and prints a table. A case that was missed is
repeated by its line:  python tests/trials --family wrong-entry --case 17 --seed 0
The exit status is 1 where a limit is missed.
"""

import argparse
import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).parents[1])  # a directory that is run puts itself there instead

from trials import run  # noqa: E402  # needs the line above


def main():
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python tests/trials", description="Run the trials.")
    parser.add_argument("families", nargs="*", metavar="family", help=", ".join(run.BY_NAME))
    parser.add_argument("--share", type=float, default=1.0, help="of the cases, such as 0.01")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--family", help="with --case: the family of one case to repeat")
    parser.add_argument("--case", type=int)
    asked = parser.parse_args()
    unknown = {*asked.families, asked.family} - {None, *run.BY_NAME}
    if unknown:
        parser.error(f"no family {', '.join(sorted(unknown))}; there are {', '.join(run.BY_NAME)}")
    if asked.case is not None:
        if asked.family is None:
            parser.error("--case needs --family")
        family, outcomes = (
            run.BY_NAME[asked.family],
            [run.one(asked.family, asked.seed, asked.case)],
        )
        text, held = run.report(family, outcomes, outcomes[0].seconds)
        print(run.HEAD, text, run.misses(family, outcomes, asked.seed), sep="\n")  # noqa: T201  # the answer
        return not held
    names = [asked.family] if asked.family else asked.families or list(run.BY_NAME)
    return run.main(
        [run.BY_NAME[name] for name in names],
        fraction=asked.share,
        seed=asked.seed,
        workers=asked.workers,
    )


if __name__ == "__main__":
    sys.exit(main())
