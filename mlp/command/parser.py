"""The words of the command line: each command with its options.

What a command does is read in ``mlp.cli``. Tested in tests/test_cli.py.
"""
# ruff: noqa: PLC0415, T201  # help must not wait; printing is what a command is for

import argparse
from collections.abc import Callable
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from mlp.command import options as read
from mlp.command.help import ABOUT, COMMANDS

USAGE = 3  # exit status of a command that cannot be understood or carried out
OURS = 4  # and of one that a fault of our own ended
SCHEMA = "mlp-verify/2"  # has all that 1 had; the reports in it are of schema 2
MEMORY = "limit for the process of each file, on Linux (all there is)"
SWITCHES = {
    "no-tangent": "leave it to differences alone, which doubt where the tangent of forward "
    "may know",
    "allow-inconclusive": "let what cannot be decided pass; ALLOW_INCONCLUSIVE on an op says "
    "why it may",
    "verbose": "print reports in full, with versions and the machine",
    "skip-empty": "pass over files in which there is no op",
    "prove": "prove each op as well, for all real values at small sizes (needs SymPy)",
}
PRINTED = {  # in place of the table
    "json": f"print JSON, schema {SCHEMA}",
    "github": "annotate the lines and the job in GitHub Actions",
}
FILES = {  # that a run can be written to, each by the module of its name
    "html": "write a page with pictures: where the error sits, and how the slope was found",
    "junit-xml": "write test results as GitLab, Jenkins and others read them",
    "sarif": "write findings, SARIF 2.1.0, as code scanning reads them",
}


class Parser(argparse.ArgumentParser):
    """An ``ArgumentParser`` whose usage errors have a status that no verdict has."""

    def __init__(self, **words: Any) -> None:
        form: Any = partial(argparse.RawDescriptionHelpFormatter, max_help_position=26, width=96)
        super().__init__(formatter_class=form, **words)

    def error(self, message: str) -> NoReturn:
        """Say what was wrong with the command and how to learn more."""
        self.exit(USAGE, f"{self.prog}: {message}; {self.prog} --help says more\n")

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Refuse here what is unknown: the parser of all commands would name its own help."""
        found, unknown = super().parse_known_args(args, namespace)
        if unknown:
            options = [name for action in self._actions for name in action.option_strings]
            close = get_close_matches(unknown[0].partition("=")[0], options, n=1)
            hint = f", did you mean {close[0]}?" if close else ""
            self.error(f"unrecognized arguments: {' '.join(unknown)}{hint}")
        return found, unknown

    def takes(
        self, name: str, word: str, kind: Callable[[str], Any], text: str, **more: Any
    ) -> None:
        """Add an argument, or an option that a word follows; a default is said in its help."""
        said = f"{text} ({more['default']})" if more.get("default") else text
        self.add_argument(name, metavar=word, type=kind, help=said, **more)

    def switch(self, name: str, text: str) -> None:
        """Add an option that stands alone."""
        self.add_argument(name, action="store_true", help=text)


class Version(argparse.Action):
    """Print the version, and look it up only then."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        """Print the version and stop."""
        from importlib.metadata import version

        print("mlp", version("mlp-reference"))
        parser.exit()


def parser() -> Parser:
    """Describe the commands and their options."""
    top = Parser(prog="mlp", description=ABOUT)
    top.add_argument("--version", action=Version, nargs=0, help="print the version and stop")
    commands = top.add_subparsers(title="commands", metavar="COMMAND", dest="run")
    verify, prove, train, vectors, conformance, guide, completion = (
        commands.add_parser(name, help=text, description=about, epilog=status)
        for name, (text, about, status) in COMMANDS.items()
    )
    verify.takes("targets", "TARGET", str, "an op, a file or a module", nargs="*")
    verify.takes("--seed", "N", read.whole, "of points and probes", default="0")
    verify.takes(
        *("--shapes", "'(3,4),(4,2),(2)'", read.signature),
        "draw points of these shapes for ops without an example",
    )
    verify.takes(
        *("--wrt", "0,b", read.positions),
        "positions or names of the arguments that backward answers for",
    )
    verify.takes(
        *("--accept", "1e-6", read.accepted),
        "what gradients may be off by design; by argument, W=1e-6,b=1e-4",
    )
    verify.takes(
        *("--along", "S=symmetric", read.along),
        "matrices that stay symmetric, lower or upper triangular; others: ALONG on an op",
    )
    verify.takes(
        *("--timeout", "SECONDS", read.positive),
        "limit for loading a target (300 at least if it imports torch, jax or tensorflow), and for "
        "each point",
        default=f"{read.TIMEOUT:g}",
    )
    verify.takes("--memory", "GB", read.positive, MEMORY)
    verify.takes(
        *("--workers", "N", read.count, "processes that share the ops; what they find is the same"),
        default="1",
    )
    for name, text in SWITCHES.items():
        verify.switch(f"--{name}", text)
    printed = verify.add_mutually_exclusive_group()
    for name, text in PRINTED.items():
        printed.add_argument(f"--{name}", action="store_true", help=text)
    for name, text in FILES.items():
        verify.takes(f"--{name}", "FILE", Path, text)

    prove.takes("targets", "TARGET", str, "a page, a file or a module", nargs="+")
    prove.takes(
        *("--size", "n=2", read.size, "the length of an axis; may be repeated"),
        action="append",
        default=[],
    )
    prove.takes(
        *("--shapes", "'(n,d),(d)'", read.signature),
        "the shapes of the arguments of ops that do not say them",
    )
    prove.takes(
        *("--timeout", "SECONDS", read.positive),
        "limit for loading a target, and for each equation or op",
        default="600",
    )
    prove.takes("--memory", "GB", read.positive, MEMORY)
    prove.takes("--html", "DIR", Path, "write the pages with their proofs")
    prove.takes(
        *("--guide", "FILE", Path),
        "beside --html: a page that lists others, to follow them as they are, unproved",
    )
    prove.switch("--json", "print JSON, schema mlp-prove/1")

    for name, word, kind, default, text in (
        ("seed", "N", read.whole, "0", "of split, weights and order"),
        (
            *("seeds", "N", read.count, "1"),
            "how often to learn afresh, with seeds that follow each other",
        ),
        ("epochs", "N", read.count, "30", "how often to see every image"),
        ("width", "N", read.count, "64", "number of hidden units"),
        ("rate", "RATE", read.positive, "0.1", "learning rate"),
        ("activation", "OP", read.activation, "relu", "an activation of mlp.ops"),
    ):
        train.takes(f"--{name}", word, kind, text, default=default)
    train.takes("--plot", "FILE", Path, "save a picture of the first run")
    train.takes("--save", "FILE", Path, "keep the weights after every epoch, as .npz")
    train.switch("--resume", "go on with the run in the file of --save, to the same weights")

    vectors.takes("--out", "DIR", Path, "directory to write them to", required=True)

    conformance.takes("answers", "FILE", Path, "answers, .json or .npz")
    conformance.takes("--limit", "ULPS", read.positive, "the same for all ops, in place of ours")
    conformance.switch("--json", "print JSON")

    guide.takes("page", "PAGE", str, "its name, as the list has it", nargs="?")
    guide.takes("--html", "FILE", Path, "write the page as HTML that stands by itself")

    shells = ("bash", "zsh", "fish", "tcsh")
    completion.takes("shell", "SHELL", str, "bash, zsh, fish or tcsh", choices=shells)
    return top
