"""Sparse matrices of SciPy: what they store is differentiated where backward has a gradient."""

import numpy as np
import pytest
import scipy.sparse

import mlp

RNG = np.random.default_rng(0)
FORMATS = ("csr", "csc", "coo", "lil", "dok", "bsr", "dia")
X = RNG.normal(size=(5, 2))


def sparse(kind="csr", of=scipy.sparse.random_array):
    return of((4, 5), density=0.4, rng=np.random.default_rng(1), format=kind)


def product(S, x):
    return S @ x


def whole(d, S, x):
    return d @ x.T, S.T @ d


def at_its_entries(d, S, x, factor=1.0):
    places = S.tocoo()
    own = factor * (d @ x.T)[places.row, places.col]
    return type(places)((own, (places.row, places.col)), S.shape), S.T @ d


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("backward", [whole, at_its_entries])
def test_its_stored_entries_are_checked(kind, backward):
    S = sparse(kind)
    kept = S.toarray()
    report = mlp.check(product, backward, S, X)
    assert report.verdict == "correct", str(report)
    assert f"S: its {S.tocsr().nnz} stored entries of 20 are what is checked" in str(report)
    assert [row.name for row in report.arguments] == ["S", "x"]
    twice = mlp.check(product, lambda d, S, x: at_its_entries(d, S, x, 2.0), S, X)
    assert [row.verdict for row in twice.arguments] == ["wrong", "correct"]
    assert (S.toarray() == kept).all()


def test_an_entry_that_is_left_out_claims_0():
    def lacking(d, S, x):
        G, dx = at_its_entries(d, S, x)
        G = G.tocoo()
        return scipy.sparse.coo_array((G.data[1:], (G.row[1:], G.col[1:])), G.shape), dx

    report = mlp.check(product, lacking, sparse(), X)
    assert [row.verdict for row in report.arguments] == ["wrong", "correct"]


def test_by_name_by_wrt_alone_and_as_an_older_matrix():
    S, by = sparse(), lambda d, S, x: dict(zip(("S", "x"), whole(d, S, x), strict=True))
    assert mlp.check(product, by, S, X).verdict == "correct"
    assert mlp.check(product, lambda d, S, x: whole(d, S, x)[0], S, X, wrt="S").verdict == "correct"
    assert mlp.check(lambda S: S @ X, lambda d, _: d @ X.T, S).verdict == "correct"
    assert mlp.check(lambda S: S @ X, lambda d, _: -d @ X.T, S).verdict == "wrong"
    assert mlp.check(product, whole, scipy.sparse.csr_matrix(S), X).verdict == "correct"


@pytest.mark.parametrize("backward", [lambda d, S, _: S.T @ d, lambda d, S, _: (None, S.T @ d)])
def test_one_without_a_gradient_is_a_constant(backward):
    report = mlp.check(product, backward, sparse(), X)
    assert report.verdict == "correct"
    assert [row.name for row in report.arguments] == ["x"]


def test_a_sparse_result_is_read_as_a_whole_one():
    S = sparse()
    report = mlp.check(lambda S: S.multiply(S), lambda d, S: S.multiply(d) * 2, S)
    assert report.verdict == "correct", str(report)
    assert mlp.check(lambda S: S.multiply(S), lambda d, S: S.multiply(d), S).verdict == "wrong"
