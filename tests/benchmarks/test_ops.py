"""Each op at 1000 × 1000 beside torch, and beside the floor of NumPy.

The floor is one pass over memory: what is read and written, at the bandwidth of the same run. Above
it lie the functions that the formula takes of each number, which stand beside it: `exp` where
torch has vectorised ones of its own, `expm1` and `tanh`. A backward of ours takes them again; torch
has kept what forward knew. silu, gelu and the softmax family compute float32 in float64.
"""

import numpy as np
import torch
from torch.nn import functional
from turns import against, medians, write

from mlp import ops

# goals: forward and backward in times torch, float32 and float64; and what each takes
OPS = {
    "relu": (torch.relu, (1.2, 6), (1.2, 6), ((), ())),
    "sigmoid": (torch.sigmoid, (4.9, 2.7), (3.3, 2.2), ((np.exp, np.tanh), (np.exp,))),
    "tanh": (torch.tanh, (0.1, 3.4), (0.4, 2.6), ((np.tanh,), (np.exp,))),
    "elu": (functional.elu, (3.4, 8.5), (1.8, 4.1), ((np.expm1,), (np.exp,))),
    "softplus": (
        functional.softplus,
        (0.6, 3.5),
        (0.5, 2.6),
        ((np.exp, np.log1p), (np.exp, np.tanh)),
    ),
    "silu": (functional.silu, (4, 15), (3.8, 5.5), ((np.exp,), (np.exp, np.expm1))),
    "gelu": (functional.gelu, (20, 15), (4.5, 3.3), ((np.exp, np.expm1),) * 2),
    "softmax": (lambda Z: torch.softmax(Z, 1), (6, 12), (6, 12), ((np.exp,),) * 2),
    "log_softmax": (
        lambda Z: torch.log_softmax(Z, 1),
        (7.5, 15),
        (2.4, 4.2),
        ((np.exp,),) * 2,
    ),
}
DOUBLE = {"silu", "gelu", "softmax", "log_softmax"}  # float32 is computed in float64


def passes(*inputs):
    """Return a function that reads each input once and writes as much: the floor."""
    O = np.empty_like(inputs[0])
    if len(inputs) == 1:
        return lambda: np.copyto(O, inputs[0])
    return lambda: np.add(*inputs, out=O)


def alone(functions, Z, *, double):
    """Return a function that takes one function after another of blocks of Z, into one array."""
    blocks = np.split((-np.abs(Z)).ravel().astype(np.float64 if double else Z.dtype), 125)
    O = np.empty_like(blocks[0])

    def run():
        for block in blocks:
            given = block
            for f in functions:
                given = f(given, out=O)

    return run


def row(name, direction, dtype):
    theirs, *goals, takes = OPS[name]
    op, rng = getattr(ops, name), np.random.default_rng(0)
    Z, dA = (rng.normal(size=(1000, 1000)).astype(dtype) for _ in range(2))
    leaf = torch.tensor(Z, requires_grad=True)
    kept, cotangent, plain = theirs(leaf), torch.tensor(dA), torch.tensor(Z)
    inputs = (Z,) if direction == 0 else (dA, Z)
    double = name in DOUBLE and dtype == np.float32
    forward, backward = (
        (lambda: theirs(plain)),
        (lambda: torch.autograd.grad(kept, leaf, cotangent, retain_graph=True)),
    )
    t = medians(
        {
            "ours": lambda: (op.forward, op.backward)[direction](*inputs),
            "torch": (forward, backward)[direction],
            "floor": passes(*inputs),
            "functions": alone(takes[direction], Z, double=double),
        }
    )
    goal = goals[dtype == np.float64][direction]
    if name != "relu":  # at most this, or 1.5 × the floor, whichever is larger
        goal = max(goal, 1.5 * t["floor"] / t["torch"])
    label = f"{name}.{('forward', 'backward')[direction]} {np.dtype(dtype).name}"
    ratio = t["ours"] / t["torch"]
    times = [f"{t[who] * 1e3:.2f}" for who in ("ours", "torch", "floor", "functions")]
    over = f"{t['ours'] / t['floor']:.1f}"
    return [label, against(ratio, goal), *times, over], (label, ratio / goal)


def test_ops_beside_torch_and_the_floor():
    torch.set_num_threads(1)
    kinds = np.float32, np.float64
    both = [row(name, d, kind) for kind in kinds for name in OPS for d in (0, 1)]
    rows, bars = zip(*both, strict=True)
    head = ["1000 × 1000", "× torch", "ours, ms", "torch", "floor", "functions", "× floor"]
    assert write("ops", "Each op", head, rows, bars) == []
