"""The second witness on tensors: it says what autograd says, and is silent where it would lie."""

import copy
import threading

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

from mlp import adapters, tree
from mlp.tangent import Silence, ask

torch.set_num_threads(1)
SHARP = 1e-12  # relative to the slope


def drawn(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


X = drawn(5, 4)


def asked(adapter, *point):
    """Return what the witness says along a random direction, and what backward says."""
    question = adapter.at(*point)
    rng = np.random.default_rng(0)
    free = question.options["wrt"]

    def move(leaf):
        floats = isinstance(leaf, np.ndarray) and leaf.dtype.kind == "f"
        return rng.normal(size=leaf.shape) if floats else leaf

    directions = [
        tree.rebuilt(a, move) if i in free else None for i, a in enumerate(question.point)
    ]
    result = question.forward(*question.point)
    cotangent = tree.rebuilt(result, lambda leaf: rng.normal(size=np.shape(leaf)))
    v = np.concatenate([np.ravel(leaf) for leaf in tree.flat(cotangent)])
    said = ask(question.forward, question.point, directions, v)
    gradients = question.backward(cotangent, *question.point)
    pairs = zip(free, gradients if len(free) > 1 else (gradients,), strict=True)
    by_hand = sum(
        float(np.vdot(g, d))
        for i, gradient in pairs
        for g, d in zip(tree.flat(gradient), tree.flat(directions[i]), strict=True)
        if isinstance(g, np.ndarray)
    )
    return said, by_hand


def of(f, *point, **options):
    return asked(adapters.torch(f, **options), *point)


def into_a_buffer(x):
    rows = torch.empty_like(x)
    for i in range(len(x)):
        rows[i] = x[i] ** 2
    return rows.mul_(2.0)


class Exp(torch.autograd.Function):
    """Its jvp claims to be right, and is not."""

    @staticmethod
    def forward(ctx, x):
        y = x.exp()
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx, dy):
        return dy * ctx.saved_tensors[0]

    @staticmethod
    def jvp(_, x_dot):
        return 77 * x_dot


class Twice(torch.autograd.Function):
    @staticmethod
    def forward(x):
        return 2 * x

    @staticmethod
    def setup_context(ctx, inputs, output):
        pass

    @staticmethod
    def backward(_, dy):
        return 2 * dy


torch.manual_seed(0)
FOLLOWED = {
    "tanh": (torch.tanh, X),
    "a network": (nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 3)).double(), X),
    "dropout": (nn.Sequential(nn.Linear(4, 6), nn.Dropout(0.4)).double(), X),
    "a recurrence": (nn.LSTM(4, 3).double(), drawn(5, 2, 4)),
    "attention": (nn.TransformerEncoderLayer(4, 2, 6).double(), drawn(3, 2, 4)),
    "its evaluation": (nn.TransformerEncoderLayer(4, 2, 6).double().eval(), drawn(3, 2, 4)),
    "a convolution": (nn.Conv2d(2, 3, 3).double(), drawn(2, 2, 5, 4)),
    "a pool": (lambda x: functional.max_pool2d(x, 3, 2, padding=1), drawn(2, 2, 7, 6)),
    "an embedding": (nn.Embedding(6, 4).double(), torch.tensor([1, 2, 1])),
    "layer norm": (lambda x: functional.layer_norm(x, (4,)), X),
    "work in place": (into_a_buffer, X),
    "a mask": (lambda x: torch.where(x > 0, x, x**2), X),
    "a branch": (lambda x: 2 * x if x.sum() > 0 else x, X),
    "a largest": (lambda x: (x - x.max(1, keepdim=True).values).exp(), X),
    "a sort": (lambda x: x.sort().values, X),
    "a norm": (functional.normalize, X),
    "a determinant": (lambda x: torch.linalg.slogdet(x[:4])[1], X),
    "cholesky": (lambda x: torch.linalg.cholesky(x.T @ x), X),
    "a checkpoint": (lambda x: checkpoint(torch.sin, x, use_reentrant=False), X),
    "a Function inside": (lambda x: Twice.apply(Exp.apply(x)), X),
    "a Function": (Exp, X),
    "a Function without ctx in forward": (Twice, X),
}  # fmt: skip


@pytest.mark.parametrize("name", FOLLOWED)
def test_it_says_what_autograd_says(name):
    said, by_hand = of(*FOLLOWED[name])
    assert not isinstance(said, Silence)
    assert abs(said.slope - by_hand) <= said.bar + SHARP * abs(by_hand)
    assert said.bar <= SHARP * max(abs(by_hand), 1)


# lies: where torch's own forward mode says something else, and this witness what forward does


CURED = {
    "detach": (lambda x: x * x.detach(), lambda x: x * x),
    "data": (lambda x: x * x.data, lambda x: x * x),
    "detach_": (lambda x: x * x.clone().detach_(), lambda x: x * x),
    "no_grad": (lambda x: x * torch.no_grad()(torch.sin)(x), lambda x: x * torch.sin(x)),
}


@pytest.mark.parametrize("name", CURED)
def test_what_stops_a_gradient_is_the_identity_to_it(name):
    lying, honest = CURED[name]
    said, claimed = of(lying, X)
    assert said.slope == pytest.approx(of(honest, X)[1], rel=SHARP)
    assert abs(said.slope - claimed) > 1e-3


def inside_inference(x):
    with torch.inference_mode():
        y = x * 2
    return x + y.clone()


def hard(x):
    return functional.gumbel_softmax(x, hard=True)


LOST = {
    "item": lambda x: x * x.sum().item(),
    "float": lambda x: x * float(x.sum()),
    "int": lambda x: x * int(x.sum()),
    "tolist": lambda x: x * torch.tensor(x.tolist()),
    "numpy": lambda x: x * torch.from_numpy(x.detach().numpy()),
    "asarray": lambda x: x * torch.as_tensor(np.asarray(x.detach())),
    "torch.tensor": lambda x: x[0] * torch.tensor([x[0, 0], x[0, 1], 1.0, 2.0]),
    "new_tensor": lambda x: x * x.new_tensor([x[0, 0].detach()]),
    "full": lambda x: x * torch.full((4,), x[0, 0].detach()),
    "deepcopy": lambda x: x * copy.deepcopy(x.detach()),
    "inference_mode": inside_inference,
    "detach inside torch": hard,
    "set data": lambda x: setattr(y := torch.zeros_like(x), "data", x.detach()) or x * y,
    "float32 on the way": lambda x: (x.float() ** 2).to(x.dtype),
    "a tie": lambda x: functional.relu(x - X),
    "a draw that moves": lambda x: torch.bernoulli(x.sigmoid()) * x,
}


@pytest.mark.parametrize("name", LOST)
@pytest.mark.filterwarnings("ignore:To copy construct from a tensor")
def test_where_a_tangent_would_be_lost_it_is_silent(name):
    adapter = adapters.torch(LOST[name], double=False)
    question = adapter.at(X)
    said = ask(question.forward, question.point, [np.ones(X.shape)], np.ones(X.shape).ravel())
    if name == "torch.tensor":
        said = ask(question.forward, question.point, [np.ones(X.shape)], np.ones(4))
    assert isinstance(said, Silence)
    assert said.reason


def test_a_reason_names_the_line_of_forward():
    said, _ = of(lambda x: x * x.sum().item(), X)
    assert said.reason.startswith("_local_scalar_dense() at test_torch_tangent.py:")


def test_a_jump_is_told_by_its_distance():
    said, _ = of(lambda x: torch.round(3 * x), torch.tensor([0.4, 0.9], dtype=torch.float64))
    assert said.slope == 0
    assert 0 < said.jump < 1


def test_its_bar_knows_cancellation():
    x = 1e-4 * X
    said, _ = of(lambda x: (1 - torch.cos(x)) / x**2, x)
    honest, _ = of(lambda x: 2 * (torch.sin(x / 2) / x) ** 2, x)
    assert honest.bar < 1e-8 < said.bar
    assert abs(said.slope - honest.slope) <= said.bar
    assert said.noise.max() > 1e-10


def test_other_threads_see_nothing_of_it():
    seen = []

    def forward(x):
        inside = threading.Thread(target=lambda: seen.append(Exp.apply(X.clone().requires_grad_())))
        inside.start()
        inside.join()
        return x**2

    plain = torch.autograd.Function.__dict__["apply"]
    of(forward, X)
    assert all(y.grad_fn is not None for y in seen)
    assert torch.autograd.Function.__dict__["apply"] is plain


# what it decides


class Softplus(torch.autograd.Function):
    """Written by the formula that cancels: log(1 + eˣ) of very negative x."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return torch.log(1 + torch.exp(x)) / torch.exp(x)

    @staticmethod
    def backward(ctx, dy):
        (x,) = ctx.saved_tensors
        e = torch.exp(x)
        return dy * e * (-0.5 + 2 * e / 3)


def test_a_forward_that_cancels_is_not_called_wrong():
    x = drawn(4) - 14
    assert adapters.torch(Softplus).check(x).verdict != "wrong"
    flipped = type(
        "Flipped",
        (Softplus,),
        {"backward": staticmethod(lambda ctx, dy: -Softplus.backward(ctx, dy))},
    )
    assert adapters.torch(flipped).check(x).verdict != "correct"
