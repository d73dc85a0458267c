"""Ops as pytest items: a file holds ops, an op holds an item for each of its arguments.

    mypkg/layers.py::gelu::Z    the gradient of gelu by Z

An op is examined once in a process; its items share the answer. Tested in
tests/test_pytest_plugin.py.
"""

import sys
from collections.abc import Generator, Iterable, Iterator
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from mlp.pytest_gradcheck import (
    RESULTS,
    VERBOSE,
    accepted,
    hears_tangent,
    run_again,
    seed_and_timeout,
)
from mlp.runner.child import Child, Stranger, strangers
from mlp.runner.guard import TargetError
from mlp.runner.results import Examination
from mlp.runner.targets import briefed
from mlp.runner.words import is_file, is_page, parted, short_of
from mlp.testing import GradientCheck, ResultError

WORDS = pytest.StashKey[dict[Path, list[str]]]()  # by the file in which they name ops
UNASKED = pytest.StashKey[bool]()  # whether to collect them though no argument names their file


def find_files(config: pytest.Config) -> None:
    """Find the files of the ops that ``--mlp`` names, or else of those in the ini."""
    accepted(config)  # what cannot be read ends the run here, in one line
    asked, listed = config.getoption("mlp"), config.getini("mlp_ops")
    here, home = config.invocation_params.dir, config.rootpath
    words = config.stash[WORDS] = {}
    for word in asked or listed:
        path, absolute = _file_of(word, here if asked else home)
        words.setdefault(path, []).append(absolute)
    by_name = config.args_source is config.ArgsSource.ARGS  # as in: pytest test_x.py
    config.stash[UNASKED] = bool(asked) or not by_name


def _file_of(word: str, base: Path) -> tuple[Path, str]:
    """Return the file in which a word names ops, and the word as it is understood anywhere."""
    place, member = parted(word)
    if is_file(place) or is_page(place):
        path = (base / place).resolve()
        if not path.is_file():
            raise pytest.UsageError(f"mlp: no file {place}, looked for in {base}")
        return path, f"{path}::{member}" if member else str(path)
    if str(base) not in sys.path:
        sys.path.insert(0, str(base))
    parts = place.split(".")
    for name in (place, ".".join(parts[:-1])):  # a module, or an op in one
        try:
            spec = find_spec(name) if name else None
        except (ImportError, ValueError):
            continue
        if spec and spec.origin and spec.has_location:
            return Path(spec.origin).resolve(), word
    raise pytest.UsageError(f"mlp: no file or module {place}")


def pytest_report_header(config: pytest.Config) -> str:
    """Say the seed as an option to paste."""
    return f"mlp: --mlp-seed={config.getoption('mlp_seed')}"


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect the ops of a file that an argument names, as in ``pytest layers.py::gelu::Z``."""
    config, path = parent.config, file_path.resolve()
    if not parent.session.isinitpath(file_path):
        return None
    if config.getoption("mlp") and is_page(file_path.name):  # pytest --mlp layers.py page.md
        config.stash[WORDS].setdefault(path, [str(path)])
    return (
        file_of(path).from_parent(parent, path=file_path) if path in config.stash[WORDS] else None
    )


def pytest_pycollect_makemodule(
    module_path: Path, parent: pytest.Collector
) -> pytest.Module | None:
    """Take a file that an argument names beside ``--mlp`` for one of tests, or else of ops."""
    named = parent.session.isinitpath(module_path) and parent.config.getoption("mlp")
    if not named or module_path.resolve() in parent.config.stash[WORDS]:
        return None
    return TestsOrOps.from_parent(parent, path=module_path)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Add the files of named ops to what a session collects; alone, if nothing else is named."""
    report = yield
    config = collector.config
    if not isinstance(collector, pytest.Session) or not config.stash[UNASKED]:
        return report
    if config.getoption("mlp") and config.args_source is not config.ArgsSource.ARGS:
        report.result = []
    for path in config.stash[WORDS]:
        if not collector.isinitpath(path):
            inside = path.is_relative_to(config.rootpath)  # elsewhere pytest has no name for it
            nodeid = None if inside else path.as_posix()
            report.result.append(file_of(path).from_parent(collector, path=path, nodeid=nodeid))
    return report


def file_of(path: Path) -> type[pytest.File]:
    """Return what collects a file: a page of equations or a file of ops."""
    if not is_page(path.name):
        return OpFile
    try:
        from mlp.pytest_pages import PageFile  # noqa: PLC0415  # SymPy, for those who prove
    except ImportError as error:
        raise pytest.UsageError(f"mlp: {path.name}: pip install 'mlp-reference[prove]'") from error
    return PageFile


class OpFile(pytest.File):
    """A file with ops, which are loaded and judged in a process of their own."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.child = Child()

    def collect(self) -> Iterator[pytest.Collector]:
        """Import the file and yield the ops that were named."""
        seen: set[str] = set()
        seed, timeout = seed_and_timeout(self.config)
        accept = accepted(self.config)
        for word in self.config.stash[WORDS][self.path.resolve()]:
            try:
                found = strangers(self.child, word, None, None, timeout)
            except TargetError as error:
                raise self.CollectError(f"mlp: {word}: {error}") from error
            for target in found:
                short = target.short if isinstance(target, Stranger) else short_of(word)
                name = target.name.removeprefix(f"{short}.")
                if name == short:  # the module itself is the op
                    name = short.rpartition(".")[2]
                if name not in seen:
                    seen.add(name)
                    examination = Examination(
                        briefed(target, accept=accept),
                        seed,
                        timeout,
                        repeat=partial(run_again, self.config, "--mlp"),
                        verbose=self.config.get_verbosity() >= VERBOSE,
                        tangent=hears_tangent(self.config),
                    )
                    yield Op.from_parent(self, name=name, examination=examination)


class TestsOrOps(pytest.Module):
    """A file named beside ``--mlp``, as b.py in ``pytest --mlp a.py b.py``."""

    def collect(self) -> Iterable[pytest.Item | pytest.Collector]:
        """Return its tests, or its ops where it has none."""
        if tests := [*super().collect()]:
            return tests
        self.config.stash[WORDS][self.path.resolve()] = [str(self.path)]
        return OpFile.from_parent(self.parent, path=self.path).collect()


class Op(pytest.Collector):
    """One op, examined when the first of its items runs."""

    def __init__(self, *, examination: Examination, **options: Any) -> None:
        super().__init__(**options)
        self.examination = examination

    def collect(self) -> Iterator[pytest.Item]:
        """Yield an item for each argument."""
        for argument in self.examination.arguments:
            one = GradientCheck(self.examination, argument)
            yield Gradient.from_parent(self, name=argument or "gradient", check=one)


class Gradient(pytest.Item):
    """The gradient of one op by one argument."""

    def __init__(self, *, check: GradientCheck, **options: Any) -> None:
        super().__init__(**options)
        self.check = check
        if self.config.pluginmanager.hasplugin("xdist"):  # --dist loadgroup: an op in one process
            assert self.parent is not None  # noqa: S101  # an item of an op has a parent
            self.add_marker(pytest.mark.xdist_group(self.parent.nodeid))

    def runtest(self) -> None:
        """Look up the argument in the examination of its op."""
        self.stash[RESULTS] = [self.check.result()]
        self.check()

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Show the report in place of a traceback through the checker, located at backward."""
        if not isinstance(excinfo.value, ResultError):
            return super().repr_failure(excinfo, style)
        result = excinfo.value.result
        shown = excinfo.getrepr(style="value")
        if crash := shown.reprcrash:
            crash.path, crash.lineno = str(result.file or self.path), result.line or 1
            crash.message = f"{result.verdict}: {result.message}"
        return shown

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Locate the item at the line where backward is defined."""
        place = self.check.examination.target.place
        where = (Path(place.file).resolve(), place.line - 1) if place else (self.path, None)
        return *where, f"gradient of {self.check!r}"
