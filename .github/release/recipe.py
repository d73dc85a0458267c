"""A conda recipe by grayskull, mended:  python .github/release/recipe.py SDIST FOLDER.

It takes the name of the distribution for that of the import, and does not know
the licence of the digits; both are put in. Tested in tests/test_release.py.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

MENDED = {  # a line of grayskull's, and what stands for it
    r"    - mlp_reference": "    - mlp",
    r"  license: .*": "  license: BSD-3-Clause AND CC-BY-4.0",
}


def mended(recipe: str) -> str:
    """Return a recipe with what grayskull cannot know; ``ValueError`` where it has changed."""
    for line, right in MENDED.items():
        recipe, count = re.subn(f"^{line}$", right, recipe, flags=re.MULTILINE)
        if count != 1:
            raise ValueError(f"grayskull's recipe has {count} lines {line!r}, not one")
    return recipe


def generated(sdist: Path) -> str:
    """Return what grayskull writes."""
    program = Path(sys.executable).with_name("grayskull")
    options = ["--no-use-v1-format", "--strict-conda-forge", "--output"]
    with tempfile.TemporaryDirectory() as folder:
        command = [program, "pypi", str(sdist.resolve()), *options, folder]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603  # the sdist is ours
        (recipe,) = Path(folder).rglob("meta.yaml")
        return recipe.read_text(encoding="utf-8")


def main(sdist: str, folder: str) -> None:
    """Write meta.yaml into a folder."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    Path(folder, "meta.yaml").write_text(mended(generated(Path(sdist))), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
