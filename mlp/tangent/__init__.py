"""The tangent of forward's own operations: a witness that takes no step.

    trail        what a run passed on its way: decisions, casts, what was lost
    array        a value with its tangent, which runs through NumPy code as one array would
    derivatives  the derivative of every ufunc that has one, a line each
    ufuncs       a ufunc of arrays with tangents, by its line; reductions its methods
    functions    what NumPy's functions make of a tangent, by kind
    rules        those of no kind; decisions: those that choose
    linalg       inverses, determinants, factors; Fourier transforms
    special      the derivative of every ufunc of SciPy that has one, where it has been imported
    scipys       what stands in for SciPy's functions that NumPy never sees
    code         the user's own function, reached through its globals
    series       derivatives whose formula cancels
    runs         a function run with tangents, or why it cannot be
    witness      ⟨v, J d⟩ with its bar, or the reason for having none
    fifty        the same in fifty digits, where forward cancels and is small
    digits       what mpmath makes of every ufunc, a line each

Nothing here knows an op of ours, or a checker. Tested in tests/tangent/.
"""

from mlp.tangent.array import TangentArray
from mlp.tangent.fifty import refined
from mlp.tangent.runs import Push, Silence, run, shaken
from mlp.tangent.trail import Lost, Trail
from mlp.tangent.witness import CAST, Witnessed, ask

__all__ = [
    "CAST",
    "Lost",
    "Push",
    "Silence",
    "TangentArray",
    "Trail",
    "Witnessed",
    "ask",
    "refined",
    "run",
    "shaken",
]
