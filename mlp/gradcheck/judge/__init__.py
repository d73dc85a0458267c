"""What the probes of one argument prove, and what is said of it.

nearby      points close by, off the kinks of the one given
kinks       where one-sided slopes differ: which entries, and is by hand a subgradient there
shown       what a report shows beside a verdict: steps, and entries one by one
answers     a verdict, the probe that shows it, and findings in words
second      the tangent of forward's own operations, heard where differences doubt
bench       one argument at one place: its probes, and what the tangent says along them
differences what differences alone say of it, here and nearby
judge       one argument after another, by both witnesses
"""
