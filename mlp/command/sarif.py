"""The findings of a run as SARIF 2.1.0, which code scanning shows at the backward's own line.

A finding is a result, a refused proof is one; what could not be checked at all is a notification of
the tool. The same finding at several points is one result. The writer is ours: a library of
the standard's classes would take the place of the dicts below and of nothing else.
Tested in tests/command/test_sarif.py.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from typing import Any
from urllib.parse import quote

from mlp.gradcheck.finding import Finding, told
from mlp.gradcheck.versions import machine, versions
from mlp.op import Location
from mlp.runner.verdicts import Outcome, proved, status_of
from mlp.verdict import SEVERITIES, VERDICTS

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
RULES = {  # of each kind of finding: what it says, in a sentence, and what to do
    "mismatch": "By hand and numeric differ by more than the error bar. "
    "Derive the gradient again; the message names the entries, and the mistake if it knows it.",
    "shape": "A gradient does not have the shape of its argument. "
    "Sum over what was broadcast; transpose back what was transposed.",
    "mutation": "A function writes into what it was given. Work on a copy.",
    "read": "What was handed over was read in its own convention. See what the note says.",
    "paired": "A parameter was paired with its gradient, or has none. "
    "Say gradients={...} where the names do not tell.",
    "cotangent": "Backward is not linear in its cotangent. "
    "Multiply by the cotangent once, in each term.",
    "nonfinite": "A gradient, or the result of forward, is not finite. "
    "Look for 0/0, log 0 and overflow; or choose another point.",
    "noise": "Forward is too noisy to judge its gradient. "
    "Compute it in double precision, or allow a larger rtol.",
    "truncation": "Forward bends too sharply to judge its gradient. Choose another point.",
    "domain": "Forward is not defined around the point. "
    "Say its bounds, or choose a point further inside.",
    "vacuous": "Nothing was compared: by hand and numeric are both 0. "
    "Choose a point at which the argument matters.",
    "jump": "Forward jumps here, so it has no derivative. Choose a point beside the jump.",
    "nondeterminism": "A function does not repeat its answer. "
    "Fix the seed of what is random; keep no state from one call to the next.",
    "raised": "A function raised an exception. The message says where; mend it and repeat.",
    "evaluations": "The evaluations that were allowed are used up. Allow more.",
    "aliasing": "A returned array shares memory with an argument. "
    "Return a copy, unless nobody writes into either.",
    "dtype": "A gradient has another dtype than its argument. "
    "Make both the same, unless it is meant.",
    "accepted": "By hand is off by design, by no more than accept= allows. "
    "Nothing, if it is meant; else leave accept= out.",
    "kink": "One-sided slopes differ at the point. "
    "Nothing, if by hand is a subgradient; else choose a point beside the kink.",
    "unseen": "A part of by hand is seen by no direction of the argument's set. "
    "Nothing, if the argument stays in its set; else leave along= out.",
    "tangent": "A tangent written by hand is not the derivative. "
    "Derive it again; it is linear in the tangents, and 0 at 0.",
    "surrogate": "The gradient is that of a declared surrogate. "
    "Nothing, if it is meant; else leave surrogate= out.",
    "against": "Forward and its reference have other values. "
    "Mend one of them, or say with accept= by how much they may differ.",
    "asked": "A backward answers otherwise where autograd asks in another way. "
    "Let no answer depend on which inputs need gradients, or which cotangents are defined.",
    "missing": "No gradient comes back for an argument that the result depends on. "
    "Return one, and let nothing leave the graph on the way; or say with wrt= what is meant.",
    "forward mode": "A tangent was not checked. "
    "Choose a point at which forward returns fewer entries.",
    "pair": "Backward and tangent are not transposes of each other. "
    "Mend the one that differences accuse; derive both again where they accuse neither.",
    "symmetry": "A Hessian is not symmetric. "
    "Differentiate the gradient again; both orders of two arguments give the same.",
    "unjudged": "A gradient was not judged, for the fault of another argument stands in the way. "
    "Mend that one first.",
    "order": "A second derivative is wrong, or cannot be checked. "
    "Differentiate the gradient again; a Hessian is symmetric.",
    # the last, for it is there only in a run that proves
    "proof": "By hand is not the derivative for all real values. "
    "Put the values of the message into both; derive the gradient again.",
}


def text(outcomes: Sequence[Outcome], seed: int) -> str:
    """Return the findings as one SARIF log with one run."""
    status = status_of(outcomes)
    proving = bool(proved(outcomes))
    driver = {
        "name": "mlp verify",
        "semanticVersion": version("mlp-reference"),
        "rules": [
            {
                "id": kind,
                "shortDescription": {"text": f"{said}."},
                "fullDescription": {"text": f"{said}."},
                "help": {"text": remedy},
            }
            for kind, rule in RULES.items()
            if proving or kind != "proof"
            for said, remedy in [rule.split(". ", 1)]
        ],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {
                "executionSuccessful": all(outcome.report is not None for outcome in outcomes),
                "exitCode": status,
                "toolExecutionNotifications": [*_notifications(outcomes)],
            }
        ],
        "results": _results(outcomes),
        "properties": {"seed": seed, "versions": versions(), "platform": machine()},
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1) + "\n"


def _results(outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """Return each finding at the first point at which it was made."""
    first: dict[Any, tuple[Outcome, Finding]] = {}
    for outcome in outcomes:
        for finding in outcome.findings():
            key = (outcome.name, finding.kind, finding.severity, finding.argument)
            first.setdefault(key, (outcome, finding))
    return [_result(outcome, finding) for outcome, finding in first.values()]


def _result(outcome: Outcome, finding: Finding) -> dict[str, Any]:
    name = ".".join(filter(None, (outcome.name, finding.argument)))
    identity = f"{outcome.name}/{finding.argument}/{finding.kind}"
    arguments = outcome.report.arguments if outcome.report is not None else ()
    decider = next((a.decided_by for a in arguments if a.name == finding.argument), None)
    return {
        "ruleId": finding.kind,
        "ruleIndex": [*RULES].index(finding.kind),
        "level": VERDICTS[SEVERITIES[finding.severity]].look.level,
        "message": {"text": f"{outcome.name}: " + "\n".join(told(finding))},
        "partialFingerprints": {
            "finding/v1": hashlib.sha256(identity.encode("utf-8", "backslashreplace")).hexdigest()
        },
        "locations": [{"logicalLocations": [{"fullyQualifiedName": name}], **_spot(outcome.place)}],
        **({"properties": {"decidedBy": decider}} if decider else {}),
        **(
            {"suppressions": [{"kind": "external", "justification": outcome.allowed}]}
            if outcome.is_allowed and finding.severity == "doubt"
            else {}
        ),
    }


def _notifications(outcomes: Sequence[Outcome]) -> Iterator[dict[str, Any]]:
    for outcome in outcomes:
        if outcome.report is None:
            message = {"text": f"{outcome.name}: {outcome.reason}"}
            where = {"locations": [_spot(outcome.place)]} if outcome.place else {}
            yield {"level": "error", "message": message, **where}


def _spot(place: Location | None) -> dict[str, Any]:
    if place is None:
        return {}
    file = quote(os.fsencode(place.file))  # a name may be no text
    below = {"uri": file, "uriBaseId": "%SRCROOT%"}
    artifact = {"uri": f"file://{file}"} if place.file.startswith("/") else below
    return {"physicalLocation": {"artifactLocation": artifact, "region": {"startLine": place.line}}}
