"""The ways in: what a user types or calls, and the verdict that comes back."""

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from mlp import check
from mlp.runner.find import find
from mlp.runner.proofs import attempt
from mlp.runner.targets import Target
from mlp.runner.verdicts import verdict_of

HERE = Path(__file__).parent
TASKS = {  # by file: the right layer, then the wrong one
    "layer_norm": ("layer_norm", "layer_norm_wrong"),
    "lstm_cell": ("lstm_cell", "lstm_cell_wrong"),
    "rnn": ("rnn", "rnn_wrong"),
    "info_nce": ("info_nce", "info_nce_wrong"),
    "attention": ("attention", "attention_wrong"),
    "embedding": ("embedding", "embedding_wrong"),
    "batchnorm": ("batchnorm", "batchnorm_wrong"),
    "conv2d": ("conv2d", "conv2d_wrong"),
    "focal": ("focal", "focal_wrong"),
    "rms_norm": ("RMSNorm", "RMSNormWrong"),
    "swiglu_torch": ("SwiGLU", "SwiGLUWrong"),
    "cross_entropy_jax": ("cross_entropy", "cross_entropy_wrong"),
}
NEEDS = {"swiglu_torch": "torch", "cross_entropy_jax": "jax"}
TIMEOUT = 60.0


def missing(task):
    """Return the package that a task needs and that is not installed, if there is one."""
    package = NEEDS.get(task)
    return package if package and not find_spec(package) else None


def word(task, op):
    """Return the word that names an op on the command line."""
    return f"{HERE / task}.py::{op}"


def target(task, op) -> Target:
    """Return an op as what is checked, loaded in this process."""
    (found,) = find(word(task, op))
    return found


def checked(task, op, seed=0):
    """Call mlp.check at the example."""
    found = target(task, op)
    point = found.at(seed)
    return verdict_of(check(found.forward, found.backward, *point, wrt=found.wrt, rng=seed))


def verified(task, op, seed=0):
    """Run mlp verify."""
    told = json.loads(_out("mlp", "verify", word(task, op), "--seed", str(seed), "--json"))
    return told["checks"][0]["verdict"]


def collected(task, op, seed=0):
    """Run pytest --mlp, which passes, fails, or ends otherwise."""
    words = ("--mlp", word(task, op), f"--mlp-seed={seed}", "-q", "-pno:cacheprovider")
    last = _out("pytest", *words).strip().splitlines()[-1]
    return "wrong" if " failed" in last else "correct" if " passed" in last else last


def proved(task, op, _seed=0):
    """Run mlp prove."""
    limit = ("--timeout", str(TIMEOUT))
    told = json.loads(_out("mlp", "prove", word(task, op), *limit, "--json"))
    return told["lines"][0]["verdict"]


def proved_here(task, op):
    """Prove in this process."""
    return attempt(target(task, op), TIMEOUT)[1]


WAYS = {
    "mlp.check": checked,
    "mlp verify": verified,
    "pytest --mlp": collected,
    "mlp prove": proved,
}


def _out(*words):
    run = subprocess.run(  # noqa: S603  # our own module, and files beside this one
        [sys.executable, "-m", *words], capture_output=True, text=True, check=False, cwd=HERE
    )
    return run.stdout or run.stderr
