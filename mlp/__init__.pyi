# Where each public name lives: read by type checkers, and by ``mlp`` itself.

from mlp import adapters as adapters
from mlp import conformance as conformance
from mlp import datasets as datasets
from mlp import descent as descent
from mlp import initialise as initialise
from mlp import network as network
from mlp import ops as ops
from mlp import strategies as strategies
from mlp import testing as testing
from mlp import two_layer as two_layer
from mlp import vectors as vectors
from mlp.gradcheck import Entry as Entry
from mlp.gradcheck import Finding as Finding
from mlp.gradcheck import GradientError as GradientError
from mlp.gradcheck import Report as Report
from mlp.gradcheck.check import check as check
from mlp.gradcheck.check import depict as depict
from mlp.gradcheck.check import verify as verify
from mlp.gradcheck.forward_mode import check_tangent as check_tangent
from mlp.ops import affine as affine
from mlp.ops import cross_entropy as cross_entropy
from mlp.ops import elu as elu
from mlp.ops import gelu as gelu
from mlp.ops import identity as identity
from mlp.ops import leaky_relu as leaky_relu
from mlp.ops import log_softmax as log_softmax
from mlp.ops import relu as relu
from mlp.ops import sigmoid as sigmoid
from mlp.ops import silu as silu
from mlp.ops import softmax as softmax
from mlp.ops import softmax_cross_entropy as softmax_cross_entropy
from mlp.ops import softplus as softplus
from mlp.ops import squared_error as squared_error
from mlp.ops import tanh as tanh
from mlp.proof import Proof as Proof
from mlp.proof import prove as prove
from mlp.shapes import ShapeError as ShapeError

__version__: str
