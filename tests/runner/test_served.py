"""What the process of a file answers, asked here without the process."""

import pickle
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from mlp.runner.guard import EmptyError, TargetError
from mlp.runner.served import Served, answered, read, short_of_memory
from mlp.runner.targets import Fault

SAID = None, {}  # of it on the other side
PAGE = """# A page

```python
x = 1 / 0
```

```math
1 = 1
```

```math
1 = 2
```
"""


@pytest.fixture
def page(tmp_path):
    path = tmp_path / "page.md"
    path.write_text(PAGE)
    return str(path)


def raises(error):
    raise error


def test_ops_are_loaded_described_and_judged(tmp_path):
    path = tmp_path / "ops.py"
    path.write_text(
        "def f(x): return 2 * x\ndef f_backward(dO, x): return dO\n"
        "def g_backward(dO, x): return dO\n"
        "def f_example(rng): return (rng.normal(size=3),)\n"
    )
    served = Served(None)
    loaded = (str(path), None, None, (), 60)
    known, fault = served.load(*loaded)
    assert (known["name"], known["short"]) == ("ops.f", "ops")
    assert isinstance(fault, Fault)
    words = {"prove": False, "picture": False}
    assert served.judge((*loaded, 0), SAID, 0, 60, dict(words)).verdict == "wrong"
    assert served.arguments((*loaded, 0), 0, 60) == ("x",)
    for number in (1, 7):
        with pytest.raises(TargetError, match="no more what it was"):
            served.judge((*loaded, number), SAID, 0, 60, dict(words))


def test_what_torch_imports_at_its_first_gradient_is_ready_once_a_file_has_imported_it(
    tmp_path, monkeypatch
):
    path, asked = tmp_path / "ops.py", []
    path.write_text("def f(x): return x\ndef f_backward(dO, x): return dO\n")
    array = SimpleNamespace(clone=lambda: "x")
    torch = SimpleNamespace(
        ones=lambda *_, **__: array, autograd=SimpleNamespace(grad=lambda *of: asked.append(of))
    )
    monkeypatch.setitem(sys.modules, "torch", torch)
    assert Served(None).load(str(path), None, None, (), 60)
    assert asked == [("x", array, array)]
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace())  # a file of that name
    assert Served(None).load(str(path), None, None, (), 60)


def test_a_page_is_answered_line_by_line_and_block_by_block(page):
    served = Served(None)
    lines = []
    while (line := served.line(page, {}, 60)[0]) is not None:
        lines.append(line)
    assert [line.verdict for line in lines] == ["error", "proved", "refused"]
    code, true, false = (block.line for block in read(page, {}).blocks)
    assert served.equation(page, true) == []
    assert len(served.equation(page, false)) == 1
    assert "ZeroDivisionError" in served.program(page, code)
    with pytest.raises(TargetError, match="no block at line 99"):
        served.equation(page, 99)


def test_a_page_that_cannot_be_read_is_one_line(tmp_path):
    with pytest.raises(TargetError, match="No such file"):
        Served(None).line(str(tmp_path / "none.md"), {}, 60)
    (tmp_path / "latin.md").write_bytes(b"\xe9")
    with pytest.raises(TargetError, match="not UTF-8"):
        Served(None).line(str(tmp_path / "latin.md"), {}, 60)


@pytest.mark.parametrize(
    ("function", "kind"),
    [
        (lambda: 7, "value"),
        (lambda: raises(TargetError("why")), "refused"),
        (lambda: raises(EmptyError("none")), "refused"),
        (lambda: raises(KeyError("ours")), "fault"),
        (lambda: lambda: 0, "fault"),  # it cannot be sent
    ],
)
def test_every_answer_can_be_sent(function, kind):
    assert pickle.loads(answered(function, ()))[0] == kind  # noqa: S301  # our own


def spoilt(*, load, error=None):
    """Return the answer to a question in which a stranger replaces np.sign, and what it is then."""

    def function():
        np.sign = abs
        if error:
            raise error

    right = np.sign
    try:
        kind, value = pickle.loads(answered(function, (), load=load))  # noqa: S301  # our own
        return kind, value, np.sign is right
    finally:
        np.sign = right


def test_what_spoils_our_functions_is_refused_and_a_file_may_patch_as_it_is_loaded():
    for load, error in ((False, None), (False, KeyError()), (True, KeyError())):
        kind, value, is_mended = spoilt(load=load, error=error)
        assert (kind, is_mended) == ("refused", True)
        assert value[1].startswith("replaced numpy.sign: ")
    assert spoilt(load=True) == ("value", None, False)


def test_memory_that_is_used_up_is_known_by_its_exception():
    assert short_of_memory("raised", "forward, evaluation 2 raised MemoryError: \n  in f")
    assert short_of_memory("raised", "forward, evaluation 1 raised _ArrayMemoryError: Unable")
    assert not short_of_memory("raised", "forward raised ValueError: no\nMemoryError")
    assert not short_of_memory("mismatch", "MemoryError")
    assert Served(2.0).too_much() == "needs more memory than 2 GB; allow more with --memory"
