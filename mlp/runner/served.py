"""The other side of child.py: a process that loads a file and answers questions about it.

    load        the ops that a word names
    judge       what came of one of them
    arguments   the arguments by which it is differentiated
    attempt     its proof
    line        the next line of a page's ledger
    equation    what does not hold in one block of a page
    program     what one block of a page raised

What the file prints goes to stderr, for stdout carries the answers. The process ends with the one
that asks. Tested in tests/runner/test_served.py.
"""

import contextlib
import os
import pickle
import queue
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from mlp.gradcheck import check
from mlp.op import Wrt
from mlp.plain import said_by
from mlp.runner.child import receive, send, unpickled
from mlp.runner.find import find
from mlp.runner.guard import EmptyError, TargetError, TimeUp, deadline, guarded
from mlp.runner.intact import Intact
from mlp.runner.results import names_of
from mlp.runner.targets import Fault, Target, briefed
from mlp.runner.verdicts import Outcome, judge
from mlp.runner.words import short_of
from mlp.verdict import VERDICTS, holds

GB = 10**9
Known = tuple[str, ...]


class Served:
    """What a process answers; a stranger is told by the words that it was loaded with."""

    def __init__(self, memory: float | None) -> None:
        self.memory = memory
        self.loaded: dict[Any, list[Target | Fault]] = {}
        self.provers: dict[Any, Any] = {}
        self.ledgers: dict[Any, tuple[Any, Iterator[Any]]] = {}

    def ready(self, proving: bool) -> None:  # noqa: FBT001  # as Child has it
        """Have what takes time to import ready, so that it takes none of a stranger's."""
        wrong = check(lambda x: x * x, lambda dO, x: dO * x, np.array([1.0, 2.0]))
        wrong.text()
        if proving:
            import_module("mlp.runner.proofs")
            import_module("mlp.proof.page.ledger")

    def load(
        self, word: str, shapes: str | None, wrt: Wrt, known: Known, timeout: float
    ) -> list[Any]:
        """Return the ops that a word names: faults, and of others what is known of a stranger."""
        look: Callable[[], list[Any]] = partial(find, word, shapes, wrt, known)
        if word in known:  # as part of what is shipped
            from mlp.runner.shipped import shipped  # noqa: PLC0415  # half a second of SciPy

            look = partial(shipped, word)
        found = guarded(look, timeout)
        if torch := sys.modules.get("torch"):
            guarded(partial(first_gradient, torch), timeout)
        self.loaded[word, shapes, wrt, known, timeout] = found
        short = short_of(word)
        return [one if isinstance(one, Fault) else described(one, short) for one in found]

    def target(self, key: tuple[Any, ...], accept: Any = None, meant: Any = ()) -> Target:
        """Return the op that a stranger stands for."""
        *loaded, number = key
        ops: list[Any] = self.loaded.get(tuple(loaded), [])
        if number >= len(ops) or not isinstance(ops[number], Target):
            raise TargetError("is no more what it was when its file was loaded first")
        target: Target = ops[number]
        return briefed(target, accept=accept, meant=dict(meant))

    def judge(
        self, key: tuple[Any, ...], said: tuple[Any, Any], seed: int, timeout: float, words: Any
    ) -> Outcome:
        """Return what came of a stranger, proved if that is wanted."""
        target, prover = self.target(key, *said), None
        if words.pop("prove"):
            from mlp.runner.proofs import Prover  # noqa: PLC0415  # SymPy takes its time

            prover = self.provers.setdefault((seed, timeout), Prover(seed, timeout))
        outcome = judge(target, seed, timeout, prover=prover, **words)
        found = () if outcome.report is None else outcome.report.findings
        if self.memory and any(short_of_memory(f.kind, f.message) for f in found):
            return replace(outcome, verdict="error", report=None, reason=self.too_much())
        if self.memory and outcome.report is None and "MemoryError" in outcome.reason:
            return replace(outcome, reason=self.too_much())
        return outcome

    def too_much(self) -> str:
        """Say that the limit of memory was met."""
        return f"needs more memory than {self.memory:g} GB; allow more with --memory"

    def arguments(self, key: tuple[Any, ...], seed: int, timeout: float) -> tuple[str, ...]:
        """Return the names of the arguments by which a stranger is differentiated."""
        return names_of(self.target(key), seed, timeout)

    def attempt(
        self, key: tuple[Any, ...], timeout: float, seed: int, shapes: Any, sizes: Any
    ) -> Any:
        """Return the proof of a stranger, its verdict and its line."""
        from mlp.runner.proofs import attempt  # noqa: PLC0415  # SymPy takes its time

        return attempt(self.target(key), timeout, seed, shapes, sizes)

    def line(self, word: str, sizes: Mapping[str, int], timeout: float) -> tuple[Any, set[str]]:
        """Return the next line of a page's ledger, None after the last, and the axes so far."""
        key = (word, *sorted(sizes.items()))
        if key not in self.ledgers:
            page = read(word, sizes)
            self.ledgers[key] = page, page.prove()
        page, lines = self.ledgers[key]
        try:
            with deadline(timeout), contextlib.redirect_stdout(None):
                return next(lines, None), page.axes
        except TimeUp:
            why = "here; what follows was not tried. Allow more with --timeout"
            raise TargetError(f"took longer than the timeout of {timeout:g} s {why}") from None

    def equation(self, path: str, line: int) -> list[str]:
        """Return what does not hold in the block that begins at a line of a page."""
        page, block = block_at(path, line)
        good = {verdict for verdict in VERDICTS if holds(verdict)}
        return [str(found) for found in page.lines(block) if found.verdict not in good]

    def program(self, path: str, line: int) -> str | None:
        """Run the block that begins at a line of a page; return what it raised."""
        page, block = block_at(path, line)
        said: str = page.code.printed(block)
        return said if block in page.code.raised else None


def first_gradient(th: Any) -> None:
    """Have ready what torch imports at its first gradient, SymPy above all."""
    with contextlib.suppress(Exception):  # a stranger's file may call itself torch
        x = th.ones(1, requires_grad=True)
        th.autograd.grad(x.clone(), x, th.ones(1))


def described(target: Target, short: str) -> dict[str, Any]:
    """Return what the other side knows of an op."""
    own = ("name", "dtype", "where", "word", "place", "accept", "allowed")
    return {name: getattr(target, name) for name in own} | {
        "short": short,
        "marks": (*target.meant,),
    }


def short_of_memory(kind: str, message: str) -> bool:
    """Tell whether a finding is that memory is used up."""
    return kind == "raised" and "MemoryError" in message.partition("\n")[0]


def read(word: str, sizes: Mapping[str, int]) -> Any:
    """Read a page, or raise ``TargetError``."""
    from mlp.proof.page.ledger import Page  # noqa: PLC0415  # SymPy takes its time

    try:
        return Page.read(word, sizes)
    except (OSError, UnicodeDecodeError) as error:
        why = "not UTF-8: save it as such" if isinstance(error, ValueError) else error.strerror
        raise TargetError(why) from error


@cache
def whole(path: str) -> Any:
    """Read a page once."""
    return read(path, {})


def block_at(path: str, line: int) -> tuple[Any, Any]:
    """Return a page and its block at a line."""
    page = whole(path)
    found = next((block for block in page.blocks if block.line == line), None)
    if found is None:
        raise TargetError(f"{Path(path).name} has changed: no block at line {line}")
    return page, found


def serve(memory: float | None) -> None:
    """Answer questions from stdin on stdout, until the one who asks is gone."""
    questions, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    try:
        os.dup2(2, 1)
    except OSError:  # stderr is closed
        os.dup2(nowhere, 1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the one who asks ends this process
    limit_memory(memory)
    inbox: queue.Queue[bytes] = queue.Queue()
    threading.Thread(target=listen, args=(questions, inbox), daemon=True).start()
    served = Served(memory)
    while True:
        what, words = pickle.loads(inbox.get())  # noqa: S301  # from our own process
        try:
            send(answers, answered(getattr(served, what), words, load=what == "load"))
        except OSError:  # nobody hears it: the pipe is closed, on this side or on the other
            os._exit(1)


def listen(questions: BinaryIO, inbox: "queue.Queue[bytes]") -> None:
    """Pass on questions; at their end, end the process whatever it does."""
    while (question := receive(questions)) is not None:
        inbox.put(question)
    os._exit(0)


def answered(function: Callable[..., Any], words: tuple[Any, ...], *, load: bool = False) -> bytes:
    """Return the answer, or why there is none, as it is sent.

    A stranger's code that spoils what we answer with is refused; a file may patch as it is loaded.
    """
    kept = Intact()
    reply: tuple[str, Any]
    fault: BaseException | None = None
    try:
        reply = "value", function(*words)
    except TargetError as error:
        reply = "refused", refusal(error)
    except BaseException as error:  # noqa: BLE001  # our own fault: guarded takes all of a stranger's
        reply, fault = ("fault", None), error
    spoilt = [kept.modules_back(), "" if load and not fault else kept.names_back()]
    if said := " and ".join(filter(None, spoilt)):
        reply = "refused", refusal(TargetError(f"{said}: mlp checks with it; put it back"))
    elif fault:
        reply = "fault", "".join(traceback.format_exception(fault))
    try:
        sent = pickle.dumps(reply)
        unpickled(sent)
    except Exception:  # noqa: BLE001  # likewise
        sent = pickle.dumps(("fault", traceback.format_exc()))
    return sent


def refusal(error: TargetError) -> tuple[bool, str, str, str]:
    """Return what child.py makes such an error of."""
    cause = error.__cause__
    kind = next((k.__name__ for k in (TypeError, ValueError) if isinstance(cause, k)), "")
    about = said_by(cause) if cause is not None and kind else ""
    return isinstance(error, EmptyError), str(error), kind, about


def limit_memory(gigabytes: float | None) -> None:
    """Bound what this process may allocate, where the system keeps such a limit: on Linux."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource  # noqa: PLC0415  # not on Windows

        there = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        most = there if gigabytes is None else int(gigabytes * GB)
        hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
        if hard != resource.RLIM_INFINITY:
            most = min(most, hard)
        resource.setrlimit(resource.RLIMIT_DATA, (most, hard))
