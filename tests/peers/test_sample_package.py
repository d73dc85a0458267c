"""The sample package in PyTorch and JAX: the same layers are right, the same ones wrong."""

import shutil
from pathlib import Path

import pytest
import torch

from mlp.cli import main
from mlp.testing import check_gradients

torch.set_num_threads(1)
SAMPLE = Path(__file__).parents[1] / "sample_package"
FRAMEWORKS = {
    "torch": ["Centre-X", "MeanSquare-O", "Relu-X", "Scale-gain", "Softmax-Z"],
    "jax": ["centre-X", "mean_square-O", "relu-X", "scale-gain", "softmax-Z"],
}
every_framework = pytest.mark.parametrize("framework", FRAMEWORKS)


@every_framework
def test_three_layers_are_right_and_five_wrong(framework):
    results = check_gradients(SAMPLE / "blocks" / f"in_{framework}.py", on_fail=None)
    wrong = sorted(
        f"{r.op.partition('.')[2]}-{r.argument}" for r in results if r.verdict == "wrong"
    )
    assert wrong == FRAMEWORKS[framework]
    right = {r.op for r in results} - {r.op for r in results if not r}
    assert len(right) == 3


@every_framework
def test_each_wrong_backward_is_shown_where_it_is_written(framework):
    path = SAMPLE / "blocks" / f"in_{framework}.py"
    source = path.read_text(encoding="utf-8").splitlines()
    wrong = [r for r in check_gradients(path, on_fail=None) if r.verdict == "wrong"]
    assert {r.file for r in wrong} == {str(path)}
    assert all(any("# wrong" in line for line in source[r.line - 1 : r.line + 4]) for r in wrong)


def test_pytest_says_the_same_in_two_processes(pytester):
    shutil.copytree(SAMPLE, pytester.path, dirs_exist_ok=True)
    words = [word for name in FRAMEWORKS for word in ("--mlp", f"blocks/in_{name}.py")]
    result = pytester.runpytest_subprocess(*words, "-n2", "-pno:randomly", "--tb=no")
    failed = [line for line in result.outlines if line.startswith("FAILED") and " - wrong" in line]
    named = sorted("-".join(line.split()[1].split("::")[1:]) for line in failed)
    assert named == sorted(FRAMEWORKS["torch"] + FRAMEWORKS["jax"])


@every_framework
def test_mlp_verify_says_the_same(framework, capsys):
    assert main(["verify", str(SAMPLE / "blocks" / f"in_{framework}.py")]) == 1
    assert "8 checked at 8 points: 5 wrong, 3 correct" in capsys.readouterr().out
