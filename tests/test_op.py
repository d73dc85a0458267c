"""What an op says of itself is read the same way by all who ask."""

import functools
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from mlp import two_layer
from mlp.op import (
    Location,
    accept_in,
    accept_of,
    argument_names,
    bare,
    example_of,
    is_allowance,
    label_positions,
    meant_of,
    name_of,
    padded,
    place_of,
    positions_of,
    relative,
    sizes_of,
    wrt_of,
)
from mlp.ops import OPS, affine, cross_entropy, relu, softmax_cross_entropy, squared_error
from mlp.shapes import Array, Labels, ShapeError

HERE = Path(__file__)


def decorated(function):
    @functools.wraps(function)
    def wrapper(*args):
        return function(*args)

    return wrapper


@decorated
# why
@decorated
def backward(dO, x):
    return dO * x


class Op:
    @staticmethod
    def backward(dO, x):
        return dO * x


def line_of(text):
    lines = HERE.read_text(encoding="utf-8").splitlines()
    return next(k for k, line in enumerate(lines, 1) if line == text)


class Scale:
    """A layer whose methods are bound."""

    WRT = (0,)

    def forward(self, x, factor=2.0):
        return factor * x

    def backward(self, dO, x, factor=2.0):
        return factor * dO * np.ones_like(x)

    def __call__(self, x):
        return self.forward(x)

    def example(self, rng, n=3):
        return (rng.normal(size=n),)


def gelu(x, /, y, *others, approximate="none", **options): ...


def gelu_example(rng, n=3, *, d=4, centred=True): ...


HERE_ALONE = sys.modules[__name__]

# its name, as its user calls it


@pytest.mark.parametrize(
    ("op", "name"),
    [
        (gelu, "gelu"),
        (affine.forward, "affine.forward"),
        (cross_entropy.backward, "cross_entropy.backward"),
        (backward, "test_op.backward"),
        (partial(gelu, y=1), "gelu"),
        (partial(partial(affine.forward, 1), b=2), "affine.forward"),
        (functools.update_wrapper(partial(gelu, y=1), gelu), "gelu"),
        (Scale, "Scale"),
        (Scale.backward, "Scale.backward"),
        (Scale().forward, "Scale.forward"),
        (Scale(), "Scale"),
        (Op.backward, "Op.backward"),
        (lambda x: x, "lambda"),
        (abs, "abs"),
        (np.sin, "sin"),
        (affine, "affine"),
        (two_layer, "two_layer"),
    ],
)
def test_a_name_is_what_its_user_calls_it(op, name):
    assert name_of(op) == name


def test_a_name_inside_a_function_is_what_is_said_there():
    def cube(x): ...

    class Cube:
        def forward(self, x): ...

    def forward(x): ...

    assert [name_of(f) for f in (cube, Cube, Cube().forward, lambda x: x)] == [
        "cube", "Cube", "Cube.forward", "lambda",
    ]  # fmt: skip
    assert name_of(forward) == "test_op.forward"
    forward.__module__ = ""  # as of what an adapter has dressed
    assert name_of(forward) == "forward"


# its arguments


@pytest.mark.parametrize(
    ("function", "names"),
    [
        (gelu, ("x", "y")),
        (partial(gelu, 1), ("y",)),
        (partial(gelu, y=1), ("x",)),  # what a keyword fixes is no longer given by position
        (affine.backward, ("dO", "X", "W", "b")),  # behind @shapes
        (backward, ("dO", "x")),  # behind functools.wraps
        (Scale().forward, ("x", "factor")),
        (Scale(), ("x",)),
        (lambda *point: point, ()),
        (dict, ()),  # a builtin without a signature
        (affine, ()),  # nothing to call
    ],
)
def test_arguments_are_those_given_by_position(function, names):
    assert argument_names(function) == names


def test_an_argument_without_a_name_is_said_by_its_position():
    assert padded(("x", "y"), 3) == ("x", "y", "argument 2")
    assert padded(("x", "y"), 1) == ("x",)


def test_label_positions_are_read_from_annotations():
    def loss(Z: Array, y: Labels | Array, t: Labels): ...

    assert label_positions(loss) == {1, 2}
    assert label_positions(affine.forward) == frozenset()
    assert label_positions(softmax_cross_entropy.forward) == {1}
    assert label_positions(partial(two_layer.forward, activation="tanh")) == {5}
    assert label_positions(dict) == frozenset()


# which of them are differentiated


def test_an_argument_is_named_by_position_or_by_name():
    names, refusal = ("X", "W", "b"), "no {came!r}, but {names}"
    assert positions_of("b", names, refusal) == (2,)
    assert positions_of(np.int64(1), names, refusal) == (1,)
    assert positions_of(["b", 0], names, refusal) == (2, 0)
    assert positions_of((), names, refusal) == ()
    for came in ("V", 3, -1, 0.0):
        with pytest.raises(ValueError, match=rf"^no {came!r}, but X, W, b$"):
            positions_of((0, came), names, refusal)


def test_wrt_is_declared_by_a_function_a_class_or_a_module():
    assert wrt_of(cross_entropy) == (0,)
    assert wrt_of(cross_entropy.forward) == (0,)  # of its module
    assert wrt_of(partial(cross_entropy.forward)) == (0,)
    assert wrt_of(cross_entropy.losses) is None  # no forward
    assert wrt_of(Scale) == wrt_of(Scale()) == (0,)
    assert wrt_of(affine.forward) is None
    assert wrt_of(affine.forward, "otherwise") == "otherwise"

    def square(x, y): ...

    square.WRT = (1,)
    assert wrt_of(square, (0,)) == (1,)


# its example


def test_an_example_stands_beside_an_op_or_in_it():
    assert example_of(gelu, HERE_ALONE, "gelu") is gelu_example
    assert example_of(affine) is affine.example
    scale = Scale()
    assert example_of(scale, HERE_ALONE, "scale") == scale.example
    assert example_of(abs) is None
    scale.example = "no function"
    assert example_of(scale) is None


def test_the_sizes_of_an_example_are_its_whole_numbers():
    assert sizes_of(gelu_example) == {"n": 3, "d": 4}
    assert sizes_of(affine.example) == {"n": 3, "d": 4, "m": 2}


# what is under a partial, and where it is written


def test_under_partials_is_a_function_with_its_options():
    assert bare(relu.forward) == (relu.forward, {})
    inner = functools.update_wrapper(partial(gelu, approximate="none", y=1), gelu)
    assert bare(partial(inner, approximate="tanh")) == (gelu, {"approximate": "tanh", "y": 1})


@pytest.mark.parametrize("function", [backward, functools.partial(backward, 1)])
def test_the_line_is_that_of_def_however_the_function_is_wrapped(function):
    assert place_of(function) == Location(relative(HERE), line_of("def backward(dO, x):"))


def test_a_method_and_a_lambda_have_a_line_too():
    assert place_of(Op.backward).line == line_of("    def backward(dO, x):")
    assert place_of(lambda dO: dO).file == relative(HERE)


def test_an_op_of_ours_is_found_behind_its_signature():
    place = place_of(affine.backward)
    line = Path(place.file).read_text(encoding="utf-8").splitlines()[place.line - 1]
    assert line.startswith("def backward(")


def test_what_is_written_in_no_file_has_no_place():
    made = {}
    exec("def f(x): return x", made)  # noqa: S102  # as a notebook's cell might be
    assert [place_of(f) for f in (np.sin, made["f"], np.ndarray.sum)] == [None] * 3


def test_paths_below_the_working_directory_are_relative(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert relative(tmp_path / "a" / "b.py") == "a/b.py"
    assert relative(HERE) == HERE.as_posix()


def test_an_op_says_what_it_may_be_off_by_design(monkeypatch):
    assert accept_of(affine.forward) is None
    assert accept_of(affine.forward, 1e-3) == 1e-3
    monkeypatch.setattr(affine, "ACCEPT", {"X": 1e-6}, raising=False)
    assert accept_of(affine) == accept_of(affine.forward, 1e-3) == {"X": 1e-6}
    assert accept_of(partial(affine.forward)) == {"X": 1e-6}
    assert accept_of(affine.backward) is None


@pytest.mark.parametrize(
    ("text", "accept"),
    [
        ("1e-6", 1e-6),
        ("0", 0.0),
        ("W=1e-6", {"W": 1e-6}),
        ("W=1e-6, b=.01", {"W": 1e-6, "b": 0.01}),
    ],
)
def test_what_is_accepted_is_read_from_text(text, accept):
    assert accept_in(text) == accept


@pytest.mark.parametrize(
    "text", ["", "x", "0.1", "-1e-6", "nan", "W=", "W=1", "W=1e-6,1e-3", "1e-6,1e-3", "1e-6,W=1e-3"]
)
def test_what_is_no_share_of_the_largest_entry_is_refused(text):
    with pytest.raises(
        ValueError, match=r"is no number from 0, below .*, such as 1e-6, and no list"
    ):
        accept_in(text)


@pytest.mark.parametrize("size", [True, None, "1e-6", 1j, 0.1, -0.0001, float("nan")])
def test_only_a_number_below_a_tenth_is_one(size):
    assert not is_allowance(size)
    assert is_allowance(0)
    assert is_allowance(np.float32(0.09))


def test_an_op_says_its_sets_its_reference_and_its_surrogate():
    def identity(x):
        return x

    class Layer:
        ALONG = {"S": "symmetric"}  # noqa: RUF012  # read by nobody else
        SURROGATE = identity

    assert meant_of(Layer) == meant_of(Layer()) == {**meant_of(Layer), "surrogate": identity}
    assert meant_of(Layer)["along"] == {"S": "symmetric"}
    identity.AGAINST = abs
    assert meant_of(identity) == {"against": abs}
    assert meant_of(affine) == {}


@pytest.mark.parametrize("op", OPS, ids=name_of)
def test_an_example_is_small_and_fits_no_transposed_result(op):
    others = {
        affine: [(3, 4), (4, 2), (2,)],
        cross_entropy: [(3, 4), (3,)],
        softmax_cross_entropy: [(3, 4), (3,)],
        squared_error: [(3, 4), (3, 4)],
    }
    drawn = op.example(np.random.default_rng(0))
    assert [np.shape(argument) for argument in drawn] == others.get(op, [(3, 4)])


@pytest.mark.parametrize("op", OPS, ids=name_of)
def test_a_cotangent_of_another_shape_is_refused(op):
    drawn = op.example(np.random.default_rng(0))
    dO = np.ones((2, *np.shape(op.forward(*drawn))))
    with pytest.raises(ShapeError, match=f"^{name_of(op)}.backward: "):
        op.backward(dO, *drawn)


@pytest.mark.parametrize("op", OPS, ids=name_of)
def test_an_example_names_what_is_no_generator_and_no_size(op):
    rng, size = np.random.default_rng(0), next(iter(sizes_of(op.example)))
    with pytest.raises(TypeError, match=f"^{name_of(op)}.example: rng must be a Generator"):
        op.example(0)
    for n in (0, 2.0, True):
        with pytest.raises(ValueError, match=f"^{name_of(op)}.example: {size} must be a whole num"):
            op.example(rng, n)


@pytest.mark.parametrize("op", OPS, ids=name_of)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_infinity_nan_and_overflow_go_their_way_without_a_warning(op, dtype):
    most = np.finfo(dtype).max
    hard = np.array([0, -0.0, 1, most, -most, np.inf, -np.inf, np.nan], dtype)
    rng = np.random.default_rng(0)
    for _ in range(40):
        drawn = [np.asarray(given) for given in op.example(rng)]
        point = [g if g.dtype.kind == "i" else rng.choice(hard, g.shape) for g in drawn]
        value = op.forward(*point)  # a warning is an error here
        op.backward(rng.choice(hard, np.shape(value)), *point)
