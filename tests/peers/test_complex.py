"""Complex numbers in each framework's own convention; a gradient in the other one is conjugated."""

import autograd.numpy as anp
import jax
import numpy as np
import pytest
import torch
from autograd.extend import defjvp, defvjp, primitive

import mlp

Z = np.array([0.3 - 1.2j, 2.0 + 0.5j, -0.7 + 0.1j])
R = np.array([0.3, -1.2, 2.6, 0.8])


def of_torch(turned):
    class Square(torch.autograd.Function):
        @staticmethod
        def forward(ctx, z):
            ctx.save_for_backward(z)
            return z * z

        @staticmethod
        def backward(ctx, g):
            (z,) = ctx.saved_tensors
            return g * 2 * (z if turned else z.conj())

    return mlp.adapters.torch(Square).check(torch.from_numpy(Z))


def of_jax(turned):
    @jax.custom_vjp
    def square(z):
        return z * z

    square.defvjp(lambda z: (z * z, z), lambda z, g: (g * 2 * (z.conj() if turned else z),))
    return mlp.adapters.jax(square).check(Z)


def of_autograd(turned):
    @primitive
    def square(z):
        return z * z

    defvjp(square, lambda _, z: lambda g: g * 2 * (anp.conj(z) if turned else z))
    return mlp.adapters.autograd(square).check(Z)


@pytest.mark.parametrize("check", [of_torch, of_jax, of_autograd])
def test_a_holomorphic_function(check):
    assert check(turned=False).verdict == "correct"
    wrong = check(turned=True)
    assert wrong.verdict == "wrong"
    assert wrong.findings[0].diagnosis == "conjugated"


def test_real_numbers_with_a_complex_result():
    of = torch.from_numpy(R)
    assert mlp.adapters.torch(torch.fft.rfft).check(of).verdict == "correct"
    assert mlp.adapters.jax(jax.numpy.fft.rfft).check(R).verdict == "correct"

    class Forgetful(torch.autograd.Function):
        @staticmethod
        def forward(_, x):
            return torch.fft.fft(x)

        @staticmethod
        def backward(_, g):
            return torch.fft.ifft(g).real  # without the length

    assert mlp.adapters.torch(Forgetful).check(of).verdict == "wrong"


def test_a_generator_of_torch_starts_afresh():
    def dropout(x, generator):
        return x * (torch.rand(x.shape, generator=generator) < 0.5)

    generator = torch.Generator().manual_seed(3)
    before = generator.get_state().clone()
    assert mlp.adapters.torch(dropout).check(torch.from_numpy(R), generator).verdict == "correct"
    assert torch.equal(generator.get_state(), before)


def pushed_by_torch(turned):
    class Square(torch.autograd.Function):
        @staticmethod
        def forward(ctx, z):
            ctx.save_for_backward(z)
            ctx.save_for_forward(z)
            return z * z

        @staticmethod
        def backward(ctx, g):
            return g * 2 * ctx.saved_tensors[0].conj()

        @staticmethod
        def jvp(ctx, d):
            (z,) = ctx.saved_tensors
            return 2 * d * (z.conj() if turned else z)

    return mlp.adapters.torch(Square).check(torch.from_numpy(Z))


def pushed_by_jax(turned):
    square = jax.custom_jvp(lambda z: z * z)
    square.defjvp(lambda p, d: (p[0] ** 2, 2 * d[0] * (p[0].conj() if turned else p[0])))
    return mlp.adapters.jax(square).check(Z)


def pushed_by_autograd(turned):
    @primitive
    def square(z):
        return z * z

    defvjp(square, lambda _, z: lambda g: g * 2 * z)
    defjvp(square, lambda d, _, z: 2 * d * (anp.conj(z) if turned else z))
    return mlp.adapters.autograd(square).check(Z)


@pytest.mark.parametrize("check", [pushed_by_torch, pushed_by_jax, pushed_by_autograd])
def test_a_tangent_of_complex_numbers(check):
    assert check(turned=False).verdict == "correct"
    wrong = check(turned=True)
    assert wrong.verdict == "wrong"
    assert any("forward mode: " in (f.argument or "") for f in wrong.findings)


@pytest.mark.parametrize(("kept", "verdict"), [(True, "correct"), (False, "wrong")])
def test_complex_numbers_at_second_order(kept, verdict):
    cube = jax.custom_vjp(lambda z: z**3)
    stopped = (lambda z: z) if kept else jax.lax.stop_gradient
    cube.defvjp(lambda z: (z**3, z), lambda z, g: (3 * stopped(z) ** 2 * g,))
    assert mlp.adapters.jax(cube).check(Z, order=2).verdict == verdict

    class Cube(torch.autograd.Function):
        @staticmethod
        def forward(ctx, z):
            ctx.save_for_backward(z)
            return z**3

        @staticmethod
        def backward(ctx, g):
            (z,) = ctx.saved_tensors
            return 3 * (z if kept else z.detach()).conj() ** 2 * g

    assert mlp.adapters.torch(Cube).check(torch.from_numpy(Z), order=2).verdict == verdict
    real = mlp.adapters.torch(torch.fft.rfft).check(torch.from_numpy(R), order=2)
    assert real.verdict == "correct", str(real)


@pytest.mark.parametrize(("turned", "verdict"), [(False, "correct"), (True, "wrong")])
def test_a_gradient_that_torch_conjugates_lazily(turned, verdict):
    class Turn(torch.autograd.Function):
        @staticmethod
        def forward(_, z):
            return z.conj(), z.conj().imag  # both are views of bits that are not there

        @staticmethod
        def backward(_, g, h):
            return g + 1j * h if turned else (g + 1j * h).conj()

    report = mlp.adapters.torch(Turn).check(torch.from_numpy(Z))
    assert report.verdict == verdict, str(report)
