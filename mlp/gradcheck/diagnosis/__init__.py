"""Which entries are wrong, and which mistake it looks like.

locate      the wrong entries, by halves
jacobian    the Jacobian of one argument, measured once
evidence    some entries by hand and numeric, to hold an explanation against
mistakes    the mistakes that people make, each as such an explanation
diagnose    the first that explains the evidence
"""
