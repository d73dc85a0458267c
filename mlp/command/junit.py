"""The outcomes of a run as JUnit XML, which GitLab, Jenkins and others show beside the tests.

Each argument of an op at a point is a test case. Wrong and inconclusive ones are failures, what
cannot be checked is an error, and what may be inconclusive is skipped. A proof is a test case of
its own, which the property mlp.proof tells more of: refused is a failure, not proved is skipped.
Properties of the suite say the seed, the versions and the platform, those of a case who decided.
The writer is ours: a case is an element of the standard library's XML or two, for which whoever
verifies need not install anything.
Tested in tests/command/test_junit.py.
"""

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from mlp.gradcheck.finding import Argument
from mlp.gradcheck.versions import machine, versions
from mlp.runner.verdicts import Outcome, proved

if TYPE_CHECKING:
    from mlp.runner.proofs import Proved  # SymPy takes its time

ILLEGAL = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # in XML 1.0


def text(outcomes: Sequence[Outcome], seed: int) -> str:
    """Return the outcomes as one test suite."""
    cases = [case for outcome in outcomes for case in _cases(outcome)]
    cases += [_proof(outcome, proof) for outcome, proof in proved(outcomes)]
    seconds = sum(float(case.get("time", 0)) for case in cases)
    suite = ET.Element(
        "testsuite",
        name="mlp verify",
        tests=str(len(cases)),
        failures=str(sum(case.find("failure") is not None for case in cases)),
        errors=str(sum(case.find("error") is not None for case in cases)),
        skipped=str(sum(case.find("skipped") is not None for case in cases)),
        time=f"{seconds:.3f}",
    )
    made = {f"version.{name}": version for name, version in versions().items()}
    _say(suite, {"seed": str(seed), **made, "platform": machine()})
    suite.extend(cases)
    suites = ET.Element("testsuites", {**suite.attrib, "name": "mlp"})
    suites.append(suite)
    ET.indent(suites)
    written = ILLEGAL.sub("\N{REPLACEMENT CHARACTER}", ET.tostring(suites, encoding="unicode"))
    return f'<?xml version="1.0" encoding="utf-8"?>\n{written}\n'


def _cases(outcome: Outcome) -> Iterator[ET.Element]:
    report = outcome.report
    arguments = () if report is None else report.arguments
    rows = [(a.name, a.verdict, a.remark) for a in arguments]
    rows += list(outcome.reasons())
    witnesses = {a.name: _witnesses(a) for a in arguments}
    for argument, verdict, reason in rows:
        where = ", ".join(filter(None, (outcome.dtype, outcome.where)))
        name = f"{argument or 'op'} [{where}]" if where else argument or "op"
        seconds = 0.0 if report is None else report.seconds / len(rows)
        case = _case(outcome, name, seconds)
        _say(case, witnesses.get(argument, {}))
        if verdict != "correct":
            kind = "error" if verdict == "error" else "failure"
            kind = "skipped" if outcome.is_allowed and verdict == "inconclusive" else kind
            found = report.findings if report is not None else ()
            said = next((f.message for f in found if f.argument == argument), reason)
            said = said.partition("\n")[0]
            said += f" (allowed: {outcome.allowed})" if kind == "skipped" else ""
            fault = ET.SubElement(case, kind, message=said)
            if kind != "skipped":  # which has no type
                fault.set("type", verdict)
            fault.text = reason if report is None else str(report)
        yield case


def _proof(outcome: Outcome, proof: "Proved") -> ET.Element:
    """Return the test case of a proof: it is about an op under its options, whatever the point."""
    whole = proof.proof
    name = f"proof [{proof.options}]" if proof.options else "proof"
    case = _case(outcome, name, 0.0 if whole is None else whole.seconds)
    extent = {} if whole is None else {"mlp.proof.extent": "; ".join(whole.extent())}
    _say(case, {"mlp.proof": proof.verdict, **extent})
    if proof.verdict == "refused":
        message = proof.finding().message.partition("\n")[0]
        ET.SubElement(case, "failure", type="refused", message=message).text = proof.text
    elif proof.verdict == "not proved":
        ET.SubElement(case, "skipped", message=proof.reason).text = proof.text
    return case


def _witnesses(argument: Argument) -> dict[str, str]:
    """Return who decided, and why the second witness told nothing, where it was asked."""
    silent = {"mlp.silent": argument.silent} if argument.silent else {}
    return {"mlp.decided_by": argument.decided_by, **silent}


def _say(element: ET.Element, values: dict[str, str]) -> None:
    """Give an element properties, if there are any."""
    if values:
        properties = ET.SubElement(element, "properties")
        for name, value in values.items():
            ET.SubElement(properties, "property", name=name, value=value)


def _case(outcome: Outcome, name: str, seconds: float) -> ET.Element:
    case = ET.Element("testcase", classname=outcome.name, name=name, time=f"{seconds:.3f}")
    if outcome.place:
        case.set("file", outcome.place.file)
        case.set("line", str(outcome.place.line))
    return case
