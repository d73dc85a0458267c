"""Ops that do everything but return, beside one that is right."""
# ruff: noqa: ARG001, ARG002, T201  # a backward takes every argument and this op prints

import sys


def _line(rng):
    return (rng.normal(size=3),)


def raises(x):
    raise ArithmeticError("the moon is full")


def exits(x):
    sys.exit(7)


def hangs(x):
    while True:
        pass


def prints(x):
    print("noise from the op")
    return x


def right(x):
    return x


def no_point(x):
    return x


def raises_backward(dO, x):
    return dO


raises_example = exits_example = hangs_example = prints_example = right_example = _line
exits_backward = hangs_backward = prints_backward = right_backward = raises_backward
no_point_backward = lonely_backward = raises_backward


def bad_example(x):
    return x


bad_example_backward = raises_backward


def bad_example_example(rng):
    raise LookupError("no number left")


class Needy:
    def __init__(self, width):
        self.width = width

    def forward(self, x):
        return x

    def backward(self, dO, x):
        return dO
