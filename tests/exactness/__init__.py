"""How far each op is from the truth, in units in the last place, beside torch, JAX and SciPy.

python tests/exactness            the table, side by side
python tests/exactness --help     the search for worst inputs, the exhaustive float32 runs
"""
