"""A stable cross-entropy as a custom_vjp, which saves the probabilities."""

import jax
import jax.numpy as jnp
import numpy as np

CLASSES = np.array([2, 0, 1])


@jax.custom_vjp
def cross_entropy(logits):
    return -jax.nn.log_softmax(logits)[jnp.arange(3), CLASSES].mean()


def saved(logits):
    return cross_entropy(logits), jax.nn.softmax(logits)


def pulled(p, g):
    return (g * (p - jax.nn.one_hot(CLASSES, p.shape[1], dtype=p.dtype)) / len(p),)


cross_entropy.defvjp(saved, pulled)


def cross_entropy_example(rng, c=4):
    return (jnp.asarray(rng.normal(size=(3, c))),)


@jax.custom_vjp
def cross_entropy_wrong(logits):
    return -jax.nn.log_softmax(logits)[jnp.arange(3), CLASSES].mean()


def pulled_wrong(p, g):
    """The mean is not divided by."""
    return (g * (p - jax.nn.one_hot(CLASSES, p.shape[1], dtype=p.dtype)),)


cross_entropy_wrong.defvjp(saved, pulled_wrong)
cross_entropy_wrong_example = cross_entropy_example
