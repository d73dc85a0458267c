"""python tests/distributed/larger.py [GB] [FOLDER]

Descent on data that is larger than the memory allowed: so many GB of float32 (3) are written to
FOLDER, learned from in a process that may allocate 1 GB, then on a cluster of two processes, and
in memory, where there must be as much. Says how far the parameters are apart; 1 if too far.
"""

# ruff: noqa: T201  # what it finds is what it prints

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from mlp import network
from mlp.descent import descend
from mlp.initialise import glorot

D, WIDTHS, ROWS, LIMIT, CLOSE = 256, (256, 16, 10), 25_000, 10**9, 1e-4
RATE = {"rate": 0.1, "momentum": 0.9, "epochs": 3}


def loss(layers, X, y):
    return network.value_and_grad(X, layers, y)


def write(folder, gigabytes):
    """Write files of a chunk each: rows of noise around the centre of their class."""
    for k in range(round(gigabytes * 1e9 / (4 * D * ROWS))):
        rng = np.random.default_rng(k)
        y = rng.integers(10, size=ROWS)
        X = rng.standard_normal((ROWS, D), np.float32)
        X[np.arange(ROWS), y] += 3
        np.save(folder / f"X{k:04}.npy", X)
        np.save(folder / f"y{k:04}.npy", y)


def chunked(folder, name):
    """Return a Dask array that loads one file at a time."""
    from dask import delayed
    from dask.array import concatenate, from_delayed

    files = sorted(folder.glob(f"{name}*.npy"))
    first = np.load(files[0], mmap_mode="r")
    parts = (from_delayed(delayed(np.load)(file), first.shape, first.dtype) for file in files)
    return concatenate([*parts])


def learned(X, y):
    """Return the parameters after a few steps on everything, and say what they cost."""
    since, start = time.perf_counter(), glorot(np.random.default_rng(0), WIDTHS, dtype=np.float32)
    *_, last = descend(loss, start, X, y, **RATE)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    seconds = time.perf_counter() - since
    print(f"loss {last.loss:.6f}  {seconds:.1f} s  peak of this process {peak:.2f} GB", flush=True)
    return np.concatenate([a.ravel() for pair in last.parameters for a in pair])


def within(folder):
    """Learn in no more memory than is allowed."""
    resource.setrlimit(resource.RLIMIT_DATA, (LIMIT, LIMIT))
    np.save(folder / "limited.npy", learned(chunked(folder, "X"), chunked(folder, "y")))


def main(gigabytes, folder):
    from distributed import Client, LocalCluster

    write(folder, gigabytes)
    found = {}
    print("in 1 GB:     ", end="", flush=True)
    subprocess.run([sys.executable, __file__, "within", folder], check=True)  # noqa: S603  # ours
    found["in 1 GB"] = np.load(folder / "limited.npy")
    print("two workers: ", end="", flush=True)
    with (
        LocalCluster(
            n_workers=2, threads_per_worker=1, memory_limit=LIMIT, dashboard_address=None
        ) as cluster,
        Client(cluster),
    ):
        found["two workers"] = learned(chunked(folder, "X"), chunked(folder, "y"))
    print("in memory:   ", end="", flush=True)
    wanted = learned(*(np.asarray(chunked(folder, name)) for name in "Xy"))
    status = 0
    for name, theta in found.items():
        off = np.abs(theta - wanted).max() / np.abs(wanted).max()
        print(f"{name}: largest difference {off:.1e} of the largest parameter")
        status |= off > CLOSE
    return int(status)


if __name__ == "__main__":
    if sys.argv[1:2] == ["within"]:
        within(Path(sys.argv[2]))
    else:
        size = float(sys.argv[1]) if len(sys.argv) > 1 else 3.0
        with tempfile.TemporaryDirectory(dir=sys.argv[2] if len(sys.argv) > 2 else None) as place:
            sys.exit(main(size, Path(place)))
