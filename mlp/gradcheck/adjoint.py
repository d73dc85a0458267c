"""A tangent and a backward held against each other: ⟨v, tangent(d)⟩ = ⟨backward(v), d⟩.

No step is taken, so nothing but rounding may part them. How much that is, is measured: by how far
both move when the arguments move by units in the last place. Tested in
tests/gradcheck/test_adjoint.py.
"""

from collections.abc import Iterator

import numpy as np

from mlp.gradcheck.block import Anything, Block, Vector
from mlp.gradcheck.charts import Projection
from mlp.gradcheck.contract.examine import unit_of
from mlp.gradcheck.directions import SINGLE_BITS, cotangent, product, signed_uniform
from mlp.gradcheck.finding import Finding
from mlp.gradcheck.probe import last_places
from mlp.gradcheck.problem import Exhausted, Problem, Raised
from mlp.gradcheck.pushed import Pushed
from mlp.gradcheck.returned import Misshapen

ROUNDINGS = 8.0  # times what rounding is seen, and known, to do; of 750 right pairs 0.3 at most
PAIR = "pair"


def unpaired(reverse: Problem, forwards: Pushed, seed: int) -> Iterator[Finding]:
    """Say where backward and tangent are no pair; nothing where either of them fails."""
    try:
        yield from _unpaired(reverse, forwards, np.random.default_rng(seed))
    except (Exhausted, Raised, Misshapen):
        return  # it is said where each of them is judged


def _unpaired(reverse: Problem, forwards: Pushed, rng: np.random.Generator) -> Iterator[Finding]:
    base = reverse.forward()
    forwards.forward()
    v = cotangent(rng, base.size)
    directions = [_drawn(block, rng) for block in reverse.blocks]
    around = [*last_places(reverse, rng)]
    unit = unit_of(reverse, base, reverse.forward(*around[0]))
    seen = [_both(reverse, forwards, v, directions, changes) for changes in ([], *around)]
    pulled, pushed, size = (np.array(part) for part in zip(*seen, strict=True))
    if not (np.isfinite(pulled).all() and np.isfinite(pushed).all()):
        return
    wavers = float(np.ptp(pulled) + np.ptp(pushed))
    accept = max(block.accept for block in reverse.blocks)
    single = any(b.single for b in reverse.blocks)
    unit = max(unit, 2.0**-24 if single else 0.0)
    apart = abs(pulled[0] - pushed[0])
    bar = ROUNDINGS * (unit * size[0] + wavers) + accept * size[0]
    if apart > bar:
        yield Finding(
            PAIR,
            "fault",
            None,
            f"backward and tangent are no pair: ⟨backward(v), d⟩ = {pulled[0]:.12g}, "
            f"⟨v, tangent(d)⟩ = {pushed[0]:.12g}, apart by {apart:.0e} where rounding explains "
            f"{bar:.0e}",
        )


def _both(
    reverse: Problem,
    forwards: Pushed,
    v: Vector,
    directions: list[Anything],
    changes: list[tuple[Block, Anything]],
) -> tuple[float, float, float]:
    """Return ⟨backward(v), d⟩, ⟨v, tangent(d)⟩, and the size of their terms."""
    gradients = reverse.gradients(v, *changes)
    pairs = [(g, d) for g, d in zip(gradients, directions, strict=True) if g is not None]
    known = [d if g is not None else 0 * d for g, d in zip(gradients, directions, strict=True)]
    along = forwards.push([*zip(forwards.blocks, known, strict=True)], *changes)
    size = sum(float(np.abs(g * d).sum()) for g, d in pairs) + float(np.abs(v * along).sum())
    return sum(product(g, d) for g, d in pairs), float(v @ along), size


def _drawn(block: Block, rng: np.random.Generator) -> Anything:
    """Draw a direction in the set that a block keeps to."""
    d = signed_uniform(rng, block.value, SINGLE_BITS)
    return block.chart.project(d) if isinstance(block.chart, Projection) else d
