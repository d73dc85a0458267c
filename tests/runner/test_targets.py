"""What an op says of itself comes before what is said of it from outside."""

from pathlib import Path

import pytest

from mlp.runner.find import find
from mlp.runner.targets import Fault, briefed

SAMPLES = Path(__file__).parents[1] / "samples"


def named(file, *ops):
    return [op for name in ops for op in find(f"{SAMPLES / file}::{name}")]


def test_accept_of_an_op_comes_before_what_is_said_of_all():
    told, untold, cached = named("by_design.py", "told", "untold", "cached")
    assert [briefed(op, accept=1e-3).accept for op in (told, untold)] == [1e-4, 1e-3]
    assert [briefed(op).accept for op in (told, untold)] == [1e-4, None]
    assert cached.accept == {"x": 1e-3}
    fault = Fault("f", "no point")
    assert briefed(fault, accept=1e-3) is fault


def test_what_an_op_means_comes_before_what_is_said_of_all():
    log_det, untold = named("meant.py", "log_det", "untold")
    assert log_det.meant == {"along": {"S": "symmetric"}}
    along = {"along": {"S": "lower"}}
    assert briefed(log_det, meant=along).meant == log_det.meant
    assert briefed(untold, meant=along).meant == along
    assert briefed(untold, meant={"along": None}).meant == {}
    fault = Fault("x", "no point")
    assert briefed(fault, meant=along) is fault
    with pytest.raises(TypeError, match="no option 'allong'; there are along, retract, against"):
        briefed(untold, meant={"allong": 1})
