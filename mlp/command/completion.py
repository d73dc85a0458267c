"""Completion of words in a shell, by shtab, which reads the parser of the command line itself.

What stands for a word decides what is offered for it: a TARGET is an op or a file, an OP an
activation, a FILE or a DIR what its name says. It needs shtab: pip install
'mlp-reference[completion]'. Tested in tests/command/test_completion.py.
"""

import argparse
from typing import Any

import shtab

from mlp.ops import ACTIVATIONS
from mlp.runner.shipped import NAMES

PROGRAMS = ("mlp", "mlp-reference")


def script(parser: argparse.ArgumentParser, shell: str) -> str:
    """Return what a shell has to read, for each name under which the command is installed."""
    offered = {"FILE": shtab.FILE, "DIR": shtab.DIRECTORY, "TARGET": ops_or_files(" ".join(NAMES))}
    commands: Any = next(a.choices for a in parser._actions if a.choices)  # noqa: SLF001  # as shtab does
    for command in commands.values():
        command.description = None  # of which a shell would show the first line, for the help
        for action in command._actions:  # noqa: SLF001  # as above
            if action.metavar == "OP":
                action.choices = tuple(ACTIVATIONS)
            elif action.metavar in offered:
                action.complete = offered[action.metavar]
    text = ""
    for parser.prog in PROGRAMS:
        text += shtab.complete(parser, shell) + "\n"
    return text.replace('"(*):', '"*:')  # in zsh, or it completes the first TARGET alone


def ops_or_files(ops: str) -> dict[str, Any]:
    """Offer what no shell has by a name: one of these words, or a file."""
    return {
        "bash": "_mlp_ops_or_files",
        "zsh": f"{{_alternative 'op:op:({ops})' 'file:file:_files'}}",
        "fish": f"{ops} (__fish_complete_path (commandline -ct))",
        "tcsh": f"`echo {ops}; ls`",
        "preamble": {
            "bash": f'_mlp_ops_or_files() {{ compgen -W "{ops}" -- "$1"; compgen -f -- "$1"; }}'
        },
    }
