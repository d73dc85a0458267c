"""The promises of the gradient checker as families of trials; `python tests/trials` runs them."""

from trials import bugs, contract, cost, edges, kinks, mutants, right, smooth, table, which, wrong
from trials.kinds import family as kinds
from trials.programs import family as programs
from trials.reports import family as reports

FAMILIES = (
    *smooth.FAMILIES,
    *table.FAMILIES,
    *kinks.FAMILIES,
    *edges.FAMILIES,
    *right.FAMILIES,
    *wrong.FAMILIES,
    *which.FAMILIES,
    *cost.FAMILIES,
    *contract.FAMILIES,
    *mutants.FAMILIES,
    *bugs.FAMILIES,
    *programs.FAMILIES,
    *reports.FAMILIES,
    *kinds.FAMILIES,
)
