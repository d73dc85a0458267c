"""What fooled the checker: eighteen kinds of code, each a family with right and wrong members.

kind          what a kind is, and what one draw of it holds
curves, layers             functions that several kinds share
precision, rounding, tolerance, ties, calls, domains, sizes    the kinds
family        the trials and their limits

The smallest input that showed a kind is in its docstring; its draws vary shapes, scales, seeds and
functions around it.
"""
