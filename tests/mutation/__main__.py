"""What a wrong operator, constant, axis or sign in the product does: do the tests see it?

    python tests/mutation                        every mutant of the formulas
    python tests/mutation engine --seed 7        a thousand of the checker, drawn by the seed
    python tests/mutation formulas --only relu   those of some modules
    python tests/mutation --write                ... and write the table, tests/mutation/score-*.md

A mutant that no test kills is printed. Of the formulas each one is a failure, unless same.toml says
why it is the same function; of the checker nine of ten must be killed, at the lower end of the 95 %
interval. A run that was interrupted goes on where it was: of the formulas each module that has not
changed, of the checker all or none.
Tested in tests/test_mutation.py.
"""

# ruff: noqa: T201  # it prints what came of the mutants

import argparse
import hashlib
import os
import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).parents[1])  # a directory that is run puts itself there instead

from mutation.mirror import ROOT  # noqa: E402  # needs the line above
from mutation.score import Score  # noqa: E402
from mutation.session import drawn, run  # noqa: E402

GROUPS = {
    "formulas": [
        "mlp/ops",
        "mlp/two_layer.py",
        "mlp/network.py",
        "mlp/answers.py",
        "mlp/descent.py",
        "mlp/rows.py",
        "mlp/shapes.py",
        "mlp/signature.py",
        "mlp/initialise.py",
    ],
    "engine": ["mlp/gradcheck", "mlp/tangent", "mlp/adapters"],
}


def modules(group: str, only: str) -> list[str]:
    """Return the modules of a group, those of a folder included, whose path holds `only`."""
    found = [path for part in GROUPS[group] for path in within(ROOT / part)]
    return [name for path in found if only in (name := str(path.relative_to(ROOT)))]


def within(path: Path) -> list[Path]:
    """Return a file, or the Python files of a folder."""
    return sorted(path.rglob("*.py")) if path.is_dir() else [path]


def sessions(group: str, names: list[str], seed: int, count: int) -> list[Path]:
    """Return the sessions of modules, drawn where they are new: of the formulas one for each."""
    folder = ROOT / "build" / "mutants"
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for part in [[name] for name in names] if group == "formulas" else [names]:
        code = hashlib.sha256(b"".join((ROOT / name).read_bytes() for name in part)).hexdigest()
        what = Path(part[0]).stem if group == "formulas" else f"{seed}-{count}"
        path = folder / f"{group}-{what}-{code[:12]}.sqlite"
        if not path.exists():
            drawn(path, part, seed, None if group == "formulas" else count)
        paths.append(path)
    return paths


def main() -> int:
    """Run a session, print its survivors and its score, and return 1 where it falls short."""
    parser = argparse.ArgumentParser(prog="python tests/mutation", description="Try mutants.")
    parser.add_argument("group", nargs="?", choices=GROUPS, default="formulas")
    parser.add_argument("--only", default="", help="a part of the paths of the modules to mutate")
    parser.add_argument("--seed", type=int, default=0, help="draws the mutants of the engine")
    parser.add_argument("--count", type=int, default=1000, help="... so many")
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument(
        "--again", action="store_true", help="try survivors, and what the clock killed, once more"
    )
    parser.add_argument("--report", action="store_true", help="say how it stands, and try none")
    parser.add_argument("--write", action="store_true", help="write the table")
    args = parser.parse_args()
    names = modules(args.group, args.only)
    os.chdir(ROOT)
    paths = sessions(args.group, names, args.seed, args.count)
    for path in [] if args.report else paths:
        run(path, args.workers, again=args.again)
    score = Score.read(paths, args.group)
    print(score)
    if args.write:
        score.write(args.seed)
    return int(score.falls_short)


if __name__ == "__main__":
    sys.exit(main())
