import math

import numpy as np
import pytest
import scipy.stats

from mlp import network
from mlp.initialise import glorot, he

WIDTHS = (300, 200, 100)
VARIANCE = {glorot: lambda d, m: 2 / (d + m), he: lambda d, _: 2 / d}

# the definition


@pytest.mark.parametrize("rule", [glorot, he])
@pytest.mark.parametrize("uniform", [True, False])
def test_weights_have_the_distribution_of_the_paper(rule, uniform):
    for W, b in rule(np.random.default_rng(0), WIDTHS, uniform=uniform):
        sigma = math.sqrt(VARIANCE[rule](*W.shape))
        side = math.sqrt(3) * sigma
        expected = scipy.stats.uniform(-side, 2 * side) if uniform else scipy.stats.norm(0, sigma)
        assert scipy.stats.kstest(W.ravel(), expected.cdf).pvalue > 0.01
        assert not b.any()


def test_the_defaults_are_those_of_the_papers():
    (W, _), *_ = glorot(np.random.default_rng(0), WIDTHS)
    assert np.abs(W).max() <= math.sqrt(6 / 500)  # eq. 16 of Glorot and Bengio
    (W, _), *_ = he(np.random.default_rng(0), WIDTHS)
    assert np.abs(W).max() > math.sqrt(6 / 300)  # a normal distribution has tails


def test_shapes_and_dtypes():
    layers = he(np.random.default_rng(0), (5, 4, 3, 2), dtype=np.float32)
    assert [(W.shape, b.shape) for W, b in layers] == [
        ((5, 4), (4,)),
        ((4, 3), (3,)),
        ((3, 2), (2,)),
    ]
    assert {A.dtype for pair in layers for A in pair} == {np.dtype(np.float32)}
    assert network.forward(np.ones((2, 5), np.float32), layers, [0, 1]).dtype == np.float32


# laws


@pytest.mark.parametrize(("rule", "activation"), [(he, "relu"), (glorot, "tanh")])
def test_a_signal_keeps_its_size_through_twenty_layers(rule, activation):
    rng = np.random.default_rng(1)
    X = rng.normal(size=(50, 128))
    layers = rule(rng, [128] * 21)
    _, Z = network.pre_activations(X, layers, network.activation_of(activation))
    assert 0.05 < Z[-1].std() / Z[0].std() < 5
    _, Z = network.pre_activations(
        X, [(0.5 * W, b) for W, b in layers], network.activation_of(activation)
    )
    assert Z[-1].std() / Z[0].std() < 1e-4  # at half the size it would be lost


def test_the_same_seed_gives_the_same_weights():
    first, again, other = (he(np.random.default_rng(s), (4, 3)) for s in (5, 5, 6))
    np.testing.assert_array_equal(first[0][0], again[0][0])
    assert (first[0][0] != other[0][0]).any()


# mistakes


@pytest.mark.parametrize("widths", [(), (3,), (3, 0), (3, -1, 2), (3, 2.5)])
@pytest.mark.parametrize("rule", [glorot, he])
def test_widths_that_make_no_network_are_refused(rule, widths):
    with pytest.raises(ValueError, match=rf"^{rule.__name__}: widths must be two or more positive"):
        rule(np.random.default_rng(0), widths)


@pytest.mark.parametrize("rule", [glorot, he])
def test_weights_are_floats_and_drawn_by_a_generator(rule):
    with pytest.raises(ValueError, match=rf"^{rule.__name__}: dtype must be one of floats"):
        rule(np.random.default_rng(0), (3, 2), dtype=int)
    with pytest.raises(TypeError, match=rf"^{rule.__name__}: rng must be a Generator"):
        rule(0, (3, 2))
    with pytest.raises(ValueError, match=rf"^{rule.__name__}: widths must be two or more"):
        rule(np.random.default_rng(0), (4.0, 3.0))


@pytest.mark.parametrize("rule", [glorot, he])
def test_arguments_may_be_named_and_options_must_be(rule):
    assert len(rule(rng=np.random.default_rng(0), widths=(3, 2))) == 1
    with pytest.raises(TypeError, match="positional arguments"):
        rule(np.random.default_rng(0), (3, 2), True)  # noqa: FBT003  # which is what is refused
