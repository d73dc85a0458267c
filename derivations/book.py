"""README, guide and derivations as a static site:  python derivations/book.py build/book.

The derivations are proved on the way, and it ends with the exit status of `mlp prove`; with
--unproved they are only drawn. Tested in tests/test_website.py.
"""

import sys
from pathlib import Path

from website import Volume, write_site

from mlp.command import guide
from mlp.command.proving import status
from mlp.proof.page.ledger import LedgerLine, Page

HERE = Path(__file__).parent
ROOT = HERE.parent
CONTENTS = HERE / "guide" / "contents.md"
DERIVATIONS = sorted(HERE.glob("[0-9]*.md"))


def volumes() -> list[Volume]:
    """Return the parts of the book; the guide's pages come in the order of its contents."""
    start = [ROOT / "README.md", *sorted(ROOT.glob(".github/README.*.md"))]  # in other languages
    project = [*sorted(ROOT.glob(".github/[A-Z]*[A-Z].md")), ROOT / "CHANGELOG.md"]
    return [
        Volume("Start", start),
        Volume("Guide", guide.pages(CONTENTS)),
        Volume("Derivations", DERIVATIONS, proved=True),
        Volume("Project", project),
    ]


def main(folder: str, *options: str) -> int:
    """Prove what there is to prove, write the site and say where it is."""
    lines: list[LedgerLine] = []
    if "--unproved" not in options:
        for path in DERIVATIONS:
            lines += Page.read(path).prove()
            print(path.name, flush=True)  # noqa: T201  # a command
    first, *_ = write_site(volumes(), Path(folder), lines)
    print(f"{first.with_name('index.html')}: {len(lines)} equations")  # noqa: T201
    for line in lines:
        if line.message:
            print(line)  # noqa: T201
    return status(lines) if lines else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
