"""The outcomes of a run as JUnit XML, which GitLab, Jenkins and others show beside the tests.

Each argument of an op at a point is a test case. Wrong and inconclusive ones are failures, what
cannot be checked is an error. Tested in tests/command/test_junit.py.
"""

import re
from collections.abc import Iterator, Sequence
from xml.etree import ElementTree as ET

from mlp.command.verdicts import Outcome, beside

ILLEGAL = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # in XML 1.0


def text(outcomes: Sequence[Outcome], seed: int) -> str:
    """Return the outcomes as one test suite."""
    cases = [case for outcome in outcomes for case in _cases(outcome)]
    seconds = sum(float(case.get("time", 0)) for case in cases)
    suite = ET.Element(
        "testsuite",
        name="mlp verify",
        tests=str(len(cases)),
        failures=str(sum(case.find("failure") is not None for case in cases)),
        errors=str(sum(case.find("error") is not None for case in cases)),
        skipped="0",
        time=f"{seconds:.3f}",
    )
    properties = ET.SubElement(suite, "properties")
    ET.SubElement(properties, "property", name="seed", value=str(seed))
    suite.extend(cases)
    suites = ET.Element("testsuites", {**suite.attrib, "name": "mlp"})
    suites.append(suite)
    ET.indent(suites)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(suites, encoding="unicode")}\n'


def _cases(outcome: Outcome) -> Iterator[ET.Element]:
    report = outcome.report
    rows = [] if report is None else [(a.name, a.verdict, a.remark) for a in report.arguments]
    rows += list(beside(outcome))
    for argument, verdict, reason in rows:
        where = ", ".join(filter(None, (outcome.dtype, outcome.where)))
        name = f"{argument or 'op'} [{where}]" if where else argument or "op"
        seconds = 0.0 if report is None else report.seconds / len(rows)
        case = ET.Element(
            "testcase", classname=_legal(outcome.name), name=_legal(name), time=f"{seconds:.3f}"
        )
        if outcome.place:
            case.set("file", outcome.place.file)
            case.set("line", str(outcome.place.line))
        if verdict != "correct":
            kind = "error" if verdict == "error" else "failure"
            found = report.findings if report is not None else ()
            said = next((f.message for f in found if f.argument == argument), reason)
            fault = ET.SubElement(case, kind, type=verdict, message=_legal(said.partition("\n")[0]))
            fault.text = _legal(str(report) if report is not None else reason)
        yield case


def _legal(text: str) -> str:
    return ILLEGAL.sub("\N{REPLACEMENT CHARACTER}", text)
