"""ONNX's node tests, which every runtime of that format has to pass, answered by the ops here.

All published cases of these operators are answered. Where an option is not ours, the op is called
as its mathematics says: an axis is moved to the end, a reduction is taken over the losses of single
rows, class weights and an ignored class are soft targets, whose rows need not sum to 1. All this
holds the ops to ONNX; at the end `mlp.conformance` holds ONNX's own evaluator, which is in NumPy,
to the exact answers.
"""

import warnings

import numpy as np
import onnx
import pytest
from onnx.backend.test.case.node import collect_testcases
from onnx.reference import ReferenceEvaluator

from mlp.conformance import check
from mlp.ops import (
    affine,
    elu,
    gelu,
    leaky_relu,
    log_softmax,
    relu,
    sigmoid,
    silu,
    softmax,
    softmax_cross_entropy,
    softplus,
    tanh,
)

TOLERANCE = 2e-6  # of float32; the node tests themselves allow 1e-3


def gemm(A, B, C=0.0, *, alpha=1.0, beta=1.0, transA=0, transB=0):
    """Return alpha A B + beta C; where C is a matrix, every row has intercepts of its own."""
    X, W = np.float32(alpha) * (A.T if transA else A), (B.T if transB else B)
    b = np.broadcast_to(np.float32(beta) * np.float32(C), (len(X), W.shape[1]))
    if (b == b[0]).all():
        return affine.forward(X, W, b[0])
    return np.vstack([affine.forward(X[i : i + 1], W, b[i]) for i in range(len(X))])


def over(op, Z, *, axis=-1):
    """Return an op of rows along any axis."""
    rows = np.moveaxis(Z, axis, -1)
    O = op.forward(rows.reshape(-1, rows.shape[-1]))
    return np.moveaxis(O.reshape(rows.shape), -1, axis)


def loss(Z, y, weights=None, *, reduction=b"mean", ignore_index=None):
    """Return the loss, and the log-probabilities; classes are on axis 1."""
    c = Z.shape[1]
    rows, labels = np.moveaxis(Z, 1, -1).reshape(-1, c), y.reshape(-1)
    kept = np.ones(len(labels), bool) if ignore_index is None else labels != ignore_index
    if weights is None and kept.all() and reduction == b"mean":
        return softmax_cross_entropy.forward(rows, labels), over(log_softmax, Z, axis=1)
    w = kept * (1 if weights is None else weights[np.where(kept, labels, 0)])
    Y = (np.eye(c)[np.where(kept, labels, 0)] * w[:, None]).astype(Z.dtype)
    L = softmax_cross_entropy.forward(rows, Y) * len(rows)
    if reduction == b"none":
        each = zip(rows[:, None], Y[:, None], strict=True)
        L = np.reshape([softmax_cross_entropy.forward(z, t) for z, t in each], y.shape)
    if reduction == b"mean":
        L = L / w.sum()
    return L, over(log_softmax, Z, axis=1)


ANSWERS = {
    "Gemm": gemm,
    "Relu": relu.forward,
    "LeakyRelu": lambda Z, alpha=0.01: leaky_relu.forward(Z, slope=alpha),
    "Elu": elu.forward,
    "Softplus": softplus.forward,
    "Sigmoid": sigmoid.forward,
    "Tanh": tanh.forward,
    "Gelu": lambda Z, approximate=b"none": gelu.forward(Z, approximate=approximate.decode()),
    "Swish": lambda Z, alpha=1.0: silu.forward(np.float32(alpha) * Z) / np.float32(alpha),
    "Softmax": lambda Z, axis=-1: over(softmax, Z, axis=axis),
    "LogSoftmax": lambda Z, axis=-1: over(log_softmax, Z, axis=axis),
    "SoftmaxCrossEntropyLoss": loss,
}
PUBLISHED = {  # at least so many in onnx 1.23
    "Gemm": 11,
    "Relu": 1,
    "LeakyRelu": 3,
    "Elu": 3,
    "Softplus": 2,
    "Sigmoid": 2,
    "Tanh": 2,
    "Gelu": 4,
    "Softmax": 7,
    "LogSoftmax": 7,
    "SoftmaxCrossEntropyLoss": 34,
}


def published():
    """Return the node tests of these operators by name."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # making the tests of casts overflows on purpose
        found = collect_testcases(None)
    nodes = [(case, case.model.graph.node) for case in found]
    return {
        case.name: (case, node[0])
        for case, node in nodes
        if len(node) == 1 and node[0].op_type in ANSWERS
    }


CASES = published()


def differing(answer, case, node):
    """Return the outputs of a node test that an answer is not near to, as text."""
    options = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
    said = []
    for inputs, outputs in case.data_sets:
        got = answer(*inputs, **options)
        got = got if isinstance(got, tuple) else (got,)
        for name, right, ours in zip(node.output, outputs, got, strict=False):
            assert np.shape(ours) == np.shape(right)
            if not np.allclose(ours, right, rtol=TOLERANCE, atol=TOLERANCE):
                said.append(f"{name}: {ours} for {right}")
    return said


@pytest.mark.parametrize("name", CASES)
def test_the_answer_is_the_published_one(name):
    case, node = CASES[name]
    assert differing(ANSWERS[node.op_type], case, node) == []


def test_no_published_case_is_left_out():
    counts = {op: sum(node.op_type == op for _, node in CASES.values()) for op in PUBLISHED}
    assert {op for op in PUBLISHED if counts[op] < PUBLISHED[op]} == set()


def spoiled(answer):
    """Return an answer whose every output is off by a ten-thousandth."""

    def off(*inputs, **options):
        got = answer(*inputs, **options)
        return tuple(1.0001 * a for a in (got if isinstance(got, tuple) else (got,)))

    return off


@pytest.mark.parametrize("name", CASES)
def test_an_answer_that_is_off_by_a_ten_thousandth_is_found(name):
    case, node = CASES[name]
    assert differing(spoiled(ANSWERS[node.op_type]), case, node)


# ONNX's evaluator against the exact answers


def evaluated(operator, **options):
    """Return the function that ONNX's reference evaluator makes of an operator."""

    def forward(*arguments):
        names = [f"argument{i}" for i in range(len(arguments))]
        kinds = [onnx.helper.np_dtype_to_tensor_dtype(a.dtype) for a in arguments]
        typed = list(
            map(onnx.helper.make_tensor_value_info, names, kinds, map(np.shape, arguments))
        )
        result = onnx.helper.make_tensor_value_info("O", kinds[0], None)
        node = onnx.helper.make_node(operator, names, ["O"], **options)
        graph = onnx.helper.make_graph([node], operator, typed, [result])
        model = onnx.helper.make_model(graph)
        return ReferenceEvaluator(model).run(None, dict(zip(names, arguments, strict=True)))[0]

    return forward


@pytest.mark.parametrize(
    ("op", "operator"),
    [
        ("affine", "Gemm"),
        ("relu", "Relu"),
        ("elu", "Elu"),
        ("softplus", "Softplus"),
        ("sigmoid", "Sigmoid"),
        ("tanh", "Tanh"),
    ],
)
def test_onnx_keeps_the_digits_of_most_activations(op, operator):
    found = check(op, evaluated(operator))
    assert found, found


@pytest.mark.parametrize(
    ("op", "operator", "options", "case", "complaint"),
    [
        ("gelu", "Gelu", {}, "saturation", "-0.0 for -"),
        ("gelu:tanh", "Gelu", {"approximate": "tanh"}, "saturation", "-0.0 for -"),
        ("silu", "Swish", {}, "results near underflow", "-0.0 for -"),
        ("softmax", "Softmax", {}, "one far above", "ULP off"),
        ("log_softmax", "LogSoftmax", {}, "spread over thousands", "-inf for -"),
        (
            "softmax_cross_entropy",
            "SoftmaxCrossEntropyLoss",
            {},
            "spread over thousands",
            "inf for",
        ),
        # an option of ONNX is a float32, and 0.01 is none
        ("leaky_relu", "LeakyRelu", {"alpha": 0.01}, "ordinary", "ULP off"),
    ],
)
def test_what_onnx_loses_is_found(op, operator, options, case, complaint):
    found = check(op, evaluated(operator, **options))
    assert ("float64", "forward", case) in {(*m.column, m.case) for m in found.beyond}
    assert complaint in str(found)
