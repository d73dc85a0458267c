"""Formulas that are read: from LaTeX to values, strictly.

words, cursor, syntax           the words of a formula, and what it is once it has been read
expressions, latex              read it, strictly
matrices, ranges, algebra       give it its values, by indices and by matrices
sheet                           the symbols of a page, exactly
"""
