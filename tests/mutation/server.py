"""One pytest for all mutants of a module: it forks before it collects, once for each of them.

So NumPy, pytest's plugins and what of mlp does not import the module are loaded once, and a mutant
costs its tests: the quick ones and those that killed others come first. The fork sees the mutant in
its copy of the project. It is stopped by the seconds that it computes, which a busy machine does
not change. Tested in tests/mutation/test_session.py.
"""

import difflib
import gc
import importlib
import os
import re
import resource
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pytest
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator
from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import TestOutcome, WorkerOutcome, WorkItem, WorkResult
from hypothesis import Phase, given, settings
from hypothesis.strategies import integers
from tqdm import tqdm

from mutation.mirror import LAWS, ROOT, dotted, mirror, strangers

GRACE = 10
"""Seconds of the processor, beside three times what the right code takes: then a mutant hangs."""
ASLEEP = 1200
"""Seconds on the clock after which one that does not even compute hangs too."""
TOOK = re.compile(r"^([\d.]+)s call +(\S.*)$", re.MULTILINE)
FAILED = re.compile(r"^FAILED (\S.*?)(?: - .*)?$", re.MULTILINE)
CLOCK = "stopped by the clock"
LOADED = ("numpy", "scipy.special", "scipy.stats", "hypothesis.extra.numpy", "mpmath", "sympy")


def of(item: WorkItem) -> str:
    """Return the module that a mutant is of."""
    return str(item.mutations[0].module_path)


def command(module: str) -> list[str]:
    """Return what pytest is told to try a module: its tests, until one fails.

    An op's own tests hold its name, and so do those of the laws that are about it.
    """
    told = ["-x", "-q", "-s", "-n0", "--durations=0", "--durations-min=0"]
    told += ["-W", "ignore::pytest.PytestAssertRewriteWarning", "--hypothesis-seed=0"]
    told += ["-p", "no:cacheprovider", "--basetemp=build/tmp", *mirror(module)]
    name = Path(module).stem
    alone = module.startswith("mlp/ops/") and not name.startswith("_")
    return [*told, "-k", name] if alone and LAWS[0] in told else told


def serve(path: Path, tree: Path, module: str, items: Sequence[WorkItem]) -> None:
    """Try mutants of one module in a copy of the project, and keep in the session what came."""
    os.chdir(tree)
    sys.dont_write_bytecode = False  # the tests are compiled once
    sys.path[:] = [str(tree), *(path for path in sys.path if not Path(path).is_relative_to(ROOT))]
    os.environ |= {"PYTHONPATH": str(tree), "HYPOTHESIS_PROFILE": "ci"}
    os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    for name in [name for name in sys.modules if name.partition(".")[0] == "mlp"]:
        del sys.modules[name]  # of another place
    for name in (*LOADED, *strangers(module)):
        importlib.import_module(name)
    if dotted(module) in sys.modules:
        sys.exit(f"{module} was imported before it was mutated")
    sys.exit(pytest.main(command(module), plugins=[Server(path, tree / module, items)]))


class Ended(NamedTuple):
    """How the tests ended: the status of pytest, the seconds they computed, what they printed."""

    status: int
    used: float
    said: str

    def result(self, right: str, wrong: str) -> WorkResult:
        """Return what became of a mutant: killed by a test or by the clock, or survived."""
        diff = difflib.unified_diff(right.split("\n"), wrong.split("\n"), lineterm="")
        outcome = TestOutcome.KILLED if self.status else TestOutcome.SURVIVED
        return WorkResult(WorkerOutcome.NORMAL, self.said, outcome, "\n".join(diff))


class Server:
    """A plugin of pytest that forks before the tests are collected."""

    def __init__(self, path: Path, module: Path, items: Sequence[WorkItem]) -> None:
        self.path, self.module, self.items = path, module, items
        self.seconds: dict[str, float] = {}
        self.kills: Counter[str] = Counter()

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self) -> bool | None:
        """Fork for the right code, then for each mutant; a fork goes on to collect and run."""
        code = self.module.read_text(encoding="utf-8")
        settings.register_profile("mutants", settings(), phases=(Phase.explicit, Phase.generate))
        settings.load_profile("mutants")  # a failure is one, however long its input
        given(integers())(
            lambda _: None
        )()  # Hypothesis reads the constants of what is loaded, once
        gc.freeze()  # a fork that collects what it did not make would copy it
        if (right := ended(3600)) is None:
            return None
        if right.status:
            print(right.said)  # noqa: T201  # it says why nothing can be tried
            os._exit(1)
        self.seconds = {test: float(took) for took, test in TOOK.findall(right.said)}
        for item in tqdm(self.items, unit="mutant", desc=self.module.stem):
            spec = item.mutations[0]
            operator = get_operator(spec.operator_name)(**spec.operator_args)
            mutant = mutate_code(code, operator, spec.occurrence)
            self.module.write_text(mutant, encoding="utf-8")
            if (wrong := ended(3 * right.used + GRACE)) is None:
                return None
            self.module.write_text(code, encoding="utf-8")
            self.kills.update(FAILED.findall(wrong.said))
            with use_db(str(self.path), WorkDB.Mode.open) as opened:
                opened.set_result(item.job_id, wrong.result(code, mutant))
        os._exit(0)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Put in front what is quick, and what killed other mutants of the module."""
        items.sort(key=lambda t: self.seconds.get(t.nodeid, 0) / (1 + self.kills[t.nodeid]))

    @pytest.hookimpl(tryfirst=True)
    def pytest_unconfigure(self, config: pytest.Config) -> None:
        """End a fork at once: what pytest cleans up, dies with it."""
        sys.stdout.flush()
        os._exit(int(config.pluginmanager.get_plugin("session").exitstatus))


def ended(seconds: float) -> Ended | None:
    """Return how the tests ended that a fork of this process ran; in the fork, None.

    It may compute for so many seconds. One that only sleeps is killed too, much later.
    """
    with tempfile.TemporaryFile() as said:
        child = os.fork()
        if not child:
            os.setsid()
            os.dup2(said.fileno(), 1)
            os.dup2(said.fileno(), 2)
            resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 1, resource.RLIM_INFINITY))
            return None
        until = time.monotonic() + ASLEEP + seconds
        while not (gone := os.wait4(child, os.WNOHANG))[0]:
            time.sleep(0.01)
            if time.monotonic() > until:
                os.killpg(child, signal.SIGKILL)
        status = os.waitstatus_to_exitcode(gone[1])
        said.seek(0)
        text = said.read().decode(errors="replace")
    hung = status in {-signal.SIGXCPU, -signal.SIGKILL}
    return Ended(status, gone[2].ru_utime + gone[2].ru_stime, CLOCK if hung else text)
