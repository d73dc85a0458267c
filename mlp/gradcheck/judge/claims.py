"""None in place of a gradient claims that it is 0, as where forward is independent of it.

Where no bit of forward's result moves with the argument, at the point and at points far away, the
claim is right, and nothing is left to compare. Otherwise it is judged as a gradient of zeros, and
what is said of it ends with the way to name a constant.

Tested in tests/gradcheck/judge/test_claims.py.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from mlp.gradcheck.block import Block
from mlp.gradcheck.finding import Finding
from mlp.gradcheck.judge.answers import Answer
from mlp.gradcheck.judge.nearby import place_nearby, shifted
from mlp.gradcheck.line import Place
from mlp.gradcheck.problem import Problem, Raised

DISTANCES = (2.0**-4, 1.0, 16.0)  # relative to an argument's size, of it alone and of all
CLAIM = "None claims that the gradient is 0"


def independent(place: Place, i: int, rng: np.random.Generator) -> bool:
    """Tell whether forward keeps every bit, whatever block i holds, here and at points far away."""
    return all(_unmoved(at, at.problem.blocks[i], rng) for at in (place, *_elsewhere(place, rng)))


def _elsewhere(place: Place, rng: np.random.Generator) -> Iterator[Place]:
    """Yield points at growing distances, each with the one opposite, where forward has them."""
    for distance in DISTANCES:
        key = int(rng.integers(2**63))
        for turn in (1, -1):
            own = np.random.default_rng(key)
            if found := place_nearby(place, own, distance, everything=True, turn=turn):
                yield found


def _unmoved(place: Place, block: Block, rng: np.random.Generator) -> bool:
    """Tell whether forward keeps every bit where this block alone moves."""
    for distance in DISTANCES:
        step = distance * block.scale * rng.uniform(0.5, 1.5, block.value.shape)
        step *= rng.choice([-1.0, 1.0], block.value.shape)
        try:
            if not np.array_equal(place.problem.forward((block, shifted(block, step))), place.base):
                return False
        except Raised:  # it depends on the argument that it raises
            return False
    return True


def borne_out(name: str) -> Answer:
    """Accept the claim where forward is independent of the argument."""
    said = f"{CLAIM}, and no bit of forward moves with {name}, here or at any point tried"
    return Answer("unchecked", None, (Finding("vacuous", "note", name, said),))


def hinted(found: Answer, problem: Problem, block: Block) -> Answer:
    """Say what came of the claim, and how to name a constant."""
    if found.verdict == "correct":
        return found
    told = (f"{f.message.splitlines()[0]}; {_hint(problem, block)}" for f in found.findings)
    findings = (
        replace(f, message=f"{CLAIM}: {message}", diagnosis=None)
        for f, message in zip(found.findings, told, strict=True)
    )
    return replace(found, findings=tuple(findings))


def _hint(problem: Problem, block: Block) -> str:
    """Return the words that leave an argument out."""
    names = tuple(problem.names[p] for p in problem.positions if p != block.position)
    apart = "make it an argument of its own, and " if block.path else ""
    wrt = "..." if not names else repr(names[0] if len(names) == 1 else names)
    return f"a constant? {apart}say wrt={wrt}"
