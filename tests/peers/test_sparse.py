"""Sparse tensors as arguments, results and gradients: their stored entries are checked."""

import pytest
import torch
from torch.autograd import Function

import mlp

pytestmark = pytest.mark.filterwarnings("ignore:Sparse CSR tensor support:UserWarning")
torch.set_num_threads(1)
torch.manual_seed(0)
D = torch.tensor([[1.0, 0, 2, 0], [0, 0, 3, 1], [4, 5, 0, 0], [0, 1, 0, 2]], dtype=torch.float64)
Y = torch.randn(4, 3, dtype=torch.float64)
LAYOUTS = (torch.sparse_coo, torch.sparse_csr, torch.sparse_csc, torch.sparse_bsr)
ROWS = (torch.sparse_csr, torch.sparse_bsr)


def of(layout, tensor=D):
    size = (2, 2) if layout is torch.sparse_bsr else None
    return tensor.to_sparse(layout=layout, blocksize=size)


def like(s, values):
    """Return a sparse tensor of the layout and places of another."""
    if s.layout is torch.sparse_coo:
        return torch.sparse_coo_tensor(s.indices(), values, s.shape)
    rows = s.layout in ROWS
    ends = s.crow_indices() if rows else s.ccol_indices()
    places = s.col_indices() if rows else s.row_indices()
    return torch.sparse_compressed_tensor(ends, places, values, s.shape, layout=s.layout)


class Cube(Function):
    """Entry by entry, sparse in and out, as gradients come."""

    factor = 3.0

    @staticmethod
    def forward(ctx, s):
        ctx.save_for_backward(s)
        return like(s, s.values() ** 3)

    @classmethod
    def backward(cls, ctx, g):
        (s,) = ctx.saved_tensors
        g = g if g.layout is s.layout else of(s.layout, g.to_dense())
        return like(s, cls.factor * s.values() ** 2 * g.values())


class CubeWrong(Cube):
    factor = 2.0


@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
@pytest.mark.parametrize(("function", "verdict"), [(Cube, "correct"), (CubeWrong, "wrong")])
def test_every_layout_in_and_out(function, verdict, layout):
    report = mlp.adapters.torch(function).check(of(layout))
    assert report.verdict == verdict
    assert "stored entries of 16 are what is checked" in str(report)
    assert f".to_sparse(layout={layout}" in report.reproduce


class Product(Function):
    """S @ y, whose gradient by S is masked to what S stores."""

    factor = 1.0

    @staticmethod
    def forward(ctx, s, y):
        ctx.save_for_backward(s, y)
        return s @ y

    @classmethod
    def backward(cls, ctx, g):
        s, y = ctx.saved_tensors
        return cls.factor * (g @ y.T).sparse_mask(s), s.to_dense().T @ g


class ProductWrong(Product):
    factor = -1.0


class Unmasked(Product):
    @classmethod
    def backward(cls, ctx, g):
        s, y = ctx.saved_tensors
        return g @ y.T, s.to_dense().T @ g


class UnmaskedWrong(Product):
    """It is right where S stores something, and nowhere else."""

    @classmethod
    def backward(cls, ctx, g):
        s, y = ctx.saved_tensors
        dense = g @ y.T
        return dense + (s.to_dense() == 0) * 0.1, s.to_dense().T @ g


@pytest.mark.parametrize("layout", [torch.sparse_coo, torch.sparse_csr], ids=str)
@pytest.mark.parametrize(
    ("function", "verdict", "words"),
    [
        (Product, "correct", "its 8 stored entries of 16"),
        (ProductWrong, "wrong", "its 8 stored entries of 16"),
        (Unmasked, "correct", "all of its 16 entries"),
        (UnmaskedWrong, "wrong", "all of its 16 entries"),
    ],
)
def test_masked_gradients_and_those_of_every_entry(function, verdict, words, layout):
    report = mlp.adapters.torch(function).check(of(layout), Y)
    assert report.verdict == verdict
    assert words in str(report)


class ToSparse(Function):
    factor = 2.0

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return (x * x).to_sparse()

    @classmethod
    def backward(cls, ctx, g):
        assert g.layout is torch.sparse_coo
        return cls.factor * ctx.saved_tensors[0] * g.to_dense()


class ToSparseWrong(ToSparse):
    factor = 1.0


class Rows(Function):
    """An embedding, whose gradient is sparse."""

    lost = False

    @staticmethod
    def forward(ctx, W, i):
        ctx.save_for_backward(i)
        ctx.shape = W.shape
        return W[i]

    @classmethod
    def backward(cls, ctx, g):
        (i,) = ctx.saved_tensors
        end = -1 if cls.lost else None
        return torch.sparse_coo_tensor(i[None, :end], g[:end], ctx.shape), None


class RowsWrong(Rows):
    lost = True


@pytest.mark.parametrize(
    ("function", "point", "verdict"),
    [
        (ToSparse, (Y,), "correct"),
        (ToSparseWrong, (Y,), "wrong"),
        (Rows, (Y, torch.tensor([0, 2, 2])), "correct"),
        (RowsWrong, (Y, torch.tensor([0, 2, 2])), "wrong"),
    ],
)
def test_a_sparse_result_and_a_sparse_gradient_of_a_dense_tensor(function, point, verdict):
    assert mlp.adapters.torch(function).check(*point).verdict == verdict


def test_duplicates_that_are_not_summed_yet_and_dense_columns():
    twice = torch.sparse_coo_tensor([[0, 0, 1]], torch.ones(3, 2, dtype=torch.float64), (3, 2))
    report = mlp.adapters.torch(lambda s: torch.sparse.sum(s, 0) ** 2).check(twice)
    assert report.verdict == "correct"
    assert "its 6 stored entries of 6" in str(report)


def test_the_argument_of_the_caller_stays_as_it_is():
    s = of(torch.sparse_coo)
    kept = s.clone()
    mlp.adapters.torch(lambda s: (s.mul_(2.0) * 1).to_dense()).check(s)
    assert torch.equal(s.to_dense(), kept.to_dense())
    assert s.grad is None
    assert not s.requires_grad
