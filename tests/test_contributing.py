"""The six steps of CONTRIBUTING.md, taken as they stand there in a copy of the repository."""

import os
import re
import shutil
import subprocess
import sys

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


def take(blocks, folder):
    """Write the files that a step shows, and change those that it changes."""
    for language, text in blocks:
        if language == "python":
            path = re.match(r"# (\S+)\n", text)[1]
            (folder / path).write_text(text.partition("\n")[2], encoding="utf-8")
        if language == "diff":
            for path, change in re.findall(
                r"^\+\+\+ (\S+)\n((?:[ @+-].*\n)+?(?=\+\+\+ |\Z))", text, re.MULTILINE
            ):
                for hunk in change.split("@@\n"):
                    edit(folder / path, hunk)


def edit(path, hunk):
    """Change the one place of a file that has the lines of a hunk."""
    before = "".join(f"{line[1:]}\n" for line in hunk.splitlines() if line[0] in " -")
    after = "".join(f"{line[1:]}\n" for line in hunk.splitlines() if line[0] in " +")
    text = path.read_text(encoding="utf-8")
    assert f"\n{text}".count(f"\n{before}") == 1, f"{path.name} has not once:\n{before}"
    path.write_text(f"\n{text}".replace(f"\n{before}", f"\n{after}")[1:], encoding="utf-8")


def copy(folder):
    """Copy the repository, but for what was made from it."""
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(
                ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__")
            )
        else:
            shutil.copy(ROOT / name, folder / name)


def run(folder, *words):
    """Run a module of Python in a copy; return the exit status and what it prints."""
    done = subprocess.run(  # noqa: S603  # our own interpreter and words
        [sys.executable, "-m", *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def obey(folder, *more):
    """Ask the house, and more tests, about the op."""
    words = ("-q", "-x", "-p", "no:cacheprovider", "-k", f"softsign or ({LAW})")
    return run(folder, "pytest", *words, "tests/test_house.py", *more)


def test_an_op_that_takes_all_six_steps_is_accepted(tmp_path):
    copy(tmp_path)
    for blocks in steps().values():
        take(blocks, tmp_path)
    status, said = obey(tmp_path, "tests/test_softsign.py", "tests/test_elementwise.py")
    assert status == 0, said
    assert len(steps()) == 6
    look, *makes = steps()[6][0][1].splitlines()
    assert makes == ["$ make lint", "$ make test"]
    status, said = run(tmp_path, *look.split()[1:])
    assert status == 0, said
    assert re.search(r"^softsign +float32 ×3 +Z +correct ", said, re.MULTILINE)


@pytest.mark.parametrize("skipped", SKIPPED)
def test_a_step_left_out_is_noticed(skipped, tmp_path):
    copy(tmp_path)
    for number, blocks in steps().items():
        if number != skipped:
            take(blocks, tmp_path)
    status, said = obey(tmp_path)
    assert status != 0
    assert SKIPPED[skipped] in said


def test_what_the_page_shows_is_formatted_and_right_in_style(tmp_path):
    copy(tmp_path)
    for number in (2, 3):
        take(steps()[number], tmp_path)
    files = ("mlp/ops/softsign.py", "tests/test_softsign.py")
    for words in (("format", "--check"), ("check", "--no-cache")):
        status, said = run(tmp_path, "ruff", *words, *files)
        assert status == 0, said


def test_a_hunk_that_fits_nowhere_or_twice_is_refused(tmp_path):
    path = tmp_path / "x.py"
    path.write_text("a\nb\na\n", encoding="utf-8")
    for hunk in (" a\n+c\n", " z\n+c\n"):
        with pytest.raises(AssertionError, match=r"x\.py has not once"):
            edit(path, hunk)
    edit(path, " b\n-a\n+c\n")
    assert path.read_text(encoding="utf-8") == "a\nb\nc\n"
