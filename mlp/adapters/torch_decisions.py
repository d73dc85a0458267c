"""Where torch's operations decide, by the names of aten that a ``TorchDispatchMode`` sees.

What returns integers or booleans and stands in no table here makes the witness silent.
Tested in tests/peers/test_torch_tangent.py.
"""

from typing import Any

import numpy as np

from mlp.adapters import decisions as gaps
from mlp.adapters.decisions import Decisions, Gaps, by_name, words


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
    yield from gaps.in_windows(x, ones + kernel, ones + stride, border, ones + dilation)


ORDERED = by_name(
    (gaps.from_top, "max amax argmax"),
    (gaps.from_bottom, "min amin argmin"),
    (gaps.in_order, "sort argsort msort topk kthvalue median nanmedian cummax cummin mode unique"),
    (gaps.in_order, "_unique2 aminmax"),
    (in_pool, "max_pool2d_with_indices"),
)
JUMPS = by_name(
    (gaps.between, "gt ge lt le eq ne threshold"),
    (gaps.at(0.0), "sign sgn signbit heaviside nonzero logical_not"),
    (gaps.at_integers, "floor ceil trunc fix frac"),
    (gaps.at_quotients, "remainder fmod floor_divide"),
    (gaps.at_halves, "round"),
    (gaps.both_sides, "hardshrink"),
    (gaps.never, "isnan isinf isfinite isneginf isposinf"),  # and what has integers on the side
    (gaps.never, "linalg_cholesky_ex linalg_inv_ex linalg_ldl_factor_ex linalg_lu_factor_ex"),
    (gaps.never, "_linalg_slogdet _linalg_det _linalg_solve_ex linalg_lu native_dropout"),
)
BENDS = ORDERED | by_name(
    (gaps.at(0.0), "relu abs leaky_relu elu _prelu_kernel copysign"),
    (gaps.between, "maximum minimum fmax fmin"),
    (gaps.at_bounds, "clamp clamp_min clamp_max hardtanh"),
    (gaps.at(-3.0, 3.0), "hardswish hardsigmoid"),
    (gaps.at_zero_size, "linalg_vector_norm norm"),
    (gaps.both_sides, "softshrink"),
)
UNKNOWN = words(  # they decide inside, and do not say where
    """
    _cdist_forward _pdist_forward dist grid_sampler_2d grid_sampler_3d multi_margin_loss
    multilabel_margin_loss_forward nan_to_num nextafter rrelu_with_noise
    rrelu_with_noise_functional histc bucketize searchsorted bernoulli bernoulli_ poisson binomial
    _standard_gamma _sample_dirichlet _fake_quantize_learnable_per_tensor_affine
    quantize_per_tensor logit
    """
)
DECISIONS = Decisions(JUMPS, BENDS, frozenset(ORDERED), UNKNOWN)
