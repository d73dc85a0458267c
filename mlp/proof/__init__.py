"""Is this derivation right?  Needs sympy."""
