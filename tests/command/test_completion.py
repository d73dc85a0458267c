"""Completion, asked of the shells themselves where they are installed."""

import os
import select
import shutil
import subprocess
import time

import pytest

from mlp.cli import main, parser
from mlp.command.completion import script

FILES = ("my layers.py", "page.html")
ASKED = [  # the line so far, what must be offered, what must not
    ("mlp ver", {"verify"}, {"train"}),
    ("mlp verify re", {"relu"}, {"affine", "right.txt"}),
    ("mlp verify my", {"my layers.py"}, {"relu"}),
    ("mlp verify --js", {"--json"}, {"--seed"}),
    ("mlp verify --html pa", {"page.html"}, {"relu"}),
    ("mlp verify --seed re", set(), {"relu"}),
    ("mlp train --activation ta", {"tanh"}, {"affine"}),
    ("mlp train --pl", {"--plot"}, {"--json"}),
    ("mlp completion z", {"zsh"}, {"bash"}),
]


def shell(name):
    """Skip a test where this shell is not installed."""
    path = shutil.which(name)
    return pytest.mark.skipif(path is None, reason=f"needs {name}")


def ask(program, folder, *words):
    """Run a shell in a folder with some files, and return what it prints."""
    for name in FILES:
        (folder / name).touch()
    done = subprocess.run(  # noqa: S603  # a shell, and our own words
        [shutil.which(program), *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        stdin=subprocess.DEVNULL,
    )
    assert done.stderr == ""
    return done.stdout


@shell("bash")
@pytest.mark.parametrize(("line", "offered", "not_offered"), ASKED)
def test_bash_completes(line, offered, not_offered, tmp_path):
    words = " ".join(f"'{word}'" for word in line.split())
    code = script(parser(), "bash") + (
        f"COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); _mlp; "
        'printf "%s\\n" "${COMPREPLY[@]}"'
    )
    found = {*ask("bash", tmp_path, "--norc", "-c", code).splitlines()}
    assert offered <= found
    assert not found & not_offered


@shell("fish")
@pytest.mark.parametrize(("line", "offered", "not_offered"), ASKED)
def test_fish_completes(line, offered, not_offered, tmp_path):
    code = f"{script(parser(), 'fish')}complete -C '{line}'"
    printed = ask("fish", tmp_path, "--no-config", "-c", code)
    found = {line.partition("\t")[0].replace("\\ ", " ") for line in printed.splitlines()}
    assert offered <= found
    assert not found & not_offered


class Terminal:
    """zsh at a terminal of its own, for it completes nowhere else."""

    def __init__(self, folder):
        self.end, other = os.openpty()
        self.shell = subprocess.Popen(  # noqa: S603  # it is what is tested
            [shutil.which("zsh"), "-f", "-i"],
            cwd=folder,
            env={**os.environ, "TERM": "dumb"},
            stdin=other,
            stdout=other,
            stderr=other,
            start_new_session=True,
        )
        os.close(other)
        self.type("PS1='> '; autoload -Uz compinit; compinit -u -D; source ./_mlp; echo rea'dy'\n")
        self.read(lambda seen: "> " in seen.partition("\nready")[2])

    def type(self, text):
        os.write(self.end, text.encode())

    def read(self, enough):
        """Read until there is enough, or nothing more comes."""
        seen, deadline = "", time.monotonic() + 20
        while not enough(seen) and time.monotonic() < deadline:
            if select.select([self.end], [], [], 0.1)[0]:
                seen += os.read(self.end, 65536).decode(errors="replace").replace("\r", "\n")
        return seen

    def completed(self, line):
        """Return what a line becomes when Tab is pressed."""
        self.type(f"{line}\t")
        seen = self.read(lambda seen: line in seen and seen[-1] in " \a")
        self.type("\x15")  # clear the line
        self.read(lambda seen: "\n" in seen or "\b" in seen)
        return seen[seen.rindex("mlp ") :].rstrip("\a ")


@shell("zsh")
def test_zsh_completes(tmp_path):
    (tmp_path / "_mlp").write_text(script(parser(), "zsh"), encoding="utf-8")
    for name in FILES:
        (tmp_path / name).touch()
    terminal = Terminal(tmp_path)
    for line, offered, _ in ASKED:
        *before, start = line.split(" ")
        wanted = " ".join([*before, next(iter(offered)).replace(" ", "\\ ") if offered else start])
        assert terminal.completed(line) == wanted
    terminal.shell.kill()
    terminal.shell.wait()
    os.close(terminal.end)


def test_every_shell_has_every_option_of_every_command():
    for name in ("bash", "zsh", "fish"):
        text = script(parser(), name)
        for word in ("verify", "train", "junit-xml", "activation", "leaky_relu"):
            assert word in text


def test_the_command_prints_the_script(capsys):
    assert main(["completion", "fish"]) == 0
    assert capsys.readouterr().out == script(parser(), "fish")
    with pytest.raises(SystemExit):
        main(["completion", "cmd"])
    assert "invalid choice: 'cmd'" in capsys.readouterr().err
