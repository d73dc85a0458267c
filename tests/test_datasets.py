"""The digits that travel with the package, and the split that holds some of them out."""

import hashlib
from collections import Counter
from importlib.resources import files

import numpy as np
import pytest

from mlp.datasets import digits, hold_out


def test_the_digits_are_1797_images_in_the_unit_interval():
    X, y = digits()
    assert X.shape == (1797, 64)
    assert X.dtype == np.float64
    assert (X.min(), X.max()) == (0, 1)
    assert y.shape == (1797,)
    assert y.dtype == np.int64


def test_the_digits_are_those_that_the_source_published():
    X, y = digits()
    assert np.bincount(y).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    table = np.column_stack([X * 16, y]).astype(np.uint8)
    assert hashlib.sha256(table.tobytes()).hexdigest() == (
        "68aea062d35a127749050fa0e52dca09d6569ac08092c925610e0954e172dde2"
    )


def test_the_first_image_is_a_nought():
    X, y = digits()
    drawing = ["".join(" #"[ink] for ink in row) for row in (X[0].reshape(8, 8) > 0.4).astype(int)]
    assert y[0] == 0
    assert drawing == [
        "   ##   ",
        "  ####  ",
        "  #  ## ",
        "  #  ## ",
        "  #  ## ",
        "  #  ## ",
        "  # ##  ",
        "   ##   ",
    ]


def test_everybody_gets_arrays_of_their_own():
    X, y = digits()
    X[:] = 7
    y[:] = 7
    again = digits()
    assert again[0].max() == 1
    assert set(again[1].tolist()) == set(range(10))


def test_the_licence_names_the_authors_the_source_and_the_terms():
    licence = files("mlp").joinpath("data/LICENSE-digits.txt").read_text(encoding="utf-8")
    for word in ("Alpaydin", "Kaynak", "10.24432/C50P49", "CC BY 4.0", "scikit-learn", "Changes"):
        assert word in licence


def test_a_split_holds_every_example_once():
    _, y = digits()
    train, held_out = hold_out(y, 0.2, rng=3)
    assert sorted([*train, *held_out]) == list(range(1797))


def test_a_split_keeps_the_proportion_of_every_class():
    _, y = digits()
    _, held_out = hold_out(y, 0.2, rng=3)
    everywhere, there = Counter(y.tolist()), Counter(y[held_out].tolist())
    assert there == {label: round(0.2 * count) for label, count in everywhere.items()}


def test_a_seed_fixes_the_split_and_another_seed_changes_it():
    _, y = digits()
    first, same, other = (hold_out(y, rng=seed)[1].tolist() for seed in (1, 1, 2))
    assert first == same
    assert first != other
    assert hold_out(y, rng=np.random.default_rng(1))[1].tolist() == first


@pytest.mark.parametrize("share", [0.01, 0.99])
def test_a_small_class_stays_on_both_sides(share):
    y = np.array([0, 1, 0, 1, 0])
    train, held_out = hold_out(y, share)
    assert set(y[train].tolist()) == set(y[held_out].tolist()) == {0, 1}


@pytest.mark.parametrize("share", [0, 1, -0.2, float("nan")])
def test_a_share_outside_the_unit_interval_is_refused(share):
    with pytest.raises(ValueError, match="hold_out: share must lie between 0 and 1, but is"):
        hold_out(np.array([0, 0]), share)


def test_a_class_of_one_example_cannot_be_split():
    with pytest.raises(ValueError, match="hold_out: class 5 has one example"):
        hold_out(np.array([0, 5, 0]))


def test_one_hot_labels_are_not_taken_apart():
    with pytest.raises(ValueError, match=r"^hold_out: y must be \(n\) integer labels, but its sh"):
        hold_out(np.eye(3)[[0, 1, 2, 0, 1, 2]])


def test_labels_that_are_nan_are_not_dropped():
    with pytest.raises(TypeError, match=r"^hold_out: y must be integer class labels, but its dty"):
        hold_out(np.array([0, 0, np.nan, np.nan]))
