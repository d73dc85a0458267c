"""The first call of a function, with arguments that cannot be written: what it does to them.

Neither function writes into what it was given. Results that share memory with an argument are
right, until somebody writes into one.
"""

import contextlib
from typing import Any

import numpy as np

from mlp import tree
from mlp.gradcheck.finding import Finding
from mlp.gradcheck.problem import RULES, Problem, Raised


def mutations(problem: Problem) -> list[Finding]:
    """Name the arguments that a call has written into."""
    findings = []
    for which, k in sorted(problem.spent.mutated):
        name, names = _spoken(problem, which)
        said = f"{name} writes into {names[k]}; let it work on a copy"
        argument = names[k] if names[k] in problem.names else None
        findings.append(Finding("mutation", "fault", argument, said))
    return findings


def first_call(problem: Problem, which: int, arguments: list[Any]) -> tuple[Any, list[Finding]]:
    """Call with arguments that cannot be written, and where that fails, with copies that can.

    What is handed over is a copy in either case: one that is unlocked, or a list, changes alone.
    """
    given = [tree.rebuilt(argument, tree.locked) for argument in arguments]
    try:
        returned = problem.call(which, given)
    except Raised:
        problem.writable = True
        problem.spent.raised = None
        return problem.call(which, arguments), []
    problem.writable |= problem.saw(which, arguments, given)
    return returned, _aliases(problem, which, given, returned)


def _spoken(problem: Problem, which: int) -> tuple[str, tuple[str, ...]]:
    """Return the name of a function and those of its arguments."""
    rule = problem.rule
    return [("forward", problem.names), (rule, (f"its {RULES[rule]}", *problem.names))][which]


def _aliases(problem: Problem, which: int, given: list[Any], returned: Any) -> list[Finding]:
    """Note results that share memory with an argument: right, until somebody writes into one."""
    name, names = _spoken(problem, which)
    leaves = []
    with contextlib.suppress(tree.TooDeep):  # said where it is read
        leaves = tree.flat(returned)
    shared = [
        argument
        for argument, handed in zip(names, given, strict=True)
        if any(
            isinstance(x, np.ndarray) and isinstance(y, np.ndarray) and np.may_share_memory(x, y)
            for x in tree.flat(handed)
            for y in leaves
        )
    ]
    said = f"what {name} returns shares memory with {', '.join(shared)}"
    return [Finding("aliasing", "note", None, said)] if shared else []
