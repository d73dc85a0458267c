"""A run as JUnit XML."""

from xml.etree import ElementTree as ET

from outcomes import outcomes

from mlp.command.junit import text
from mlp.command.verdicts import Outcome


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
    assert first.get("message").startswith("12 of 12 entries wrong; along a random direction")
    assert first.text.startswith("WRONG: sigmoid_backward as the gradient of sigmoid\n")
    shape = [*suite(outcomes()).iter("failure")][2]
    assert shape.get("message").startswith("the gradient must have the shape (2,) of b")


def test_the_file_the_line_and_the_seed_are_said():
    found = suite(outcomes())
    assert found.find("properties/property").attrib == {"name": "seed", "value": "3"}
    (file, line) = (found.find("testcase").get(key) for key in ("file", "line"))
    assert file.endswith("tests/samples/three_wrong.py")
    assert line == "11"


def test_what_xml_cannot_hold_is_replaced():
    found = suite([Outcome("a\x1b", "", "", "error", reason="\x00 \x1b[31m <&> \ufffe é")])
    assert found.find("testcase").get("classname") == "a\N{REPLACEMENT CHARACTER}"
    assert found.find("testcase/error").text.count("\N{REPLACEMENT CHARACTER}") == 3


def test_no_outcome_is_an_empty_suite():
    assert suite([]).get("tests") == "0"
