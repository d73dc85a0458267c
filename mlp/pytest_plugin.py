"""The pytest plugin: ops become test items, and a fixture checks gradients inside a test.

    mlp_ops = ["mypkg.layers", "mypkg/loss.py"]    in the ini: an item for each argument of each op
    pytest --mlp mypkg/layers.py                   these ops only, for once
    mlp_accept = "1e-6"                            in the ini: what gradients are off by design
    def test_gelu(gradcheck): ...                  a check inside a test

It loads in every pytest run of its environment, so it imports nothing and says nothing before it is
used. Tested in tests/test_pytest_plugin.py.
"""
# ruff: noqa: PLC0415  # see above

import contextlib
import sys
from argparse import ArgumentTypeError
from collections.abc import Callable, Generator
from typing import Any

import pytest


def _seed(text: str) -> int:
    """Read a seed: 0, 1, 2, ..."""
    if not text.isdecimal():
        raise ArgumentTypeError(f"must be a whole number such as 0, 1, 2, but is {text!r}")
    return int(text)


def _seconds(text: str) -> float:
    """Read a time limit: a number above 0."""
    with contextlib.suppress(ValueError):
        if 0 < float(text) < float("inf"):
            return float(text)
    raise ArgumentTypeError(f"must be a positive number of seconds, but is {text!r}")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare ``--mlp-*``, ``mlp_ops`` and ``mlp_tangent``."""
    group = parser.getgroup("mlp", "gradients (mlp)")
    group.addoption(
        "--mlp",
        action="append",
        default=[],
        metavar="TARGET",
        help="check the gradients of a file or module, or of one op in it (FILE::OP, MODULE:OP), "
        "or prove a page.md, and nothing else but files that are named beside it; may be repeated",
    )
    group.addoption(
        "--mlp-seed", type=_seed, default=0, metavar="N", help="seed of points and probes (0)"
    )
    group.addoption(
        "--mlp-timeout",
        type=_seconds,
        default=60.0,
        metavar="SECONDS",
        help="limit for one op (60)",
    )
    group.addoption(
        "--mlp-allow-inconclusive",
        action="store_true",
        help="take a gradient that cannot be decided for an expected failure",
    )
    group.addoption(
        "--mlp-no-tangent",
        action="store_true",
        help="leave it to differences alone, without the tangent of forward as a second witness",
    )
    group.addoption("--mlp-json", metavar="FILE", help="write a line of JSON for each gradient")
    parser.addini("mlp_ops", "files, modules and ops whose gradients are tested", type="args")
    parser.addini("mlp_tangent", "hear the tangent of forward as well", type="bool", default=True)
    parser.addini("mlp_accept", "what gradients may be off by design: 1e-6, or W=1e-6,b=1e-4")


def pytest_configure(config: pytest.Config) -> None:
    """Find the files of the ops that were named, and make ready to gather results."""
    if config.getoption("mlp") or config.getini("mlp_ops"):
        import mlp.pytest_items as items

        items.find_files(config)
        config.pluginmanager.register(items, "mlp-items")
    if not hasattr(config, "workerinput"):  # the workers of xdist send theirs to the controller
        config.pluginmanager.register(Gathered(config), "mlp-gathered")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """Take an inconclusive check for an expected failure, where that is allowed."""
    try:
        yield
    except AssertionError as error:
        result = getattr(error, "result", None)
        reason = getattr(result, "allowed", "")
        allowed = reason or item.config.getoption("mlp_allow_inconclusive")
        if allowed and getattr(result, "verdict", "") == "inconclusive":
            why = f" ({reason})" if reason else ""
            pytest.xfail(f"inconclusive: {getattr(result, 'message', '')}{why}")
        raise


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Attach what the checks of a test found, as plain data that xdist can ship."""
    rows: list[dict[str, Any]] = []
    if call.when == "call" and "mlp.runner.results" in sys.modules:
        from mlp.pytest_gradcheck import rows_of

        rows = rows_of(item)
    report = yield
    if rows:
        vars(report)["mlp_rows"] = rows
    return report


@pytest.fixture
def gradcheck(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Check ``gradcheck(op)``, ``(forward, backward, *point)`` or ``(adapter, *point)``.

    Takes what ``mlp.check`` takes and fails the test unless the gradient is correct. The seed is
    that of ``--mlp-seed``, and the result stands in the summary.
    """
    from mlp.pytest_gradcheck import Gradcheck

    return Gradcheck(request.node)


class Gathered:
    """The results of all tests, in the process that reports them."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.rows: list[dict[str, Any]] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep what came with the report of a test."""
        for row in getattr(report, "mlp_rows", ()):
            self.rows.append({"nodeid": report.nodeid, "outcome": report.outcome, **row})

    def pytest_sessionfinish(self) -> None:
        """Write the lines of JSON."""
        if path := self.config.getoption("mlp_json"):
            from mlp.pytest_summary import write_json

            write_json(self.rows, self.config.invocation_params.dir / path)

    def pytest_terminal_summary(self, terminalreporter: "pytest.TerminalReporter") -> None:
        """Sum up the gradients, if there were any."""
        if self.rows:
            from mlp.pytest_summary import summarise

            summarise(self.rows, terminalreporter)
