"""Read what stands behind an option of the command line, or say what should; write it again.

Each function but the last is a ``type`` of argparse. Tested in tests/command/test_options.py and
tests/test_cli.py.
"""
# ruff: noqa: PLC0415  # help must not wait for NumPy

import shlex
from argparse import ArgumentTypeError, Namespace
from typing import Any

KINDS = ("symmetric", "lower", "upper")  # of matrices
TIMEOUT = 60.0  # seconds, unless another is given


def whole(text: str) -> int:
    """Read an option that counts: 0, 1, 2, ..."""
    if not text.isdecimal():
        raise ArgumentTypeError(f"{text!r} is no whole number such as 7")
    return int(text)


def count(text: str) -> int:
    """Read an option that counts something that must be there: 1, 2, ..."""
    if not whole(text):
        raise ArgumentTypeError("must be at least 1")
    return int(text)


def positive(text: str) -> float:
    """Read an option that measures: a number above 0."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise ArgumentTypeError(f"{text!r} is no positive number")
    return value


def size(text: str) -> tuple[str, int]:
    """Read 'n=2' as the length of an axis."""
    axis, sign, length = text.partition("=")
    if not sign or not axis.isidentifier():
        raise ArgumentTypeError(f"{text!r} is no length of an axis such as n=2")
    return axis, count(length)


def signature(text: str) -> str:
    """Read '(3,4),(4,2),(2)' as a signature whose result does not matter, or a whole one."""
    from mlp.signature import parse

    whole_one = text if "->" in text else f"{text}->()"
    try:
        parse(whole_one)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is no list such as '(3,4),(4,2),(2)'") from None
    return whole_one


def positions(text: str) -> tuple[int | str, ...]:
    """Read '0,b' as a position and a name."""
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() or part.isidentifier() for part in parts):
        raise ArgumentTypeError(f"{text!r} is no list of positions or names such as 0,b")
    return tuple(int(part) if part.isdecimal() else part for part in parts)


def accepted(text: str) -> float | dict[str, float]:
    """Read '1e-6', or 'W=1e-6,b=1e-4', as what a gradient may be off by design."""
    from mlp.op import accept_in

    try:
        return accept_in(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from None


def along(text: str) -> dict[str, str]:
    """Read 'S=symmetric,L=lower' as the sets that arguments keep to."""
    parts = [part.partition("=") for part in text.split(",")]
    if not all(name and kind in KINDS for name, _, kind in parts):
        raise ArgumentTypeError(f"{text!r} is no list such as S=symmetric,L=lower")
    return {name: kind for name, _, kind in parts}


def activation(text: str) -> str:
    """Read the name of an activation."""
    from mlp.ops import activation_of

    try:
        activation_of(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error).partition(": ")[2]) from None
    return text


def verify_again(args: Namespace, word: str) -> str:
    """Return the command that verifies what a word names, with the options that were given."""
    given = {
        "--shapes": (args.shapes or "").removesuffix("->()"),
        "--wrt": ",".join(map(str, args.wrt or ())),
        "--accept": "" if args.accept is None else _said(args.accept),
        "--along": _said(args.along or {}),
        "--timeout": "" if args.timeout == TIMEOUT else f"{args.timeout:g}",
        "--memory": "" if args.memory is None else f"{args.memory:g}",
    }
    words = [word for option in given.items() if option[1] for word in option]
    words += ["--no-tangent"] * args.no_tangent
    words += ["--allow-inconclusive"] * args.allow_inconclusive
    return shlex.join(["mlp", "verify", word, "--seed", str(args.seed), *words])


def _said(value: Any) -> str:
    """Write a number, or what is said of each argument: W=1e-06,b=0.0001."""
    if not isinstance(value, dict):
        return str(value)
    return ",".join(f"{name}={said}" for name, said in value.items())
