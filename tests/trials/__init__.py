"""The promises of the gradient checker as families of trials; `python tests/trials` runs them."""

from trials.smooth import SMOOTH

FAMILIES = (SMOOTH,)
