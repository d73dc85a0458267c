"""A run as SARIF, with what the standard and code scanning require of it."""

import json
import re
from pathlib import Path

import pytest
from outcomes import found_of, outcomes, proofs

import mlp
from mlp.command.sarif import RULES, text
from mlp.gradcheck.adjoint import PAIR
from mlp.gradcheck.rules import FORWARD
from mlp.gradcheck.twice import SYMMETRY
from mlp.gradcheck.versions import machine, versions


def run(of):
    log = json.loads(text(of, 3))
    assert (log["version"], [*log]) == ("2.1.0", ["$schema", "version", "runs"])
    (only,) = log["runs"]
    return only


def faults(log):
    """List what a run lacks of what SARIF 2.1.0 and GitHub's code scanning ask for."""
    rules = log["tool"]["driver"]["rules"]
    for rule in rules:
        for field in ("shortDescription", "fullDescription", "help"):
            if not rule.get(field, {}).get("text", "").endswith("."):
                yield f"rule {rule['id']}: no {field}"
    for result in log["results"]:
        if rules[result["ruleIndex"]]["id"] != result["ruleId"]:
            yield "another rule at ruleIndex"
        if result["level"] not in {"error", "warning", "note"} or not result["message"]["text"]:
            yield "no level or no message"
        (location,) = result["locations"]
        place = location.get("physicalLocation")
        if not place or place["region"]["startLine"] < 1:
            yield "no line"
        elif not re.fullmatch(r"file:///\S+|[^/\s:]\S*", place["artifactLocation"]["uri"]):
            yield "no address"


def test_a_run_has_what_is_required_of_it():
    assert [*faults(run(outcomes()))] == []


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        (lambda log: log["results"][0].update(ruleIndex=3), "another rule at ruleIndex"),
        (lambda log: log["results"][0].update(level="wrong"), "no level or no message"),
        (lambda log: log["results"][0]["locations"][0].pop("physicalLocation"), "no line"),
        (lambda log: log["tool"]["driver"]["rules"][0].pop("help"), "rule mismatch: no help"),
    ],
)
def test_a_run_that_lacks_something_is_found(spoil, fault):
    log = run(outcomes())
    spoil(log)
    assert fault in [*faults(log)]


def test_each_finding_is_a_result_at_the_line_of_its_backward():
    results = run(outcomes())["results"]
    assert [(r["ruleId"], r["level"]) for r in results] == [
        ("mismatch", "error"),
        ("mismatch", "error"),
        ("shape", "error"),
        ("aliasing", "note"),
        ("vacuous", "warning"),
    ]
    place = results[0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"].endswith("tests/samples/three_wrong.py")
    assert place["region"]["startLine"] == 11
    assert results[0]["message"]["text"].startswith(
        f"three_wrong.sigmoid: mismatch: Z: {found_of(0)}"
    )
    (logical,) = results[0]["locations"][0]["logicalLocations"]
    assert logical == {"fullyQualifiedName": "three_wrong.sigmoid.Z"}


def test_the_run_and_each_result_say_where_they_come_from():
    log = run(outcomes())
    assert log["properties"] == {"seed": 3, "versions": versions(), "platform": machine()}
    deciders = [r.get("properties", {}).get("decidedBy") for r in log["results"]]
    assert deciders[:3] == ["both", "both", None]  # a shape is nobody's word


def test_what_could_not_be_checked_is_told_as_a_failure_of_the_run():
    (invocation,) = run(outcomes())["invocations"]
    assert (invocation["executionSuccessful"], invocation["exitCode"]) == (False, 1)
    said = [n["message"]["text"] for n in invocation["toolExecutionNotifications"]]
    assert said[0].startswith("misbehaving.bad_example: LookupError: no number left")
    assert said[1].endswith("nowhere.py: no such file")


def test_a_refused_proof_is_a_result_at_its_backward_by_a_rule_of_its_own():
    log = run(proofs())
    assert [*faults(log)] == []
    (result,) = log["results"]
    assert (result["ruleId"], result["level"]) == ("proof", "error")
    (location,) = result["locations"]
    assert location["physicalLocation"]["region"]["startLine"] == 23
    assert location["logicalLocations"] == [{"fullyQualifiedName": "nearly.cube.x"}]
    said, at = result["message"]["text"].splitlines()
    assert said.startswith("nearly.cube: proof: x: refused: x[0]  by hand 1.00")
    assert at.startswith("    at dO[0] = 1/3, x[0] = ")
    assert "proof" not in text(outcomes(), 3)


def test_the_same_finding_at_several_points_is_one_result():
    assert run(outcomes() + outcomes())["results"] == run(outcomes())["results"]


def test_a_file_below_the_working_directory_has_a_relative_address(monkeypatch, tmp_path, capsys):
    from mlp.cli import main

    monkeypatch.chdir(tmp_path)
    Path("my layers.py").write_text(
        "def f(x): return x * x\ndef f_backward(dO, x): return dO * x\n"
        "def f_example(rng): return (rng.normal(size=3),)\n",
        encoding="utf-8",
    )
    assert main(["verify", "my layers.py", "--sarif", "run.sarif"]) == 1
    (result,) = json.loads(Path("run.sarif").read_text(encoding="utf-8"))["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "my%20layers.py", "uriBaseId": "%SRCROOT%"}
    assert place["region"] == {"startLine": 2}
    assert "1 wrong" in capsys.readouterr().out


def test_every_kind_of_finding_has_a_rule():
    package = Path(mlp.__file__).parent
    source = "".join(path.read_text(encoding="utf-8") for path in package.rglob("*.py"))
    said = {*re.findall(r'Finding(?:\.doubt)?\(\s*"(\w+)"', source)}
    by_name = {*re.findall(r"Finding(?:\.doubt)?\(\s*([A-Z]+),", source)}
    assert by_name == {"FORWARD", "PAIR", "SYMMETRY"}
    assert {*said, FORWARD, PAIR, SYMMETRY} <= {*RULES}
    assert all(len(rule.split(". ", 1)) == 2 for rule in RULES.values())  # and what to do
    assert {"mismatch", "raised", "missing", "asked", "proof"} <= said
