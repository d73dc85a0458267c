"""What a report is made into: a row of cases with its source, each right or wrong.

A row is a function of the generator, decorated with where it was reported (owner/repository#number
on GitHub). Its docstring says what was seen there; its cases are the same few lines of NumPy with a
right gradient and with a wrong one.
"""

from trials.family import CORRECT, WRONG, Case

ROWS = {}


def report(source):
    """Put a row into the table under its source."""

    def entered(row):
        ROWS[source] = row
        return row

    return entered


def right(name, forward, backward, *point, **options):
    """A right gradient, to be called correct."""
    return Case(name, forward, backward, point, CORRECT, options=options)


def wrong(name, forward, backward, *point, **options):
    """A wrong gradient, to be called wrong."""
    return Case(name, forward, backward, point, WRONG, options=options)
