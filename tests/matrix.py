"""The tests on every Python that is supported, with the oldest NumPy and SciPy and the newest.

    python tests/matrix.py                             every cell: minutes each
    python tests/matrix.py --python 3.12 -- -k softmax     one Python, some tests

A Python that this machine does not have is named, and fails nothing. Oldest are the first versions
from the declared ones on that have a wheel for it. Each cell has an environment in build/matrix.
Tested in tests/test_matrix.py.
"""

# ruff: noqa: S603, T201  # it runs pip and pytest, and prints what came of them

import argparse
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
NUMERIC = ("numpy", "scipy")
ENDS = {"oldest": ("--resolution=lowest-direct",), "newest": ("--upgrade",)}
MISSING = "cannot be had on this machine"
VERSIONS = "import numpy, scipy; print(f'NumPy {numpy.__version__}, SciPy {scipy.__version__}')"
WHICH = "import sys; print('.'.join(map(str, sys.version_info[:2])))"


def project() -> dict[str, object]:
    """Return what pyproject.toml says of the project."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def minors() -> list[str]:
    """Return the Pythons that are supported: 3.11, 3.12, ..."""
    said = "Programming Language :: Python :: 3."
    return [line.rpartition(" ")[2] for line in project()["classifiers"] if line.startswith(said)]


def declared() -> list[str]:
    """Return what is required of NumPy and SciPy."""
    return [line for line in project()["dependencies"] if line.startswith(NUMERIC)]


def interpreters(minor: str) -> Iterator[str]:
    """Yield where an interpreter may be: on the PATH, pyenv's, uv's."""
    yield from filter(None, [shutil.which(f"python{minor}"), sys.executable])
    for home in (".pyenv/versions", ".local/share/uv/python"):
        yield from map(str, sorted((Path.home() / home).glob(f"*{minor}.*/bin/python3")))


def found(minor: str) -> str | None:
    """Return the first interpreter that runs and is of this version."""
    for python in interpreters(minor):
        ran = subprocess.run([python, "-c", WHICH], capture_output=True, text=True, check=False)
        if ran.stdout.strip() == minor:
            return python
    return None


def run(*words: object) -> bool:
    """Run a command in the root; tell whether it ended well."""
    return subprocess.run([*map(str, words)], cwd=ROOT, check=False).returncode == 0


def cell(python: str, minor: str, end: str, tests: Sequence[str]) -> tuple[str, str]:
    """Set up one environment and run the tests; return its versions, and how it ended."""
    uv = shutil.which("uv") or shutil.which("uv", path=Path(sys.executable).parent) or "uv"
    home = ROOT / "build" / "matrix" / f"{minor}-{end}"
    own = home / "bin" / "python"
    install = (uv, "pip", "install", "--quiet", "--python", own)
    wheels = [f"--only-binary={name}" for name in NUMERIC]
    ready = (
        run(uv, "venv", "--quiet", "--clear", "--python", python, home)
        and run(*install, *ENDS[end], *wheels, *declared())
        and run(*install, *wheels, "--editable", ".", "--group", "test")
    )
    if not ready:
        return "", "cannot be set up"
    versions = subprocess.run([own, "-c", VERSIONS], capture_output=True, text=True, check=False)
    passed = run(own, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests)
    return versions.stdout.strip(), "passed" if passed else "FAILED"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the cells and print what came of each; 1 where one did not pass."""
    words = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    words.add_argument("--python", action="append", choices=minors(), help="all that are supported")
    words.add_argument("--end", action="append", choices=ENDS, help="oldest and newest")
    words.add_argument("tests", nargs="*", default=["-nauto"], help="of pytest, behind --")
    asked = words.parse_args(argv)
    rows = []
    for minor in asked.python or minors():
        python = found(minor)
        if not python:
            rows.append((minor, "", "", MISSING))
            continue
        rows += [(minor, end, *cell(python, minor, end, asked.tests)) for end in asked.end or ENDS]
    print()
    for minor, end, versions, said in rows:
        print(f"Python {minor:5} {end:7} {versions:28} {said}".rstrip())
    return int(any(said not in {"passed", MISSING} for *_, said in rows))


if __name__ == "__main__":
    sys.exit(main())
