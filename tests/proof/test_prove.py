"""Code is proved, refused with a counterexample, or named as what cannot be proved."""

import subprocess
import sys


def test_without_sympy_one_line_says_what_to_install():
    code = "import mlp.proof"
    code = f"import importlib.util as u; u.find_spec = lambda _: None; {code}"
    run = subprocess.run(  # noqa: S603  # the code is ours
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    last = run.stderr.strip().splitlines()[-1]
    assert last == (
        "ModuleNotFoundError: mlp.proof needs SymPy: pip install 'mlp-reference[prove]'"
    )
