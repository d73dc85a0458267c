"""Is this derivation right?  What is said of all real values is proved, not sampled.

    real       exact real numbers: expressions as quotients of polynomials; is one zero
    run        code that runs on symbols: is this backward the derivative of this forward
    formula    formulas that are read, and given their values
    page       pages: their code runs, their equations are proved and tied to the code
    html       pages as a browser draws them, with a mark on what is proved
    report     the answer to a proof

It needs SymPy, which ``pip install 'mlp-reference[prove]'`` brings. Tested in tests/proof/.
"""

from importlib.util import find_spec

if find_spec("sympy") is None:
    raise ModuleNotFoundError("mlp.proof needs SymPy: pip install 'mlp-reference[prove]'")

from mlp.proof.report import Counterexample as Counterexample  # likewise
from mlp.proof.report import Proof as Proof  # likewise
from mlp.proof.run.code import prove as prove  # not before it is known to be there
