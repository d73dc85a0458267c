"""Learning the digits: how well, how reproducibly, and what happens when it cannot work."""

import numpy as np
import pytest

from mlp.command.training import learn


def test_five_seeds_read_97_percent_of_images_they_never_saw():
    runs = [learn(seed) for seed in range(5)]
    assert np.mean([run.held_out_accuracy for run in runs]) >= 0.97
    assert min(run.accuracy for run in runs) > 0.999


@pytest.fixture(scope="module")
def short():
    return learn(3, epochs=2, width=16)


def test_a_run_keeps_the_loss_of_every_mini_batch_and_of_the_held_out_images(short):
    assert short.losses.shape == (2 * 45,)  # 1,438 images in mini-batches of 32
    assert short.held_out_losses.shape == (2,)
    assert short.losses[-10:].mean() < short.losses[:10].mean()


def test_a_fifth_is_held_out_and_accuracy_counts_it(short):
    assert len(short.X) == len(short.y) == len(short.read) == 359
    assert short.held_out_accuracy == np.mean(short.y == short.read)
    assert short.right.sum() == round(short.held_out_accuracy * 359)


def test_a_seed_repeats_a_run_and_another_seed_does_not(short):
    assert learn(3, epochs=2, width=16).losses.tolist() == short.losses.tolist()
    assert learn(4, epochs=2, width=16).losses.tolist() != short.losses.tolist()


def test_other_activations_learn_as_well():
    run = learn(0, epochs=4, activation="tanh")
    assert run.held_out_accuracy > 0.9


def test_a_rate_that_explodes_is_said_and_not_hidden():
    with (
        np.errstate(all="ignore"),
        pytest.raises(FloatingPointError, match="try a rate below 1e\\+200"),
    ):
        learn(0, epochs=1, rate=1e200)
