"""Where learning starts: weights drawn so that a signal keeps its size from layer to layer.

    glorot    Var W = 2 / (d + m)    keeps activations and cotangents, for tanh and its like
    he        Var W = 2 / d          makes up for the half that relu sets to zero

A layer maps d units to m. Biases start at 0. The uniform forms draw from ±√(3 Var W). The normal
forms are not truncated, as in the papers and in PyTorch (Keras and JAX cut theirs at 2 sigma).

Glorot and Bengio, AISTATS 2010, eq. 12 and 16; He, Zhang, Ren and Sun, ICCV 2015, eq. 10.

Derived in derivations/14-initialisation.md, tested in tests/test_initialise.py.
"""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from numpy.random import Generator

from mlp.inputs import flag, float_type, generator, widths_of
from mlp.shapes import Pairs


def glorot(
    rng: Generator,
    widths: Sequence[int],
    *,
    uniform: bool = True,
    dtype: npt.DTypeLike = np.float64,
) -> Pairs:
    """Draw a network of the given widths by Glorot's rule, for tanh, sigmoid and identity.

    Parameters
    ----------
    rng : Generator
        The source of randomness; ``np.random.default_rng(seed)`` makes one.
    widths : sequence of int
        Inputs, hidden units of each layer, outputs: (64, 32, 10) is a two-layer network.
    uniform : bool
        Draw from a uniform distribution, as in the paper, else from a normal one.
    dtype : dtype
        Of the arrays, one of floats: float64 or float32.

    Returns
    -------
    list of (W, b)
        A pair for each layer: W (d, m) random and b (m,) zero.

    Raises
    ------
    ValueError
        For fewer than two widths, one that is no positive integer, or a dtype of no floats.
    TypeError
        For a rng that is no Generator.

    Examples
    --------
    >>> import numpy as np
    >>> from mlp.initialise import glorot
    >>> (W1, b1), (W2, b2) = glorot(np.random.default_rng(0), (64, 32, 10))
    >>> W1.shape, b1.shape, W2.shape, b2.shape
    ((64, 32), (32,), (32, 10), (10,))
    """
    return _layers("glorot", rng, widths, lambda d, m: 2 / (d + m), uniform, dtype)


def he(
    rng: Generator,
    widths: Sequence[int],
    *,
    uniform: bool = False,
    dtype: npt.DTypeLike = np.float64,
) -> Pairs:
    """Draw a network of the given widths by He's rule, for relu and its kin.

    Parameters
    ----------
    rng : Generator
        The source of randomness; ``np.random.default_rng(seed)`` makes one.
    widths : sequence of int
        Inputs, hidden units of each layer, outputs: (64, 32, 10) is a two-layer network.
    uniform : bool
        Draw from a uniform distribution, else from a normal one, as in the paper.
    dtype : dtype
        Of the arrays, one of floats: float64 or float32.

    Returns
    -------
    list of (W, b)
        A pair for each layer: W (d, m) random and b (m,) zero.

    Raises
    ------
    ValueError
        For fewer than two widths, one that is no positive integer, or a dtype of no floats.
    TypeError
        For a rng that is no Generator.

    Examples
    --------
    >>> import numpy as np
    >>> from mlp.initialise import he
    >>> layers = he(np.random.default_rng(0), (64, 32, 32, 10), dtype=np.float32)
    >>> [W.shape for W, b in layers]
    [(64, 32), (32, 32), (32, 10)]
    """
    return _layers("he", rng, widths, lambda d, _: 2 / d, uniform, dtype)


def _layers(
    who: str,
    rng: Generator,
    widths: Sequence[int],
    variance: Callable[[int, int], float],
    uniform: bool,  # noqa: FBT001  # named by its two callers
    dtype: npt.DTypeLike,
) -> Pairs:
    """Draw the layers between the given widths."""
    rng, sizes, kind = generator(who, rng), widths_of(who, widths), float_type(who, dtype)
    uniform = flag(who, "uniform", uniform)
    layers = []
    for d, m in pairwise(sizes):
        sigma = math.sqrt(variance(d, m))
        side = math.sqrt(3) * sigma
        W = rng.uniform(-side, side, (d, m)) if uniform else rng.normal(0, sigma, (d, m))
        layers.append((W.astype(kind), np.zeros(m, kind)))
    return layers
