"""A session of mutants: drawn, tried in copies of the project, and kept as each one ends.

Cosmic Ray makes the mutants and keeps the session, so that an interrupted run goes on where it was.
Of the eleven replacements that it knows for a binary operator the likeliest slip is made. They are
tried by `server.py`. Tested in tests/mutation/test_session.py.
"""

# ruff: noqa: S607  # it runs git

import ast
import compileall
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from itertools import groupby
from multiprocessing import Process
from pathlib import Path
from py_compile import PycInvalidationMode

from cosmic_ray.commands import init
from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import WorkItem

from mutation.mirror import ROOT
from mutation.server import CLOCK, of, serve

SLIPS = re.compile(
    r"core/(NumberReplacer|RemoveDecorator|AddNot|ExceptionReplacer|ZeroIterationForLoop"
    r"|Replace(AndWithOr|OrWithAnd|TrueWithFalse|FalseWithTrue|BreakWithContinue|ContinueWithBreak)"
    r"|ReplaceUnaryOperator_(Delete_\w+|UAdd_USub)"
    r"|ReplaceBinaryOperator_(Mul_Div|Div_Mul|Add_Sub|Sub_Add|Pow_Mul|FloorDiv_Mul|Mod_FloorDiv"
    r"|BitOr_BitAnd|BitAnd_BitOr|BitXor_BitOr|LShift_RShift|RShift_LShift)"
    r"|ReplaceComparisonOperator_(Eq_NotEq|NotEq_Eq|Lt_LtE|Lt_GtE|LtE_Lt|LtE_Gt|Gt_GtE|Gt_LtE"
    r"|GtE_Gt|GtE_Lt|Is_IsNot|IsNot_Is|In_NotIn|NotIn_In))"
)


def drawn(path: Path, modules: Sequence[str], seed: int, count: int | None) -> None:
    """Write a new session of the modules' mutants: all of them, or `count` drawn by the seed."""
    with use_db(str(path)) as session:
        init([Path(module) for module in modules], session, {})
        kept = sorted(filter(counts, session.work_items), key=place)
        if count is not None:
            kept = random.Random(seed).sample(kept, min(count, len(kept)))  # noqa: S311  # no secret
        session.clear()
        session.add_work_items(kept)


def counts(item: WorkItem) -> bool:
    """Return whether a mutant is a likely slip, and not one in an annotation, which nobody runs."""
    spec = item.mutations[0]
    return bool(SLIPS.fullmatch(spec.operator_name)) and not any(
        start <= spec.start_pos < end for start, end in annotations(str(spec.module_path))
    )


def place(item: WorkItem) -> tuple[str, tuple[int, int], str, int]:
    """Return what orders mutants the same way whatever their random names are."""
    spec = item.mutations[0]
    return str(spec.module_path), spec.start_pos, spec.operator_name, spec.occurrence


@cache
def annotations(module: str) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Return where each annotation of a module begins and ends, as (line, column)."""
    tree = ast.parse((ROOT / module).read_text(encoding="utf-8"))
    found = [
        part
        for node in ast.walk(tree)
        for part in (getattr(node, "annotation", None), getattr(node, "returns", None))
        if isinstance(part, ast.expr)
    ]
    return [
        ((part.lineno, part.col_offset), (part.end_lineno or 0, part.end_col_offset or 0))
        for part in found
    ]


def run(path: Path, workers: int, *, again: bool = False) -> None:
    """Try each mutant that has not been tried, in as many copies of the project as workers.

    Those that survived, or that only the clock stopped, are tried once more where that is asked
    for, as after a test was written.
    """
    with use_db(str(path), WorkDB.Mode.open) as session:
        pending = list(session.pending_work_items)
        if again:
            done = session.completed_work_items
            pending += [i for i, result in done if not result.is_killed or result.output == CLOCK]
    pending.sort(key=place)
    trees = [copied(path.with_suffix(f".tree-{k}")) for k in range(min(workers, len(pending)))]
    for module, group in groupby(pending, of):
        items = list(group)
        servers = [
            Process(target=serve, args=(path, tree, module, items[k :: len(trees)]))
            for k, tree in enumerate(trees)
        ]
        for server in servers:
            server.start()
        for server in servers:
            server.join()
        if any(server.exitcode for server in servers):
            sys.exit(f"The tests of {module} were not run to the end: see above.")


def copied(tree: Path) -> Path:
    """Return a copy of what git tracks, compiled."""
    shutil.rmtree(tree, ignore_errors=True)
    files = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True
    ).stdout
    for name in files.decode().split("\0")[:-1]:
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tree / name)
    compileall.compile_dir(
        tree / "mlp", quiet=1, invalidation_mode=PycInvalidationMode.CHECKED_HASH
    )
    return tree
