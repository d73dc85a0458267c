import json

import numpy as np
import pytest
from exactness import battery
from kinds import BY_NAME
from oracle import mp

from mlp import vectors


def differing(shipped, computed):
    """Name the cases in which what is shipped is not what is computed."""
    return [
        f"{old['op']}/{old['case']}/{old['dtype']}"
        for old, new in zip(shipped, computed, strict=True)
        if old != new
    ]


@pytest.fixture(scope="module")
def shipped():
    return json.loads(vectors.battery_text())["cases"]


def test_every_answer_that_travels_with_the_package_is_the_oracles(shipped):
    computed = json.loads(json.dumps([*battery.battery()]))
    assert differing(shipped, computed) == []


def test_an_answer_that_is_off_by_one_unit_is_found(shipped):
    op = [case for case in shipped if case["op"] == "sigmoid"]
    spoiled = json.loads(json.dumps(op))
    spoiled[3]["forward"][1] = np.nextafter(spoiled[3]["forward"][1], 2)
    assert differing(spoiled, op) == ["sigmoid/the slope's root/float64"]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_number_of_sixty_digits_is_rounded_once_to_the_even_one_of_two(dtype):
    form = np.finfo(dtype)
    for unit, base in (
        (float(form.eps), 1),
        (float(form.smallest_subnormal), 5 * float(form.smallest_subnormal)),
    ):
        odd = mp.mpf(base) + mp.mpf(unit) * (base == 1)
        for steps, nearest in ((0.5, 1), (-0.5, -1), (0.4999, 0), (-0.4999, 0), (0.5001, 1)):
            got = battery.nearest(odd + steps * mp.mpf(unit), dtype)
            assert got == float(odd + nearest * mp.mpf(unit))
            assert np.array(got, dtype) == got
    assert battery.nearest(0, dtype) == 0
    assert battery.nearest(mp.mpf(1) + mp.mpf(2) ** -24 + mp.mpf(2) ** -60, "float32") > 1


def test_there_is_a_battery_for_every_op_in_both_dtypes_with_what_is_hard_about_it():
    assert {op.partition(":")[0] for op in vectors.battery()} == {*BY_NAME}
    for op in vectors.battery():
        found = vectors.cases(op)
        assert {case.dtype for case in found} == {"float64", "float32"}
        assert {"ordinary"} <= {case.name for case in found}
        assert all("forward" in case.answers for case in found)
        assert len({case.key for case in found}) == len(found)
    hard = {"ties", "saturation", "one class", "one row", "shifted by ten thousand"}
    for op in ("softmax", "log_softmax", "softmax_cross_entropy", "softmax_cross_entropy:soft"):
        assert hard <= {case.name for case in vectors.cases(op)}


def test_cases_come_in_the_dtype_they_say_and_are_ones_own():
    for op in vectors.battery():
        for case in vectors.cases(op, ["float32"]):
            arrays = {**case.arguments, **case.answers, "cotangent": case.cotangent}
            kinds = {name: a.dtype.name for name, a in arrays.items() if name != "y"}
            assert {*kinds.values()} == {"float32"}
    first = vectors.cases("softmax")[0]
    first.arguments["Z"][:] = 0
    assert vectors.cases("softmax")[0].arguments["Z"].any()


def test_an_op_is_known_by_its_module_and_others_are_refused():
    assert vectors.cases(BY_NAME["gelu"])[0].key == "gelu/ordinary/float64"
    for wrong in ("gleu", np):
        with pytest.raises(ValueError, match=r"^vectors: op must be one of identity, .*, but is"):
            vectors.cases(wrong)
    for wrong, said in (
        (["float64", "float16"], "one is 'float16'"),
        ("float16", "one is 'float16'"),
        (np.float16, "one is <class 'numpy.float16'>"),
        (None, "one is None"),
        ([], "there is none"),
    ):
        with pytest.raises(ValueError, match=rf"^vectors: dtypes must be among .*, but {said}$"):
            vectors.cases("gelu", wrong)


def test_the_battery_is_small():
    assert battery.PLACE.stat().st_size < 200_000
