"""Processes for files of strangers, forked from one that has imported all they need.

``child.Child`` starts an interpreter for each file, which imports NumPy, the checker and perhaps
SymPy before it can answer: up to a second of work that hundreds of tests would wait for. Here the
same program runs in a fork of a process that has done so. It is as much on its own: it may die or
never end, and has its own memory, directory, environment, stdin and stdout. Where there is no fork
an interpreter is started after all, as it always is in tests/runner/test_child.py.
"""

import contextlib
import os
import pickle
import signal
import socket
import subprocess
import sys
import types

HAS_FORK = hasattr(os, "fork") and hasattr(socket, "send_fds")
CODE = "import sys; sys.path[:] = {path!r}; import nursery; nursery.tend({link})"
HEAD = 8  # bytes that say how long a wish is


class Nursery:
    """A process that forks others, started when it is first asked."""

    link = None

    def begin(self):
        """Start it."""
        self.link, other = socket.socketpair()
        code = CODE.format(path=sys.path, link=other.fileno())
        options = [f"-W{option}" for option in sys.warnoptions]
        self.process = subprocess.Popen(  # noqa: S603  # our own interpreter and words
            [sys.executable, *options, "-c", code],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=[other.fileno()],
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},  # no other thread where it forks
        )
        other.close()

    def end(self):
        """End it, if it was started."""
        if self.link is not None:
            self.link.close()
            self.process.wait()

    def born(self, command, **_):
        """Return a process that runs ``python ... -c code``, as ``subprocess.Popen`` does."""
        if self.link is None:
            self.begin()
        (asked, asking), (hearing, answering), (told, telling) = (os.pipe() for _ in range(3))
        wish = pickle.dumps((command[-1], os.getcwd(), {**os.environ}))  # noqa: PTH109  # a str
        given = [asked, answering, 2, telling]
        socket.send_fds(self.link, [len(wish).to_bytes(HEAD, "big")], given)
        self.link.sendall(wish)
        for end in (asked, answering, telling):
            os.close(end)
        return Born(asking, hearing, told)


class Born:
    """What ``Child`` asks of a ``subprocess.Popen``."""

    def __init__(self, asking, hearing, told):
        self.stdin = os.fdopen(asking, "wb", 0)
        self.stdout = os.fdopen(hearing, "rb", 0)
        self.told = os.fdopen(told, "r")
        self.pid = int(self.told.readline())
        self.returncode = None

    def kill(self):
        """Kill it, if it was not seen to end."""
        if self.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)

    def wait(self):
        """Return its exit status once it has ended."""
        if self.returncode is None:
            with self.told:
                self.returncode = int(self.told.readline())
        return self.returncode


def tend(link):
    """Import what takes time, then fork for every wish, until nobody is there to have one."""
    from mlp.runner.served import Served

    Served(None).ready(proving=True)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for a keeper
    with socket.socket(fileno=link) as wishes, wishes.makefile("rb") as stream:
        while True:
            size, ends, *_ = socket.recv_fds(wishes, HEAD, 4)
            if not size:
                return
            wish = stream.read(int.from_bytes(size, "big"))
            if os.fork() == 0:
                keep(pickle.loads(wish), *ends)  # noqa: S301  # of our own
            for end in ends:
                os.close(end)


def keep(wish, asked, answering, errors, telling):
    """Fork once more, tell who that is, wait for its end, and tell how it ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    one = os.fork()
    if one == 0:
        os.close(telling)
        live(wish, asked, answering, errors)
    for end in (asked, answering, errors):
        os.close(end)
    os.write(telling, f"{one}\n".encode())
    _, status = os.waitpid(one, 0)
    os.write(telling, f"{os.waitstatus_to_exitcode(status)}\n".encode())
    os._exit(0)


def live(wish, *ends):
    """Run a program between these ends, in its own directory and environment."""
    code, place, environment = wish
    for number, end in enumerate(ends):
        os.dup2(end, number)
        os.close(end)
    os.chdir(place)
    os.environ.clear()
    os.environ.update(environment)
    status = 0
    try:
        exec(code, {"__name__": "__main__"})  # noqa: S102  # Child's own program
    except SystemExit as error:
        status = error.code or 0
    except BaseException:  # noqa: BLE001  # as an interpreter does
        sys.excepthook(*sys.exc_info())
        status = 1
    os._exit(status)


@contextlib.contextmanager
def open_for(module):
    """Let what a module starts by ``subprocess.Popen`` be forked."""
    nursery, before = Nursery(), module.subprocess
    if HAS_FORK:
        module.subprocess = types.SimpleNamespace(Popen=nursery.born, PIPE=subprocess.PIPE)
    try:
        yield
    finally:
        module.subprocess = before
        nursery.end()
