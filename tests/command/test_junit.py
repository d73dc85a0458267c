"""A run as JUnit XML."""

from dataclasses import replace
from xml.etree import ElementTree as ET

from outcomes import found_of, outcomes, proofs

from mlp.command.junit import text
from mlp.gradcheck.versions import machine, versions
from mlp.runner.verdicts import Outcome


def suite(of):
    return ET.fromstring(text(of, 3).partition("\n")[2]).find("testsuite")  # noqa: S314  # our own


def test_every_argument_at_every_point_is_a_test_case():
    found = suite(outcomes())
    names = [(case.get("classname"), case.get("name")) for case in found.iter("testcase")]
    assert names[:5] == [
        ("three_wrong.sigmoid", "Z"),
        ("three_wrong.mean_loss", "O"),
        ("three_wrong.affine", "b"),
        ("undecided.constant", "x"),
        ("misbehaving.bad_example", "op"),
    ]
    assert ("relu", "Z [float32, sizes × 2]") in names
    assert len(names) == len({*names}) == int(found.get("tests"))


def test_wrong_and_inconclusive_are_failures_and_what_cannot_be_checked_is_an_error():
    found = suite(outcomes())
    assert [f.get("type") for f in found.iter("failure")] == ["wrong"] * 3 + ["inconclusive"]
    assert [e.get("type") for e in found.iter("error")] == ["error", "error"]
    counts = [int(found.get(key)) for key in ("failures", "errors", "skipped")]
    assert counts == [4, 2, 0]


def test_a_failure_says_what_was_found_in_its_message_and_all_in_its_text():
    first = next(suite(outcomes()).iter("failure"))
    assert first.get("message") == found_of(0)
    assert first.text.startswith("WRONG: sigmoid_backward as the gradient of sigmoid\n")
    shape = [*suite(outcomes()).iter("failure")][2]
    assert shape.get("message") == found_of(2)


def test_the_file_the_line_and_the_seed_are_said():
    found = suite(outcomes())
    assert found.find("properties/property").attrib == {"name": "seed", "value": "3"}
    values = {p.get("name"): p.get("value") for p in found.findall("properties/property")}
    made = {f"version.{name}": version for name, version in versions().items()}
    assert values == {"seed": "3", **made, "platform": machine()}
    (file, line) = (found.find("testcase").get(key) for key in ("file", "line"))
    assert file.endswith("tests/samples/three_wrong.py")
    assert line == "11"


def test_what_xml_cannot_hold_is_replaced():
    found = suite([Outcome("a\x1b", "", "", "error", reason="\x00 \x1b[31m <&> \ufffe é")])
    assert found.find("testcase").get("classname") == "a\N{REPLACEMENT CHARACTER}"
    assert found.find("testcase/error").text.count("\N{REPLACEMENT CHARACTER}") == 3


def test_a_proof_is_a_test_case_whatever_the_points_of_its_op():
    found = suite(proofs())
    cases = {
        (case.get("classname").removeprefix("nearly."), case.get("name")): {
            p.get("name"): p.get("value") for p in case.iter("property")
        }
        for case in found.iter("testcase")
        if case.get("name").startswith("proof")
    }
    assert {name: properties["mlp.proof"] for name, properties in cases.items()} == {
        ("leaky", "proof"): "proved",
        ("cube", "proof"): "refused",
        ("double", "proof"): "not proved",
        ("gelu", "proof"): "proved (definition)",
        ("gelu", "proof [approximate='tanh']"): "proved (definition)",
    }
    extent = cases["leaky", "proof"]["mlp.proof.extent"]
    assert extent.startswith("for all real numbers in Z (2,); 2 entries, 4 regions; ")
    assert "proof" not in text(outcomes(), 3)


def test_a_refusal_is_a_failure_and_what_is_not_proved_is_skipped():
    found = suite(proofs())
    counts = [int(found.get(key)) for key in ("failures", "errors", "skipped")]
    assert counts == [1, 0, 1]
    failure, skipped = next(found.iter("failure")), next(found.iter("skipped"))
    assert failure.get("message").startswith("refused: x[0]  by hand 1.00")
    assert failure.text.startswith("REFUSED: cube_backward as the gradient of cube\n")
    assert "looks at the bytes of an array" in skipped.get("message")


def test_no_outcome_is_an_empty_suite():
    assert suite([]).get("tests") == "0"


def test_a_case_says_who_decided_and_why_a_witness_was_silent():
    found = suite(outcomes())
    first = {p.get("name"): p.get("value") for p in next(found.iter("testcase")).iter("property")}
    assert first == {"mlp.decided_by": "both"}
    row = replace(outcomes()[0].report.arguments[0], decided_by="differences", silent="a tie")
    report = replace(outcomes()[0].report, arguments=(row,))
    (case,) = suite([replace(outcomes()[0], report=report)]).iter("testcase")
    assert {p.get("name"): p.get("value") for p in case.iter("property")} == {
        "mlp.decided_by": "differences",
        "mlp.silent": "a tie",
    }
