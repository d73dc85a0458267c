"""What ``mlp verify`` checks unasked: our ops and networks, at several sizes and dtypes.

affine, relu, ...   each op of ``mlp.ops.OPS`` at its example, and at larger ones
two_layer           the two-layer network with each activation, likewise
digits              the two-layer network on a batch of real images
"""

from mlp.ops import OPS

NAMES = tuple(op.__name__.rpartition(".")[2] for op in OPS)
