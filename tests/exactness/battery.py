"""The battery of `mlp.conformance`: hard inputs of every op, and the answers, correctly rounded.

`python tests/exactness/battery.py` writes it into the package, where it needs no mpmath any more.
Every case is small and has a name that says what is hard about it. Backward is left out where an
argument is a kink, since conventions differ there; cotangents are powers of two, whose product with
a slope does not round, or numbers that a vjp has to mix.
"""

import gzip
import json
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
if __name__ == "__main__":
    sys.path[0] = str(ROOT / "tests")  # a file that is run puts its own directory there

import numpy as np  # noqa: E402  # needs the line above
from oracle import exact, mp  # noqa: E402  # likewise

from exactness.functions import TRUTH  # noqa: E402  # likewise
from exactness.rows import Row  # noqa: E402  # likewise

PLACE = ROOT / "mlp" / "data" / "vectors.json.gz"
SCHEMA = "mlp-vectors/1"
DTYPES = ("float64", "float32")
ELEMENTWISE = {  # the name of each op here: in the oracle
    **{name: name for name in TRUTH if name != "gelu_tanh"},
    "gelu:tanh": "gelu_tanh",
}
OPTIONS = {
    "leaky_relu": {"slope": 0.01},
    "elu": {"alpha": 1.0},
    "gelu": {"approximate": "none"},
    "gelu:tanh": {"approximate": "tanh"},
}
KINKED = ("relu", "leaky_relu")


def nearest(x, dtype):
    """Return the number of a dtype that is nearest to x, the even one of two, as a float."""
    if np.ndim(x):
        return [nearest(part, dtype) for part in x]
    x, form = mp.mpf(x), np.finfo(dtype)
    top = mp.frexp(x)[1]  # |x| is below 2^top
    last = max(top - form.nmant - 1, form.minexp - form.nmant)
    return float(mp.ldexp(mp.nint(mp.ldexp(x, -last)), last))


def upwards(size, dtype):
    """Return the total of the terms of a difference; its last digits do not matter."""
    return None if size is None else np.asarray(size, float).astype(dtype).astype(float).tolist()


def case(op, name, dtype, arguments, cotangent, truth, size=(None, None)):
    """Put a case together; truth holds forward and backward, the latter by argument or None."""
    forward, backward = truth
    found = {
        "op": op,
        "case": name,
        "dtype": dtype,
        "options": OPTIONS.get(op, {}),
        "arguments": {key: np.asarray(a).tolist() for key, a in arguments.items()},
        "cotangent": np.asarray(cotangent).tolist(),
        "forward": nearest(forward, dtype),
    }
    if backward is not None:
        found["backward"] = {key: nearest(a, dtype) for key, a in backward.items()}
    if size[0] is not None:
        found["forward_terms"] = upwards(size[0], dtype)
    if size[1] is not None:
        found["backward_terms"] = {key: upwards(a, dtype) for key, a in size[1].items()}
    return found


# ------------------------------------------------------------------ elementwise ops


def numbers(rng, dtype):
    """Return the cases of one number at a time: name -> Z, both signs."""
    form = np.finfo(dtype)
    roots = np.array([0.7517915246935645, 0.7524614220710163, 1.2784645427610737])
    wide = dtype == "float64"
    flush = (36.5, 354, 373, 700, 709, 720, 745) if wide else (12.5, 43, 52, 86, 88, 95, 103)
    found = {
        "ordinary": rng.uniform(0.1, 6, size=24),
        "near zero": 10.0 ** rng.uniform(-16, -1, size=16),
        "round numbers": np.array([1, 2, 5, 10, 13, 20, 37]),
        "the slope's root": np.concatenate([roots, roots * (1 + form.eps), roots * 1.001]),
        "saturation": rng.uniform(9, 40, size=24),
        "results near underflow": (np.array(flush) * (1 + 1e-3 * rng.random((3, 7)))).ravel(),
        "ten thousand and beyond": np.array([1e4, 9876.5, 1e30, form.max]),
        "subnormal arguments": float(form.smallest_subnormal) * np.array([1, 2, 1234567, 2**20]),
    }
    signed = {name: np.concatenate([z, -z]).astype(dtype) for name, z in found.items()}
    return {**signed, "one number": np.array([[0.7]], dtype), "zero": np.zeros((1, 2), dtype)}


def elementwise(op, dtype, rng):
    """Yield the cases of an elementwise op."""
    f, slope = TRUTH[ELEMENTWISE[op]]
    for name, Z in numbers(rng, dtype).items():
        powers = 2.0 ** rng.integers(-2, 3, size=Z.shape) * rng.choice([-1, 1], size=Z.shape)
        dA = powers.astype(dtype) if name == "ordinary" else np.ones_like(Z)
        z = exact(Z.ravel())
        forward = np.reshape([mp.mpf(f(x)) for x in z], Z.shape)
        backward = np.reshape(
            [d * slope(x) for d, x in zip(exact(dA.ravel()), z, strict=True)], Z.shape
        )
        smooth = op not in KINKED or name != "zero"
        yield case(op, name, dtype, {"Z": Z}, dA, (forward, {"Z": backward} if smooth else None))


# ------------------------------------------------------------------ ops on rows of logits


def logits(rng, dtype):
    """Return the cases of rows of logits: name -> Z."""
    n, c = 3, 4
    gaps = (20, 37, 709, 745) if dtype == "float64" else (10, 17, 88, 103)
    deep = (710, 745) if dtype == "float64" else (88, 103)
    normal = rng.normal
    found = {
        "ordinary": 2 * normal(size=(n, c)),
        "confident": normal(size=(n, c)) + 9 * np.eye(c)[:n],
        "ties": rng.integers(-1, 2, size=(n, c)) * np.array([[1], [10], [300]]),
        "all equal": np.repeat(normal(size=(n, 1)), c, axis=1),
        "shifted by ten thousand": np.array([[1e4], [-1e4], [9876.5]]) + normal(size=(n, c)),
        "spread over thousands": rng.uniform(-2000, 2000, size=(n, c)),
        "saturation": np.array([[0, -gap, -gap - 1.5, -0.7 * gap] for gap in gaps]),
        "one far above": normal(size=(n, c)) + rng.uniform(20, 80, size=(n, 1)) * np.eye(c)[1:],
        "probabilities near underflow": np.where(
            np.arange(c) == 2, 0, -rng.uniform(*deep, size=(n, c))
        ),
        "subnormal logits": float(np.finfo(dtype).smallest_subnormal)
        * rng.integers(-(2**20), 2**20, size=(n, c)),
        "one class": normal(size=(n, 1)),
        "one row": normal(size=(1, 5)),
        "one row, sure by 10": np.array(
            [[-0.3, 10, 0.2]]
        ),  # of the right class: no mean to hide in
        "one row, sure by 40": np.array([[40.1, 0.1, -0.7]]),
        "a hundred classes": 3 * normal(size=(1, 100)),
    }
    return {name: Z.astype(dtype) for name, Z in found.items()}


def on_rows(dtype, rng):
    """Yield the cases of softmax, log_softmax and the two forms of softmax_cross_entropy."""
    for name, Z in logits(rng, dtype).items():
        rows, (n, c) = [Row(z) for z in Z], Z.shape
        G = rng.normal(size=Z.shape).astype(dtype)
        for op in ("softmax", "log_softmax"):
            forward = [getattr(r, op)()[0] for r in rows]
            pairs = [getattr(r, f"{op}_backward")(g) for r, g in zip(rows, G, strict=True)]
            backward, size = zip(*pairs, strict=True)
            terms = None, {"Z": floats(size)}
            yield case(op, name, dtype, {"Z": Z}, G, (forward, {"Z": backward}), terms)
        y = np.where(rng.random(n) < 0.5, Z.argmax(axis=1), rng.integers(c, size=n))
        y = Z.argmax(axis=1) if "sure" in name else y
        Y = rng.dirichlet(np.ones(c), size=n).astype(dtype)
        dL = 0.5 if name == "ordinary" else 1.0
        for form, key, t in (("", "y", y), (":soft", "Y", Y)):
            losses, total = zip(*(r.loss(k) for r, k in zip(rows, t, strict=True)), strict=True)
            slopes, size = zip(
                *(r.loss_backward(k) for r, k in zip(rows, t, strict=True)), strict=True
            )
            backward = [[dL * x / n for x in row] for row in slopes]
            terms = (
                (None, None)
                if key == "y"
                else (float(mp.fsum(total) / n), {"Z": dL * np.array(floats(size)) / n})
            )
            truth = mp.fsum(losses) / n, {"Z": backward}
            arguments = {"Z": Z, key: t}
            yield case(f"softmax_cross_entropy{form}", name, dtype, arguments, dL, truth, terms)


def floats(A):
    return [floats(a) for a in A] if isinstance(A, (list, tuple, np.ndarray)) else float(A)


def on_probabilities(dtype, rng):
    """Yield the cases of cross_entropy in both forms."""
    certain = 1 - 10.0 ** rng.uniform(-15 if dtype == "float64" else -6, -1, size=(3, 1))
    small = float(np.finfo(dtype).tiny)
    found = {
        "ordinary": rng.dirichlet(np.ones(4), size=3),
        "nearly certain": np.hstack([certain, np.repeat((1 - certain) / 3, 3, axis=1)]),
        "nearly ruled out": np.array([[1 - small, small * 8], [1e-3, 1e-30]]),
        "one class": np.ones((3, 1)),
        "one row": rng.dirichlet(np.ones(5), size=1),
        "a hundred classes": rng.dirichlet(np.ones(100), size=1),
    }
    for name, P in ((key, P.astype(dtype)) for key, P in found.items()):
        n, c = P.shape
        y, Y = rng.integers(c, size=n), rng.dirichlet(np.ones(c), size=n).astype(dtype)
        dL = 0.5 if name == "ordinary" else 1.0
        for form, key, t in (("", "y", y), (":soft", "Y", Y)):
            weights = exact(np.eye(c)[y] if key == "y" else Y)
            pairs = [[*zip(w, p, strict=True)] for w, p in zip(weights, exact(P), strict=True)]
            terms = [-w * mp.log(p) if w else mp.mpf(0) for row in pairs for w, p in row]
            backward = [[-dL * w / (n * p) if w else mp.mpf(0) for w, p in row] for row in pairs]
            size = None if key == "y" else float(mp.fsum(map(abs, terms)) / n)
            truth = mp.fsum(terms) / n, {"P": backward}
            arguments = {"P": P, key: t}
            yield case(f"cross_entropy{form}", name, dtype, arguments, dL, truth, (size, None))


# ------------------------------------------------------------------ squared error, affine


def squares(dtype, rng):
    """Yield the cases of squared_error."""
    far = 1e150 if dtype == "float64" else 1e15
    Y = rng.normal(size=(3, 4))
    found = {
        "ordinary": (rng.normal(size=(3, 4)), Y),
        "nearly right": (Y * (1 + 1e-6 * rng.normal(size=(3, 4))), Y),
        "right": (Y, Y),
        "ten thousand": (1e4 + rng.normal(size=(3, 4)), 1e4 + Y),
        "large": (far * rng.normal(size=(3, 4)), far * Y),
        "one row": (rng.normal(size=(1, 4)), Y[:1]),
        "one column": (rng.normal(size=(3, 1)), Y[:, :1]),
    }
    for name, pair in found.items():
        O, T = (A.astype(dtype) for A in pair)
        D = [[a - b for a, b in zip(*row, strict=True)] for row in zip(exact(O), exact(T))]  # noqa: B905  # one shape
        dL = 0.5 if name == "ordinary" else 1.0
        L = mp.fsum(d * d for row in D for d in row) / O.size
        backward = [[2 * dL * d / O.size for d in row] for row in D]
        yield case("squared_error", name, dtype, {"O": O, "Y": T}, dL, (L, {"O": backward}))


def product(A, B):
    """Return A B exactly, and the same of the absolute values."""
    columns = [*zip(*B, strict=True)]
    rows = [[[a * b for a, b in zip(row, col, strict=True)] for col in columns] for row in A]
    return (
        [[mp.fsum(terms) for terms in row] for row in rows],
        [[float(mp.fsum(map(abs, terms))) for terms in row] for row in rows],
    )


def affine(dtype, rng):
    """Yield the cases of affine: at most eight terms in a sum."""
    n, d, m = 3, 4, 2
    far = 10.0 ** rng.integers(*((-60, 60) if dtype == "float64" else (-6, 6)), size=(n, d))

    def normal(*shape):
        return rng.normal(size=shape)

    X, W = normal(n, d), normal(d, m)
    found = {
        "ordinary": (X, W, normal(m)),
        "terms that cancel": (
            np.hstack([X[:, :3], X[:, :3]]),
            np.vstack([W[:3], -W[:3] * (1 + 1e-6)]),
            1e-6 * normal(m),
        ),
        "scales far apart": (X * far, W, normal(m)),
        "one row": (normal(1, d), W, normal(m)),
        "one input, one output": (normal(n, 1), normal(1, 1), normal(1)),
    }
    for name, point in found.items():
        X, W, b = (A.astype(dtype) for A in point)
        dO = rng.normal(size=(len(X), len(b))).astype(dtype)
        one = [[mp.mpf(1)] for _ in X]
        x, w, o = exact(X), exact(W), exact(dO)
        results = [
            product([[*row, mp.mpf(1)] for row in x], [*w, exact(b)]),
            product(o, transposed(w)),
            product(transposed(x), o),
            product(transposed(one), o),
        ]
        (O, *gradients), (size, *sizes) = zip(*results, strict=True)
        (gradients[2],), (sizes[2],) = gradients[2], sizes[2]
        truth, terms = ({key: g[i] for i, key in enumerate("XWb")} for g in (gradients, sizes))
        arguments = {"X": X, "W": W, "b": b}
        yield case("affine", name, dtype, arguments, dO, (O, truth), (size, terms))


def transposed(A):
    return [list(column) for column in zip(*A, strict=True)]


# ------------------------------------------------------------------ the whole


def battery(ops=(), dtypes=DTYPES):
    """Yield every case, or those of some ops; each op has a seed of its own."""
    families = {
        **{(op,): lambda dtype, rng, op=op: elementwise(op, dtype, rng) for op in ELEMENTWISE},
        ("softmax", "log_softmax", "softmax_cross_entropy", "softmax_cross_entropy:soft"): on_rows,
        ("cross_entropy", "cross_entropy:soft"): on_probabilities,
        ("squared_error",): squares,
        ("affine",): affine,
    }
    for number, (names, cases) in enumerate(families.items()):
        if not ops or {*ops} & {*names}:
            for dtype in dtypes:
                rng = np.random.default_rng([number, len(dtype), int(dtype[-2:])])
                yield from (c for c in cases(dtype, rng) if not ops or c["op"] in ops)


def main():
    """Write the battery into the package."""
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in battery())
    text = f'{{"schema":"{SCHEMA}","cases":[\n{lines}\n]}}\n'
    PLACE.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    print(f"{text.count(chr(10)) - 2} cases, {PLACE.stat().st_size:,} bytes in {PLACE}")  # noqa: T201  # the answer


if __name__ == "__main__":
    main()
