"""README and guide as tests: their blocks run in order, and print what they show.

    ```python     runs; where its first line is `# my_layers.py`, it becomes that file
    ```console    `$ mlp ...` and `$ pytest ...` run, `$ echo $?` shows the exit status of mlp
    ```text       what the block before it prints, with the exception that ends it
    ```py         Python for a framework, run where what its page imports is installed; tests/peers
                  insists that it is

A block whose first line is `# needs: a C compiler` runs where there is one; what needs something
that is missing is skipped with its output, and `skipped` names it.
`python tests/pages.py README.md` puts the present output into a page, and the README's blocks and
ops into its translations. Seconds and the digits of error bars are not compared: they are the
machine's.
"""
# ruff: noqa: T201  # what is printed is what is compared

import contextlib
import io
import os
import re
import shlex
import shutil
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

import inner

from mlp.cli import main
from mlp.proof.page import fences, running

ROOT = Path(__file__).parents[1]
GETTING = re.compile(  # how a newcomer gets all this, shown and not run
    r"git clone https://github\.com/OWNER/mlp|cd mlp|\. \.venv/bin/activate"
)
OPS = re.compile(r"(?:^\| `.*\n)+", re.MULTILINE)  # the rows of the table of ops
QUIETLY = "-pno:randomly -Wignore::pytest.PytestAssertRewriteWarning"  # mlp is imported already
VARYING = re.compile(
    r" *[\d.e-]+ ?s\b|\b\d(\.\d)?e-\d\d\b"
)  # seconds; error bars, by the processor


LANGUAGES = {"python", "py", "console", "text"}


class PageError(AssertionError):
    """A page does not do what it says; the message begins with file:line."""


def blocks(text):
    """Return the blocks of a page that run or are compared."""
    return [block for block in fences.blocks(text) if block.language in LANGUAGES]


def missing(block, text):
    """Return what a block of a page needs and this machine has not, in words."""
    said = re.match(r"# needs: (.*)\n", block.text)
    lacking = [need for need in said[1].split(", ") if not NEEDS[need]()] if said else []
    if block.language == "py":
        above = [b.text for b in blocks(text) if b.language == "py" and b.line <= block.line]
        imported = re.findall(r"^(?:import|from) (\w+)", "".join(above), re.MULTILINE)
        lacking = [name for name in dict.fromkeys(imported) if not find_spec(name)] + lacking
    return ", ".join(lacking)


def skipped(path):
    """Return the blocks of a page that do not run here, each with what it needs."""
    text = path.read_text(encoding="utf-8")
    needy = [(block, missing(block, text)) for block in blocks(text)]
    return [f"{path.name}:{block.line} needs {needs}" for block, needs in needy if needs]


def has_gpu():
    """Tell whether torch sees a CUDA device, or Triton does without."""
    if os.environ.get("TRITON_INTERPRET") == "1" or not find_spec("torch"):
        return bool(find_spec("torch"))
    import torch  # nothing else here wants it

    return torch.cuda.is_available()


NEEDS = {"a C compiler": lambda: shutil.which("cc"), "a CUDA device or TRITON_INTERPRET=1": has_gpu}


def outputs(path):
    """Run a page in an empty directory; yield each block that shows output, and the real output."""
    text = path.read_text(encoding="utf-8")
    namespace, printed, before, passed_over = {"__name__": path.stem}, "", None, False
    with tempfile.TemporaryDirectory() as empty, contextlib.chdir(empty):
        for block in [*blocks(text), None]:
            if block is not None and block.language == "text":
                if before is not None and not passed_over:  # nothing ran that could print it
                    yield block, printed
                printed = ""
                continue
            if printed:
                place = f"{path.name}:{before.line}"
                raise PageError(f"{place}: prints what the page does not show:\n{printed}")
            if block is None:
                return
            before, passed_over = block, bool(missing(block, text))
            if passed_over:
                continue
            if block.language == "console":
                yield block, session(block.text)
            elif name := re.match(r"# (\w+\.py)\n", block.text):
                Path(name[1]).write_text(block.text, encoding="utf-8")
            else:
                printed = running.run(block, path, namespace)


def session(text):
    """Run the commands of a console block; return them with what they really print."""
    shown, status = [], None
    for command in re.findall(r"^\$ (.*)$", text, re.MULTILINE):
        program, *argv = shlex.split(command)
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            if program == "mlp":
                status = main(argv)
            elif program == "pytest":
                print(tested(argv), end="")
            elif command == "echo $?":
                print(status)
            elif GETTING.fullmatch(command):
                pass
            elif program == "make":
                targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
                if argv[0] not in targets:
                    print(f"make: no target {argv[0]}")
            else:
                raise PageError(f"do not know how to run {command!r}")
        shown.append(f"$ {command}\n{printed.getvalue()}")
    return "".join(shown)


def tested(argv):
    """Run pytest as on a terminal of 100 columns, away from CI; return what it prints."""
    _, printed = inner.run(*argv, COLUMNS="100", PYTEST_ADDOPTS=QUIETLY)
    return printed


def compared(text):
    """Return a text as it is compared: without seconds."""
    return VARYING.sub(" … s", text)


def check(path):
    """Raise PageError where a page prints something else than it shows."""
    for block, printed in outputs(path):
        if compared(block.text) != compared(printed):
            raise PageError(f"{path.name}:{block.line}: shows\n{block.text}\nbut prints\n{printed}")


def write(path):
    """Put the present output of every block into the page."""
    text = path.read_text(encoding="utf-8")
    for block, printed in reversed([*outputs(path)]):
        start, end = block.span
        text = text[:start] + printed + text[end:]
    path.write_text(text, encoding="utf-8")


def carry_over(page, translation):
    """Put the blocks of a page in place of those of its translation, which are the same."""
    text, fresh = (path.read_text(encoding="utf-8") for path in (translation, page))
    for old, new in reversed([*zip(blocks(text), blocks(fresh), strict=True)]):
        start, end = old.span
        text = text[:start] + new.text + text[end:]
    rows = OPS.search(fresh)
    if rows:  # whose links lead from another folder
        text = OPS.sub(lambda _: rows[0].replace("](", "](../"), text)
    translation.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    os.environ["NO_COLOR"] = "1"
    for name in sys.argv[1:]:
        write(Path(name).resolve())
    for translation in (ROOT / ".github").glob("README.*.md"):
        carry_over(ROOT / "README.md", translation)
