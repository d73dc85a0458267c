"""Which tests a module answers to: those that its docstring names, or those that mirror its path.

A module without either, such as a helper of several ops, answers to the tests of what imports it.
Tested in tests/test_mutation.py.
"""

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
NAMED = re.compile(r"\btests/[\w/]+(?:\.py)?")
LAWS = (
    "tests/test_op.py",
    "tests/test_laws.py",
    "tests/test_elementwise.py",
    "tests/test_rowwise.py",
    "tests/test_gate.py",
)
"""Tests of every op together, which come after an op's own."""


def mirror(module: str, root: Path = ROOT) -> list[str]:
    """Return the test files and folders, from root, that a module's mutants must not survive."""
    own = named(module, root) or mirrored(module, root) or of_importers(module, root)
    return own + [
        laws
        for laws in LAWS
        if module.startswith(("mlp/ops/", "mlp/shapes.py", "mlp/rows.py")) and laws not in own
    ]


def named(module: str, root: Path) -> list[str]:
    """Return the tests that a module's docstring names."""
    said = ast.get_docstring(ast.parse((root / module).read_text(encoding="utf-8"))) or ""
    return [test for test in dict.fromkeys(NAMED.findall(said)) if (root / test).exists()]


def mirrored(module: str, root: Path) -> list[str]:
    """Return the test file that mirrors the path, else the folder that does."""
    path = Path(module)
    folder = Path("tests", *path.parent.parts[1:])
    beside = [folder / f"test_{path.stem}.py", *[folder] * (folder != Path("tests"))]
    return [str(test) for test in beside if (root / test).exists()][:1]


def of_importers(module: str, root: Path) -> list[str]:
    """Return the tests of the modules that import this one by name."""
    dotted = module.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    users = [user for user, names in imports(root).items() if dotted in names and user != module]
    tests = [test for user in users for test in named(user, root) or mirrored(user, root)]
    return list(dict.fromkeys(tests))


@cache
def imports(root: Path) -> dict[str, set[str]]:
    """Return the modules of the package, each with the dotted names that it imports from."""
    return {
        str(path.relative_to(root)): {
            node.module
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.ImportFrom) and node.module
        }
        for path in sorted((root / "mlp").rglob("*.py"))
    }
