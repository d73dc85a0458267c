"""Ops found in files, points drawn for them, checks run on them, whatever a stranger's code does.

guard              run a stranger's code so that the answer is a value or an error
words, find        from a word to a file or module, and to the ops in it
points, targets    points at which to check an op; what is checked
shipped            what is checked unasked: our own ops and networks
annotation         a finding as GitHub notes it at a line
verdicts           judge targets one by one, and lay the answers out as a table
results            what is said of an op, one result for each argument
proofs             prove what is checked
snippet            write a check as code that runs where it is pasted
"""
