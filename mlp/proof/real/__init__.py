"""Exact real numbers: expressions as quotients of polynomials, and whether one is zero.

polynomial, extension, field    real expressions as exact quotients of polynomials
numbers                         expressions as numbers of many digits
decide, counterexample          is this expression zero, and if not, at which point is it not
"""
