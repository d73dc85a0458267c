"""The ops by what they are, read from ``OPS``: a new one is in every list that it belongs to."""

from mlp.ops import OPS

BY_NAME = {op.__name__.rpartition(".")[2]: op for op in OPS}
LOSSES = {name: op for name, op in BY_NAME.items() if hasattr(op, "WRT")}
ROWS = {name: op for name, op in BY_NAME.items() if op.forward.shapes == "(n,c)->(n,c)"}
ELEMENTWISE = {name: op for name, op in BY_NAME.items() if op.forward.shapes == "(...)->(...)"}
# beside rounded constants, splits and tables stands the textbook line; what has none is pure
GATED = {name: op for name, op in ELEMENTWISE.items() if hasattr(op, "definition")}
PURE = {name: op for name, op in ELEMENTWISE.items() if name not in GATED}
