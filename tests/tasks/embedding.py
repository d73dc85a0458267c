"""Token and position embeddings; tokens occur more than once."""

import numpy as np

TOKENS = np.array([[1, 0, 1], [3, 1, 0]])


def embedding(table, places):
    return table[TOKENS] + places[: TOKENS.shape[1]]


def embedding_backward(d, table, places):
    dtable = np.zeros_like(table)
    np.add.at(dtable, TOKENS, d)
    dplaces = np.zeros_like(places)
    dplaces[: TOKENS.shape[1]] = d.sum(axis=0)
    return dtable, dplaces


def embedding_example(rng, d=2):
    return rng.normal(size=(5, d)), rng.normal(size=(4, d))


def embedding_wrong(table, places):
    return embedding(table, places)


def embedding_wrong_backward(d, table, places):
    """+= counts a token once, however often it occurs."""
    dtable = np.zeros_like(table)
    dtable[TOKENS] += d
    dplaces = np.zeros_like(places)
    dplaces[: TOKENS.shape[1]] = d.sum(axis=0)
    return dtable, dplaces


embedding_wrong_example = embedding_example
