"""The table: each op in each library, forward / backward, the maximum over the sample in ULPs."""

import re

from exactness import trials
from exactness.goals import OF_TERMS, goal, reached
from exactness.libraries import OURS

NAMES = {
    "gelu": "gelu (erf)",
    "gelu_tanh": "gelu (tanh)",
    "cross_entropy": "cross_entropy, labels",
    "softmax_cross_entropy": "softmax_cross_entropy, labels",
}


def measure(libraries, dtype, *, share=1.0, seed=0, only=()):
    """Return {(library, op, direction): Error}, the worst over the sample."""
    found = {}
    for trial in trials.everything(dtype, share=share, seed=seed, only=only):
        for name, library in libraries.items():
            if trial.op in library:
                key = name, trial.op, trial.direction
                found[key] = found.get(key, trials.Error()) | trials.off(library, trial)
    return found


def rows(found, libraries, dtype):
    """Yield the rows of the table as cells, the head first."""
    yield ["op", "goal", *libraries]
    for op in OURS:
        if any((name, op, 0) in found for name in libraries):
            goals = " / ".join(
                f"{goal(op, d, dtype)}{' t' if (op, d) in OF_TERMS else ''}" for d in (0, 1)
            )
            yield [NAMES.get(op, op), goals, *(cell(found, name, op) for name in libraries)]


def cell(found, library, op):
    """Return forward / backward of one op in one library."""
    if (library, op, 0) not in found:
        return "–"
    return " / ".join(str(found[library, op, d]) for d in (0, 1))


def put(path, head, table):
    """Put a table into a page, in place of the first one after the line that begins with head."""
    before, line, after = re.split(
        rf"(?m)^({re.escape(head)}.*\n)", path.read_text("utf-8"), maxsplit=1
    )
    fresh = re.sub(r"(?m)^(\|.*\n)+", lambda _: markdown(table) + "\n", after, count=1)
    path.write_text(before + line + fresh, encoding="utf-8")


def markdown(table):
    """Return rows of cells as a Markdown table, its columns aligned for reading as it is."""
    table = [*table]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = [
        "| " + " | ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) + " |"
        for row in table
    ]
    lines.insert(1, "|" + "|".join("-" * (w + 2) for w in widths) + "|")
    return "\n".join(lines)


def missed(found, dtype):
    """Return a line for each goal that ours misses, with the worst call."""
    return [
        f"{op} {('forward', 'backward')[direction]}: {error.normal:g} ULP, "
        f"{error.subnormal:g} subnormal, {error.lost} lost; the goal is "
        f"{goal(op, direction, dtype)}: {error.where}"
        for (name, op, direction), error in found.items()
        if name == "ours" and not reached(error, op, direction, dtype)
    ]
