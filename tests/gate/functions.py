"""Who is called: every public function of ops, networks, descent, data, first weights and so on.

What has a signature of shapes is drawn from it; the others say here what a good call is.
"""

import inspect
import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from gate import truth, values
from gate.values import REFUSED, Odd, pick, stranger
from mlp import (
    datasets,
    descent,
    initialise,
    network,
    signature,
    strategies,
    testing,
    two_layer,
)
from mlp import shapes as notation
from mlp.curvature import curvature
from mlp.ops import OPS, activation_of, affine, relu, tanh
from mlp.shapes import Labels, shapes
from mlp.signature import parse

Values = dict[str, Any]
Role = Callable[[Any, Any], Odd]  # draws an odd value from a good one


class Fresh(NamedTuple):
    """A good value that is drawn for each call."""

    make: Callable[[Any], Any]


@dataclass(frozen=True)
class Function:
    """A public function, how a good call of it is drawn, and what may be odd about it."""

    name: str
    call: Callable[..., Any]
    draw: Callable[[Any], Values]
    roles: dict[str, Role]
    by_position: tuple[str, ...]
    fits: Callable[[Values], bool] = lambda _: True  # the meant values fit each other
    truth: Callable[..., Any] | None = None
    end: Callable[[Any], Any] = lambda result: result  # what a result is compared by
    share: float = 1.0  # of calls
    also: dict[str, str] = field(default_factory=dict)  # other words for an argument


def qualified(function):
    """Return the name by which messages call a function."""
    return f"{function.__module__.rpartition('.')[2]}.{function.__qualname__}"


# by signature


def _lengths(rng):
    """Return what gives an axis a length and ... a shape, the same whenever it is asked."""
    known: dict[str, Any] = {}

    def of(axis):
        if axis == "...":
            shape = tuple(rng.integers(1, 4, size=rng.integers(0, 4)))
            return known.setdefault(axis, tuple(map(int, shape)))
        return known.setdefault(axis, (int(rng.integers(2 if axis == "c" else 1, 5)),))

    return of


def _labelled(parameter):
    return Labels == parameter.annotation or Labels in getattr(parameter.annotation, "__args__", ())


def by_signature(function, **options):
    """Describe a function that says its shapes; options are good values with their roles."""
    groups, _ = parse(function.shapes)
    parameters = [*inspect.signature(function).parameters.values()][: len(groups)]
    names = tuple(p.name for p in parameters)

    def draw(rng):
        length, found = _lengths(rng), {}
        for p, group in zip(parameters, groups, strict=True):
            axes = pick(rng, group)
            shape = sum(map(length, axes), ())
            if _labelled(p) and len(shape) == 1:
                found[p.name] = rng.integers(length("c")[0], size=shape)
            elif group == ((),):
                found[p.name] = float(rng.normal())
            else:
                found[p.name] = rng.normal(size=shape)
                if p.name in {"P", "Y"}:
                    found[p.name] = np.abs(found[p.name]) + 0.1
        return found | {name: good for name, (good, _) in options.items()}

    def role(p, group):
        if group == ((),):
            return values.odd_scalar
        return odd_targets if _labelled(p) else values.odd_array

    def odd_targets(rng, y):
        return values.odd_array(rng, y) if y.ndim > 1 else values.odd_labels(rng, y, 5)

    return Function(
        qualified(function),
        function,
        draw,
        {p.name: role(p, g) for p, g in zip(parameters, groups, strict=True)}
        | {name: odd for name, (_, odd) in options.items()},
        names,
        partial(_finite if function is affine.forward_exact else _fits, groups, parameters),
        truth.of(function),
    )


def _fits(groups, parameters, meant):
    """Tell whether shapes, dtypes and labels of the meant values fit the signature."""
    found: dict[str, Any] = {}
    dtypes = set()
    for p, group in zip(parameters, groups, strict=True):
        A = np.asarray(meant[p.name])
        for axes in group:
            known = dict(found)
            if axes == ("...",):
                good = known.setdefault("...", A.shape) == A.shape
            else:
                good = len(axes) == A.ndim and 0 not in A.shape
                good = good and all(
                    known.setdefault(axis, size) == size
                    for axis, size in zip(axes, A.shape, strict=True)
                )
            if good:
                found = known
                break
        else:
            return False
        if _labelled(p) and A.ndim == 1:
            if A.dtype.kind not in "iu" or A.min() < 0 or A.max() >= found["c"]:
                return False
        elif group != ((),) and A.dtype != np.dtype(object):
            dtypes.add(A.dtype)
    return len(dtypes) <= 1


def _finite(groups, parameters, meant):
    """Tell whether they fit, and are finite as well."""
    plain = [np.asarray(A) for A in meant.values()]
    finite = all(A.dtype == np.dtype(object) or np.isfinite(A).all() for A in plain)
    return finite and _fits(groups, parameters, meant)


# by hand


def by_hand(function, /, *, name="", share=0.3, positional=None, **arguments):
    """Describe a function by a good value, or what draws one, and a role for each argument."""
    special = {"fits", "truth", "end", "also", "call"}
    rest = {key: arguments.pop(key) for key in special & {*arguments}}
    name = name or qualified(function)
    rest.setdefault("call", function)

    def draw(rng):
        return {
            key: good.make(rng) if isinstance(good, Fresh) else good
            for key, (good, _) in arguments.items()
        }

    roles = {key: role for key, (_, role) in arguments.items()}
    names = (*arguments,)[:positional]
    return Function(name, rest.pop("call"), draw, roles, names, share=share, **rest)


size = values.odd_size
number = partial
a_generator = (Fresh(lambda rng: np.random.default_rng(int(rng.integers(99)))), values.odd_rng)
a_seed = (Fresh(lambda rng: int(rng.integers(99))), values.odd_seed)
floats = {"-1": -1.0, "0": 0.0}


def drawn(rng, n, low=1):
    """Draw so many sizes."""
    return tuple(int(k) for k in rng.integers(low, 5, size=n))


def examples(module):
    """Describe the example of an op or a network: a Generator and sizes."""
    sizes = {
        p.name: (p.default, size)
        for p in [*inspect.signature(module.example).parameters.values()][1:]
        if isinstance(p.default, int)
    }
    more = {"widths": ((4, 3, 2), odd_widths)} if module is network else {}
    return by_hand(module.example, rng=a_generator, **sizes, **more, share=0.15)


def odd_widths(rng, widths):
    """Draw what may stand in place of the widths of a network."""
    if rng.random() < 0.3:
        return stranger(rng)
    right = {"list": [*widths], "array": np.array(widths), "int64": tuple(map(np.int64, widths))}
    wrong = {
        "floats": tuple(map(float, widths)),
        "float array": np.array(widths, float),
        "one": widths[:1],
        "none": (),
        "0": (*widths, 0),
        "-1": (-1, *widths),
        "10**400": (10**400, *widths),
        "10**12": (10**12, 10**12),
        "half": (*widths[:-1], 2.5),
        "bool": (True, *widths),
        "text": "43",
        "texts": tuple(map(str, widths)),
        "NaN": (*widths, np.nan),
        "None": (*widths, None),
        "nested": (widths, widths),
        "number": widths[0],
    }
    label = pick(rng, [*right, *wrong])
    return Odd(label, right[label], widths) if label in right else Odd(label, wrong[label])


# networks of many layers


def draw_layers(rng):
    """Draw the arguments of a network of one to three layers."""
    n, *widths = drawn(rng, 2 + rng.integers(1, 4), 2)
    layers = [
        (rng.normal(size=pair), rng.normal(size=pair[1])) for pair in itertools.pairwise(widths)
    ]
    return {
        "X": rng.normal(size=(n, widths[0])),
        "layers": layers,
        "y": rng.integers(widths[-1], size=n),
    }


def odd_layers(rng, layers):
    """Draw what may stand in place of layers; half the time it is in one of them."""
    if rng.random() < 0.3:
        return stranger(rng)
    if rng.random() < 0.6:
        at, part = rng.integers(len(layers)), rng.integers(2)
        odd = values.odd_array(rng, layers[at][part])

        def put(value):
            pair = [*layers[at]]
            pair[part] = value
            return [*layers[:at], tuple(pair), *layers[at + 1 :]]

        means = REFUSED if odd.means is REFUSED else put(odd.means)
        return Odd(f"layers[{at}][{part}]: {odd.label}", put(odd.given), means, odd.may)
    (W, b), *others = layers
    right = {"tuple": (*layers,), "lists": [[W, b] for W, b in layers]}
    wrong = {
        "none": [],
        "W alone": [W, *others],
        "one in a pair": [(W,), *others],
        "three": [(W, b, b), *others],
        "swapped": [(b, W), *others],
        "None": [None, *others],
        "dict": [{"W": W, "b": b}, *others],
        "flat": [A for pair in layers for A in pair],
        "text": ["Wb", *others],
        "an array": W,
    }
    label = pick(rng, [*right, *wrong])
    return Odd(label, right[label], layers) if label in right else Odd(label, wrong[label])


def layers_fit(meant):
    """Tell whether the layers and all beside them fit each other."""
    X = np.asarray(meant["X"])
    width, dtypes = X.shape[1:], {X.dtype}
    if X.ndim != 2 or 0 in X.shape:
        return False
    for W, b in ((np.asarray(W), np.asarray(b)) for W, b in meant["layers"]):
        dtypes |= {W.dtype, b.dtype}
        if W.ndim != 2 or 0 in W.shape or W.shape[:1] != width or b.shape != W.shape[1:]:
            return False
        width = b.shape
    if "y" in meant:
        y = np.asarray(meant["y"])
        if y.ndim == 2:
            dtypes.add(y.dtype)
            good = y.shape == (len(X), *width)
            return good and len(dtypes - {np.dtype(object)}) <= 1
        if y.shape != X.shape[:1] or y.dtype.kind not in "iu":
            return False
        if y.min() < 0 or y.max() >= width[0]:
            return False
    return len(dtypes - {np.dtype(object)}) <= 1


def layered(function):
    """Describe a function of the network of L layers."""
    names = [*inspect.signature(function).parameters][:-1]
    roles = {"X": values.odd_array, "layers": odd_layers, "y": odd_y, "dL": values.odd_scalar}

    def draw(rng):
        found = {"dL": float(rng.normal())} | draw_layers(rng)
        return {name: found[name] for name in names} | {"activation": tanh}

    return Function(
        qualified(function),
        function,
        draw,
        {name: roles[name] for name in names} | {"activation": values.odd_activation},
        tuple(names),
        layers_fit,
        also={"layers": r"\blayers?\b"},
    )


def odd_y(rng, y):
    """Draw labels out of order."""
    return values.odd_labels(rng, y, 5)


# descent


def bowl(parameters, X, y):
    """Return half the sum of all squared parameters, and them as its gradient."""
    leaves = [np.asarray(leaf) for pair in parameters for leaf in pair]
    assert len(X) == len(y)
    return sum((leaf**2).sum() for leaf in leaves) / 2, [
        (W.copy(), b.copy()) for W, b in parameters
    ]


def draw_parameters(rng):
    """Draw two layers of parameters, no two of them of one shape."""
    d, h, c = (int(side) for side in rng.permutation([2, 3, 4]))
    return [
        (rng.normal(size=(d, h)), rng.normal(size=h)),
        (rng.normal(size=(h, c)), rng.normal(size=c)),
    ]


def odd_parameters(rng, parameters):
    """Draw what may stand in place of parameters, or of what is made a vector: NaN may be in it."""
    found = odd_start(rng, parameters)
    if found.label in {"NaN", "inf"}:
        return Odd(found.label, found.given, found.given)
    return found


def odd_start(rng, parameters):
    """Draw what may stand in place of parameters."""
    if rng.random() < 0.3:
        return stranger(rng)
    (W, b), second = parameters
    wrong = {
        "none": [],
        "None": [(W, None), second],
        "text": [(W, "b"), second],
        "mixed": [(W.astype(np.float32), b), second],
        "complex": [(W + 0j, b + 0j), second],
        "objects": [(W.astype(object), b.astype(object)), second],
        "NaN": [(W * np.nan, b), second],
        "inf": [(W, b + np.inf), second],
        "dict": [{"W": W, "b": b}, second],
        "bool": [(W > 0, b > 0), (second[0] > 0, second[1] > 0)],
        "datetime": [(np.datetime64("2000-01-01"), b), second],
        "masked": [(np.ma.masked_array(W), b), second],
    }
    right = {
        "tuple": ((W, b), second),
        "Fortran": [(W.copy(order="F"), b), second],
        "read-only": [(values.SAME["read-only"](W), b), second],
    }
    label = pick(rng, [*right, *wrong])
    return Odd(label, right[label], parameters) if label in right else Odd(label, wrong[label])


GRADIENTS = {  # in place of [(W, b), (V, c)]
    "swapped": lambda p: [p[0][::-1], p[1]],
    "other order": lambda p: [p[1], p[0]],
    "a row": lambda p: [(p[0][0].reshape(1, -1), p[0][1]), p[1]],
    "transposed": lambda p: [(p[0][0].T[None], p[0][1]), p[1]],
    "a column": lambda p: [(p[0][0], p[0][1][:, None]), p[1]],
    "one vector": lambda p: np.concatenate([np.ravel(A) for pair in p for A in pair]),
    "flat": lambda p: [A for pair in p for A in pair],
    "one missing": lambda p: [p[0], p[1][:1]],
    "one more": lambda p: [(*p[0], p[0][1]), p[1]],
    "None": lambda p: [(p[0][0], None), p[1]],
    "all None": lambda _: None,
    "float32": lambda p: [(p[0][0].astype(np.float32), p[0][1]), p[1]],
    "complex": lambda p: [(p[0][0] + 0j, p[0][1]), p[1]],
    "text": lambda p: [("W", p[0][1]), p[1]],
    "objects": lambda p: [(p[0][0].astype(object), p[0][1]), p[1]],
    "dict": lambda p: {"W": p[0][0], "b": p[0][1]},
    "masked": lambda p: [(np.ma.masked_array(p[0][0]), p[0][1]), p[1]],
    "ragged": lambda p: [([[1.0], [1.0, 2.0]], p[0][1]), p[1]],
}
LOSSES = {
    "a row": lambda L: np.array([L]),
    "None": lambda _: None,
    "text": str,
    "complex": complex,
    "two": lambda L: np.array([L, L]),
    "list": lambda L: [L],
    "object": lambda _: object(),
}


def odd_value_and_grad(rng, good):
    """Draw a function that returns something else than a loss and gradients like the parameters."""
    if rng.random() < 0.2:
        return values.odd_callable(rng, good)
    if rng.random() < 0.3:
        label = pick(rng, [*LOSSES])
        return Odd(f"loss: {label}", lambda p, X, y: (LOSSES[label](bowl(p, X, y)[0]), p))
    if rng.random() < 0.2:
        label, result = pick(
            rng, [("None", None), ("loss alone", 1.0), ("three", (1.0, [], [])), ("text", "ab")]
        )
        return Odd(f"returns {label}", lambda *_: result)
    label = pick(rng, [*GRADIENTS])

    def wrong(parameters, X, y):
        return bowl(parameters, X, y)[0], GRADIENTS[label](parameters)

    return Odd(f"gradients: {label}", wrong)


def odd_rows(rng, X):
    """Draw what may stand in place of examples."""
    wrong = {"one row less": lambda: X[1:], "a number": lambda: 3.0, "none": lambda: X[:0]}
    drawn_one = stranger(rng, **wrong)
    while drawn_one.label == "repr of three lines":
        drawn_one = stranger(rng, **wrong)
    return drawn_one


positive = partial(values.odd_number, wrong={"0": 0.0, "-1": -1.0, "-inf": -np.inf})
share = partial(values.odd_number, wrong={"0": 0.0, "1": 1.0, "-1": -1.0, "2": 2})
momentum = partial(values.odd_number, wrong={"1": 1.0, "-1": -1.0, "2": 2})
finite = partial(values.odd_number, wrong={"-inf": -np.inf})


def odd_batch(rng, batch):
    """Draw what may stand in place of the size of a mini-batch; None is all of them."""
    found = size(rng, batch)
    while found.given is None:
        found = size(rng, batch)
    return found


def steps_of(steps):
    """Return what descent went through."""
    return [(s.number, s.epoch, s.loss, s.parameters) for s in steps]


def scipy_view(*arguments, **options):
    """Return what the three parts of an objective give."""
    fun, x0, unflatten = descent.objective(*arguments, **options)
    return fun(x0), x0, unflatten(x0)


def labels_of(rng, n=12):
    """Draw labels of three classes, each of them at least twice."""
    return rng.permutation(np.repeat(np.arange(3), n // 3))


def odd_split(rng, y):
    """Draw what may stand in place of labels that are split."""
    wrong = {
        "one-hot": np.eye(3)[y],
        "NaN": np.where(y == 0, np.nan, y),
        "floats": y.astype(float),
        "empty": y[:0],
        "number": 3,
        "one alone": np.append(y, 9),
        "objects": y.astype(object),
        "masked": np.ma.masked_array(y),
        "timedelta": y.astype("timedelta64[s]"),
    }
    if rng.random() < 0.5:
        return stranger(rng)
    label = pick(rng, ["list", *wrong])
    return Odd(label, y.tolist(), y) if label == "list" else Odd(label, wrong[label])


def odd_signature(rng, _):
    """Draw what may stand in place of a signature."""
    wrong = {"no arrow": lambda: "(n)", "open": lambda: "(n->(n)", "number": lambda: 3}
    return stranger(rng, **wrong)


def odd_shape(rng, _):
    """Draw what may stand in place of a shape."""
    wrong = {
        "number": lambda: 3.5,
        "negative": lambda: (-1, 2),
        "zero": lambda: (2, 0),
        "floats": lambda: (2.0, 3.0),
        "none": lambda: (),
    }
    return stranger(rng, **wrong)


def odd_op(rng, _):
    """Draw what may stand in place of an op, where words and functions may name one."""
    found = stranger(rng)
    return Odd("None", None) if callable(found.given) else found


def odd_accept(rng, value):
    """Draw what may stand in place of what a gradient may be off by; None is as if not said."""
    found = values.odd_number(rng, value, {"-1": -1.0, "1": 1.0})
    return Odd("text", "1e-6") if found.given is None or found.label == "dict" else found


def odd_some(role):
    """Return a role in which None, too, is good, and so is never drawn."""

    def draw(rng, value):
        found = role(rng, value)
        while found.given is None:
            found = role(rng, value)
        return found

    return draw


def verdicts(results):
    """Return what checks of gradients found."""
    return [(result.argument, result.verdict) for result in results]


def of_descent():
    """Describe descent and its parts."""
    data = {
        "X": (Fresh(lambda rng: rng.normal(size=(6, 2))), odd_rows),
        "y": (Fresh(lambda rng: rng.normal(size=6)), odd_rows),
    }
    start = {
        "value_and_grad": (bowl, odd_value_and_grad),
        "parameters": (Fresh(draw_parameters), odd_parameters),
        **data,
    }
    theta = {
        key: (Fresh(lambda rng: rng.normal(size=3)), values.odd_array)
        for key in ("theta", "V", "gradient")
    }
    yield by_hand(
        descent.descend,
        **(start | {"parameters": (Fresh(draw_parameters), odd_start)}),
        rate=(0.1, positive),
        momentum=(0.5, momentum),
        batch=(4, odd_batch),
        epochs=(2, size),
        rng=a_seed,
        progress=(False, values.odd_flag),
        positional=4,
        end=steps_of,
        share=2.0,
    )
    yield by_hand(descent.objective, **start, call=scipy_view, share=1.0)
    yield by_hand(
        descent.step,
        **theta,
        rate=(0.1, values.odd_scalar),
        momentum=(0.5, values.odd_scalar),
        share=1.0,
        fits=lambda meant: (
            len(
                {
                    (np.shape(meant[k]), np.asarray(meant[k]).dtype)
                    for k in ("theta", "V", "gradient")
                }
            )
            == 1
        ),
    )
    yield by_hand(
        descent.batches,
        n=(9, size),
        batch=(4, odd_batch),
        rng=a_generator,
        end=lambda found: [np.arange(9)[rows] for rows in found],
    )
    yield by_hand(
        descent.flatten,
        parameters=(Fresh(draw_parameters), odd_parameters),
        end=lambda found: (found[0], found[1](found[0])),
    )
    yield by_hand(
        descent.flatten([np.eye(2), np.ones(3)])[1],
        name="descent.unflatten",
        vector=(Fresh(lambda rng: rng.normal(size=7)), values.odd_array),
        fits=lambda meant: np.shape(meant["vector"]) == (7,),
        also={"vector": r"\bvector\b"},
    )


def same(x):
    """Return x, under whatever signature."""
    return x


def of_rest():
    """Describe first weights, data, shapes and curvature."""
    for rule in (initialise.glorot, initialise.he):
        yield by_hand(
            rule,
            rng=a_generator,
            widths=((4, 3, 2), odd_widths),
            uniform=(True, values.odd_flag),
            dtype=(np.float64, values.odd_dtype),
            positional=2,
            share=1.0,
        )
    yield by_hand(
        datasets.hold_out,
        y=(Fresh(labels_of), odd_split),
        share=1.0,
        positional=1,
        rng=a_seed,
    )
    yield by_hand(
        lambda y, part, **more: datasets.hold_out(y, share=part, **more),
        name="datasets.hold_out",
        y=(Fresh(labels_of), odd_split),
        part=(0.3, share),
        rng=a_seed,
        positional=2,
        also={"part": r"\bshare\b"},
    )
    yield by_hand(datasets.digits, share=0.01)
    yield by_hand(
        curvature,
        activation=(relu, values.odd_activation),
        Z=(Fresh(lambda rng: rng.normal(size=drawn(rng, 2))), values.odd_array),
        share=1.0,
        truth=truth.curvature,
    )
    yield by_hand(
        activation_of,
        given=("tanh", values.odd_activation),
        call=activation_of,
        name="ops.activation_of",
        also={"given": r"\bactivation\b"},
    )
    yield by_hand(parse, name="shapes.parse", signature=("(n)->(n)", odd_signature))
    yield by_hand(shapes, signature=("(n)->(n)", odd_signature), end=callable)
    yield by_hand(
        shapes("(n)->(n)"),
        name="shapes.shapes",
        function=(same, values.odd_callable),
        end=callable,
    )


def of_suites():
    """Describe what a test suite is made with."""
    kind = {"end": lambda found: type(found).__mro__[-2].__name__ if found is not None else None}
    yield by_hand(
        strategies.points,
        op=(affine, odd_op),
        max_side=(3, size),
        dtype=(np.float64, values.odd_dtype),
        positional=1,
        share=0.2,
        **kind,
    )
    yield by_hand(
        strategies.logits,
        n=(2, odd_some(size)),
        c=(3, odd_some(size)),
        dtype=(np.float64, values.odd_dtype),
        positional=2,
        **kind,
    )
    yield by_hand(strategies.labels, n=(2, size), c=(3, size), **kind)
    yield by_hand(strategies.probabilities, shape=((2, 3), odd_shape), **kind)
    yield by_hand(strategies.ordinary, **kind)
    yield by_hand(strategies.on_kinks, kinks=(1.0, finite), **kind)
    yield by_hand(
        lambda kink, margin: strategies.off_kinks(kink, margin=margin),
        name="strategies.off_kinks",
        kink=(1.0, finite),
        margin=(0.1, partial(values.odd_number, wrong={"-1": -1.0, "inf": np.inf})),
        also={"kink": r"\bkinks?\b"},
        **kind,
    )
    yield by_hand(strategies.extreme, dtype=(np.float64, values.odd_dtype), **kind)
    common = {
        "op": (relu, odd_op),
        "rng": (Fresh(lambda rng: int(rng.integers(99))), values.odd_seed),
        "timeout": (30.0, positive),
        "tangent": (True, values.odd_flag),
        "accept": (1e-6, odd_accept),
    }
    few = {"positional": 1, "share": 0.02}
    yield by_hand(testing.check_gradients, **common, end=verdicts, **few)
    yield by_hand(testing.checks_of, **common, end=lambda found: [*map(repr, found)], **few)
    ops = {"ops": ([relu, tanh], odd_op)}
    yield by_hand(
        testing.parametrize_with_checks,
        **(ops | {key: common[key] for key in [*common][1:]}),
        end=callable,
        **few,
    )
    yield by_hand(
        testing.given_points,
        op=common["op"],
        rtol=(1e-6, odd_some(positive)),
        tangent=common["tangent"],
        accept=common["accept"],
        end=callable,
        **few,
    )


OPTIONS = {  # of single ops
    "leaky_relu": {"slope": (0.01, finite)},
    "elu": {"alpha": (1.0, finite)},
    "gelu": {"approximate": ("none", values.odd_choice)},
    "two_layer": {"activation": (tanh, values.odd_activation)},
}
INNER = {  # lines of formulas without an underscore: what reaches them has passed the gate
    *("elu.not_positive", "gelu.erf", "gelu.gate_and_slope", "log_softmax.pull"),
    *("softmax.exponentials", "softmax.raised", "softmax_cross_entropy.losses"),
    *("softmax_cross_entropy.slopes", "softmax_cross_entropy.losses_and_slopes"),
    *("softmax_cross_entropy.loss", "softmax_cross_entropy.slope", "softmax_cross_entropy.column"),
    *("softmax_cross_entropy.are_labels", "cross_entropy.losses", "cross_entropy.present"),
    *("network.pull", "network.pre_activations", "network.told", "signature.match"),
    *("signature.parse", "signature.spell"),  # the first of them as shapes.parse
    *("shapes.says_labels", "shapes.as_array", "testing.repeated", "descent.moved"),
}
MODULES: tuple[ModuleType, ...] = (
    *OPS,
    two_layer,
    network,
    descent,
    initialise,
    datasets,
    notation,
    signature,
    strategies,
    testing,
)


def with_shapes():
    """Describe the functions of ops and networks that say their shapes."""
    for module in (*OPS, two_layer):
        short = module.__name__.rpartition(".")[2]
        for function in vars(module).values():
            own = getattr(function, "__module__", "") == module.__name__
            if own and hasattr(function, "shapes"):
                taken = inspect.signature(function).parameters
                options = {k: v for k, v in OPTIONS.get(short, {}).items() if k in taken}
                yield by_signature(function, **options)
        yield examples(module)
    yield examples(network)
    for name in ("forward", "backward", "predict", "value_and_grad"):
        yield layered(getattr(network, name))


FUNCTIONS = (*with_shapes(), *of_descent(), *of_rest(), *of_suites())


def untried():
    """List the public functions of these modules that are neither called nor inner lines."""
    names = {
        qualified(thing)
        for module in MODULES
        for name, thing in vars(module).items()
        if inspect.isfunction(thing)
        and thing.__module__ == module.__name__
        and not re.match("_", name)
    }
    return sorted(names - {f.name for f in FUNCTIONS} - INNER)
