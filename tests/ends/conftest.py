"""Files of a hostile kind, and ``mlp`` in a process of its own, as a shell starts it.

The tests here take minutes:  pytest -m long tests/ends
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
WRONG = str(ROOT / "tests/samples/three_wrong.py")
RIGHT = str(ROOT / "tests/samples/right.py")
REST = """
def f_backward(dO, x): return dO
def f_example(rng): return (rng.normal(size=3),)
"""
FILES = {
    "leaves.py": "import os\ndef f(x): os._exit(0)" + REST,
    "leaves_at_once.py": "import os\nos._exit(0)\ndef f(x): return x" + REST,
    "falls.py": "import ctypes\ndef f(x): ctypes.string_at(0)" + REST,
    "unlocks.py": (
        "import signal\ndef f(x):\n signal.setitimer(signal.ITIMER_REAL, 0)\n while True: pass"
        + REST
    ),
    "deaf.py": (
        "def f(x):\n while True:\n  try:\n   while True: pass\n  except BaseException: pass" + REST
    ),
    "hungry.py": "import numpy as np\ndef f(x):\n return x + np.ones(10**11).sum()" + REST,
    "mute.py": (
        "class Mute(Exception):\n def __str__(self): raise RuntimeError('no words')\nraise Mute\n"
    ),
    "mute_later.py": (
        "class Mute(Exception):\n def __str__(self): raise RuntimeError('no words')\n"
        "def f(x): raise Mute" + REST
    ),
    "commands.py": (
        "def f(x): raise ValueError('a\\n::error file=x::forged\\n##[error]forged\\x1b[31m\\x07')"
        + REST
    ),
    "commands_at_once.py": "raise ValueError('a\\n::error file=x::forged\\r::x::\\x1b[31m\\x9b1m')",
    "wordy.py": "def f(x): raise ValueError('w' * 3_000_000)" + REST,
    "wordy_at_once.py": "raise ValueError('w' * 3_000_000)",
    "writes.py": "import os\ndef f(x):\n os.write(1, b'noise')\n return x" + REST,
    "deep.md": f"```math\n{5000 * chr(40)}1{5000 * chr(41)} = 1\n```\n",
    "leaves.md": "```python\nimport os\nos._exit(0)\n```\n\n```math\n1 = 1\n```\n",
    "one.md": "# One\n\n```math\n1 = 1\n```\n",
    "false.md": "# False\n\n```math\n1 = 2\n```\n",
}


class Ended(NamedTuple):
    """How a command ended."""

    status: int
    out: str
    err: str


@pytest.fixture
def shell(tmp_path):
    """Run a line of bash beside the hostile files, in which ``mlp`` is ours."""
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)

    def run(line, seconds=120, **environment):
        ours = f'mlp() {{ "{sys.executable}" -m mlp "$@"; }}; '
        done = subprocess.run(  # noqa: S603  # the lines are ours
            ["/bin/bash", "-c", ours + line],
            cwd=tmp_path,
            check=False,
            capture_output=True,
            timeout=seconds,
            env={
                **{k: v for k, v in os.environ.items() if not k.startswith("GITHUB_")},
                "PYTHONPATH": str(ROOT),
                "PYTHONIOENCODING": "utf-8",
                "RIGHT": RIGHT,
                "WRONG": WRONG,
                "PYTHON": sys.executable,
                **environment,
            },
        )
        out, err = (s.decode("utf-8", "backslashreplace") for s in (done.stdout, done.stderr))
        return Ended(done.returncode, out, err)

    return run
