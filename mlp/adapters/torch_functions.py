"""PyTorch: an ``autograd.Function``, an ``nn.Module``, or any function of tensors.

Everything goes through torch's own engine, so what is checked is the gradient that training would
use. Where the engine refuses what a backward returned, check gets that as it came, to say why.
Tested in tests/peers/test_torch.py.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from mlp import tree
from mlp.adapters.adapter import Adapter
from mlp.adapters.question import Question, chosen, code_of, posed, require
from mlp.adapters.torch_asked import departures
from mlp.adapters.torch_engine import PARAMETERS, Engine, Own
from mlp.adapters.torch_modules import Held
from mlp.adapters.torch_notes import notes_of, pulled_by
from mlp.adapters.torch_rules import rules_of
from mlp.adapters.torch_sparse import Pattern
from mlp.adapters.torch_tensors import as_array, bfloat16_read, function_of, is_tensor
from mlp.gradcheck.repeat import spelled
from mlp.op import Wrt, argument_names, name_of, padded


def torch(
    f: Any, *, loss: Callable[..., Any] | None = None, device: Any = None, double: bool = True
) -> Adapter:
    """Adapt a function of tensors, an ``autograd.Function`` or an ``nn.Module``.

    Differentiated are a module's parameters that require a gradient, and of the arguments those
    that require one; where none does, every float tensor. A backward that returns ``None`` for a
    tensor that requires a gradient, or that is named by ``wrt``, claims that it is zero. A ``jvp``
    of a Function is checked as well; ``order=2`` checks the gradient of the gradient.

    A module is copied, in its mode of training or evaluation, and keeps its parameters, buffers and
    gradients. Every call starts from the same random state, so that dropout drops the same units,
    and from the buffers of the original; torch's random state is put back.

    Parameters
    ----------
    f : autograd.Function, nn.Module or Callable
        The class of a function, not its ``apply``, for messages that name its backward.
    loss : Callable, optional
        ``loss(output, target)``, such as ``torch.nn.functional.cross_entropy``: then the last
        argument is the target, a constant.
    device : torch.device or str, optional
        Where to compute; where the module or the tensors are, unless given.
    double : bool, default True
        Compute float32 and less in float64 where that gives the same within rounding. The report
        says so.

    Returns
    -------
    Adapter
        ``.check(*tensors)`` and ``.verify(*tensors)``; NumPy arrays will do as well.

    Raises
    ------
    ModuleNotFoundError
        Where torch is not installed.
    TypeError
        When checked, for a module that cannot be copied.

    Examples
    --------
    >>> import torch
    >>> import mlp
    >>> class Cube(torch.autograd.Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         ctx.save_for_backward(x)
    ...         return x**3
    ...     @staticmethod
    ...     def backward(ctx, dy):
    ...         (x,) = ctx.saved_tensors
    ...         return 3 * x**2 * dy
    >>> mlp.adapters.torch(Cube).verify(torch.tensor([1.0, 2.0])).verdict
    'correct'
    >>> model = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.Tanh(), torch.nn.Linear(3, 2))
    >>> classify = mlp.adapters.torch(model, loss=torch.nn.functional.cross_entropy)
    >>> report = classify.verify(torch.ones(2, 4), torch.tensor([0, 1]))
    >>> report.arguments[0].name
    "parameters['0.weight']"
    """
    th = require("torch")
    things = [spelled(f, "model" if isinstance(f, th.nn.Module) else "f")]
    things += [] if loss is None else [f"loss={spelled(loss, 'loss')}"]
    things += [] if device is None else [f"device={str(device)!r}"]
    code = code_of("torch", *things, double=double)

    def pose(args: tuple[Any, ...], wrt: Wrt) -> Question:
        own = _own(th, f)
        own = replace(own, names=padded(own.names, len(args) - bool(loss)))
        always = (0,) if own.parameters else ()
        if always:
            args = (own.parameters, *tree.rebuilt(args, partial(_fitted, own.parameters.values())))
            own = replace(own, names=(PARAMETERS, *own.names))
        names = (*own.names, "target") if loss else own.names
        patterns = {
            path: Pattern(th, leaf)
            for path, leaf in tree.leaves(args)
            if is_tensor(th, leaf) and leaf.layout is not th.strided
        }
        stored = tree.replaced(args, {path: p.values for path, p in patterns.items()})
        arrays = tree.rebuilt(stored, partial(as_array, th))
        inputs = range(len(always), len(own.names))
        tensors = [(path[0], leaf) for path, leaf in tree.leaves(args) if is_tensor(th, leaf)]
        read = [*bfloat16_read(names[i] for i, t in tensors if t.dtype == th.bfloat16)]
        marked = tuple(dict.fromkeys(i for i, t in tensors if i in inputs and t.requires_grad))
        strict = always + marked if wrt is None else chosen(code, wrt, names, arrays)
        free = always + chosen(code, None, names, [None, *arrays[1:]] if always else arrays)
        engine = Engine(
            th,
            own,
            (lambda *given: loss(own.call(*given[:-1]), given[-1])) if loss else own.call,
            names,
            th.device(device or next((t.device for _, t in tensors), th.get_default_device())),
            positions=free if wrt is None and not marked else strict,
            strict=strict,
            patterns=patterns,
        )
        arrays = engine.widened(arrays) if patterns else arrays
        pulled = pulled_by(engine, arrays) if own.raw is None else f"{own.name}.backward"
        question = posed(
            arrays,
            engine.positions,
            names,
            (engine.forward, f"{name_of(loss)}({own.name})" if loss else own.name),
            (engine.backward, pulled, own.source),
            "cotangent",
            engine.pushforward,
            rules_of(f, engine, arrays),
        )
        spoken = question.forward
        notes = *read, *notes_of(engine, question), *departures(f, engine, question)
        question = question.noted(*notes)
        spoken.surrogates = tuple(sorted(engine.surrogates))  # type: ignore[attr-defined]  # check reads it
        if engine.injected:
            spoken.injected = lambda *args: (engine.forward(*args), sum(engine.injected))  # type: ignore[attr-defined]  # likewise
        return question

    def like(g: Any) -> Adapter:
        return torch(g, loss=loss, device=device, double=double)

    return Adapter(code, pose, double, like)


def _own(th: Any, f: Any) -> Own:
    """Copy a module, listen to the backward of a Function, take anything else as it is."""
    if isinstance(f, th.nn.Module):
        held = Held(th, f)
        names = argument_names(f.forward)
        return Own(name_of(f), held.call, names, f.forward, parameters=held.free, held=held)
    function = function_of(th, f)
    if function is not None and (f is function or getattr(f, "__name__", "") == "apply"):
        raw: list[Any] = []
        key = "vjp" if function.backward is th.autograd.Function.backward else "backward"
        inner = getattr(function, key)

        def listening(ctx: Any, *cotangents: Any) -> Any:
            came = inner(ctx, *cotangents)
            raw[:] = [came if isinstance(came, tuple) else (came,)]
            return came

        heard: Any = type(function)(function.__name__, (function,), {key: staticmethod(listening)})
        takes_ctx = function.setup_context is th.autograd.Function.setup_context
        names = argument_names(function.forward)[takes_ctx:]

        def apply(*given: Any) -> Any:
            return heard.apply(*given)  # looked up at each call: a witness has another

        return Own(name_of(function), apply, names, inner, raw=raw)
    return Own(name_of(f), f, argument_names(f), f)


def _fitted(parameters: Iterable[Any], leaf: Any) -> Any:
    """Return a NumPy array in the precision of the parameters; anything else as it is."""
    if not (isinstance(leaf, np.ndarray) and leaf.dtype.kind == "f"):
        return leaf
    wide = any(p.element_size() >= 8 for p in parameters)
    return leaf.astype(np.float64 if wide else np.float32)
