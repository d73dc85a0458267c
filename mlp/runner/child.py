"""A process for a stranger's file, which may die or never end there without harm to ours.

    child = Child()
    strangers(child, "my_layers.py", None, None, 60)       the ops in it, each a Stranger
    child.ask("judge", stranger, seconds=60)               what came of one of them

It is started when it is first asked, and anew after its death, of which a ``TargetError`` tells.
Answers are plain data: of what comes back only our own classes and numbers are unpickled. What is
asked stands in served.py. Tested in tests/runner/test_child.py.
"""

import contextlib
import io
import os
import pickle
import queue
import re
import signal
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

from mlp.op import Accept, Location, Wrt
from mlp.runner.guard import EmptyError, TargetError
from mlp.runner.targets import Fault
from mlp.runner.words import parted

GRACE, START = 3.0, 300.0  # seconds beyond a limit before the process is killed, and to start in
MOST = 4  # processes that wait for a question; one more ends the one that was asked longest ago
PLAIN = {
    *(("builtins", name) for name in ("set", "frozenset", "complex", "slice", "range")),
    *(("fractions", "Fraction"), ("collections", "OrderedDict")),
    *((module, "scalar") for module in ("numpy.core.multiarray", "numpy._core.multiarray")),
    ("numpy", "dtype"),
}
PROGRAM = "import sys; sys.path[:] = {path!r}; from mlp.runner.served import serve; serve({memory})"
FRAMEWORK = re.compile(rb"^[ \t]*(?:import|from)[ \t]+(?:torch|jax|tensorflow)\b", re.MULTILINE)
CAUSES = {"TypeError": TypeError, "ValueError": ValueError}


class ServedError(RuntimeError):
    """Our own code failed in the other process; the text is the traceback there."""


@dataclass
class Child:
    """A process that runs the code of one file, with a limit of memory in GB, or all there is."""

    memory: float | None = None
    proving: bool = False  # whether it has SymPy ready from the start
    told: list[tuple[str, tuple[Any, ...], float]] = field(default_factory=list)  # after a start
    process: "subprocess.Popen[bytes] | None" = None
    busy: bool = False
    alive: ClassVar[list["Child"]] = []
    choosing: ClassVar[threading.RLock] = threading.RLock()  # who is busy, and who is to end

    def ask(self, what: str, *words: Any, seconds: float, keep: bool = False) -> Any:
        """Return the answer to a question; raise ``TargetError`` for whatever befalls the process.

        What is to be kept is asked again when the process has to be started anew.
        """
        with Child.choosing:
            self.busy = True
        try:
            if self.process is None:
                self._start()
            answer = self._answer((what, words), seconds)
        finally:
            self.busy = False
        if keep:
            self.told.append((what, words, seconds))
        return answer

    def another(self) -> "Child":
        """Return one that will know what this one knows."""
        return Child(self.memory, self.proving, [*self.told])

    def end(self) -> None:
        """End the process, if there is one."""
        if self.process is not None:
            self._finish()
            self.process = None
        with Child.choosing:
            Child.alive[:] = [child for child in Child.alive if child is not self]

    def _start(self) -> None:
        code = PROGRAM.format(path=sys.path, memory=self.memory)
        options = [f"-W{option}" for option in sys.warnoptions]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(  # noqa: S603  # our own interpreter and words
            [sys.executable, *options, "-c", code],
            stdin=pipe,
            stdout=pipe,
            bufsize=0,
            start_new_session=True,
        )
        self._finish = weakref.finalize(self, finish, self.process)
        self.replies: queue.Queue[bytes | None] = queue.Queue()
        reading = threading.Thread(
            target=hand_over, args=(self.process.stdout, self.replies), daemon=True
        )
        reading.start()
        with Child.choosing:
            Child.alive.append(self)
            waiting = [child for child in Child.alive if not child.busy]
            if len(Child.alive) > MOST and waiting:
                waiting[0].end()
        self._answer(("ready", (self.proving,)), START)
        for what, words, seconds in self.told:
            self._answer((what, words), seconds)

    def _answer(self, question: Any, seconds: float) -> Any:
        process = self.process
        assert process is not None  # noqa: S101  # it was started
        assert process.stdin is not None  # noqa: S101  # with a pipe
        try:
            with contextlib.suppress(OSError):  # it is dead, which the reply says
                send(process.stdin, pickle.dumps(question))
            reply = self.replies.get(timeout=seconds + GRACE)
        except queue.Empty:
            self.end()
            said = f"took longer than the timeout of {seconds:g} s; allow more"
            raise TargetError(said) from None
        except BaseException:  # Ctrl-C, or the time limit of a test
            self.end()
            raise
        if reply is None:
            with contextlib.suppress(subprocess.TimeoutExpired):  # what it dies of, not what we do
                process.wait(GRACE)
            self.end()
            raise TargetError(f"ended the process that it ran in: {death(process.returncode)}")
        try:
            kind, value = unpickled(reply)
        except ServedError as broken:  # it was read before it was sent
            self.end()
            raise TargetError(f"wrote into what mlp answers there: {broken}") from None
        if kind == "fault":
            raise ServedError(value)
        if kind == "refused":
            empty, said, cause, about = value
            error = (EmptyError if empty else TargetError)(said)
            raise error from (CAUSES[cause](about) if cause else None)
        return value


@dataclass(frozen=True)
class Stranger:
    """An op in a file that runs in a process of its own: what is known of it here."""

    name: str
    dtype: str
    where: str
    word: str  # that names it
    place: Location | None
    short: str  # what stands before the name of an op in this file
    key: tuple[Any, ...]  # the words with which it was loaded, and its number among their ops
    child: Child = field(repr=False, compare=False)
    accept: Accept | None = None
    allowed: str = ""  # why it may stay undecided, if it may
    meant: Mapping[str, Any] = field(default_factory=dict)  # what was said of it here,
    marks: tuple[str, ...] = ()  # and the names of what it says of itself there
    in_arrays: ClassVar[Any] = dict


def strangers(
    child: Child, word: str, shapes: str | None, wrt: Wrt, timeout: float, known: Sequence[str] = ()
) -> list[Stranger | Fault]:
    """Return the ops that a word names, found in a process of their own; see ``targets.find``.

    A framework takes its time to import, which is none of an op's: the limit is longer then.
    """
    limit = max(timeout, START) if names_framework(word) else timeout
    loaded = (word, shapes, wrt, tuple(known), limit)
    found = child.ask("load", *loaded, seconds=limit, keep=True)
    return [
        one if isinstance(one, Fault) else Stranger(**one, key=(*loaded, number), child=child)
        for number, one in enumerate(found)
    ]


def names_framework(word: str) -> bool:
    """Tell whether the file that a word names imports a framework by its name."""
    path = Path(parted(word)[0])
    return path.is_file() and bool(FRAMEWORK.search(path.read_bytes()))  # a pipe has no end


def home_of(word: str, children: dict[str, Child], make: Callable[[], Child]) -> Child:
    """Return the process of the file or module in which a word names ops, or make one."""
    place = os.path.normpath(parted(word)[0])
    return children.setdefault(place, make())


def hand_over(stream: BinaryIO, replies: "queue.Queue[bytes | None]") -> None:
    """Pass on each reply as it comes, and None at the end of them; then close the stream.

    Nobody else closes it: a number that is free again may be that of the next child's pipe, and a
    thread that still reads from it would take that child's reply.
    """
    reply: bytes | None = b""
    with stream:
        while reply is not None:
            try:
                reply = receive(stream)
            except OSError:
                reply = None
            replies.put(reply)


def send(stream: Any, content: bytes) -> None:
    """Write so many bytes, after their number."""
    left = memoryview(len(content).to_bytes(8, "big") + content)
    while left:
        left = left[stream.write(left) :]
    stream.flush()


def receive(stream: BinaryIO) -> bytes | None:
    """Read what was sent, or None where nothing more will come."""
    head = exactly(stream, 8)
    return None if head is None else exactly(stream, int.from_bytes(head, "big"))


def exactly(stream: BinaryIO, count: int) -> bytes | None:
    """Read so many bytes, or None where there are fewer."""
    parts = bytearray()
    while len(parts) < count:
        part = stream.read(min(count - len(parts), 1 << 20))
        if not part:
            return None
        parts += part
    return bytes(parts)


def finish(process: "subprocess.Popen[bytes]") -> None:
    """Kill a process and its forks, and leave nothing: who reads its replies closes their pipe."""
    with contextlib.suppress(OSError, AttributeError):  # a system without groups
        os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.wait()
    with contextlib.suppress(OSError, AttributeError):
        process.stdin.close()  # type: ignore[union-attr]  # see suppress


def death(status: int) -> str:
    """Say in words what a process died of."""
    if status >= 0:
        return f"exit status {status}"
    with contextlib.suppress(ValueError):
        return f"signal {-status}, {signal.Signals(-status).name}"
    return f"signal {-status}"


class Unpickler(pickle.Unpickler):
    """Reads our own classes and numbers, and nothing else that might be in a stranger's pickle."""

    def find_class(self, module: str, name: str) -> Any:
        """Return a class of ours, or refuse."""
        ours = module.partition(".")[0] == "mlp"
        if not ours and (module, name) not in PLAIN:
            raise pickle.UnpicklingError(f"{module}.{name} is no plain data")
        found: Callable[..., Any] = super().find_class(module, name)
        if ours and not isinstance(found, type):
            raise pickle.UnpicklingError(f"{module}.{name} is no class")
        return found


def unpickled(content: bytes) -> Any:
    """Return plain data; raise ``ServedError`` for anything else."""
    try:
        return Unpickler(io.BytesIO(content)).load()  # see Unpickler
    except Exception as error:
        raise ServedError(f"its answer cannot be read: {error}") from error
