"""A file is whole or not there."""

import os
import stat
from pathlib import Path

import pytest

from mlp.files import try_place, write_whole


def refuses(path):
    """Write the half of it, and fail."""
    path.write_text("half")
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("old", [None, "old"])
def test_where_writing_fails_all_is_as_it_was(old, tmp_path):
    path = tmp_path / "report.html"
    if old:
        path.write_text(old)
    with pytest.raises(OSError, match="No space"):
        write_whole(path, refuses)
    assert [p.read_text() for p in tmp_path.iterdir()] == ([old] if old else [])


@pytest.mark.parametrize(
    ("content", "written"),
    [("é\n", "é\n"), (b"b", "b"), (lambda p: p.write_text("c"), "c"), ("\udce9", r"\udce9")],
)
def test_text_bytes_and_what_a_function_writes_arrive(content, written, tmp_path):
    write_whole(tmp_path / "a.npz", content)
    assert (tmp_path / "a.npz").read_text(encoding="utf-8") == written
    assert len([*tmp_path.iterdir()]) == 1


def test_the_suffix_stays_for_who_goes_by_it(tmp_path):
    seen = []
    write_whole(tmp_path / "a.png", lambda path: seen.append(path.suffix))
    assert seen == [".png"]


@pytest.mark.skipif(os.name != "posix", reason="permissions and links of Unix")
def test_permissions_and_links_stay(tmp_path):
    path, link = tmp_path / "kept", tmp_path / "link"
    path.write_text("old")
    path.chmod(0o640)
    link.symlink_to(path)
    write_whole(link, "new")
    assert (path.read_text(), stat.S_IMODE(path.stat().st_mode)) == ("new", 0o640)
    assert link.is_symlink()
    write_whole(tmp_path / "fresh", "new")
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE((tmp_path / "fresh").stat().st_mode) == 0o666 & ~mask


@pytest.mark.skipif(os.name != "posix", reason="devices of Unix")
def test_what_is_no_regular_file_is_written_as_it_is():
    write_whole(Path(os.devnull), "text")


def test_a_place_is_tried_and_left_as_it_was(tmp_path):
    (tmp_path / "there").write_text("old")
    for name in ("there", "new"):
        try_place(tmp_path / name)
    try_place(Path(os.devnull))
    assert [p.read_text() for p in tmp_path.iterdir()] == ["old"]
    with pytest.raises(OSError, match="nowhere"):
        try_place(tmp_path / "nowhere" / "new")
