"""However many processes share the ops of a run, what they find is the same."""

import json
import threading
from collections import defaultdict
from dataclasses import dataclass

import pytest

from mlp.cli import main
from mlp.runner import child as other
from mlp.runner.child import Child
from mlp.runner.served import Served
from mlp.runner.sharing import sharing
from mlp.runner.targets import Fault

OPS = """
def right(x): return x
def wrong(x): return x * x
def wrong_backward(dO, x): return dO
right_backward = wrong_backward
def wrong_example(rng): return (rng.normal(size=3),)
right_example = wrong_example
"""


def run(capsys, *words):
    """Return what a run found, and without how long it took."""
    status = main(["verify", *words, "--json"])
    checks = json.loads(capsys.readouterr().out)["checks"]
    for one in checks:
        if one["report"]:
            one["report"].pop("seconds")
    return status, checks


def test_workers_come_to_the_same_outcomes_in_the_same_order(tmp_path, capsys, monkeypatch):
    here = defaultdict(lambda: Served(None))  # what other processes would answer
    lock = threading.Lock()  # here they have one stdout

    def ask(self, what, *words, seconds, keep=False):
        with lock:
            if keep:
                self.told.append((what, words, seconds))
            elif id(self) not in here:
                for question, told, _ in self.told:
                    getattr(here[id(self)], question)(*told)
            return getattr(here[id(self)], what)(*words)

    monkeypatch.setattr(Child, "ask", ask)
    path = tmp_path / "ops.py"
    path.write_text(OPS)
    ops = [f"{path}::right", f"{path}::wrong", "identity"]
    alone = run(capsys, *ops)
    assert (alone[0], [one["verdict"] for one in alone[1][:2]]) == (1, ["correct", "wrong"])
    assert run(capsys, *ops, "--workers", "3") == alone
    assert len(here) >= 3


def test_one_worker_is_what_there_was():
    with sharing([], judge := len, 1) as shared:
        assert shared is judge


def test_what_is_no_stranger_is_judged_here_and_an_error_of_ours_is_raised():
    target = Fault("ops", "not there")
    with sharing([target], lambda one: one.reason, 2) as shared:
        assert shared(target) == "not there"

    def fails(_):
        raise KeyError("ours")

    with pytest.raises(KeyError, match="ours"), sharing([target], fails, 2) as shared:
        shared(target)


def test_a_process_that_has_an_op_in_hand_is_not_ended_for_another(monkeypatch):
    @dataclass
    class Process:
        stdin = stdout = None
        ended: bool = False

    monkeypatch.setattr(Child, "alive", [])
    monkeypatch.setattr(other.subprocess, "Popen", lambda *_, **__: Process())
    monkeypatch.setattr(other, "finish", lambda process: setattr(process, "ended", True))
    monkeypatch.setattr(other, "hand_over", lambda *_: None)
    monkeypatch.setattr(Child, "_answer", lambda *_: None)
    children = [Child() for _ in range(other.MOST + 1)]
    children[0].ask("judge", seconds=1)
    children[0].busy = True
    for child in children[1:]:
        child.ask("judge", seconds=1)
    assert children[0] in Child.alive
    assert [child.process is None for child in children[:2]] == [False, True]
