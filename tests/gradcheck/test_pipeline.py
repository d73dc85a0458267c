"""The door and the pipeline behind it: one question, with the same options, loaded when asked."""

import subprocess
import sys
from inspect import signature

from mlp.gradcheck import check
from mlp.gradcheck.pipeline import checked


def test_the_pipeline_is_asked_with_every_option_of_check():
    assert [*signature(checked).parameters] == [*signature(check).parameters]


def test_the_door_alone_loads_nothing_that_judges():
    code = "import sys; from mlp import check; print(*sys.modules)"
    run = [sys.executable, "-c", code]
    names = subprocess.run(run, check=True, text=True, capture_output=True).stdout.split()  # noqa: S603  # our own code
    assert "mlp.gradcheck.check" in names
    late = {"numpy.random", "multiprocessing", "concurrent.futures", "email", "html"}
    late |= {"mlp.tangent", "mlp.gradcheck.pipeline", "mlp.gradcheck.pictures"}
    assert not late & {*names}
