"""scikit-learn: networks that were fitted, and losses of linear models."""

import copy

import numpy as np
import pytest
from sklearn import _loss
from sklearn.gaussian_process import GaussianProcessRegressor, kernels
from sklearn.linear_model._linear_loss import LinearModelLoss
from sklearn.neural_network import MLPClassifier, MLPRegressor

from mlp import adapters

rng = np.random.default_rng(0)
X = rng.normal(size=(12, 4))
TARGETS = {
    "two classes": (MLPClassifier, rng.integers(2, size=12)),
    "three classes": (MLPClassifier, np.arange(12) % 3),
    "names": (MLPClassifier, np.array(["cat", "dog", "owl"] * 4)),
    "numbers": (MLPRegressor, X[:, 0] * X[:, 1]),
}


def fitted(name):
    kind, y = TARGETS[name]
    classes = {"classes": np.unique(y)} if kind is MLPClassifier else {}
    model = kind(hidden_layer_sizes=(5, 3), activation="tanh", solver="sgd")
    return model.partial_fit(X, y, **classes), y


@pytest.mark.parametrize("target", TARGETS)
def test_the_backpropagation_of_a_fitted_network_is_verified(target):
    model, y = fitted(target)
    report = adapters.estimator(model).verify(X, y)
    assert [argument.name for argument in report.arguments] == [
        *(f"coefs_[{k}]" for k in range(3)),
        *(f"intercepts_[{k}]" for k in range(3)),
    ]


def test_a_fitted_network_stays_as_it_was():
    model, y = fitted("three classes")
    weights = copy.deepcopy(model.coefs_)
    assert adapters.estimator(model).verify(X, y)
    assert all((now == before).all() for now, before in zip(model.coefs_, weights, strict=True))


def test_the_wrong_factor_for_several_outputs_is_found():
    model = MLPRegressor(hidden_layer_sizes=(5,), activation="tanh", solver="sgd", alpha=0)
    Y = X[:, :2] * X[:, 1:3]
    report = adapters.estimator(model.partial_fit(X, Y)).check(X, Y)
    # https://github.com/scikit-learn/scikit-learn/issues/8349, open since 2017: the loss is a mean
    # over outputs, its gradient a sum
    assert report or report.findings[0].diagnosis == "factor"


def test_a_network_whose_penalty_forgets_its_gradient_is_found():
    class Forgetful(MLPClassifier):
        def _compute_loss_grad(self, *args):
            alpha, self.alpha = self.alpha, 0
            super()._compute_loss_grad(*args)
            self.alpha = alpha

    wrong = Forgetful(hidden_layer_sizes=(5,), activation="tanh", solver="sgd", alpha=0.5)
    y = TARGETS["two classes"][1]
    report = adapters.estimator(wrong.partial_fit(X, y, classes=[0, 1])).check(X, y)
    assert report.verdict == "wrong"
    assert "weight decay" in "\n".join(finding.message for finding in report.findings)


@pytest.mark.parametrize("loss", [_loss.HalfBinomialLoss(), _loss.HalfPoissonLoss()])
def test_the_loss_of_a_linear_model_is_verified(loss):
    model = LinearModelLoss(loss, fit_intercept=True)
    y = (X[:, 0] > 0).astype(float)
    adapter = adapters.estimator(model, l2_reg_strength=0.3)
    assert adapter.verify(0.3 * rng.normal(size=5), X, y)


def test_the_marginal_likelihood_of_a_process_is_verified():
    process = GaussianProcessRegressor(
        1.3 * kernels.RBF(0.8) + kernels.WhiteKernel(0.3), optimizer=None
    )
    process.fit(X, np.sin(X[:, 0]))

    def likelihood(theta):
        return process.log_marginal_likelihood(theta, eval_gradient=True)

    assert adapters.scipy(likelihood, jac=True).verify(process.kernel_.theta)


def test_a_kernel_is_verified_by_its_jacobian():
    kernel = 1.3 * kernels.RBF([0.7, 1.1, 0.9, 1.4])

    def gram(theta):
        return kernel.clone_with_theta(theta)(X, eval_gradient=True)

    assert adapters.gradient(gram, df=True).verify(kernel.theta)
