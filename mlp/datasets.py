"""Real data that travels with the package, and the fair way to hold some of it out.

    X : (n, 64)  images of 8 x 8 pixels, row by row, from 0 (paper) to 1 (ink)
    y : (n,)     the digit that each image shows, 0..9

The digits are the test set of E. Alpaydin and C. Kaynak (1998), Optical Recognition of Handwritten
Digits, UCI Machine Learning Repository, https://doi.org/10.24432/C50P49, under CC BY 4.0; see
data/LICENSE-digits.txt. Tested in tests/test_datasets.py.
"""

import gzip
from importlib.resources import files

import numpy as np
from numpy.random import Generator

from mlp.inputs import demand, is_number, seeded
from mlp.shapes import Array, Labels, ShapeError, as_array

INK = 16  # a pixel counts the dark ones among the 4 x 4 dots of the scan


def digits() -> tuple[Array, Labels]:
    """Return the 1,797 optical digits, as arrays of your own.

    Returns
    -------
    X : (1797, 64) array of float64
        The images, row by row, scaled to [0, 1].
    y : (1797,) array of int64
        The digits they show, about 180 of each.

    References
    ----------
    Alpaydin and Kaynak (1998), https://doi.org/10.24432/C50P49, CC BY 4.0.

    Examples
    --------
    >>> import mlp.datasets
    >>> X, y = mlp.datasets.digits()
    >>> X.shape, y.shape, y[:5]
    ((1797, 64), (1797,), array([0, 1, 2, 3, 4]))
    """
    packed = files("mlp").joinpath("data/digits.csv.gz")
    with packed.open("rb") as file, gzip.open(file) as lines:
        table = np.loadtxt(lines, delimiter=",", dtype=np.int64)
    return table[:, :-1] / INK, table[:, -1].copy()


def hold_out(y: Labels, share: float = 0.2, *, rng: int | Generator = 0) -> tuple[Labels, Labels]:
    """Split a labelled set in two so that both parts hold every class in the same proportion.

    Parameters
    ----------
    y : (n,) array of integers
        The labels.
    share : float
        The part of each class that is held out, between 0 and 1. Every class keeps at least one
        example on both sides.
    rng : int or Generator
        Where the shuffling comes from; the same seed gives the same split.

    Returns
    -------
    train : int array
        Positions in ``y``, shuffled.
    held_out : int array
        The other positions; together they are 0..n-1, each once.

    Raises
    ------
    ValueError
        If ``share`` is not between 0 and 1, or a class has a single example.
    TypeError, ShapeError
        If ``y`` is no vector of integers: one-hot targets are split by their ``argmax``.

    Examples
    --------
    >>> import mlp.datasets
    >>> X, y = mlp.datasets.digits()
    >>> train, held_out = mlp.datasets.hold_out(y, 0.2, rng=0)
    >>> len(train), len(held_out)
    (1438, 359)
    """
    y = as_array("hold_out", "y", y, labels=True)
    if y.ndim != 1 or not y.size or y.dtype == object:
        raise ShapeError(f"hold_out: y must be (n) integer labels, but its shape is {y.shape}")
    fits = is_number(share) and 0 < share < 1
    demand("hold_out", "share", share, fits, "lie between 0 and 1")
    rng = seeded("hold_out", rng)
    train, held_out = [], []
    for label in np.unique(y):
        members = rng.permutation(np.flatnonzero(y == label))
        if len(members) == 1:
            raise ValueError(
                f"hold_out: class {label} has one example, but y must hold two or more of each"
            )
        cut = min(max(round(share * len(members)), 1), len(members) - 1)
        held_out.append(members[:cut])
        train.append(members[cut:])
    return rng.permutation(np.concatenate(train)), rng.permutation(np.concatenate(held_out))
