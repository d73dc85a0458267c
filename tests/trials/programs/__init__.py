"""Random programs of what people write in NumPy, right and with a fault inside.

steps, activations, layers, arrays, losses     the table of steps, each plain NumPy
grammar     chains of them, at points as people draw them
tape        the gradient by hand: automatic differentiation in floats
faults      mistakes inside it
digits      the exact gradient, in fifty digits, by other means
label       by hand against exact: right, a fault, or dropped
family      the trials and their limits
"""
