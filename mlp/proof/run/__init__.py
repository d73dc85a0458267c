"""Code that runs on symbols: unchanged NumPy code, every branch of it, and its gradient.

constants, trace              the numbers of some code, and what a run of it assumes
exact, symbolic, dual         exact numbers that run through it: of expressions, and with tangents
elementary                    the functions that they have, in a table
arrays                        arrays of them, in which NumPy leaves no plain number
ufuncs, functions, linear     what NumPy makes of these: in place, by definition, or refused
reach, makes, chance          what code looks up where no number leads NumPy to us
goal, choice                  what is to be proved; all its arguments, labels and cotangents
regions, chain, both          every branch of some code; both functions in each of them
answer, code, elsewhere       is this backward the derivative of this forward; other lengths
"""

from mlp.proof.run import functions, ufuncs  # noqa: F401  # they enter their rules
