"""What each op is held to, in ULPs: forward / backward, over all finite inputs.

The cotangent is 1, or of that order: a slope that is a subnormal number has lost digits, and what
it is multiplied with does not bring them back.

*Of terms*: a true difference, measured in ULPs of the sum of the absolute values of its terms.
"""

import numpy as np

FLOAT64 = {
    "identity": (0, 0),
    "sigmoid": (3, 3),
    "tanh": (2, 3),
    "relu": (0, 0),
    "leaky_relu": (1, 0),
    "elu": (1, 1),
    "softplus": (2, 3),
    "silu": (4, 5),
    "gelu": (7, 11),
    "gelu_tanh": (5, 8),
    "softmax": (4, 6),  # backward of terms
    "log_softmax": (3, 4),  # backward of terms
    "cross_entropy": (2, 2),
    "cross_entropy, soft": (3, 2),  # forward of terms
    "softmax_cross_entropy": (3, 4),
    "softmax_cross_entropy, soft": (3, 4),  # both of terms
    "squared_error": (3, 2),
}
FLOAT32 = dict.fromkeys(FLOAT64, (4, 4))
OF_TERMS = {
    ("softmax", 1),
    ("log_softmax", 1),
    ("cross_entropy, soft", 0),
    ("softmax_cross_entropy, soft", 0),
    ("softmax_cross_entropy, soft", 1),
}
SUBNORMAL = 5  # and so many subnormal ULPs below the smallest normal number


def goal(op, direction, dtype):
    """Return the largest error that an op may have in one direction."""
    return (FLOAT64 if np.dtype(dtype) == np.float64 else FLOAT32)[op][direction]


def reached(error, op, direction, dtype):
    """Tell whether an error keeps to the goal: nothing lost, nothing too far off."""
    return (
        not error.lost
        and error.normal <= goal(op, direction, dtype)
        and error.subnormal <= SUBNORMAL
    )
