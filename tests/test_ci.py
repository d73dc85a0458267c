"""Gradients checked in CI: what GitHub, GitLab and pre-commit would run, run here."""

import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from outcomes import SAMPLES
from pages import ROOT

from mlp.cli import main

ACTION = ROOT / ".github" / "actions" / "verify" / "action.yml"
ONLY_BASH = pytest.mark.skipif(sys.platform == "win32", reason="the steps are scripts of bash")


def action():
    return yaml.safe_load(ACTION.read_text(encoding="utf-8"))


def run(step, folder, **given):
    """Run a step of the action in a folder, as GitHub does; return the process and its summary."""
    inputs = {name: it.get("default", "") for name, it in action()["inputs"].items()} | given
    summary = folder / "summary.md"
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "GITHUB_ACTIONS": "true",
        "GITHUB_ACTION_PATH": str(ACTION.parent),
        "GITHUB_STEP_SUMMARY": str(summary),
    }
    for name, value in step.get("env", {}).items():
        environment[name] = re.sub(r"\$\{\{ inputs\.(\w+) \}\}", lambda m: inputs[m[1]], value)
    script = folder / "step.sh"
    script.write_text(step["run"], encoding="utf-8")
    done = subprocess.run(  # noqa: S603  # our own step
        ["/bin/bash", "--noprofile", "--norc", "-e", "-o", "pipefail", str(script)],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return done, summary.read_text(encoding="utf-8") if summary.exists() else ""


def install_and_verify():
    return action()["runs"]["steps"]


def test_the_action_is_made_of_steps_of_bash_without_inputs_in_their_scripts():
    assert action()["runs"]["using"] == "composite"
    for step in install_and_verify():
        assert step["shell"] == "bash"
        assert "${{" not in step["run"]


@ONLY_BASH
def test_the_action_installs_the_repository_that_it_is_in(tmp_path):
    install, _ = install_and_verify()
    stub = tmp_path / "python"
    stub.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n', encoding="utf-8")
    stub.chmod(0o755)
    done, _ = run(install | {"run": f'PATH="{tmp_path}:$PATH"\n{install["run"]}'}, tmp_path)
    *words, place = done.stdout.splitlines()
    assert words == ["-m", "pip", "install", "--quiet"]
    assert Path(place).resolve() == ROOT


@ONLY_BASH
def test_a_wrong_gradient_fails_the_step_and_is_told_at_its_line(tmp_path):
    _, verify = install_and_verify()
    (tmp_path / "layers.py").write_text(
        (SAMPLES / "three_wrong.py").read_text(encoding="utf-8"), encoding="utf-8"
    )
    done, summary = run(verify, tmp_path, targets="layers.py\nrelu", reports="out/gradients")
    assert (done.returncode, done.stderr) == (1, "")
    assert (
        "\n::error file=layers.py,line=11,title=layers.sigmoid%3A wrong::mismatch: " in done.stdout
    )
    assert summary.startswith("### ❌ Gradients: wrong\n")
    reports = sorted(path.name for path in (tmp_path / "out" / "gradients").iterdir())
    assert reports == ["gradients.html", "gradients.sarif", "gradients.xml"]


@ONLY_BASH
def test_right_gradients_pass_and_options_are_handed_on(tmp_path):
    _, verify = install_and_verify()
    done, summary = run(verify, tmp_path, targets=str(SAMPLES / "right.py"), options="--seed 7")
    assert (done.returncode, done.stderr) == (0, "")
    assert "::" not in done.stdout
    assert "\nseed 7\n" in summary
    assert {path.name for path in tmp_path.iterdir()} == {"step.sh", "summary.md"}


@ONLY_BASH
def test_what_is_written_as_a_target_is_never_run(tmp_path):
    _, verify = install_and_verify()
    done, _ = run(verify, tmp_path, targets='"; touch broken; $(touch broken) `touch broken` *')
    assert done.returncode == 3
    assert not (tmp_path / "broken").exists()
    assert re.search(r"^\* +error +no op, file or module of this name", done.stdout, re.MULTILINE)


# pre-commit


def hook():
    (only,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    return only


def commit(*files):
    """Run the hook on files, as pre-commit does; return the exit status."""
    program, *words = shlex.split(hook()["entry"])
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert program in scripts["scripts"]
    return main([*words, *map(str, files)])


def test_a_wrong_gradient_cannot_be_committed_and_a_right_one_can(capsys):
    assert hook()["id"] == "mlp-verify"
    assert hook()["types"] == ["python"]
    assert commit(SAMPLES / "right.py") == 0
    assert commit(SAMPLES / "right.py", SAMPLES / "three_wrong.py") == 1
    assert "three_wrong.sigmoid" in capsys.readouterr().out


def test_files_without_a_gradient_are_passed_over_and_not_even_imported(tmp_path, capsys):
    script, helper = tmp_path / "script.py", tmp_path / "helper.py"
    script.write_text("raise SystemExit(7)\n", encoding="utf-8")
    helper.write_text("# nothing here goes backward\n", encoding="utf-8")
    assert commit(script, helper) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("0 checked at 0 points: nothing to")
    assert main(["verify", str(helper)]) == 3


def test_a_gradient_that_cannot_be_loaded_is_not_passed_over(tmp_path, capsys):
    broken = tmp_path / "broken.py"
    broken.write_text("import nowhere_at_all\ndef f_backward(dO): ...\n", encoding="utf-8")
    assert commit(broken, tmp_path / "missing.py") == 3
    assert "No module named 'nowhere_at_all'" in capsys.readouterr().out


# what the guide tells people to write


def told():
    """Return the YAML of the guide, by the word in bold before it."""
    page = (ROOT / "derivations" / "guide" / "gradients-in-ci.md").read_text(encoding="utf-8")
    found = re.findall(r"^\*\*([\w-]+)\.\*\*.*?```yaml\n(.*?)```", page, re.MULTILINE | re.DOTALL)
    return {name: yaml.safe_load(text) for name, text in found}


def test_the_step_in_the_guide_names_the_action_and_inputs_that_it_has():
    (step,) = told()["GitHub"]
    path = step["uses"].partition("/mlp/")[2].partition("@")[0]
    assert ROOT / path / "action.yml" == ACTION
    assert {*step["with"]} <= {*action()["inputs"]}
    assert {name for name, it in action()["inputs"].items() if it.get("required")} <= {
        *step["with"]
    }


def test_the_job_in_the_guide_writes_what_it_hands_to_gitlab(tmp_path, monkeypatch, capsys):
    job = told()["GitLab"]["gradients"]
    _, command = job["script"]
    monkeypatch.chdir(tmp_path)
    Path("my_layers.py").write_text((SAMPLES / "right.py").read_text(encoding="utf-8"))
    program, *words = shlex.split(command)
    assert (program, main(words)) == ("mlp", 0)
    assert Path(job["artifacts"]["reports"]["junit"]).is_file()
    assert all(Path(path).is_file() for path in job["artifacts"]["paths"])
    assert "5 correct" in capsys.readouterr().out


def test_the_hook_in_the_guide_is_ours():
    (repository,) = told()["pre-commit"]["repos"]
    assert [used["id"] for used in repository["hooks"]] == [hook()["id"]]
    assert re.search(repository["hooks"][0]["files"], "my_layers.py")


def test_the_hooks_of_the_repository_are_the_tools_of_make_lint():
    text = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    hooks = {hook["id"] for repo in yaml.safe_load(text)["repos"] for hook in repo["hooks"]}
    assert {"ruff-check", "ruff-format", "mypy"} <= hooks


def test_nothing_that_a_file_holds_is_unpickled():
    read, unsafe = {}, re.compile(r"pickle\.loads?\(|Unpickler\(|allow_pickle=True|yaml\.|marshal")
    for path in (ROOT / "mlp").rglob("*.py"):
        if found := unsafe.findall(path.read_text(encoding="utf-8")):
            read[path.relative_to(ROOT).as_posix()] = found
    assert read == {
        "mlp/gradcheck/workers.py": ["pickle.loads("],  # what this process wrote for its pool
        "mlp/runner/child.py": ["Unpickler(", "Unpickler("],  # of plain data and classes of ours
        "mlp/runner/served.py": ["pickle.loads("],  # what our own process asks
    }
    page = (ROOT / ".github/SECURITY.md").read_text(encoding="utf-8")
    assert "never unpickled" in page


def test_updates_come_for_actions_and_hooks():
    found = yaml.safe_load((ROOT / ".github/dependabot.yml").read_text(encoding="utf-8"))
    assert {u["package-ecosystem"] for u in found["updates"]} == {"github-actions", "pre-commit"}
    assert all(u["groups"] for u in found["updates"])


@ONLY_BASH
def test_what_uv_cannot_install_pip_does(tmp_path):
    fake, log = tmp_path / "bin", tmp_path / "log"
    fake.mkdir()
    python = '#!/bin/sh\necho python "$@" >>{log}\n'
    uv = (
        '#!/bin/sh\necho uv "$1" "$UV_SYSTEM_CERTS" "$SSL_CERT_FILE" >>{log}\n'
        '[ "$1" = venv ] && {{ mkdir -p env/bin; cp {fake}/python env/bin; exit; }}\n'
        "echo invalid peer certificate: UnknownIssuer >&2; exit 1\n"
    )
    for name, text in (("uv", uv), ("python", python)):
        (fake / name).write_text(text.format(log=log, fake=fake))
        (fake / name).chmod(0o755)
    (tmp_path / "pyproject.toml").touch()
    environment = {"PATH": f"{fake}:/usr/bin:/bin", "PIP_CERT": "/proxy.pem"}
    make = ["make", "-f", str(ROOT / "Makefile"), "env/.ready", "VENV=env"]
    done = subprocess.run(  # noqa: S603  # our own Makefile
        make,
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "uv could not; trying pip" in done.stderr
    called = log.read_text().splitlines()
    assert called[:2] == ["uv venv true /proxy.pem", "uv pip true /proxy.pem"]
    assert called[-1] == "python -m pip install --quiet --editable . --group dev"
