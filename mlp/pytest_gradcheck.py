"""What the fixture ``gradcheck`` hands out, the options that checks have, and their results.

Tested in tests/test_pytest_plugin.py.
"""

import os
import shlex
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from mlp.adapters import Adapter
from mlp.gradcheck import check
from mlp.op import Accept, accept_in, place_of
from mlp.runner.results import NUMBERS, Result, result_of, split
from mlp.testing import GradientCheck, ResultError, check_gradients
from mlp.verdict import holds

RESULTS = pytest.StashKey[list[Result]]()  # of the checks inside one test
VERBOSE = 2  # -vv: reports are shown in full


def accepted(config: pytest.Config) -> Accept | None:
    """Return what the ini says that gradients may be off by design, None if it says nothing."""
    text = config.getini("mlp_accept")
    try:
        return accept_in(text) if text else None
    except ValueError as error:
        raise pytest.UsageError(f"mlp_accept: {error}") from None


def seed_and_timeout(config: pytest.Config) -> tuple[int, float]:
    """Return the seed, and how many seconds an op may take."""
    return config.getoption("mlp_seed"), config.getoption("mlp_timeout")


def hears_tangent(config: pytest.Config) -> bool:
    """Return whether the tangent of forward is heard as a second witness."""
    return bool(config.getini("mlp_tangent")) and not config.getoption("mlp_no_tangent")


def run_again(config: pytest.Config, *words: str) -> str:
    """Return the command that runs what these words name, with the options that matter."""
    options = [f"--mlp-seed={config.getoption('mlp_seed')}"]
    options += ["--mlp-no-tangent"] * config.getoption("mlp_no_tangent")
    return shlex.join(["pytest", *words, *options])


class Gradcheck:
    """What the fixture ``gradcheck`` hands out."""

    def __init__(self, item: pytest.Item) -> None:
        self.item = item

    @property
    def nodeid(self) -> str:
        """The test as one names it from where pytest was called."""
        file, sign, test = self.item.nodeid.partition("::")
        here = self.item.config.invocation_params.dir
        return (
            f"{Path(os.path.relpath(self.item.path, here)).as_posix()}{sign}{test}" if file else ""
        )

    def __call__(self, *args: Any, **options: Any) -> Any:
        """Check an op, or a forward and a backward at a point; fail unless all is correct."""
        __tracebackhide__ = True
        config = self.item.config
        seed, timeout = seed_and_timeout(config)
        own: Any = {"tangent": hears_tangent(config), "accept": accepted(config)}
        again = run_again(config, self.nodeid)
        verbose = config.get_verbosity() >= VERBOSE
        answer: Any
        if len(args) == 1:
            if options:
                raise TypeError(f"gradcheck: an op alone takes no options, but came with {options}")
            answer = results = check_gradients(
                args[0], on_fail=None, rng=seed, timeout=timeout, **own
            )
        else:
            adapted = isinstance(args[0], Adapter)  # gradcheck(mlp.adapters.torch(Swish), x)
            ask = args[0].check if adapted else partial(check, args[0])
            own["accept"] = own["accept"] or 0.0
            answer = ask(*args[1:], **{"rng": seed, **own, **options})
            op, place = answer.subject.rpartition(" as the gradient of ")[2], place_of(args[1])
            results = [result_of(own, op, name, place) for name, own in split(answer).items()]
        self.item.stash.setdefault(RESULTS, []).extend(results)
        failed = [r for r in results if not holds(r.verdict)]
        if failed:
            first = next((r for r in failed if r.verdict == "wrong"), failed[0])
            said = answer if len(args) > 1 else first.report
            if said is not None:
                first = replace(first, text=replace(said, reproduce=again).text(verbose=verbose))
            raise ResultError(first)
        return answer


def rows_of(item: pytest.Item) -> list[dict[str, Any]]:
    """Return what the checks of a test found, as plain data, and make it properties for JUnit."""
    results = item.stash.get(RESULTS, list[Result]())
    parameters = getattr(getattr(item, "callspec", None), "params", {}).values()
    checks = [one for one in parameters if isinstance(one, GradientCheck) and one.judged]
    results = [*results, *(one.result() for one in checks)]
    for result in results:
        for key in ("op", "verdict", "decided_by", *NUMBERS, "evaluations", "seconds", "seed"):
            name = f"mlp.{result.argument}.{key}" if result.argument else f"mlp.{key}"
            item.user_properties.append((name, getattr(result, key)))
    return [_relative(result, item.config.rootpath) for result in results]


def _relative(result: Result, root: Path) -> dict[str, Any]:
    """Return a result as plain data, its file relative to the root where it lies below."""
    row = result.to_dict()
    if result.file and Path(result.file).is_relative_to(root):
        row["file"] = Path(result.file).relative_to(root).as_posix()
    return row
