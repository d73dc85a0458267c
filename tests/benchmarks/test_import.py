"""What an import costs, each in a new process, in turn."""

import statistics
import subprocess
import sys

from turns import HERE, against, write

CODE = {
    "nothing": "pass",
    "import mlp": "import mlp",
    "import numpy": "import numpy",
    "from mlp import check": "from mlp import check",
}
SEEN = (
    "import resource; u = resource.getrusage(resource.RUSAGE_SELF); print(u.ru_utime + u.ru_stime)"
)
LATE = "scipy", "sympy", "matplotlib"


def python(code):
    run = [sys.executable, "-c", code]
    return subprocess.run(run, check=True, text=True, capture_output=True, cwd=HERE.parents[1])  # noqa: S603  # our own code


def test_import_times():
    taken = {name: [] for name in CODE}
    for _ in range(15):
        for name, code in CODE.items():
            taken[name].append(float(python(f"{code}\n{SEEN}").stdout))
    t = {name: statistics.median(each) for name, each in taken.items()}
    mlp, check = t["import mlp"] / t["import numpy"], t["from mlp import check"] / t["import numpy"]
    rows = [
        ["import mlp", against(mlp, 0.5), f"{t['import mlp'] * 1e3:.0f}"],
        ["from mlp import check", against(check, 1.2), f"{t['from mlp import check'] * 1e3:.0f}"],
        ["import numpy", "1", f"{t['import numpy'] * 1e3:.0f}"],
        ["nothing", f"{t['nothing'] / t['import numpy']:.2f}", f"{t['nothing'] * 1e3:.0f}"],
    ]
    assert write("import", "Imports", ["", "× import numpy", "ms"], rows) == []


def test_import_loads_what_is_used_and_no_more():
    names = python("import sys, mlp; print(*sys.modules)").stdout.split()
    assert "numpy" not in names
    names = python("import sys; from mlp import check; print(*sys.modules)").stdout.split()
    assert [name for name in LATE if name in names] == []
