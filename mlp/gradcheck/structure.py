"""What an argument's structure asks of a check: the form of its steps, and what none of them sees.

Tested in tests/gradcheck/test_structure.py.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from mlp.gradcheck.charts import Projection, Retraction, kept
from mlp.gradcheck.directions import cotangent, largest
from mlp.gradcheck.finding import Finding
from mlp.gradcheck.problem import Problem
from mlp.gradcheck.returned import Misshapen, array_of

SHOWN = 2.0**-40  # of the largest entry: an unseen part below it is rounding


def opened(problem: Problem, rng: np.random.Generator) -> list[Finding]:
    """Let the blocks on curved sets start from 0, in the shape of their gradients.

    Raises ValueError for a retraction that does not keep the point.
    """
    curved = [isinstance(block.chart, Retraction) for block in problem.blocks]
    if not any(curved):
        return []
    base = problem.forward()
    try:
        returned = problem.sort(problem.backward(cotangent(rng, base.size)))
        arrays = [array_of("the gradient", gradient) for gradient in returned]
    except Misshapen as fault:
        return [Finding("shape", "fault", None, str(fault))]
    blocks = []
    for block, came, is_curved in zip(problem.blocks, arrays, curved, strict=True):
        if not is_curved:
            blocks.append(block)
            continue
        if came.dtype.kind not in "fiub":
            said = f"backward has no gradient for {block.name}, so the form of xi is not known"
            return [Finding("shape", "fault", block.name, said)]
        start = np.zeros(came.shape, block.value.dtype)
        blocks.append(replace(block, value=start))
        kept(block.name, problem.leaf(block), problem.placed(blocks[-1], start))
    problem.blocks = tuple(blocks)
    return []


def unseen(problem: Problem, rng: np.random.Generator) -> Iterator[Finding]:
    """Tell how large the part of a gradient is that no direction in its set sees."""
    if not any(isinstance(block.chart, Projection) for block in problem.blocks):
        return
    returned = problem.sort(problem.backward(cotangent(rng, problem.flat(problem.result).size)))
    for block, gradient in zip(problem.blocks, returned, strict=True):
        came = np.asarray(gradient)
        if block.chart is None or came.dtype.kind != "f" or not np.isfinite(came).all():
            continue
        size = largest(came)
        part = largest(block.chart.unseen(came)) / size if size else 0.0
        if part > SHOWN:
            said = (
                f"no direction along {block.name} sees a part of by hand, {part:.1e} of its "
                f"largest entry: it is not judged"
            )
            yield Finding("unseen", "note", block.name, said)
