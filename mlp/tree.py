"""Dicts, lists, tuples and dataclasses of arrays, as a flat list of leaves and back.

Tested in tests/test_tree.py.
"""

import copy
import dataclasses
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeAlias

import numpy as np

Keys: TypeAlias = tuple[Any, ...]  # the path to a leaf: keys, indices and field names
Kinds: TypeAlias = type | tuple[type, ...]

MOST_LEVELS = 100  # of containers in each other: code that nests more has lost its way


class TooDeep(ValueError):  # noqa: N818  # it reads as what it is
    """A structure is nested deeper than anybody means, such as one that holds itself."""

    def __init__(self) -> None:
        super().__init__(f"must have at most {MOST_LEVELS} levels, but has more, or holds itself")


def leaves(tree: Any, path: Keys = (), kinds: Kinds = object) -> Iterator[tuple[Keys, Any]]:
    """Yield (path, leaf) in order; a path is made of keys, indices and field names.

    Containers of other kinds, where some are given, are leaves. Raises ``TooDeep``.
    """
    if len(path) > MOST_LEVELS:
        raise TooDeep
    if not (is_structure(tree) and isinstance(tree, kinds)):
        yield path, tree
        return
    for key, branch in _branches(tree):
        yield from leaves(branch, (*path, key), kinds)


def flat(tree: Any, kinds: Kinds = object) -> list[Any]:
    """Return the leaves alone, in order."""
    if not is_structure(tree):  # the usual case, at once
        return [tree]
    return [leaf for _, leaf in leaves(tree, (), kinds)]


def rebuild(tree: Any, fresh: Iterator[Any]) -> Any:
    """Return the same structure with its leaves taken from ``fresh``, in order."""
    if not is_structure(tree):
        return next(fresh)
    children = [rebuild(branch, fresh) for _, branch in _branches(tree)]
    if isinstance(tree, dict):
        fresh_dict = copy.copy(tree)  # an OrderedDict or a defaultdict stays one
        fresh_dict.update(zip(tree, children, strict=True))
        return fresh_dict
    if isinstance(tree, (list, tuple)):
        return type(tree)(*children) if hasattr(tree, "_fields") else type(tree)(children)
    fields = dict(zip((name for name, _ in _branches(tree)), children, strict=True))
    if "__init__" in vars(type(tree)) and not _takes(tree, fields):
        return _with(tree, fields)
    return dataclasses.replace(tree, **fields)


def _takes(tree: Any, fields: dict[str, Any]) -> bool:
    """Tell whether the class of a dataclass is called with its fields, as it was generated."""
    try:
        inspect.signature(type(tree)).bind(**fields)
    except TypeError:
        return False
    return True


def _with(tree: Any, fields: dict[str, Any]) -> Any:
    """Return a copy of a dataclass that makes its fields itself, as a module of Equinox does."""
    fresh = copy.copy(tree)
    for name, value in fields.items():
        object.__setattr__(fresh, name, value)  # it may be frozen
    return fresh


def rebuilt(tree: Any, change: Callable[[Any], Any]) -> Any:
    """Return the same structure with each leaf changed."""
    if not is_structure(tree):  # the usual case, at once
        return change(tree)
    return rebuild(tree, map(change, flat(tree)))


def replaced(tree: Any, fresh: Mapping[Keys, Any]) -> Any:
    """Return the same structure with other leaves at these paths."""
    if not is_structure(tree):  # the usual case, at once
        return fresh.get((), tree)
    return rebuild(tree, (fresh.get(path, leaf) for path, leaf in leaves(tree)))


def copied(leaf: Any) -> Any:
    """Return a copy of an array, in its memory order; anything else as it is."""
    return leaf.copy(order="K") if isinstance(leaf, np.ndarray) else leaf


def locked(leaf: Any) -> Any:
    """Return a copy of an array that nobody can write into; anything else as it is."""
    own = copied(leaf)
    if isinstance(own, np.ndarray):
        own.flags.writeable = False
    return own


def is_structure(tree: Any) -> bool:
    """Tell a container of leaves from a leaf."""
    if isinstance(tree, (np.ndarray, np.generic, float)):  # the usual case, at once
        return False
    if isinstance(tree, (dict, list, tuple)):
        return not hasattr(tree, "nnz")  # a sparse matrix by its keys is a dict, too
    return dataclasses.is_dataclass(tree) and not isinstance(tree, type)


def same_structure(a: Any, b: Any) -> bool:
    """Tell whether two structures have their leaves at the same paths."""
    try:
        return [path for path, _ in leaves(a)] == [path for path, _ in leaves(b)]
    except TooDeep:
        return False


def spell(path: Keys) -> str:
    """Write a path the way code does: ['W'][0]."""
    return "".join(f"[{key!r}]" for key in path)


def _branches(tree: Any) -> Iterable[tuple[Any, Any]]:
    if isinstance(tree, dict):
        return tree.items()
    if isinstance(tree, (list, tuple)):
        return enumerate(tree)
    return ((f.name, getattr(tree, f.name)) for f in dataclasses.fields(tree) if f.init)
