"""How Hypothesis runs:  HYPOTHESIS_PROFILE=dev, or ci; without it, ci where CI is set, else dev.

    ci     the same examples on every machine, no time limit, and a failure prints its reproducer
    dev    fresh examples in every run; failures are kept in .hypothesis and tried first

Every other draw comes from a seed that stands in the test. Hypothesis prints its own.
"""

import os

from hypothesis import settings

pytest_plugins = ["pytester"]

settings.register_profile("ci", derandomize=True, deadline=None, database=None, print_blob=True)
settings.register_profile("dev", deadline=None, print_blob=True)
settings.load_profile(
    os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "dev")
)
