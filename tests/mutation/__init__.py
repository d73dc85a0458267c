"""Mutants of the product: what a wrong operator, constant, axis or sign in it must not survive."""
