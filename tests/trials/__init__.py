"""The promises of the gradient checker as families of trials; `python tests/trials` runs them."""

from trials.right import RIGHT
from trials.smooth import SMOOTH

FAMILIES = (SMOOTH, *RIGHT)
