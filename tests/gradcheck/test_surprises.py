"""What users may do, and must get a verdict or one clear line for: buffers, keys, options."""

import dataclasses
import enum
import json

import numpy as np
import pytest
import scipy.sparse

from mlp import two_layer
from mlp.gradcheck import check
from mlp.ops import affine, identity, softmax, softplus

X = np.array([0.3, -1.2, 2.5])


def cosine(dO, x):
    return dO * np.cos(x)


def test_a_backward_may_return_the_same_buffer_each_time():
    kept = np.empty(3)
    report = check(np.sin, lambda dO, x: np.multiply(dO, np.cos(x), out=kept), X)
    assert report.verdict == "correct"


def test_exhaustive_finds_a_wrong_entry_beside_one_1e10_times_as_large():
    w = np.array([1e10, 1, 1])
    report = check(
        lambda x: w * np.sin(x),
        lambda dO, x: w * cosine(dO, x) * [1, 1, 1 + 1e-4],
        X,
        exhaustive=True,
    )
    assert report.verdict == "wrong"
    assert report.findings[0].entries[0].index == (2,)


def test_gradients_that_form_no_array_are_a_shape_finding():
    report = check(np.sin, lambda dO, x: (cosine(dO, x), np.ones(2)), X)
    assert [finding.kind for finding in report.findings] == ["shape"]


def root(A):
    """Return the square root of a symmetric matrix, complex where it is not positive."""
    w, V = np.linalg.eigh((A + A.T) / 2)
    return (V * np.emath.sqrt(w)) @ V.T


def root_backward(dO, A):
    """Pull back through the square root of a positive matrix."""
    w, V = np.linalg.eigh(A)
    r = np.sqrt(w)
    return V @ (V.T @ (dO + dO.T) @ V / (2 * np.add.outer(r, r))) @ V.T


def test_where_forward_becomes_complex_is_the_edge_of_its_domain():
    A = np.diag([1.0, 1e-3])
    assert check(root, root_backward, A).verdict == "correct"
    assert check(root, lambda dO, A: -root_backward(dO, A), A).verdict == "wrong"


def test_a_complex_result_without_imaginary_part_is_real():
    def forward(x):
        return np.sin(x) + (0j if x[0] != X[0] else 0)

    assert check(forward, cosine, X).verdict == "correct"
    assert check(forward, lambda dO, x: -cosine(dO, x), X).verdict == "wrong"


@pytest.mark.parametrize("dtype", [bool, int])
def test_a_gradient_of_whole_numbers_is_wrong_unless_all_of_it_is_0(dtype):
    wrong = check(lambda x: np.maximum(x, 0), lambda _, x: (x > 0).astype(dtype), X)
    assert (wrong.verdict, wrong.findings[-1].kind) == ("wrong", "cotangent")
    right = check(np.floor, lambda _, x: np.zeros(x.shape, dtype), X)
    assert [f.kind for f in right.findings] == ["dtype", "vacuous"]


@pytest.mark.parametrize("wrt", [(0, 0), (0, "x")])
def test_an_argument_named_twice_is_refused(wrt):
    with pytest.raises(ValueError, match="each argument once"):
        check(lambda x: np.sin(x), cosine, X, wrt=wrt)  # noqa: PLW0108  # its argument is named x


def test_array_bounds_keep_the_report_on_a_screen():
    x = np.full((40, 4), 0.5)
    report = check(np.sin, cosine, x, bounds=[(np.zeros((40, 4)), np.ones((40, 4)))])
    assert report.verdict == "correct"
    assert len(str(report).splitlines()) <= 25


class Name(enum.Enum):
    W = "W"


@pytest.mark.parametrize("key", [np.int64(1), Name.W])
def test_keys_of_any_kind_become_json(key):
    report = check(lambda p: np.sin(p[key]), lambda dO, p: {key: -cosine(dO, p[key])}, {key: X})
    assert json.loads(report.to_json())["verdict"] == "wrong"


def test_a_dataclass_with_a_field_of_its_own_making_is_a_structure():
    @dataclasses.dataclass
    class Parameters:
        W: np.ndarray
        size: int = dataclasses.field(init=False)

        def __post_init__(self):
            self.size = np.size(self.W)

    def backward(dO, p):
        return Parameters(cosine(dO, p.W))

    assert check(lambda p: np.sin(p.W), backward, Parameters(X)).verdict == "correct"


def test_a_sparse_constant_stays_as_it_was():
    S = scipy.sparse.csr_array(np.eye(3))

    def forward(S, x):
        S.data *= 2
        return S @ x

    check(forward, lambda dO, S, x: S.T @ dO, S, X)  # noqa: ARG005  # backward takes the point
    assert (S.data == 1).all()


def test_the_limit_stands_in_the_line_to_repeat():
    assert "max_evaluations=9" in check(np.sin, cosine, X, max_evaluations=9).reproduce


@pytest.mark.parametrize(
    "options",
    [
        {"rng": None},
        {"rng": -1},
        {"rng": "a"},
        {"rng": 1.5},
        {"bounds": 5},
        {"bounds": [5]},
        {"bounds": [(1, 2, 3)]},
        {"bounds": [(np.zeros(2), np.ones(2))]},
        {"max_evaluations": "a"},
        {"max_evaluations": -3},
        {"rtol": "a"},
    ],
)
def test_a_bad_option_gets_one_clear_line(options):
    with pytest.raises((TypeError, ValueError), match=r"^check: ") as raised:
        check(np.sin, cosine, X, **options)
    assert "\n" not in str(raised.value)


def test_a_numpy_integer_is_a_position():
    assert check(np.sin, cosine, X, wrt=np.int64(0))


TINY = {  # entries so small that forward does not show them, or rounding is all there is
    "softplus at 2⁻⁵¹": (softplus, np.array([0.0, 2.0**-51])),
    "1 + 1e-18": (affine, np.array([[1e-9]]), np.array([[0, 0, 1e-9]]), np.array([0, 0, 1.0])),
    "a dead weight": (affine, np.zeros((2, 1)), np.array([[1.9e-20]]), np.zeros(1)),
    "the smallest number": (affine, np.zeros((1, 1)), np.array([[5e-324]]), np.zeros(1)),
    "below the largest float32": (
        affine,
        np.zeros((2, 1), np.float32),
        np.zeros((1, 1), np.float32),
        np.array([3.4e38], np.float32),
    ),
    "a subnormal float32": (softmax, np.array([[0, 1e-39]], np.float32)),
    "classes that cancel": (
        two_layer,
        *(np.zeros(shape) for shape in [(3, 1), (1, 2), 2, (2, 3), 3]),
        np.arange(3),
    ),
}


@pytest.mark.parametrize("name", TINY)
def test_a_right_gradient_is_not_accused_where_its_numbers_are_tiny_or_cancel(name):
    op, *point = TINY[name]
    assert check(op.forward, op.backward, *point).verdict == "correct"


def test_at_the_largest_number_nothing_is_accused_and_nothing_warns():
    report = check(identity.forward, identity.backward, np.array(1.79769313e308))
    assert report.verdict in {"correct", "inconclusive"}


@pytest.mark.parametrize("name", ["softplus at 2⁻⁵¹", "a subnormal float32"])
def test_and_twice_that_gradient_is(name):
    op, *point = TINY[name]
    report = check(op.forward, lambda *args: 2 * op.backward(*args), *point)
    assert report.verdict == "wrong"


def standardised(X, b):
    Z = X + b
    return ((Z - Z.mean(axis=0)) / Z.std(axis=0)) ** 3


def standardised_backward(dO, X, b):
    Z = X + b
    N = (Z - Z.mean(axis=0)) / Z.std(axis=0)
    dN = 3 * N**2 * dO
    dZ = (dN - dN.mean(axis=0) - N * (dN * N).mean(axis=0)) / Z.std(axis=0)
    return dZ, dZ.sum(axis=0)


def test_a_bias_that_a_normalisation_takes_off_again_is_rounding_and_no_fault():
    rng = np.random.default_rng(0)
    report = check(standardised, standardised_backward, rng.normal(size=(6, 3)), rng.normal(size=3))
    assert report.arguments[0].verdict == "correct"
    assert report.verdict in {"correct", "inconclusive"}


def test_entries_of_a_structure_are_named_once():
    point = {"W": X.copy(), "b": [X.copy()]}
    report = check(
        lambda p: np.sin(p["W"]) + np.sin(p["b"][0]),
        lambda dO, p: {"W": cosine(dO, p["W"]), "b": [cosine(dO, p["b"][0]) * [1, 2, 1]]},
        point,
    )
    assert report.findings[0].entries[0].index == ("b", 0, 1)
    assert "    p['b'][0][1]  by hand" in str(report)


def test_a_mutation_is_told_first():
    def backward(dO, x):
        dO *= 2
        return dO * np.sin(x)

    assert check(np.sin, backward, X).findings[0].kind == "mutation"
