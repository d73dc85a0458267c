"""Multilayer perceptrons in explicit mathematics, and the checker that proves them right."""
