"""Structures are flattened to leaves and built again, the same."""

import dataclasses
from collections import OrderedDict, defaultdict
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlp.tree import (
    copied,
    flat,
    is_structure,
    leaves,
    rebuild,
    rebuilt,
    replaced,
    same_structure,
    spell,
)


class Pair(NamedTuple):
    first: object
    second: object


@dataclasses.dataclass(frozen=True)
class Layer:
    W: object
    b: object


@dataclasses.dataclass(frozen=True)
class Drawn:
    """Makes its fields itself, as a module of Equinox does."""

    W: object
    b: object

    def __init__(self, size):
        object.__setattr__(self, "W", np.ones((size, size)))
        object.__setattr__(self, "b", np.ones(size))


def with_default(entries):
    return defaultdict(float, entries)


numbers = st.floats(allow_nan=False) | st.integers() | st.none()
trees = st.recursive(
    numbers,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(max_size=3) | st.integers(), inner, max_size=3)
        | st.dictionaries(st.text(max_size=3), inner, max_size=3).map(OrderedDict)
        | st.dictionaries(st.text(max_size=3), inner, max_size=3).map(with_default)
        | st.builds(Layer, inner, inner)
        | st.builds(Pair, inner, inner)
    ),
    max_leaves=12,
)


@given(trees)
def test_leaves_rebuild_the_structure_that_they_came_from(tree):
    again = rebuild(tree, (leaf for _, leaf in leaves(tree)))
    assert again == tree
    assert type(again) is type(tree)


@given(trees)
def test_a_path_leads_to_its_leaf(tree):
    for path, leaf in leaves(tree):
        branch = tree
        for key in path:
            branch = getattr(branch, key) if isinstance(branch, Layer) else branch[key]
        assert branch is leaf


@given(trees)
def test_changing_leaves_keeps_the_structure(tree):
    assert same_structure(tree, rebuilt(tree, lambda _: 0))


@pytest.mark.parametrize(
    "other", [{"a": 1}, {"a": 1, "c": 2}, {"a": 1, "b": [2]}, [1, 2], {"a": 1, "b": 2, "c": 3}]
)
def test_another_structure_is_another(other):
    assert same_structure({"a": 1, "b": 2}, {"a": 3, "b": 4})
    assert not same_structure({"a": 1, "b": 2}, other)


def test_arrays_numbers_text_and_classes_are_leaves():
    for leaf in (np.ones(2), np.float64(1), 1.0, 1, "text", None, Layer):
        assert not is_structure(leaf)
    for tree in ({}, [], (), Layer(1, 2), Pair(1, 2)):
        assert is_structure(tree)


def test_leaves_stand_alone_and_other_containers_may_be_leaves():
    tree = [Layer(1, {"a": 2}), (3, {"b": 4})]
    assert flat(tree) == [1, 2, 3, 4]
    assert flat(tree, (list, tuple)) == [Layer(1, {"a": 2}), 3, {"b": 4}]
    assert flat(5) == [5]


def test_a_leaf_is_replaced_where_its_path_leads():
    tree = {"a": [1, 2], "b": Pair(3, 4)}
    assert replaced(tree, {("a", 1): 5, ("b", 0): None}) == {"a": [1, 5], "b": Pair(None, 4)}
    assert replaced(3, {(): 4}) == 4


def test_a_path_is_written_as_code_is():
    assert [spell(path) for path, _ in leaves({"W": [1, 2], 3: 4})] == [
        "['W'][0]",
        "['W'][1]",
        "[3]",
    ]


@pytest.mark.parametrize("order", ["C", "F"])
def test_a_copy_shares_no_memory_and_keeps_its_memory_order(order):
    a = np.arange(6.0).reshape(2, 3).copy(order=order)
    own = copied(a)
    assert not np.shares_memory(a, own)
    assert own.strides == a.strides
    assert (own == a).all()
    text = "as it is"
    assert copied(text) is text


def test_a_dataclass_that_makes_its_fields_itself_is_built_again():
    layer = Drawn(3)
    twice = rebuilt(layer, lambda leaf: 2 * leaf)
    assert type(twice) is Drawn
    assert [leaf.sum() for leaf in flat(twice)] == [18, 6]
    assert [leaf.sum() for leaf in flat(layer)] == [9, 3]
