"""The six steps of CONTRIBUTING.md, taken as they stand there in a copy of the repository."""

import os
import re
import shutil
import subprocess
import sys

import inner
import pytest
from pages import ROOT

PAGE = ROOT / ".github" / "CONTRIBUTING.md"
COPIED = ("mlp", "tests", "derivations", "README.md", "Makefile", "pyproject.toml")
LAW = "legend or op_shows or all_there_is or contents_page or public_name or table or signatures"
SKIPPED = {  # what the house says where a step is left out
    1: "derivations/03-activations.md does not name it",
    2: "cannot import name 'softsign'",
    3: "no tests/test_softsign.py",
    4: "test_ops_are_all_there_is_in_their_room",
    5: "test_the_table_in_the_readme_is_the_ops_in_their_order",
}


def steps():
    """Return the blocks of each step, (language, text), by its number."""
    page = PAGE.read_text(encoding="utf-8")
    found = re.findall(r"^### (\d)\. .*?\n(.*?)(?=^### |\Z)", page, re.MULTILINE | re.DOTALL)
    fence = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
    return {int(number): fence.findall(text) for number, text in found}


def take(blocks, folder, *, back=False):
    """Write the files that a step shows, and change those that it changes; or take that back."""
    for language, text in blocks:
        if language == "python":
            path = folder / re.match(r"# (\S+)\n", text)[1]
            path.unlink() if back else path.write_text(text.partition("\n")[2], encoding="utf-8")
        if language == "diff":
            for path, change in re.findall(
                r"^\+\+\+ (\S+)\n((?:[ @+-].*\n)+?(?=\+\+\+ |\Z))", text, re.MULTILINE
            ):
                for hunk in change.split("@@\n"):
                    edit(folder / path, hunk, back=back)


def edit(path, hunk, *, back=False):
    """Change the one place of a file that has the lines of a hunk, or change it back."""
    before, after = (
        "".join(f"{line[1:]}\n" for line in hunk.splitlines() if line[0] in signs)
        for signs in ((" +", " -") if back else (" -", " +"))
    )
    text = path.read_text(encoding="utf-8")
    assert f"\n{text}".count(f"\n{before}") == 1, f"{path.name} has not once:\n{before}"
    path.write_text(f"\n{text}".replace(f"\n{before}", f"\n{after}")[1:], encoding="utf-8")


@pytest.fixture(scope="module")
def extended(tmp_path_factory):
    """Copy the repository, but for what was made from it, and take all six steps."""
    folder = tmp_path_factory.mktemp("extended")
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(
                ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__")
            )
        else:
            shutil.copy(ROOT / name, folder / name)
    for blocks in steps().values():
        take(blocks, folder)
    return folder


@pytest.fixture
def obey(extended, monkeypatch):
    """Return what asks the copy's house, and more of its tests, about the op."""
    monkeypatch.chdir(extended)
    ours = [ROOT / name for name in COPIED]

    def asked(*more):
        words = ("-qx", "-k", f"softsign or ({LAW})", "tests/test_house.py", *more)
        return inner.run(*words, anew=ours)

    return asked


def run(folder, *words):
    """Run a module of Python in a copy; return the exit status and what it prints."""
    done = subprocess.run(  # noqa: S603  # our own interpreter and words
        [sys.executable, "-m", *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_an_op_that_takes_all_six_steps_is_accepted(extended, obey):
    status, said = obey("tests/test_softsign.py", "tests/test_elementwise.py")
    assert status == 0, said
    assert re.search(r"^\d+ passed", said, re.MULTILINE), said
    assert len(steps()) == 6
    look, *makes = steps()[6][0][1].splitlines()
    assert makes == ["$ make lint", "$ make test"]
    status, said = run(extended, *look.split()[1:])
    assert status == 0, said
    assert re.search(r"^softsign +float32 ×3 +Z +correct ", said, re.MULTILINE)


@pytest.mark.parametrize("skipped", SKIPPED)
def test_a_step_left_out_is_noticed(skipped, extended, obey):
    take(steps()[skipped], extended, back=True)
    try:
        status, said = obey()
    finally:
        take(steps()[skipped], extended)
    assert status != 0
    assert SKIPPED[skipped] in said


def test_what_the_page_shows_is_formatted_and_right_in_style(extended):
    files = ("mlp/ops/softsign.py", "tests/test_softsign.py")
    for words in (("format", "--check"), ("check", "--no-cache")):
        status, said = run(extended, "ruff", *words, *files)
        assert status == 0, said


def test_a_hunk_that_fits_nowhere_or_twice_is_refused(tmp_path):
    path = tmp_path / "x.py"
    path.write_text("a\nb\na\n", encoding="utf-8")
    for hunk in (" a\n+c\n", " z\n+c\n"):
        with pytest.raises(AssertionError, match=r"x\.py has not once"):
            edit(path, hunk)
    edit(path, " b\n-a\n+c\n")
    assert path.read_text(encoding="utf-8") == "a\nb\nc\n"
    edit(path, " b\n-a\n+c\n", back=True)
    assert path.read_text(encoding="utf-8") == "a\nb\na\n"
