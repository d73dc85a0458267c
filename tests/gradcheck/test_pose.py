"""Posing a problem: what is differentiated, what it is called, and what is refused in one line."""

import numpy as np
import pytest
from posed import X, first, posed


def test_every_float_argument_is_a_block_and_the_rest_are_constants():
    point = X, 3, {"w": 1.5, "n": np.arange(3)}, "mean"
    problem = posed(lambda x, k, p, text: (x, k, p, text), point=point)
    assert [(b.name, b.position, b.scalar) for b in problem.blocks] == [
        ("x", 0, False),
        ("p['w']", 2, True),
    ]


def test_names_come_from_forward_else_from_backward_else_from_the_position():
    assert posed().names == ("X", "W", "b")
    assert posed(first, lambda dO, U, V, w: (dO, U, V, w)).names == ("U", "V", "w")
    assert posed(first, first).names == ("argument 0", "argument 1", "argument 2")


def test_what_is_accepted_is_kept_with_each_block():
    def accepted(accept):
        return [block.accept for block in posed(accept=accept).blocks]

    assert accepted(0) == [0, 0, 0]
    assert accepted(1e-3) == [1e-3] * 3
    assert accepted({"b": 1e-3, "X": np.float64(0.01)}) == [0.01, 0, 1e-3]
    in_a_dict = posed(lambda p: p, point=({"a": X, "b": 2.0},), accept={"p": 0.01})
    assert [block.accept for block in in_a_dict.blocks] == [0.01, 0.01]


@pytest.mark.parametrize(
    ("wrt", "names"),
    [(None, "XWb"), (1, "W"), ("b", "b"), ((2, 0), "bX"), (["W", 2], "Wb")],
)
def test_wrt_chooses_by_position_or_name_in_the_order_given(wrt, names):
    problem = posed(wrt=wrt)
    assert [block.name for block in problem.blocks] == [*names]
    assert {block.name for block in problem.others} == {*"XWb"} - {*names}


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"forward": 3}, TypeError, "check: forward must be a function, but it is a int"),
        ({"backward": X}, TypeError, "check: backward must be a function, but it is a ndarray"),
        ({"point": ()}, TypeError, "check: no point was given; call"),
        ({"wrt": "V"}, ValueError, r"check: wrt must name .* \(X, W, b\), not 'V'"),
        ({"wrt": 3}, ValueError, r"check: wrt must name .* \(X, W, b\), not 3"),
        ({"wrt": -1}, ValueError, r"check: wrt must name .* \(X, W, b\), not -1"),
        ({"point": (X, X.T, 3), "wrt": 2}, TypeError, "check: b holds no floats"),
        (
            {"accept": "V"},
            ValueError,
            "check: accept must be a number from 0, below 0.1, or a dict",
        ),
        ({"accept": 0.1}, ValueError, "below 0.1, or a dict of them by argument name, but is 0.1"),
        ({"accept": -1e-9}, ValueError, "check: accept must be a number from 0"),
        ({"accept": True}, ValueError, "check: accept must be a number from 0"),
        ({"accept": float("nan")}, ValueError, "check: accept must be a number from 0"),
        ({"accept": {"X": 1}}, ValueError, r"but is {'X': 1}"),
        ({"accept": {"V": 0}}, ValueError, r"check: accept must name .* \(X, W, b\), not 'V'"),
        ({"bounds": [(0, 1)]}, ValueError, "each of the 3 arguments, but is"),
        ({"bounds": [(0, 1), None, None]}, ValueError, "check: X must lie inside its bounds"),
        ({"point": (1j * X,)}, TypeError, "check: X must be real, but is complex; check its real"),
        ({"point": ({"z": 1j},)}, TypeError, r"check: X\['z'\] must be real"),
        ({"point": (np.ma.array(X),)}, TypeError, "check: X must be a plain NumPy array"),
    ],
)
def test_what_cannot_be_checked_is_refused_in_one_line(options, error, says):
    forward = options.pop("forward", lambda X, W=0, b=0: (X, W, b))
    with pytest.raises(error, match=says) as caught:
        posed(forward, **options)
    assert "\n" not in str(caught.value)
