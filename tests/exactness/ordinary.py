"""The short table of the guide: how far off at ordinary inputs, 5, 10 and 20."""

import numpy as np

from exactness import trials

AT = (5.0, 10.0, 20.0)
ROWS = {  # what a reader calls it: the trial at each input
    "σ′(x)": lambda x: trials.one_way("sigmoid", 1, np.array([x])),
    "tanh′(x)": lambda x: trials.one_way("tanh", 1, np.array([x])),
    "cross-entropy, the right logit x above": lambda x: of_logits(x, 0),
    "its gradient there": lambda x: of_logits(x, 1),
}


def of_logits(x, direction):
    """Return the trial of the loss of logits (x, 0) with the first class right, or its gradient."""
    Z, y = np.array([[x, 0.0]]), np.array([0])
    every = trials.softmax_family(Z, np.ones_like(Z), np.eye(2)[:1], y)
    return next(t for t in every if (t.op, t.direction) == ("softmax_cross_entropy", direction))


def rows(libraries):
    """Yield the rows of the table as cells, the head first."""
    yield ["off by, in ULPs, at x = 5, 10, 20", *libraries]
    for name, trial_at in ROWS.items():
        found = [[trials.off(lib, trial_at(x)) for x in AT] for lib in libraries.values()]
        yield [name, *(", ".join(map(cell, errors)) for errors in found)]


def cell(error):
    """Return the error in ULPs, three digits of it at most."""
    return "lost" if error.lost else f"{float(f'{error.normal:.2g}'):,.0f}"
