"""Objects that keep state: how gradients are found, and what is said of what has none."""

import copy

import numpy as np
import pytest
from samples import layers
from samples.styles import STYLES

import mlp
from mlp.adapters import state
from mlp.runner.find import find
from mlp.runner.targets import Fault

X = np.random.default_rng(0).normal(size=(5, 4))
T = np.array([0, 2, 1, 1, 0])


def verdicts(report):
    """Return the verdict on each argument."""
    return [row.verdict for row in report.arguments]


@pytest.mark.parametrize("kind", layers.DENSE)
def test_each_style_is_correct_and_its_averaged_bias_wrong(kind):
    report = mlp.adapters.layer(kind()).check(X)
    assert report.verdict == "correct"
    assert len(report.arguments) >= 3  # the input, the weights and the bias
    wrong = mlp.adapters.layer(layers.averaged(kind)).check(X)
    assert verdicts(wrong) == [*["correct"] * (len(report.arguments) - 1), "wrong"]
    assert "mean or sum?" in str(wrong)


@pytest.mark.parametrize(
    ("thing", "point"), [(layers.Tanh(), (X,)), (layers.Loss(), (X, T)), (layers.Norm(), (X,))]
)
def test_what_has_no_parameters_labels_or_running_statistics(thing, point):
    assert mlp.adapters.layer(thing).check(*point).verdict == "correct"


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (layers.Attributes, "W with dW, b with db"),
        (layers.Words, "weights with dweights, biases with dbiases"),
        (layers.Half, "W with grads['W'], b with grads['b']"),
        (layers.Lists, "params[0] with grads[0], params[1] with grads[1]"),
        (layers.Methods, "W with gradients()[0], b with gradients()[1]"),
        (layers.Pairs, "W with parameters()[0][1], b with parameters()[1][1]"),
        (layers.Objects, "weight.data with weight.grad, bias_.data with bias_.grad"),
        (layers.Learning, "W with its step, b with its step"),
    ],
)
def test_the_report_says_what_was_paired(kind, said):
    assert f"gradients by their names: {said}" in str(mlp.adapters.layer(kind()).check(X))


@pytest.mark.parametrize("style", STYLES)
def test_the_styles_of_public_code_are_read(style):
    assert mlp.adapters.layer(style()).check(X).verdict == "correct"
    assert verdicts(mlp.adapters.layer(style(times=2)).check(X))[:2] == ["correct", "wrong"]


def test_the_object_stays_as_it_is():
    thing = layers.Norm()
    before = copy.deepcopy(vars(thing))
    mlp.adapters.layer(thing).check(X)
    assert vars(thing).keys() == before.keys()
    assert all(np.array_equal(vars(thing)[key], before[key]) for key in before)


def test_what_is_added_to_and_never_zeroed_is_wrong_unless_the_caller_zeroes():
    report = mlp.adapters.layer(layers.Unzeroed()).check(X)
    assert report.verdict == "wrong"
    assert "of W, b: called again it is twice the first: not zeroed?" in str(report)

    def zero(own):
        own.dW[...] = 0
        own.db[...] = 0

    assert mlp.adapters.layer(layers.Unzeroed(), zero=zero).check(X).verdict == "correct"


def test_a_parameter_without_a_gradient_is_no_correct_one():
    report = mlp.adapters.layer(layers.Forgetful()).check(X)
    assert report.verdict == "inconclusive"
    assert "b: forward depends on it, and no gradient of its name was found" in str(report)
    told = mlp.adapters.layer(layers.Forgetful(), gradients={"b": None}).check(X)
    assert told.verdict == "correct"


@pytest.mark.parametrize("kind", [layers.Slots, layers.Private, layers.Shared, layers.Row])
def test_parameters_are_found_wherever_an_object_keeps_them(kind):
    assert verdicts(mlp.adapters.layer(kind(1)).check(X)) == ["correct", "correct"]
    assert verdicts(mlp.adapters.layer(kind(2)).check(X)) == ["correct", "wrong"]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(("named", "whole"), [(True, False), (False, True), (True, True)])
def test_views_of_one_memory_stay_views(named, whole, dtype):
    x, flat = X.astype(dtype), layers.Flat(named, whole, dtype)
    report = mlp.adapters.layer(flat).check(x)
    assert report.verdict == "correct", str(report)
    assert [row.name for row in report.arguments] == ["x", *(["theta"] if whole else ["W", "b"])]
    flat.bias = lambda dout: dout.mean(0)
    assert mlp.adapters.layer(flat).check(x).verdict == "wrong"


def test_a_view_through_which_forward_reads_is_its_parameter():
    report = mlp.adapters.layer(layers.Transposed()).check(X)
    assert [row.name for row in report.arguments] == ["x", "W", "b"]
    assert report.verdict == "correct"
    wrong = layers.averaged(layers.Transposed)
    assert verdicts(mlp.adapters.layer(wrong).check(X)) == ["correct", "correct", "wrong"]


def test_numbers_in_a_list_are_paired_with_those_in_a_list_of_gradients():
    assert mlp.adapters.layer(layers.Neuron(1)).check(X[0]).verdict == "correct"
    report = mlp.adapters.layer(layers.Neuron(2)).check(X[0])
    assert "w[0] with dw[0]" in str(report)
    assert report.verdict == "wrong"
    assert "read as constants, for no gradient has their name: slope" in str(report)


@pytest.mark.parametrize("returned", [lambda dx: [dx], lambda dx: (dx, None)])
def test_gradients_in_a_list_and_none_for_a_flag_are_read(returned):
    assert mlp.adapters.layer(layers.Flagged(returned)).check(X, 1).verdict == "correct"
    twice = layers.Flagged(lambda dx: returned(2 * dx))
    assert verdicts(mlp.adapters.layer(twice).check(X, 1)) == ["wrong", "correct"]


def test_the_user_says_what_no_name_does():
    thing = layers.Unnamed()
    assert mlp.adapters.layer(thing).check(X).verdict == "inconclusive"
    told = {"W": "first", "b": "second"}
    assert mlp.adapters.layer(thing, gradients=told).check(X).verdict == "correct"
    crossed = mlp.adapters.layer(thing, gradients={"W": "second", "b": "first"}).check(X)
    assert crossed.verdict == "wrong"


def test_wrong_use_gets_one_line():
    with pytest.raises(ValueError, match=r"layer: Unnamed keeps nothing in 'V', .* it keeps W, b"):
        mlp.adapters.layer(layers.Unnamed(), gradients={"V": "first"}).check(X)
    with pytest.raises(TypeError, match="layer: list must have forward and backward"):
        mlp.adapters.layer([])
    uncopied = layers.Attributes()
    uncopied.file = (line for line in "ab")
    with pytest.raises(TypeError, match="layer: Attributes cannot be copied"):
        mlp.adapters.layer(uncopied).check(X)


def test_a_backward_that_needs_more_than_a_cotangent_is_said_to_raise():
    class Stateless(layers.Attributes):
        def backward(self, x, dout):
            return dout @ self.W.T + 0 * x

    assert "missing 1 required positional argument" in str(mlp.adapters.layer(Stateless()).check(X))


def test_gradients_that_are_returned_are_read_in_the_order_of_parameters_or_refused():
    class Returning(layers.Attributes):
        def backward(self, dout):
            return dout @ self.W.T, self.x.T @ dout, dout.sum(0)

    assert "W with backward()[1], b with backward()[2]" in str(
        mlp.adapters.layer(Returning()).check(X)
    )

    class TooMany(Returning):
        def backward(self, dout):
            return *super().backward(dout), 0.0

    with pytest.raises(TypeError, match=r"layer: TooMany.backward returned 4 gradients for the 1"):
        mlp.adapters.layer(TooMany()).check(X)


def test_a_history_of_steps_is_no_gradient_where_one_of_its_name_is_kept():
    class Momentum(layers.Attributes):
        def backward(self, dout):
            self.delta_W = 0.9 * getattr(self, "delta_W", 0.0) - 0.1 * self.x.T @ dout
            return super().backward(dout)

    assert "W with dW, b with db" in str(mlp.adapters.layer(Momentum()).verify(X))


@pytest.mark.parametrize("w", [np.array([1, 2, 3, 4]), np.array([1, 2j, -1, 0.5])])
@pytest.mark.parametrize(("factor", "verdict"), [(1, "correct"), (999, "wrong")])
def test_parameters_of_integers_and_of_complex_numbers(w, factor, verdict):
    class Weighted:
        def __init__(self):
            self.w = w

        def forward(self, x):
            self.x = x
            return np.abs(x @ self.w) ** 2

        def backward(self, dout):
            z = self.x @ self.w
            self.dw = factor * self.x.T @ (2 * dout * z)
            return np.real(np.outer(2 * dout * np.conj(z), self.w))

    report = mlp.adapters.layer(Weighted()).check(X)
    assert [(row.name, row.verdict) for row in report.arguments] == [
        ("x", "correct"),
        ("w", verdict),
    ]


def test_a_layer_that_raises_is_said_to():
    report = mlp.adapters.layer(layers.Attributes()).check(np.ones((5, 7)))
    assert [finding.kind for finding in report.findings] == ["raised"]


def test_parameters_that_forward_makes():
    class Lazy(layers.Attributes):
        def __init__(self):
            self.W = None

        def forward(self, x):
            if self.W is None:
                super().__init__(x.shape[1], 3)
            return super().forward(x)

    report = mlp.adapters.layer(Lazy()).check(X)
    assert report.verdict == "correct"
    assert [row.name for row in report.arguments] == ["x", "W", "b"]


def test_dropout_drops_the_same_in_every_call():
    class Dropout:
        def forward(self, x):
            self.mask = np.random.random(x.shape) < 0.5  # noqa: NPY002  # as its users write it
            return x * self.mask

        def backward(self, dout):
            return dout * self.mask

    assert mlp.adapters.layer(Dropout()).check(X).verdict == "correct"


def test_numbers_that_cannot_be_set_are_left_alone():
    class Bounded(layers.Attributes):
        def __init__(self):
            super().__init__()
            self.range = (-1e9, 1e9)

        def forward(self, x):
            return np.clip(super().forward(x), *self.range)

    assert mlp.adapters.layer(Bounded()).check(X).verdict == "correct"


def test_a_generator_that_a_layer_keeps_is_no_parameter():
    class Noisy(layers.Attributes):
        def __init__(self):
            super().__init__()
            self.rng = np.random.default_rng(5)

        def forward(self, x):
            return super().forward(x) + self.rng.random((5, 3))

    assert mlp.adapters.layer(Noisy()).check(X).verdict == "correct"


@pytest.mark.parametrize(
    ("path", "of"),
    [
        (("dW",), ("w",)),
        (("grad_W",), ("w",)),
        (("W_grad",), ("w",)),
        (("gradW",), ("w",)),
        (("weights_gradient",), ("weights",)),
        (("grads", ("W",)), ("w",)),
        (("layers", (0,), "dW"), ("layers", 0, "w")),
        (("W", "grad"), ("w",)),
        (("_Dense__dW",), ("w",)),
        (("dw", (0,)), ("w", 0)),
        (("dw", ("a",)), ("w", "a")),
        (("_gradients", ("W",)), ("w",)),
        (("W",), None),
        (("d",), None),
    ],
)
def test_names_of_gradients(path, of):
    assert state.gradient_of(path) == of


FILE = """\
import numpy as np


class Layer:
    def forward(self, x):
        raise NotImplementedError

    def backward(self, dout):
        pass


class Scale(Layer):
    def __init__(self, s):
        self.s = np.asarray(s)

    def forward(self, x):
        self.x = x
        return x * self.s

    def backward(self, dout):
        self.ds = (dout * self.x).sum(0)
        return dout * self.s


class Square(Layer):
    def forward(self, x):
        self.x = x
        return x * x

    def backward(self, dout):
        return 2 * self.x * dout

    def example(self, rng):
        return rng.normal(size=(2, 3))


scale = Scale([1.0, 2.0, 3.0])


def scale_example(rng):
    return rng.normal(size=(2, 3))
"""


def test_they_are_found_in_a_file_as_classes_and_as_objects(tmp_path):
    file = tmp_path / "found.py"
    file.write_text(FILE)
    ops = {op.name: op for op in find(str(file))}
    assert set(ops) == {"found.Square", "found.scale"}  # Layer is for others to write
    for op in ops.values():
        assert mlp.check(op.forward, op.backward, *op.at(0), wrt=op.wrt).verdict == "correct"


def test_a_class_that_needs_arguments_and_has_no_object_beside_it_is_named(tmp_path):
    file = tmp_path / "alone.py"
    file.write_text(FILE.partition("scale = ")[0])
    fault = next(op for op in find(str(file)) if isinstance(op, Fault))
    assert fault.name == "alone.Scale"
    assert "make one beside it: scale = Scale(...)" in fault.reason


@pytest.mark.parametrize(("factor", "expected"), [(1, "correct"), (2, "wrong")])
@pytest.mark.parametrize("kind", [list, tuple])
def test_gradients_may_be_a_list_that_is_kept(kind, factor, expected):
    class Listed:
        def __init__(self):
            self.w, self.b = X[:4, :3].copy(), X[0, :3].copy()

        def parameters(self):
            return kind([self.w, self.b])

        def forward(self, x):
            self.x = x
            return x @ self.w + self.b

        def backward(self, dout):
            self.gradients = kind([self.x.T @ dout, factor * dout.sum(0)])
            return dout @ self.w.T

    report = mlp.adapters.layer(Listed()).check(X)
    assert verdicts(report) == ["correct", "correct", expected]
    assert "b with gradients[1]" in str(report)


class Keeping(layers.Attributes):
    """Backward returns nothing, and keeps the gradient of the input by one of its names."""

    def __init__(self, name, factor=1):
        super().__init__()
        self.name, self.factor = name, factor

    def backward(self, dout):
        vars(self)[self.name] = self.factor * super().backward(dout)


@pytest.mark.parametrize(
    "name", ["d_inputs", "d_x", "x_grad", "grad_x", "dinput", "input_gradient"]
)
def test_the_gradient_of_the_input_is_found_by_its_name(name):
    assert verdicts(mlp.adapters.layer(Keeping(name)).check(X))[0] == "correct"
    assert verdicts(mlp.adapters.layer(Keeping(name, 2)).check(X))[0] == "wrong"


def test_an_input_whose_gradient_is_nowhere_is_said_to_be_unchecked():
    report = mlp.adapters.layer(Keeping("elsewhere")).check(X)
    assert [row.name for row in report.arguments] == ["W", "b"]
    assert "x: unchecked, for backward returns nothing, and keeps no gradient by" in str(report)


@pytest.mark.parametrize(
    ("kept", "gradients"),
    [
        ("weights", "gradients"),
        ("_weights", "_gradients"),
        ("weights", "dweights"),
        ("variables", "grads"),
        ("theta", "dtheta"),
        ("W", "dW"),
    ],
)
@pytest.mark.parametrize("factor", [1, 2])
def test_parameters_and_gradients_in_dicts_of_many_names(kept, gradients, factor):
    class Kept:
        def __init__(self):
            rng = np.random.default_rng(0)
            own = {"kernel": rng.normal(size=(4, 3)), "bias": rng.normal(size=3)}
            vars(self).update({kept: own, gradients: {}})

        def forward(self, x):
            self.x, own = x, vars(self)[kept]
            return x @ own["kernel"] + own["bias"]

        def backward(self, dout):
            vars(self)[gradients].update(kernel=self.x.T @ dout, bias=factor * dout.sum(0))
            return dout @ vars(self)[kept]["kernel"].T

    found = verdicts(mlp.adapters.layer(Kept()).check(X))
    assert found == ["correct", "correct", "correct" if factor == 1 else "wrong"]
