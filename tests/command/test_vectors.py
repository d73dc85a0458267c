import json
import zipfile

import numpy as np
import pytest

from mlp import vectors
from mlp.cli import main
from mlp.ops import gelu, softmax


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    place = tmp_path_factory.mktemp("files") / "new" / "vectors"
    assert main(["vectors", "--out", str(place)]) == 0
    return place


def answered(written, place, op, change):
    """Write the cases of an op as answers, after a change of each."""
    cases = json.loads((written / "vectors.json").read_text())["cases"]
    kept = [case for case in cases if case["op"] == op]
    for case in kept:
        change(case)
    place.write_text(json.dumps({"cases": kept}))
    return str(place)


def test_files_hold_every_case_and_say_what_they_hold(written, capsys):
    main(["vectors", "--out", str(written)])
    assert capsys.readouterr().out.split() == [
        str(written / name) for name in ("vectors.json", "vectors.npz", "README.md")
    ]
    found = json.loads((written / "vectors.json").read_text())
    assert found["schema"] == vectors.SCHEMA
    assert vectors.SCHEMA in (written / "README.md").read_text()
    number = sum(len(vectors.cases(op)) for op in vectors.battery())
    assert len(found["cases"]) == number
    with np.load(written / "vectors.npz") as arrays:
        forward = [name for name in arrays.files if name.endswith("/forward")]
        assert len(forward) == 2 * number - sum(
            1 for c in found["cases"] if "forward_terms" not in c
        )


def test_every_key_of_a_case_is_explained(written):
    readme = (written / "README.md").read_text()
    for case in json.loads((written / "vectors.json").read_text())["cases"]:
        assert all(f"`{key}`" in readme for key in case)


def test_json_and_arrays_are_the_same_to_the_last_bit(written):
    with np.load(written / "vectors.npz") as arrays:
        for op in vectors.battery():
            for case in vectors.cases(op):
                for name, a in {**case.arguments, **case.answers}.items():
                    kept = arrays[f"{case.key}/{name}"]
                    assert kept.dtype == a.dtype
                    assert kept.tobytes() == a.tobytes()


@pytest.mark.parametrize("name", ["vectors.json", "vectors.npz"])
def test_the_right_answers_conform(written, name, capsys):
    assert main(["conformance", str(written / name)]) == 0
    printed = capsys.readouterr().out
    assert printed.count(" conforms: errors in ULPs") == len(vectors.battery())


def test_answers_of_another_program_are_measured(written, tmp_path, capsys):
    def textbook(case):
        Z = np.array(case["arguments"]["Z"], case["dtype"])
        E = np.exp(Z - Z.max(axis=1, keepdims=True))
        case["forward"] = (E / E.sum(axis=1, keepdims=True)).astype(float).tolist()
        del case["backward"], case["arguments"]

    path = answered(written, tmp_path / "answers.json", "softmax", textbook)
    assert main(["conformance", path]) == 1
    printed = capsys.readouterr().out
    assert printed.startswith("softmax does not conform: ")
    assert "backward" not in printed
    assert "float64 forward, one far above: at [" in printed
    assert main(["conformance", "--limit", "100", path]) == 0
    capsys.readouterr()
    assert main(["conformance", "--json", path]) == 1
    (found,) = json.loads(capsys.readouterr().out)
    assert (found["op"], found["conforms"]) == ("softmax", False)


def test_arrays_answer_as_well(tmp_path, capsys):
    for name, function, status in (("right", gelu.forward, 0), ("wrong", np.abs, 1)):
        np.savez(
            tmp_path / f"{name}.npz",
            **{
                f"{c.key}/forward": function(c.arguments["Z"])
                for c in vectors.cases("gelu", ["float32"])
            },
        )
        assert main(["conformance", str(tmp_path / f"{name}.npz")]) == status
        assert "float64" not in capsys.readouterr().out


def test_numbers_may_be_hexadecimal_text_and_infinite_ones_too(written, tmp_path, capsys):
    def hexadecimal(case):
        case["forward"] = [[x.hex() for x in row] for row in case["forward"]]
        case["backward"]["Z"] = [["inf" for _ in row] for row in case["backward"]["Z"]]

    path = answered(written, tmp_path / "answers.json", "softmax", hexadecimal)
    assert main(["conformance", path]) == 1
    printed = capsys.readouterr().out
    assert "float64 backward/Z, ordinary: at [0, 0] inf for " in printed
    assert "forward, " not in printed


def test_a_case_left_out_and_a_ragged_answer_are_one_clear_line(written, tmp_path, capsys):
    def spoil(case):
        if case["case"] == "ties":
            del case["forward"], case["backward"]
        if case["case"] == "one row":
            case["forward"] = [[1.0], [2.0, 3.0]]

    path = answered(written, tmp_path / "answers.json", "softmax", spoil)
    assert main(["conformance", path]) == 1
    printed = capsys.readouterr().out
    assert "float64 forward, ties: is not answered" in printed
    assert main(["conformance", "--json", path]) == 1
    faults = {m["fault"] for m in json.loads(capsys.readouterr().out)[0]["measurements"]}
    assert faults == {"", "is not answered", "must hold numbers, in rows of one length"}


def answer(*, again=False, **results):
    """Return a file of one answer, or of the same one twice, as text."""
    names = {"op": '"softmax"', "case": '"ties"', "dtype": '"float64"'} | results
    case = ", ".join(f'"{name}": {text}' for name, text in names.items())
    return f'{{"cases": [{", ".join([f"{{{case}}}"] * (1 + again))}]}}'


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{", "cannot be read: Expecting"),
        ("[]", "must hold cases with op, case and dtype, as in mlp-vectors/1, but is []"),
        ('{"cases": [{"op": "softmax"}]}', "must hold cases with op, case and dtype"),
        ('{"cases": []}', "answers none of our cases"),
        ('{"cases": 5}', "must hold cases with op, case and dtype, as in mlp-vectors/1, but is"),
        ('{"cases": null}', "must hold cases with op, case and dtype"),
        ('{"cases": [[1]]}', "but one is [1]"),
        ('{"cases": [{"op": "softmax", "case": "ties", "dtype": ["float64"]}]}', "must hold cases"),
        ('{"cases": ' + "[" * 100_000, "is nested too deep"),
        (answer(backward="[1, 2]"), 'ties/float64: backward must be an object such as {"Z": '),
        (answer(backward="null"), "with the name of each argument, but is null"),
        (answer(forward=f"[[{10**400}]]"), "forward must hold numbers of float64, but one is too"),
        (answer(backward='{"Z": [["0x1p99999"]]}'), 'too large: write it as "inf"'),
        (answer(forward="[[1]]", again=True), "softmax/ties/float64 is answered twice"),
        (None, "No such file"),
    ],
)
def test_what_cannot_be_read_is_one_line_and_exits_3(text, complaint, tmp_path, capsys):
    path = tmp_path / "answers.json"
    if text is not None:
        path.write_text(text)
    assert main(["conformance", str(path)]) == 3
    captured = capsys.readouterr()
    assert captured.out == ""
    (line,) = captured.err.splitlines()
    assert line.startswith("mlp conformance: ")
    assert complaint in line


def test_arrays_that_cannot_be_read_are_one_line_and_exit_3(written, tmp_path, capsys):
    path = tmp_path / "answers.npz"
    for spoiled in (b"", b"text", (written / "vectors.npz").read_bytes()[:9000]):
        path.write_bytes(spoiled)
        assert main(["conformance", str(path)]) == 3
        (line,) = capsys.readouterr().err.splitlines()
        assert line.startswith(f"mlp conformance: {path} cannot be read: ")


def test_one_array_and_what_is_no_array_are_one_line_and_exit_3(tmp_path, capsys):
    path = tmp_path / "answers.npz"
    with path.open("wb") as file:
        np.save(file, np.ones(3))
    assert main(["conformance", str(path)]) == 3
    assert (
        "must hold arrays by name, as numpy.savez writes them, but is one array"
        in capsys.readouterr().err
    )
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("softmax/ties/float64/forward.npy", b"0.5")
    assert main(["conformance", str(path)]) == 3
    (line,) = capsys.readouterr().err.splitlines()
    assert "as numpy.savez writes them, but softmax/ties/float64/forward is none" in line


@pytest.mark.parametrize(
    ("key", "old", "new", "complaint"),
    [
        ("case", "ties", "tides", "'softmax/tides/float64' is none of our cases: did you mean "),
        ("dtype", "float32", "float16", "'softmax/ordinary/float16' is none of our cases: did"),
        (
            "op",
            "softmax",
            "softmx",
            "is none of our cases: did you mean 'softmax/ordinary/float64'",
        ),
        ("op", "softmax", "pool", "'pool/ordinary/float64' is none of our cases, whose names are"),
        ("backward", None, {"Zx": [[1.0]]}, "softmax/ordinary/float64 must answer backward/Z, for"),
    ],
)
def test_an_answer_to_no_question_is_named(key, old, new, complaint, written, tmp_path, capsys):
    def misspell(case):
        if old in (None, case[key]):
            case[key] = new

    path = answered(written, tmp_path / "answers.json", "softmax", misspell)
    assert main(["conformance", path]) == 3
    (line,) = capsys.readouterr().err.splitlines()
    assert complaint in line


def test_an_array_of_another_name_is_named(tmp_path, capsys):
    (case, *_) = vectors.cases("softmax")
    right = {f"{case.key}/forward": case.answers["forward"], f"{case.key}/Z": case.arguments["Z"]}
    for name, complaint in (
        ("scale", "'scale' is none of our cases"),
        (f"{case.key}/forwards", "must answer backward/Z, forward, but answers 'forwards'"),
    ):
        np.savez(tmp_path / "answers.npz", **right, **{name: np.ones(1)})
        assert main(["conformance", str(tmp_path / "answers.npz")]) == 3
        assert complaint in capsys.readouterr().err


def test_a_place_that_cannot_be_written_is_one_line_and_exits_3(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert main(["vectors", "--out", str(tmp_path / "file" / "below")]) == 3
    assert capsys.readouterr().err.startswith("mlp vectors: not written: ")


def test_softmax_of_the_package_answers_its_own_questions(tmp_path):
    cases = [
        {"op": c.op, "case": c.name, "dtype": c.dtype}
        | {"forward": softmax.forward(c.arguments["Z"]).astype(float).tolist()}
        for c in vectors.cases("softmax")
    ]
    (tmp_path / "answers.json").write_text(json.dumps({"cases": cases}))
    assert main(["conformance", str(tmp_path / "answers.json")]) == 0
