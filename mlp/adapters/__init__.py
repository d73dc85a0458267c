"""Other people's conventions: how each writes a function and its gradient, put before ``check``.

    cs231n      out, cache = forward(x, w)      dx, dw = backward(dout, cache)
    closure     out, pull = f(x, w)             dx, dw = pull(dout)
    layer       layer.forward(x) keeps x, layer.backward(dout) sets layer.dW
    buffers     backward(dinp, dw, dout, inp, w) writes dinp and dw
    gradient    f(x), df(x)                     or f(x) that returns both
    scipy       fun(x, *args), jac(x, *args)    or jac=True
    torch       autograd.Function, nn.Module, any function of tensors
    jax         custom_vjp, custom_jvp, any function of arrays or pytrees
    autograd    primitive with defvjp, any function of autograd.numpy
    estimator   an object that knows its loss and the gradient of that

Each returns an ``Adapter``: ``mlp.adapters.torch(Swish).verify(x)``. A framework is imported when
it is asked for. Tested in tests/test_adapters.py and tests/peers.
"""

import sys
from typing import Any

from mlp.adapters.adapter import Adapter
from mlp.adapters.autograd_functions import autograd
from mlp.adapters.buffers import buffers
from mlp.adapters.caches import cs231n
from mlp.adapters.closures import closure
from mlp.adapters.estimators import estimator
from mlp.adapters.gradients import gradient, scipy
from mlp.adapters.jax_functions import jax
from mlp.adapters.layers import layer
from mlp.adapters.question import Question
from mlp.adapters.torch_functions import torch

__all__ = [
    "Adapter",
    "Question",
    "autograd",
    "buffers",
    "closure",
    "cs231n",
    "estimator",
    "gradient",
    "jax",
    "layer",
    "recognised",
    "scipy",
    "torch",
]


def recognised(thing: Any, example: Any = None) -> Adapter | None:
    """Return the adapter of what can only be a gradient in a framework's convention.

    That is an adapter itself, a class derived from ``autograd.Function``, a ``custom_vjp`` or
    ``custom_jvp``, and with an example a class derived from ``nn.Module`` as well. A framework that
    nobody has imported stays so.

    Parameters
    ----------
    thing : Any
        A class, an object or a function.
    example : callable, optional
        Draws a point at which to check it.

    Returns
    -------
    Adapter or None
        None for whatever may be something else.

    Examples
    --------
    >>> import mlp
    >>> mlp.adapters.recognised(abs) is None
    True
    """
    if isinstance(thing, Adapter):
        return thing
    th, framework = (sys.modules.get(name) for name in ("torch", "jax"))
    if th is not None and isinstance(thing, type):
        if issubclass(thing, th.autograd.Function):
            return torch(thing)
        if example is not None and issubclass(thing, th.nn.Module):
            with th.random.fork_rng([]):
                th.default_generator.manual_seed(0)  # the same weights in every run
                return torch(thing())
    if framework is not None and isinstance(thing, (framework.custom_vjp, framework.custom_jvp)):
        return jax(thing)
    return None
