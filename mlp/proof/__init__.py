"""Is this derivation right?  What is said of all real values is proved, not sampled.

    constants, symbolic    exact scalars that run through unchanged NumPy code
    polynomial, field      real expressions as exact quotients of polynomials
    decide                 is this expression zero, and if not, at which point is it not
    question, regions      all arguments, labels and branches of some code
    code                   is this backward the derivative of this forward
    html                   a page of mathematics, self-contained, with a mark on what is proved

It needs SymPy, which ``pip install 'mlp-reference[prove]'`` brings. Tested in tests/proof/.
"""

from importlib.util import find_spec

if find_spec("sympy") is None:
    raise ModuleNotFoundError("mlp.proof needs SymPy: pip install 'mlp-reference[prove]'")

from mlp.proof.code import prove as prove  # not before it is known to be there
from mlp.proof.report import Counterexample as Counterexample  # likewise
from mlp.proof.report import Proof as Proof  # likewise
