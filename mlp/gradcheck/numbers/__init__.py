"""Numbers alone: the slope of a scalar function at 0, with an error bar that can be believed.

ladder    steps that become ever smaller, the estimates they give, and their noise
kind      what the ladder says about the point: smooth, a kink, a jump, unbounded
"""
