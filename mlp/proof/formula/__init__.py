"""Formulas that are read: from LaTeX to values, strictly.

words, syntax                   the words of a formula, and what it is once it has been read
names, expressions, latex       read it, strictly
values, sheet                   arrays whose axes have names, and the symbols of a page
ranges, algebra                 give a formula its values, by indices and by matrices
"""
