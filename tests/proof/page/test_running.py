"""The code of a page runs from the top, once, and what it prints or raises is kept."""

from pathlib import Path

import pytest

from mlp.proof.formula.syntax import LatexError
from mlp.proof.page.fences import blocks
from mlp.proof.page.running import RAISED, Code, run

PAGE = """\
```python
x = 1
print("one")
```

```text
one
```

```python
x += 1
```

```math
x = 2
```

```python
1 / 0
```

```text
Traceback (most recent call last):
  ...
ZeroDivisionError: division by zero
```

```python
missing
```

```python
class later:
    y = x
```

```math
a = b
```
"""


@pytest.fixture
def code():
    return Code(Path("p.md"), [*blocks(PAGE)])


def test_all_code_above_a_block_runs_first_and_once(code):
    first, second = code.python[:2]
    assert code.printed(second) == ""
    assert code.printed(first) == "one\n"
    assert code.function("x", [*blocks(PAGE)][3]) == 2


def test_code_that_raises_as_the_page_shows_has_not_failed(code):
    raising, failing = code.python[2:4]
    assert code.printed(raising) == code.shown[raising]
    assert code.printed(failing).startswith(RAISED)
    assert code.raised == [failing]


def test_a_name_is_looked_up_among_what_stands_above(code):
    end = [*blocks(PAGE)][-1]
    assert code.function("later.y", end) == 2
    with pytest.raises(LatexError, match=r"no code above .* missing \(the block at line 29 failed"):
        code.function("missing", end)
    with pytest.raises(LatexError, match=r"later has no z"):
        code.function("later.z", end)
    with pytest.raises(LatexError, match=r"imports later$"):
        code.function("later", [*blocks(PAGE)][3])


def test_an_error_is_told_at_its_line_of_the_page():
    (block,) = blocks("text\n\n```python\nx = (\n```\n")
    assert "SyntaxError" in run(block, Path("p.md"), {})
    assert 'File "p.md", line 4' in run(block, Path("p.md"), {})
