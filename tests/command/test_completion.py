"""Completion, asked of the shells themselves where they are installed."""

import os
import re
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
    ("mlp verify relu --json aff", {"affine"}, {"relu"}),
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
        f"COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); _shtab_mlp; "
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
    """A shell at a terminal of its own, for zsh and tcsh complete nowhere else."""

    def __init__(self, folder, start, *words):
        self.end, other = os.openpty()
        self.shell = subprocess.Popen(  # noqa: S603  # it is what is tested
            [shutil.which("setsid"), "-c", *words],
            cwd=folder,
            env={**os.environ, "TERM": "vt100" if "tcsh" in words else "dumb"},
            stdin=other,
            stdout=other,
            stderr=other,
        )
        os.close(other)
        self.type(f"{start}; echo rea'dy'\n")
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
        self.read(lambda seen: re.search(r"[\n\b]|\x1b\[K", seen))
        return seen[seen.rindex("mlp ") :].rstrip("\a ")

    def completes(self, asked):
        for line, offered, _ in asked:
            *before, start = line.split(" ")
            found = next(iter(offered)).replace(" ", "\\ ") if offered else start
            assert self.completed(line) == " ".join([*before, found])
        self.shell.kill()
        self.shell.wait()
        os.close(self.end)


def write_files(folder, name):
    (folder / "_mlp").write_text(script(parser(), name), encoding="utf-8")
    for file in FILES:
        (folder / file).touch()


@shell("zsh")
@shell("setsid")
def test_zsh_completes(tmp_path):
    write_files(tmp_path, "zsh")
    start = "PS1='> '; autoload -Uz compinit; compinit -u -D; eval \"$(<_mlp)\""
    Terminal(tmp_path, start, "zsh", "-f", "-i").completes(ASKED)


@shell("tcsh")
@shell("setsid")
def test_tcsh_completes(tmp_path):
    """It takes the blank in a name for its end, and completes the first TARGET alone."""
    write_files(tmp_path, "tcsh")
    asked = [a for a in ASKED if a[0] not in {"mlp verify my", "mlp verify relu --json aff"}]
    Terminal(tmp_path, "set prompt='> '; source ./_mlp", "tcsh", "-f").completes(asked)


def test_every_shell_has_every_option_of_every_command():
    for name in ("bash", "zsh", "fish", "tcsh"):
        text = script(parser(), name)
        for word in ("verify", "train", "junit-xml", "activation", "leaky_relu"):
            assert word in text


def test_the_command_prints_the_script(capsys):
    assert main(["completion", "fish"]) == 0
    assert capsys.readouterr().out == script(parser(), "fish")
    with pytest.raises(SystemExit):
        main(["completion", "cmd"])
    assert "invalid choice: 'cmd'" in capsys.readouterr().err


@shell("bash")
def test_a_shell_completes_both_names_of_the_command(tmp_path):
    code = f"{script(parser(), 'bash')}complete -p mlp mlp-reference"
    printed = ask("bash", tmp_path, "--norc", "-c", code)
    assert re.findall(r"-F (\S+)", printed) == ["_shtab_mlp", "_shtab_mlp_reference"]


def test_without_shtab_one_line_says_what_to_install(monkeypatch, capsys):
    monkeypatch.setattr("mlp.command.complaints.find_spec", lambda _: None)
    assert main(["completion", "zsh"]) == 3
    assert capsys.readouterr() == (
        "",
        "mlp completion: needs shtab: pip install 'mlp-reference[completion]'\n",
    )
