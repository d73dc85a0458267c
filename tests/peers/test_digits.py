"""What `mlp.conformance` finds in PyTorch, called as users do; `make exactness` has JAX too."""

import pytest
from exactness.libraries import SCIPY

from mlp.conformance import check


def torch_ops():
    """Return forward and backward of PyTorch's ops, by its own differentiation."""
    import torch
    from torch.nn import functional

    def both(function):
        def forward(Z, *constants):
            return function(torch.tensor(Z), *map(torch.tensor, constants))

        def backward(cotangent, Z, *constants):
            z = torch.tensor(Z, requires_grad=True)
            value = function(z, *map(torch.tensor, constants))
            return torch.autograd.grad(value, z, torch.tensor(cotangent))

        return forward, backward

    return {
        "relu": both(torch.relu),
        "leaky_relu": both(functional.leaky_relu),
        "elu": both(functional.elu),
        "squared_error": both(functional.mse_loss),
        "sigmoid": both(torch.sigmoid),
        "tanh": both(torch.tanh),
        "softplus": both(functional.softplus),
        "gelu": both(functional.gelu),
        "softmax": both(lambda Z: torch.softmax(Z, dim=1)),
        "log_softmax": both(lambda Z: torch.log_softmax(Z, dim=1)),
        "softmax_cross_entropy": both(functional.cross_entropy),
    }


TORCH = torch_ops()


@pytest.mark.parametrize("op", ["relu", "leaky_relu", "elu", "squared_error"])
def test_what_keeps_its_digits_conforms(op):
    found = check(op, *TORCH[op])
    assert found, found


@pytest.mark.parametrize(
    ("op", "dtype", "direction", "case"),
    [
        ("sigmoid", "float64", "backward", "results near underflow"),
        ("tanh", "float64", "backward", "saturation"),
        ("softplus", "float64", "forward", "saturation"),
        ("gelu", "float64", "forward", "saturation"),
        ("softmax", "float64", "backward", "saturation"),
        ("log_softmax", "float64", "forward", "one far above"),
        ("softmax_cross_entropy", "float64", "forward", "one row, sure by 10"),
        ("softmax_cross_entropy", "float32", "backward", "one row, sure by 40"),
    ],
)
def test_what_loses_digits_is_found_in_the_case_that_says_why(op, dtype, direction, case):
    found = check(op, *TORCH[op])
    assert (dtype, direction, case) in {(*m.column, m.case) for m in found.beyond}
    assert f"{dtype} {direction}" in "\n".join(found.complaints())


def test_another_library_is_measured_by_the_same_answers():
    assert check("tanh", SCIPY["tanh"][0])
    assert not check("gelu", *SCIPY["gelu"])


def test_tensors_that_numpy_cannot_read_are_said_in_pytorchs_own_words():
    import torch
    from torch.nn.functional import gelu

    for forward, words in (
        (gelu, "must be Tensor, not numpy.ndarray; give lambda Z: f(torch.from_numpy(Z))"),
        (lambda Z: gelu(torch.tensor(Z, requires_grad=True)), "Can't call numpy() on Tensor that"),
        (lambda Z: gelu(torch.tensor(Z)).bfloat16(), "Got unsupported ScalarType BFloat16"),
    ):
        assert words in str(check("gelu", forward))
    assert {m.fault for m in check("gelu", lambda Z: gelu(torch.from_numpy(Z))).beyond} == {""}
