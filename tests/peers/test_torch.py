"""PyTorch as its users write it: their layers are verified, and their mistakes named."""

import sys

import numpy as np
import pytest
import torch
from test_house import examples, failures
from torch import nn
from torch.nn import functional

import mlp
from mlp import adapters
from mlp.gradcheck.repeat import spelled
from mlp.op import place_of
from mlp.runner.find import find

torch.set_num_threads(1)


def drawn(*shape, **options):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1), **options)


X, W, b = drawn(5, 4), drawn(4, 3), drawn(3)
y = torch.tensor([0, 1, 2, 2, 1])


class Linear(torch.autograd.Function):
    @staticmethod
    def forward(ctx, X, W, b):
        ctx.save_for_backward(X, W)
        return X @ W + b

    @staticmethod
    def backward(ctx, dO):
        X, W = ctx.saved_tensors
        return dO @ W.T, X.T @ dO, dO.sum(0)


class Swish(torch.autograd.Function):
    """In the newer style, where forward has no ctx."""

    @staticmethod
    def forward(x, beta):
        return x * torch.sigmoid(beta * x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        x, ctx.beta = inputs
        ctx.save_for_backward(x, output)

    @staticmethod
    def backward(ctx, dy):
        x, y = ctx.saved_tensors
        s = torch.sigmoid(ctx.beta * x)
        return dy * (s + ctx.beta * y * (1 - s)), None


def with_backward(base, backward):
    """Return the same function with another backward."""
    return type("Wrong", (base,), {"backward": staticmethod(backward)})


# autograd.Function


def test_a_function_is_verified_in_one_line():
    report = adapters.torch(Linear).verify(X, W, b)
    assert [argument.name for argument in report.arguments] == ["X", "W", "b"]
    assert report.subject == "Linear.backward as the gradient of Linear"
    assert report.reproduce == "mlp.adapters.torch(Linear).check(X, W, b, rng=0)"
    assert spelled(torch.tanh, "f") == "torch.tanh"  # which does not know where it is


def test_float32_is_computed_in_float64_and_the_report_says_so():
    report = adapters.torch(Linear).verify(X, W, b)
    assert [finding.kind for finding in report.findings] == ["dtype"]
    assert max(argument.error_bar for argument in report.arguments) < 1e-11
    single = adapters.torch(Linear, double=False).verify(X, W, b)
    assert max(argument.error_bar for argument in single.arguments) > 1e-6


def test_a_backward_with_a_buffer_of_float32_is_judged_as_float32():
    class Exp(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x.exp()

        @staticmethod
        def backward(ctx, dy):
            (x,) = ctx.saved_tensors
            return torch.zeros(x.shape).copy_(dy * x.exp())

    (note,) = adapters.torch(Exp).verify(X).findings
    assert note.message.startswith("computed in float32: in float64 this code still goes through")


def test_a_function_in_the_newer_style_may_take_numbers():
    report = adapters.torch(Swish).verify(X, 1.5)
    assert [argument.name for argument in report.arguments] == ["x"]


def test_a_question_is_what_check_takes():
    assert mlp.check(*adapters.torch(Linear).at(X, W, b))


def test_annotations_point_at_the_backward():
    question = adapters.torch(Linear).at(X, W, b)
    assert place_of(question.backward) == place_of(Linear.backward)


def test_entries_are_indices_of_the_tensor():
    def backward(ctx, dO):
        dX, dW, db = Linear.backward(ctx, dO)
        dW[2, 1] += 1e-3 * dO.sum()
        return dX, dW, db

    report = adapters.torch(with_backward(Linear, backward)).check(X, W, b)
    assert [entry.index for entry in report.findings[0].entries] == [(2, 1)]


def test_what_requires_a_gradient_is_differentiated_and_nothing_else():
    adapter = adapters.torch(Linear)
    report = adapter.verify(X, W.clone().requires_grad_(), b)
    assert [argument.name for argument in report.arguments] == ["W"]
    assert [argument.name for argument in adapter.verify(X, W, b, wrt="b").arguments] == ["b"]


def forgets_grad_output(ctx, dO):
    return Linear.backward(ctx, torch.ones_like(dO))


def takes_abs(ctx, dO):
    return Linear.backward(ctx, dO.abs())


def transposes(ctx, dO):
    dX, dW, db = Linear.backward(ctx, dO)
    return dX, dW.T, db


def returns_two(ctx, dO):
    return Linear.backward(ctx, dO)[:2]


def returns_four(ctx, dO):
    return (*Linear.backward(ctx, dO), dO)


def writes_into_saved(ctx, dO):
    gradients = Linear.backward(ctx, dO)
    ctx.saved_tensors[0].mul_(2)
    return gradients


def writes_into_grad_output(ctx, dO):
    dO[dO < 0] = 0
    return Linear.backward(ctx, dO)


def flips(ctx, dO):
    dX, dW, db = Linear.backward(ctx, dO)
    return dX, -dW, db


MISTAKES = {
    forgets_grad_output: "the cotangent is ignored",
    takes_abs: "it passes through abs or relu",
    transposes: "W: the gradient must have the shape (4, 3) of W, but its shape is (3, 4): transp",
    returns_two: "Wrong.backward returned 2 gradients for the 3 arguments of forward (X, W, b); ",
    returns_four: "Wrong.backward returned 4 gradients for the 3 arguments of forward (X, W, b); ",
    writes_into_saved: "backward writes into X; let it work on a copy",
    writes_into_grad_output: "backward writes into its cotangent; let it work on a copy",
    flips: "the sign",
}


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.__name__)
def test_a_mistake_is_found_and_named(mistake):
    report = adapters.torch(with_backward(Linear, mistake)).check(X, W, b)
    assert report.verdict == "wrong"
    said = [f"{finding.argument}: {finding.message}" for finding in report.findings]
    assert MISTAKES[mistake] in "\n".join(said)


def test_an_unreduced_gradient_is_noted_for_torch_sums_it():
    def backward(ctx, dO):
        return *Linear.backward(ctx, dO)[:2], dO

    report = adapters.torch(with_backward(Linear, backward)).verify(X, W, b)
    (_, note) = sorted(report.findings, key=lambda finding: finding.kind)
    assert (note.kind, note.severity, note.argument) == ("shape", "note", "b")
    assert "returned a gradient of shape (5, 3), which torch sums to the shape (3,) of b" in str(
        report
    )


def test_none_is_a_constant_unless_the_gradient_is_asked_for():
    def backward(ctx, dO):
        dX, _, db = Linear.backward(ctx, dO)
        return dX, None, db

    adapter = adapters.torch(with_backward(Linear, backward))
    report = adapter.verify(X, W, b)
    assert report.unchecked == ("W",)
    assert "missing" in [finding.kind for finding in report.findings]
    for asked in (
        adapter.check(X, W, b, wrt=("X", "W", "b")),
        adapter.check(X, W.clone().requires_grad_(), b),
    ):
        assert asked.verdict == "wrong"
        assert "no gradient comes back, though the output depends on it: a backward that " in str(
            asked
        )


def test_a_forward_that_writes_into_its_input_is_found_unless_it_says_so():
    class Double(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.factor = 2
            return x.mul_(2).clone()

        @staticmethod
        def backward(ctx, dy):
            return ctx.factor * dy

    class Dirty(Double):
        @staticmethod
        def forward(ctx, x):
            ctx.factor = 2
            ctx.mark_dirty(x)
            return x.mul_(2)

    x = X.clone()
    report = adapters.torch(Double).check(x)
    assert "forward writes into x; let it work on a copy" in str(report)
    assert adapters.torch(Dirty).verify(x)
    assert torch.equal(x, X)


# nn.Module


def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 3))


def test_a_module_is_verified_by_the_names_of_its_parameters():
    report = adapters.torch(network()).verify(X)
    assert [argument.name for argument in report.arguments] == [
        *(f"parameters['{name}']" for name in ("0.weight", "0.bias", "2.weight", "2.bias")),
        "input",
    ]


def test_the_loss_of_a_module_is_verified():
    report = adapters.torch(network(), loss=functional.cross_entropy).verify(X, y)
    assert report.subject == "autograd as the gradient of cross_entropy(Sequential)"
    assert adapters.torch(network(), loss=nn.MSELoss()).verify(X, drawn(5, 3))
    assert adapters.torch(network(), loss=nn.MSELoss()).verify(X, drawn(5, 3), wrt="target")


def test_a_target_without_a_gradient_is_named():
    def loss(output, target):
        return ((output - target.detach()) ** 2).mean()

    report = adapters.torch(network(), loss=loss).check(X, drawn(5, 3), wrt="target")
    assert [f.argument for f in report.findings if f.kind == "missing"] == ["target"]
    assert report.verdict == "wrong"


def test_arrays_will_do_for_tensors():
    assert adapters.torch(network(), loss=functional.cross_entropy).verify(
        X.double().numpy(), y.numpy()
    )


def snapshot(model):
    """Return everything of a module that a check might change."""
    return (
        {name: tensor.clone() for name, tensor in model.state_dict().items()},
        [(p.requires_grad, None if p.grad is None else p.grad.clone()) for p in model.parameters()],
        [module.training for module in model.modules()],
        torch.get_rng_state(),
        torch.get_default_dtype(),
        torch.is_grad_enabled(),
    )


def same(one, other):
    if isinstance(one, torch.Tensor):
        return torch.equal(one, other)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other


class Careless(nn.Module):
    """Keeps a buffer, draws random numbers, freezes a weight, and may raise on the way."""

    def __init__(self, *, raises):
        super().__init__()
        self.inner = nn.Linear(4, 6, bias=False)
        self.norm = nn.BatchNorm1d(6)
        self.drop = nn.Dropout(0.4)
        self.outer = nn.Linear(6, 3)
        self.outer.bias.requires_grad = False
        self.register_buffer("seen", torch.zeros(1))
        self.raises = raises

    def forward(self, x):
        self.seen += 1
        x = self.drop(functional.relu(self.norm(self.inner(x)), inplace=True))
        if self.raises:
            raise RuntimeError("halfway")
        return self.outer(x)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("raises", [True, False])
def test_a_module_stays_as_it_was_bit_for_bit_also_when_it_raises(training, raises):
    torch.manual_seed(0)
    model = Careless(raises=raises).train(training)
    model.inner.weight.grad = drawn(6, 4)
    before = snapshot(model)
    with torch.no_grad():
        report = adapters.torch(model).check(X)
    assert report.verdict == ("inconclusive" if raises else "correct")
    assert same(before, snapshot(model))
    assert ("halfway" in str(report)) == raises


def test_a_snapshot_sees_a_change():
    model = network()
    before = snapshot(model)
    with torch.no_grad():
        model[0].weight[0, 0] = torch.nextafter(model[0].weight[0, 0], torch.tensor(9.0))
    assert not same(before, snapshot(model))


def test_tensors_stay_as_they_were():
    x = X.clone().requires_grad_()
    x.grad = torch.ones_like(x)
    before = x.detach().clone()
    assert adapters.torch(network()).verify(x)
    assert torch.equal(x, before)
    assert torch.equal(x.grad, torch.ones_like(x))
    assert x.requires_grad


def test_frozen_parameters_are_constants_and_unused_ones_unchecked():
    class Half(nn.Module):
        def __init__(self):
            super().__init__()
            self.used, self.unused = nn.Linear(4, 3), nn.Linear(4, 3)
            self.used.bias.requires_grad = False

        def forward(self, x):
            return self.used(x)

    report = adapters.torch(Half()).verify(X)
    assert [argument.name for argument in report.arguments] == [
        "parameters['used.weight']",
        "x",
    ]
    assert report.unchecked == ("parameters['unused.weight']", "parameters['unused.bias']")


@pytest.mark.parametrize(
    "cut", [lambda h: h.detach(), lambda h: h.data, lambda h: torch.from_numpy(h.detach().numpy())]
)
def test_a_module_that_cuts_the_graph_is_found(cut):
    class Cut(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner, self.outer = nn.Linear(4, 6), nn.Linear(6, 3)

        def forward(self, x):
            return self.outer(torch.tanh(cut(self.inner(x))))

    report = adapters.torch(Cut()).check(X)
    assert report.verdict == "wrong"
    said = report.text(verbose=True)
    assert "parameters['inner.weight']: no gradient comes back, though the output depends" in said


def test_a_function_inside_a_module_is_checked_there():
    class Layer(nn.Module):
        def __init__(self, function):
            super().__init__()
            self.weight, self.bias = nn.Parameter(W.clone()), nn.Parameter(b.clone())
            self.function = function

        def forward(self, x):
            return self.function.apply(x, self.weight, self.bias)

    assert adapters.torch(Layer(Linear)).verify(X)
    report = adapters.torch(Layer(with_backward(Linear, flips))).check(X)
    assert (report.findings[0].argument, report.findings[0].diagnosis) == (
        "parameters['weight']",
        "sign",
    )


class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner, self.outer = nn.Embedding(6, 4), nn.Linear(4, 6, bias=False)
        self.outer.weight = self.inner.weight

    def forward(self, tokens):
        return self.outer(torch.tanh(self.inner(tokens)))


@pytest.mark.parametrize(
    ("model", "point"),
    [
        (nn.LSTM(4, 3), (drawn(5, 2, 4),)),
        (nn.TransformerEncoderLayer(4, 2, 6, batch_first=True), (drawn(2, 3, 4),)),
        (nn.Conv2d(2, 3, 3), (drawn(2, 2, 5, 4),)),
        (nn.Embedding(6, 4), (y,)),
        (nn.Embedding(6, 4, sparse=True), (y,)),
        (Tied(), (y,)),
        (nn.utils.parametrizations.weight_norm(nn.Linear(4, 3)), (X,)),
        (nn.Bilinear(4, 3, 2), (X, drawn(5, 3))),
    ],
    ids=lambda value: type(value).__name__,
)
def test_modules_of_torch_are_verified(model, point):
    assert adapters.torch(model).verify(*point)


def test_a_module_that_cannot_be_copied_says_so_in_one_line():
    model = nn.Linear(4, 3)
    model.scale = 2 * model.weight
    with pytest.raises(TypeError, match=r"torch: Linear cannot be copied: Only Tensors created"):
        adapters.torch(model).check(X)


# any function of tensors


def test_complex_results_in_single_precision():
    assert adapters.torch(torch.fft.fft).check(X).verdict == "correct"


def test_a_function_of_tensors_and_of_structures_of_them():
    assert adapters.torch(torch.logsumexp).verify(X, 1)
    report = adapters.torch(lambda p, x: (x @ p["W"], p["b"].exp())).verify({"W": W, "b": b}, X)
    assert [argument.name for argument in report.arguments] == ["p['W']", "p['b']", "x"]


def test_integers_that_come_back_are_not_differentiated():
    assert adapters.torch(lambda x: x.sort()).verify(X)
    report = adapters.torch(torch.argmax).check(X)
    assert "argmax must return a float tensor, but returned torch.int64" in str(report)


class Tanh(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        y = torch.tanh(x)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx, dy):
        (y,) = ctx.saved_tensors
        return dy * (1 - y * y)


class TwiceTheTanh(Tanh):
    @staticmethod
    def backward(ctx, dy):
        return 2 * Tanh.backward(ctx, dy)


class TanhWithoutFactor(Tanh):
    @staticmethod
    def backward(ctx, dy):
        return dy * (1 - ctx.saved_tensors[0])


class TanhThroughHalf(Tanh):
    @staticmethod
    def backward(ctx, dy):
        return Tanh.backward(ctx, dy).half().to(dy.dtype)


NARROW = {
    torch.float16: "float16 computed in float64, where it gives the same within the rounding of",
    torch.bfloat16: "x: bfloat16, read as float32",
}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("dtype", NARROW)
@pytest.mark.parametrize("function", [Tanh, TwiceTheTanh, TanhWithoutFactor])
def test_few_digits_are_judged_in_more_and_the_report_names_them(function, dtype, seed):
    x = torch.randn(3, 4, generator=torch.Generator().manual_seed(seed)).to(dtype)
    report = adapters.torch(function).check(x)
    assert report.verdict == ("correct" if function is Tanh else "wrong")
    assert NARROW[dtype] in str(report)


def test_a_gradient_that_goes_through_float16_is_not_called_wrong_for_its_rounding():
    x = torch.randn(3, 4, generator=torch.Generator().manual_seed(0)).half()
    report = adapters.torch(TanhThroughHalf).check(x)
    assert report.verdict != "wrong", str(report)
    assert "computed in float16: in float64" in str(report)


def through_both(x):
    return TwiceTheTanh.apply(x) * Tanh.apply(torch.sin(x))


@pytest.mark.parametrize(
    ("function", "names"),
    [
        (lambda x: TwiceTheTanh.apply(2 * x), " through TwiceTheTanh.backward"),
        (through_both, " through Tanh.backward, TwiceTheTanh.backward"),
        (lambda x: torch.utils.checkpoint.checkpoint(torch.tanh, x, use_reentrant=True), ""),
    ],
)
def test_a_report_names_the_functions_that_another_one_calls(function, names):
    said = adapters.torch(function).check(X).subject.partition(" as the gradient of ")[0]
    first, through, rest = said.partition(" through ")
    assert first + through + ", ".join(sorted(rest.split(", "))) == f"autograd{names}"


def test_bfloat16_is_computed_in_more():
    assert adapters.torch(torch.tanh).verify(X.bfloat16())


# what the pages show, and the command line


def test_the_examples_print_what_they_show():
    (example,) = examples(sys.modules["mlp.adapters.torch_functions"])
    assert failures(example) == ""


LAYERS = """
import torch

class Square(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx, dy):
        return ctx.saved_tensors[0] * dy

    @staticmethod
    def example(rng):
        return torch.tensor(rng.normal(size=(3, 4)), dtype=torch.float32)

class Head(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = torch.nn.Linear(4, 2)

    def forward(self, x):
        return self.inner(x)

    @staticmethod
    def example(rng):
        return rng.normal(size=(3, 4))

class Other(torch.nn.Module):
    pass

class Pointless(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x

tanh = __import__("mlp").adapters.torch(torch.tanh)

def tanh_example(rng):
    return torch.tensor(rng.normal(size=3))
"""


def test_the_command_line_finds_what_has_an_example(tmp_path):
    path = tmp_path / "torch_layers.py"
    path.write_text(LAYERS, encoding="utf-8")
    square, head, pointless, tanh = find(str(path))
    assert (square.name, square.wrt) == ("torch_layers.Square", (0,))
    assert "write Pointless_example(rng)" in pointless.reason
    verdicts = {}
    for target in (square, head, tanh):
        point = target.draw(np.random.default_rng(0))
        report = mlp.check(target.forward, target.backward, *point, wrt=target.wrt)
        verdicts[target.name.rpartition(".")[2]] = report.verdict
    assert verdicts == {"Square": "wrong", "Head": "correct", "tanh": "correct"}
