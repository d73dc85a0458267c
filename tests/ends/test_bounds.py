"""Whatever answers hold, measuring them ends soon."""

import io
import json
import time
import zipfile

import numpy as np
import pytest

pytestmark = pytest.mark.long


def bomb(place):
    """Write two gigabytes of zeros in two megabytes."""
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "<f8", "fortran_order": False, "shape": (250_000_000,)}
    )
    with (
        zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("gelu/round numbers/float64/forward.npy", "w", force_zip64=True) as file,
    ):
        file.write(header.getvalue())
        for _ in range(200):
            file.write(bytes(10_000_000))


def many_unknown(place):
    """Write 200,000 cases that nobody asked for."""
    cases = [{"op": "gelu", "case": f"c{i}", "dtype": "float64"} for i in range(200_000)]
    place.write_text(json.dumps({"cases": cases}))


def many_arrays(place):
    """Write 100,000 arrays that nobody asked for."""
    entry = io.BytesIO()
    np.save(entry, np.zeros(1))
    with zipfile.ZipFile(place, "w") as archive:
        for i in range(100_000):
            archive.writestr(f"gelu/c{i}/float64/forward.npy", entry.getvalue())


@pytest.mark.parametrize(
    ("write", "name", "said"),
    [
        (bomb, "bomb.npz", "at most"),
        (many_unknown, "many.json", "none of our cases"),
        (many_arrays, "many.npz", "none of our cases"),
    ],
)
def test_answers_that_are_too_many_are_refused_soon(write, name, said, tmp_path, shell):
    write(tmp_path / name)
    start = time.monotonic()
    ended = shell(f"mlp conformance {name}")
    assert (ended.status, ended.out) == (3, ""), ended
    assert said in ended.err
    assert ended.err.count("\n") == 1
    assert time.monotonic() - start < 10


def test_what_is_no_file_is_not_waited_for(shell):
    ended = shell("mkfifo pipe; mlp conformance pipe", seconds=20)
    assert ended.status == 3
    assert "no regular file" in ended.err
    ended = shell("mlp conformance /dev/zero", seconds=20)
    assert ended.status == 3


def test_a_file_of_any_size_is_read_up_to_a_limit(shell):
    ended = shell("truncate -s 5G large.json; mlp conformance large.json", seconds=20)
    assert ended.status == 3, ended
    assert "at most" in ended.err
