"""Multilayer perceptrons in explicit mathematics, and the checker that proves them right."""

from mlp.gradcheck import GradientError, check, verify

__all__ = ["GradientError", "check", "verify"]
