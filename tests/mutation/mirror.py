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
CHECKER = ("mlp.gradcheck", "mlp.tangent", "mlp.proof")
LAWS = (
    "tests/test_op.py",
    "tests/test_laws.py",
    "tests/test_elementwise.py",
    "tests/test_rowwise.py",
)
"""Tests of every op together, which come after an op's own."""
PARTS = ("tests/test_parts.py",)
"""Tests of the networks on data in chunks, likewise."""


def mirror(module: str, root: Path = ROOT) -> list[str]:
    """Return the test files and folders, from root, that a module's mutants must not survive."""
    own = named(module, root) or mirrored(module, root) or of_importers(module, root)
    lawful = module.startswith(("mlp/ops/", "mlp/shapes.py", "mlp/signature.py", "mlp/rows.py"))
    networks = module in {"mlp/two_layer.py", "mlp/network.py"}
    return list(dict.fromkeys([*own, *LAWS * lawful, *PARTS * networks]))


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
    name = dotted(module)
    users = [user for user, names in imports(root).items() if name in names and user != module]
    tests = [test for user in users for test in named(user, root) or mirrored(user, root)]
    return list(dict.fromkeys(tests))


def strangers(module: str, root: Path = ROOT) -> list[str]:
    """Return the modules of the checker that do not import a module, nor others that do.

    They can be loaded before it is mutated. The package itself imports what it is asked for.
    """
    users = {dotted(path): names for path, names in imports(root).items()}
    del users["mlp"]
    near, grown = {dotted(module)}, True
    while grown:
        more = {user for user, names in users.items() if names & near} - near
        near, grown = near | more, bool(more)
    return [name for name in users if name.startswith(CHECKER) and name not in near]


def dotted(module: str) -> str:
    """Return the name by which a module is imported."""
    return module.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


@cache
def imports(root: Path) -> dict[str, set[str]]:
    """Return the modules of the package, each with the dotted names that it imports from."""
    return {
        str(path.relative_to(root)): {
            name
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.ImportFrom) and node.module
            for name in (node.module, *(f"{node.module}.{part.name}" for part in node.names))
        }
        for path in sorted((root / "mlp").rglob("*.py"))
    }
