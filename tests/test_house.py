"""The law of the house. What looks for a breach is seen to find one."""

import ast
import doctest
import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
from functools import cache
from graphlib import CycleError, TopologicalSorter
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from pages import ROOT

import mlp
from mlp import network, two_layer
from mlp.ops import OPS, affine, cross_entropy
from mlp.shapes import Labels
from mlp.signature import match, parse

every_op = pytest.mark.parametrize("op", [*OPS, two_layer], ids=lambda op: op.__name__)


def names_of_modules():
    """Return the name of every module of the package."""
    found = pkgutil.walk_packages(mlp.__path__, "mlp.")
    return ["mlp", *(module.name for module in found if module.name != "mlp.__main__")]


every_module = pytest.mark.parametrize("name", names_of_modules())


@cache
def source_of(name):
    """Return the source of a module of the package."""
    return inspect.getsource(importlib.import_module(name))


def sources_of_all():
    """Return the source of every module, by its name."""
    return {name: source_of(name) for name in names_of_modules()}


@cache
def parsed(source):
    return ast.parse(source)


@cache
def imports_in(source):
    """Return the statements that import, anywhere in a source."""
    return [n for n in ast.walk(parsed(source)) if isinstance(n, ast.Import | ast.ImportFrom)]


# an op is a module with forward, backward and example, a page and a test


def test_ops_are_all_there_is_in_their_room():
    modules = {name for name in names_of_modules() if re.match(r"mlp\.ops\.[^_]", name)}
    assert {op.__name__ for op in OPS} == modules
    assert len(OPS) == len(modules)


def faults_of_paths(name, page, test):
    """List what is missing of the page and the test that an op names."""
    if test != f"tests/test_{name}.py":
        yield f"{test} is not its test"
    yield from (f"no {path}" for path in (page, test) if not (ROOT / path).is_file())
    said = (ROOT / page).read_text(encoding="utf-8") if (ROOT / page).is_file() else ""
    if said and not re.search(rf"`(mlp/(ops/)?)?{name}(\.py)?`", said):
        yield f"{page} does not name it"


def faults_of_text(name, text):
    """List what the docstring of an op lacks: title, legend, tangent, backward, where."""
    lines = text.splitlines()
    if len(lines) > 15:
        yield f"{len(lines)} lines"
    if not re.fullmatch(r"\S.+:  \S.+\.", lines[0]):
        yield "no title with a formula"
    if not re.search(r"^    \w+ +: \(.*\)  \S", text, re.MULTILINE):
        yield "no legend with shapes"
    for line in ("tangent", "backward"):
        if name != "two_layer" and not re.search(rf"^    {line} +\S", text, re.MULTILINE):
            yield f"no line {line}"
    said = re.search(r"^Derived in (derivations/\S+\.md), tested in (\S+)\.$", text, re.MULTILINE)
    if not said:
        return (yield "does not say where it is derived and tested")
    yield from faults_of_paths(name, *said.groups())


@every_op
def test_the_docstring_of_an_op_is_its_legend(op):
    assert [*faults_of_text(op.__name__.rpartition(".")[2], op.__doc__)] == []


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ("made of:  O", "made of: O", "no title with a formula"),
        ("    tangent     Ȯ", "    Ȯ", "no line tangent"),
        ("    backward    dX", "    dX", "no line backward"),
        (" : (", " (", "no legend with shapes"),
        (", tested in", " and tested in", "does not say where it is derived and tested"),
        ("test_affine", "test_afine", "tests/test_afine.py is not its test"),
        ("02-affine", "02-afine", "no derivations/02-afine.md"),
        ("02-affine", "04-softmax", "derivations/04-softmax.md does not name it"),
        ("\n\n", "\n\n\n\n\n", f"{len(affine.__doc__.splitlines()) + 12} lines"),
    ],
)
def test_a_docstring_of_another_form_is_found(before, after, fault):
    text = affine.__doc__.replace(before, after)
    assert fault in [*faults_of_text("affine", text)]


def faults_of_shapes(op):
    """List where an op at its example contradicts the signatures of its forward and backward."""
    point = op.example(np.random.default_rng(0))
    output = op.forward(*point)
    cotangent = np.ones_like(output)
    wanted, made = parse(op.forward.shapes)
    taken, returned = parse(op.backward.shapes)
    if taken != (*made, *wanted):
        yield "backward must take the cotangent and then every argument of forward"
    names = [*inspect.signature(op.forward).parameters.values()]
    if [*inspect.signature(op.backward).parameters.values()][1:] != names:
        yield "backward must name its arguments as forward does"
    constant = [
        Labels == a.annotation or Labels in getattr(a.annotation, "__args__", ()) for a in names
    ]
    wrt = getattr(op, "WRT", [i for i in range(len(wanted)) if not constant[i]])
    if returned != tuple(wanted[i] for i in wrt):
        yield "backward must return a cotangent of the shape of each differentiable argument"
    gradients = op.backward(cotangent, *point)
    results = gradients if isinstance(gradients, tuple) else (gradients,)
    if len(results) != len(returned):
        yield f"backward returns {len(results)} arrays, not {len(returned)}"
    known = {}
    for group, a in zip((*wanted, *made, *returned), (*point, output, *results), strict=False):
        found = [f for axes in group if (f := match(axes, np.shape(a), known)) is not None]
        if not found:
            yield f"{np.shape(a)} is not {group}"
        known.update(*found[:1])


@every_op
def test_signatures_say_which_shapes_come_and_go(op):
    assert [*faults_of_shapes(op)] == []


def with_signature(function, signature):
    """Return a function that claims other shapes than it has."""

    def claims(*args):
        return function(*args)

    claims.shapes = signature
    claims.__signature__ = inspect.signature(function)
    return claims


@pytest.mark.parametrize(
    ("forward", "backward", "fault"),
    [
        ("(n,d),(d,m),(m)->(n,d)", "(n,d),(n,d),(d,m),(m)->(n,d),(d,m),(m)", "(3, 2) is not"),
        ("(n,d),(d,m),(m)->(n,m)", "(n,d),(n,d),(d,m),(m)->(n,d),(d,m),(m)", "must take the cotan"),
        ("(n,d),(d,m),(m)->(n,m)", "(n,m),(n,d),(d,m),(m)->(n,d),(m,d),(m)", "must return a cotan"),
        ("(n,d),(d,m),(m)->(n,m)", "(n,m),(n,d),(d,m),(m)->(n,d),(d,m)", "returns 3 arrays, not 2"),
    ],
)
def test_a_signature_that_lies_is_found(forward, backward, fault):
    liar = SimpleNamespace(
        forward=with_signature(affine.forward, forward),
        backward=with_signature(affine.backward, backward),
        example=affine.example,
    )
    assert fault in "\n".join(faults_of_shapes(liar))


def test_a_backward_with_other_names_is_found():
    def backward(dO, A, B, c):
        return affine.backward(dO, A, B, c)

    backward.shapes = affine.backward.shapes
    liar = SimpleNamespace(forward=affine.forward, backward=backward, example=affine.example)
    assert [*faults_of_shapes(liar)] == ["backward must name its arguments as forward does"]


# a module of the checker has a test of its name


def untested(names):
    """List the tests of modules of checker and prover that are not there."""
    found = [
        re.fullmatch(r"mlp\.((?:gradcheck|proof|runner|tangent)[\w.]*)\.(\w+)", n) for n in names
    ]
    inside = [(m[1].replace(".", "/"), m[2]) for m in found if m]
    modules = [(room, name) for room, name in inside if not (ROOT / "mlp" / room / name).is_dir()]
    paths = [f"tests/{room}/test_{name}.py" for room, name in modules]
    return [path for path in paths if not (ROOT / path).is_file()]


def test_every_module_of_the_checker_has_its_test():
    assert {"mlp.gradcheck.numbers.slope", "mlp.proof.real.decide"} <= {*names_of_modules()}
    assert untested(names_of_modules()) == []


def test_a_module_without_a_test_is_found():
    names = ["mlp.gradcheck", "mlp.gradcheck.problem", "mlp.gradcheck.oracle", "mlp.ops.oracle"]
    assert untested(names) == ["tests/gradcheck/test_oracle.py"]
    names = ["mlp.proof.real", "mlp.proof.real.oracle", "mlp.proof.real.decide"]
    assert untested(names) == ["tests/proof/real/test_oracle.py"]


# what a docstring names is there, and its examples run


def missing_paths(text):
    """List the files of the project that a text names but that are not there."""
    named = re.findall(r"(?<![\w/])(?:derivations|tests|mlp)/[\w/.-]*[\w/]", text)
    return [path for path in named if not (ROOT / path).exists()]


@every_module
def test_files_that_a_module_names_are_there(name):
    assert importlib.import_module(name).__doc__
    assert missing_paths(source_of(name)) == []


def test_a_file_that_is_not_there_is_found():
    assert missing_paths("See tests/test_house.py, tests/x.py, derivations/99.md.") == [
        "tests/x.py",
        "derivations/99.md",
    ]


def examples(module):
    """Return the docstring examples of a module and of what it defines, decorated or not."""
    finder = doctest.DocTestFinder(exclude_empty=True)
    things = [
        thing
        for thing in vars(module).values()
        if (inspect.isfunction(thing) or inspect.isclass(thing))
        and thing.__module__ == module.__name__
    ]
    found = [
        test
        for thing in things
        for test in finder.find(thing, f"{module.__name__}.{thing.__name__}", globs={})
    ]
    itself = {module.__name__.rpartition(".")[2]: module}  # an op's own example is one line
    found += doctest.DocTestFinder(recurse=False).find(module, globs=itself)
    for test in found:
        test.globs["__name__"] = "__main__"
    return [test for test in found if test.examples and not missing_packages(test)]


def missing_packages(test):
    """Return what the examples of a docstring import but is not there: they run in make peers."""
    source = "".join(example.source for example in test.examples)
    named = re.findall(r"^(?:import|from) (\w+)", source, re.MULTILINE)
    return [package for package in named if find_spec(package) is None]


def failures(test):
    """Run the examples of one docstring; return what is said about those that fail."""
    said = []
    doctest.DocTestRunner(verbose=False).run(test, out=said.append)
    return "".join(said)


@every_module
def test_the_examples_in_docstrings_print_what_they_show(name):
    assert [failures(test) for test in examples(importlib.import_module(name))] == [
        "" for _ in examples(importlib.import_module(name))
    ]


def public_tools():
    """Return the functions and classes that the contents page offers, with those of its modules."""
    things = [getattr(mlp, name) for name in mlp.__all__]
    inner = [
        getattr(t, n) for t in things if inspect.ismodule(t) for n in getattr(t, "__all__", ())
    ]
    inner += [mlp.Report.to_dict, mlp.Report.to_json, mlp.Report.to_html, mlp.Report.plot]
    tools = [t for t in (*things, *inner) if inspect.isfunction(t) or inspect.isclass(t)]
    return [*{id(tool): tool for tool in tools}.values()]


def faults_of_tool(tool):
    """List what the docstring of a tool lacks: arguments, what it returns, an example."""
    text = inspect.getdoc(tool) or ""
    if "\nExamples\n--------\n" not in text or ">>> " not in text:
        yield "no example"
    inherited = inspect.isclass(tool) and "__init__" not in vars(tool)  # as most exceptions do
    given = () if inherited else inspect.signature(tool).parameters.values()
    stars = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}
    for p in given:
        if p.name == "self":
            continue
        name = f"{stars.get(p.kind, '')}{p.name}"
        end = (
            "( : .*)?$" if p.kind in stars else r"(, \S+)* : \S"
        )  # what stars take may be anything
        if not re.search(rf"^(\S+, )*{re.escape(name)}{end}", text, re.MULTILINE):
            yield f"no {name}"
    returns = inspect.isfunction(tool) and inspect.signature(tool).return_annotation is not None
    if returns and not re.search(r"^(Returns|Yields)\n---", text, re.MULTILINE):
        yield "does not say what it returns"


@pytest.mark.parametrize("tool", public_tools(), ids=lambda t: f"{t.__module__}.{t.__qualname__}")
def test_a_public_tool_says_what_it_takes_and_returns_and_shows_an_example(tool):
    assert [*faults_of_tool(tool)] == []


def test_a_tool_that_says_nothing_is_found():
    def bare(x, *others):
        """Return x."""
        return x, others

    assert [*faults_of_tool(bare)] == [
        "no example",
        "no x",
        "no *others",
        "does not say what it returns",
    ]
    assert mlp.check in public_tools()


@every_op
def test_an_op_shows_an_example(op):
    assert any(test.name == op.__name__ for test in examples(op)) or op is two_layer


def test_a_public_tool_has_an_example():
    tools = [
        thing
        for name in names_of_modules()
        for thing in vars(importlib.import_module(name)).values()
        if inspect.isfunction(thing) and "\nParameters\n---" in (inspect.getdoc(thing) or "")
    ]
    assert two_layer.value_and_grad in tools
    assert [f"{t.__module__}.{t.__name__}" for t in tools if ">>> " not in t.__doc__] == []


def test_an_example_behind_a_decorator_is_seen_and_a_wrong_one_fails():
    (right,) = (test for test in examples(two_layer) if test.name.endswith(".value_and_grad"))
    assert failures(right) == ""
    right.examples[-1].want = "0.5\n"
    assert "Expected:\n    0.5\nGot:\n    0.220095" in failures(right)


# the contents page: lazy, and the same for a type checker


def test_the_contents_page_is_the_one_that_type_checkers_read():
    page = Path(mlp.__file__).with_suffix(".pyi").read_text(encoding="utf-8")
    named = {
        (node.module, alias.asname)
        for node in imports_in(page)
        for alias in node.names
        if alias.name == alias.asname  # `import x as x` is what makes a name public
    }
    assert named == {(home, name) for name, home in mlp._HOME.items()}  # noqa: SLF001  # from it
    assert ("mlp.ops", "affine") in named
    assert len(named) == page.count("import ")


def test_every_public_name_is_what_it_says():
    for name in mlp.__all__:
        thing = getattr(mlp, name)
        assert thing.__name__.rpartition(".")[2] == name
    for op in OPS:
        assert getattr(mlp, op.__name__.rpartition(".")[2]) is op


def heavy_imports(code):
    """Return the heavy packages that a fresh interpreter has imported after this code."""
    heavy = "{'numpy', 'scipy', 'sympy', 'tqdm', 'mlp.shapes'}"
    run = subprocess.run(  # noqa: S603  # the code is ours
        [sys.executable, "-c", f"{code}; import sys; print(*{heavy} & {{*sys.modules}})"],
        capture_output=True,
        text=True,
        check=True,
    )
    return {*run.stdout.split()}


def test_importing_the_package_imports_nothing_else():
    assert heavy_imports("import mlp") == set()
    assert {"numpy", "mlp.shapes"} <= heavy_imports("import mlp; mlp.affine")


# imports run one way

ROOMS = {  # which rooms a room may import from, beside itself
    "plain": [],
    "files": [],
    "inputs": [],
    "signature": ["inputs"],
    "shapes": ["inputs", "signature"],
    "op": ["shapes"],
    "rows": ["shapes"],
    "ops": ["inputs", "op", "rows", "shapes", "signature"],
    "curvature": ["inputs", "op", "ops", "rows", "shapes"],
    "parts": ["inputs", "shapes", "tree"],
    "two_layer": ["curvature", "inputs", "ops", "parts", "rows", "shapes"],
    "network": ["inputs", "ops", "parts", "shapes"],
    "initialise": ["inputs", "shapes"],
    "answers": ["inputs", "parts", "shapes", "tree"],
    "descent": ["answers", "inputs", "parts", "rows", "shapes", "tree"],
    "datasets": ["inputs", "shapes"],
    "tree": [],
    "standins": [],
    "tangent": ["standins", "tree"],
    "verdict": [],
    "gradcheck": ["op", "plain", "tangent", "tree", "verdict"],
    "proof": ["files", "op", "shapes", "signature", "standins", "tree", "verdict"],
    "adapters": ["gradcheck", "op", "tangent", "tree"],
    "vectors": ["shapes"],
    "measurement": ["shapes", "vectors"],
    "conformance": ["measurement", "vectors"],
    "runner": [
        *("adapters", "datasets", "gradcheck", "initialise", "inputs", "op", "ops"),
        *("plain", "proof", "signature", "tree", "two_layer", "verdict"),
    ],
    "command": [
        *("conformance", "datasets", "descent", "files", "gradcheck", "initialise"),
        *("measurement", "op", "ops", "plain", "proof", "runner", "shapes", "signature"),
        *("two_layer", "vectors", "verdict"),
    ],
    "strategies": ["inputs", "op", "runner", "shapes"],
    "testing_points": ["gradcheck", "inputs", "op", "runner", "strategies"],
    "testing": ["gradcheck", "inputs", "op", "runner", "testing_points", "verdict"],
    "pytest_pages": ["proof", "runner"],
    "pytest_gradcheck": ["adapters", "gradcheck", "op", "runner", "testing", "verdict"],
    "pytest_items": ["pytest_gradcheck", "pytest_pages", "runner", "testing"],
    "pytest_summary": ["files", "runner"],
    "pytest_plugin": ["pytest_gradcheck", "pytest_items", "pytest_summary"],
    "cli": ["command", "files", "gradcheck", "plain", "proof", "runner", "verdict", ""],
    "": [
        *("adapters", "conformance", "datasets", "descent", "gradcheck", "initialise", "network"),
        *("ops", "proof", "shapes", "strategies", "testing", "two_layer", "vectors"),
    ],
}


def imported_rooms(name, source):
    """Return the rooms that a module imports from, anywhere in it; "" is the contents page."""
    package = re.match(r"mlp\.?(\w*)", name)[1]
    rooms = set()
    for node in imports_in(source):
        if isinstance(node, ast.Import):
            places = [alias.name for alias in node.names]
        else:
            assert node.level == 0, f"{name}: write out the module"
            below = node.module == "mlp"
            places = [f"mlp.{alias.name}" if below else node.module for alias in node.names]
        rooms |= {re.match(r"mlp\.?(\w*)", p)[1] for p in places if re.match(r"mlp\b", p)}
    return rooms - {package}


@every_module
def test_imports_run_one_way(name):
    room = re.match(r"mlp\.?(\w*)", name)[1]
    assert imported_rooms(name, source_of(name)) <= {*ROOMS[room]}


def test_the_rooms_are_in_no_circle_and_checker_and_ops_know_nothing_of_each_other():
    order = [*TopologicalSorter(ROOMS).static_order()]
    assert order.index("shapes") < order.index("ops") < order.index("two_layer")

    def reachable(room):
        return {room}.union(*map(reachable, ROOMS[room]))

    known = reachable("ops") | reachable("two_layer") | reachable("network")
    assert not {"gradcheck", "proof"} & known
    low = {"inputs", "op", "shapes", "signature", "standins", "tree", "verdict"}
    assert reachable("gradcheck") == {"gradcheck", "plain", "tangent", *low}
    assert reachable("proof") == {"files", "proof", *low}


def test_an_import_the_wrong_way_is_found_wherever_it_hides():
    hidden = "def f():\n    if f:\n        from mlp.ops import relu\n"
    assert imported_rooms("mlp.gradcheck.probe", hidden) == {"ops"}
    assert imported_rooms("mlp.gradcheck.probe", "import mlp.ops.relu") == {"ops"}
    assert imported_rooms("mlp.gradcheck.probe", "from mlp import ops") == {"ops"}
    assert imported_rooms("mlp.ops.relu", "import mlp") == {""}
    assert imported_rooms("mlp.ops.relu", "from mlp.ops import affine\nimport numpy") == set()


def imported_modules(source, modules):
    """Return those of some modules that a source imports, anywhere in it."""
    named = set()
    for node in imports_in(source):
        if isinstance(node, ast.Import):
            named |= {alias.name for alias in node.names}
        else:  # what it takes is a module itself, or inside one
            inner = [f"{node.module}.{alias.name}" for alias in node.names]
            named |= {name if name in modules else node.module for name in inner}
    return named & {*modules}


def circle(sources):
    """Return modules that import each other in a circle, given the source of each; none if none."""
    imports = {name: imported_modules(source, sources) for name, source in sources.items()}
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as found:
        return found.args[1]
    return []


def test_no_module_imports_itself_by_way_of_others():
    assert circle(sources_of_all()) == []


def test_a_circle_is_found_inside_a_folder_and_inside_a_function():
    sources = {
        "mlp.room": "from mlp.room.a import f",  # a contents page is in no circle with its contents
        "mlp.room.a": "from mlp.room import b\nimport numpy",
        "mlp.room.b": "import mlp.room.c",
        "mlp.room.c": "def f():\n    from mlp.room.b import g",
    }
    assert {*circle(sources)} == {"mlp.room.b", "mlp.room.c"}
    assert circle(sources | {"mlp.room.c": "from numpy import array"}) == []
    assert circle(sources | {"mlp.room.c": "from mlp.room import f"}) != []  # by its name it is


def leaning_on_the_face(sources):
    """List the modules that import from the command line, which is a face and not a floor."""
    rooms = {name: re.match(r"mlp\.?(\w*)", name)[1] for name in sources}
    return [
        name
        for name, source in sources.items()
        if rooms[name] not in {"command", "cli", "__main__"}
        and {"command", "cli"} & imported_rooms(name, source)
    ]


def test_nothing_in_the_library_imports_the_command_line():
    assert leaning_on_the_face(sources_of_all()) == []


def test_a_module_that_leans_on_the_command_line_is_found():
    lazy = "def f():\n    from mlp.command.console import paint\n"
    outside = ("mlp.runner.verdicts", "mlp.pytest_summary", "mlp")
    inside = ("mlp.command.html", "mlp.cli", "mlp.__main__")
    assert leaning_on_the_face(dict.fromkeys((*outside, *inside), lazy)) == [*outside]
    assert leaning_on_the_face({"mlp.testing": "import mlp.cli"}) == ["mlp.testing"]


def drawn_rooms(text):
    """Return the imports that the page on the house draws."""
    lines = re.findall(r"^(\w+) +<-(.*)$", text, re.MULTILINE)
    return {room: others.split() for room, others in lines}


def test_the_page_on_the_house_draws_the_imports_there_are():
    text = (ROOT / "derivations/guide/house.md").read_text(encoding="utf-8")
    drawn = drawn_rooms(text)
    assert {room: sorted(ROOMS[room]) for room in drawn} == drawn
    assert {"ops", "gradcheck", "proof", "tangent", "runner", "command"} <= {*drawn}
    assert len(text.splitlines()) <= 80
    assert missing_paths(text) == []
    named = re.findall(r"`([a-z]+/[a-z_/]+\.py)`", text)
    homes = ("mlp", "mlp/gradcheck", "mlp/proof")
    assert [n for n in named if not any((ROOT / h / n).is_file() for h in ("", *homes))] == []
    assert drawn_rooms("ops  <- rows shapes\n") == {"ops": ["rows", "shapes"]}


# one word, one thing


def names_twice(sources):
    """Return the public classes and aliases that two modules define, with those modules."""
    homes = {}
    for module, source in sources.items():
        for node in parsed(source).body:
            name = node.name if isinstance(node, ast.ClassDef) else ""
            if isinstance(node, ast.AnnAssign) and ast.unparse(node.annotation) == "TypeAlias":
                name = node.target.id
            if name and not name.startswith("_"):
                homes.setdefault(name, []).append(module)
    return {name: modules for name, modules in homes.items() if len(modules) > 1}


def test_no_class_has_the_name_of_another():
    assert names_twice(sources_of_all()) == {}


def test_a_name_that_two_modules_give_is_found():
    twice = {"a": "class Seen: ...", "b": "Seen: TypeAlias = int", "c": "class _Seen: ..."}
    assert names_twice(twice) == {"Seen": ["a", "b"]}


# the table in the README


def row(op):
    """Return the row of the README's table for an op, made from its docstring."""
    name = op.__name__.rpartition(".")[2]
    title = op.__doc__.partition("\n")[0].partition(":  ")[2]
    formula = re.sub(r", elementwise.*", "", title).removesuffix(".").replace("|", r"\|")
    page, test = re.search(
        r"Derived in (\S+), tested in (\S+)\.$", op.__doc__, re.MULTILINE
    ).groups()
    module = op.__name__.replace(".", "/") + ".py"
    return (
        f"| `{name}` | {formula} | [{page[12:14]}]({page}) | [{name}.py]({module}) "
        f"| [{test.removeprefix('tests/')}]({test}) |"
    )


def test_the_table_in_the_readme_is_the_ops_in_their_order():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    table = re.search(r"\| op \| formula .*?\n((?:\|.*\n)*)", readme)[1].splitlines()
    assert table[1:] == [row(op) for op in (*OPS, two_layer, network)]


def test_the_commands_in_the_guide_are_those_of_the_makefile():
    page, makefile = (
        (ROOT / name).read_text(encoding="utf-8")
        for name in ("derivations/guide/development.md", "Makefile")
    )
    targets = re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE)
    assert re.findall(r"^\| `make ([a-z-]+)` \|", page, re.MULTILINE) == targets[1:]
    assert targets[0] == "help"
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)[1]
    assert phony.split() == targets


def test_loss_targets_are_constants_of_every_op():
    assert cross_entropy.WRT == (0,)
    taking_targets = [op for op in OPS if {"y", "Y"} & {*inspect.signature(op.forward).parameters}]
    assert {op.WRT for op in taking_targets} == {(0,)}


def test_no_page_uses_a_command_that_github_does_not_allow():
    """github/markup#1688: it shows them in red."""
    for page in Path(__file__).parents[1].glob("derivations/*.md"):
        text = page.read_text(encoding="utf-8")
        assert not re.findall(r"\\(?:operatorname|mbox|phantom)\b", text), page.name
