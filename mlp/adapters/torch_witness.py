"""The second witness for torch: forward mode, with what it says of itself taken for nothing.

Forward runs on dual tensors. Three things would lie to it, and are cured: ``detach`` and ``.data``
are the identity here; a Function runs its own forward in place of its ``jvp``; and what turns a
tensor that moves into a number (``item``, ``numpy``, ``float``) makes the witness silent. Every
operation of aten, of forward and of its tangents alike, can be rounded at random.
Tested in tests/peers/test_torch_tangent.py.
"""

import contextlib
import threading
import warnings
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from mlp import tree
from mlp.adapters.decisions import Moving, words
from mlp.adapters.torch_decisions import DECISIONS
from mlp.tangent import Lost, Trail

OPENING = threading.RLock()  # one witness at a time has Functions run their own forward
HERE = str(Path(__file__).parent)
IDENTITY = words("detach detach_")
REFUSED = words(  # they leave torch, and show no operation
    """
    tolist data_ptr untyped_storage storage __dlpack__ __reduce_ex__ __deepcopy__
    __cuda_array_interface__
    """
)
KNOWN = {*DECISIONS.jumps, *DECISIONS.bends, *DECISIONS.unknown}
FACTORIES = words(  # they read numbers out of tensors
    """
    tensor asarray new_tensor scalar_tensor full full_like new_full arange linspace logspace
    fill_diagonal_
    """
)
NUMBERS = words("_local_scalar_dense detach item")  # at the bottom of item and numpy
SUMS = words(  # their terms are rounded as well
    """
    sum mean cumsum mm bmm mv dot addmm baddbmm convolution native_layer_norm native_group_norm
    native_batch_norm var var_mean std logsumexp _softmax _log_softmax linalg_vector_norm prod
    cumprod
    """
)
MOVES = words(  # numbers as they are, at other places
    """
    alias clone _to_copy copy copy_ cat stack index index_select gather where masked_fill
    select_scatter slice_scatter flip roll repeat constant_pad_nd fill zero zero_ new_zeros
    zeros_like _new_zeros_with_same_feature_meta _efficientzerotensor embedding index_put
    index_put_ tril triu diag_embed scatter bernoulli bernoulli_ uniform_ normal_ ones_like
    full_like empty_like rand_like randn_like scalar_tensor
    """
)

_flat = partial(tree.flat, kinds=(list, tuple))  # what an operation is given, however deep


@contextlib.contextmanager
def witnessing(th: Any, trail: Trail) -> Iterator[None]:
    """Let the body run on dual tensors, and leave a trail."""
    if trail.digits is not None:
        raise Lost("fifty digits follow NumPy alone")
    trail.libraries = (*trail.libraries, HERE, str(Path(th.__file__).parent))
    bottom = _mode(th.utils._python_dispatch.TorchDispatchMode, "dispatch", _Bottom(th, trail))  # noqa: SLF001  # torch has no public name for it
    top = _mode(th.overrides.TorchFunctionMode, "function", _Top(th, trail))
    with contextlib.ExitStack() as stack:
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")  # torch's own, and forward's have been heard
        stack.enter_context(_without_fused_kernels(th))
        stack.enter_context(th.autograd.forward_ad.dual_level())
        stack.enter_context(_opened(th))
        stack.enter_context(bottom)
        stack.enter_context(top)
        yield


def dual(th: Any, tensor: Any, tangent: Any) -> Any:
    """Return a tensor that moves."""
    return th.autograd.forward_ad.make_dual(tensor, tangent)


def parts(th: Any, tensor: Any) -> tuple[Any, Any]:
    """Return the value and the tangent of a tensor, as arrays."""
    value, tangent = th.autograd.forward_ad.unpack_dual(tensor)
    dot = np.zeros(tuple(value.shape)) if tangent is None else _array(th, tangent)
    return _array(th, value), dot


def _array(th: Any, tensor: Any) -> Any:
    plain = th.zeros_like(tensor) if tensor._is_zerotensor() else tensor  # noqa: SLF001  # it has no numbers
    return plain.detach().resolve_conj().resolve_neg().cpu().numpy()


@contextlib.contextmanager
def _without_fused_kernels(th: Any) -> Iterator[None]:
    """Let torch compute attention and recurrences by operations that have tangents."""
    mha, c = th.backends.mha, th._C  # noqa: SLF001  # the public switch warns of tf32
    kept = mha.get_fastpath_enabled(), c._get_mkldnn_enabled()  # noqa: SLF001  # likewise
    mha.set_fastpath_enabled(False)
    c._set_mkldnn_enabled(False)  # noqa: FBT003, SLF001  # likewise
    try:
        with th.nn.attention.sdpa_kernel(th.nn.attention.SDPBackend.MATH):
            yield
    finally:
        mha.set_fastpath_enabled(kept[0])
        c._set_mkldnn_enabled(kept[1])  # noqa: SLF001  # likewise


@contextlib.contextmanager
def _opened(th: Any) -> Iterator[None]:
    """Let every Function run its own forward in this thread; other threads see none of it."""
    function, me = th.autograd.Function, threading.get_ident()
    plain = function.__dict__["apply"]

    def apply(cls: Any, *args: Any, **options: Any) -> Any:
        if threading.get_ident() != me:
            return plain.__get__(None, cls)(*args, **options)
        with th.no_grad():
            if cls.setup_context is not function.setup_context:
                return cls.forward(*args, **options)
            return cls.forward(_stand_in(len(args)), *args, **options)

    with OPENING:
        function.apply = classmethod(apply)
        try:
            yield
        finally:
            function.apply = plain


def _stand_in(count: int) -> Any:
    """Return what forward takes for its ctx: it keeps whatever it is told, and says nothing."""

    def saved(*tensors: Any) -> None:
        ctx.saved_tensors = tensors

    def unheard(*_: Any) -> None:
        pass

    ctx = SimpleNamespace(save_for_backward=saved, save_for_forward=unheard, saved_tensors=())
    ctx.mark_dirty = ctx.mark_non_differentiable = ctx.set_materialize_grads = unheard
    ctx.needs_input_grad = (True,) * count
    return ctx


def _mode(base: Any, kind: str, handler: Any) -> Any:
    """Return a mode of torch that hands everything to a handler."""

    def handle(_: Any, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        del types
        return handler(func, args, kwargs or {})

    made: Any = type("Witness", (base,), {})
    setattr(made, f"__torch_{kind}__", handle)  # told of it at birth, torch imports its compiler
    return made()


class _Top:
    """Torch as Python calls it: here detach is the identity, and numbers are refused."""

    def __init__(self, th: Any, trail: Trail) -> None:
        self.th, self.trail = th, trail
        self.data, self.set_data = th.Tensor.data.__get__, th.Tensor.data.__set__

    def __call__(self, func: Any, args: Any, options: Any) -> Any:
        """Call what Python called, or what stands in for it."""
        name = getattr(func, "__name__", "")
        if name in FACTORIES and any(_moves(self.th, a) for a in _flat([*args, *options.values()])):
            raise self.trail.lose(f"{name}()")
        if args and _moves(self.th, args[0]):
            if name in IDENTITY or func == self.data:
                return args[0] if name == "detach_" else self.th.ops.aten.alias(args[0])
            if name in REFUSED:
                raise self.trail.lose(f"{name}()")
            if name == "__bool__":
                value, tangent = parts(self.th, args[0])
                self.trail.jumps(value, tangent)
                return bool(value)
        if func == self.set_data and any(_moves(self.th, a) for a in args):
            raise self.trail.lose("what .data is set to")
        return func(*args, **options)


def _moves(th: Any, thing: Any) -> bool:
    """Tell whether a tensor moves."""
    if not isinstance(thing, th.Tensor) or not thing.is_floating_point():
        return False
    return th.autograd.forward_ad.unpack_dual(thing).tangent is not None


class _Bottom:
    """Torch as aten computes it: here decisions are recorded, casts found, numbers rounded."""

    def __init__(self, th: Any, trail: Trail) -> None:
        self.th, self.trail = th, trail
        self.random = th.Generator()
        if trail.rng is not None:
            self.random.manual_seed(int(trail.rng.integers(2**62)))
        key = th._C.DispatchKey  # noqa: SLF001  # tangents are seen above it only
        self.hidden = (key.AutogradCPU, key.AutogradFunctionality, key.ADInplaceOrView)

    def __call__(self, func: Any, args: Any, options: Any) -> Any:
        """Run one operation of aten; Python's view of torch is off, for we only look."""
        with self.th._C.DisableTorchFunction():  # noqa: SLF001  # torch has no public name for it
            return self._run(func, args, options)

    def _run(self, func: Any, args: Any, options: Any) -> Any:
        """Run one operation, with what it decides on record, and rounded where that is asked."""
        th, trail = self.th, self.trail
        name = func.overloadpacket.__name__
        if th.is_inference_mode_enabled():
            raise trail.lose("inference_mode")
        seen = [self._seen(a) for a in _flat([*args, *options.values()])]
        moving = [m for m in seen if m is not None]
        if moving and (name in NUMBERS):
            raise trail.lose(f"{name}()")
        if moving and func.namespace not in {"aten", "prims"}:
            raise trail.lose(f"{func.namespace}.{name}, which torch cannot see into,")
        loud = trail.rng is not None and self._computes(func, name, args, options)
        summed = loud and name in SUMS
        result = func(*([self._rounded(a) for a in args] if summed else args), **options)
        if moving:
            outs = [o for o in _flat([result]) if isinstance(o, th.Tensor)]
            plain = [o for o in outs if not (o.is_floating_point() or o.is_complex())]
            self._decided(func, name, args, options, plain)
            units = [th.finfo(o.dtype).eps for o in outs if o.is_floating_point()]
            trail.cast |= any(u > m.unit for u in units for m in moving)
        if loud:
            self._round(result)
        return result

    def _decided(self, func: Any, name: str, args: Any, options: Any, plain: Any) -> None:
        """Record what the operation decided, by its operands in order."""
        if not plain and name.rstrip("_") not in KNOWN:
            return
        named = [a.name for a in func._schema.arguments]  # noqa: SLF001  # aten has no public one
        values = {**dict(zip(named, args, strict=False)), **options}
        operands = [self._operand(values.get(n)) for n in named]
        if name == "_to_copy" and plain:
            name = "nonzero" if plain[0].dtype == self.th.bool else "trunc"
        DECISIONS.record(self.trail, name.rstrip("_"), operands, plain=bool(plain))

    def _operand(self, thing: Any) -> Any:
        """Return a tensor as arrays; anything else as it is."""
        if not isinstance(thing, self.th.Tensor):
            return thing
        seen = self._seen(thing)
        value = _array(self.th, thing)
        return Moving(value, np.zeros(value.shape) if seen is None else _array(self.th, seen.dot))

    def _seen(self, thing: Any) -> Any:
        """Return the tangent of a tensor that moves, and its rounding unit; else None."""
        if not isinstance(thing, self.th.Tensor) or not thing.is_floating_point():
            return None
        c = self.th._C  # noqa: SLF001  # likewise
        shown = c._dispatch_tls_local_exclude_set()  # noqa: SLF001  # likewise
        for key in self.hidden:
            shown = shown.remove(key)
        with c._ForceDispatchKeyGuard(c._dispatch_tls_local_include_set(), shown):  # noqa: SLF001  # likewise
            dot = self.th.autograd.forward_ad.unpack_dual(thing).tangent
        return dot if dot is None else SimpleNamespace(dot=dot, unit=self.th.finfo(thing.dtype).eps)

    def _computes(self, func: Any, name: str, args: Any, options: Any) -> bool:
        """Tell whether an operation makes new numbers of floats: no view, no constant."""
        aliases = [r.alias_info for r in func._schema.returns]  # noqa: SLF001  # likewise
        if name in MOVES or any(a is not None and not a.is_write for a in aliases):
            return False
        given = [a for a in _flat([*args, *options.values()]) if isinstance(a, self.th.Tensor)]
        return any(a.is_floating_point() for a in given)

    def _rounded(self, thing: Any) -> Any:
        """Return a float tensor whose numbers are rounded; anything else as it is."""
        if not isinstance(thing, self.th.Tensor) or not thing.is_floating_point():
            return thing
        copied = thing.clone()
        self._round(copied)
        return copied

    def _round(self, result: Any) -> None:
        """Move every float of a result by a unit in the last place at random."""
        for out in _flat([result]):
            if not isinstance(out, self.th.Tensor) or not out.is_floating_point():
                continue
            if out.numel() and not out._is_zerotensor():  # noqa: SLF001  # it has no numbers
                ulps = self.th.randint(-1, 2, out.shape, generator=self.random).to(out)
                out.mul_(1 + self.th.finfo(out.dtype).eps * ulps)
