"""Is this derivation right?  What is said of all real values is proved, not sampled.

    polynomial, extension, field    real expressions as exact quotients of polynomials
    decide, counterexample          is this expression zero, and if not, at which point is it not
    constants, trace                the numbers of some code, and what a run of it assumes
    compared, symbolic, dual        exact scalars that run through it, and numbers with tangents
    arrays                          arrays of them, in which NumPy leaves no plain number
    question, regions, chain        all arguments, labels and branches of some code; its gradient
    code, report                    is this backward the derivative of this forward; the answer
    elsewhere, lengths              what was proved, of code and of pages, at lengths all different

    words, cursor, tree             the words of a formula, and what it is once it has been read
    expressions, latex              read it, strictly
    matrices, ranges, algebra       give it its values, by indices and by matrices
    sheet, numeric                  the symbols of a page, exactly and as numbers
    fences, running                 the blocks of a page, and its code as it runs
    tie, claim, page                prove its equations, tie them to the code, keep the ledger
    glyphs, mathml, markdown        its signs, formulas and paragraphs as a browser draws them
    font, html                      all of it self-contained, with a mark on what is proved

It needs SymPy, which ``pip install 'mlp-reference[prove]'`` brings. Tested in tests/proof/.
"""

from importlib.util import find_spec

if find_spec("sympy") is None:
    raise ModuleNotFoundError("mlp.proof needs SymPy: pip install 'mlp-reference[prove]'")

from mlp.proof.code import prove as prove  # not before it is known to be there
from mlp.proof.report import Counterexample as Counterexample  # likewise
from mlp.proof.report import Proof as Proof  # likewise
