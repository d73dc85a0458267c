"""What is handed over, read as what its author means."""

import random
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np
import pytest

import mlp
from mlp.gradcheck.readings import read

X = np.random.default_rng(0).normal(size=6)
Z = X[:3] + 1j * X[3:]


def square(x):
    return x * x


def test_what_needs_no_reading_is_left_as_it_is():
    back = lambda d, x: 2 * d * x  # noqa: E731  # to be compared
    found = read(square, back, (X, 1e-5, np.array([1, 2])), None)
    assert found.forward is square
    assert found.backward is back
    assert found.of(square) is square


@pytest.mark.parametrize(
    ("point", "floats"),
    [
        ([1.0, 2.0], True),
        ([[1, 2], [3, 4]], True),
        ([[1, 2], [3]], False),
        ([np.ones(2), np.ones(2)], False),
        (np.array([1, 2]), True),
        (np.array([True]), False),
    ],
)
def test_numbers_that_are_read_as_floats(point, floats):
    (read_as,) = read(square, square, (point,), None).point
    assert (read_as is not point) == floats


def test_integers_beside_floats_are_labels_unless_wrt_names_them():
    labels = np.array([1, 2])
    assert read(lambda x, _: x, square, (X, labels), None).point[1] is labels
    assert read(lambda x, _: x, square, (X, labels), 1).point[1].dtype == float


def test_a_generator_is_not_spent():
    rng = np.random.default_rng(1)
    before = rng.bit_generator.state
    report = mlp.check(lambda x, g: x * g.random(6), lambda d, _, g: d * g.random(6), X, rng)
    assert report.verdict == "correct"
    assert rng.bit_generator.state == before
    wrong = mlp.check(lambda x, g: x * g.random(6), lambda d, _, g: d * g.random(6) ** 2, X, rng)
    assert wrong.verdict == "wrong"


@pytest.mark.parametrize("point", [Z, Z[0], Z.astype(np.complex64)])
def test_complex_numbers_in_the_convention_of_pytorch(point):
    right = mlp.check(lambda z: z**2, lambda d, z: d * np.conj(2 * z), point)
    assert right.verdict == "correct"
    assert "pairs of reals" in str(right)
    other = mlp.check(lambda z: z**2, lambda d, z: 2 * d * z, point)
    assert other.verdict == "wrong"
    assert "conjugated" in str(other)


def test_a_real_loss_of_complex_numbers():
    loss = lambda z: (z.real**2 + z.imag**2).sum()  # noqa: E731  # as people write it
    assert mlp.check(loss, lambda d, z: 2 * d * z, Z).verdict == "correct"
    conjugated = mlp.check(loss, lambda d, z: 2 * d * np.conj(z), Z)
    assert conjugated.verdict == "wrong"
    assert conjugated.findings[0].diagnosis == "conjugated"


def test_a_complex_result_of_real_numbers():
    assert mlp.check(np.fft.rfft, lambda d, _: full(d), X).verdict == "correct"
    wrong = mlp.check(np.fft.fft, lambda d, _: 6 * np.fft.ifft(d), X)
    assert "its dtype is complex128" in str(wrong)


def full(d):
    """Return the gradient of rfft of six numbers."""
    out = np.zeros(6, complex)
    out[:4] = d
    return 6 * np.fft.ifft(out).real


def test_a_mixture_of_complex_and_real_arguments():
    def f(z, w):
        return (z * w).real.sum() + (z * w).imag.sum()

    def back(d, z, w):
        g = d * (1 + 1j) * w
        return g, (d * (1 - 1j) * z).real

    assert mlp.check(f, back, Z, X[:3]).verdict == "correct"
    assert mlp.check(f, back, Z, X[:3], wrt="z").verdict == "wrong"  # two gradients for one
    assert mlp.check(f, lambda d, z, w: back(d, z, w)[1], Z, X[:3], wrt="w").verdict == "correct"


def test_against_and_surrogate_are_read_alike():
    report = mlp.check(lambda z: z**2, lambda d, z: d * np.conj(2 * z), Z, against=lambda z: z * z)
    assert report.verdict == "correct"


def test_names_in_a_dict_of_gradients_must_be_those_of_the_arguments():
    def f(x, w):
        return x * w

    named = mlp.check(f, lambda d, x, w: {"w": d * x, "x": d * w}, X, X[::-1])
    assert named.verdict == "correct"
    other = mlp.check(f, lambda d, x, w: {"w": d * x, "y": d * w}, X, X[::-1])
    assert other.verdict == "wrong"


@pytest.mark.parametrize(("factor", "verdict"), [(2.0, "correct"), (1.0, "wrong")])
def test_labels_may_have_a_none_among_the_gradients(factor, verdict):
    y = np.array([1, 0, 2, 0, 1, 1])

    def loss(x, y, w):
        return (w * (x - y) ** 2).sum()

    def both(d, x, y, w):
        return factor * d * w * (x - y), None, d * (x - y) ** 2

    assert mlp.check(loss, both, X, y, np.ones(6)).verdict == verdict
    alone = mlp.check(
        lambda x, y: loss(x, y, 1), lambda d, x, y: (factor * d * (x - y), None), X, y
    )
    assert alone.verdict == verdict


def test_a_none_in_the_place_of_what_is_differentiated_is_a_claim_still():
    swapped = lambda d, x, y: (None, 2 * d * (x - y))  # noqa: E731  # in the wrong order
    report = mlp.check(lambda x, y: ((x - y) ** 2).sum(), swapped, X, np.arange(6))
    assert report.verdict == "wrong"


def mixed(x, w):
    return np.tanh(x) * w.sum()


def parts(d, x, w, factor=1.0):
    return factor * d * (1 - np.tanh(x) ** 2) * w.sum(), np.full(w.shape, (d * np.tanh(x)).sum())


class Turned(NamedTuple):
    dw: np.ndarray
    dx: np.ndarray


class Other(NamedTuple):
    first: np.ndarray
    second: np.ndarray


FORMS = {
    "a dict": lambda dx, dw: {"w": dw, "x": dx},
    "a dict of dx and dw": lambda dx, dw: {"dw": dw, "dx": dx},
    "a dict of grad_x": lambda dx, dw: {"grad_w": dw, "grad_x": dx},
    "a dict of x_grad": lambda dx, dw: {"w_grad": dw, "x_grad": dx},
    "attributes": lambda dx, dw: SimpleNamespace(w=dw, x=dx),
    "attributes dx and dw": lambda dx, dw: SimpleNamespace(dw=dw, dx=dx),
    "a named tuple in another order": lambda dx, dw: Turned(dw, dx),
    "a named tuple of other names": Other,
    "lists of numbers": lambda dx, dw: (dx.tolist(), dw.tolist()),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("factor", "verdict"), [(1.0, "correct"), (2.0, "wrong")])
def test_gradients_come_in_every_form_that_people_return(form, factor, verdict):
    w = np.array([1.0, -0.5, 2.0])
    report = mlp.check(mixed, lambda d, x, w: FORMS[form](*parts(d, x, w, factor)), X, w)
    assert {row.name: row.verdict for row in report.arguments} == {"x": verdict, "w": "correct"}


@pytest.mark.parametrize("point", [[1.0, 2.0], [0.5], [[1.0, 2.0], [0.5, 3.0]]])
@pytest.mark.parametrize(("factor", "verdict"), [(2, "correct"), (3, "wrong")])
def test_a_list_of_floats_may_have_a_list_of_floats_as_its_gradient(point, factor, verdict):
    def doubled(a, d):
        return [doubled(b, d) for b in a] if np.ndim(a) else factor * a * d

    report = mlp.check(lambda v: sum(np.ravel(v) ** 2), lambda d, v: doubled(v, d), point)
    assert report.verdict == verdict, str(report)


def test_a_generator_of_python_starts_afresh_as_well():
    def dropped(x, rng):
        return x * np.array([rng.random() < 0.5 for _ in range(x.size)])

    rng = random.Random(3)  # noqa: S311  # no secret
    before = rng.getstate()
    for factor, verdict in ((1, "correct"), (2, "wrong")):
        backward = lambda d, _, rng, k=factor: k * dropped(d, rng)  # noqa: E731  # as people write it
        assert mlp.check(dropped, backward, X, rng).verdict == verdict
    assert rng.getstate() == before


@pytest.mark.parametrize(
    ("forward", "backward", "said"),
    [
        (np.tanh, lambda dy, y: dy * (1 - y**2), True),
        (np.exp, lambda dout, out: dout * out, True),
        (np.tanh, lambda dy, y: dy * (1 - y), False),
        (np.tanh, lambda dy, x: dy * (1 - x**2), False),
    ],
)
def test_a_backward_of_the_output_alone_is_told_so(forward, backward, said):
    report = mlp.check(forward, backward, X)
    assert report.verdict == "wrong"
    assert ("by hand is right where it is given forward's result" in str(report)) == said


def test_what_forward_yields_is_read_as_several_outputs_and_noted():
    def forward(x):
        yield x * x
        yield np.sin(x)

    def backward(dO, x):
        return 2 * x * dO[0] + np.cos(x) * dO[1]

    x = np.array([0.3, 1.2])
    report = mlp.check(forward, backward, x)
    assert report.verdict == "correct"
    assert "what forward yields is read as a tuple of outputs" in str(report)
    assert mlp.check(forward, lambda dO, x: 2 * x * dO[0], x).verdict == "wrong"


BESIDE = {"text": "text", "nothing": None, "a dict": {"steps": 3, "name": "t"}, "a list": ["a"]}


@pytest.mark.parametrize("beside", BESIDE.values(), ids=BESIDE)
def test_what_is_beside_a_loss_and_no_number_is_left_alone(beside):
    def loss(x):
        return (x**2).sum(), beside

    for factor, verdict in ((2, "correct"), (3, "wrong")):
        report = mlp.check(loss, lambda v, x, k=factor: k * v * x, X, against=square_sum)
        assert report.verdict == verdict, str(report)
        assert "no number, and left alone (has_aux)" in str(report)
    hessian = mlp.check(lambda x: (2 * x, beside), lambda x: 2 * np.eye(len(x)), X, order=2)
    assert hessian.verdict == "correct", str(hessian)
    with pytest.raises(TypeError, match="must return real numbers, but it returned <U4"):
        mlp.check(lambda _: ("text", "more"), lambda v, x: v * x, X)


def square_sum(x):
    return (x**2).sum()


def test_numbers_beside_a_loss_are_results_and_has_aux_is_named_where_backward_cannot_take_them():
    report = mlp.check(lambda x: (square_sum(x), {"twice": 2 * x}), lambda v, x: 2 * v * x, X)
    assert "is only the first of it differentiated (has_aux)? give lambda" in str(report)


@pytest.mark.parametrize(("factor", "verdict"), [(3, "correct"), (2, "wrong")])
def test_each_of_several_results_may_have_a_cotangent_of_its_own(factor, verdict):
    def halves(x):
        return 2 * x[:2], 3 * x[2:]

    def backward(d_first, d_second, x):  # noqa: ARG001  # it takes the point
        return np.concatenate([2 * d_first, factor * d_second])

    assert mlp.check(halves, backward, np.arange(1.0, 5.0)).verdict == verdict
