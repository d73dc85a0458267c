"""None in place of a gradient claims that it is 0, and is held to it."""

import numpy as np
import pytest

from mlp.gradcheck import check

RNG = np.random.default_rng(0)
X, W, B = RNG.normal(size=(4, 3)), RNG.normal(size=(3, 2)), RNG.normal(size=2)


def layer(X, W, b):
    return np.maximum(X @ W + b, 0)


def backward(dO, X, W, b):
    dZ = dO * (X @ W + b > 0)
    return dZ @ W.T, X.T @ dZ, dZ.sum(axis=0)


def without(k, backward=backward):
    """Return a backward with None in place of its k-th gradient."""
    return lambda *p: tuple(None if i == k else g for i, g in enumerate(backward(*p)))


def test_none_is_right_where_no_bit_of_forward_moves():
    report = check(
        lambda X, W, b, _: layer(X, W, b), lambda *p: (*backward(*p[:4]), None), X, W, B, X
    )
    assert (report.verdict, report.unchecked) == ("correct", ("_",))
    (note,) = report.findings
    assert (note.severity, note.argument) == ("note", "_")
    assert note.message.startswith(
        "None claims that the gradient is 0, and no bit of forward moves"
    )


@pytest.mark.parametrize(("k", "names"), [(0, ("W", "b")), (1, ("X", "b")), (2, ("X", "W"))])
def test_none_is_wrong_where_forward_moves_and_the_way_to_name_a_constant_is_said(k, names):
    report = check(layer, without(k), X, W, B)
    (found,) = (f for f in report.findings if f.severity == "fault")
    assert (report.verdict, found.argument, found.diagnosis) == ("wrong", "XWb"[k], None)
    assert found.message.startswith("None claims that the gradient is 0: ")
    assert found.message.endswith(f"; a constant? say wrt={names}")
    others = lambda *p: [g for g in without(k)(*p) if g is not None]  # noqa: E731  # as it says
    assert check(layer, others, X, W, B, wrt=names)


def test_none_where_units_are_dead_is_wrong_where_they_live():
    report = check(layer, without(1), X, W, B - 20)
    assert report.verdict == "wrong"
    found = next(f for f in report.findings if f.argument == "W")
    assert found.message.startswith("None claims that the gradient is 0: the gradient is 0 at this")


def test_none_for_what_counts_by_its_sign_alone_is_unsure():
    forward = lambda X, W, b: np.maximum(X @ W + np.sign(b), 0)  # noqa: E731  # a step in b
    right = lambda *p: backward(*p[:3], np.sign(p[3]))  # noqa: E731  # but for b
    report = check(forward, without(2, right), X, W, B)
    (found,) = report.findings
    assert (report.verdict, found.severity, found.kind) == ("inconclusive", "doubt", "vacuous")
    assert found.message.endswith("say wrt=('X', 'W')")


def test_none_for_an_array_that_forward_refuses_to_move_is_unsure():
    def checked(x, y):
        if not np.isin(y, (0, 1)).all():
            raise ValueError("labels must be 0 or 1")
        return x * y

    report = check(checked, lambda dO, _, y: (dO * y, None), X[0], np.array([0.0, 1.0, 1.0]))
    assert report.verdict == "inconclusive"
    assert [(f.kind, f.argument) for f in report.findings] == [("raised", "y")]
    assert [a.verdict for a in report.arguments] == ["correct", "inconclusive"]


def test_none_for_one_leaf_or_for_a_structure_claims_0_of_each_array_in_it():
    def forward(p):
        return p["rate"] * layer(X, p["W"], p["b"])

    def pulled(dO, p, *missing):
        _, dW, db = backward(p["rate"] * dO, X, p["W"], p["b"])
        found = {"W": dW, "b": db, "rate": np.sum(dO * layer(X, p["W"], p["b"]))}
        return {k: None if k in missing else g for k, g in found.items()}

    point = {"W": W, "b": B, "rate": 0.5}
    report = check(forward, lambda dO, p: pulled(dO, p, "b", "rate"), point)
    assert [f.argument for f in report.findings if f.severity == "fault"] == ["p['b']"]
    assert "make it an argument of its own, and say wrt=" in str(report)
    assert report.unchecked == ("p['rate']",)
    assert check(forward, lambda dO, p: pulled(dO, p, "rate"), point)
    whole = check(forward, lambda *_: None, point)
    faults = [f.argument for f in whole.findings if f.severity == "fault"]
    assert faults == ["p['W']", "p['b']"]


def test_nothing_left_to_compare_is_unsure():
    report = check(np.ones_like, lambda *_: None, X)
    assert (report.verdict, report.findings[-1].kind) == ("inconclusive", "vacuous")
