"""Arguments that keep to a set: they move in it alone, and what no step sees is not judged."""

import numpy as np
import pytest
from structured import (
    A,
    P,
    R,
    S,
    W,
    X,
    Y,
    cloud,
    cloud_backward,
    log_det,
    log_det_backward,
    notes,
    residual,
    residual_backward,
    turned,
)

import mlp
from mlp.gradcheck.charts import SETS, is_symmetric, projection

# ------------------------------------------------------------------ linear sets


def test_a_set_is_seen_by_forward_and_never_left():
    seen = []

    def forward(S):
        seen.append(S)
        return log_det(S)

    assert mlp.check(forward, log_det_backward, S, along={"S": "symmetric"})
    assert len(seen) > 20
    assert all((s == s.T).all() for s in seen)


@pytest.mark.parametrize("word", SETS)
def test_all_points_of_a_triangle_keep_their_other_half(word):
    L = SETS[word](A) if word != "symmetric" else S
    seen = []

    def forward(L):
        seen.append(L)
        return (W * (L @ L.T)).sum()

    def backward(dO, L):
        return SETS[word](dO * (W + W.T) @ L)

    assert mlp.check(forward, backward, L, along={"L": word})
    off = [L - SETS[word](L) for L in seen]
    assert not any(part.any() for part in off)
    assert not mlp.check(forward, lambda dO, L: 2 * backward(dO, L), L, along={"L": word})


def test_a_dead_argument_is_woken_inside_its_set():
    seen = []

    def forward(S):
        seen.append(S)
        return np.maximum(np.linalg.eigvalsh(S) - 7, 0).sum()

    def backward(dO, S):
        w, V = np.linalg.eigh(S)
        return dO * (V * (w > 7)) @ V.T

    start = np.eye(4)
    report = mlp.check(forward, backward, start, along={"S": "symmetric"})
    assert report.verdict == "correct"
    assert "points" in report.findings[0].message
    assert all((s == s.T).all() for s in seen)


def test_wrong_entries_are_those_of_projected_basis_vectors():
    def half(dO, S):
        return np.tril(log_det_backward(dO, S))

    report = mlp.check(log_det, half, S, along={"S": "symmetric"}, exhaustive=True)
    inverse = np.linalg.inv(S)
    (row,) = report.arguments
    assert report.verdict == "wrong"
    ratio = row.entries[1].numeric / inverse[0, 1]
    for e in row.entries:
        np.testing.assert_allclose(e.numeric, ratio * inverse[e.index], rtol=1e-6)
        by_hand = inverse[e.index] * (1 if e.index[0] == e.index[1] else 0.5)
        np.testing.assert_allclose(e.by_hand, ratio * by_hand, rtol=1e-6)


def centred(d):
    return d - d.mean()


def entropy(p):
    return -(p * np.log(p)).sum()


def entropy_backward(dO, p):
    return -dO * (np.log(p) + 1)


def test_a_projection_of_directions_serves_a_simplex():
    sums = []

    def forward(p):
        sums.append(p.sum())
        return entropy(p)

    assert mlp.check(forward, entropy_backward, P, along={"p": centred})
    np.testing.assert_allclose(sums, 1, rtol=1e-14)
    report = mlp.check(entropy, entropy_backward, P, along={"p": centred})
    assert report.verdict == "correct"
    assert report.reproduce.endswith("along={'p': centred})")
    assert notes(report)
    assert mlp.check(entropy, lambda dO, p: -dO * np.log(p), P, along={"p": centred})
    wrong = mlp.check(entropy, lambda dO, p: -dO * p, P, along={"p": centred})
    assert wrong.verdict == "wrong"


def of_the_lower_triangle(d):
    return np.tril(d) + np.tril(d, -1).T


def test_a_projection_need_not_be_orthogonal():
    along = {"S": of_the_lower_triangle}
    report = mlp.check(log_det, log_det_backward, S, along=along)
    assert report.verdict == "correct"
    assert not notes(report)
    assert not mlp.check(log_det, lambda dO, S: np.tril(log_det_backward(dO, S)), S, along=along)


def test_batches_single_precision_workers_and_the_tangent_are_served():
    many = np.stack([S, 2 * S, S + np.eye(4)])

    def summed(S):
        return np.linalg.slogdet(S)[1]

    def backward(dO, S):
        return dO[:, None, None] * np.linalg.inv(S)

    along = {"S": "symmetric"}
    assert mlp.check(summed, backward, many, along=along)
    assert mlp.check(summed, backward, many.astype(np.float32), along=along)
    assert mlp.check(log_det, log_det_backward, S, along=along, workers=2)
    assert mlp.check(log_det, log_det_backward, S, along=along, tangent=False)
    depicted = mlp.depict(log_det, log_det_backward, S, along=along)
    (row,) = depicted.arguments
    np.testing.assert_allclose(row.ladder.tangent, row.ladder.numeric, rtol=1e-8)


@pytest.mark.parametrize(
    ("along", "error", "said"),
    [
        ({"S": "rotation"}, TypeError, r"a curved set, such as rotations, say retract=\{'S': f\}"),
        ({"S": lambda d: d / np.linalg.norm(d)}, ValueError, r"linearly and .* retract=\{'S': f\}"),
        ({"S": lambda d: 2 * d}, ValueError, r"P\(P\(a\)\) = P\(a\), but is off by"),
        ({"S": np.ravel}, ValueError, r"keep the shape \(4, 4\)"),
        ({"S": np.linalg.det}, ValueError, "keep the shape"),
        ({"S": lambda d: d @ np.ones(5)}, ValueError, "but raised ValueError"),
        ({"T": "symmetric"}, ValueError, r"must name arguments of floats \(S\), not 'T'"),
        ("symmetric", TypeError, "must be a dict by argument name"),
    ],
)
def test_what_is_no_projection_is_refused_in_one_line(along, error, said):
    with pytest.raises(error, match=said) as caught:
        mlp.check(log_det, log_det_backward, S, along=along)
    assert "\n" not in str(caught.value)


def test_a_point_outside_its_set_is_refused():
    with pytest.raises(ValueError, match="S must be symmetric for along, but it is not"):
        mlp.check(log_det, log_det_backward, S + np.triu(A), along={"S": "symmetric"})
    with pytest.raises(ValueError, match=r"is for square matrices, but the shape of p is \(4,\)"):
        mlp.check(entropy, entropy_backward, P, along={"p": "symmetric"})


def test_a_large_projection_must_be_orthogonal():
    x = np.ones((30, 30))
    with pytest.raises(ValueError, match="must be an orthogonal projection"):
        projection("S", of_the_lower_triangle, x)
    assert projection("S", "symmetric", x).matrix is None
    assert is_symmetric(x)
    assert not is_symmetric(np.tril(x))


# ------------------------------------------------------------------ curved sets


@pytest.mark.parametrize(
    ("forward", "backward"), [(cloud, cloud_backward), (residual, residual_backward)]
)
def test_a_tangent_gradient_is_judged_by_its_retraction(forward, backward):
    report = mlp.check(forward, backward, R, retract={"R": turned})
    assert report.verdict == "correct"
    assert report.arguments[0].shape == (3,)
    assert report.reproduce.endswith("retract={'R': turned})")
    for wrong in (
        lambda dO, R: -backward(dO, R),
        lambda dO, R: R @ backward(dO, R),
        lambda dO, R: backward(dO, R) * [1, 1, 2],
    ):
        assert mlp.check(forward, wrong, R, retract={"R": turned}).verdict == "wrong"


def test_all_points_lie_on_the_curve_nudged_and_far_ones_too():
    seen = []

    def forward(R):
        seen.append(R)
        return np.maximum(cloud(R) - 1e9, 0)  # nothing wakes it

    report = mlp.check(forward, lambda dO, R: dO * 0 * R[0], R, retract={"R": turned})
    assert report.verdict == "inconclusive"
    assert len(seen) > 20
    for M in seen:
        np.testing.assert_allclose(M @ M.T, np.eye(3), atol=1e-12)


def test_without_a_retraction_the_shape_says_what_to_give():
    report = mlp.check(cloud, cloud_backward, R)
    assert report.verdict == "wrong"
    assert "tangent coordinates? say retract={'R': f}" in str(report)


@pytest.mark.parametrize(
    ("retract", "error", "said"),
    [
        ({"R": "rotation"}, TypeError, r"must be a function f\(x, xi\)"),
        ({"R": lambda R, xi: R + 0.1 + xi[0]}, ValueError, r"f\(x, 0\) = x, but is off by 1.0e-01"),
        ({"Q": turned}, ValueError, r"must name arguments of floats \(R\), not 'Q'"),
    ],
)
def test_what_is_no_retraction_is_refused(retract, error, said):
    with pytest.raises(error, match=said):
        mlp.check(cloud, cloud_backward, R, retract=retract)


def test_along_and_retract_exclude_each_other_and_bounds():
    both = {"along": {"R": "symmetric"}, "retract": {"R": turned}}
    with pytest.raises(ValueError, match="R is in along and in retract; give one"):
        mlp.check(cloud, cloud_backward, np.eye(3), **both)
    with pytest.raises(ValueError, match="without bounds"):
        mlp.check(cloud, cloud_backward, R, retract={"R": turned}, bounds=[(-1, 1)])


def test_other_arguments_move_freely_beside_a_curved_one():
    def forward(R, t):
        return ((X @ R.T + t - Y) ** 2).sum()

    def backward(dO, R, t, factor=2.0):
        r = X @ R.T + t - Y
        return dO * 2 * np.cross(X, r @ R).sum(axis=0), dO * factor * r.sum(axis=0)

    t = np.array([0.5, -1.0, 2.0])
    report = mlp.check(forward, backward, R, t, retract={"R": turned})
    assert report.verdict == "correct"
    wrong = mlp.check(forward, lambda *a: backward(*a, factor=1.0), R, t, retract={"R": turned})
    assert [row.verdict for row in wrong.arguments] == ["correct", "wrong"]
