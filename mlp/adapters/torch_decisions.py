"""Where torch's operations decide, by the names of aten that a ``TorchDispatchMode`` sees.

What returns integers or booleans and stands in no table here makes the witness silent.
Tested in tests/peers/test_torch_tangent.py.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from mlp.adapters.decisions import (
    Decisions,
    Gaps,
    at,
    at_bounds,
    at_halves,
    at_integers,
    at_quotients,
    at_zero_size,
    between,
    both_sides,
    from_bottom,
    from_top,
    in_order,
    in_windows,
    never,
)


def in_pool(x: Any, kernel: Any, stride: Any, padding: Any, dilation: Any, *_: Any) -> Gaps:
    """Yield the gaps in the windows of a pool over the last two axes."""
    kernel, padding, dilation = (
        [int(n) for n in np.broadcast_to(default if given is None else given, 2)]
        for given, default in ((kernel, 1), (padding, 0), (dilation, 1))
    )
    stride = [int(n) for n in np.broadcast_to(stride or kernel, 2)]
    ones = [1] * (x.value.ndim - 2)
    ends = [(p, p + s) for p, s in zip(padding, stride, strict=True)]  # s more, for ceil_mode
    border = [(0, 0)] * len(ones) + ends
    yield from in_windows(x, ones + kernel, ones + stride, border, ones + dilation)


ORDERED: dict[str, Callable[..., Gaps]] = {
    "max": from_top,
    "amax": from_top,
    "argmax": from_top,
    "min": from_bottom,
    "amin": from_bottom,
    "argmin": from_bottom,
    **dict.fromkeys(("sort", "argsort", "msort", "topk", "kthvalue", "median"), in_order),
    **dict.fromkeys(("nanmedian", "cummax", "cummin", "mode", "unique", "_unique2"), in_order),
    "aminmax": in_order,
    "max_pool2d_with_indices": in_pool,
}
JUMPS: dict[str, Callable[..., Gaps]] = {
    **dict.fromkeys(("gt", "ge", "lt", "le", "eq", "ne"), between),
    **dict.fromkeys(("sign", "sgn", "signbit", "heaviside", "nonzero", "logical_not"), at(0.0)),
    **dict.fromkeys(("floor", "ceil", "trunc", "fix", "frac"), at_integers),
    **dict.fromkeys(("remainder", "fmod", "floor_divide"), at_quotients),
    **dict.fromkeys(("isnan", "isinf", "isfinite", "isneginf", "isposinf"), never),
    **dict.fromkeys(("linalg_cholesky_ex", "linalg_inv_ex", "linalg_ldl_factor_ex"), never),
    **dict.fromkeys(("_linalg_slogdet", "_linalg_det", "_linalg_solve_ex", "linalg_lu"), never),
    **dict.fromkeys(("linalg_lu_factor_ex", "native_dropout"), never),  # integers on the side
    "round": at_halves,
    "threshold": between,
    "hardshrink": both_sides,
}
BENDS: dict[str, Callable[..., Gaps]] = {
    **ORDERED,
    **dict.fromkeys(("relu", "abs", "leaky_relu", "elu", "_prelu_kernel", "copysign"), at(0.0)),
    **dict.fromkeys(("maximum", "minimum", "fmax", "fmin"), between),
    **dict.fromkeys(("clamp", "clamp_min", "clamp_max", "hardtanh"), at_bounds),
    **dict.fromkeys(("hardswish", "hardsigmoid"), at(-3.0, 3.0)),
    **dict.fromkeys(("linalg_vector_norm", "norm"), at_zero_size),
    "softshrink": both_sides,
}
UNKNOWN = frozenset(  # they decide inside, and do not say where
    (
        *("_cdist_forward", "_pdist_forward", "dist", "grid_sampler_2d", "grid_sampler_3d"),
        *("multi_margin_loss", "multilabel_margin_loss_forward", "nan_to_num", "nextafter"),
        *("rrelu_with_noise", "rrelu_with_noise_functional", "histc", "bucketize", "searchsorted"),
        *("bernoulli", "bernoulli_", "poisson", "binomial", "_standard_gamma", "_sample_dirichlet"),
        *("_fake_quantize_learnable_per_tensor_affine", "quantize_per_tensor", "logit"),
    )
)
DECISIONS = Decisions(JUMPS, BENDS, frozenset(ORDERED), UNKNOWN)
