"""The contents page of the prover: what is public, and what it needs."""

import subprocess
import sys

import mlp
from mlp import prove


def test_without_sympy_one_line_says_what_to_install():
    code = "import importlib.util as u; u.find_spec = lambda _: None; import mlp; mlp.prove"
    run = subprocess.run(  # noqa: S603  # the code is ours
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    last = run.stderr.strip().splitlines()[-1]
    assert last == (
        "ModuleNotFoundError: mlp.proof needs SymPy: pip install 'mlp-reference[prove]'"
    )


def test_prove_is_a_public_name():
    assert mlp.prove is prove
    assert mlp.Proof.__name__ == "Proof"
