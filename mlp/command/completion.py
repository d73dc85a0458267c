"""Completion for bash, zsh and fish, made from the parser of the command line itself.

What stands for a word decides what is offered for it: a TARGET is an op or a file, an OP an
activation, a FILE or anything else that must be there a file.
Tested in tests/command/test_completion.py.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass

PROGRAMS = ("mlp", "mlp-reference")


@dataclass(frozen=True)
class Word:
    """What may stand in one place of a command: the words known, and whether a file may."""

    known: tuple[str, ...]
    file: bool
    label: str


@dataclass(frozen=True)
class Option:
    """An option, what it does, and the word that follows it, if one does."""

    flags: tuple[str, ...]
    text: str
    word: Word | None


@dataclass(frozen=True)
class Command:
    """A command with its options, and what its other words are."""

    name: str
    text: str
    options: tuple[Option, ...]
    word: Word | None


def script(parser: argparse.ArgumentParser, shell: str) -> str:
    """Return the script that a shell has to read."""
    commands = [*_commands(parser)]
    return {"bash": _bash, "zsh": _zsh, "fish": _fish}[shell](commands)


def _commands(parser: argparse.ArgumentParser) -> Iterator[Command]:
    """Read the commands from the parser, whose own attributes are the only place that has them."""
    (group,) = (a for a in parser._actions if isinstance(a, argparse._SubParsersAction))  # noqa: SLF001  # as argcomplete does
    texts = {choice.dest: choice.help or "" for choice in group._choices_actions}  # noqa: SLF001  # as above
    for name, command in group.choices.items():
        actions = command._actions  # noqa: SLF001  # as above
        options = tuple(
            Option(tuple(a.option_strings), a.help or "", None if a.nargs == 0 else _word(a))
            for a in actions
            if a.option_strings
        )
        others = [_word(action) for action in actions if not action.option_strings]
        yield Command(name, texts.get(name, ""), options, others[0] if others else None)


def _word(action: argparse.Action) -> Word:
    from mlp.runner.shipped import ACTIVATIONS, NAMES  # noqa: PLC0415  # help must not wait for NumPy

    label = str(action.metavar or action.dest).strip("'")
    if action.choices:
        return Word(tuple(map(str, action.choices)), file=False, label=label)
    known = {"TARGET": NAMES, "OP": ACTIVATIONS}.get(label, ())
    return Word(
        known, file=label != "OP" and (not action.option_strings or label == "FILE"), label=label
    )


def _bash(commands: list[Command]) -> str:
    after = "".join(
        f'        "{c.name} {flag}") {_compgen(o.word)}return ;;\n'
        for c in commands
        for o in c.options
        for flag in o.flags
        if o.word
    )
    options = "".join(
        f'        {c.name}) _mlp_words "{" ".join(f for o in c.options for f in o.flags)}" ;;\n'
        for c in commands
    )
    words = "".join(f"        {c.name}) {_compgen(c.word)};;\n" for c in commands)
    return f"""\
# bash completion for mlp
_mlp_words() {{ COMPREPLY+=($(compgen -W "$1" -- "$current")); }}
_mlp_files() {{
    local IFS=$'\\n'
    COMPREPLY+=($(compgen -f -- "$current"))
}}
_mlp() {{
    local current=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD - 1]}}
    COMPREPLY=()
    if [ "$COMP_CWORD" -eq 1 ]; then
        _mlp_words "{" ".join(c.name for c in commands)} --help --version"
        return
    fi
    case "${{COMP_WORDS[1]}} $before" in
{after}    esac
    case "$current" in
    -*)
        case "${{COMP_WORDS[1]}}" in
{options}        esac ;;
    *)
        case "${{COMP_WORDS[1]}}" in
{words}        esac ;;
    esac
}}
complete -o filenames -F _mlp {" ".join(PROGRAMS)}
"""


def _compgen(word: Word | None) -> str:
    if word is None:
        return ""
    known = f'_mlp_words "{" ".join(word.known)}"; ' if word.known else ""
    return known + ("_mlp_files; " if word.file else "")


def _zsh(commands: list[Command]) -> str:
    described = " ".join(_quoted(f"{c.name}:{c.text}") for c in commands)
    cases = []
    for c in commands:
        specs = [
            _quoted(f"{flag}[{_plain(o.text)}]{_action(o.word)}")
            for o in c.options
            for flag in o.flags
        ]
        if c.word:
            specs.append(_quoted(f"*{_action(c.word)}"))
        cases.append(f"        {c.name}) _arguments {' '.join(specs)} ;;\n")
    return f"""\
#compdef {" ".join(PROGRAMS)}
# zsh completion for mlp
_mlp() {{
    local -a commands=({described})
    if (( CURRENT == 2 )); then
        _describe command commands
        return
    fi
    shift words
    (( CURRENT-- ))
    case $words[1] in
{"".join(cases)}    esac
}}
if [ "$funcstack[1]" = _mlp ]; then _mlp "$@"; else compdef _mlp {" ".join(PROGRAMS)}; fi
"""


def _action(word: Word | None) -> str:
    """Return what _arguments is to offer for a word."""
    if word is None:
        return ""
    if word.known and word.file:
        return f":{word.label}:{{_alternative 'op:op:({' '.join(word.known)})' 'file:file:_files'}}"
    offered = f"({' '.join(word.known)})" if word.known else "_files" if word.file else " "
    return f":{_plain(word.label)}:{offered}"


def _plain(text: str) -> str:
    return "".join(f"\\{c}" if c in "[]:\\" else c for c in text)


def _fish(commands: list[Command]) -> str:
    lines = ["# fish completion for mlp"]
    for program in PROGRAMS:
        start = f"complete -c {program}"
        for c in commands:
            lines.append(f"{start} -n __fish_use_subcommand -f -a {c.name} -d {_quoted(c.text)}")
            here = f"{start} -n '__fish_seen_subcommand_from {c.name}'"
            for o in c.options:
                flags = " ".join(
                    f"-{'l' if f.startswith('--') else 's'} {f.lstrip('-')}" for f in o.flags
                )
                lines.append(f"{here} {flags}{_follows(o.word)} -d {_quoted(o.text)}")
            files = "-F" if c.word and c.word.file else "-f"
            known = f" -a {_quoted(' '.join(c.word.known))}" if c.word and c.word.known else ""
            lines.append(f"{here} {files}{known}")
    return "\n".join(lines) + "\n"


def _follows(word: Word | None) -> str:
    if word is None:
        return ""
    known = f" -a {_quoted(' '.join(word.known))}" if word.known else ""
    return (" -r -F" if word.file else " -x") + known


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
