"""Ops are found in files, modules, classes and pairs; what cannot be checked says why."""

from pathlib import Path

import numpy as np
import pytest

from mlp import check
from mlp.runner.find import find
from mlp.runner.guard import TargetError
from mlp.runner.targets import Fault, Target

SAMPLES = Path(__file__).parents[1] / "samples"


def names(found):
    return [target.name for target in found]


def only(found):
    (target,) = found
    return target


def point_of(target):
    return target.draw(np.random.default_rng(0))


PAIR = "def f(x): return x\ndef f_backward(dO, x): return dO\n"
EXAMPLE = "def f_example(rng): return (rng.normal(size=3),)\n"


def test_every_form_of_an_op_is_found_in_a_file():
    found = find(str(SAMPLES / "right.py"))
    assert names(found) == ["right", "right.cube", "right.picked", "right.Scale", "right.Power"]
    assert all(isinstance(target, Target) for target in found)


def test_every_op_that_is_found_runs_at_its_point():
    for target in find(str(SAMPLES / "right.py")):
        point = point_of(target)
        dX = target.backward(np.ones_like(target.forward(*point)), *point)
        assert dX.shape == point[0].shape


@pytest.mark.parametrize("colon", [":", "::"])
def test_one_op_of_a_file_can_be_named(colon):
    target = only(find(f"{SAMPLES / 'right.py'}{colon}Scale"))
    assert (target.name, target.wrt) == ("right.Scale", (0,))


def test_a_module_is_found_by_its_dotted_name():
    assert names(find("mlp.ops.affine")) == ["mlp.ops.affine"]
    assert names(find("mlp.ops:affine")) == ["mlp.ops.affine"]


def test_a_package_yields_the_modules_that_it_imports():
    assert {"mlp.ops.affine", "mlp.ops.relu"} <= set(names(find("mlp.ops")))


def test_a_file_in_a_package_may_import_its_neighbours(write):
    write("", "parcel/__init__.py")
    write("def f_backward(dO, x): return dO\n", "parcel/inside.py")
    path = write(
        "from .inside import f_backward\ndef f(x): return x\n" + EXAMPLE, "parcel/layers.py"
    )
    assert names(find(path)) == ["layers.f"]


def test_a_lone_file_may_import_its_neighbours(write):
    write(PAIR, "neighbour_of_layers.py")
    assert names(find(write("from neighbour_of_layers import f, f_backward\n" + EXAMPLE))) == [
        "layers.f"
    ]


def test_a_dataclass_and_a_postponed_annotation_work_in_a_lone_file(write):
    text = (
        "from __future__ import annotations\nfrom dataclasses import dataclass\n"
        "@dataclass\nclass Scale:\n    factor: float = 2.0\n"
        "    def forward(self, x): return self.factor * x\n"
        "    def backward(self, dO, x): return self.factor * dO\n"
        "    @staticmethod\n    def example(rng): return (rng.normal(size=3),)\n"
    )
    assert names(find(write(text))) == ["layers.Scale"]


def test_classes_that_were_only_imported_or_are_abstract_are_left_out(write):
    text = (
        "from abc import ABC, abstractmethod\n"
        "class Layer(ABC):\n    @abstractmethod\n    def forward(self, x): ...\n"
        "    @abstractmethod\n    def backward(self, dO, x): ...\n"
    )
    write(text, "base_of_layers.py")
    assert names(find(write("from base_of_layers import Layer\n" + text + PAIR + EXAMPLE))) == [
        "layers.f"
    ]


CACHES = (
    "import numpy as np\nfrom mlp import adapters\n"
    "def scale_forward(x, s): return x * s, (x, s)\n"
    "def scale_backward(dout, cache): return dout * cache[1], (dout * cache[0]).sum(axis=0)\n"
    "def scale_example(rng, n=5): return rng.normal(size=(n, 3)), rng.normal(size=3)\n"
    "def cube_forward(x): return x**3\n"
    "def cube_backward(dO, x): return 3 * x**2 * dO\n"
    "def cube_example(rng): return rng.normal(size=3)\n"
    "sine = adapters.gradient(np.sin, np.sin)\n"
    "def sine_example(rng): return rng.normal(size=3).astype('f')\n"
)


def test_a_pair_with_a_cache_and_an_adapter_are_found(write):
    scale, cube, sine = find(write(CACHES))
    assert names([scale, cube, sine]) == ["layers.scale", "layers.cube", "layers.sine"]
    assert scale.wrt == (0, 1)
    verdicts = [
        check(op.forward, op.backward, *point_of(op), wrt=op.wrt).verdict
        for op in (scale, cube, sine)
    ]
    assert verdicts == ["correct", "correct", "wrong"]
    assert scale.example(np.random.default_rng(0), n=2)[0].shape == (2, 3)


def test_an_adapter_without_a_point_says_what_to_do(write):
    path = write("from mlp import adapters\nsine = adapters.gradient(abs, abs)\n")
    (fault,) = find(path)
    assert fault.reason.startswith("no point to check it at: write sine_example(rng), or pass")
    assert point_of(only(find(path, shapes="(4)->()")))[0].shape == (4,)


def test_an_example_that_fails_says_so(write):
    text = "from mlp import adapters\nsine = adapters.gradient(abs, abs)\n"
    (fault,) = find(write(text + "def sine_example(rng): return rng.norm(3)\n"))
    assert "has no attribute 'norm'" in fault.reason


def test_shapes_said_on_the_command_line_serve_ops_that_say_none(write):
    path = write(PAIR)
    target = only(find(path, shapes="(6,2)->()"))
    assert point_of(target)[0].shape == (6, 2)


def test_shapes_said_on_the_command_line_go_before_a_signature():
    target = only(find(f"{SAMPLES / 'right.py'}::picked", shapes="(6,5),(6)->()"))
    assert [arg.shape for arg in point_of(target)] == [(6, 5), (6,)]


def test_an_example_goes_before_shapes_said_on_the_command_line():
    target = only(find(f"{SAMPLES / 'right.py'}::cube", shapes="(7)->()"))
    assert point_of(target)[0].shape == (2, 3)


def test_wrt_said_on_the_command_line_serves_ops_that_say_none():
    scale, power = (find(f"{SAMPLES / 'right.py'}::{n}", wrt=("x",)) for n in ("Scale", "Power"))
    assert only(scale).wrt == (0,)
    assert only(power).wrt == ("x",)


def test_an_op_without_a_point_says_what_to_do(write):
    assert find(write(PAIR)) == [
        Fault(
            "layers.f",
            "no point to check it at: write f_example(rng), declare @shapes, "
            "or pass --shapes '(3,4),(4,2),(2)'",
        )
    ]


def test_a_backward_without_its_forward_is_not_passed_over(write):
    path = write("def g_backward(dO, x): return dO\n")
    assert find(path) == [Fault("layers.g", "g_backward is there, but no function g beside it")]


def test_a_class_that_needs_arguments_says_so(write):
    text = "class F:\n    def __init__(self, width): ...\n"
    text += "    def forward(self, x): return x\n    def backward(self, dO, x): return dO\n"
    fault = only(find(write(text)))
    assert fault.reason.startswith("F() cannot be made without arguments: F.__init__() missing")


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("affin", "no op, file or module of this name; did you mean affine?"),
        ("no.such.module", "no op, file or module of this name"),
        ("missing.py", "no such file"),
        (str(SAMPLES), "a directory; name a file in it"),
        ("json", "no op in it: an op is forward with backward, "),
        (f"{SAMPLES / 'right.py'}::cubes", "no op cubes in it, but right, cube, picked, Scale"),
        (f"{SAMPLES / 'misbehaving.py'}::_line", "; _line is there, but no _line_backward beside"),
    ],
)
def test_a_word_that_names_nothing_is_answered(word, reason):
    with pytest.raises(TargetError) as refusal:
        find(word, known=["relu", "affine"])
    assert reason in str(refusal.value)


def test_marks_of_layers_and_of_adapted_pairs_are_read():
    (layer,) = find(f"{SAMPLES / 'meant.py'}::Round")
    assert layer.meant["surrogate"](3.0) == 3.0
    (fast,) = find(f"{SAMPLES / 'meant.py'}::fast")
    assert fast.meant["against"](0.0) == 0.5


DENSE = """
import numpy as np

class Dense:
    def __init__(self):
        self.W = np.linspace(-1, 1, 12).reshape(4, 3)

    def {forward}(self, x):
        self.x = x
        return np.tanh(x @ self.W)

    def {backward}(self, dout):
        g = {factor} * dout * (1 - np.tanh(self.x @ self.W) ** 2)
        self.dW = self.x.T @ g
        return g @ self.W.T

def dense_example(rng):
    return (rng.normal(size=(5, 4)),)
{more}
"""
WAYS = [
    ("forward_pass", "backward_pass"),
    ("feedforward", "backpropagate"),
    ("__call__", "backward"),
    ("__call__", "backprop"),
    ("forward", "backward_pass"),
]


@pytest.mark.parametrize(("forward", "backward"), WAYS)
@pytest.mark.parametrize("instance", [False, True])
def test_a_layer_is_found_whatever_its_methods_are_called(write, forward, backward, instance):
    more = "dense = Dense()\ndel Dense" if instance else "Dense_example = dense_example"
    for factor, verdict in ((1, "correct"), (2, "wrong")):
        text = DENSE.format(forward=forward, backward=backward, factor=factor, more=more)
        op = only(find(write(text, f"dense{factor}.py")))
        report = check(op.forward, op.backward, *point_of(op), wrt=op.wrt)
        assert {row.name: row.verdict for row in report.arguments} == {
            "x": verdict,
            "W": verdict,
        }


def test_what_only_looks_like_a_layer_is_left_out(write):
    text = """
import numpy as np

class Network:
    def feedforward(self, a): return a
    def backprop(self, x, y): return x, y

class Value:
    def backward(self): pass

class Stub:
    def __call__(self, x): raise NotImplementedError
    def backward(self, dout): raise NotImplementedError

def double(x): return 2 * x
def double_backward(d, x): return 2 * d
def double_example(rng): return (rng.normal(size=3),)
"""
    assert names(find(write(text))) == ["layers.double"]


@pytest.mark.parametrize("name", ["f", "f_forward"])
def test_a_cache_by_the_name_of_the_argument_is_told_from_two_results(write, name):
    kept = f"def {name}(x): return x * x, x\n"
    cached = only(find(write(kept + "def f_backward(dO, x): return 2 * x * dO\n" + EXAMPLE)))
    assert check(cached.forward, cached.backward, *point_of(cached)).verdict == "correct"
    both = "def f_backward(dO, x): return 2 * x * dO[0] + dO[1]\n"
    plain = only(find(write(kept + both + EXAMPLE)))
    assert len(plain.forward(*point_of(plain))) == 2
    assert check(plain.forward, plain.backward, *point_of(plain)).verdict == "correct"


def test_a_cache_that_another_function_hands_on_is_one(write):
    text = (
        "import numpy as np\n"
        "def step(x, h): return np.tanh(x + h), x * h, (x, h)\n"
        "def cell(x, h): return step(x, h)\n"
        "def cell_backward(dh, dc, kept):\n"
        "    x, h = kept\n"
        "    d = dh * (1 - np.tanh(x + h) ** 2)\n"
        "    return d + dc * h, d + dc * x\n"
        "def cell_example(rng): return rng.normal(size=3), rng.normal(size=3)\n"
    )
    target = only(find(write(text)))
    assert check(target.forward, target.backward, *point_of(target)).verdict == "correct"
