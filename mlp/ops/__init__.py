"""The ops: one module each, with forward, backward and example."""

from mlp.ops import affine, relu

OPS = (affine, relu)
