"""Ten layers as users write them, two of them for PyTorch and JAX as well, each right and wrong.

A file holds both; ways.py goes each way in with them, and `python tests/tasks` prints the table.
"""
