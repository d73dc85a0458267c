"""Dicts, lists, tuples and dataclasses of arrays, as a flat list of leaves and back."""

import copy
import dataclasses
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import numpy as np

Path: TypeAlias = tuple[Any, ...]


def leaves(tree: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield (path, leaf) in order; a path is made of keys, indices and field names."""
    if not is_structure(tree):
        yield path, tree
        return
    for key, branch in _branches(tree):
        yield from leaves(branch, (*path, key))


def rebuild(tree: Any, fresh: Iterator[Any]) -> Any:
    """Return the same structure with its leaves taken from ``fresh``, in order."""
    if not is_structure(tree):
        return next(fresh)
    children = [rebuild(branch, fresh) for _, branch in _branches(tree)]
    if isinstance(tree, dict):
        fresh_dict = copy.copy(tree)  # an OrderedDict or a defaultdict stays one
        fresh_dict.update(zip(tree, children, strict=True))
        return fresh_dict
    if dataclasses.is_dataclass(tree) and not isinstance(tree, type):
        names = (f.name for f in dataclasses.fields(tree) if f.init)
        return dataclasses.replace(tree, **dict(zip(names, children, strict=True)))
    return type(tree)(*children) if hasattr(tree, "_fields") else type(tree)(children)


def rebuilt(tree: Any, change: Callable[[Any], Any]) -> Any:
    """Return the same structure with each leaf changed."""
    return rebuild(tree, (change(leaf) for _, leaf in leaves(tree)))


def copied(leaf: Any) -> Any:
    """Return a copy of an array, in its memory order; anything else as it is."""
    return leaf.copy(order="K") if isinstance(leaf, np.ndarray) else leaf


def is_structure(tree: Any) -> bool:
    """Tell a container of leaves from a leaf."""
    if isinstance(tree, (np.ndarray, np.generic, float)):  # the usual case, at once
        return False
    return isinstance(tree, (dict, list, tuple)) or (
        dataclasses.is_dataclass(tree) and not isinstance(tree, type)
    )


def same_structure(a: Any, b: Any) -> bool:
    """Tell whether two structures have their leaves at the same paths."""
    return [path for path, _ in leaves(a)] == [path for path, _ in leaves(b)]


def spell(path: Path) -> str:
    """Write a path the way code does: ['W'][0]."""
    return "".join(f"[{key!r}]" for key in path)


def _branches(tree: Any) -> list[tuple[Any, Any]]:
    if isinstance(tree, dict):
        return list(tree.items())
    if isinstance(tree, (list, tuple)):
        return list(enumerate(tree))
    if is_structure(tree):
        return [(f.name, getattr(tree, f.name)) for f in dataclasses.fields(tree) if f.init]
    return []
