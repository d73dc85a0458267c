"""A reference has the same values and slopes, and a surrogate has the gradient that is meant."""

import json

import numpy as np
import pytest

import mlp

RNG = np.random.default_rng(4)
X = RNG.normal(size=(5, 7))
V = 2 * RNG.normal(size=6)


def plain(X):
    E = np.exp(X - X.max(axis=1, keepdims=True))
    return E / E.sum(axis=1, keepdims=True)


def fast(X):
    """Return softmax row by row, as a kernel does: other sums, the same meaning."""
    rows = []
    for x in X:
        total = np.logaddexp.reduce(x)
        rows.append(np.exp(x - total))
    return np.array(rows)


def single(X):
    return plain(X.astype(np.float32)).astype(X.dtype)


def backward(dP, X):
    P = plain(X)
    return P * (dP - (P * dP).sum(axis=1, keepdims=True))


def said(report, kind="against"):
    return [(f.severity, f.message) for f in report.findings if f.kind == kind]


# ------------------------------------------------------------------ against a reference


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_values_and_gradients_of_two_forwards_are_compared(dtype):
    report = mlp.check(fast, backward, X.astype(dtype), against=plain)
    assert report.verdict == "correct"
    assert [row.name for row in report.arguments] == ["X", "X, plain"]
    ((severity, text),) = said(report)
    assert (severity, text.partition(",")[0]) == ("note", "values agree with plain")
    assert report.reproduce.endswith("against=plain)")


def test_the_rounding_of_the_coarser_precision_is_allowed():
    assert mlp.check(plain, backward, X, against=single).verdict != "wrong"
    assert said(mlp.check(plain, backward, X, against=single))[0][0] == "note"


@pytest.mark.parametrize("off", [1e-3, 1e-8, 1e-12])
def test_other_values_are_wrong_though_the_gradient_is_right(off):
    def shifted(X):
        P = fast(X)
        P[2, 3] += off
        return P

    report = mlp.check(shifted, backward, X, against=plain)
    assert report.verdict == "wrong"
    ((severity, text),) = said(report)
    assert severity == "fault"
    assert text.startswith("values differ from plain in 1 of 35 entries, by up to ")
    assert "[2, 3]" in text
    assert [row.verdict for row in report.arguments] == ["correct", "correct"]


def test_values_may_be_off_by_what_is_accepted():
    def rough(X):
        return fast(X) * (1 + 1e-5)

    assert not mlp.check(rough, backward, X, against=plain)
    report = mlp.check(rough, backward, X, against=plain, accept=1e-4)
    assert report.verdict == "correct"
    assert any("within accept=0.0001" in text for _, text in said(report, "accepted"))
    assert mlp.check(rough, backward, X, against=plain, accept={"X": 1e-4})
    assert not mlp.check(rough, backward, X, against=plain, accept=1e-7)


def test_a_gradient_of_the_kernel_alone_is_told_against_its_reference():
    def other(X):
        return fast(X) + 0.1 * np.tanh(X - X.mean())

    report = mlp.check(other, backward, X, against=plain)
    assert [row.verdict for row in report.arguments] == ["wrong", "correct"]
    wrong = mlp.check(fast, lambda dP, X: 2 * backward(dP, X), X, against=plain)
    assert [row.verdict for row in wrong.arguments] == ["wrong", "wrong"]
    assert any(f.message.startswith("against plain: ") for f in wrong.findings)


def test_a_difference_that_shows_only_elsewhere_is_found_nearby():
    here = X.copy()

    def lucky(X):
        return plain(X) if np.allclose(X, here, rtol=1e-2) else plain(X) + 0.1

    ((severity, text),) = said(mlp.check(lucky, backward, X, against=plain))
    assert severity == "fault"
    assert text.endswith(", at a point nearby")


def test_a_reference_of_another_form_is_wrong_and_one_that_raises_is_told_of():
    report = mlp.check(fast, backward, X, against=lambda X: plain(X).sum())
    assert report.verdict == "wrong"
    assert "forward returns the shape (5, 7), but lambda the shape ()" in str(report)

    def broken(X):
        raise RuntimeError(f"no kernel for {X.shape}")

    assert "against broken: forward, evaluation" in str(
        mlp.check(fast, backward, X, against=broken)
    )


def test_a_long_sum_in_single_precision_agrees_to_its_own_rounding():
    x = RNG.normal(size=20_000).astype(np.float32)

    def one_by_one(x):
        return np.cumsum(x * x, dtype=np.float32)[-1:]

    def pairwise(x):
        return (x * x).sum(keepdims=True)

    report = mlp.check(pairwise, lambda d, x: 2 * d * x, x, against=one_by_one)
    assert [severity for severity, _ in said(report)] == ["note"]


# ------------------------------------------------------------------ surrogates


def identity(x):
    return x


def test_a_declared_straight_through_estimator_is_correct_as_a_surrogate():
    report = mlp.check(np.round, lambda d, x: d * np.ones_like(x), V, surrogate=identity)
    assert report.verdict == "correct"
    assert report
    assert str(report).startswith("CORRECT (surrogate): ")
    assert report.surrogate == "identity"
    assert report.reproduce.endswith("surrogate=identity)")
    assert json.loads(report.to_json())["surrogate"] == "identity"
    assert "(surrogate)" in report.to_html()
    assert "by declaration the gradient is that of identity" in str(report)


def test_another_gradient_than_the_surrogates_is_wrong():
    report = mlp.check(np.round, lambda d, x: 2 * d * np.ones_like(x), V, surrogate=identity)
    assert report.verdict == "wrong"
    assert "factor" in {finding.diagnosis for finding in report.findings}


@pytest.mark.parametrize(
    ("forward", "by_hand", "surrogate"),
    [
        (lambda x: x * 1.0, lambda d, x: -0.5 * d * np.ones_like(x), lambda x: -0.5 * x),
        (
            lambda x: 1.0 * (x > 0),
            lambda d, x: d / (1 + np.abs(x)) ** 2,
            lambda x: x / (1 + np.abs(x)),
        ),
    ],
    ids=["gradient reversal", "spike"],
)
def test_reversal_and_spikes_are_declared_alike(forward, by_hand, surrogate):
    assert not mlp.check(forward, by_hand, V)
    assert str(mlp.check(forward, by_hand, V, surrogate=surrogate)).startswith("CORRECT (surr")
    assert not mlp.check(forward, lambda *a: 3 * by_hand(*a), V, surrogate=surrogate)


@pytest.mark.parametrize(
    ("factor", "aux_factor", "verdicts"),
    [(1, 1, ["correct", "correct"]), (2, 1, ["wrong", "correct"]), (1, 3, ["correct", "wrong"])],
)
def test_an_injected_loss_is_declared_beside_what_forward_returns(factor, aux_factor, verdicts):
    def attached(x, aux):  # noqa: ARG001  # it is injected in backward alone
        return x * 1.0

    def backward(d, x, aux):  # noqa: ARG001  # it takes the point
        return factor * d, aux_factor * 2 * aux

    aux = np.array([0.5, -1.0])
    assert mlp.check(attached, backward, V, aux).verdict == "wrong"
    report = mlp.check(attached, backward, V, aux, surrogate=lambda x, aux: (x, (aux**2).sum()))
    assert [row.verdict for row in report.arguments] == verdicts
    assert "backward adds that of a loss, whatever its cotangent is" in str(report)


def test_a_surrogate_has_the_form_of_forward():
    report = mlp.check(np.round, lambda d, x: d * np.ones_like(x), V, surrogate=np.sum)
    assert report.verdict == "wrong"
    assert "forward returns the shape (6,), but its surrogate sum the shape ()" in str(report)


def test_what_is_no_function_is_refused_and_both_together_too():
    with pytest.raises(TypeError, match="surrogate must be a function as forward is, not 3"):
        mlp.check(np.round, lambda d, x: d + 0 * x, V, surrogate=3)
    with pytest.raises(TypeError, match="against must be a function"):
        mlp.check(np.round, lambda d, x: d + 0 * x, V, against="plain")
    with pytest.raises(ValueError, match="not both"):
        mlp.check(np.round, lambda d, x: d + 0 * x, V, surrogate=np.sin, against=np.sin)


def test_they_go_together_with_sets():
    def whole(S):
        return np.linalg.slogdet(S)[1]

    def factored(S):
        return 2 * np.log(np.diag(np.linalg.cholesky(S))).sum()

    S = X @ X.T + np.eye(5)
    S = (S + S.T) / 2
    along = {"S": "symmetric"}
    report = mlp.check(factored, lambda d, S: d * np.linalg.inv(S), S, along=along, against=whole)
    assert report.verdict == "correct"


def refusing(error):
    """Return the root, which refuses numbers below 0, or does not."""

    def root(x):
        if error and x.min() < 0:
            raise error("x must not be below 0")
        return np.sqrt(np.abs(x))

    return root


@pytest.mark.parametrize(
    ("mine", "theirs", "verdict", "said"),
    [
        (None, None, "correct", "values agree with root"),
        (ValueError, ValueError, "inconclusive", "x must not be below 0, as root does"),
        (ValueError, ArithmeticError, "inconclusive", "as root does: raises ArithmeticError"),
        (ValueError, None, "wrong", "x must not be below 0, but root returns"),
        (None, ValueError, "wrong", "forward returns, but root raises ValueError: x must not"),
        (None, RuntimeError, "inconclusive", "forward returns, but root raises RuntimeError"),
    ],
)  # fmt: skip
def test_exceptions_are_held_against_those_of_the_reference(mine, theirs, verdict, said):
    x = np.array([0.5, -2.0])
    pull = lambda d, x: d * np.sign(x) / (2 * np.sqrt(np.abs(x)))  # noqa: E731  # as people write it
    report = mlp.check(refusing(mine), pull, x, against=refusing(theirs))
    assert report.verdict == verdict
    assert said in str(report)
    within = mlp.check(refusing(mine), pull, np.abs(x), against=refusing(theirs))
    assert within.verdict == "correct"
