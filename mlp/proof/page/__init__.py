"""Pages, proved line by line: their code runs, their equations are lines of a ledger.

fences, running                 the blocks of a page, and its code as it runs
tie, claim, ledger              prove equations, tie them to the code, keep the ledger
"""
