"""Is this gradient right?  ``check`` answers with a report, ``verify`` raises where it is not.

    check                  the door: what is asked, and with which options
    pipeline, answering    the way from there to the report, read from top to bottom
    forward_mode           the same for a tangent, a Jacobian-vector product; pushed poses it
    adjoint, rules         a tangent beside a backward; every rule that a framework's function has
    twice                  Hessians, and whether backward's derivative is symmetric
    pose, problem          what is put to the test: the point, and both functions at it
    numbers                the slope of a scalar function at 0, with an error bar
    widen                  float32 judged in float64, where the code does the same there
    probe, grain           one number by hand against one number measured; the grid of results
    workers                independent measurements, spread over processes
    contract               what every rule owes its forward, before any arithmetic
    diagnosis              which entries are wrong, and which mistake it looks like
    judge                  what the probes of one argument prove, and what is said of it
    finding, report        what was found, and the answer
    pictures               what a report draws

Nothing here knows an op of ours. Tested in tests/gradcheck/.
"""

from mlp.gradcheck.check import check, depict, verify
from mlp.gradcheck.finding import Argument, Entry, Finding, Steps
from mlp.gradcheck.report import GradientError, Report

__all__ = [
    "Argument",
    "Entry",
    "Finding",
    "GradientError",
    "Report",
    "Steps",
    "check",
    "depict",
    "verify",
]
