"""What every backward owes its forward, before any arithmetic.

calls        neither function writes into what it was given
shapes       gradients have the structure and the shapes of the arguments
unbounded    they are finite where the slopes of forward are
linearity    backward is steady, and linear in its cotangent
strides      backward reads its cotangent's numbers, however these lie in memory
pushing      the same of a tangent, the rule of forward mode
examine      all of it in order; and that forward is steady, with its rounding unit
"""
